//! What operators do.

use super::Machine;
use crate::alarm::event::{
    Acknowledged, AlarmEvent, AlarmId, AlarmKey, CloseReason, Closed, Opened, Operated, OperatorAction, Shelving,
};
use crate::alarm::state::{Alarm, AlarmError, Silence};
use crate::model::Timestamp;

impl Machine {
    /// An operator acknowledges an alarm, for as long as its rule says.
    ///
    /// # Errors
    /// [`AlarmError::Nobody`], [`AlarmError::Words`], [`AlarmError::NotOpen`], [`AlarmError::AlreadyAcknowledged`].
    pub fn acknowledge(
        &mut self,
        alarm: AlarmId,
        by: &str,
        comment: &str,
        now: Timestamp,
    ) -> Result<AlarmEvent, AlarmError> {
        self.acknowledge_for(alarm, (by, comment), None, now)
    }

    /// An operator acknowledges an alarm for so many milliseconds, but no longer than its rule says.
    ///
    /// # Errors
    /// As [`Machine::acknowledge`].
    pub fn acknowledge_for(
        &mut self,
        alarm: AlarmId,
        (by, comment): (&str, &str),
        lasts_ms: Option<i64>,
        now: Timestamp,
    ) -> Result<AlarmEvent, AlarmError> {
        AlarmError::unless_said(by, comment)?;
        let open = self.alarms.get(&alarm).ok_or(AlarmError::NotOpen(alarm))?;
        let same = || open.acknowledgements.iter().find(|one| one.by.trim() == by.trim());
        if let Some(before) = open.acknowledged.as_ref().or_else(same) {
            return Err(AlarmError::AlreadyAcknowledged { alarm, by: before.by.clone(), at: before.at });
        }
        let event = AlarmEvent::Acknowledged(self.acknowledged(open, (by, comment), lasts_ms, now));
        self.remember(&event);
        Ok(event)
    }

    /// An acknowledgement as the rule in force asks for it.
    pub(super) fn acknowledged(
        &self,
        open: &Alarm,
        (by, comment): (&str, &str),
        lasts_ms: Option<i64>,
        at: Timestamp,
    ) -> Acknowledged {
        let Opened { alarm, rule, scope_key, .. } = &*open.opened;
        let spec = self.place_of(rule, scope_key).and_then(|place| self.specs.get(place));
        let policy = spec.map(|spec| spec.acknowledgement).unwrap_or_default();
        let expires_ms = [policy.expires_ms, lasts_ms].into_iter().flatten().min();
        let (by, comment) = (by.to_owned(), comment.to_owned());
        let expires_at = expires_ms.map(|expires_ms| at.plus_ms(expires_ms.max(1)));
        Acknowledged { alarm: *alarm, by, comment, at, expires_at, needed: policy.needed }
    }

    /// An operator does something about an open alarm: unacknowledges it, comments on it, hands it over, resets its latch. Actions
    /// that are about rules and scopes are done to those of the alarm.
    ///
    /// # Errors
    /// [`AlarmError::NotOpen`], [`AlarmError::NotAcknowledged`], [`AlarmError::NotLatched`], and as [`Machine::operate_on`].
    pub fn operate(
        &mut self,
        alarm: AlarmId,
        action: OperatorAction,
        (by, comment): (&str, &str),
        now: Timestamp,
    ) -> Result<Vec<AlarmEvent>, AlarmError> {
        AlarmError::unless_said(by, comment)?;
        let open = self.alarms.get(&alarm).ok_or(AlarmError::NotOpen(alarm))?;
        let key = open.key();
        match &action {
            OperatorAction::Unacknowledge if open.acknowledgements.is_empty() => {
                return Err(AlarmError::NotAcknowledged(alarm));
            }
            OperatorAction::ResetLatch if open.latched_at.is_none() => return Err(AlarmError::NotLatched(alarm)),
            _ => {}
        }
        self.operate_on(&key, action, (by, comment), now)
    }

    /// An operator does something about a rule over a scope, whether an alarm is open or not: shelves it, takes it out of service.
    ///
    /// # Errors
    /// [`AlarmError::Nobody`], [`AlarmError::Words`], [`AlarmError::NoCondition`], [`AlarmError::Already`], [`AlarmError::Not`],
    /// [`AlarmError::ShelvedUntilPast`].
    pub fn operate_on(
        &mut self,
        key: &AlarmKey,
        action: OperatorAction,
        (by, comment): (&str, &str),
        now: Timestamp,
    ) -> Result<Vec<AlarmEvent>, AlarmError> {
        AlarmError::unless_said(by, comment)?;
        let alarm = self.open_of(&key.rule, &key.scope_key).first().copied();
        let silence = self.silence(&key.rule, &key.scope_key);
        if alarm.is_none() && silence.is_none() && self.place_of(&key.rule, &key.scope_key).is_none() {
            return Err(AlarmError::NoCondition(key.clone()));
        }
        if let OperatorAction::HandOver { to } = &action {
            AlarmError::unless_named(to)?;
        }
        permit(key, &action, silence, now)?;
        let resets = action == OperatorAction::ResetLatch;
        let operated = Operated {
            alarm,
            rule: key.rule.clone(),
            scope_key: key.scope_key.clone(),
            action,
            by: by.to_owned(),
            comment: comment.to_owned(),
            at: now,
        };
        let mut events = Vec::new();
        self.emit(AlarmEvent::Operated(operated), &mut events);
        if let Some(alarm) = alarm.filter(|_| resets) {
            let closed = Closed {
                alarm,
                rule: key.rule.clone(),
                scope_key: key.scope_key.clone(),
                closed_at: now,
                recorded_at: now,
                reason: CloseReason::LatchReset,
                evidence: Vec::new(),
                watermark: None,
                rule_set: Some(self.rule_set.hash),
                place: self.source_of(&key.rule, &key.scope_key),
            };
            self.close(closed, &mut events);
            let place = self.place_of(&key.rule, &key.scope_key);
            let state = place.and_then(|place| self.states.get_mut(place));
            state.filter(|state| state.alarm == Some(alarm)).into_iter().for_each(|state| state.alarm = None);
        }
        Ok(events)
    }
}

/// Whether an action changes anything.
fn permit(
    key: &AlarmKey,
    action: &OperatorAction,
    silence: Option<&Silence>,
    now: Timestamp,
) -> Result<(), AlarmError> {
    let is_shelved = silence.is_some_and(|silence| silence.shelved.is_some());
    let is_out = silence.is_some_and(|silence| silence.out_of_service.is_some());
    let already = |state| Err(AlarmError::Already { key: key.clone(), state });
    let not = |state| Err(AlarmError::Not { key: key.clone(), state });
    match action {
        OperatorAction::Shelve(Shelving::Until(until)) if *until <= now => {
            Err(AlarmError::ShelvedUntilPast { key: key.clone(), until: *until, now })
        }
        OperatorAction::Unshelve if !is_shelved => not("shelved"),
        OperatorAction::TakeOutOfService if is_out => already("out of service"),
        OperatorAction::ReturnToService if !is_out => not("out of service"),
        _ => Ok(()),
    }
}
