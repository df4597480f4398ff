//! Random priority steps, and the priority of an alarm found by looking back over everything said since it opened.
#![cfg(test)]

use super::language::{Claim, RandomRule, any_claim, any_rule, file_of, sites};
use super::{Pair, Slots, any_happening};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use vocdb::rules::compile;
use vocdb::verdict::{Priority, Truth};
use vocdb::{AlarmEvent, AlarmId};

/// A step above the priority low.
#[derive(Debug, Clone)]
pub(crate) struct RandomStep {
    pub(crate) claim: Claim,
    priority: Priority,
    fall_s: i64,
}

/// Steps as an operator would write them.
pub(super) fn text(steps: &[RandomStep]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut text = "\n .priority(\"low\")".to_owned();
    for RandomStep { claim, priority, fall_s } in steps {
        text += &format!("\n .priority_when(\"{priority}\", {claim}, {fall_s}.seconds)");
    }
    text
}

/// A random rule, with priority steps or without.
pub(crate) fn any_stepped_rule() -> impl Strategy<Value = RandomRule> {
    use Priority::{High, Medium, Urgent};
    let priorities = select(vec![vec![], vec![Medium], vec![High], vec![Medium, Urgent], vec![Medium, High, Urgent]]);
    let step = || (any_claim(), select(vec![0_i64, 0, 10, 25, 60]));
    let stepped = (any_rule(), priorities, [step(), step(), step()]).prop_map(|(mut rule, priorities, steps)| {
        let steps = priorities.into_iter().zip(steps);
        rule.steps = steps.map(|(priority, (claim, fall_s))| RandomStep { claim, priority, fall_s }).collect();
        rule
    });
    stepped.prop_filter("the rule loads", |rule| compile(&[file_of(std::slice::from_ref(rule))], &sites()).is_ok())
}

/// Everything that the steps of a rule have said since its alarm opened, or tripped again.
#[derive(Debug)]
pub(crate) struct PriorityCourse {
    steps: Vec<(Priority, i64)>,
    alarm: Option<AlarmId>,
    said: Vec<(i64, Vec<Truth>)>,
    /// How often the priority of an alarm fell, and how often it rose.
    changes: [usize; 2],
}

impl PriorityCourse {
    pub(crate) fn new(steps: &[RandomStep]) -> Self {
        let steps = steps.iter().map(|step| (step.priority, step.fall_s * 1_000)).collect();
        Self { steps, alarm: None, said: Vec::new(), changes: [0; 2] }
    }

    /// Takes what was said at an instant, and what the machine made of that. Gives the priority that its open alarm must have.
    pub(crate) fn take(
        &mut self,
        happened: &[AlarmEvent],
        (ms, steps): (i64, &[Truth]),
    ) -> Option<(AlarmId, Priority)> {
        for event in happened {
            match event {
                AlarmEvent::Opened(opened) => self.begin(Some(opened.alarm)),
                AlarmEvent::LatchChanged(change) => self.begin(Some(change.alarm).filter(|_| !change.is_clear)),
                AlarmEvent::Closed(_) => self.begin(None),
                AlarmEvent::PriorityChanged(change) => self.changes[usize::from(change.is_rise())] += 1,
                _ => {}
            }
        }
        let alarm = self.alarm.filter(|_| !self.steps.is_empty())?;
        self.said.push((ms, steps.to_vec()));
        let holding = self.steps.iter().enumerate().filter(|(place, (_, fall_ms))| self.holds(*place, *fall_ms));
        Some((alarm, holding.map(|(_, (priority, _))| *priority).max().unwrap_or(Priority::Low)))
    }

    fn begin(&mut self, alarm: Option<AlarmId>) {
        (self.alarm, self.said) = (alarm, Vec::new());
    }

    /// Whether a step has been true, and since then never false for as long as its fall takes without a break.
    fn holds(&self, place: usize, fall_ms: i64) -> bool {
        let truths: Vec<(i64, Truth)> = self.said.iter().map(|(ms, steps)| (*ms, steps[place])).collect();
        let Some(last) = truths.iter().rposition(|(_, truth)| *truth == Truth::True) else { return false };
        let runs = truths[last..].split(|(_, truth)| *truth != Truth::False);
        !runs.into_iter().any(|run| {
            let length_ms = |end: usize| run[end].0 - run[..=end].iter().map(|(ms, _)| *ms).min().unwrap();
            (0..run.len()).any(|end| length_ms(end) >= fall_ms)
        })
    }
}

#[test]
fn random_rules_raise_and_lower_the_priorities_of_their_alarms() {
    let cases = (prop::collection::vec(any_stepped_rule(), 1..4), prop::collection::vec(any_happening(), 1..90));
    let mut runner = TestRunner::deterministic();
    let [mut falls, mut rises] = [0; 2];
    for _ in 0..100 {
        let (rules, happenings) = cases.new_tree(&mut runner).unwrap().current();
        let (mut pair, mut slots) = (Pair::new(&rules), Slots::default());
        for happening in &happenings {
            if !pair.happen(happening, &mut slots).unwrap() {
                break;
            }
        }
        for naive in &pair.naive {
            falls += naive.course.changes[0];
            rises += naive.course.changes[1];
        }
    }
    println!("{rises} rises, {falls} falls");
    assert!(rises >= 10 && falls >= 10, "{rises} rises, {falls} falls");
}
