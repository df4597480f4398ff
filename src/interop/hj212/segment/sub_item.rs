//! The sub-items of a factor.

/// What a sub-item of a factor says: the part of its name behind the hyphen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SubItem {
    /// `Rtd`: measured value of an instant.
    Rtd = 0,
    /// `Avg`: mean over the interval.
    Avg = 1,
    /// `Min`: least value of the interval.
    Min = 2,
    /// `Max`: greatest value of the interval.
    Max = 3,
    /// `Cou`: total of the interval, such as the emitted mass.
    Cou = 4,
    /// `ZsRtd`: `Rtd` converted to the reference conditions of emissions.
    ZsRtd = 5,
    /// `ZsAvg`: `Avg` converted.
    ZsAvg = 6,
    /// `ZsMin`: `Min` converted.
    ZsMin = 7,
    /// `ZsMax`: `Max` converted.
    ZsMax = 8,
    /// `ZsCou`: `Cou` converted.
    ZsCou = 9,
    /// `Flag`: quality flag.
    Flag = 10,
    /// `EFlag`: flag of the instrument's maker.
    EFlag = 11,
    /// `SampleTime`: when the sample was taken.
    SampleTime = 12,
    /// `Data`: noise level of the interval.
    Level = 13,
    /// `DayData`: noise level of the daytime.
    DayLevel = 14,
    /// `NightData`: noise level of the night.
    NightLevel = 15,
    /// `RS`: run state of a treatment unit, 0 or 1.
    RunState = 16,
    /// `RT`: run time of a treatment unit.
    RunTime = 17,
    /// `Info`: state or parameter of an instrument.
    Status = 18,
    /// `SN`: serial number of an instrument.
    SerialNumber = 19,
}

impl SubItem {
    /// All sub-items that this crate knows.
    pub const ALL: [Self; 20] = [
        Self::Rtd,
        Self::Avg,
        Self::Min,
        Self::Max,
        Self::Cou,
        Self::ZsRtd,
        Self::ZsAvg,
        Self::ZsMin,
        Self::ZsMax,
        Self::ZsCou,
        Self::Flag,
        Self::EFlag,
        Self::SampleTime,
        Self::Level,
        Self::DayLevel,
        Self::NightLevel,
        Self::RunState,
        Self::RunTime,
        Self::Status,
        Self::SerialNumber,
    ];

    /// The name behind the hyphen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rtd => "Rtd",
            Self::Avg => "Avg",
            Self::Min => "Min",
            Self::Max => "Max",
            Self::Cou => "Cou",
            Self::ZsRtd => "ZsRtd",
            Self::ZsAvg => "ZsAvg",
            Self::ZsMin => "ZsMin",
            Self::ZsMax => "ZsMax",
            Self::ZsCou => "ZsCou",
            Self::Flag => "Flag",
            Self::EFlag => "EFlag",
            Self::SampleTime => "SampleTime",
            Self::Level => "Data",
            Self::DayLevel => "DayData",
            Self::NightLevel => "NightData",
            Self::RunState => "RS",
            Self::RunTime => "RT",
            Self::Status => "Info",
            Self::SerialNumber => "SN",
        }
    }

    /// The sub-item of a name, in any case; `None` for one that this crate does not know.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name.as_bytes() {
            b"Rtd" => Self::Rtd,
            b"Flag" => Self::Flag,
            b"Avg" => Self::Avg,
            b"Min" => Self::Min,
            b"Max" => Self::Max,
            b"Cou" => Self::Cou,
            b"ZsRtd" => Self::ZsRtd,
            b"ZsAvg" => Self::ZsAvg,
            b"ZsMin" => Self::ZsMin,
            b"ZsMax" => Self::ZsMax,
            _ => return Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name)),
        })
    }

    /// Whether the value of this sub-item is a number: a measured value, or a noise level.
    #[must_use]
    pub const fn is_number(self) -> bool {
        Self::MEASURED & self.bit() != 0 || matches!(self, Self::Level | Self::DayLevel | Self::NightLevel)
    }

    /// Bits of the measured values, which need a quality flag beside them.
    pub(super) const MEASURED: u32 = Self::Flag.bit() - 1;
    /// Bits of the measured values and of their flag.
    pub(super) const FLAGGED: u32 = Self::MEASURED | Self::Flag.bit();

    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[test]
fn every_sub_item_is_found_by_its_name() {
    for (place, sub_item) in SubItem::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(sub_item as u8), place);
        assert_eq!(SubItem::of_name(sub_item.name()), Some(sub_item));
        assert_eq!(SubItem::of_name(&sub_item.name().to_lowercase()), Some(sub_item));
    }
    assert_eq!(SubItem::of_name("Xyz"), None);
}
