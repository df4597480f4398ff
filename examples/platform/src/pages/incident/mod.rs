//! One incident: its clock, the place of its source, suspects, findings, outcome, and its report.

mod alarms;
mod place;

pub(crate) use place::file as map_file;

use super::incidents::{deadline, state};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::headers::REPORT_POLICY;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Form, Tab, moment, page};
use crate::visit::{Act, Fields, Number, Visitor};
use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::trace::Candidates;
use vocdb::trace::TimelineEntry;
use vocdb::trace::incident::{Finding, Incident, IncidentId, Outcome, Step, Suspect, history};
use vocdb::trace::report::ReportOrigin;
use vocdb::{AlarmId, ReportQuestion, ReportSources, gather_report, report_span};

const DAY_MS: i64 = 86_400_000;
/// Outcomes that a form offers, by the names of the ledger.
const OUTCOMES: [&str; 3] = ["no-violation", "source-not-found", "violation"];

/// `GET /incidents/{number}`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let find = move |platform: &Platform| {
        let incident = find(platform, number)?;
        let timeline = history(&incident, &platform.history()?.events);
        let place = place::gather(platform, &incident)?;
        let offered = alarms::offered(platform, &incident)?;
        Ok((incident, timeline, place, offered))
    };
    let (incident, timeline, place, offered) = platform.compute(find).await?;
    let language = visitor.language;
    let content = html! {
        div data-live="alarms" {
            p { (state(language, &incident)) }
            (facts(&platform, language, &incident))
            (place.section(&platform, language, &incident))
            (records(language, &incident))
            (steps(&platform, language, &timeline))
        }
        (forms(&visitor, &incident, &offered))
    };
    let values = [("number", number.into()), ("title", incident.opened.title.as_str().into())];
    let title = language.fill("incident-title", &values);
    Ok(page(&platform, &visitor, (Tab::Incidents, &title), &content))
}

fn find(platform: &Platform, number: u64) -> Result<Incident, Failure> {
    platform.db.incident(IncidentId(number)).map_err(|_| Failure::NotFound)
}

/// `GET /incidents/{number}/report`: the page that the library writes.
pub(crate) async fn report(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    let by = visitor.must(Right::See)?.name.clone();
    let gather = move |platform: &Platform| report_page(platform, number, &by);
    Ok(([(CONTENT_SECURITY_POLICY, REPORT_POLICY)], Html(platform.compute(gather).await?)).into_response())
}

/// The report of an incident as a page, for a reader.
pub(crate) fn report_page(platform: &Platform, number: u64, by: &str) -> Result<String, Failure> {
    let (registry, readings, history) = (platform.db.registry(), platform.db.readings(), platform.history()?);
    let sources = ReportSources { registry: &registry, readings: &readings, events: &history.events };
    let origin = ReportOrigin {
        by: by.to_owned(),
        at: platform.now(),
        program: concat!("vocdb-platform ", env!("CARGO_PKG_VERSION")).to_owned(),
        store: platform.store.display().to_string(),
        ledger: None,
    };
    let incident = find(platform, number)?;
    let files = platform.db.rule_set().map(|set| set.files).unwrap_or_default();
    let question = ReportQuestion { rules: &files, ..ReportQuestion::default() };
    let reports = platform.db.odour_reports(report_span(sources, &incident, &question))?;
    let candidates = Candidates { reports, ..platform.candidates.clone() };
    let about = (origin, platform.zone.clone());
    let report = gather_report(sources, about, &incident, &question, &candidates);
    Ok(report.map_err(|error| Failure::Invalid(Text::english(error)))?.html())
}

/// `POST /incidents/{number}/step`
pub(crate) async fn step(
    State(platform): State<Arc<Platform>>,
    Number(number): Number,
    act: Act,
) -> Result<Redirect, Failure> {
    let (right, step) = step_of(&act.fields)?;
    let by = act.visitor.must(right)?.name.clone();
    let comment = act.fields.text("comment")?.to_owned();
    platform.act(move |db| db.step_incident(IncidentId(number), step, &by, &comment)).await?;
    Ok(Redirect::to(&format!("/incidents/{number}")))
}

fn step_of(fields: &Fields) -> Result<(Right, Step), Failure> {
    let site = fields.line("site")?;
    let site = (!site.is_empty()).then(|| site.to_owned());
    Ok(match fields.line("step")? {
        "comment" => (Right::Comment, Step::Commented),
        "suspect" => {
            let suspect = Suspect { site: fields.required("site")?.to_owned(), probability: None, factors: Vec::new() };
            (Right::Investigate, Step::Suspected(suspect))
        }
        "find" => {
            let text = fields.text("text")?.to_owned();
            (Right::Investigate, Step::Found(Finding { text, site, found_by: None, found_at: None }))
        }
        "add" => (Right::Direct, alarms::step(fields)?),
        "close" => (Right::Direct, Step::Closed(outcome_of(fields, site)?)),
        "reopen" => (Right::Direct, Step::Reopened { allowed_ms: DAY_MS }),
        _ => return Err(Failure::Invalid(Text::new("incident-no-step"))),
    })
}

