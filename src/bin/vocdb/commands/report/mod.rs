//! `vocdb report`: one page about an incident.

use crate::commands::tracing::SiteArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};
use vocdb::model::Zone;
use vocdb::trace::incident::IncidentId;
use vocdb::trace::report::{Report, ReportOrigin};
use vocdb::{AlarmLog, ReportQuestion, ReportSources, Timestamp, gather_report, report_span};

/// Write the report of an incident as one HTML file: what, when, where, the evidence, and who was notified
///
/// The page has no script and loads nothing. It is readable on a phone and in print. Readings are shown from two hours before the incident to
/// two hours after it. What the store lacks is stated on the page. The store may be open elsewhere.
///
/// Example: vocdb report store 1 -o incident-1.html --sites sites.geojson --duty 'north plant=plant/RTO-1' --by 'Li Na'
#[derive(Debug, Args)]
pub(crate) struct ReportOf {
    /// Folder of the store
    store: PathBuf,
    /// Number of the incident
    incident: u64,
    /// File to write; an existing file is replaced
    #[arg(long, short, value_name = "FILE", required_unless_present = "ledger_head")]
    output: Option<PathBuf>,
    /// Author of the report [default: the user's name in the system]
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: Option<String>,
    /// Station that measures the wind, with :INSTRUMENT if it has several [default: the only one that does]
    #[arg(long, value_name = "STATION")]
    wind: Option<String>,
    /// Channel [default: the first channel of the alarms]
    #[arg(long)]
    channel: Option<String>,
    #[command(flatten)]
    sites: SiteArguments,
    /// Start of the charts, inclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: two hours before the incident]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<values::Moment>,
    /// End of the charts, exclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: two hours after the incident]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<values::Moment>,
    /// Time zone of the page, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Print the SHA-256 of the first N records of the ledger, to verify an earlier report, and write no report
    #[arg(long, value_name = "N", conflicts_with = "output")]
    ledger_head: Option<u64>,
}

/// A report that was written.
#[derive(Serialize)]
struct Written {
    incident: u64,
    file: String,
    bytes: usize,
    ledger_records: u64,
    ledger_sha256: String,
    missing: Vec<String>,
}

/// The head of the ledger.
#[derive(Serialize)]
struct Head {
    records: u64,
    sha256: String,
}

impl ReportOf {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        if let Some(records) = self.ledger_head {
            return self.head(records, output);
        }
        let report = self.gather()?;
        let file = self.output.clone().unwrap_or_default();
        let page = report.html();
        let shown = Line(file.display()).to_string();
        std::fs::write(&file, &page).map_err(|error| Failure::Says(format!("cannot write {shown}: {error}")))?;
        let head = report.origin.ledger;
        let written = Written {
            incident: self.incident,
            file: file.display().to_string(),
            bytes: page.len(),
            ledger_records: head.map_or(0, |head| head.records),
            ledger_sha256: head.map_or_else(String::new, |head| head.sha256.to_string()),
            missing: report.missing,
        };
        output.either(&written, || {
            let mut text = format!("incident {}: {} bytes written to {shown}\n", self.incident, written.bytes);
            text.extend(written.missing.iter().map(|sentence| format!("missing: {}\n", Line(sentence))));
            text
        })
    }

    fn head(&self, records: u64, output: &mut Output) -> Result<(), Failure> {
        let head = vocdb::ledger_head(&self.store, Some(records)).map_err(Failure::from_error)?;
        if head.records < records {
            let found = counted(head.records, "record");
            return Err(Failure::Says(format!(
                "the ledger has only {found}, fewer than {records}: it is not the ledger of that report"
            )));
        }
        let head = Head { records, sha256: head.sha256.to_string() };
        output.either(&head, || format!("{}, SHA-256 {}\n", counted(head.records, "record"), head.sha256))
    }

    /// Everything that the store has about the incident.
    fn gather(&self) -> Result<Report, Failure> {
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let db = store::read(&self.store)?;
        let incident = log.incident(IncidentId(self.incident)).map_err(Failure::from_error)?;
        let ledger = vocdb::ledger_head(&self.store, None).map_err(Failure::from_error)?;
        let zone = match &self.zone {
            Some(zone) => zone.clone(),
            None => "UTC".parse().map_err(|error: vocdb::model::ModelError| Failure::from_error(error))?,
        };
        let origin = ReportOrigin {
            by: self.by.clone().unwrap_or_else(user),
            at: Timestamp::now(),
            program: format!("vocdb {}", env!("CARGO_PKG_VERSION")),
            store: self.store.display().to_string(),
            ledger: Some(ledger),
        };
        let asked =
            |moment: Option<&values::Moment>| moment.map(|moment| moment.resolve(self.zone.as_ref())).transpose();
        let question = ReportQuestion {
            channel: self.channel.as_deref(),
            wind: self.wind.as_deref(),
            from: asked(self.from.as_ref())?,
            to: asked(self.to.as_ref())?,
            rules: log.rule_set().map_or(&[], |rules| &rules.files),
        };
        let readings = db.readings();
        let sources = ReportSources { registry: db.registry(), readings: &readings, events: log.events() };
        let span = report_span(sources, incident, &question);
        let span = values::range(Some(span.from), Some(span.to))?;
        let candidates = self.sites.read(&self.store, span)?;
        gather_report(sources, (origin, zone), incident, &question, &candidates).map_err(Failure::from_error)
    }
}

/// Name of the user as the system gives it.
fn user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    if values::line(&name).is_ok() { name } else { "an unnamed user".to_owned() }
}
