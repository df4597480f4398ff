//! Maintenance that is under way, as pages of stations and alarms show it.

use super::moment;
use crate::accounts::Right;
use crate::platform::Platform;
use crate::visit::Visitor;
use maud::{Markup, html};
use vocdb::alarm::Maintenance;

/// The maintenance under way at a station.
pub(crate) fn of_station(platform: &Platform, station: &str) -> Vec<Maintenance> {
    let mut windows = platform.db.maintenance();
    windows.retain(|one| {
        let window = &one.planned.window;
        one.is_on && window.covers(window.rule.as_deref().unwrap_or_default(), station)
    });
    windows
}

/// A sentence for each maintenance window: of its author and reason only those learn who may see alarms.
pub(crate) fn maintained(platform: &Platform, visitor: &Visitor, windows: &[Maintenance]) -> Markup {
    html! {
        @for one in windows {
            p.notice {
                span.mark.silent { "maintenance" } " Nobody is notified"
                @if let Some(rule) = &one.planned.window.rule { " of the rule " (rule) }
                @if let Some(end) = one.ends_at() { " until " (moment(&platform.zone, end)) }
                "."
                @if visitor.may(Right::See) {
                    " " a href="/maintenance" { "Maintenance " (one.planned.number) } ", by " (one.planned.by) ": " (one.planned.reason)
                }
            }
        }
    }
}
