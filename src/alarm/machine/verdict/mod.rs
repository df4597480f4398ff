//! One verdict: the condition goes on, alarms open, clear, latch and close.

mod priority;

use super::Machine;
use crate::alarm::event::{
    AlarmEvent, AlarmId, CloseReason, Closed, Joined, Knowledge, LatchChange, Membership, Opened, Shelving,
    ShelvingEnd, ShelvingEnded, Suppression,
};
use crate::alarm::state::{ConditionState, HeldSteps, Phase};
use crate::alarm::text;
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Evidence, MissingPolicy, Truth, Verdict};
use std::sync::Arc;

/// One verdict on its way through the machine.
pub(super) struct Turn<'a> {
    pub(super) spec: Arc<AlarmSpec>,
    pub(super) verdict: &'a Verdict<'a>,
    pub(super) now: Timestamp,
    pub(super) events: Vec<AlarmEvent>,
}

impl Machine {
    /// Takes one verdict, at host time `now`.
    pub fn verdict(&mut self, verdict: &Verdict<'_>, now: Timestamp) -> Vec<AlarmEvent> {
        let (Some(spec), Some(state)) = (self.specs.get(verdict.spec), self.states.get_mut(verdict.spec)) else {
            return Vec::new();
        };
        if self.silences.is_empty() && leaves_at_rest(state, verdict) {
            return Vec::new();
        }
        let mut turn = Turn { spec: Arc::clone(spec), verdict, now, events: Vec::new() };
        let mut next = std::mem::take(state);
        next.begin_no_later_than(verdict.instant);
        self.note_suppression(&next, &mut turn);
        self.note_membership(&mut next, &mut turn);
        let trip = self.weigh_missing(&mut next, &mut turn);
        next.phase = next_phase(&next, trip, verdict);
        next.quiet_since = match (trip, next.phase) {
            (Truth::False, Phase::Active | Phase::Clearing { .. }) => next.quiet_since.or(Some(verdict.instant)),
            _ => None,
        };
        self.settle(&mut next, trip, &mut turn);
        if !self.history.is_empty() && trip != Truth::Unknown {
            self.note_current(&next, &mut turn);
        }
        if !turn.spec.priority_steps.is_empty() {
            self.note_priority(&mut next, &mut turn);
        }
        if let Some(state) = self.states.get_mut(verdict.spec) {
            *state = next;
        }
        turn.events
    }

    /// Opens or ends what has held for long enough.
    fn settle(&mut self, next: &mut ConditionState, trip: Truth, turn: &mut Turn<'_>) {
        let (instant, spec) = (turn.verdict.instant, Arc::clone(&turn.spec));
        let is_quiet = |auto_close_ms| next.quiet_since.is_some_and(|since| instant.since_ms(since) >= auto_close_ms);
        match next.phase {
            Phase::Pending { since } if trip == Truth::True && instant.since_ms(since) >= spec.hold_ms => {
                next.phase = Phase::Active;
                match next.alarm {
                    Some(latched) => self.change_latch(latched, false, turn),
                    None => next.alarm = Some(self.open(since, turn)),
                }
            }
            Phase::Clearing { since } if instant.since_ms(since) >= spec.clear_hold_ms => {
                self.clear(next, CloseReason::Cleared, turn);
            }
            Phase::Active | Phase::Clearing { .. } if spec.auto_close_ms.is_some_and(is_quiet) => {
                self.clear(next, CloseReason::AutoClosed, turn);
            }
            _ => {}
        }
    }

    /// The alarm of a condition has cleared: it closes, or stays latched.
    fn clear(&mut self, next: &mut ConditionState, reason: CloseReason, turn: &mut Turn<'_>) {
        (next.phase, next.quiet_since) = (Phase::Normal, None);
        let Some(alarm) = next.alarm else { return };
        if turn.spec.is_latching {
            self.change_latch(alarm, true, turn);
        } else {
            next.alarm = None;
            let closed = Closed {
                alarm,
                rule: turn.spec.rule.clone(),
                scope_key: turn.spec.scope_key.clone(),
                closed_at: turn.verdict.instant,
                recorded_at: turn.now,
                reason,
                evidence: self.evidence_of(alarm, turn),
                watermark: Some(turn.verdict.watermark),
                rule_set: Some(self.rule_set.hash),
                place: Some(turn.spec.place.clone()),
            };
            self.close(closed, &mut turn.events);
        }
        let shelved = self.silence(&turn.spec.rule, &turn.spec.scope_key).and_then(|silence| silence.shelved.as_ref());
        if shelved.is_some_and(|shelved| shelved.shelving == Shelving::UntilNormal) {
            let ended = ShelvingEnded {
                alarm: Some(alarm),
                rule: turn.spec.rule.clone(),
                scope_key: turn.spec.scope_key.clone(),
                end: ShelvingEnd::BackToNormal,
                due: turn.now,
                at: turn.now,
            };
            self.emit(AlarmEvent::ShelvingEnded(ended), &mut turn.events);
        }
    }

