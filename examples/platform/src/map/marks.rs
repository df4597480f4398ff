//! The marks of stations: a shape and a colour for each state, so that colour is never the only sign of a state.

use crate::texts::Language;
use crate::view::{Entry, StationState};
use maud::{Markup, html};

/// The class of a state.
const fn class(state: StationState) -> &'static str {
    match state {
        StationState::Normal => "normal",
        StationState::Silent => "silent",
        StationState::Acknowledged => "acknowledged",
        StationState::Alarm => "alarm",
        StationState::Urgent => "urgent",
    }
}

/// The mark of a state around the origin.
pub(super) fn mark(state: StationState) -> Markup {
    html! {
        g class=(class(state)) {
            @match state {
                StationState::Normal => circle.spot r="8" {},
                StationState::Silent => { rect.spot x="-7.5" y="-7.5" width="15" height="15" {} path.spot d="M-7.5-7.5 7.5 7.5M-7.5 7.5 7.5-7.5" {} }
                StationState::Acknowledged => path.spot d="M0-11 11 0 0 11-11 0z" {},
                StationState::Alarm => path.spot d="M0-11 10.5 8-10.5 8z" {},
                StationState::Urgent => {
                    path.spot d="M-5-12H5L12-5V5L5 12H-5L-12 5V-5z" {}
                    text.sign text-anchor="middle" dy="0.36em" { "!" }
                }
            }
        }
    }
}

/// The mark of a site around the origin.
pub(super) fn site_mark(is_suspect: bool) -> Markup {
    html! { rect class=(site_class("site-mark", is_suspect)) x="-5" y="-5" width="10" height="10" {} }
}

/// The class of a part of a site.
pub(super) const fn site_class(part: &'static str, is_suspect: bool) -> &'static str {
    match (part.as_bytes(), is_suspect) {
        (b"site", true) => "site suspect",
        (b"site-mark", true) => "site-mark suspect",
        (b"site-name", true) => "site-name halo suspect",
        (b"site-name", false) => "site-name halo",
        _ => part,
    }
}

/// The most probable place of a source, around the origin.
pub(super) fn mode_mark() -> Markup {
    html! { path.mode d="M-11 0H11M0-11V11" {} circle.mode r="7" {} }
}

/// The legend of the states that a map shows, in their order.
pub(super) fn legend(language: Language, states: impl Iterator<Item = StationState>) -> Vec<Entry> {
    let mut states: Vec<StationState> = states.collect();
    states.sort_unstable();
    states.dedup();
    states.into_iter().map(|state| Entry::new(mark(state), language.say(state.key()))).collect()
}
