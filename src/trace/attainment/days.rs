//! Good days and others: hourly means, averages by the book, one verdict a day.

use super::limits::{Averaging, Limit, Limits};
use crate::model::{
    Channel, Dimension, InstrumentId, Interval, ModelError, ReferenceState, Registry, StationId, TimeRange, Timestamp,
    Zone,
};
use crate::query::{QueryError, Readings};
use crate::trace::incident::CalendarDate;
use serde::Serialize;
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
const EIGHT: usize = 8;

/// Figures of one station over a period of local days.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Attainment {
    /// Days of the period on which a limit held for a channel of the station.
    pub days: u32,
    /// Days within all limits.
    pub good: u32,
    /// Days on which a limit was exceeded.
    pub exceeded: u32,
    /// Days on which no limit was exceeded, as far as is known, and an average lacks completeness.
    pub incomplete: u32,
    /// Figures of each limit that held for a channel of the station, in the order of the file.
    pub limits: Vec<LimitDays>,
    /// Channels of the limits file that the station does not measure.
    pub not_measured: Vec<String>,
}

/// Days of one limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitDays {
    /// Channel of the limit.
    pub channel: String,
    /// Average of the limit.
    pub average: &'static str,
    /// The limit.
    pub limit: f64,
    /// Unit of the limit.
    pub unit: String,
    /// Days on which the limit held.
    pub days: u32,
    /// Days on which it was kept.
    pub good: u32,
    /// Days on which it was exceeded.
    pub exceeded: u32,
    /// Days without a complete average.
    pub incomplete: u32,
    /// Greatest value of a day, in the unit of the limit.
    pub greatest: Option<f64>,
}

impl Attainment {
    /// Returns the share of good days among those that are known to be good or not, 0 to 1; `None` without such a day.
    #[must_use]
    pub fn good_share(&self) -> Option<f64> {
        share(self.good, self.exceeded)
    }

    /// Adds the figures of another station. The figures of limits are added limit by limit.
    pub fn add(&mut self, other: &Self) {
        self.days += other.days;
        self.good += other.good;
        self.exceeded += other.exceeded;
        self.incomplete += other.incomplete;
        for limit in &other.limits {
            match self.limits.iter_mut().find(|known| known.is_of(limit)) {
                Some(known) => known.add(limit),
                None => self.limits.push(limit.clone()),
            }
        }
    }
}

fn share(good: u32, exceeded: u32) -> Option<f64> {
    let known = good + exceeded;
    (known > 0).then(|| f64::from(good) / f64::from(known))
}

impl LimitDays {
    fn of(limit: &Limit) -> Self {
        Self {
            channel: limit.channel.clone(),
            average: limit.average.name(),
            limit: limit.limit,
            unit: limit.unit.to_string(),
            days: 0,
            good: 0,
            exceeded: 0,
            incomplete: 0,
            greatest: None,
        }
    }

    fn is_of(&self, other: &Self) -> bool {
        self.channel == other.channel
            && self.average == other.average
            && self.limit.to_bits() == other.limit.to_bits()
            && self.unit == other.unit
    }

    fn add(&mut self, other: &Self) {
        self.days += other.days;
        self.good += other.good;
        self.exceeded += other.exceeded;
        self.incomplete += other.incomplete;
        self.note(other.greatest);
    }

    fn note(&mut self, value: Option<f64>) {
        let Some(value) = value else { return };
        self.greatest = Some(self.greatest.map_or(value, |greatest| greatest.max(value)));
    }
}

/// Limits and readings that do not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttainmentError {
    /// Readings that cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A limit whose unit the channel does not have.
    #[error("the limit of `{channel}` cannot be compared with its readings: {source}; write the limit in another unit")]
    Unit {
        /// The channel.
        channel: String,
        /// Why there is no conversion.
        source: ModelError,
    },
    /// A limit whose value depends on a reference temperature that nobody has stated.
    #[error(
        "the limit of `{channel}` depends on the reference temperature, which is not stated: write its unit as \
         {unit}@25C (US, China since 2018), {unit}@20C (EU) or {unit}@0C"
    )]
    NoReference {
        /// The channel.
        channel: String,
        /// Unit of the limit.
        unit: String,
    },
}

