//! `vocdb attainment`: days within the limits, period against period.

use crate::failure::{Failure, unread};
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::trace::attainment::{Attainment, LimitDays, Limits, attainment};
use vocdb::{Error, ReadOnly, TimeRange};

/// Count the days within air-quality limits, and compare two periods
///
/// The limits are those of a CSV file with the columns channel, average (1h, 8h, 8h-within-day, 24h), limit, unit, hour_coverage,
/// period_coverage, day_coverage, from and to. The file states completeness, such as 20/24 or 75%, and the first and last day of each limit.
/// A day is good if every limit that holds is kept, exceeded if one is exceeded, and incomplete otherwise. The share of good days is the
/// number of good days divided by the number of good and exceeded days. Works while a station is running.
#[derive(Debug, Args)]
pub(crate) struct AttainmentOf {
    /// Folder of the store
    store: PathBuf,
    /// File of the limits
    #[arg(long, value_name = "FILE")]
    limits: PathBuf,
    /// Station; repeat it for several, or give a glob such as 'park/*'
    #[arg(long = "station", value_name = "STATION", required = true)]
    stations: Vec<String>,
    /// First day, in --zone: 2026-01-01
    #[arg(long, value_name = "DATE", value_parser = values::moment)]
    from: Moment,
    /// End, not included: 2027-01-01
    #[arg(long, value_name = "DATE", value_parser = values::moment)]
    to: Moment,
    /// First day of the period to compare with
    #[arg(long, value_name = "DATE", value_parser = values::moment, requires = "against_to")]
    against_from: Option<Moment>,
    /// End of the period to compare with, not included
    #[arg(long, value_name = "DATE", value_parser = values::moment, requires = "against_from")]
    against_to: Option<Moment>,
    /// Time zone of the days: Asia/Shanghai, +08:00
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone, default_value = "UTC")]
    zone: Zone,
}

#[derive(Serialize)]
struct Compared {
    zone: String,
    stations: Vec<StationView>,
    #[serde(flatten)]
    total: Periods,
}

#[derive(Serialize)]
struct StationView {
    station: String,
    #[serde(flatten)]
    periods: Periods,
}

#[derive(Serialize, Default)]
struct Periods {
    period: PeriodView,
    against: Option<PeriodView>,
    /// Share of good days minus that of the other period, in percentage points.
    difference_points: Option<f64>,
}

#[derive(Serialize, Default)]
struct PeriodView {
    from: String,
    to: String,
    good_share: Option<f64>,
    #[serde(flatten)]
    figures: Attainment,
}

impl AttainmentOf {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let limits = self.read_limits()?;
        let db = store::read(&self.store)?;
        let names = self.names(&db)?;
        let range = values::range_in(Some(&self.zone), Some(&self.from), Some(&self.to))?;
        let against = match (&self.against_from, &self.against_to) {
            (Some(from), Some(to)) => Some(values::range_in(Some(&self.zone), Some(from), Some(to))?),
            _ => None,
        };
        let (mut total, mut total_against, mut stations) = (Attainment::default(), Attainment::default(), Vec::new());
        for name in names {
            let of = |range: TimeRange| self.figures(&db, &name, &limits, range);
            let (figures, other) = (of(range)?, against.map(of).transpose()?);
            total.add(&figures);
            other.iter().for_each(|other| total_against.add(other));
            let periods = self.periods((range, figures), against.zip(other));
            stations.push(StationView { station: name, periods });
        }
        let total = self.periods((range, total), against.map(|against| (against, total_against)));
        let compared = Compared { zone: self.zone.to_string(), stations, total };
        output.either(&compared, || compared.text())
    }

    fn read_limits(&self) -> Result<Limits, Failure> {
        let path = Line(self.limits.display());
        let unread = |error| Failure::Says(format!("cannot read the limits file `{path}`: {}", unread(&error)));
        let text = std::fs::read_to_string(&self.limits).map_err(unread)?;
        Limits::parse(&text).map_err(|error| Failure::Says(format!("`{path}`: {error}")))
    }

    fn names(&self, db: &ReadOnly) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = Vec::new();
        for asked in &self.stations {
            let matching = db.registry().stations_matching(asked);
            let found: Vec<String> = matching.map(|(_, station)| station.name().to_owned()).collect();
            if found.is_empty() {
                let known = db.registry().stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
                return Err(Failure::from_error(Error::UnknownStation { name: asked.clone(), known }));
            }
            names.extend(found.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
        }
        Ok(names)
    }

    fn figures(&self, db: &ReadOnly, name: &str, limits: &Limits, range: TimeRange) -> Result<Attainment, Failure> {
        let Some(station) = db.registry().station_named(name) else { return Ok(Attainment::default()) };
        let of = (db.registry(), station);
        attainment(&db.readings(), of, limits, range, &self.zone).map_err(Failure::from_error)
    }

    fn periods(&self, period: (TimeRange, Attainment), against: Option<(TimeRange, Attainment)>) -> Periods {
        let view = |(range, figures): (TimeRange, Attainment)| PeriodView {
            from: self.zone.show(range.from).to_string(),
            to: self.zone.show(range.to).to_string(),
            good_share: figures.good_share(),
            figures,
        };
        let (period, against) = (view(period), against.map(view));
        let shares = period.good_share.zip(against.as_ref().and_then(|against| against.good_share));
        Periods { difference_points: shares.map(|(one, other)| (one - other) * 100.0), period, against }
    }
}

impl Compared {
    fn text(&self) -> String {
        let mut text = String::new();
        for StationView { station, periods } in &self.stations {
            periods.write(&Line(station).to_string(), &mut text);
        }
        if self.stations.len() > 1 {
            self.total.write("all stations", &mut text);
        }
        text
    }
}

impl Periods {
    fn write(&self, name: &str, text: &mut String) {
        self.period.write(name, text);
        if let Some(against) = &self.against {
            against.write(name, text);
        }
        if let Some(points) = self.difference_points {
            let _ = writeln!(text, "{name}: difference {points:+.1} percentage points");
        }
    }
}

impl PeriodView {
    fn write(&self, name: &str, text: &mut String) {
        let Attainment { days, good, exceeded, incomplete, limits, not_measured } = &self.figures;
        let share = self.good_share.map_or_else(|| "unknown".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let _ = writeln!(text, "{name}, {} to {}: good days {share}", self.from, self.to);
        let _ = writeln!(text, "  {days} days: {good} good, {exceeded} exceeded, {incomplete} incomplete");
        for limit in limits {
            let LimitDays { channel, average, limit, unit, good, exceeded, incomplete, greatest, .. } = limit;
            let greatest = greatest.map_or_else(String::new, |greatest| format!(", greatest {greatest:.6}"));
            let channel = Line(channel);
            let _ = writeln!(
                text,
                "  {channel} {average} limit {limit} {unit}: {good} good, {exceeded} exceeded, {incomplete} incomplete{greatest}"
            );
        }
        if !not_measured.is_empty() {
            let _ = writeln!(text, "  not measured: {}", Line(not_measured.join(", ")));
        }
    }
}
