//! What, when, where, and the verdict in one sentence.

use crate::trace::incident::Outcome;
use crate::trace::locate::Verdict;
use crate::trace::report::input::Report;
use crate::trace::report::text::{Escaped, duration, moment, number, percent, sentence};
use std::fmt::Write;

/// Names of stations that the summary lists.
const STATIONS_MAX: usize = 40;

/// The title of the page, escaped.
pub(in crate::trace::report) fn title(report: &Report) -> String {
    let opened = &report.incident.opened;
    format!("Incident {}: {}", opened.incident.0, Escaped(sentence(&report.zone, &opened.title)))
}

/// Writes the head of the page.
pub(in crate::trace::report) fn summary(report: &Report, out: &mut String) {
    let incident = &report.incident;
    let _ = write!(
        out,
        "<header>\n<p class=\"kind\">Incident report</p>\n<h1>{}</h1>\n<p class=\"verdict\"><strong>{}</strong></p>\n<dl class=\"facts\">\n",
        title(report),
        verdict(report)
    );
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    };
    let zone = &report.zone;
    let opened = &incident.opened;
    let end = opened.to.map_or_else(|| "no end recorded".to_owned(), |to| moment(zone, to));
    let length = opened.to.map_or_else(String::new, |to| format!(" ({})", duration(to.since_ms(opened.from))));
    fact("Time", format!("{} to {end}{length}", moment(zone, opened.from)));
    fact("Stations", stations(report));
    if let Some(channel) = &report.channel {
        fact("Channel", format!("{} in {}", Escaped(&channel.name), Escaped(&channel.unit)));
    }
    fact("State", incident.state().to_owned());
    fact("Opened", format!("{} by {}{}", moment(zone, opened.at), Escaped(&opened.by), reason(&opened.reason)));
    fact("Deadline", deadline(report));
    let origin = &report.origin;
    fact(
        "Report",
        format!("generated {} by {} with {}", moment(zone, origin.at), Escaped(&origin.by), Escaped(&origin.program)),
    );
    let ledger = origin.ledger.map_or_else(String::new, |head| {
        format!(", ledger of {} records with SHA-256 <code>{}</code>", head.records, head.sha256)
    });
    fact("Store", format!("{}{ledger}", Escaped(&origin.store)));
    out.push_str("</dl>\n");
    if !report.missing.is_empty() {
        out.push_str("<div class=\"missing\">\n<p><strong>Not in this report:</strong></p>\n<ul>\n");
        for what in &report.missing {
            let _ = writeln!(out, "<li>{}</li>", Escaped(sentence(zone, what)));
        }
        out.push_str("</ul>\n</div>\n");
    }
    out.push_str("</header>\n");
}

fn reason(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {}", Escaped(text)) }
}

fn stations(report: &Report) -> String {
    let stations = &report.incident.opened.stations;
    if stations.is_empty() {
        return "none recorded".to_owned();
    }
    let names: Vec<String> = stations.iter().take(STATIONS_MAX).map(|name| Escaped(name).to_string()).collect();
    let more = stations.len().saturating_sub(STATIONS_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn deadline(report: &Report) -> String {
    let (incident, zone) = (&report.incident, &report.zone);
    let due = moment(zone, incident.clock.due);
    match (incident.located_at, incident.is_overdue()) {
        (Some(at), _) => format!("{due}; a site was first named {}", moment(zone, at)),
        (None, true) => format!("{due}; passed without a named site"),
        (None, false) => format!("{due}; no site has been named yet"),
    }
}

/// One sentence, from the best that is known: outcome, finding, ranking, suspicion, location.
fn verdict(report: &Report) -> String {
    let incident = &report.incident;
    if let Some(outcome) = &incident.outcome {
        return outcome_sentence(&outcome.what);
    }
    let found = incident.findings.iter().rev().find_map(|noted| noted.what.site.as_ref());
    if let Some(site) = found {
        return format!("An investigation found the source at {}; the case is not closed.", Escaped(site));
    }
    let nothing = report.source.as_ref().filter(|source| source.verdict == Verdict::NotEnough);
    if let Some(first) = report.ranked.first().filter(|_| nothing.is_none()) {
        let area = report.source.as_ref().and_then(|source| source.areas_m2);
        let area = area.map_or_else(String::new, |(_, area)| format!(", within a 90 % area of {} m²", number(area)));
        let (name, share) = (Escaped(&first.name), percent(first.probability));
        let named = report.ranked.iter().map(|row| row.probability).sum::<f64>();
        if named < 0.5 {
            let named = percent(named);
            return format!(
                "The source most probably lies at none of the named sites (together {named}){area}. The most probable of them is {name} \
                 ({share})."
            );
        }
        return format!(
            "The most probable source among the named sites is {name} ({share}){area}; nobody has confirmed it."
        );
    }
    if let Some(suspect) = incident.suspects.first() {
        let share = suspect.what.probability.map_or_else(String::new, |share| format!(" ({})", percent(share)));
        return format!(
            "{} suspects {}{share}; nobody has confirmed it.",
            Escaped(&suspect.by),
            Escaped(&suspect.what.site)
        );
    }
    match &report.source {
        Some(source) if source.verdict == Verdict::Located => {
            let area = source.areas_m2.map_or_else(String::new, |(_, area)| format!(" of {} m²", number(area)));
            format!("The readings place the source in a 90 % area{area}; no site has been named.")
        }
        Some(source) if source.verdict == Verdict::DirectionOnly => {
            format!("The readings give the direction of the source and not its distance: {}.", Escaped(&source.reason))
        }
        Some(source) => format!("The readings do not show where the source is: {}.", Escaped(&source.reason)),
        None => "No source has been named, and none was computed.".to_owned(),
    }
}

fn outcome_sentence(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Violation { kind, site, penalty, .. } => {
            let site = site.as_ref().map_or_else(String::new, |site| format!(" at {}", Escaped(site)));
            let penalty = penalty
                .as_ref()
                .map_or_else(String::new, |penalty| format!(", with a penalty of {}", Escaped(penalty)));
            format!("The case is closed with a violation{site}: {}{penalty}.", Escaped(kind))
        }
        Outcome::NoViolation => "The case is closed: the source was found, and there was no violation.".to_owned(),
        Outcome::SourceNotFound => "The case is closed: the source was not found.".to_owned(),
    }
}
