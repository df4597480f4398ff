//! Alarms and operators: who does what about them, what is open, what has happened.

use super::core::Database;
use crate::alarm::event::{MaintenanceWindow, OperatorAction, Shelving};
use crate::alarm::{
    Alarm, AlarmEvent, AlarmGroup, AlarmId, AlarmKey, Audit, Condition, ConditionState, Explanation, Maintenance,
    Metrics, Silence,
};
use crate::error::Error;
use crate::model::{Interval, TimeRange};
use crate::verdict::AlarmSpec;

impl Database {
    /// An operator acknowledges an alarm: later steps of its chain are not taken, unless its rule asks for more people with `.ack_by`, or the
    /// acknowledgement expires as `.ack_expires` says.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open, or acknowledged already.
    pub fn acknowledge(&self, alarm: AlarmId, by: &str, comment: &str) -> Result<(), Error> {
        self.acknowledged(alarm, (by, comment), None)
    }

    /// As [`Database::acknowledge`], for a time: an alarm that is open still after it is unacknowledged by itself, on record, those who
    /// were told are told so, and its chain goes on. What the rule itself says with `.ack_expires` is not exceeded.
    ///
    /// # Errors
    /// As [`Database::acknowledge`].
    pub fn acknowledge_for(&self, alarm: AlarmId, lasts: Interval, by: &str, comment: &str) -> Result<(), Error> {
        self.acknowledged(alarm, (by, comment), Some(lasts.as_ms()))
    }

