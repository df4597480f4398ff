//! One open alarm: how it opened, and what people have done about it.

use crate::alarm::event::{Acknowledged, AlarmKey, GroupId, LatchChange, Opened, PriorityChange, Subject, Timing};
use crate::model::Timestamp;
use crate::verdict::{Contact, Party, Priority};
use std::sync::Arc;

/// An open alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// The opening: rule, scope, values, chain.
    pub opened: Arc<Opened>,
    /// Priority that it has now; of a closed alarm the last one.
    pub priority: Priority,
    /// Highest priority that it has had.
    pub priority_max: Priority,
    /// Number of rises of its priority of which people were to be notified.
    pub raises: u32,
    /// Priority of which recipients were notified, or would be if the rule had a chain. A rise recorded as history does not count.
    pub(crate) known_priority: Priority,
    /// A rise that is still to be sent to the recipients of earlier notifications.
    pub(crate) raise: Option<Raise>,
    /// Length of `told` when the chain last restarted.
    told_before_restart: usize,
    /// The acknowledgement by which its chain stopped, once enough people have acknowledged it.
    pub acknowledged: Option<Acknowledged>,
    /// All acknowledgements that count, each by another person, oldest first.
    pub acknowledgements: Vec<Acknowledged>,
    /// Number of expired acknowledgements after which the chain resumed.
    pub expiries: u32,
    /// Host time before which no acknowledgement counts: the last one was due to expire then, or the priority rose.
    pub(crate) expired_at: Option<Timestamp>,
    /// Owner of the alarm, once it was handed over.
    pub owner: Option<String>,
    /// The group that it belongs to, where it is of one.
    pub group: Option<GroupId>,
    /// Event time at which it cleared, where it is latched since.
    pub latched_at: Option<Timestamp>,
    /// Number of steps taken in its chain.
    pub steps_taken: usize,
    /// Number of reminders sent.
    pub reminders_sent: u32,
    /// Host time from which its steps count: that of its opening or, where it was latched and has tripped again, of the last time.
    pub begun_at: Timestamp,
    /// Number of re-alarms while it was latched.
    pub retrips: u32,
    /// Contacts notified so far, with their channels.
    pub told: Vec<(Contact, Vec<String>)>,
    /// Further ways to those who have been told.
    pub(crate) fallback: Vec<Party>,
    /// Milliseconds for which nobody could be told, before the present silence. The chain stood still meanwhile.
    pub paused_ms: i64,
    /// Host time since when nobody may be told: shelved, suppressed or out of service.
    pub paused_since: Option<Timestamp>,
    /// Whether its newest trip is recorded as history: it notifies nobody unless the condition turns out to hold now.
    pub is_history: bool,
    /// Whether that is so because its readings were appended as history.
    pub(crate) is_backfill: bool,
    /// Whether its chain has ever begun: not while it is only history.
    pub(crate) has_begun: bool,
    /// Event time at which its condition began to hold, the last time that it tripped.
    pub(crate) holds_since: Timestamp,
    /// Host time of the recording of its newest trip, where that was late.
    pub(crate) late_at: Option<Timestamp>,
}

/// A rise of an alarm's priority whose notifications are not sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raise {
    /// Host time.
    pub(crate) at: Timestamp,
    /// Priority before it.
    from: Priority,
    /// Length of [`Alarm::told`] at that time.
    told: usize,
}

impl Alarm {
    pub(crate) fn new(opened: Arc<Opened>) -> Self {
        Self {
            begun_at: opened.recorded_at,
            is_history: opened.timing.is_history(),
            is_backfill: opened.timing == Timing::Backfill,
            has_begun: !opened.timing.is_history(),
            holds_since: opened.since,
            late_at: (opened.timing == Timing::Late).then_some(opened.recorded_at),
            retrips: 0,
            priority: opened.priority,
            priority_max: opened.priority,
            known_priority: opened.priority,
            raises: 0,
            raise: None,
            told_before_restart: 0,
            opened,
            acknowledged: None,
            acknowledgements: Vec::new(),
            expiries: 0,
            expired_at: None,
            owner: None,
            group: None,
            latched_at: None,
            steps_taken: 0,
            reminders_sent: 0,
            told: Vec::new(),
            fallback: Vec::new(),
            paused_ms: 0,
            paused_since: None,
        }
    }

