//! Which instrument and channel of a station a rule means.

mod needs;

use crate::model::{Channel, Instrument, InstrumentId};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Series};
use crate::rules::nearest::nearest;
use crate::rules::plan::Site;
use crate::verdict::Place;
pub(super) use needs::lack;
use std::collections::BTreeSet;

/// Channel names that a message lists.
const LISTED_MAX: usize = 12;

/// A channel of a station.
pub(super) struct Found<'a> {
    /// Its instrument's number.
    pub(super) id: InstrumentId,
    /// Its instrument.
    pub(super) instrument: &'a Instrument,
    /// Its place in the instrument's frames.
    pub(super) index: usize,
    /// The channel.
    pub(super) channel: &'a Channel,
}

/// The channel `name` of a station, or `instrument/channel` where two instruments have it.
pub(super) fn find<'a>(site: &'a Site, name: &str, place: &Place) -> Result<Found<'a>, Diagnostic> {
    let mut found: Vec<Found<'a>> = all(site).filter(|found| found.channel.name() == name).collect();
    if found.is_empty() {
        found = all(site).filter(|found| full_name(found) == name).collect();
    }
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|found| format!("\"{}\"", full_name(found))).collect();
        let message = format!("station `{}` has several channels `{name}`", site.name);
        return Err(mistake(place, message, format!("write {}", names.join(" or "))));
    }
    found.pop().ok_or_else(|| unknown(site, name, place))
}

fn all(site: &Site) -> impl Iterator<Item = Found<'_>> {
    site.instruments.iter().flat_map(|(id, instrument)| {
        let channels = instrument.channels().iter().enumerate();
        channels.map(move |(index, channel)| Found { id: *id, instrument, index, channel })
    })
}

fn full_name(found: &Found<'_>) -> String {
    format!("{}/{}", found.instrument.name(), found.channel.name())
}

fn unknown(site: &Site, name: &str, place: &Place) -> Diagnostic {
    let mut seen = BTreeSet::new();
    let names: Vec<&str> = all(site).map(|found| found.channel.name()).filter(|name| seen.insert(*name)).collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(close) => format!("did you mean \"{close}\"?"),
        None if names.is_empty() => "register its instruments first".to_owned(),
        None => {
            let listed: Vec<&str> = names.iter().copied().take(LISTED_MAX).collect();
            let rest = if names.len() > LISTED_MAX { ", .." } else { "" };
            format!("it has {}{rest}", listed.join(", "))
        }
    };
    mistake(place, format!("station `{}` has no channel `{name}`", site.name), help)
}

/// Shows every channel that a condition reads at the station for which it is evaluated, with its place.
pub(super) fn walk(condition: &Condition, note: &mut impl FnMut(&str, &Place)) {
    match condition {
        Condition::Compare { left, right, .. } => {
            walk_series(left, note);
            walk_series(right, note);
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            walk(left, note);
            walk(right, note);
        }
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => walk(inner, note),
        Condition::Stuck { channel, place, .. } | Condition::RunState { channel, place, .. } => note(channel, place),
        Condition::Script { terms, .. } => terms.iter().for_each(|(_, series)| walk_series(series, note)),
        Condition::Flag { .. } | Condition::Silent { .. } | Condition::WithinHours { .. } | Condition::Broken => {}
    }
}

fn walk_series(series: &Series, note: &mut impl FnMut(&str, &Place)) {
    match series {
        Series::Window(term) if term.station.is_none() => note(&term.channel, &term.place),
        Series::Spread { inner, .. } | Series::Mean { inner, .. } => walk_series(inner, note),
        Series::Binary { left, right, .. } => {
            walk_series(left, note);
            walk_series(right, note);
        }
        Series::Window(_) | Series::Param(_) | Series::Number { .. } => {}
    }
}

/// A mistake at a place.
pub(super) fn mistake(place: &Place, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic { place: place.clone(), message: message.into(), help: help.into(), is_warning: false }
}
