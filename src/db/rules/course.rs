//! Rules and alarms, one behind the other: what a frame and what passing time make of them. The running store, tests of rules and
//! backtests all go through here.

use crate::alarm::{AlarmEvent, Machine, Responder};
use crate::model::{FrameRef, Timestamp};
use crate::rules::Engine;
use crate::verdict::Verdict;

/// The rules' engine and the alarm machine behind it, borrowed for one step.
pub(in crate::db) struct Course<'a> {
    pub(in crate::db) engine: &'a mut Engine,
    pub(in crate::db) machine: &'a mut Machine,
    /// A scripted operator, if there is one.
    pub(in crate::db) responder: Option<&'a dyn Responder>,
}

impl Course<'_> {
    /// A frame that arrived at a host time is evaluated at host time `now`.
    pub(in crate::db) fn frame(self, frame: FrameRef<'_>, arrived: Timestamp, now: Timestamp) -> Vec<AlarmEvent> {
        let Self { engine, machine, responder } = self;
        let mut events = machine.tick(now, responder);
        engine.set_present(machine.present(now));
        engine.push(frame, arrived, &mut |verdict| {
            answer(machine, verdict, (now, responder), &mut events);
        });
        events
    }

    /// Time passes without a frame.
    pub(in crate::db) fn time(self, now: Timestamp) -> Vec<AlarmEvent> {
        let Self { engine, machine, responder } = self;
        let mut events = machine.tick(now, responder);
        engine.set_present(machine.present(now));
        engine.idle(now, &mut |verdict| {
            answer(machine, verdict, (now, responder), &mut events);
        });
        events
    }
}

/// What one verdict makes the machine do. What was due before has been met: more comes to be due only by what happens.
fn answer(
    machine: &mut Machine,
    verdict: &Verdict<'_>,
    (now, responder): (Timestamp, Option<&dyn Responder>),
    events: &mut Vec<AlarmEvent>,
) {
    let happened = machine.verdict(verdict, now);
    if !happened.is_empty() {
        events.extend(happened);
        events.extend(machine.tick(now, responder));
    }
}
