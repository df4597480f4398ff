//! Which alarms are taken for one incident.

use crate::alarm::event::{AlarmId, Cause, IncidentId, Joined, Opened};
use crate::model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Alarms within half an hour of one another may be of one incident.
const INCIDENT_MS: i64 = 1_800_000;

/// Alarms that are taken for one incident: one after the other within half an hour, of one rule or over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its number: that of its first alarm.
    pub id: IncidentId,
    /// Its alarms, in order of their numbers; at least one.
    pub alarms: BTreeSet<AlarmId>,
    /// Their rules.
    pub rules: BTreeSet<String>,
    /// Their stations or scopes.
    pub scopes: BTreeSet<String>,
    /// The channels that their rules look at.
    pub channels: BTreeSet<String>,
    /// Event time of the newest opening.
    pub newest: Timestamp,
}

impl Incident {
    fn of(opened: &Opened) -> Self {
        Self {
            id: IncidentId(opened.alarm.0),
            alarms: BTreeSet::from([opened.alarm]),
            rules: BTreeSet::from([opened.rule.clone()]),
            scopes: BTreeSet::from([opened.scope_key.clone()]),
            channels: opened.channels.iter().cloned().collect(),
            newest: opened.opened_at,
        }
    }

    fn cause(&self, opened: &Opened) -> Option<Cause> {
        if (opened.opened_at.as_ms()).abs_diff(self.newest.as_ms()) > INCIDENT_MS.unsigned_abs() {
            return None;
        }
        if self.rules.contains(&opened.rule) {
            return Some(Cause::SameRule);
        }
        opened.channels.iter().find(|channel| self.channels.contains(*channel)).cloned().map(Cause::SharedChannel)
    }
}

/// The incidents that a new alarm may still join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Incidents(BTreeMap<IncidentId, Incident>);

impl Incidents {
    /// Takes note of an alarm, which for now is an incident of its own; forgets what is too old to be joined.
    pub(crate) fn note(&mut self, opened: &Opened) {
        let at = opened.opened_at;
        self.0.retain(|_, incident| at.since_ms(incident.newest) <= 2 * INCIDENT_MS);
        self.0.insert(IncidentId(opened.alarm.0), Incident::of(opened));
    }

    /// The earliest incident that the alarm belongs to, and why.
    pub(crate) fn match_for(&self, opened: &Opened) -> Option<(IncidentId, Cause)> {
        let others = self.0.values().filter(|incident| !incident.alarms.contains(&opened.alarm));
        others.filter_map(|incident| Some((incident.id, incident.cause(opened)?))).next()
    }

    /// Puts an alarm into its incident.
    pub(crate) fn join(&mut self, joined: &Joined) {
        let Some(single) = self.0.remove(&IncidentId(joined.alarm.0)) else { return };
        let Some(incident) = self.0.get_mut(&joined.incident) else { return };
        incident.alarms.extend(single.alarms);
        incident.rules.extend(single.rules);
        incident.scopes.extend(single.scopes);
        incident.channels.extend(single.channels);
        incident.newest = incident.newest.max(single.newest);
    }

    /// Those of several alarms, by number.
    pub(crate) fn of_several(&self) -> impl Iterator<Item = &Incident> {
        self.0.values().filter(|incident| incident.alarms.len() > 1)
    }
}