    /// The values behind a verdict on an open alarm. Where they are in another unit than those of its opening, each station's own is left out:
    /// the terms have their units.
    fn evidence_of(&self, alarm: AlarmId, turn: &Turn<'_>) -> Vec<Evidence> {
        let mut evidence = (turn.verdict.evidence)();
        let tripped = (turn.verdict.trip == Truth::True).then(|| (turn.verdict.shown)().unit);
        let unit = tripped.filter(|unit| !unit.is_empty()).unwrap_or_else(|| turn.spec.unit.clone());
        if self.alarm(alarm).is_some_and(|alarm| alarm.opened.unit != unit) {
            evidence.iter_mut().for_each(|one| one.value = None);
        }
        evidence
    }

    fn change_latch(&mut self, alarm: AlarmId, is_clear: bool, turn: &mut Turn<'_>) {
        let timing = self.timing(turn.verdict.instant, turn.now);
        let change = LatchChange {
            alarm,
            rule: turn.spec.rule.clone(),
            scope_key: turn.spec.scope_key.clone(),
            is_clear,
            at: turn.verdict.instant,
            recorded_at: turn.now,
            evidence: self.evidence_of(alarm, turn),
            watermark: Some(turn.verdict.watermark),
            begins_anew: !is_clear && !timing.is_history(),
            rule_set: Some(self.rule_set.hash),
            place: Some(turn.spec.place.clone()),
            timing,
        };
        self.emit(AlarmEvent::LatchChanged(Box::new(change)), &mut turn.events);
    }

    fn note_suppression(&mut self, next: &ConditionState, turn: &mut Turn<'_>) {
        if turn.verdict.suppressed.is_none() && self.silences.is_empty() {
            return;
        }
        let spec = &turn.spec;
        let before = self.silence(&spec.rule, &spec.scope_key).and_then(|silence| silence.suppressed.as_deref());
        if before == turn.verdict.suppressed {
            return;
        }
        let change = Suppression {
            alarm: next.alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            by: turn.verdict.suppressed.map(str::to_owned),
            at: turn.verdict.instant,
            recorded_at: turn.now,
            watermark: Some(turn.verdict.watermark),
            rule_set: Some(self.rule_set.hash),
            place: Some(spec.place.clone()),
        };
        self.emit(AlarmEvent::SuppressionChanged(change), &mut turn.events);
    }

    fn note_membership(&mut self, next: &mut ConditionState, turn: &mut Turn<'_>) {
        let absent = turn.verdict.absent;
        if next.absent == absent {
            return;
        }
        let missing_from = |list: &[String], from: &[String]| -> Vec<String> {
            from.iter().filter(|name| !list.contains(name)).cloned().collect()
        };
        let membership = Membership {
            rule: turn.spec.rule.clone(),
            scope_key: turn.spec.scope_key.clone(),
            at: turn.verdict.instant,
            recorded_at: turn.now,
            left: missing_from(&next.absent, absent),
            returned: missing_from(absent, &next.absent),
            watermark: Some(turn.verdict.watermark),
            rule_set: Some(self.rule_set.hash),
            place: Some(turn.spec.place.clone()),
        };
        next.absent = absent.to_vec();
        self.emit(AlarmEvent::MembershipChanged(membership), &mut turn.events);
    }

