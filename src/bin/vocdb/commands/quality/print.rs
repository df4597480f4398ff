//! Findings and their counts, as text and JSON.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use vocdb::base::escape::{Line, counted};
use vocdb::checks::{Finding, QualityTest};
use vocdb::{Registry, StationId, TimeRange, Timestamp};

/// Milliseconds of a month of 30.44 days.
const MONTH_MS: f64 = 30.44 * 86_400_000.0;

/// The names of a finding's readings.
pub(super) struct Names<'a> {
    station: &'a str,
    instrument: &'a str,
    channel: Option<&'a str>,
}

/// One finding.
#[derive(Serialize)]
pub(super) struct FindingLine<'a> {
    test: QualityTest,
    station: &'a str,
    instrument: &'a str,
    channel: Option<&'a str>,
    from: Timestamp,
    to: Timestamp,
    measured: f64,
    expected: f64,
    reason: &'a str,
}

impl<'a> Names<'a> {
    pub(super) fn of(registry: &'a Registry, finding: &Finding) -> Self {
        let Some((station, instrument)) = registry.instrument(finding.instrument) else {
            return Self { station: "", instrument: "", channel: None };
        };
        let channel = finding.channel.and_then(|place| instrument.channels().get(place));
        Self {
            station: registry.station(station).map_or("", |station| station.name()),
            instrument: instrument.name(),
            channel: channel.map(|channel| channel.name()),
        }
    }

    pub(super) fn is_one_of(&self, channels: &[String]) -> bool {
        self.channel.is_some_and(|channel| channels.iter().any(|name| name == channel))
    }

    pub(super) fn line(&self, finding: &'a Finding) -> FindingLine<'a> {
        let Finding { test, from, to, measured, expected, reason, .. } = finding;
        let (station, instrument, channel) = (self.station, self.instrument, self.channel);
        let (test, from, to, measured, expected) = (*test, *from, *to, *measured, *expected);
        FindingLine { test, station, instrument, channel, from, to, measured, expected, reason }
    }
}

impl FindingLine<'_> {
    pub(super) fn text(&self) -> String {
        let (station, instrument) = (Line(self.station), Line(self.instrument));
        let times = if self.from == self.to { self.from.to_string() } else { format!("{} to {}", self.from, self.to) };
        let channel = Line(self.channel.unwrap_or("all channels"));
        format!("{} {station}/{instrument} {channel}, {times}: {}\n", self.test, self.reason)
    }
}

/// What was found, in numbers.
#[derive(Serialize)]
pub(super) struct Summary {
    findings: u64,
    by_test: BTreeMap<QualityTest, u64>,
    /// Time from the first to the last reading of each station, in months of 30.44 days.
    station_months: f64,
    /// Findings for each station and month; gaps are counted apart.
    per_station_month: f64,
    gaps_per_station_month: f64,
    /// Values that got the flag suspect.
    #[serde(skip_serializing_if = "Option::is_none")]
    flagged: Option<u64>,
}

impl Summary {
    pub(super) fn new(spans: Vec<(StationId, TimeRange)>) -> Self {
        let mut by_station: BTreeMap<StationId, TimeRange> = BTreeMap::new();
        for (station, span) in spans {
            let all = by_station.entry(station).or_insert(span);
            *all = TimeRange::new(all.from.min(span.from), all.to.max(span.to));
        }
        // A single reading is an instant, and no month is zero.
        let months = by_station.values().map(|span| span.to.since_ms(span.from).max(1) as f64 / MONTH_MS).sum();
        Self {
            findings: 0,
            by_test: BTreeMap::new(),
            station_months: months,
            per_station_month: 0.0,
            gaps_per_station_month: 0.0,
            flagged: None,
        }
    }

    /// Whether no station has a reading.
    pub(super) fn is_empty(&self) -> bool {
        self.station_months <= 0.0
    }

    pub(super) fn count(&mut self, finding: &Finding) {
        self.findings += 1;
        *self.by_test.entry(finding.test).or_default() += 1;
        let gaps = self.by_test.get(&QualityTest::Gap).copied().unwrap_or_default();
        self.gaps_per_station_month = gaps as f64 / self.station_months;
        self.per_station_month = (self.findings - gaps) as f64 / self.station_months;
    }

    pub(super) const fn set_flagged(&mut self, values: u64) {
        self.flagged = Some(values);
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.findings > 0 {
            let _ = writeln!(text, "{:27}{:>8}{:>22}", "test", "findings", "per station and month");
        }
        for (test, count) in &self.by_test {
            let rate = *count as f64 / self.station_months;
            let _ = writeln!(text, "{:27}{count:>8}{rate:>22.2}", test.name());
        }
        let _ = writeln!(
            text,
            "{} in {:.2} station-months; {:.2} per station and month without gaps",
            counted(self.findings, "finding"),
            self.station_months,
            self.per_station_month
        );
        if let Some(values) = self.flagged {
            let _ = writeln!(text, "{} got the flag `suspect`", counted(values, "value"));
        }
        text
    }
}
