//! Maintenance that is under way, as pages of stations and alarms show it.

use super::moment;
use crate::accounts::Right;
use crate::platform::Platform;
use crate::texts::Language;
use crate::visit::Visitor;
use maud::{Markup, html};
use std::borrow::Cow;
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
    let language = visitor.language;
    html! {
        @for one in windows {
            p.notice {
                span.mark.silent { (language.word("alarm-state", "maintenance")) } " "
                (silence(platform, language, one))
                @if visitor.may(Right::See) {
                    @let number = language.fill("maintained-number", &[("number", one.planned.number.into())]);
                    " " a href="/maintenance" { (number) } " "
                    (language.fill("maintained-by", &[("person", (&one.planned.by).into()), ("reason", (&one.planned.reason).into())]))
                }
            }
        }
    }
}

/// Which notifications are not sent, and until when.
fn silence(platform: &Platform, language: Language, one: &Maintenance) -> Cow<'static, str> {
    let rule = one.planned.window.rule.as_ref().map(|rule| ("rule", rule.into()));
    let end = one.ends_at().map(|end| ("time", moment(&platform.zone, end).into()));
    let text = match (rule, end) {
        (Some(rule), Some(end)) => language.fill("maintained-rule-until", &[rule, end]),
        (Some(rule), None) => language.fill("maintained-rule", &[rule]),
        (None, Some(end)) => language.fill("maintained-all-until", &[end]),
        (None, None) => return language.say("maintained-all"),
    };
    text.into()
}
