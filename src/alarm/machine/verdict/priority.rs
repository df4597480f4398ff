//! The priority of an open alarm: it rises while a priority step holds, and falls when it no longer does.

use super::Turn;
use crate::alarm::event::{AlarmEvent, AlarmId, PriorityChange, Timing};
use crate::alarm::machine::Machine;
use crate::alarm::state::ConditionState;
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Evidence, Priority, PriorityStep};

/// The reason of a change: the values behind it, and up to where readings were in; neither where it was no reading.
pub(in crate::alarm::machine) type Grounds = (Vec<Evidence>, Option<Timestamp>);

impl Machine {
    /// Applies the priority steps of a verdict. An alarm that has cleared and stays latched keeps its priority until it trips again.
    pub(super) fn note_priority(&mut self, next: &mut ConditionState, turn: &mut Turn<'_>) {
        let verdict = turn.verdict;
        let Some(alarm) = next.alarm.filter(|_| next.is_active()) else { return next.steps.clear() };
        next.steps.take(&turn.spec.priority_steps, verdict.priority_steps, verdict.instant);
        let to = next.steps.priority(&turn.spec);
        let Some((from, timing)) = self.change_of(alarm, to, turn) else { return };
        let grounds = (self.evidence_of(alarm, turn), Some(verdict.watermark));
        let change = self.priority_change((alarm, from, to), &turn.spec, (verdict.instant, turn.now, timing), grounds);
        self.emit(AlarmEvent::PriorityChanged(Box::new(change)), &mut turn.events);
    }

    /// The priority before a change, if there is one. A rise recorded as history is recorded again, as late, at the first recent evaluation
    /// time at which it holds, because nobody was notified of it.
    fn change_of(&self, alarm: AlarmId, to: Priority, turn: &Turn<'_>) -> Option<(Priority, Timing)> {
        let (open, timing) = (self.alarms.get(&alarm)?, self.timing(turn.verdict.instant, turn.now));
        if to != open.priority {
            return Some((open.priority, timing));
        }
        let is_unknown = to > open.known_priority && !open.is_history;
        let is_current = turn.verdict.is_live && !timing.is_history();
        (is_unknown && is_current).then_some((open.known_priority, Timing::Late))
    }

    /// The event of a change of an alarm's priority.
    pub(in crate::alarm::machine) fn priority_change(
        &self,
        (alarm, from, to): (AlarmId, Priority, Priority),
        spec: &AlarmSpec,
        (at, recorded_at, timing): (Timestamp, Timestamp, Timing),
        (evidence, watermark): Grounds,
    ) -> PriorityChange {
        let is_history = timing.is_history() || self.alarms.get(&alarm).is_some_and(|open| open.is_history);
        let reason = spec.priority_steps.iter().find(|step| step.priority == from.max(to));
        PriorityChange {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            from,
            to,
            condition: reason.map_or_else(String::new, |step: &PriorityStep| step.condition.clone()),
            at,
            recorded_at,
            evidence,
            watermark,
            notifies: to > from && !is_history,
            rule_set: self.rule_set.hash,
            place: spec.place.clone(),
            timing,
        }
    }
}
