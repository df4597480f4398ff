//! The tests over a store.

use super::mark;
use super::print::{Names, Summary};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use std::path::Path;
use vocdb::base::escape::Line;
use vocdb::checks::{CheckOptions, Checks, Finding, QualityTest, Threshold, check_history};
use vocdb::query::QueryError;
use vocdb::{Instrument, InstrumentId, ReadOnly, Registry, TimeRange};

/// What to test, and how.
pub(super) struct Question<'a> {
    pub(super) store: &'a Path,
    pub(super) station: Option<&'a str>,
    pub(super) instrument: Option<&'a str>,
    pub(super) channels: &'a [String],
    pub(super) range: TimeRange,
    pub(super) tests: &'a [QualityTest],
    pub(super) thresholds: Vec<Threshold>,
    pub(super) false_alarms: f64,
    /// Author and reason of flags, if values in doubt get one.
    pub(super) author: Option<(&'a str, &'a str)>,
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::from_error(error)
    }
}

impl Question<'_> {
    pub(super) fn run(self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(self.store)?;
        let registry = db.registry();
        let instruments = self.instruments(registry)?;
        self.check_names(&instruments)?;
        let options = CheckOptions {
            false_alarms_per_month: self.false_alarms,
            thresholds: self.thresholds.clone(),
            tests: self.tests.iter().copied().collect(),
            ..CheckOptions::default()
        };
        let mut summary = Summary::new(spans(&db, registry, &instruments, self.range)?);
        if summary.is_empty() {
            let what = self.station.map_or_else(|| "the store".to_owned(), |station| format!("`{}`", Line(station)));
            return Err(Failure::Says(format!("no reading lies in this range: {what} has none")));
        }
        let mut checks = Checks::new(registry, instruments.iter().map(|(id, _)| *id), &options);
        let mut to_mark = Vec::new();
        check_history(&db.readings(), &mut checks, self.range, |finding| {
            let names = Names::of(registry, &finding);
            if !self.channels.is_empty() && !names.is_one_of(self.channels) {
                return Ok(());
            }
            summary.count(&finding);
            if self.author.is_some() && mark::is_about_values(finding.test) {
                to_mark.push(finding.clone());
            }
            print(output, &names, &finding)
        })?;
        drop(db);
        if let Some(author) = self.author {
            summary.set_flagged(mark::mark(self.store, &to_mark, author)?);
        }
        output.either(&summary, || summary.text())
    }

    fn instruments(&self, registry: &Registry) -> Result<Vec<(InstrumentId, Instrument)>, Failure> {
        let stations: Vec<_> = match self.station {
            Some(pattern) => registry.stations_matching(pattern).map(|(id, _)| id).collect(),
            None => registry.stations().map(|(id, _)| id).collect(),
        };
        if let (Some(pattern), true) = (self.station, stations.is_empty()) {
            let known: Vec<&str> = registry.stations().map(|(_, station)| station.name()).collect();
            let (pattern, known) = (Line(pattern), known.join(", "));
            return Err(Failure::Says(format!("no station is named `{pattern}`; registered are: {known}")));
        }
        let of_stations = registry.instruments().filter(|(_, station, _)| stations.contains(station));
        let is_named = |instrument: &Instrument| self.instrument.is_none_or(|name| instrument.name() == name);
        let named: Vec<_> =
            of_stations.filter(|(.., one)| is_named(one)).map(|(id, _, one)| (id, one.clone())).collect();
        match self.instrument {
            Some(name) if named.is_empty() => {
                Err(Failure::Says(format!("no instrument of these stations is named `{}`", Line(name))))
            }
            _ => Ok(named),
        }
    }

    /// Returns an error for a channel that no instrument has, and for a threshold in a unit that does not fit.
    fn check_names(&self, instruments: &[(InstrumentId, Instrument)]) -> Result<(), Failure> {
        let all = || instruments.iter().flat_map(|(_, instrument)| instrument.channels());
        let thresholds = self.thresholds.iter().map(|threshold| &threshold.channel);
        for name in self.channels.iter().chain(thresholds) {
            if !all().any(|channel| channel.name() == name) {
                let mut known: Vec<&str> = all().map(|channel| channel.name()).collect();
                known.sort_unstable();
                known.dedup();
                let (name, known) = (Line(name), known.join(", "));
                return Err(Failure::Says(format!("no instrument has a channel `{name}`; the channels are: {known}")));
            }
        }
        for threshold in &self.thresholds {
            for channel in all().filter(|channel| channel.name() == threshold.channel) {
                let (to, mass) = (channel.unit(), channel.molar_mass_g_per_mol());
                let converted = threshold.unit.convert(threshold.value, to, mass, channel.reference());
                converted.map_err(|error| Failure::Says(format!("channel `{}`: {error}", Line(channel.name()))))?;
            }
        }
        Ok(())
    }
}

fn print(output: &mut Output, names: &Names<'_>, finding: &Finding) -> Result<(), Failure> {
    let line = names.line(finding);
    output.either(&line, || line.text())
}

/// First and last time of each instrument with readings in the range, and its station.
fn spans(
    db: &ReadOnly,
    registry: &Registry,
    instruments: &[(InstrumentId, Instrument)],
    range: TimeRange,
) -> Result<Vec<(vocdb::StationId, TimeRange)>, Failure> {
    let readings = db.readings();
    let mut spans = Vec::new();
    for (id, _) in instruments {
        let first = readings.frames([(*id, Vec::new())], range)?.next_time();
        let last = readings.newest_before(*id, range.to)?;
        let station = registry.instrument(*id).map(|(station, _)| station);
        if let (Some(station), Some((first, last))) = (station, first.zip(last)) {
            spans.push((station, TimeRange::new(first, last)));
        }
    }
    Ok(spans)
}
