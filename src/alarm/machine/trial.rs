//! A condition that goes through a part of the past again, without any effect.

use super::Machine;
use crate::alarm::event::{ActiveSpan, AlarmEvent, AlarmId};
use crate::alarm::state::{ConditionState, Phase, RuleSetRef};
use crate::model::Timestamp;
use crate::rules::verdict::{AlarmSpec, Evidence, MissingPolicy, Verdict};

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
}

impl Trial {
    /// A condition at rest.
    pub(super) fn new(spec: AlarmSpec, rule_set: RuleSetRef) -> Self {
        let mut machine = Machine::default();
        machine.install(vec![spec], rule_set);
        Self { machine, spans: Vec::new(), openings: Vec::new() }
    }

    /// Stands as active since the begin of a span, or as not active; what else is under way goes on.
    pub(super) fn stand(&mut self, standing: Option<ActiveSpan>) {
        self.openings.clear();
        self.spans = standing.map(|span| ActiveSpan { end: None, ..span }).into_iter().collect();
        let Some(state) = self.machine.states.first_mut() else { return };
        let is_active = matches!(state.phase, Phase::Active | Phase::Clearing { .. });
        if is_active != standing.is_some() {
            state.phase = if is_active { Phase::Normal } else { Phase::Active };
            state.quiet_since = None;
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
    }

    fn begin(&mut self, at: Timestamp) {
        self.spans.push(ActiveSpan { alarm: None, begin: at, end: None });
    }

    fn end(&mut self, at: Timestamp) {
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
            Phase::Active => Some(true),
            Phase::Pending { .. } | Phase::Clearing { .. } => None,
        }
    }

    /// Whether a running condition stands just so.
    pub(super) fn is_like(&self, running: &ConditionState) -> bool {
        let Some(state) = self.machine.states.first() else { return true };
        let parts = |state: &ConditionState| (state.phase, state.missing_since, state.quiet_since);
        parts(state) == parts(running)
    }
}
