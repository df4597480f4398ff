//! Which alarms are taken for one incident.

use crate::alarm::event::{AlarmId, Cause, IncidentId, Joined, Opened};
use crate::model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Alarms within half an hour of one another may be of one incident.
const INCIDENT_MS: i64 = 1_800_000;

/// Alarms that are taken for one incident: one after the other within half an hour, of one rule or over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Number of the incident: that of its first alarm.
    pub id: IncidentId,
    /// Alarms in order of their numbers; at least one.
    pub alarms: BTreeSet<AlarmId>,
    /// Rules of the alarms.
    pub rules: BTreeSet<String>,
    /// Stations or scopes of the alarms.
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
pub(crate) struct Incidents {
    all: BTreeMap<IncidentId, Incident>,
    /// The same by their newest opening.
    by_time: BTreeSet<(Timestamp, IncidentId)>,
    by_rule: BTreeMap<String, BTreeSet<IncidentId>>,
    by_channel: BTreeMap<String, BTreeSet<IncidentId>>,
}

impl Incidents {
    /// Takes note of an alarm, which for now is an incident of its own; forgets what is too old to be joined.
    pub(crate) fn note(&mut self, opened: &Opened) {
        let at = opened.opened_at;
        while let Some((_, id)) = self.by_time.first().filter(|(newest, _)| at.since_ms(*newest) > 2 * INCIDENT_MS) {
            let id = *id;
            self.remove(id);
        }
        self.remove(IncidentId(opened.alarm.0));
        self.insert(Incident::of(opened));
    }

    /// The earliest incident that the alarm belongs to, and why.
    pub(crate) fn match_for(&self, opened: &Opened) -> Option<(IncidentId, Cause)> {
        let of_channels = opened.channels.iter().filter_map(|channel| self.by_channel.get(channel));
        let candidates = self.by_rule.get(&opened.rule).into_iter().chain(of_channels);
        let cause_of = |id: &IncidentId| {
            let incident = self.all.get(id).filter(|incident| !incident.alarms.contains(&opened.alarm))?;
            Some((*id, incident.cause(opened)?))
        };
        candidates.filter_map(|ids| ids.iter().find_map(cause_of)).min_by_key(|(id, _)| *id)
    }

    /// Puts an alarm into its incident.
    pub(crate) fn join(&mut self, joined: &Joined) {
        let Some(single) = self.remove(IncidentId(joined.alarm.0)) else { return };
        let Some(incident) = self.all.get_mut(&joined.incident) else { return };
        let id = incident.id;
        incident.alarms.extend(single.alarms);
        incident.scopes.extend(single.scopes);
        // An incident of many alarms is not put into the indexes anew for each of them.
        for rule in single.rules {
            if incident.rules.insert(rule.clone()) {
                self.by_rule.entry(rule).or_default().insert(id);
            }
        }
        for channel in single.channels {
            if incident.channels.insert(channel.clone()) {
                self.by_channel.entry(channel).or_default().insert(id);
            }
        }
        if single.newest > incident.newest {
            self.by_time.remove(&(incident.newest, id));
            incident.newest = single.newest;
            self.by_time.insert((incident.newest, id));
        }
    }

    fn insert(&mut self, incident: Incident) {
        let id = incident.id;
        self.by_time.insert((incident.newest, id));
        for rule in &incident.rules {
            self.by_rule.entry(rule.clone()).or_default().insert(id);
        }
        for channel in &incident.channels {
            self.by_channel.entry(channel.clone()).or_default().insert(id);
        }
        self.all.insert(id, incident);
    }

    fn remove(&mut self, id: IncidentId) -> Option<Incident> {
        let incident = self.all.remove(&id)?;
        self.by_time.remove(&(incident.newest, id));
        incident.rules.iter().for_each(|rule| forget(&mut self.by_rule, rule, id));
        incident.channels.iter().for_each(|channel| forget(&mut self.by_channel, channel, id));
        Some(incident)
    }

    /// Those of several alarms, by number.
    pub(crate) fn of_several(&self) -> impl Iterator<Item = &Incident> {
        self.all.values().filter(|incident| incident.alarms.len() > 1)
    }
}

fn forget(index: &mut BTreeMap<String, BTreeSet<IncidentId>>, name: &str, id: IncidentId) {
    let Some(ids) = index.get_mut(name) else { return };
    ids.remove(&id);
    if ids.is_empty() {
        index.remove(name);
    }
}
