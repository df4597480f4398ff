//! Coverage, flags and findings, each within a bound.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Asked, Span};
use serde::Deserialize;
use std::collections::BTreeMap;
use vocdb::checks::{CheckOptions, Checks, Finding, check_history};
use vocdb::{Instrument, InstrumentId, Quality, StationId, TimeRange, Timestamp};

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// A day, unless a range is asked for; a month at most.
const SPAN: Span = Span { usual_ms: DAY_MS, longest_ms: 31 * DAY_MS };
/// Samples whose flags are counted and that are tested.
const SAMPLES_MAX: i64 = 6_000_000;
/// Findings that are shown.
pub(super) const FINDINGS_MAX: usize = 200;

/// The query of the page.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct QualityAsked {
    /// Station that is looked at closely.
    pub(super) station: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// The coverage of a channel: valid samples over the expected ones.
pub(super) struct Covered {
    /// Name of the instrument.
    pub(super) instrument: String,
    /// Name of the channel.
    pub(super) channel: String,
    /// Coverage of the last 24 hours.
    pub(super) day: f64,
    /// Coverage of the last 7 days.
    pub(super) week: f64,
}

/// A station and its channels.
pub(super) struct CoveredStation {
    /// Name.
    pub(super) name: String,
    /// Channels, in the order of instruments and channels.
    pub(super) channels: Vec<Covered>,
}

impl CoveredStation {
    /// The channel with the least coverage of the week.
    pub(super) fn worst(&self) -> Option<&Covered> {
        self.channels.iter().min_by(|one, other| one.week.total_cmp(&other.week).then(one.day.total_cmp(&other.day)))
    }
}

/// The samples of a channel by their flags.
pub(super) struct Flags {
    /// Instrument and channel.
    pub(super) channel: String,
    /// Samples with a value, by flag.
    pub(super) counts: BTreeMap<Quality, u64>,
    /// Samples that the interval lets expect.
    pub(super) expected: u64,
}

impl Flags {
    /// Expected samples without a value.
    pub(super) fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.counts.values().sum())
    }
}

/// A finding with the name of its channel.
pub(super) struct Found {
    /// Instrument and channel; instrument alone for frames as a whole.
    pub(super) channel: String,
    /// The finding.
    pub(super) finding: Finding,
}

/// A station at close range.
pub(super) struct Closeup {
    /// Name of the station.
    pub(super) name: String,
    /// The range.
    pub(super) range: TimeRange,
    /// Flags of each channel.
    pub(super) flags: Vec<Flags>,
    /// Findings, the first [`FINDINGS_MAX`] of them.
    pub(super) findings: Vec<Found>,
    /// Number of all findings.
    pub(super) count: usize,
}

/// What the page shows.
pub(super) struct Overview {
    /// All stations, in the order of their names.
    pub(super) stations: Vec<CoveredStation>,
    /// The station that is asked for.
    pub(super) closeup: Option<Closeup>,
}

/// Gathers the page. Blocks.
pub(super) fn gather(platform: &Platform, asked: &QualityAsked) -> Result<Overview, Failure> {
    let now = platform.now();
    let mut stations = coverage(platform, now)?;
    stations.sort_by(|one, other| one.name.cmp(&other.name));
    let name = asked.station.as_deref().filter(|name| !name.is_empty());
    let closeup = name.map(|name| closeup(platform, name, asked)).transpose()?;
    Ok(Overview { stations, closeup })
}

fn coverage(platform: &Platform, now: Timestamp) -> Result<Vec<CoveredStation>, Failure> {
    let (registry, readings) = (platform.db.registry(), platform.db.readings());
    let mut by_station: BTreeMap<StationId, Vec<Covered>> = BTreeMap::new();
    for (id, station, instrument) in registry.instruments() {
        let places: Vec<usize> = current(instrument).collect();
        let share = |length_ms: i64| -> Result<Vec<f64>, Failure> {
            let range = TimeRange::new(now.plus_ms(-length_ms), now);
            let rollup = readings.aggregate(id, &places, range).map_err(vocdb::Error::from)?;
            let expected = (length_ms / instrument.interval().as_ms().max(1)).max(1) as f64;
            Ok(rollup.channels.iter().map(|channel| channel.valid as f64 / expected).collect())
        };
        let (days, weeks) = (share(DAY_MS)?, share(WEEK_MS)?);
        for ((place, day), week) in places.iter().zip(days).zip(weeks) {
            let Some(channel) = instrument.channels().get(*place) else { continue };
            let (instrument, channel) = (instrument.name().to_owned(), channel.name().to_owned());
            by_station.entry(station).or_default().push(Covered { instrument, channel, day, week });
        }
    }
    let stations = registry.stations().map(|(id, station)| CoveredStation {
        name: station.name().to_owned(),
        channels: by_station.remove(&id).unwrap_or_default(),
    });
    Ok(stations.collect())
}

