//! The limits of a channel: thresholds of the rules in force, and its detection limit.

use std::sync::Arc;
use vocdb::rules::expr::{Condition, Series, WindowTerm};
use vocdb::rules::{Rule, RuleFile, trace};
use vocdb::{Channel, Registry, StationId};

/// A limit in the unit of its channel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// What it is.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: f64,
}

/// The limits of a station's channel. Of rules, those that compare a windowed term of the channel with a number in its unit.
pub(crate) fn limits_of(
    files: &[RuleFile],
    registry: &Registry,
    (station, channel): (StationId, &Channel),
) -> Vec<Limit> {
    let (rules, _) = trace(files);
    let covers = |rule: &&Rule| registry.stations_matching(&rule.scope).any(|(id, _)| id == station);
    let mut limits = Vec::new();
    for rule in rules.iter().filter(covers) {
        let mut values = Vec::new();
        collect(&rule.when, channel, &mut values);
        limits.extend(values.into_iter().map(|value| Limit { name: rule.name.clone(), value }));
    }
    limits.extend(channel.detection_limit().map(|value| Limit { name: "detection limit".to_owned(), value }));
    limits
}

fn collect(condition: &Arc<Condition>, channel: &Channel, values: &mut Vec<f64>) {
    match &**condition {
        Condition::Compare {
            left: Series::Window(term),
            right: Series::Number { value, unit, is_per_hour: false, .. },
            ..
        } if is_of(term, channel) && *unit == Some(channel.unit()) => {
            values.push(*value);
        }
        Condition::And(one, other) | Condition::Or(one, other) => {
            collect(one, channel, values);
            collect(other, channel, values);
        }
        _ => {}
    }
}

fn is_of(term: &WindowTerm, channel: &Channel) -> bool {
    term.station.is_none() && term.channel == channel.name()
}
