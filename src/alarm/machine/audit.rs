//! What every open alarm waits for: the proof that none is forgotten.

use super::Machine;
use crate::alarm::event::{AlarmId, Shelving};
use crate::alarm::state::{Alarm, Maintenance, Silence};
use crate::base::escape::Line;
use crate::model::Timestamp;
use std::fmt;

/// What happens next about an open alarm, or why nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// A step of its chain is taken.
    Step {
        /// Its index, from 0.
        index: usize,
        /// Host time.
        due: Timestamp,
    },
    /// Everybody told so far is told again.
    Reminder {
        /// Its number, from 1.
        number: u32,
        /// Host time.
        due: Timestamp,
    },
    /// Nothing: somebody takes care of it.
    Acknowledged {
        /// Who, the last of several.
        by: String,
        /// Host time at which the first acknowledgement expires, if one does.
        until: Option<Timestamp>,
    },
    /// Nothing: it is shelved, suppressed or out of service.
    Silent {
        /// By what, in words.
        why: String,
        /// Host time at which that ends by itself, if it does.
        until: Option<Timestamp>,
    },
    /// Nothing: it is on record as history, and its condition is not known to hold now.
    History,
    /// Nothing: all steps and reminders of its chain are taken.
    ChainDone,
    /// Nothing: its rule has no chain.
    NoChain,
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { index, due } => write!(f, "step {} at {due}", index + 1),
            Self::Reminder { number, due } => write!(f, "reminder {number} at {due}"),
            Self::Acknowledged { by, until: None } => write!(f, "nothing: {} takes care of it", Line(by)),
            Self::Acknowledged { by, until: Some(until) } => {
                write!(f, "nothing until {until}: {} takes care of it", Line(by))
            }
            Self::Silent { why, until: Some(until) } => write!(f, "nothing until {until}: {}", Line(why)),
            Self::Silent { why, until: None } => write!(f, "nothing: {}", Line(why)),
            Self::History => {
                f.write_str("nothing (history); notifies if new readings show that the condition holds now")
            }
            Self::ChainDone => f.write_str("nothing: its chain is complete"),
            Self::NoChain => f.write_str("nothing: its rule notifies nobody"),
        }
    }
}

impl Machine {
    /// One line for every open alarm, by number.
    pub fn audit(&self) -> impl Iterator<Item = (AlarmId, NextStep)> {
        self.alarms.iter().map(|(id, alarm)| (*id, self.next_of(alarm)))
    }

    fn next_of(&self, alarm: &Alarm) -> NextStep {
        if let Some(acknowledged) = &alarm.acknowledged {
            let until = alarm.acknowledgements.iter().filter_map(|one| one.expires_at).min();
            return NextStep::Acknowledged { by: acknowledged.by.clone(), until };
        }
        let (rule, scope_key) = (alarm.opened.rule.as_str(), alarm.opened.scope_key.as_str());
        let works: Vec<&Maintenance> = self.maintenance_of(rule, scope_key).collect();
        if self.is_silent(rule, scope_key) {
            return silent(self.silence(rule, scope_key), &works);
        }
        if !alarm.has_begun {
            return NextStep::History;
        }
        if let Some(due) = alarm.next_step_due() {
            return NextStep::Step { index: alarm.steps_taken, due };
        }
        if let Some((number, due)) = alarm.next_reminder() {
            return NextStep::Reminder { number, due };
        }
        if alarm.opened.chain.steps.is_empty() { NextStep::NoChain } else { NextStep::ChainDone }
    }
}

fn silent(silence: Option<&Silence>, works: &[&Maintenance]) -> NextStep {
    let mut why = Vec::new();
    if let Some(shelved) = silence.and_then(|silence| silence.shelved.as_ref()) {
        let how = if shelved.shelving == Shelving::UntilNormal { " until normal" } else { "" };
        why.push(format!("shelved{how} by {}", shelved.standing.by));
    }
    let out_of_service = silence.and_then(|silence| silence.out_of_service.as_ref());
    why.extend(out_of_service.map(|standing| format!("out of service by {}", standing.by)));
    why.extend(silence.and_then(|silence| silence.suppressed.as_ref()).map(|by| format!("suppressed by {by}")));
    let planned = works.iter().map(|work| &work.planned);
    why.extend(planned.map(|planned| format!("maintenance {} by {}: {}", planned.number, planned.by, planned.reason)));
    let ends = silence.and_then(Silence::until).into_iter().chain(works.iter().filter_map(|work| work.ends_at()));
    let is_alone = why.len() == 1;
    NextStep::Silent { why: why.join(", "), until: ends.min().filter(|_| is_alone) }
}
