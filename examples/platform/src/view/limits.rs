//! The limits of a channel: thresholds of the rules in force, and its detection limit.

use crate::texts::Language;
use std::borrow::Cow;
use std::sync::Arc;
use vocdb::rules::expr::{Condition, Series, WindowTerm};
use vocdb::rules::{Rule, RuleFile, trace};
use vocdb::{Channel, Registry, StationId};

/// Name of the detection limit.
const DETECTION: &str = "detection limit";

/// A limit in the unit of its channel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// What it is.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: f64,
}

impl Limit {
    /// What it is, for a reader.
    pub(crate) fn words(&self, language: Language) -> Cow<'_, str> {
        if self.name == DETECTION { language.say("limit-detection") } else { Cow::Borrowed(&self.name) }
    }
}

/// The rules in force, as their limits are found.
#[derive(Debug)]
pub(crate) struct RuleLimits {
    hash: String,
    rules: Vec<Rule>,
}

impl RuleLimits {
    /// The limits of a rule set.
    pub(crate) fn new(hash: &str, files: &[RuleFile]) -> Self {
        Self { hash: hash.to_owned(), rules: trace(files).0 }
    }

    /// Whether these are the limits of the rule set with a hash.
    pub(crate) fn is_of(&self, hash: &str) -> bool {
        self.hash == hash
    }

    /// The limits of a station's channel. Of rules, those that compare a windowed term of the channel with a number in its unit.
    pub(crate) fn of(&self, registry: &Registry, (station, channel): (StationId, &Channel)) -> Vec<Limit> {
        let mut limits = self.of_rules(registry, (station, channel));
        limits.extend(channel.detection_limit().map(|value| Limit { name: DETECTION.to_owned(), value }));
        limits
    }

    /// The limits of rules alone, the least first.
    pub(crate) fn of_rules(&self, registry: &Registry, (station, channel): (StationId, &Channel)) -> Vec<Limit> {
        let covers = |rule: &&Rule| registry.stations_matching(&rule.scope).any(|(id, _)| id == station);
        let mut limits = Vec::new();
        for rule in &self.rules {
            let mut values = Vec::new();
            collect(&rule.when, channel, &mut values);
            if !values.is_empty() && covers(&rule) {
                limits.extend(values.into_iter().map(|value| Limit { name: rule.name.clone(), value }));
            }
        }
        limits.sort_by(|one, other| one.value.total_cmp(&other.value));
        limits
    }
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
