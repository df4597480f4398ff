//! A naive account of what has been seen of the alarms, event by event: whether each may come behind those before it.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::event::{MaintenanceStep, Notification, OperatorAction, Subject};
use vocdb::verdict::{Contact, Priority};
use vocdb::{AlarmEvent, AlarmId, Timestamp};

/// Begin and end of silences that are over, and the begin of one that goes on.
type Silences = (Vec<(Timestamp, Timestamp)>, Option<Timestamp>);

/// What has been seen of the alarms, event by event: a naive account of its own.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) open: BTreeMap<AlarmId, ((String, String), Timestamp)>,
    opened: BTreeSet<AlarmId>,
    /// Who has acknowledged, until when, and how many people must.
    acknowledged: BTreeMap<AlarmId, (BTreeMap<String, Option<Timestamp>>, u32)>,
    latched: BTreeSet<AlarmId>,
    chains: BTreeMap<AlarmId, Vec<i64>>,
    steps: BTreeMap<AlarmId, u32>,
    ids: BTreeSet<String>,
    /// Rule and scope: what keeps people from being told.
    silent: BTreeMap<(String, String), BTreeSet<&'static str>>,
    /// Rule and scope: begin and end of silences that are over, and the begin of one that goes on.
    silences: BTreeMap<(String, String), Silences>,
    /// By number: the rule that a maintenance window is of, and whether it is under way.
    maintenance: BTreeMap<u64, (Option<String>, bool)>,
    floods: BTreeSet<Contact>,
    /// The priority of each alarm, and how often it has risen.
    priorities: BTreeMap<AlarmId, (Priority, u32)>,
}

impl Seen {
    fn is_acknowledged(&self, alarm: AlarmId) -> bool {
        self.acknowledged.get(&alarm).is_some_and(|(people, needed)| people.len() >= *needed as usize)
    }

    fn is_silent(&self, alarm: AlarmId) -> bool {
        self.open.get(&alarm).is_some_and(|(key, _)| self.silent.get(key).is_some_and(|why| !why.is_empty()))
    }

    fn silence(&mut self, key: (String, String), what: &'static str, is_on: bool, at: Timestamp) {
        let why = self.silent.entry(key.clone()).or_default();
        let was = !why.is_empty();
        if is_on {
            why.insert(what);
        } else {
            why.remove(what);
        }
        let is = !why.is_empty();
        let (over, since) = self.silences.entry(key).or_default();
        match (was, is) {
            (false, true) => *since = Some(at),
            (true, false) => over.extend(since.take().map(|since| (since, at))),
            _ => {}
        }
    }

    /// For how long nobody could be told since an alarm opened.
    fn silent_ms(&self, alarm: AlarmId) -> i64 {
        let Some((key, opened)) = self.open.get(&alarm) else { return 0 };
        let over = self.silences.get(key).map_or(&[][..], |(over, _)| over);
        over.iter().map(|(from, to)| to.since_ms((*from).max(*opened)).max(0)).sum()
    }

    /// A maintenance window of a rule, or all, begins or ends: for every rule and scope that has been seen or will be.
    fn maintain(&mut self, number: u64, is_on: bool, at: Timestamp) {
        let Some((rule, state)) = self.maintenance.get_mut(&number) else { return };
        *state = is_on;
        let rule = rule.clone();
        let what: &'static str = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"]
            .get(usize::try_from(number).unwrap())
            .copied()
            .unwrap_or("many");
        for name in ["a", "b", "c", "d"] {
            if rule.as_deref().is_none_or(|of| of == name) {
                self.silence((name.to_owned(), "park/*".to_owned()), what, is_on, at);
            }
        }
    }

    fn operate(&mut self, operated: &vocdb::alarm::event::Operated) {
        let key = (operated.rule.clone(), operated.scope_key.clone());
        match (&operated.action, operated.alarm) {
            (OperatorAction::Unacknowledge, Some(alarm)) => {
                self.acknowledged.remove(&alarm);
            }
            (OperatorAction::Shelve(_), _) => self.silence(key, "shelved", true, operated.at),
            (OperatorAction::Unshelve, _) => self.silence(key, "shelved", false, operated.at),
            (OperatorAction::TakeOutOfService, _) => self.silence(key, "out", true, operated.at),
            (OperatorAction::ReturnToService, _) => self.silence(key, "out", false, operated.at),
            _ => {}
        }
    }

