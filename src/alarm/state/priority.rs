//! The priority steps of an open alarm that hold.

use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Priority, PriorityStep, Truth};
use serde::{Deserialize, Serialize};

/// A priority step that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct HeldStep {
    /// Index of the step in the rule.
    step: u32,
    /// Since when its condition has been false, while the rule waits for its fall.
    false_since: Option<Timestamp>,
}

/// The priority steps that hold, in rising order. An alarm that is not active has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct HeldSteps(Vec<HeldStep>);

impl HeldSteps {
    /// Whether none holds.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends all steps.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Applies the conditions of the steps at an evaluation time. An unknown condition starts and ends no step, and restarts the time for
    /// which a condition has been false.
    pub(crate) fn take(&mut self, steps: &[PriorityStep], truths: &[Truth], instant: Timestamp) {
        self.0.retain(|held| (held.step as usize) < steps.len());
        for ((number, step), truth) in (0_u32..).zip(steps).zip(truths) {
            let place = self.0.binary_search_by_key(&number, |held| held.step);
            match (place, truth) {
                (Err(place), Truth::True) => self.0.insert(place, HeldStep { step: number, false_since: None }),
                (Ok(place), Truth::False) => {
                    let held = self.0.get_mut(place);
                    let since = held.map_or(instant, |held| *held.false_since.get_or_insert(instant));
                    if instant.since_ms(since) >= step.fall_ms {
                        self.0.remove(place);
                    }
                }
                (Ok(place), _) => self.0.get_mut(place).into_iter().for_each(|held| held.false_since = None),
                (Err(_), _) => {}
            }
        }
    }

    /// The highest step of a rule that holds.
    fn highest<'a>(&self, spec: &'a AlarmSpec) -> Option<&'a PriorityStep> {
        self.0.last().and_then(|held| spec.priority_steps.get(held.step as usize))
    }

    /// The priority of an alarm of a rule.
    pub(crate) fn priority(&self, spec: &AlarmSpec) -> Priority {
        self.highest(spec).map_or(spec.priority, |step| step.priority)
    }

    /// The priority with which an alarm opens, given the conditions of its steps.
    pub(crate) fn at_opening(spec: &AlarmSpec, truths: &[Truth], instant: Timestamp) -> Priority {
        let mut steps = Self::default();
        steps.take(&spec.priority_steps, truths, instant);
        steps.priority(spec)
    }

    /// The same steps under other rules: by their places where the conditions are the same ones, and by their priorities otherwise. The time for
    /// which a condition must be false restarts then.
    pub(crate) fn carried(&self, (old, new): (&AlarmSpec, &AlarmSpec)) -> Self {
        if old.logic == new.logic {
            return self.clone();
        }
        let held = self.0.iter().filter_map(|held| old.priority_steps.get(held.step as usize));
        let is_held = |step: &PriorityStep| held.clone().any(|held| held.priority == step.priority);
        let steps = (0_u32..).zip(&new.priority_steps).filter(|(_, step)| is_held(step));
        Self(steps.map(|(step, _)| HeldStep { step, false_since: None }).collect())
    }

    /// The same steps, without the times since which their conditions have been false.
    pub(crate) fn holding(&self) -> Self {
        Self(self.0.iter().map(|held| HeldStep { false_since: None, ..*held }).collect())
    }

    /// The steps that a re-evaluation from `first` found. A condition that it found false since `first` may have been false for longer: the
    /// earlier time is taken from the running steps.
    pub(crate) fn found(&self, running: &Self, first: Timestamp) -> Self {
        let of_running = |held: &HeldStep| {
            let place = running.0.binary_search_by_key(&held.step, |held| held.step).ok()?;
            running.0.get(place)?.false_since.filter(|since| *since < first)
        };
        let found = |held: &HeldStep| {
            let earlier = of_running(held).filter(|_| held.false_since == Some(first));
            HeldStep { false_since: earlier.or(held.false_since), ..*held }
        };
        Self(self.0.iter().map(found).collect())
    }

    /// Times since which the conditions of steps that are about to end have been false.
    pub(crate) fn waits(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.0.iter().filter_map(|held| held.false_since)
    }

    /// Limits the times since which conditions have been false, after evaluation went back to an earlier time.
    pub(crate) fn begin_no_later_than(&mut self, instant: Timestamp) {
        for held in &mut self.0 {
            held.false_since = held.false_since.map(|since| since.min(instant));
        }
    }
}
