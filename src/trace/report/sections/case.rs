//! What people recorded: suspects, findings, rectifications, outcome.

use super::source::factor_cell;
use crate::trace::incident::{Incident, Noted, Outcome};
use crate::trace::report::input::Report;
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, Paragraphs, moment, percent};
use std::fmt::Write;

/// Writes the course of the case.
pub(in crate::trace::report) fn case(report: &Report, out: &mut String) {
    let incident = &report.incident;
    if incident.suspects.is_empty()
        && incident.findings.is_empty()
        && incident.rectifications.is_empty()
        && incident.outcome.is_none()
    {
        out.push_str("<p>No suspect, finding, rectification or outcome has been recorded.</p>\n");
        return;
    }
    suspects(report, incident, out);
    findings(report, incident, out);
    rectifications(report, incident, out);
    if let Some(outcome) = &incident.outcome {
        write_outcome(report, outcome, out);
    }
}

/// Author, time and comment of a record.
fn said<T>(report: &Report, noted: &Noted<T>) -> String {
    let comment = if noted.comment.is_empty() { String::new() } else { format!(": {}", Paragraphs(&noted.comment)) };
    format!("{}, {}{comment}", Escaped(&noted.by), moment(&report.zone, noted.at))
}

fn suspects(report: &Report, incident: &Incident, out: &mut String) {
    let mut table = Table::new("Suspects as recorded in the ledger", ["Site", "Probability", "Factors", "Recorded by"]);
    for noted in &incident.suspects {
        let share = noted.what.probability.map_or_else(|| "–".to_owned(), percent);
        let factors = noted.what.factors.iter();
        let factors =
            factors.map(|factor| format!("{} {}", Escaped(&factor.name), factor_cell(factor.value, &factor.text)));
        let factors = factors.collect::<Vec<_>>().join("; ");
        let factors = if factors.is_empty() { "–".to_owned() } else { factors };
        table.row([Escaped(&noted.what.site).to_string(), share, factors, said(report, noted)]);
    }
    if !table.is_empty() {
        table.finish(out);
    }
}

fn findings(report: &Report, incident: &Incident, out: &mut String) {
    let mut table = Table::new("Findings", ["Finding", "Site", "Found", "Recorded by"]);
    for noted in &incident.findings {
        let finding = &noted.what;
        let finder = finding.found_by.as_ref().unwrap_or(&noted.by);
        let at = moment(&report.zone, finding.found_at.unwrap_or(noted.at));
        table.row([
            Paragraphs(&finding.text).to_string(),
            finding.site.as_ref().map_or_else(|| "–".to_owned(), |site| Escaped(site).to_string()),
            format!("by {}, {at}", Escaped(finder)),
            said(report, noted),
        ]);
    }
    if !table.is_empty() {
        table.finish(out);
    }
}

fn rectifications(report: &Report, incident: &Incident, out: &mut String) {
    let mut table = Table::new("Rectifications", ["Work", "Site", "Done", "Recorded by"]);
    for noted in &incident.rectifications {
        let work = &noted.what;
        table.row([
            Paragraphs(&work.text).to_string(),
            work.site.as_ref().map_or_else(|| "–".to_owned(), |site| Escaped(site).to_string()),
            format!("by {} on {}", Escaped(&work.rectified_by), Escaped(&work.rectified_on)),
            said(report, noted),
        ]);
    }
    if !table.is_empty() {
        table.finish(out);
    }
}

fn write_outcome(report: &Report, outcome: &Noted<Outcome>, out: &mut String) {
    let words = match &outcome.what {
        Outcome::Violation { kind, site, penalty, rectified_on } => {
            let site = site.as_ref().map_or_else(String::new, |site| format!(" at {}", Escaped(site)));
            let penalty =
                penalty.as_ref().map_or_else(String::new, |penalty| format!("; penalty {}", Escaped(penalty)));
            let on = rectified_on.as_ref().map_or_else(String::new, |on| format!("; rectified on {}", Escaped(on)));
            format!("violation{site}: {}{penalty}{on}", Escaped(kind))
        }
        Outcome::NoViolation => "no violation".to_owned(),
        Outcome::SourceNotFound => "source not found".to_owned(),
    };
    let _ = writeln!(out, "<p><strong>Outcome</strong>: {words}. Recorded by {}.</p>", said(report, outcome));
}
