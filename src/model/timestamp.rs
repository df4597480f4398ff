//! Points in time and ranges of them.

mod convert;
mod sentence;
mod text;
mod zone;

pub(crate) use sentence::replace_times;
pub(crate) use zone::find as find_zone;
pub use zone::{LocalHours, Zone};

use super::ModelError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// ```
/// use vocdb::Timestamp;
/// let start: Timestamp = "2022-05-09T02:18:02Z".parse()?;
/// assert_eq!(start.as_ms(), 1_652_062_682_000);
/// assert_eq!(start.to_string(), "2022-05-09T02:18:02Z");
/// assert!("yesterday".parse::<Timestamp>().is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
///
/// Serialized as RFC 3339 in formats for people such as JSON, and as milliseconds in binary ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest time that can be stored.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time that can be stored.
    pub const MAX: Self = Self(i64::MAX);

    /// Creates a timestamp from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Later by `ms` (earlier where negative); stops at the ends of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative where `earlier` is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The least multiple of `step_ms` since the epoch that is not before `self`.
    ///
    /// A `step_ms` below 1 counts as 1.
    #[must_use]
    pub const fn ceil_to(self, step_ms: i64) -> Self {
        let step = if step_ms < 1 { 1 } else { step_ms };
        let above = self.0.rem_euclid(step);
        if above == 0 { self } else { Self(self.0.saturating_add(step - above)) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ModelError;

    /// Reads RFC 3339 / ISO 8601 with an offset or `Z`.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let time: jiff::Timestamp =
            text.parse().map_err(|e: jiff::Error| ModelError::Time { text: text.to_owned(), reason: e.to_string() })?;
        Ok(Self(time.as_millisecond()))
    }
}

/// A half-open range of time: from `from`, included, to `to`, excluded.
///
/// ```
/// use vocdb::{TimeRange, Timestamp};
/// let hour = TimeRange::new(Timestamp::from_ms(0), Timestamp::from_ms(3_600_000));
/// assert!(hour.contains(Timestamp::from_ms(0)));
/// assert!(!hour.contains(Timestamp::from_ms(3_600_000)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first time in the range.
    pub from: Timestamp,
    /// The first time after the range.
    pub to: Timestamp,
}

impl TimeRange {
    /// Creates the range from `from` (inclusive) to `to` (exclusive). It is empty if `to` is before `from`.
    #[must_use]
    pub const fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to }
    }

    /// All of time but its very last millisecond.
    pub const ALL: Self = Self::new(Timestamp::MIN, Timestamp::MAX);

    /// Returns whether `time` lies in the range.
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }

    /// Returns whether any time from `first` to `last`, both inclusive, lies in the range.
    #[must_use]
    pub fn meets(&self, first: Timestamp, last: Timestamp) -> bool {
        self.from <= last && first < self.to
    }
}
