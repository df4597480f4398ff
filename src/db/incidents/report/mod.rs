//! The report of an incident, gathered from a store.

mod case;
mod limits;

use crate::alarm::AlarmEvent;
use crate::model::{Registry, TimeRange, Timestamp, Zone};
use crate::query::Readings;
use crate::rules::RuleFile;
use crate::trace::Candidates;
use crate::trace::incident::{Incident, history};
use crate::trace::report::{Asked, Report, ReportError, ReportOrigin};

/// What a report is gathered from.
#[derive(Debug, Clone, Copy)]
pub struct ReportSources<'a> {
    /// Stations and instruments.
    pub registry: &'a Registry,
    /// Readings.
    pub readings: &'a Readings,
    /// Everything that has happened to alarms, in the order of the ledger.
    pub events: &'a [AlarmEvent],
}

/// What a report is asked about, besides its case.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportQuestion<'a> {
    /// Name of the channel; the first channel of the alarms if it is `None`.
    pub channel: Option<&'a str>,
    /// Station that measures the wind, with `:INSTRUMENT` if it has several; the only one that does if it is `None`.
    pub wind: Option<&'a str>,
    /// Start of the charts, inclusive; two hours before the incident if it is `None`.
    pub from: Option<Timestamp>,
    /// End of the charts, exclusive; two hours after the incident if it is `None`.
    pub to: Option<Timestamp>,
    /// Rules in force. Charts show the limits of those whose alarms are in the report.
    pub rules: &'a [RuleFile],
}

/// Returns the range that the charts of a report show: as asked, or from two hours before the incident to two hours after it.
///
/// An incident begins at its recorded start or with its first alarm, whichever is earlier. It ends at its recorded end or with its last alarm,
/// whichever is later; if neither is known, or an alarm is open, with the newest reading of its first day.
#[must_use]
pub fn report_span(sources: ReportSources<'_>, incident: &Incident, question: &ReportQuestion<'_>) -> TimeRange {
    let span = incident_span(sources, incident);
    let from = question.from.unwrap_or_else(|| span.from.plus_ms(-case::AROUND_MS));
    let to = question.to.unwrap_or_else(|| span.to.plus_ms(case::AROUND_MS));
    TimeRange::new(from, to)
}

/// Returns the range whose readings the source of an incident is located from: the incident as in [`report_span`], with 15 minutes before and
/// after it. The report and `vocdb locate --incident` use it, whatever the charts show.
#[must_use]
pub fn located_range(sources: ReportSources<'_>, incident: &Incident) -> TimeRange {
    let span = incident_span(sources, incident);
    TimeRange::new(span.from.plus_ms(-case::LOCATED_MS), span.to.plus_ms(case::LOCATED_MS))
}

/// Returns the channel that an incident is about: the first one of its alarms.
#[must_use]
pub fn incident_channel(sources: ReportSources<'_>, incident: &Incident) -> Option<String> {
    case::channel(sources.events, incident)
}

fn incident_span(sources: ReportSources<'_>, incident: &Incident) -> TimeRange {
    let alarms = case::alarms(sources.events, incident);
    case::span(incident, &alarms, (sources.registry, sources.readings))
}

/// Gathers everything that a store has about an incident, and locates its source.
///
/// What the store lacks is stated in [`Report::missing`] and on the page. An incident without a channel, neither in its alarms nor in the
/// question, has no charts and no location. The function reads no clock: equal stores and questions give equal reports.
///
/// ```
/// use vocdb::trace::Candidates;
/// use vocdb::trace::incident::Opening;
/// use vocdb::trace::report::ReportOrigin;
/// use vocdb::{Config, Database, ReportQuestion, ReportSources, Timestamp, gather_report};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let night: Timestamp = "2026-03-14T02:10:00+08:00".parse()?;
/// let number = db.open_incident(Opening::new("benzene at the east fence", night), "Li Na", "three calls")?;
///
/// let (registry, readings, events) = (db.registry(), db.readings(), db.events()?);
/// let sources = ReportSources { registry: &registry, readings: &readings, events: &events };
/// let [by, program, store] = ["Li Na", "station", "park"].map(str::to_owned);
/// let origin = ReportOrigin { by, at: Timestamp::now(), program, store, ledger: None };
/// let question = ReportQuestion { channel: Some("benzene"), ..ReportQuestion::default() };
/// let about = (origin, "Asia/Shanghai".parse()?);
/// let report = gather_report(sources, about, &db.incident(number)?, &question, &Candidates::default())?;
/// assert!(report.missing[0].contains("no station has a channel `benzene`"));
/// assert!(report.html().contains("benzene at the east fence"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReportError`] if readings cannot be read, or if the question names a station or a treatment unit that does not exist.
pub fn gather_report(
    sources: ReportSources<'_>,
    (origin, zone): (ReportOrigin, Zone),
    incident: &Incident,
    question: &ReportQuestion<'_>,
    candidates: &Candidates,
) -> Result<Report, ReportError> {
    let span = report_span(sources, incident, question);
    let mut report = Report::new(origin, zone, incident.clone(), span);
    report.alarms = case::alarms(sources.events, incident);
    report.timeline = history(incident, sources.events);
    report.notifications = case::notifications(sources.events, incident);
    let of_alarms = case::channel(sources.events, incident);
    let asked = Asked {
        registry: sources.registry,
        readings: sources.readings,
        channel: question.channel.or(of_alarms.as_deref()),
        wind: question.wind,
        candidates,
        incident: incident_span(sources, incident),
        located: located_range(sources, incident),
    };
    asked.measure(&mut report)?;
    if let Some(channel) = &mut report.channel {
        channel.limits = limits::limits(question.rules, &report.alarms, (&channel.name, &channel.unit));
    }
    Ok(report)
}
