//! A condition that goes through a part of the past again, without any effect.

use super::super::Machine;
use crate::alarm::event::{ActiveSpan, AlarmEvent, AlarmId, Opened};
use crate::alarm::state::{ConditionState, HeldSteps, Phase, RuleSetRef};
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Evidence, MissingPolicy, Truth, Verdict};
use std::sync::Arc;

/// Openings whose values are kept: those of the first one that nobody knows of go on record.
const OPENINGS_KEPT: usize = 16;

/// A rule over a scope, on trial: what would have become of its condition. Nobody is told.
#[derive(Debug)]
pub struct Trial {
    machine: Machine,
    /// When it would have been active.
    pub(super) spans: Vec<ActiveSpan>,
    /// Of the first openings: when, what people would have read, the values behind it.
    pub(super) openings: Vec<(Timestamp, String, Vec<Evidence>)>,
    /// Opening of the time in which it is active now.
    opening: Option<Arc<Opened>>,
    /// Last trip condition and its instant.
    last: (Truth, Timestamp),
    /// Values behind the last verdict, where the rule has priority steps and the running rule has not come further.
    evidence: Vec<Evidence>,
    /// Newest instant that the running rule has evaluated.
    evaluated: Timestamp,
    /// First instant since the rule has been in force.
    pub(super) begun: Timestamp,
    /// Whether it opens an alarm in place of a condition at rest.
    pub(super) opens: bool,
}

impl Trial {
    /// A condition at rest.
    pub(super) fn new(spec: AlarmSpec, rule_set: RuleSetRef, (begun, evaluated): (Timestamp, Timestamp)) -> Self {
        let mut machine = Machine::default();
        machine.install(vec![spec], rule_set);
        let last = (Truth::Unknown, begun);
        let (spans, openings) = (Vec::new(), Vec::new());
        let evidence = Vec::new();
        Self { machine, spans, openings, opening: None, last, evidence, evaluated, begun, opens: false }
    }

    /// Stands as active since the begin of a span, or as not active; what else is under way goes on.
    pub(super) fn stand(&mut self, standing: Option<ActiveSpan>) {
        self.openings.clear();
        self.opening = None;
        self.spans = standing.map(|span| ActiveSpan { end: None, ..span }).into_iter().collect();
        let Some(state) = self.machine.states.first_mut() else { return };
        let is_active = matches!(state.phase, Phase::Active | Phase::Clearing { .. });
        if is_active != standing.is_some() {
            state.phase = if is_active { Phase::Normal } else { Phase::Active };
            state.quiet_since = None;
            state.steps.clear();
        }
        if standing.is_some() {
            state.alarm.get_or_insert(AlarmId(0));
        } else if is_active {
            state.alarm = None;
        }
    }

    /// Takes the next verdict, of the spec 0.
    pub fn verdict(&mut self, verdict: &Verdict<'_>) {
        for event in self.machine.verdict(verdict, verdict.instant) {
            match event {
                AlarmEvent::Opened(opened) => {
                    self.begin(opened.opened_at);
                    self.opening = Some(Arc::clone(&opened));
                    if self.openings.len() < OPENINGS_KEPT {
                        self.openings.push((opened.opened_at, opened.title.clone(), opened.evidence.clone()));
                    }
                }
                AlarmEvent::Closed(closed) => self.end(closed.closed_at),
                AlarmEvent::LatchChanged(change) if change.is_clear => self.end(change.at),
                AlarmEvent::LatchChanged(change) => self.begin(change.at),
                _ => {}
            }
        }
        self.last = (verdict.trip, verdict.instant);
        if verdict.instant >= self.evaluated && !verdict.priority_steps.is_empty() {
            self.evidence = (verdict.evidence)();
        }
        if verdict.instant >= self.evaluated
            && self.opening.is_none()
            && self.state().is_some_and(ConditionState::is_active)
        {
            let since = self.spans.last().map_or(verdict.instant, |span| span.begin);
            self.opening = self.machine.specs.first().map(|spec| {
                let opened = self.machine.opening(spec, verdict, (since, verdict.instant));
                Arc::new(Opened { opened_at: since, ..opened })
            });
        }
    }

    /// The priority steps that hold as it begins: those that hold now, until readings say otherwise. What is unknown ends none.
    pub(super) fn hold_steps(&mut self, steps: HeldSteps) {
        self.machine.states.iter_mut().for_each(|state| state.steps = steps.clone());
    }

    /// Values behind the last verdict, where the rule has priority steps.
    pub(super) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Where its condition stands.
    pub(super) fn state(&self) -> Option<&ConditionState> {
        self.machine.states.first()
    }

    /// Opening of the time in which it is active now, where that is known.
    pub(super) fn opening(&self) -> Option<&Opened> {
        self.opening.as_deref()
    }

    /// Whether its condition not only has not cleared but holds at the last instant: it trips, or it does not, is not on the way to clear, and
    /// every station is known.
    pub(super) fn holds(&self, is_known: bool) -> bool {
        let (Some(spec), Some(state)) = (self.machine.specs.first(), self.state()) else { return false };
        let (trip, instant) = self.last;
        let is_missing = |since: Timestamp| instant.since_ms(since) >= spec.on_missing_ms;
        state.phase == Phase::Active
            && match trip {
                Truth::True => true,
                Truth::False => is_known,
                Truth::Unknown => {
                    spec.on_missing == MissingPolicy::Alarm && state.missing_since.is_some_and(is_missing)
                }
            }
    }

    fn begin(&mut self, at: Timestamp) {
        self.spans.push(ActiveSpan { alarm: None, begin: at, end: None });
    }

    fn end(&mut self, at: Timestamp) {
        self.opening = None;
        if let Some(last) = self.spans.last_mut() {
            last.end = last.end.or(Some(at));
        }
    }

    /// Whether the condition is active at an instant, where nothing is under way that would change that. Whoever has had the same verdicts
    /// from `behind` on, the first instant that late readings do not reach, stands just so if it is as active: what a condition without
    /// verdicts had begun before, it gives up only once it has been without them for so long from there on.
    pub(super) fn standing(&self, (behind, instant): (Timestamp, Timestamp)) -> Option<bool> {
        let (Some(spec), Some(state)) = (self.machine.specs.first(), self.machine.states.first()) else { return None };
        let trips_soon = spec.on_missing == MissingPolicy::Alarm && state.missing_since.is_some();
        let closes_soon = spec.auto_close_ms.is_some() && state.quiet_since.is_some();
        let is_waiting = |since: Timestamp| instant.since_ms(since.max(behind)) < spec.on_missing_ms;
        match state.phase {
            _ if trips_soon || closes_soon => None,
            Phase::Normal if state.missing_since.is_some_and(is_waiting) => None,
            Phase::Normal => Some(false),
            // Which priority steps held at an instant of the past is not known.
            Phase::Active if !spec.priority_steps.is_empty() => None,
            Phase::Active => Some(true),
            Phase::Pending { .. } | Phase::Clearing { .. } => None,
        }
    }

    /// Whether a running condition stands just so.
    pub(super) fn is_like(&self, running: &ConditionState) -> bool {
        let Some(state) = self.machine.states.first() else { return true };
        let parts = |state: &ConditionState| (state.phase, state.missing_since, state.quiet_since);
        parts(state) == parts(running) && state.steps == running.steps
    }
}