/// Counts the days of a station within and above the limits. The range is that of the instants of local days: a day counts if its first
/// instant lies in it. A reading counts for the hour and the day in which its time lies. Values are compared without rounding.
///
/// # Errors
/// [`AttainmentError`] if readings cannot be read, and for a limit in a unit that the channel's readings do not have.
pub fn attainment(
    readings: &Readings,
    (registry, station): (&Registry, StationId),
    limits: &Limits,
    range: TimeRange,
    zone: &Zone,
) -> Result<Attainment, AttainmentError> {
    let mut found = Attainment::default();
    let mut verdicts: BTreeMap<i64, Verdict> = BTreeMap::new();
    for channel in limits.channels() {
        let Some(series) = Series::find(registry, station, channel) else {
            found.not_measured.push(channel.to_owned());
            continue;
        };
        for limit in limits.all().iter().filter(|limit| limit.channel == channel) {
            let days = series.days(readings, limit, (range, zone))?;
            let mut figures = LimitDays::of(limit);
            for (day, value, verdict) in days {
                figures.count(value, verdict);
                let of_day = verdicts.entry(day).or_insert(Verdict::Good);
                *of_day = (*of_day).max(verdict);
            }
            found.limits.extend(Some(figures).filter(|figures| figures.days > 0));
        }
    }
    for verdict in verdicts.values() {
        found.days += 1;
        *match verdict {
            Verdict::Good => &mut found.good,
            Verdict::Incomplete => &mut found.incomplete,
            Verdict::Exceeded => &mut found.exceeded,
        } += 1;
    }
    Ok(found)
}

impl LimitDays {
    fn count(&mut self, value: Option<f64>, verdict: Verdict) {
        self.days += 1;
        self.note(value);
        *match verdict {
            Verdict::Good => &mut self.good,
            Verdict::Incomplete => &mut self.incomplete,
            Verdict::Exceeded => &mut self.exceeded,
        } += 1;
    }
}

/// What is known of a day; of several limits the last in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Good,
    Incomplete,
    Exceeded,
}

/// A channel of the station.
struct Series<'a> {
    instrument: InstrumentId,
    place: usize,
    interval: Interval,
    channel: &'a Channel,
}

/// The valid mean of an hour, and the local day of its first instant.
struct Hour {
    day: i64,
    mean: Option<f64>,
}

impl<'a> Series<'a> {
    /// The first registered instrument of the station that has the channel.
    fn find(registry: &'a Registry, station: StationId, name: &str) -> Option<Self> {
        registry.instruments().filter(|(_, of, _)| *of == station).find_map(|(instrument, _, known)| {
            let place = known.channel_index(name)?;
            Some(Self { instrument, place, interval: known.interval(), channel: known.channels().get(place)? })
        })
    }