    /// Returns the rule and the scope.
    #[must_use]
    pub fn key(&self) -> AlarmKey {
        AlarmKey::new(self.opened.rule.as_str(), self.opened.scope_key.as_str())
    }

    /// Returns whether a person has acknowledged the alarm.
    #[must_use]
    pub fn is_acknowledged_by(&self, by: &str) -> bool {
        self.acknowledgements.iter().any(|one| one.by.trim() == by.trim())
    }

    /// Somebody acknowledges it.
    pub(crate) fn acknowledge(&mut self, one: &Acknowledged) {
        self.acknowledgements.push(one.clone());
        if self.acknowledgements.len() >= one.needed.max(1) as usize {
            self.acknowledged = Some(one.clone());
        }
    }

    /// No acknowledgement counts any more.
    pub(crate) fn unacknowledge(&mut self) {
        self.acknowledged = None;
        self.acknowledgements.clear();
    }

    /// The acknowledgement that expires first, if any does. While nobody may be told none expires.
    pub(crate) fn next_expiry(&self) -> Option<(Timestamp, &Acknowledged)> {
        let expiring = self.acknowledgements.iter().filter_map(|one| Some((one.expires_at?, one)));
        expiring.filter(|_| self.paused_since.is_none()).min_by_key(|(at, _)| *at)
    }

    /// The acknowledgement of somebody expires.
    pub(crate) fn expire(&mut self, by: &str, at: Timestamp) {
        self.acknowledgements.retain(|one| one.by != by);
        self.expired_at = Some(at);
        let is_short = |last: &Acknowledged| self.acknowledgements.len() < last.needed.max(1) as usize;
        if self.acknowledged.as_ref().is_some_and(is_short) {
            self.acknowledged = None;
            self.expiries = self.expiries.saturating_add(1);
        }
    }

    /// Whether its chain may move at all.
    const fn is_running(&self) -> bool {
        self.has_begun && self.acknowledged.is_none() && self.paused_since.is_none()
    }

    /// The words that every message of an alarm ends with that was recorded late: when its condition began to hold, when it ceased to where it
    /// has, and when that was recorded. Empty otherwise.
    #[must_use]
    pub fn late_words(&self, closed_at: Option<Timestamp>) -> String {
        let Some(recorded_at) = self.late_at else { return String::new() };
        let since = self.holds_since;
        match closed_at {
            Some(closed_at) => format!(" (late: held from {since} to {closed_at}, recorded {recorded_at})"),
            None => format!(" (late: holds since {since}, recorded {recorded_at})"),
        }
    }

    /// Host time at which the next step is due; `None` while it is acknowledged or silent, and once the chain has run out.
    #[must_use]
    pub fn next_step_due(&self) -> Option<Timestamp> {
        let step = self.opened.chain.steps.get(self.steps_taken).filter(|_| self.is_running())?;
        Some(self.begun_at.plus_ms(step.after_ms).plus_ms(self.paused_ms))
    }

    /// Number and host time of the next reminder; `None` where [`Alarm::next_step_due`] says when a step comes before it, while it is
    /// acknowledged or silent, and once there is none left.
    #[must_use]
    pub fn next_reminder(&self) -> Option<(u32, Timestamp)> {
        let chain = &self.opened.chain;
        let remind = chain.remind.filter(|remind| self.is_running() && self.reminders_sent < remind.times)?;
        let last = chain.steps.last().filter(|_| self.steps_taken >= chain.steps.len())?;
        let number = self.reminders_sent + 1;
        let after_ms = last.after_ms.saturating_add(remind.every_ms.saturating_mul(i64::from(number)));
        Some((number, self.begun_at.plus_ms(after_ms).plus_ms(self.paused_ms)))
    }