    /// Whether the event may come behind those before it.
    pub(super) fn admits(&mut self, event: &AlarmEvent) -> bool {
        match event {
            AlarmEvent::Opened(opened) => {
                let scope = (opened.rule.clone(), opened.scope_key.clone());
                let is_other = !self.open.values().any(|(open, _)| *open == scope);
                self.open.insert(opened.alarm, (scope, opened.recorded_at));
                self.priorities.insert(opened.alarm, (opened.priority, 0));
                self.chains.insert(opened.alarm, opened.chain.steps.iter().map(|step| step.after_ms).collect());
                is_other && self.opened.insert(opened.alarm) && opened.since <= opened.opened_at
            }
            AlarmEvent::Closed(closed) => {
                let key = (closed.rule.clone(), closed.scope_key.clone());
                self.open.remove(&closed.alarm).is_some_and(|(open, _)| open == key)
            }
            AlarmEvent::Acknowledged(event) => {
                let is_enough = self.is_acknowledged(event.alarm);
                let (people, needed) = self.acknowledged.entry(event.alarm).or_default();
                *needed = event.needed.max(1);
                let is_new = people.insert(event.by.clone(), event.expires_at).is_none();
                self.open.contains_key(&event.alarm) && is_new && !is_enough
            }
            AlarmEvent::AcknowledgementExpired(event) => {
                let is_silent = self.is_silent(event.alarm);
                let (people, _) = self.acknowledged.entry(event.alarm).or_default();
                let was = people.remove(&event.by).flatten();
                let is_first = people.values().flatten().all(|other| *other >= event.due);
                was == Some(event.due) && is_first && event.due <= event.at && !is_silent
            }
            AlarmEvent::Operated(operated) => {
                self.operate(operated);
                operated.alarm.is_none_or(|alarm| self.open.contains_key(&alarm))
            }
            AlarmEvent::MaintenancePlanned(planned) => {
                let is_new = planned.number == self.maintenance.len() as u64 + 1;
                self.maintenance.insert(planned.number, (planned.window.rule.clone(), false));
                is_new
            }
            AlarmEvent::MaintenanceChanged(changed) => {
                let (is_on, at) = match changed.step {
                    MaintenanceStep::Begun(_) => (true, changed.at),
                    MaintenanceStep::Ended(_) => (false, changed.due),
                    _ => (false, changed.at),
                };
                let was = self.maintenance.get(&changed.number).is_some_and(|(_, was)| *was);
                self.maintain(changed.number, is_on, at);
                let may_be = match changed.step {
                    MaintenanceStep::Begun(_) | MaintenanceStep::Over => !was,
                    MaintenanceStep::Ended(_) => was,
                    MaintenanceStep::Cancelled { .. } => true,
                };
                may_be && changed.due <= changed.at
            }
            AlarmEvent::ShelvingEnded(ended) => {
                let key = (ended.rule.clone(), ended.scope_key.clone());
                let was_shelved = self.silent.get(&key).is_some_and(|why| why.contains("shelved"));
                self.silence(key, "shelved", false, ended.due);
                was_shelved && ended.due <= ended.at
            }
            AlarmEvent::SuppressionChanged(change) => {
                let key = (change.rule.clone(), change.scope_key.clone());
                let was = self.silent.get(&key).is_some_and(|why| why.contains("suppressed"));
                self.silence(key, "suppressed", change.by.is_some(), change.recorded_at);
                was != change.by.is_some()
            }
            _ => self.admits_telling(event),
        }
    }

    fn admits_telling(&mut self, event: &AlarmEvent) -> bool {
        match event {
            AlarmEvent::LatchChanged(change) => {
                let is_open = self.open.contains_key(&change.alarm);
                if change.begins_anew {
                    self.acknowledged.remove(&change.alarm);
                    self.steps.insert(change.alarm, 0);
                    self.open.entry(change.alarm).and_modify(|(_, begun)| *begun = change.recorded_at);
                }
                is_open
                    && change.begins_anew != change.is_clear
                    && if change.is_clear {
                        self.latched.insert(change.alarm)
                    } else {
                        self.latched.remove(&change.alarm)
                    }
            }
            AlarmEvent::PriorityChanged(change) => {
                let (priority, raises) = self.priorities.get_mut(&change.alarm).unwrap();
                let is_known = std::mem::replace(priority, change.to) == change.from;
                if change.notifies {
                    *raises += 1;
                    self.acknowledged.remove(&change.alarm);
                }
                let is_right = change.notifies == (change.to > change.from) && change.to != change.from;
                is_known && is_right && self.open.contains_key(&change.alarm)
            }
            AlarmEvent::Joined(joined) => {
                joined.group.0 < joined.alarm.0 && self.opened.contains(&AlarmId(joined.group.0))
            }
            AlarmEvent::Escalated(step) => {
                let next = self.steps.entry(step.alarm).or_default();
                let is_next = *next == step.step;
                *next += 1;
                let may_be_told = self.open.contains_key(&step.alarm)
                    && !self.is_acknowledged(step.alarm)
                    && !self.is_silent(step.alarm);
                let after_ms = self.chains[&step.alarm][step.step as usize];
                let due = self.open[&step.alarm].1.plus_ms(after_ms + self.silent_ms(step.alarm));
                is_next && may_be_told && step.due == due && step.due <= step.at
            }
            AlarmEvent::Reminded(reminder) => {
                !self.is_acknowledged(reminder.alarm) && !self.is_silent(reminder.alarm) && reminder.due <= reminder.at
            }
            AlarmEvent::FloodChanged(flood) => {
                if flood.is_on {
                    self.floods.insert(flood.contact.clone()) && flood.alarms >= 10
                } else {
                    self.floods.remove(&flood.contact) && flood.alarms < 5
                }
            }
            AlarmEvent::HeldBack(held) => self.floods.contains(&held.party.contact),
            AlarmEvent::Notification(notification) => {
                self.admits_notification(notification) && self.ids.insert(notification.id.clone())
            }
            _ => true,
        }
    }

    /// Whether a notification is about what has happened, and of the priority that its alarm has.
    fn admits_notification(&self, notification: &Notification) -> bool {
        match notification.subject {
            Subject::RollUp(_) | Subject::Heartbeat(_) | Subject::Late(_) | Subject::System(_) => {
                notification.alarm.is_none()
            }
            Subject::Step(_) | Subject::Closed | Subject::Expired(_) | Subject::Raised(_) => {
                let alarm = notification.alarm.unwrap();
                let is_flooded = self.floods.contains(&notification.contact);
                let (priority, raises) = self.priorities[&alarm];
                let is_last = match notification.subject {
                    Subject::Raised(number) => number == raises && self.open.contains_key(&alarm),
                    _ => true,
                };
                let is_known = self.opened.contains(&alarm) && notification.priority == priority && is_last;
                is_known && !self.is_silent(alarm) && !is_flooded
            }
        }
    }
}
