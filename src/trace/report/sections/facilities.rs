//! Treatment units: run states and outages.

use crate::trace::facility::Outage;
use crate::trace::report::figures;
use crate::trace::report::input::Report;
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, duration, moment};

/// Writes a figure and a table for each duty unit.
pub(in crate::trace::report) fn facilities(report: &Report, out: &mut String) {
    if report.facilities.is_empty() {
        out.push_str("<p>No treatment unit was named for this report.</p>\n");
    }
    for units in &report.facilities {
        figures::facility(report, units, out);
        let headers = [
            "Stopped",
            "Reported states",
            "Standby started",
            "Resumed",
            "Gap",
            "Without reports",
            "Gap within the incident",
        ];
        let mut table = Table::new(format!("Outages of {}", Escaped(&units.duty.name)), headers);
        for outage in &units.outages {
            table.row(row(report, outage));
        }
        if table.is_empty() {
            out.push_str("<p>The duty unit reported that it ran all the time.</p>\n");
        } else {
            table.finish(out);
        }
    }
    if !report.facilities.is_empty() {
        out.push_str("<p class=\"note\">A gap that overlaps an alarm is a coincidence in time. It is evidence, not proof of a cause.</p>\n");
    }
}

fn row(report: &Report, outage: &Outage) -> [String; 7] {
    let zone = &report.zone;
    let standby = match outage.standby_started {
        Some(started) if Some(started) == outage.stopped => "was running".to_owned(),
        Some(started) => moment(zone, started),
        None => "did not start".to_owned(),
    };
    let states: Vec<&str> = outage.states.iter().map(|state| state.name()).collect();
    [
        outage.stopped.map_or_else(
            || format!("no reports from {}", moment(zone, outage.range.from)),
            |stopped| moment(zone, stopped),
        ),
        if states.is_empty() { "–".to_owned() } else { states.join(", ") },
        standby,
        outage.resumed.map_or_else(|| "not by the end".to_owned(), |resumed| moment(zone, resumed)),
        duration(outage.gap_ms),
        duration(outage.unknown_ms),
        outage.overlap_ms.map_or_else(|| "–".to_owned(), duration),
    ]
}
