//! What a rule needs of the stations: enough of them, and every channel and instrument that it reads.

use super::super::glob;
use super::super::shown::series_has_spread;
use super::find;
use crate::rules::expr::{Condition, Rule, Series, WindowTerm};
use crate::rules::plan::Site;
use crate::verdict::Place;

/// The first thing that a rule needs and that these stations do not have; `None` if the rule can run.
pub(in crate::rules::bind) fn lack(rule: &Rule, sites: &[Site]) -> Option<String> {
    let scope: Vec<&Site> = sites.iter().filter(|site| glob::fits(&rule.scope, &site.name)).collect();
    let quorum = rule.quorum.map_or(1, |quorum| usize::try_from(quorum).unwrap_or(usize::MAX).max(1));
    if scope.len() < quorum {
        let needed = if quorum == 1 { "a station".to_owned() } else { format!("{quorum} stations") };
        return Some(format!("it needs {needed} of its scope `{}`", rule.scope));
    }
    if scope.len() < 2 && rests_on_spread(&rule.when) {
        return Some(format!("its spread needs 2 stations of its scope `{}`", rule.scope));
    }
    rule.conditions().find_map(|condition| scope.iter().find_map(|site| in_condition(condition, site, sites)))
}

/// Whether a condition is unknown wherever its spreads are.
fn rests_on_spread(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { left, right, .. } => series_has_spread(left) || series_has_spread(right),
        Condition::And(left, right) => rests_on_spread(left) || rests_on_spread(right),
        Condition::Or(left, right) => rests_on_spread(left) && rests_on_spread(right),
        Condition::Not(inner) => rests_on_spread(inner),
        _ => false,
    }
}

fn in_condition(condition: &Condition, site: &Site, sites: &[Site]) -> Option<String> {
    match condition {
        Condition::Compare { left, right, .. } => {
            in_series(left, site, sites).or_else(|| in_series(right, site, sites))
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            in_condition(left, site, sites).or_else(|| in_condition(right, site, sites))
        }
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => in_condition(inner, site, sites),
        Condition::Flag { channel: Some(channel), place, .. }
        | Condition::Stuck { channel, place, .. }
        | Condition::RunState { channel, place, .. } => at_site(site, channel, place),
        Condition::Silent { instrument, .. } => without_instrument(site, instrument.as_deref()),
        Condition::Script { terms, .. } => terms.iter().find_map(|(_, series)| in_series(series, site, sites)),
        Condition::Flag { channel: None, .. } | Condition::WithinHours { .. } | Condition::Broken => None,
    }
}

fn in_series(series: &Series, site: &Site, sites: &[Site]) -> Option<String> {
    match series {
        Series::Window(WindowTerm { station: None, channel, place, .. }) => at_site(site, channel, place),
        Series::Window(WindowTerm { station: Some(name), channel, place, .. }) => {
            match sites.iter().find(|site| site.name == *name) {
                Some(site) => at_site(site, channel, place),
                None => Some(format!("it reads station `{name}`, which the test does not have")),
            }
        }
        Series::Spread { inner, .. } | Series::Mean { inner, .. } => in_series(inner, site, sites),
        Series::Binary { left, right, .. } => in_series(left, site, sites).or_else(|| in_series(right, site, sites)),
        Series::Param(_) | Series::Number { .. } => None,
    }
}

fn at_site(site: &Site, channel: &str, place: &Place) -> Option<String> {
    let has_any = |name: &str| {
        site.instruments.iter().any(|(_, one)| {
            let bare = name.strip_prefix(one.name()).and_then(|rest| rest.strip_prefix('/'));
            one.channel_index(name).is_some() || bare.is_some_and(|bare| one.channel_index(bare).is_some())
        })
    };
    let missing = find(site, channel, place).err().filter(|_| !has_any(channel))?;
    Some(format!("{} ({})", missing.message, missing.help))
}

fn without_instrument(site: &Site, wanted: Option<&str>) -> Option<String> {
    let is_there = site.instruments.iter().any(|(_, one)| wanted.is_none_or(|wanted| one.name() == wanted));
    let missing = wanted.map_or_else(|| "an instrument".to_owned(), |name| format!("instrument `{name}`"));
    (!is_there).then(|| format!("it needs {missing} at station `{}`", site.name))
}
