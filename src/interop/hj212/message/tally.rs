//! What an intake has stored and what it has left.

use std::collections::BTreeMap;
use std::fmt;

/// Names that a report lists; further ones are only counted.
const NAMES_MAX: usize = 1_000;

/// Why a value of a frame was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftReason {
    /// The table has no such code.
    UnknownFactor,
    /// No instrument of the station has the channel that the table names.
    NoChannel,
    /// The table has no unit for the factor: declare it with `FactorTable::set_unit`.
    NoUnit,
    /// The factor has no value for this kind of data, such as `Avg` in hour data. Its flag is stored.
    NoValue,
    /// The value is not a number; it is missing, with its flag.
    BadNumber,
    /// A direction outside 0 to 360 degrees, or a number beyond what a store takes; it is missing, with its flag.
    OutOfRange,
    /// The message has the factor twice; the first one counts.
    Repeated,
}

impl LeftReason {
    /// The reason in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownFactor => "unknown factor",
            Self::NoChannel => "no channel",
            Self::NoUnit => "no unit",
            Self::NoValue => "no value",
            Self::BadNumber => "not a number",
            Self::OutOfRange => "out of range",
            Self::Repeated => "repeated",
        }
    }
}

impl fmt::Display for LeftReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Values of one factor that were not stored, for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left<'a> {
    /// Factor code.
    pub factor: &'a str,
    /// Why.
    pub reason: LeftReason,
    /// Number of values.
    pub count: u64,
}

/// What an [`Intake`](super::Intake) has read: every factor is either stored or counted here by name and reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntakeReport {
    /// Messages with data.
    pub messages: u64,
    /// Frames that were added to batches.
    pub frames: u64,
    /// Values that were added, missing ones not counted.
    pub values: u64,
    /// Messages of stations or kinds of data that are not mapped.
    pub unmapped_messages: u64,
    /// Values that were not stored and whose factor is not listed, because the list is full.
    pub unlisted: u64,
    left: BTreeMap<LeftReason, BTreeMap<String, u64>>,
    listed: usize,
}

impl IntakeReport {
    pub(super) const EMPTY: Self =
        Self { messages: 0, frames: 0, values: 0, unmapped_messages: 0, unlisted: 0, left: BTreeMap::new(), listed: 0 };

    /// What was not stored, by reason and factor.
    pub fn left(&self) -> impl Iterator<Item = Left<'_>> {
        self.left.iter().flat_map(|(reason, factors)| {
            factors.iter().map(|(factor, count)| Left { factor, reason: *reason, count: *count })
        })
    }

    pub(super) fn leave(&mut self, factor: &str, reason: LeftReason) {
        let factors = self.left.entry(reason).or_default();
        if let Some(count) = factors.get_mut(factor) {
            *count += 1;
        } else if self.listed < NAMES_MAX {
            self.listed += 1;
            factors.insert(factor.to_owned(), 1);
        } else {
            self.unlisted += 1;
        }
    }
}

#[test]
fn names_beyond_the_limit_are_counted_only() {
    let mut report = IntakeReport::default();
    for number in 0..NAMES_MAX + 5 {
        report.leave(&format!("x{number}"), LeftReason::UnknownFactor);
    }
    report.leave("x0", LeftReason::UnknownFactor);
    assert_eq!((report.left().count(), report.unlisted), (NAMES_MAX, 5));
    assert_eq!(report.left().map(|left| left.count).sum::<u64>(), NAMES_MAX as u64 + 1);
}
