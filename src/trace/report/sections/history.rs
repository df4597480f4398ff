//! Alarms, who was notified, and everything that happened to the case.

use crate::trace::report::input::{NotificationRow, Report};
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, moment, sentence};
use std::fmt::Write;

/// Entries of the timeline that the page shows, and the bytes after which none is added.
const ENTRIES_MAX: usize = 500;
const BYTES_MAX: usize = 100_000;
/// Attempts of one notification that the page shows.
const ATTEMPTS_MAX: usize = 10;

/// Writes the alarms of the case.
pub(in crate::trace::report) fn alarms(report: &Report, out: &mut String) {
    let headers = ["Alarm", "Title", "Priority", "Stations", "Condition since", "Opened", "Closed"];
    let mut table = Table::new("Alarms of the case", headers);
    for alarm in &report.alarms {
        table.row([
            format!("#{}", alarm.alarm),
            format!("{} <small>rule {}</small>", Escaped(sentence(&report.zone, &alarm.title)), Escaped(&alarm.rule)),
            Escaped(&alarm.priority).to_string(),
            Escaped(alarm.stations.join(", ")).to_string(),
            moment(&report.zone, alarm.since),
            moment(&report.zone, alarm.opened_at),
            alarm.closed_at.map_or_else(|| "open".to_owned(), |at| moment(&report.zone, at)),
        ]);
    }
    if table.is_empty() {
        out.push_str("<p>The case has no alarms: it was opened by a person.</p>\n");
    } else {
        table.finish(out);
        out.push_str(
            "<p class=\"note\">A value in a title is the one that opened the alarm, such as a mean. The greatest value of each station is \
             in its chart.</p>\n",
        );
    }
}

/// Writes who was notified, and how that went.
pub(in crate::trace::report) fn notifications(report: &Report, out: &mut String) {
    let headers = ["Recipient", "Notification channel", "Alarm", "Subject", "Written", "Outcome"];
    let mut table = Table::new("Notifications and the outcome of their delivery", headers);
    for row in &report.notifications {
        table.row([
            Escaped(&row.contact).to_string(),
            Escaped(&row.route).to_string(),
            format!("#{}", row.alarm),
            Escaped(&row.subject).to_string(),
            moment(&report.zone, row.written_at),
            outcome(report, row),
        ]);
    }
    if table.is_empty() {
        out.push_str("<p>Nobody was notified about this case.</p>\n");
    } else {
        table.finish(out);
    }
}

fn outcome(report: &Report, row: &NotificationRow) -> String {
    if row.attempts.is_empty() {
        return "<strong>not sent yet</strong>".to_owned();
    }
    let more = row.attempts.len().saturating_sub(ATTEMPTS_MAX);
    let attempts = row.attempts.iter().skip(more);
    let attempts =
        attempts.map(|(at, how)| format!("{}, {}", Escaped(sentence(&report.zone, how)), moment(&report.zone, *at)));
    let attempts = attempts.collect::<Vec<_>>().join("<br/>");
    if more > 0 { format!("{more} earlier attempts<br/>{attempts}") } else { attempts }
}

/// Writes the timeline.
pub(in crate::trace::report) fn history(report: &Report, out: &mut String) {
    if report.timeline.is_empty() {
        out.push_str("<p>The timeline is empty.</p>\n");
        return;
    }
    out.push_str("<ol class=\"timeline\">\n");
    let begin = out.len();
    let mut shown = 0;
    for entry in report.timeline.iter().take(ENTRIES_MAX) {
        if out.len() - begin > BYTES_MAX {
            break;
        }
        shown += 1;
        let (at, what) = (moment(&report.zone, entry.at), sentence(&report.zone, &entry.what));
        let _ = writeln!(out, "<li><time>{at}</time> <span>{}</span></li>", Escaped(what));
    }
    out.push_str("</ol>\n");
    let more = report.timeline.len().saturating_sub(shown);
    if more > 0 {
        let number = report.incident.opened.incident.0;
        let _ = writeln!(
            out,
            "<p class=\"note\">The list ends after {shown} entries. {more} more are shown by <code>vocdb incident show STORE {number}</code>.</p>"
        );
    }
}