fn outcome_of(fields: &Fields, site: Option<String>) -> Result<Outcome, Failure> {
    Ok(match fields.line("outcome")? {
        "violation" => {
            Outcome::Violation { kind: fields.required("kind")?.to_owned(), site, penalty: None, rectified_on: None }
        }
        "no-violation" => Outcome::NoViolation,
        "source-not-found" => Outcome::SourceNotFound,
        _ => return Err(Failure::Invalid(Text::new("incident-no-outcome"))),
    })
}

fn facts(platform: &Platform, language: Language, incident: &Incident) -> Markup {
    let opened = &incident.opened;
    let time = moment(&platform.zone, opened.at).into();
    let opening = [("time", time), ("person", (&opened.by).into()), ("reason", (&opened.reason).into())];
    html! {
        dl.card {
            dt { (language.say("label-deadline")) } dd { (deadline(platform, language, incident)) }
            dt { (language.say("incident-opening")) } dd { (language.fill("incident-opened", &opening)) }
            dt { (language.say("incident-begins")) } dd { (moment(&platform.zone, opened.from)) }
            dt { (language.say("tab-stations")) } dd translate="no" { (opened.stations.join(", ")) }
            dt { (language.say("tab-alarms")) } dd {
                @if incident.alarms.is_empty() { (language.say("none")) }
                @for alarm in &incident.alarms { a href=(format!("/alarms/{}", alarm.0)) translate="no" { (alarm) } " " }
            }
            dt { (language.say("incident-report")) }
            dd { a href=(format!("/incidents/{}/report", incident.id().0)) { (language.say("incident-report-link")) } }
        }
    }
}

fn records(language: Language, incident: &Incident) -> Markup {
    html! {
        h2 { (language.say("incident-suspects")) }
        @if incident.suspects.is_empty() { p { (language.say("incident-no-suspects")) } } @else {
            ul { @for noted in &incident.suspects {
                li translate="no" {
                    b { (noted.what.site) }
                    @if let Some(probability) = noted.what.probability { ", " (format!("{:.0}", 100.0 * probability)) " %" }
                    span.soft { ", " (noted.by) } " " (noted.comment)
                }
            } }
        }
        h2 { (language.say("incident-findings")) }
        @if incident.findings.is_empty() { p { (language.say("incident-no-findings")) } } @else {
            ul { @for noted in &incident.findings {
                li.text translate="no" {
                    (noted.what.text)
                    @if let Some(site) = &noted.what.site { " (" (site) ")" }
                    span.soft { ", " (noted.by) } " " (noted.comment)
                }
            } }
        }
        h2 { (language.say("label-outcome")) }
        @match &incident.outcome {
            Some(noted) => p {
                b { (language.word("outcome", noted.what.name())) }
                span translate="no" {
                    @if let Outcome::Violation { kind, .. } = &noted.what { ": " (kind) }
                    span.soft { ", " (noted.by) } " " (noted.comment)
                }
            },
            None => p { (language.say("incident-is-open")) },
        }
    }
}

fn steps(platform: &Platform, language: Language, timeline: &[TimelineEntry]) -> Markup {
    html! {
        h2 { (language.say("history-title")) }
        ol.timeline {
            @for entry in timeline { li { time { (moment(&platform.zone, entry.at)) } span lang="en" { (entry.what) } } }
        }
    }
}

fn forms(visitor: &Visitor, incident: &Incident, offered: &[(AlarmId, String)]) -> Markup {
    let language = visitor.language;
    let action = format!("/incidents/{}/step", incident.id().0);
    let site = || html! { label { (language.say("label-site")) input name="site" maxlength="200"; } };
    let comment =
        || html! { label { (language.say("label-comment")) textarea name="comment" rows="2" maxlength="4000" {} } };
    let outcome = || {
        html! {
            label { (language.say("label-outcome")) select name="outcome" {
                @for outcome in OUTCOMES { option value=(outcome) { (language.word("outcome", outcome)) } }
            } }
            label { (language.say("outcome-kind")) input name="kind" maxlength="200"; }
        }
    };
    let form = |step: &str, key: &str, fields: Markup| {
        let button = &language.say(key);
        let fields = html! { input type="hidden" name="step" value=(step); (fields) };
        html! { section.card { h2 { (button) } (Form { action: &action, button, fields }.of(visitor)) } }
    };
    html! {
        h2 { (language.say("acts-title")) }
        div.grid {
            @if incident.is_open() && visitor.may(Right::Investigate) {
                (form("suspect", "act-suspect", html! { (site()) (comment()) }))
                (form("find", "act-find", html! {
                    label { (language.say("incident-finding")) textarea name="text" rows="3" maxlength="4000" required {} } (site()) (comment())
                }))
            }
            @if visitor.may(Right::Comment) { (form("comment", "label-comment", comment())) }
            @if visitor.may(Right::Direct) {
                @if !offered.is_empty() {
                    (form("add", "act-add-alarm", html! { (alarms::field(language, offered)) (comment()) }))
                }
                @if incident.is_open() { (form("close", "act-close", html! { (outcome()) (site()) (comment()) })) } @else {
                    (form("reopen", "act-reopen", comment()))
                }
            }
        }
    }
}
