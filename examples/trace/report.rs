//! The report of one incident, as an operator would have it on the next morning.

use super::{Outcome, newest};
use std::path::PathBuf;
use vocdb::trace::incident::{Opening, Step, Suspect};
use vocdb::trace::report::{Report, ReportOrigin};
use vocdb::trace::{Candidates, episodes};
use vocdb::{Database, ReportQuestion, ReportSources, Timestamp, gather_report};

/// Opens a case for the episode with the most alarms, names the first suspect, and writes its report.
pub(crate) fn write(db: &Database, candidates: &Candidates) -> Outcome<PathBuf> {
    let events = db.events()?;
    let largest = episodes(&events, newest(db)).into_iter().max_by_key(|episode| episode.alarms.len());
    let first = largest.and_then(|episode| episode.alarms.first().copied()).ok_or("no alarm was raised")?;
    let number = db.open_incident(Opening::of_alarm(first, &events)?, "duty officer", "several stations at once")?;
    let page = |db: &Database| -> Outcome<Report> {
        let (registry, readings, events) = (db.registry(), db.readings(), db.events()?);
        let sources = ReportSources { registry: &registry, readings: &readings, events: &events };
        let question = ReportQuestion { wind: Some("metec/mast"), ..ReportQuestion::default() };
        let case = db.incident(number)?;
        Ok(gather_report(sources, (origin(case.opened.at), "America/Denver".parse()?), &case, &question, candidates)?)
    };
    if let Some(site) = page(db)?.ranked.first() {
        let suspect =
            Suspect { site: site.name.clone(), probability: Some(site.probability), factors: site.factors.clone() };
        db.step_incident(number, Step::Suspected(suspect), "duty officer", "first in the ranking")?;
    }
    let path = std::env::temp_dir().join("vocdb-trace-report.html");
    std::fs::write(&path, page(db)?.html())?;
    Ok(path)
}

fn origin(at: Timestamp) -> ReportOrigin {
    let program = format!("vocdb {}", env!("CARGO_PKG_VERSION"));
    ReportOrigin { by: "duty officer".to_owned(), at, program, store: "example".to_owned(), ledger: None }
}