/// Places of the channels that are not retired.
fn current(instrument: &Instrument) -> impl Iterator<Item = usize> + '_ {
    instrument.channels().iter().enumerate().filter(|(_, channel)| !channel.is_retired()).map(|(place, _)| place)
}

fn closeup(platform: &Platform, name: &str, asked: &QualityAsked) -> Result<Closeup, Failure> {
    let registry = platform.db.registry();
    let station = registry.station_named(name).ok_or(Failure::NotFound)?;
    let instruments: Vec<(InstrumentId, &Instrument)> =
        registry.instruments().filter(|(_, at, _)| *at == station).map(|(id, _, known)| (id, known)).collect();
    let newest = instruments.iter().filter_map(|(id, _)| platform.db.readings().newest(*id)).max();
    let ends = Asked { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let range = ends.range(&platform.zone, newest.map_or(platform.now(), |newest| newest.plus_ms(1)), SPAN)?;
    let samples = |(_, known): &(InstrumentId, &Instrument)| {
        let frames = range.to.since_ms(range.from) / known.interval().as_ms().max(1);
        frames.saturating_mul(i64::try_from(known.channels().len()).unwrap_or(i64::MAX))
    };
    if instruments.iter().map(samples).fold(0, i64::saturating_add) > SAMPLES_MAX {
        return Err(Failure::Invalid(Text::new("range-too-many-samples").with("count", SAMPLES_MAX)));
    }
    let mut flags = Vec::new();
    for (id, known) in &instruments {
        flags.extend(count_flags(platform, (*id, known), range)?);
    }
    let mut checks = Checks::new(&registry, instruments.iter().map(|(id, _)| *id), &CheckOptions::default());
    let (mut findings, mut count) = (Vec::new(), 0);
    let keep = |finding: Finding| {
        count += 1;
        if findings.len() < FINDINGS_MAX {
            let known = instruments.iter().find(|(id, _)| *id == finding.instrument);
            let channel = known.map_or_else(String::new, |(_, known)| channel_name(known, finding.channel));
            findings.push(Found { channel, finding });
        }
        Ok::<(), vocdb::query::QueryError>(())
    };
    check_history(&platform.db.readings(), &mut checks, range, keep).map_err(vocdb::Error::from)?;
    Ok(Closeup { name: name.to_owned(), range, flags, findings, count })
}

fn channel_name(instrument: &Instrument, place: Option<usize>) -> String {
    let channel = place.and_then(|place| instrument.channels().get(place));
    channel.map_or_else(|| instrument.name().to_owned(), |channel| format!("{}/{}", instrument.name(), channel.name()))
}

/// Counts the samples of each channel by flag, one chunk of rows in memory at a time.
fn count_flags(
    platform: &Platform,
    (id, known): (InstrumentId, &Instrument),
    range: TimeRange,
) -> Result<Vec<Flags>, Failure> {
    let places: Vec<usize> = current(known).collect();
    let expected = range.to.since_ms(range.from) / known.interval().as_ms().max(1);
    let expected = u64::try_from(expected).unwrap_or_default();
    let flags = |place: &usize| Flags { channel: channel_name(known, Some(*place)), counts: BTreeMap::new(), expected };
    let mut flags: Vec<Flags> = places.iter().map(flags).collect();
    let chunks = platform.db.readings().scan(id, &places, range).map_err(vocdb::Error::from)?;
    for chunk in chunks {
        let chunk = chunk.map_err(vocdb::Error::from)?;
        for (flags, column) in flags.iter_mut().zip(&chunk.columns) {
            let samples = (0..chunk.times.len()).map(|row| column.sample(row));
            for sample in samples.filter(|sample| sample.value.is_some()) {
                *flags.counts.entry(sample.quality).or_default() += 1;
            }
        }
    }
    Ok(flags)
}
