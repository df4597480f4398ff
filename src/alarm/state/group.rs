//! Alarm groups: which alarms are taken for one incident.

use crate::alarm::event::{AlarmId, Cause, GroupId, Joined, Opened};
use crate::model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Alarms within half an hour of one another may be of one group.
const GROUP_MS: i64 = 1_800_000;

/// Alarms that are taken for one incident: one after the other within half an hour, of one rule or over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmGroup {
    /// Number of the group: that of its first alarm.
    pub id: GroupId,
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

impl AlarmGroup {
    fn of(opened: &Opened) -> Self {
        Self {
            id: GroupId(opened.alarm.0),
            alarms: BTreeSet::from([opened.alarm]),
            rules: BTreeSet::from([opened.rule.clone()]),
            scopes: BTreeSet::from([opened.scope_key.clone()]),
            channels: opened.channels.iter().cloned().collect(),
            newest: opened.opened_at,
        }
    }

    fn cause(&self, opened: &Opened) -> Option<Cause> {
        if (opened.opened_at.as_ms()).abs_diff(self.newest.as_ms()) > GROUP_MS.unsigned_abs() {
            return None;
        }
        if self.rules.contains(&opened.rule) {
            return Some(Cause::SameRule);
        }
        opened.channels.iter().find(|channel| self.channels.contains(*channel)).cloned().map(Cause::SharedChannel)
    }
}

/// The groups that a new alarm may still join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Groups {
    all: BTreeMap<GroupId, AlarmGroup>,
    /// The same by their newest opening.
    by_time: BTreeSet<(Timestamp, GroupId)>,
    by_rule: BTreeMap<String, BTreeSet<GroupId>>,
    by_channel: BTreeMap<String, BTreeSet<GroupId>>,
}

impl Groups {
    /// Takes note of an alarm, which for now is a group of its own; forgets what is too old to be joined.
    pub(crate) fn note(&mut self, opened: &Opened) {
        let at = opened.opened_at;
        while let Some((_, id)) = self.by_time.first().filter(|(newest, _)| at.since_ms(*newest) > 2 * GROUP_MS) {
            let id = *id;
            self.remove(id);
        }
        self.remove(GroupId(opened.alarm.0));
        self.insert(AlarmGroup::of(opened));
    }

    /// The earliest group that the alarm belongs to, and why.
    pub(crate) fn match_for(&self, opened: &Opened) -> Option<(GroupId, Cause)> {
        let of_channels = opened.channels.iter().filter_map(|channel| self.by_channel.get(channel));
        let candidates = self.by_rule.get(&opened.rule).into_iter().chain(of_channels);
        let cause_of = |id: &GroupId| {
            let group = self.all.get(id).filter(|group| !group.alarms.contains(&opened.alarm))?;
            Some((*id, group.cause(opened)?))
        };
        candidates.filter_map(|ids| ids.iter().find_map(cause_of)).min_by_key(|(id, _)| *id)
    }

    /// Puts an alarm into its group.
    pub(crate) fn join(&mut self, joined: &Joined) {
        let Some(single) = self.remove(GroupId(joined.alarm.0)) else { return };
        let Some(group) = self.all.get_mut(&joined.group) else { return };
        let id = group.id;
        group.alarms.extend(single.alarms);
        group.scopes.extend(single.scopes);
        // A group of many alarms is not put into the indexes anew for each of them.
        for rule in single.rules {
            if group.rules.insert(rule.clone()) {
                self.by_rule.entry(rule).or_default().insert(id);
            }
        }
        for channel in single.channels {
            if group.channels.insert(channel.clone()) {
                self.by_channel.entry(channel).or_default().insert(id);
            }
        }
        if single.newest > group.newest {
            self.by_time.remove(&(group.newest, id));
            group.newest = single.newest;
            self.by_time.insert((group.newest, id));
        }
    }

    fn insert(&mut self, group: AlarmGroup) {
        let id = group.id;
        self.by_time.insert((group.newest, id));
        for rule in &group.rules {
            self.by_rule.entry(rule.clone()).or_default().insert(id);
        }
        for channel in &group.channels {
            self.by_channel.entry(channel.clone()).or_default().insert(id);
        }
        self.all.insert(id, group);
    }

    fn remove(&mut self, id: GroupId) -> Option<AlarmGroup> {
        let group = self.all.remove(&id)?;
        self.by_time.remove(&(group.newest, id));
        group.rules.iter().for_each(|rule| forget(&mut self.by_rule, rule, id));
        group.channels.iter().for_each(|channel| forget(&mut self.by_channel, channel, id));
        Some(group)
    }

    /// Those of several alarms, by number.
    pub(crate) fn of_several(&self) -> impl Iterator<Item = &AlarmGroup> {
        self.all.values().filter(|group| group.alarms.len() > 1)
    }
}

fn forget(index: &mut BTreeMap<String, BTreeSet<GroupId>>, name: &str, id: GroupId) {
    let Some(ids) = index.get_mut(name) else { return };
    ids.remove(&id);
    if ids.is_empty() {
        index.remove(name);
    }
}
