//! What every open alarm waits for: the proof that none is forgotten.

use super::Machine;
use crate::alarm::event::{AlarmId, Shelving};
use crate::alarm::state::{Alarm, Silence};
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
        /// Who.
        by: String,
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
            Self::Acknowledged { by } => write!(f, "nothing: {by} takes care of it"),
            Self::Silent { why, until: Some(until) } => write!(f, "nothing until {until}: {why}"),
            Self::Silent { why, until: None } => write!(f, "nothing: {why}"),
            Self::History => {
                f.write_str("nothing: it is recorded as history, unless its condition turns out to hold now")
            }
            Self::ChainDone => f.write_str("nothing: everybody in its chain has been told"),
            Self::NoChain => f.write_str("nothing: its rule tells nobody"),
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
            return NextStep::Acknowledged { by: acknowledged.by.clone() };
        }
        if let Some(silence) = self.silence(&alarm.opened.rule, &alarm.opened.scope_key) {
            return silent(silence);
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

fn silent(silence: &Silence) -> NextStep {
    let mut why = Vec::new();
    if let Some(shelved) = &silence.shelved {
        let how = if shelved.shelving == Shelving::UntilNormal { " until normal" } else { "" };
        why.push(format!("shelved{how} by {}", shelved.standing.by));
    }
    why.extend(silence.out_of_service.as_ref().map(|standing| format!("out of service by {}", standing.by)));
    why.extend(silence.suppressed.as_ref().map(|by| format!("suppressed by {by}")));
    let is_alone = why.len() == 1;
    NextStep::Silent { why: why.join(", "), until: silence.until().filter(|_| is_alone) }
}