    /// Keeps count of unknown verdicts. Gives the truth that counts: missing data trips a rule that says so.
    fn weigh_missing(&mut self, next: &mut ConditionState, turn: &mut Turn<'_>) -> Truth {
        let (spec, instant) = (Arc::clone(&turn.spec), turn.verdict.instant);
        let (fault, rule_set) = (fault_of(turn.verdict), Some(self.rule_set.hash));
        let is_told = spec.on_missing == MissingPolicy::Unknown || fault.is_some();
        let knowledge = |since: Timestamp, alarm: Option<AlarmId>| Knowledge {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            at: instant,
            recorded_at: turn.now,
            since,
            fault,
            watermark: Some(turn.verdict.watermark),
            rule_set,
            place: Some(spec.place.clone()),
        };
        if turn.verdict.trip != Truth::Unknown {
            let since = next.missing_since.take().unwrap_or(instant);
            if std::mem::take(&mut next.is_unknown) {
                self.emit(AlarmEvent::BecameKnown(knowledge(since, next.alarm)), &mut turn.events);
            }
            return turn.verdict.trip;
        }
        let since = *next.missing_since.get_or_insert(instant);
        let is_over = instant.since_ms(since) >= spec.on_missing_ms;
        if is_over && matches!(next.phase, Phase::Pending { .. }) && spec.on_missing != MissingPolicy::Alarm {
            next.phase = Phase::Normal;
        }
        match spec.on_missing {
            MissingPolicy::Alarm if is_over => return Truth::True,
            // A closure that fails is a mistake of the rule, which `keep` must not hide.
            MissingPolicy::Unknown | MissingPolicy::Keep if is_over && is_told && !next.is_unknown => {
                next.is_unknown = true;
                self.emit(AlarmEvent::BecameUnknown(knowledge(since, next.alarm)), &mut turn.events);
            }
            _ => {}
        }
        Truth::Unknown
    }

    fn open(&mut self, since: Timestamp, turn: &mut Turn<'_>) -> AlarmId {
        let opened = self.opening(&turn.spec, turn.verdict, (since, turn.now));
        let alarm = opened.alarm;
        self.record_opening(opened, &mut turn.events);
        alarm
    }

    /// The next alarm, as it opens at a verdict that is recorded at host time `now`.
    pub(super) fn opening(
        &self,
        spec: &AlarmSpec,
        verdict: &Verdict<'_>,
        (since, now): (Timestamp, Timestamp),
    ) -> Opened {
        let (evidence, shown) = ((verdict.evidence)(), (verdict.shown)());
        let title = text::title(spec, (&evidence, &shown), since);
        Opened {
            alarm: AlarmId(self.last_alarm + 1),
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            title: format!("{title}{}", text::want(verdict, &evidence)),
            priority: HeldSteps::at_opening(spec, verdict.priority_steps, verdict.instant),
            since,
            opened_at: verdict.instant,
            recorded_at: now,
            chain: spec.chain.clone(),
            channels: spec.channels.clone(),
            unit: if shown.unit.is_empty() { spec.unit.clone() } else { shown.unit },
            evidence,
            watermark: Some(verdict.watermark),
            rule_set: self.rule_set.hash,
            place: spec.place.clone(),
            guidance: spec.guidance.clone(),
            fault: fault_of(verdict),
            timing: self.timing(verdict.instant, now),
            found_at: None,
        }
    }

    /// Records an opening, and which group the alarm joins.
    pub(super) fn record_opening(&mut self, opened: Opened, events: &mut Vec<AlarmEvent>) {
        let joined = self.groups.match_for(&opened).map(|(group, cause)| Joined {
            group,
            alarm: opened.alarm,
            cause,
            at: opened.opened_at,
            recorded_at: opened.recorded_at,
        });
        self.emit(AlarmEvent::Opened(Arc::new(opened)), events);
        if let Some(joined) = joined {
            self.emit(AlarmEvent::Joined(joined), events);
        }
    }
}

/// Why a closure has no answer, where the verdict is unknown for that.
fn fault_of(verdict: &Verdict<'_>) -> Option<String> {
    verdict.fault.filter(|_| verdict.trip == Truth::Unknown).map(str::to_owned)
}

/// Whether a condition is at rest and the verdict, like nearly every one, leaves it there.
fn leaves_at_rest(state: &ConditionState, verdict: &Verdict<'_>) -> bool {
    verdict.trip == Truth::False
        && state.phase == Phase::Normal
        && !state.is_unknown
        && state.missing_since.is_none()
        && state.quiet_since.is_none()
        && verdict.suppressed.is_none()
        && state.absent == verdict.absent
}

/// Where the condition goes. An alarm does not clear while it trips, whatever its clear condition says.
fn next_phase(state: &ConditionState, trip: Truth, verdict: &Verdict<'_>) -> Phase {
    let clears = verdict.clear == Truth::True && trip != Truth::True;
    match state.phase {
        Phase::Normal if trip == Truth::True => Phase::Pending { since: verdict.instant },
        Phase::Pending { .. } if trip == Truth::False => Phase::Normal,
        Phase::Active if clears => Phase::Clearing { since: verdict.instant },
        Phase::Clearing { .. } if !clears => Phase::Active,
        unchanged => unchanged,
    }
}
