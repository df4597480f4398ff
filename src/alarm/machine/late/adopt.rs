//! A condition that goes on as the readings say that came late.

use super::super::Machine;
use super::Trial;
use crate::alarm::event::{AlarmEvent, AlarmId, LatchChange, Opened, Timing};
use crate::alarm::state::{ConditionState, Phase};
use crate::model::Timestamp;
use std::sync::Arc;

impl Machine {
    /// Whether a rule over its scope is active now, so that late readings can open nothing.
    #[must_use]
    pub fn is_active(&self, spec: usize) -> bool {
        self.states.get(spec).is_none_or(ConditionState::is_active)
    }

    /// Whether the running condition should go on from a trial that has come to its newest instant. Not where what was under way when the rule
    /// came into force is unknown to the trial, nor where an alarm that has cleared in the past seems to be open only for want of readings since,
    /// nor where an open alarm has cleared: that one closes in the ordinary way. `is_known` says whether all stations are known to the trial, and
    /// `since` is its first instant.
    #[must_use]
    pub fn can_adopt(&self, spec: usize, trial: &Trial, (is_known, since): (bool, Timestamp)) -> bool {
        let (Some(running), Some(found)) = (self.states.get(spec), trial.state()) else { return false };
        match (running.is_active(), found.is_active()) {
            (true, false) => false,
            (false, true) => trial.holds(is_known) && trial.opening().is_some(),
            _ => since > trial.begun || !running.began_before(trial.begun),
        }
    }

    /// Whether the trial is nearer to an alarm than the running condition: it has one open, or holds since an earlier instant.
    #[must_use]
    pub fn is_ahead(&self, spec: usize, trial: &Trial) -> bool {
        let (Some(running), Some(found)) = (self.states.get(spec), trial.state()) else { return false };
        match (running.phase, found.phase) {
            (Phase::Normal, Phase::Pending { .. }) => true,
            (Phase::Pending { since: running }, Phase::Pending { since: found }) => found < running,
            _ => !running.is_active() && found.is_active(),
        }
    }

    /// Notes that the alarm which a trial has open is to open in place of a condition at rest.
    pub fn note_opens(&self, spec: usize, trial: &mut Trial) {
        trial.opens = !self.is_active(spec) && trial.state().is_some_and(ConditionState::is_active);
    }

    /// Lets the running condition go on from a trial, at its newest instant `found_at`. An alarm that the trial has open opens now: late or, where
    /// that instant is too old, as history.
    pub fn go_on_from(
        &mut self,
        spec: usize,
        trial: &Trial,
        (since, found_at): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        let Some(found) = trial.state() else { return events };
        let alarm = if trial.opens { self.open_late(spec, trial, (found_at, now), &mut events) } else { None };
        let steps = found.steps.clone();
        if let Some(state) = self.states.get_mut(spec) {
            state.alarm = alarm.or(state.alarm);
            state.phase = found.phase;
            state.missing_since = earlier(state.missing_since, found.missing_since, since);
            state.quiet_since = earlier(state.quiet_since, found.quiet_since, since);
            state.steps = steps.found(&state.steps, since);
        }
        self.note_priority_late(spec, trial, (found_at, now), &mut events);
        events
    }

    /// The alarm that goes on from a trial has the priority that its steps have found.
    fn note_priority_late(
        &mut self,
        spec: usize,
        trial: &Trial,
        (found_at, now): (Timestamp, Timestamp),
        events: &mut Vec<AlarmEvent>,
    ) {
        let (Some(spec), Some(state)) = (self.specs.get(spec).map(Arc::clone), self.states.get(spec)) else { return };
        let to = state.steps.priority(&spec);
        let is_stepped = state.is_active() && !spec.priority_steps.is_empty();
        let open = state.alarm.filter(|_| is_stepped).and_then(|alarm| self.alarms.get(&alarm));
        let Some(open) = open.filter(|open| open.priority != to) else { return };
        let change = (open.opened.alarm, open.priority, to);
        let grounds = (trial.evidence().to_vec(), Some(found_at));
        let change = self.priority_change(change, &spec, (found_at, now, self.timing_late(found_at, now)), grounds);
        self.emit(AlarmEvent::PriorityChanged(Box::new(change)), events);
    }

    /// How something that late readings have shown relates to the host time of its recording.
    fn timing_late(&self, found_at: Timestamp, now: Timestamp) -> Timing {
        match self.timing(found_at, now) {
            Timing::OnTime | Timing::Late => Timing::Late,
            history => history,
        }
    }

    /// Opens an alarm, or trips a latched one again.
    fn open_late(
        &mut self,
        spec: usize,
        trial: &Trial,
        (found_at, now): (Timestamp, Timestamp),
        events: &mut Vec<AlarmEvent>,
    ) -> Option<AlarmId> {
        let latched = self.states.get(spec)?.alarm;
        let (spec, opening) = (Arc::clone(self.specs.get(spec)?), trial.opening()?);
        let timing = self.timing_late(found_at, now);
        let alarm = latched.unwrap_or(AlarmId(self.last_alarm + 1));
        if latched.is_none() {
            let (rule_set, place) = (self.rule_set.hash, spec.place.clone());
            let (watermark, found_at) = (Some(found_at), Some(found_at));
            let opened = Opened {
                alarm,
                priority: trial.state()?.steps.priority(&spec),
                recorded_at: now,
                watermark,
                rule_set,
                place,
                timing,
                found_at,
                ..opening.clone()
            };
            self.record_opening(opened, events);
            return Some(alarm);
        }
        let change = LatchChange {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            is_clear: false,
            at: found_at,
            recorded_at: now,
            evidence: opening.evidence.clone(),
            watermark: Some(found_at),
            begins_anew: !timing.is_history(),
            rule_set: Some(self.rule_set.hash),
            place: Some(spec.place.clone()),
            timing,
        };
        self.emit(AlarmEvent::LatchChanged(Box::new(change)), events);
        Some(alarm)
    }
}

/// Since when something is under way, as a trial says; where it was so from the trial's first instant on, as was known before.
fn earlier(running: Option<Timestamp>, found: Option<Timestamp>, first: Timestamp) -> Option<Timestamp> {
    if found == Some(first) && running.is_some_and(|running| running < first) { running } else { found }
}
