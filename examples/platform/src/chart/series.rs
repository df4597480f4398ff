//! The readings of a channel in a range that a reader asks for.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Asked, Drawing, Limit, Span, Trend, trend};
use serde::Deserialize;
use vocdb::model::Zone;
use vocdb::{InstrumentId, Quality, Sample, TimeRange, Timestamp};

/// Spans that a reader may choose: hours, and the key of their words.
pub(crate) const SPANS: [(u16, &str); 4] =
    [(1, "span-hour"), (6, "span-six-hours"), (24, "span-day"), (168, "span-week")];
/// Span unless the reader chooses another one.
const HOURS: u16 = 24;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Longest range.
const LONGEST_MS: i64 = 400 * DAY_MS;
/// Readings of a chart.
pub(crate) const READINGS_MAX: i64 = 700_000;

/// The query of a chart.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChartAsked {
    /// Name of the station.
    #[serde(alias = "station")]
    pub(crate) name: String,
    /// Instrument and channel; the first channel with a value unless it is named.
    pub(crate) channel: Option<String>,
    /// Length of the range up to the newest reading.
    pub(crate) hours: Option<u16>,
    /// Start of the range instead.
    pub(crate) from: Option<String>,
    /// End of the range instead.
    pub(crate) to: Option<String>,
}

impl ChartAsked {
    /// The ends of the range, if the reader names one.
    pub(crate) fn ends(&self) -> Asked<'_> {
        Asked { from: self.from.as_deref(), to: self.to.as_deref() }
    }

    /// The span that the reader chose; `None` for a range with ends.
    pub(crate) fn span(&self) -> Option<u16> {
        let chosen = self.hours.filter(|hours| SPANS.iter().any(|(span, _)| span == hours));
        self.ends().is_empty().then(|| chosen.unwrap_or(HOURS))
    }
}

/// A channel over a range.
pub(crate) struct Chart {
    /// Name of the station.
    pub(crate) station: String,
    /// Instrument and channel.
    pub(crate) channel: String,
    /// Symbol of the unit.
    pub(crate) unit: &'static str,
    /// Samples in order of time.
    pub(crate) samples: Vec<(Timestamp, Sample)>,
    /// The range.
    pub(crate) range: TimeRange,
    /// Milliseconds between two samples.
    pub(crate) interval_ms: i64,
    /// Limits.
    pub(crate) limits: Vec<Limit>,
    /// The instrument, and the place of the channel in its frames.
    pub(crate) source: (InstrumentId, usize),
}

impl Chart {
    /// The drawing.
    pub(crate) fn drawing(&self, zone: &Zone, language: Language) -> Drawing {
        let (channel, station) = (self.channel.as_str().into(), self.station.as_str().into());
        let values = [("channel", channel), ("station", station), ("unit", self.unit.into())];
        let title = language.fill("trend-title", &values);
        let Self { unit, samples, range, interval_ms, limits, .. } = self;
        let shown = Trend { title: &title, unit, samples, range: *range, interval_ms: *interval_ms, limits };
        trend(&shown, zone, language)
    }

    /// Number of samples with a flag.
    pub(crate) fn flagged(&self) -> usize {
        self.samples.iter().filter(|(_, sample)| sample.quality != Quality::Normal).count()
    }
}

/// The channel that is asked for, without samples. Blocks.
pub(crate) fn found(platform: &Platform, station: &str, channel: &str) -> Result<Chart, Failure> {
    let registry = platform.db.registry();
    let (id, place) = platform.db.channel(station, channel).map_err(|_| Failure::NotFound)?;
    let (at, instrument) = registry.instrument(id).ok_or(Failure::NotFound)?;
    let known = instrument.channels().get(place).ok_or(Failure::NotFound)?;
    let newest = platform.db.readings().newest(id).unwrap_or_else(|| platform.now());
    Ok(Chart {
        station: station.to_owned(),
        channel: channel.to_owned(),
        unit: known.unit().symbol(),
        samples: Vec::new(),
        range: TimeRange::new(newest, newest.plus_ms(1)),
        interval_ms: instrument.interval().as_ms(),
        limits: platform.rule_limits().of(&registry, (at, known)),
        source: (id, place),
    })
}

/// The chart that is asked for. Blocks.
pub(crate) fn chart(platform: &Platform, asked: &ChartAsked, channel: &str) -> Result<Chart, Failure> {
    let mut chart = found(platform, &asked.name, channel)?;
    let end = chart.range.to;
    chart.range = match asked.span() {
        Some(hours) => TimeRange::new(end.plus_ms(-1 - i64::from(hours) * HOUR_MS), end),
        None => {
            let span = Span { usual_ms: i64::from(HOURS) * HOUR_MS, longest_ms: LONGEST_MS };
            asked.ends().range(&platform.zone, end, span)?
        }
    };
    if chart.range.to.since_ms(chart.range.from) / chart.interval_ms.max(1) > READINGS_MAX {
        return Err(Failure::Invalid(Text::new("range-too-many-readings").with("count", READINGS_MAX)));
    }
    let (instrument, place) = chart.source;
    let rows = platform.db.readings().rows(instrument, &[place], chart.range).map_err(vocdb::Error::from)?;
    chart.samples = rows.samples(0).collect();
    Ok(chart)
}
