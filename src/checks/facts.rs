//! What the tests know of a channel.

use super::finding::{Finding, QualityTest};
use super::options::{CheckOptions, ThresholdKind};
use crate::model::{Channel, Dimension, Instrument, InstrumentId, Timestamp, Unit};

/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a month of 30.44 days.
const MONTH_MS: f64 = 30.44 * 86_400_000.0;
/// Greatest possible wind speed of the screening criteria, in m/s: EPA-454/R-99-005, table 8-4.
const WIND_MAX_M_S: f64 = 25.0;
/// Temperatures that occur in ambient air, in degrees Celsius: the records of the WMO, rounded outwards.
const AIR_C: (f64, f64) = (-90.0, 57.0);
/// Greatest share in percent, with the tolerance of humidity sensors at saturation.
const SHARE_MAX_PERCENT: f64 = 105.0;

/// A channel and the thresholds that apply to it.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) instrument: InstrumentId,
    pub(super) place: usize,
    pub(super) channel: Channel,
    pub(super) interval_ms: i64,
    /// Values in a month without gaps.
    pub(super) values_per_month: f64,
    /// Accepted false alarms in a month.
    pub(super) rate: f64,
    thresholds: Vec<(ThresholdKind, f64)>,
}

impl Facts {
    pub(super) fn new(id: InstrumentId, instrument: &Instrument, place: usize, options: &CheckOptions) -> Option<Self> {
        let channel = instrument.channels().get(place)?.clone();
        let interval_ms = instrument.interval().as_ms().max(1);
        let own = options.thresholds.iter().filter(|threshold| threshold.channel == channel.name());
        let thresholds = own.filter_map(|one| Some((one.kind, converted(&channel, one.kind, one.value, one.unit)?)));
        Some(Self {
            instrument: id,
            place,
            thresholds: thresholds.collect(),
            channel,
            interval_ms,
            values_per_month: MONTH_MS / interval_ms as f64,
            rate: options.rate(),
        })
    }

    pub(super) fn threshold(&self, kind: ThresholdKind) -> Option<f64> {
        self.thresholds.iter().find(|(one, _)| *one == kind).map(|(_, value)| *value)
    }

    /// Whether the values are amounts that can be compared as numbers; directions begin again at north.
    pub(super) fn is_linear(&self) -> bool {
        self.channel.unit().dimension() != Dimension::Direction
    }

    /// Whether the channel measures how much of something is in the air.
    pub(super) const fn is_concentration(&self) -> bool {
        self.channel.unit().is_concentration()
    }

    /// Whether one value shows how large changes to the next usually are. Beside a source they have no bound at less than an hour: plumes
    /// come and go from one value to the next.
    pub(super) fn has_usual_changes(&self) -> bool {
        !self.is_concentration() || self.interval_ms >= HOUR_MS
    }

    /// The possible values: those of the options, or else those that physics and the screening criteria of the EPA allow.
    pub(super) fn range(&self) -> (Option<f64>, Option<f64>) {
        let unit = self.channel.unit();
        let of = |value, from: Unit| converted(&self.channel, ThresholdKind::RangeMax, value, from);
        let (min, max) = match unit.dimension() {
            Dimension::Direction => (Some(0.0), Some(360.0)),
            Dimension::Speed => (Some(0.0), of(WIND_MAX_M_S, Unit::MetrePerSecond)),
            Dimension::Temperature => (of(AIR_C.0, Unit::Celsius), of(AIR_C.1, Unit::Celsius)),
            Dimension::Ratio => (Some(0.0), of(SHARE_MAX_PERCENT, Unit::Percent)),
            _ => (None, None),
        };
        let given = |kind| self.threshold(kind);
        (given(ThresholdKind::RangeMin).or(min), given(ThresholdKind::RangeMax).or(max))
    }

    /// The probability for one of `per_month` trials that makes the accepted number of false alarms.
    pub(super) fn tail(&self, per_month: f64) -> f64 {
        (self.rate / per_month).min(0.4)
    }

    /// Values of this channel in a length of time without gaps.
    pub(super) fn values_in(&self, length_ms: i64) -> f64 {
        length_ms as f64 / self.interval_ms as f64
    }

    /// A value with its unit, in at most five digits.
    pub(super) fn show(&self, value: f64) -> String {
        let unit = self.channel.unit();
        if unit == Unit::One { digits(value) } else { format!("{} {}", digits(value), unit.symbol()) }
    }

    pub(super) fn finding(
        &self,
        test: QualityTest,
        (from, to): (Timestamp, Timestamp),
        (measured, expected): (f64, f64),
        reason: String,
    ) -> Finding {
        Finding { test, instrument: self.instrument, channel: Some(self.place), from, to, measured, expected, reason }
    }
}

/// A threshold in the unit of a channel; `None` where it does not convert. Bounds of changes are converted as differences.
fn converted(channel: &Channel, kind: ThresholdKind, value: f64, unit: Unit) -> Option<f64> {
    let convert =
        |value: f64| unit.convert(value, channel.unit(), channel.molar_mass_g_per_mol(), channel.reference()).ok();
    match kind {
        ThresholdKind::Spike | ThresholdKind::RatePerHour => Some(convert(value)? - convert(0.0)?),
        ThresholdKind::RangeMin | ThresholdKind::RangeMax | ThresholdKind::Limit => convert(value),
    }
}

/// A number in at most five significant digits.
pub(super) fn digits(value: f64) -> String {
    let decimals = [1e4, 1e3, 1e2, 1e1, 1.0].iter().filter(|bound| value.abs() < **bound).count();
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A length of time in words: `45 min`, `6 h`, `3.5 d`.
pub(super) fn length(length_ms: i64) -> String {
    let minutes = length_ms as f64 / 60_000.0;
    match minutes {
        ..120.0 => format!("{} min", digits(minutes)),
        120.0..2_880.0 => format!("{} h", digits((minutes / 6.0).round() / 10.0)),
        _ => format!("{} d", digits((minutes / 144.0).round() / 10.0)),
    }
}
