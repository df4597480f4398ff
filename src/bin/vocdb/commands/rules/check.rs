//! `vocdb rules check`: what is wrong with rule files, and what they would do in a day.

use super::draw;
use super::files::{failed, rules_of, tests_of};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use vocdb::alarm::report::{AlarmTally, Forecast};
use vocdb::base::escape::Line;
use vocdb::rules::{Diagnostic, RuleFile, check, trace};
use vocdb::{Backtest, ReadOnly, Replayed, TimeRange, Timestamp, stations_of_tests};

/// How much of the newest history a forecast is drawn from.
const FORECAST_MS: i64 = 30 * 86_400_000;

/// Say what is wrong with the rules of a folder
///
/// Rules are bound to the stations of --store, or else to those that the folder's tests register; where there are none, only what can be
/// said without stations is checked. With --store, the last 30 days tell how often the rules would open in a day, and how often people
/// would be paged. The exit code is 1 where a rule has a mistake; warnings are no mistakes.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder of rule files
    dir: PathBuf,
    /// The store whose stations and history the rules are for
    #[arg(long)]
    store: Option<PathBuf>,
}

/// One finding as JSON.
#[derive(Serialize)]
struct Finding<'a> {
    severity: &'static str,
    file: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
    help: &'a str,
}

impl Check {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let files = rules_of(&self.dir)?;
        let store = self.store.as_deref().map(open).transpose()?;
        let registry = match &store {
            Some(store) => store.registry().clone(),
            None => stations_of_tests(&tests_of(&self.dir)?),
        };
        let (rules, traced) = trace(&files);
        let is_bound = registry.stations().next().is_some();
        let found: Vec<Diagnostic> = if is_bound {
            let report = check(&files, &registry);
            report.errors.into_iter().chain(report.warnings).collect()
        } else {
            traced
        };
        tell(&found, &files, output)?;
        let errors = found.iter().filter(|diagnostic| !diagnostic.is_warning).count();
        if errors > 0 {
            output.flush()?;
            return Err(Failure::Says(format!("{errors} mistakes in `{}`", Line(self.dir.display()))));
        }
        if rules.is_empty() {
            output.flush()?;
            return Err(Failure::from_error(vocdb::Error::NoRules));
        }
        if !output.is_json() {
            let mut text = format!("{} files, no mistake, {} warnings\n", files.len(), found.len());
            if !is_bound {
                text.push_str("no station was at hand: stations, channels and units are checked with --store, or with tests that register some\n");
            }
            output.writer().write_all(text.as_bytes()).map_err(Failure::from_output)?;
        }
        store.map_or(Ok(()), |store| forecast(&store, &files, output))
    }
}

fn open(path: &Path) -> Result<ReadOnly, Failure> {
    store::check(path)?;
    ReadOnly::open(path).map_err(Failure::from_error)
}

fn tell(found: &[Diagnostic], files: &[RuleFile], output: &mut Output) -> Result<(), Failure> {
    if !output.is_json() {
        let drawn = draw::all(found, files, std::io::stdout().is_terminal());
        return output.writer().write_all(drawn.as_bytes()).map_err(Failure::from_output);
    }
    found.iter().try_for_each(|diagnostic| {
        let (place, severity) = (&diagnostic.place, if diagnostic.is_warning { "warning" } else { "error" });
        let (message, help) = (diagnostic.message.as_str(), diagnostic.help.as_str());
        output.object(&Finding { severity, file: &place.file, line: place.line, column: place.column, message, help })
    })
}

/// What the rules would do in a day, from the newest month.
fn forecast(store: &ReadOnly, files: &[RuleFile], output: &mut Output) -> Result<(), Failure> {
    let newest = store.registry().instruments().filter_map(|(id, ..)| store.readings().newest(id)).max();
    let Some(newest) = newest else { return Ok(()) };
    let question = Backtest::new(TimeRange::new(newest.plus_ms(-FORECAST_MS), Timestamp::MAX));
    let (mut tally, mut range) = (AlarmTally::default(), question.range);
    let mut first = None;
    for (id, ..) in store.registry().instruments() {
        let scan = store.readings().scan(id, &[], question.range).map_err(Failure::from_error)?;
        first = [first, scan.next_time()].into_iter().flatten().min();
    }
    let run = store.backtest(files, &question, &mut |step| match step {
        Replayed::Begins(begun) => range = begun,
        Replayed::Event(event) => tally.take(&event),
        Replayed::Reached(_) => {}
    });
    run.map_err(|error| failed(error, files))?;
    range.from = range.from.max(first.unwrap_or(range.from));
    tally.end(range.to);
    let Forecast { days, openings_per_day, contacts } = tally.forecast(range);
    let of_contact = |(contact, (pages, flood)): (&vocdb::rules::verdict::Contact, &(f64, f64))| serde_json::json!({ "contact": contact, "pages_per_day": pages, "flood_share": flood });
    let object = serde_json::json!({
        "forecast_from_days": days, "openings_per_day": openings_per_day,
        "contacts": contacts.iter().map(of_contact).collect::<Vec<_>>(),
    });
    output.either(&object, || {
        let mut text = format!("forecast from the last {days:.1} days\n");
        for (rule, openings) in &openings_per_day {
            let _ = writeln!(text, "  {}: {openings:.2} openings a day", Line(rule));
        }
        for (contact, (pages, flood)) in &contacts {
            let (contact, share) = (Line(&contact.0), 100.0 * flood);
            let _ = writeln!(text, "  {contact}: {pages:.2} pages a day, {share:.1} % of the time in flood");
        }
        if openings_per_day.is_empty() {
            text.push_str("  no alarm would have opened\n");
        }
        text
    })
}
