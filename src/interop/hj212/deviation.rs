//! Departures from the standard that the tolerant mode forgives and counts.

use std::fmt;

/// How strictly frames are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Every departure from the standard is a [`Fault`](super::Fault).
    #[default]
    Strict,
    /// Departures that leave no doubt about the readings are forgiven and counted as [`Deviation`]s.
    Tolerant,
}

/// A departure from the standard that is known from the field and leaves no doubt about the readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Deviation {
    /// Text that belongs to no frame precedes it, such as the time stamp of a log.
    TextAround = 0,
    /// The declared length is not that of the segment; its checksum is right.
    WrongLength = 1,
    /// CR LF is missing behind the frame, or only LF is there.
    LineEnd = 2,
    /// The checksum has small letters.
    ChecksumCase = 3,
    /// The checksum is the one of Modbus.
    ModbusChecksum = 4,
    /// The checksum is `0000` and should be another: the sender computes none, so damage cannot be noticed.
    NoChecksum = 5,
    /// The fields of the segment are in another order.
    FieldOrder = 6,
    /// `QN` is missing.
    MissingQn = 7,
    /// `Flag` is missing; the frame is read as one of 2005.
    MissingFlag = 8,
    /// `PW` is missing.
    MissingPw = 9,
    /// An empty item: a trailing `;` or two separators in a row.
    EmptyItem = 10,
    /// A time has 17 digits where the standard has 14.
    LongTime = 11,
    /// A name or a quality flag is written in other letters, such as `-flag` for `-Flag`.
    NameCase = 12,
    /// A measured factor has no `-Flag`; it counts as normal. Noise (`ST=23`) has none by the standard.
    UnflaggedFactor = 13,
    /// Sub-items of one factor are separated by `;`, or fields or factors by `,`.
    Separator = 14,
    /// A quality flag that the standard does not have; the value counts as suspect.
    UnknownQuality = 15,
    /// `PNUM` and `PNO` contradict the bit D of `Flag`, or one of the three has leading zeros.
    PacketFields = 16,
    /// `RF` is not `1`, or occurs in a frame older than 2025.
    ResendMark = 17,
    /// Bytes are printed as `{0x..}`.
    PrintedBytes = 18,
    /// A frame that should be encrypted is plain.
    Unencrypted = 19,
}

impl Deviation {
    /// All deviations, in the order of their counters.
    pub const ALL: [Self; 20] = [
        Self::TextAround,
        Self::WrongLength,
        Self::LineEnd,
        Self::ChecksumCase,
        Self::ModbusChecksum,
        Self::NoChecksum,
        Self::FieldOrder,
        Self::MissingQn,
        Self::MissingFlag,
        Self::MissingPw,
        Self::EmptyItem,
        Self::LongTime,
        Self::NameCase,
        Self::UnflaggedFactor,
        Self::Separator,
        Self::UnknownQuality,
        Self::PacketFields,
        Self::ResendMark,
        Self::PrintedBytes,
        Self::Unencrypted,
    ];

    /// The deviation in one word, as reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TextAround => "text-around",
            Self::WrongLength => "wrong-length",
            Self::LineEnd => "line-end",
            Self::ChecksumCase => "checksum-case",
            Self::ModbusChecksum => "modbus-checksum",
            Self::NoChecksum => "no-checksum",
            Self::FieldOrder => "field-order",
            Self::MissingQn => "missing-qn",
            Self::MissingFlag => "missing-flag",
            Self::MissingPw => "missing-pw",
            Self::EmptyItem => "empty-item",
            Self::LongTime => "long-time",
            Self::NameCase => "name-case",
            Self::UnflaggedFactor => "unflagged-factor",
            Self::Separator => "separator",
            Self::UnknownQuality => "unknown-quality",
            Self::PacketFields => "packet-fields",
            Self::ResendMark => "resend-mark",
            Self::PrintedBytes => "printed-bytes",
            Self::Unencrypted => "unencrypted",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The deviations of one frame, each at most once.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Deviations(u32);

impl Deviations {
    /// No deviation.
    pub const NONE: Self = Self(0);

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether this deviation is among them.
    #[must_use]
    pub const fn contains(self, deviation: Deviation) -> bool {
        self.0 & deviation.bit() != 0
    }

    /// The deviations in the order of [`Deviation::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL.into_iter().filter(move |deviation| self.contains(*deviation))
    }

    pub(super) const fn insert(&mut self, deviation: Deviation) {
        self.0 |= deviation.bit();
    }

    pub(super) const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Lists the names, separated by commas.
impl fmt::Display for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, deviation) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            f.write_str(deviation.name())?;
        }
        Ok(())
    }
}

/// How often each deviation was forgiven: frames that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviationCounts([u64; Deviation::ALL.len()]);

impl DeviationCounts {
    /// Counts a frame.
    pub fn add(&mut self, deviations: Deviations) {
        if deviations.is_empty() {
            return;
        }
        for (count, deviation) in self.0.iter_mut().zip(Deviation::ALL) {
            *count += u64::from(deviations.contains(deviation));
        }
    }

    /// The deviations that occurred, with the number of frames that have them.
    pub fn iter(&self) -> impl Iterator<Item = (Deviation, u64)> + '_ {
        Deviation::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// Number of frames that have this deviation.
    #[must_use]
    pub fn of(&self, deviation: Deviation) -> u64 {
        self.0.get(usize::from(deviation as u8)).copied().unwrap_or_default()
    }
}

#[test]
fn every_deviation_has_its_own_counter_and_name() {
    let names: std::collections::BTreeSet<&str> = Deviation::ALL.iter().map(|deviation| deviation.name()).collect();
    assert_eq!(names.len(), Deviation::ALL.len());
    for (place, deviation) in Deviation::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(deviation as u8), place);
        let (mut set, mut counts) = (Deviations::NONE, DeviationCounts::default());
        set.insert(deviation);
        counts.add(set);
        assert_eq!((set.iter().collect::<Vec<_>>(), counts.of(deviation)), (vec![deviation], 1));
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(deviation, 1)]);
    }
}