    fn acknowledged(&self, alarm: AlarmId, said: (&str, &str), lasts_ms: Option<i64>) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let event = inner.machine.acknowledge_for(alarm, said, lasts_ms, now)?;
        inner.uncommitted.extend(vec![event])?;
        inner.commit_all()
    }

    /// Takes the acknowledgement of an alarm back: steps of its chain are taken again, and those that fell due meanwhile at once.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open, or not acknowledged.
    pub fn unacknowledge(&self, alarm: AlarmId, by: &str, comment: &str) -> Result<(), Error> {
        self.operate(alarm, OperatorAction::Unacknowledge, (by, comment))
    }

    /// Records what somebody has to say about an open alarm.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open.
    pub fn comment(&self, alarm: AlarmId, by: &str, comment: &str) -> Result<(), Error> {
        self.operate(alarm, OperatorAction::Comment, (by, comment))
    }

    /// Gives an open alarm to somebody else to take care of.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open.
    pub fn hand_over(&self, alarm: AlarmId, to: &str, by: &str, comment: &str) -> Result<(), Error> {
        self.operate(alarm, OperatorAction::HandOver { to: to.to_owned() }, (by, comment))
    }

    /// Lets go an alarm of a rule with `.latch()` that has cleared: it closes.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open, or has not cleared.
    pub fn reset_latch(&self, alarm: AlarmId, by: &str, comment: &str) -> Result<(), Error> {
        self.operate(alarm, OperatorAction::ResetLatch, (by, comment))
    }

    /// Shelves a rule over a station or scope, until a host time or until its alarm next clears: its state goes on, nobody is told, and
    /// the chain of an open alarm stands still. Shelving again changes for how long.
    ///
    /// # Errors
    /// [`Error::Alarm`] where there is no such rule and scope, or the time is over already.
    pub fn shelve(&self, key: &AlarmKey, shelving: Shelving, by: &str, comment: &str) -> Result<(), Error> {
        self.operate_on(key, OperatorAction::Shelve(shelving), (by, comment))
    }

    /// Ends a shelving before its time.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not shelved.
    pub fn unshelve(&self, key: &AlarmKey, by: &str, comment: &str) -> Result<(), Error> {
        self.operate_on(key, OperatorAction::Unshelve, (by, comment))
    }

    /// Takes a rule over a station or scope out of service, until somebody puts it back: its state goes on, nobody is told.
    ///
    /// # Errors
    /// [`Error::Alarm`] where there is no such rule and scope, or it is out of service already.
    pub fn take_out_of_service(&self, key: &AlarmKey, by: &str, comment: &str) -> Result<(), Error> {
        self.operate_on(key, OperatorAction::TakeOutOfService, (by, comment))
    }

    /// Puts a rule over a station or scope back into service.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not out of service.
    pub fn return_to_service(&self, key: &AlarmKey, by: &str, comment: &str) -> Result<(), Error> {
        self.operate_on(key, OperatorAction::ReturnToService, (by, comment))
    }

    /// Plans a maintenance window of a rule or all rules over a station, a glob of stations or a scope, once or every day or week: alarms
    /// keep their state, nobody is notified, chains stand still. It begins and ends by itself, on record. Gives its number.
    ///
    /// # Errors
    /// [`Error::Alarm`] where nobody is named, there is no reason, or it would never begin.
    pub fn plan_maintenance(&self, window: MaintenanceWindow, by: &str, reason: &str) -> Result<u64, Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let events = inner.machine.plan_maintenance(window, (by, reason), now)?;
        inner.uncommitted.extend(events)?;
        let number = inner.machine.maintenance().map(|one| one.planned.number).max().unwrap_or_default();
        inner.commit_all()?;
        Ok(number)
    }

    /// Ends a maintenance window for good.
    ///
    /// # Errors
    /// [`Error::Alarm`] where none of this number is planned or under way.
    pub fn cancel_maintenance(&self, number: u64, by: &str, comment: &str) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let events = inner.machine.cancel_maintenance(number, (by, comment), now)?;
        inner.uncommitted.extend(events)?;
        inner.commit_all()
    }

    /// The maintenance windows that are planned or under way.
    #[must_use]
    pub fn maintenance(&self) -> Vec<Maintenance> {
        self.inner.lock().machine.maintenance().cloned().collect()
    }

    fn operate(&self, alarm: AlarmId, action: OperatorAction, said: (&str, &str)) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let events = inner.machine.operate(alarm, action, said, now)?;
        inner.uncommitted.extend(events)?;
        inner.commit_all()
    }

    fn operate_on(&self, key: &AlarmKey, action: OperatorAction, said: (&str, &str)) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let events = inner.machine.operate_on(key, action, said, now)?;
        inner.uncommitted.extend(events)?;
        inner.commit_all()
    }

    /// The open alarms, by number.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.inner.lock().machine.alarms().map(|(_, alarm)| alarm.clone()).collect()
    }

    /// Every rule and scope with its condition.
    #[must_use]
    pub fn conditions(&self) -> Vec<(String, String, Condition)> {
        let inner = self.inner.lock();
        let entry = |(spec, state): (&AlarmSpec, &ConditionState)| {
            (spec.rule.clone(), spec.scope_key.clone(), state.condition())
        };
        inner.machine.conditions().map(entry).collect()
    }

    /// Every rule and scope of which nobody is told, and why: shelved, suppressed, out of service.
    #[must_use]
    pub fn silences(&self) -> Vec<(AlarmKey, Silence)> {
        self.inner.lock().machine.silences().map(|(key, silence)| (key, silence.clone())).collect()
    }

    /// The groups of several alarms that a further alarm may still join: alarms that are taken for one incident.
    #[must_use]
    pub fn alarm_groups(&self) -> Vec<AlarmGroup> {
        self.inner.lock().machine.groups().cloned().collect()
    }

    /// What happens next about every open alarm, about every notification that is not delivered, and about every message that a flood holds
    /// back; and the endpoints to which nothing is sent.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let inner = self.inner.lock();
        let (outbox, disabled) = (inner.dispatcher.rows(), inner.dispatcher.disabled());
        let held = inner.machine.held().map(|(held, at)| (held.clone(), at)).collect();
        Audit { alarms: inner.machine.audit().collect(), outbox, held, disabled, rules: inner.rules_state() }
    }

    /// Everything that has happened to alarms, from the ledger.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read.
    pub fn events(&self) -> Result<Vec<AlarmEvent>, Error> {
        let records = self.ledger_records()?;
        let mut events = Vec::new();
        for (index, record) in (0..).zip(&records) {
            events.extend(AlarmEvent::from_record(record, index)?);
        }
        Ok(events)
    }

    /// Explains an alarm from the ledger: cause, history and notifications. `None` if no alarm has this number.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read.
    pub fn explain(&self, alarm: AlarmId) -> Result<Option<Explanation>, Error> {
        Ok(Explanation::of(&self.events()?, alarm))
    }

    /// Returns metrics of the alarm system for a range of host time: rates, floods, chatter, stale alarms, the most frequent rules.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read.
    pub fn alarm_metrics(&self, range: TimeRange) -> Result<Metrics, Error> {
        Ok(Metrics::of(&self.events()?, range))
    }
}