    /// Returns the subject of the newest message.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.steps_taken.checked_sub(1).and_then(|step| u32::try_from(step).ok()).map(Subject::Step)
    }

    /// Applies a recorded change of priority. A rise withdraws acknowledgements and is to be sent to everyone notified so far.
    pub(crate) fn change_priority(&mut self, change: &PriorityChange) {
        (self.priority, self.priority_max) = (change.to, self.priority_max.max(change.to));
        if change.notifies {
            self.unacknowledge();
            self.expired_at = self.expired_at.max(Some(change.recorded_at));
            self.raises = self.raises.saturating_add(1);
            let (at, told) = (change.recorded_at, self.told.len());
            let from = self.raise.map_or(self.known_priority, |raise| raise.from);
            self.raise = (told > self.told_before_restart).then_some(Raise { at, from, told });
            self.known_priority = change.to;
        } else if change.to < self.known_priority {
            self.known_priority = change.to;
            self.raise = self.raise.filter(|raise| change.to > raise.from);
        }
    }

    /// Host time since when the notifications of a rise are due; `None` during a silence.
    pub(crate) fn next_raise(&self) -> Option<Timestamp> {
        let is_open_to_all = self.has_begun && self.paused_since.is_none();
        let raise =
            self.raise.filter(|_| is_open_to_all && self.raise_recipients().iter().any(|(_, ways)| !ways.is_empty()));
        raise.map(|raise| raise.at)
    }

    /// Recipients of the notifications of a rise, with their notification channels.
    pub(crate) fn raise_recipients(&self) -> &[(Contact, Vec<String>)] {
        let told = self.raise.map_or(0, |raise| raise.told);
        self.told.get(self.told_before_restart..told).unwrap_or_default()
    }

    /// The further ways to somebody who has been told.
    pub(crate) fn fallback_of(&self, contact: &Contact) -> Vec<String> {
        self.fallback
            .iter()
            .find(|party| party.contact == *contact)
            .map_or_else(Vec::new, |party| party.fallback.clone())
    }

    /// It was latched and trips again: it is as a new one, but for its number and for who hears of its end.
    fn begin_anew(&mut self, at: Timestamp) {
        self.unacknowledge();
        self.drop_raise();
        (self.steps_taken, self.reminders_sent, self.paused_ms) = (0, 0, 0);
        (self.begun_at, self.retrips) = (at, self.retrips.saturating_add(1));
        self.paused_since = self.paused_since.map(|_| at);
    }

    /// Drops a pending rise as the chain starts: the notifications of the chain carry the present priority.
    fn drop_raise(&mut self) {
        (self.known_priority, self.raise, self.told_before_restart) = (self.priority, None, self.told.len());
    }

    /// It was latched and trips again, as the record of that says.
    pub(crate) fn retrip(&mut self, change: &LatchChange) {
        self.holds_since = change.at;
        (self.is_history, self.is_backfill) = (change.timing.is_history(), change.timing == Timing::Backfill);
        if change.begins_anew {
            self.late_at = (change.timing == Timing::Late).then_some(change.recorded_at);
            self.begin_anew(change.recorded_at);
        }
    }

    /// Whether an instant says that what is history holds now: the windows of one that is not live still hold what was appended as history.
    pub(crate) const fn resumes(&self, is_live: bool) -> bool {
        is_live || !self.is_backfill
    }

    /// What was on record as history holds now: its chain begins, as late.
    pub(crate) fn become_current(&mut self, at: Timestamp) {
        (self.is_history, self.late_at) = (false, Some(at));
        if self.has_begun {
            return self.begin_anew(at);
        }
        self.drop_raise();
        (self.has_begun, self.begun_at, self.paused_ms) = (true, at, 0);
        self.paused_since = self.paused_since.map(|_| at);
    }

    /// Begins or ends the standing still of its chain.
    pub(crate) fn pause(&mut self, is_silent: bool, at: Timestamp) {
        match (is_silent, self.paused_since) {
            (true, None) => self.paused_since = Some(at),
            (false, Some(since)) => {
                self.paused_ms = self.paused_ms.saturating_add(at.since_ms(since).max(0));
                self.paused_since = None;
            }
            _ => {}
        }
    }
}
