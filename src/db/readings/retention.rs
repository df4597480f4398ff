//! How long readings are kept, and how many.

use super::upkeep::{Deletion, DeletionScope, UpkeepReport};
use crate::db::core::Database;
use crate::error::Error;
use crate::model::{InstrumentId, Interval, ModelError, StationId, TimeRange, Timestamp, write_length};
use crate::query::QueryError;
use crate::store::Cut;
use crate::store::read::Column;
use std::fmt;
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
/// 100 years.
const AGE_MS_MAX: i64 = 36_525 * DAY_MS;
/// How often a rule by bytes looks again at what is left: what a part of a chunk takes is only known once it is written.
const PASSES_MAX: usize = 8;

/// The readings that a retention rule covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionScope {
    /// Those of all stations.
    Store,
    /// Those of all instruments of a station.
    Station(StationId),
    /// Whole rows of an instrument.
    Instrument(InstrumentId),
    /// One channel of an instrument; the rows stay.
    Channel {
        /// The instrument.
        instrument: InstrumentId,
        /// The channel's place in a frame.
        channel: usize,
    },
}

/// A greatest age of readings, 1 ms to 100 years.
///
/// ```
/// use std::time::Duration;
/// use vocdb::{Interval, RetentionAge};
/// let five_years = RetentionAge::days(1_826)?;
/// assert_eq!(five_years.to_string(), "1826 d");
/// assert_eq!(RetentionAge::try_from(Duration::from_secs(86_400))?, RetentionAge::DAY);
/// assert_eq!(RetentionAge::from(Interval::DAY), RetentionAge::DAY);
/// assert!(RetentionAge::days(0).is_err());
/// assert!(RetentionAge::days(36_526).is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetentionAge(i64);

impl RetentionAge {
    /// Twenty-four hours.
    pub const DAY: Self = Self(DAY_MS);

    /// `count` days.
    ///
    /// # Errors
    /// [`ModelError::RetentionAge`] for zero and above 36,525 days.
    pub const fn days(count: u32) -> Result<Self, ModelError> {
        Self::from_ms(count as i64 * DAY_MS)
    }

    /// Returns the age in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    const fn from_ms(age_ms: i64) -> Result<Self, ModelError> {
        if age_ms < 1 || age_ms > AGE_MS_MAX {
            return Err(ModelError::RetentionAge { age_ms });
        }
        Ok(Self(age_ms))
    }
}

impl TryFrom<Duration> for RetentionAge {
    type Error = ModelError;

    fn try_from(age: Duration) -> Result<Self, ModelError> {
        Self::from_ms(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<Interval> for RetentionAge {
    fn from(interval: Interval) -> Self {
        Self(interval.as_ms())
    }
}

impl fmt::Display for RetentionAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_length(self.0, f)
    }
}

/// A retention rule: limits on the age and the bytes of readings. Without limits, everything is kept.
///
/// ```
/// use vocdb::{Retention, RetentionAge, RetentionScope};
/// let ten_years = Retention { scope: RetentionScope::Store, age_max: Some(RetentionAge::days(3_653)?), bytes_max: None };
/// let four_gib = Retention { age_max: None, bytes_max: Some(4 << 30), ..ten_years };
/// assert_eq!(four_gib.scope, RetentionScope::Store);
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Readings that the rule covers.
    pub scope: RetentionScope,
    /// Older readings go, by whole days of UTC.
    pub age_max: Option<RetentionAge>,
    /// The oldest readings go until the rest takes no more bytes of segments. All of the scope then reach back to the same time. A segment's
    /// head and footer count for what they describe, so that the store's segments are no larger than this in all; write-ahead log,
    /// ledger and catalog do not count.
    pub bytes_max: Option<u64>,
}

type Target = (InstrumentId, Option<usize>);

