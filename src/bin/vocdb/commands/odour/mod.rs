//! `vocdb odour`: what people smelled, where and when.

use super::stations::warn_of_far;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::trace::{OdourIntensity, OdourReport};
use vocdb::{AlarmLog, Timestamp};

/// Record and list odour reports
#[derive(Debug, Args)]
pub(crate) struct Odour {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
}

/// Record an odour report; the store must not be open elsewhere
#[derive(Debug, Args)]
struct Add {
    /// Folder of the store
    store: PathBuf,
    /// Time at which it was perceived: RFC 3339, or a date and time in --zone
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    time: Moment,
    /// Time zone of printed times, and of a time without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Latitude in degrees north (WGS 84)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    lat: f64,
    /// Longitude in degrees east (WGS 84)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    lon: f64,
    /// Intensity on the scale of VDI 3882: 0 not perceptible, 1 very weak, 2 weak, 3 distinct, 4 strong, 5 very strong, 6 extremely strong
    #[arg(long, value_name = "LEVEL", value_parser = intensity)]
    intensity: OdourIntensity,
    /// Description in the reporter's words
    #[arg(long, value_name = "TEXT", default_value = "", value_parser = values::remark)]
    words: String,
    /// Name of the reporter
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    reporter: Option<String>,
}

/// List odour reports by time, also while a station is running
#[derive(Debug, Args)]
struct List {
    /// Folder of the store
    store: PathBuf,
    /// First time: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// End, not included: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

fn intensity(text: &str) -> Result<OdourIntensity, String> {
    let level = text.parse().map_err(|_: std::num::ParseIntError| "write a number from 0 to 6".to_owned())?;
    OdourIntensity::new(level).map_err(|error| error.to_string())
}

#[derive(Serialize)]
struct ReportView<'a> {
    time: String,
    latitude_deg: f64,
    longitude_deg: f64,
    intensity: u8,
    intensity_name: &'static str,
    words: &'a str,
    reporter: Option<&'a str>,
}

#[derive(Serialize)]
struct Listed<'a> {
    odours: Vec<ReportView<'a>>,
}

impl<'a> ReportView<'a> {
    fn of(report: &'a OdourReport) -> Self {
        Self {
            time: report.time.to_string(),
            latitude_deg: report.latitude_deg,
            longitude_deg: report.longitude_deg,
            intensity: report.intensity.level(),
            intensity_name: report.intensity.name(),
            words: &report.words,
            reporter: report.reporter.as_deref(),
        }
    }

    fn line(&self) -> String {
        let Self { time, latitude_deg, longitude_deg, intensity, intensity_name, words, .. } = self;
        let reporter = self.reporter.map_or_else(String::new, |reporter| format!(", {}", Line(reporter)));
        let words = if words.is_empty() { String::new() } else { format!(": {}", Line(words)) };
        format!("{time} at {latitude_deg},{longitude_deg} {intensity} ({intensity_name}){reporter}{words}\n")
    }
}

impl Odour {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            Command::Add(add) => add.run(output),
            Command::List(list) => list.run(output),
        }
    }
}

impl Add {
    fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let report = OdourReport {
            time: self.time.resolve(self.zone.as_ref())?,
            latitude_deg: self.lat,
            longitude_deg: self.lon,
            intensity: self.intensity,
            words: self.words.clone(),
            reporter: self.reporter.clone(),
            at: Timestamp::default(),
        };
        let db = store::open_without_rules(&self.store)?;
        db.report_odour(report.clone()).map_err(Failure::from_error)?;
        let registry = db.registry();
        db.close().map_err(Failure::from_error)?;
        let view = ReportView::of(&report);
        output.either(&view, || view.line())?;
        output.flush()?;
        warn_of_far(&registry, &[("the odour report", (self.lat, self.lon))], output.is_json());
        Ok(())
    }
}

impl List {
    fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let range = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let listed = Listed { odours: log.odour_reports(range).into_iter().map(ReportView::of).collect() };
        output.either(&listed, || {
            let lines: String = listed.odours.iter().map(ReportView::line).collect();
            if lines.is_empty() { "no odour report in this range\n".to_owned() } else { lines }
        })
    }
}
