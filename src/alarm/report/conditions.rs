//! Every rule over every scope: its condition, and what keeps people from being notified of it.

use crate::alarm::event::{AlarmId, AlarmKey, Shelving};
use crate::alarm::machine::Machine;
use crate::alarm::state::{Condition, ConditionState, MachineState, Maintenance, Silence};
use crate::base::escape::Line;
use crate::verdict::{Place, Priority};
use std::collections::BTreeMap;
use std::fmt;

/// One rule over one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionRecord {
    /// The rule, and the station or scope.
    pub key: AlarmKey,
    /// Its condition, as of the newest record of it.
    pub condition: Condition,
    /// The open alarm, if there is one.
    pub alarm: Option<AlarmId>,
    /// Priority and place of the rule in force; `None` where no rule in force covers the scope.
    pub rule: Option<(Priority, Place)>,
    /// What keeps people from being notified, if anything does.
    pub silence: Option<Silence>,
    /// The maintenance windows under way for it.
    pub maintenance: Vec<Maintenance>,
}

impl ConditionRecord {
    /// Every rule and scope of the machine, in order: those of the rules in force, and those that are silent though no rule in force covers
    /// them.
    #[must_use]
    pub fn all(machine: &Machine) -> Vec<Self> {
        let mut records = BTreeMap::new();
        for (spec, state) in machine.conditions() {
            let rule = Some((spec.priority, spec.place.clone()));
            records.insert(AlarmKey::new(spec.rule.as_str(), spec.scope_key.as_str()), (state.clone(), rule));
        }
        Self::with_silences(records, machine)
    }

    /// The same where the rules in force are not known: those that were under way, have an open alarm, or are silent.
    pub(crate) fn remembered(machine: &Machine, state: &MachineState<'_>) -> Vec<Self> {
        let mut records = BTreeMap::new();
        for (rule, scope_key, state) in &state.conditions {
            let key = AlarmKey::new(rule.as_ref(), scope_key.as_ref());
            records.insert(key, (ConditionState::clone(state), None));
        }
        Self::with_silences(records, machine)
    }

    fn with_silences(
        mut records: BTreeMap<AlarmKey, (ConditionState, Option<(Priority, Place)>)>,
        machine: &Machine,
    ) -> Vec<Self> {
        for (key, _) in machine.silences() {
            records.entry(key).or_default();
        }
        for (_, alarm) in machine.alarms() {
            records.entry(alarm.key()).or_default();
        }
        let open: BTreeMap<AlarmKey, AlarmId> = machine.alarms().map(|(id, alarm)| (alarm.key(), id)).collect();
        let record = |(key, (state, rule)): (AlarmKey, (ConditionState, Option<(Priority, Place)>))| {
            let silence = machine.silence(&key.rule, &key.scope_key).cloned();
            let alarm = open.get(&key).copied();
            let maintenance = machine.maintenance_of(&key.rule, &key.scope_key).cloned().collect();
            Self { condition: state.condition(), alarm, rule, silence, maintenance, key }
        };
        records.into_iter().map(record).collect()
    }
}

/// What keeps people from being notified, each with until when, by whom and why.
impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(shelved) = &self.shelved {
            let until = match shelved.shelving {
                Shelving::Until(until) => until.to_string(),
                Shelving::UntilNormal => "normal".to_owned(),
            };
            parts.push(format!("shelved until {until}{}", said(&shelved.standing.by, &shelved.standing.comment)));
        }
        if let Some(standing) = &self.out_of_service {
            parts.push(format!("out of service since {}{}", standing.at, said(&standing.by, &standing.comment)));
        }
        parts.extend(self.suppressed.as_ref().map(|by| format!("suppressed by {}", Line(by))));
        f.write_str(&parts.join("; "))
    }
}

fn said(by: &str, comment: &str) -> String {
    let comment = if comment.is_empty() { String::new() } else { format!(": {}", Line(comment)) };
    format!(" by {}{comment}", Line(by))
}

impl fmt::Display for ConditionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.condition.name())?;
        if let Some(alarm) = self.alarm {
            write!(f, " ({alarm})")?;
        }
        if self.rule.is_none() {
            f.write_str(", no rule in force")?;
        }
        if let Some(silence) = &self.silence {
            write!(f, ", {silence}")?;
        }
        self.maintenance.iter().try_for_each(|one| write!(f, ", {one}"))
    }
}