impl Database {
    /// Applies rules of retention as of `now`, one after the other: what is older or more than they allow goes for good, and its space is free.
    /// The ledger records what went, by `retention`, and how many rows and values.
    ///
    /// # Errors
    /// As [`Database::delete`]; [`Error::NoStation`], [`Error::NoInstrument`] and [`Error::NoChannel`] for a scope that is not there.
    pub fn retain(&self, rules: &[Retention], now: Timestamp) -> Result<UpkeepReport, Error> {
        let mut report = UpkeepReport::default();
        // Late rows in memory can be older than any segment's.
        self.seal()?;
        for rule in rules {
            let targets = self.targets(rule.scope)?;
            if let Some(age) = rule.age_max {
                let end = now.plus_ms(-age.as_ms());
                let next = end.ceil_to(DAY_MS);
                let until = if next == end { end } else { next.plus_ms(-DAY_MS) };
                report.add(&self.drop_before(&targets, until, &format!("kept no longer than {age}"))?);
            }
            let Some(bytes_max) = rule.bytes_max else { continue };
            for _ in 0..PASSES_MAX {
                let surplus = self.inner.lock().store.surplus();
                let Some(until) = surplus.end(&targets, bytes_max)? else { break };
                drop(surplus);
                let dropped = self.drop_before(&targets, until, &format!("kept no more than {bytes_max} bytes"))?;
                if dropped.segments_removed == 0 {
                    break;
                }
                report.add(&dropped);
            }
        }
        Ok(report)
    }

    fn targets(&self, scope: RetentionScope) -> Result<Vec<Target>, Error> {
        let inner = self.inner.lock();
        let registry = &inner.registry;
        let of_instruments = |is_meant: &dyn Fn(StationId) -> bool| {
            registry.instruments().filter(|(_, at, _)| is_meant(*at)).map(|(id, ..)| (id, None)).collect()
        };
        match scope {
            RetentionScope::Store => Ok(of_instruments(&|_| true)),
            RetentionScope::Station(station) if registry.station(station).is_none() => Err(Error::NoStation(station)),
            RetentionScope::Station(station) => Ok(of_instruments(&|at| at == station)),
            RetentionScope::Instrument(instrument) => match registry.instrument(instrument) {
                Some(_) => Ok(vec![(instrument, None)]),
                None => Err(Error::NoInstrument(instrument)),
            },
            RetentionScope::Channel { instrument, channel } => {
                let (_, known) = registry.instrument(instrument).ok_or(Error::NoInstrument(instrument))?;
                match known.channels().get(channel) {
                    Some(_) => Ok(vec![(instrument, Some(channel))]),
                    None => Err(Error::NoChannel { instrument, channel }),
                }
            }
        }
    }

    fn drop_before(&self, targets: &[Target], until: Timestamp, why: &str) -> Result<UpkeepReport, Error> {
        let range = TimeRange::new(Timestamp::MIN, until);
        let mut deletions = Vec::new();
        for (instrument, channel) in targets {
            let cut = Cut { instrument: *instrument, channels: Vec::new(), range, until_lsn: u64::MAX };
            if self.inner.lock().store.plan_cuts(&[cut]).is_empty() {
                continue;
            }
            if let Some(channel) = channel
                && !self.has_values(*instrument, *channel, range)?
            {
                continue;
            }
            deletions.push(Deletion {
                instrument: *instrument,
                scope: channel.map_or(DeletionScope::Rows, |channel| DeletionScope::Channels(vec![channel])),
                range,
                by: "retention".to_owned(),
                reason: why.to_owned(),
            });
        }
        if deletions.is_empty() { Ok(UpkeepReport::default()) } else { self.delete_all(&deletions, &mut |_, _| {}) }
    }

    fn has_values(&self, instrument: InstrumentId, channel: usize, range: TimeRange) -> Result<bool, Error> {
        let mut scan = self.readings.scan(instrument, &[channel], range)?;
        let mut is_any = false;
        let mut look = |_: usize, _: &[Timestamp], column: &Column| {
            is_any |= column.marks.iter().any(|mark| mark.is_present());
        };
        while scan.visit(&mut look).map_err(QueryError::from)? {}
        Ok(is_any)
    }
}