    /// Every day of the range on which the limit holds, with its value in the unit of the limit.
    fn days(
        &self,
        readings: &Readings,
        limit: &Limit,
        (range, zone): (TimeRange, &Zone),
    ) -> Result<Vec<(i64, Option<f64>, Verdict)>, AttainmentError> {
        let first = zone.day(range.from.plus_ms(-1)) + 1;
        let last = zone.day(range.to.plus_ms(-1));
        let days: Vec<i64> = (first..=last).filter(|day| limit.holds_on(&date_of(zone, *day))).collect();
        let (Some(begin), Some(end)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
        let hours = self.hours(readings, limit, (zone.day_start(*begin), zone.day_start(*end + 1)), zone)?;
        let averages = averages(&hours, limit);
        Ok(days.into_iter().map(|day| verdict(day, averages.get(&day).map_or(&[], Vec::as_slice), limit)).collect())
    }

    /// The hourly means from seven hours before a time, which means of eight hours reach back to, to another.
    fn hours(
        &self,
        readings: &Readings,
        limit: &Limit,
        (from, to): (Timestamp, Timestamp),
        zone: &Zone,
    ) -> Result<Vec<Hour>, AttainmentError> {
        let conversion = Conversion::new(self.channel, limit)?;
        let expected = (HOUR_MS / self.interval.as_ms().max(1)).max(1) as f64;
        let mut hours = Vec::new();
        let mut begin = from.plus_ms(-(EIGHT as i64 - 1) * HOUR_MS);
        while begin < to {
            let range = TimeRange::new(begin, begin.plus_ms(HOUR_MS));
            let rollup = readings.aggregate(self.instrument, &[self.place], range)?;
            let whole = rollup.channels.first().filter(|one| one.valid as f64 >= limit.hour_coverage * expected - 1e-9);
            let mean = whole.and_then(|one| one.mean()).map(|mean| conversion.convert(mean)).transpose()?;
            hours.push(Hour { day: zone.day(begin), mean });
            begin = range.to;
        }
        Ok(hours)
    }
}

/// The valid averages of each day.
fn averages(hours: &[Hour], limit: &Limit) -> BTreeMap<i64, Vec<f64>> {
    let mut averages: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    match limit.average {
        Averaging::Hour => {
            for hour in hours {
                averages.entry(hour.day).or_default().extend(hour.mean);
            }
        }
        Averaging::EightHours | Averaging::EightHoursWithinDay => {
            for window in hours.windows(EIGHT) {
                let ([first, ..], [.., last]) = (window, window) else { continue };
                if limit.average == Averaging::EightHours || first.day == last.day {
                    averages.entry(last.day).or_default().extend(mean(window, limit.hours_min));
                }
            }
        }
        Averaging::Day => {
            for day in hours.chunk_by(|one, next| one.day == next.day) {
                let Some(first) = day.first() else { continue };
                averages.entry(first.day).or_default().extend(mean(day, limit.hours_min));
            }
        }
    }
    averages
}

/// The mean of the valid hours, if there are enough.
fn mean(hours: &[Hour], hours_min: u32) -> Option<f64> {
    let valid: Vec<f64> = hours.iter().filter_map(|hour| hour.mean).collect();
    (valid.len() >= hours_min.max(1) as usize).then(|| valid.iter().sum::<f64>() / valid.len() as f64)
}

fn verdict(day: i64, averages: &[f64], limit: &Limit) -> (i64, Option<f64>, Verdict) {
    let greatest = averages.iter().copied().reduce(f64::max);
    let verdict = match greatest {
        Some(value) if value > limit.limit => Verdict::Exceeded,
        Some(_) if averages.len() >= limit.averages_min as usize => Verdict::Good,
        _ => Verdict::Incomplete,
    };
    (day, greatest, verdict)
}

/// The date of a local day.
fn date_of(zone: &Zone, day: i64) -> CalendarDate {
    CalendarDate::of_day(zone, day)
}

/// From the channel's unit to that of the limit.
struct Conversion<'a> {
    channel: &'a Channel,
    limit: &'a Limit,
    /// State of the mass concentration on one side.
    state: ReferenceState,
    /// Between mass concentrations at two states.
    factor: f64,
}

impl<'a> Conversion<'a> {
    fn new(channel: &'a Channel, limit: &'a Limit) -> Result<Self, AttainmentError> {
        let is_mass = |unit: crate::model::Unit| unit.dimension() == Dimension::MassConcentration;
        let own = channel.reference();
        let wanted = limit.reference.unwrap_or(own);
        let (from_mass, to_mass) = (is_mass(channel.unit()), is_mass(limit.unit));
        if to_mass && !from_mass && limit.reference.is_none() {
            let (channel, unit) = (limit.channel.clone(), limit.unit.to_string());
            return Err(AttainmentError::NoReference { channel, unit });
        }
        let is_same = own == wanted || !from_mass || !to_mass;
        let factor = if is_same { 1.0 } else { own.molar_volume_l_per_mol() / wanted.molar_volume_l_per_mol() };
        Ok(Self { channel, limit, state: if from_mass { own } else { wanted }, factor })
    }

    fn convert(&self, value: f64) -> Result<f64, AttainmentError> {
        let (from, to) = (self.channel.unit(), self.limit.unit);
        let converted = from.convert(value, to, self.channel.molar_mass_g_per_mol(), self.state);
        let converted = converted.map(|value| value * self.factor);
        converted.map_err(|source| AttainmentError::Unit { channel: self.limit.channel.clone(), source })
    }
}
