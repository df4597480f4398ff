//! The alarm of an incident whose deadline has passed. It escalates, is acknowledged and reminds like every other alarm; no rule in force
//! opens or closes it.

use super::Machine;
use crate::alarm::event::{AlarmEvent, AlarmId, CloseReason, Closed, Opened, Timing};
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use crate::verdict::{Chain, DEADLINE_RULE, Place, Priority};
use std::sync::Arc;

/// What the alarm of an overdue incident says, and whom it notifies.
#[derive(Debug, Clone, PartialEq)]
pub struct Overdue {
    /// Name of the incident, which stands in the place of a station or scope.
    pub scope_key: String,
    /// Title of the alarm.
    pub title: String,
    /// Instructions to the recipient; may be empty.
    pub guidance: String,
    /// Host time at which the deadline passed.
    pub due: Timestamp,
    /// Escalation chain, whose steps count from the opening of the alarm.
    pub chain: Chain,
}

impl Machine {
    /// Opens the alarm of an overdue incident. The next tick takes the first step of its chain.
    pub fn open_overdue(&mut self, overdue: Overdue, now: Timestamp) -> (AlarmId, Vec<AlarmEvent>) {
        let Overdue { scope_key, title, guidance, due, chain } = overdue;
        let alarm = AlarmId(self.last_alarm + 1);
        let place = Place { file: Arc::from(scope_key.as_str()), line: 0, column: 0 };
        let opened = Opened {
            alarm,
            rule: DEADLINE_RULE.to_owned(),
            scope_key,
            title,
            priority: Priority::High,
            since: due,
            opened_at: due,
            recorded_at: now,
            chain,
            channels: Vec::new(),
            unit: String::new(),
            evidence: Vec::new(),
            watermark: None,
            rule_set: Digest::default(),
            place,
            guidance,
            fault: None,
            timing: Timing::OnTime,
            found_at: None,
        };
        let mut events = Vec::new();
        self.emit(AlarmEvent::Opened(Arc::new(opened)), &mut events);
        (alarm, events)
    }

    /// Closes the alarm of an incident that is located or closed; those who were notified learn that it closes. Nothing happens if the alarm
    /// is not open.
    pub fn close_overdue(&mut self, alarm: AlarmId, now: Timestamp) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        let Some(open) = self.alarms.get(&alarm).filter(|open| open.opened.is_overdue()) else { return events };
        let closed = Closed {
            alarm,
            rule: open.opened.rule.clone(),
            scope_key: open.opened.scope_key.clone(),
            closed_at: now,
            recorded_at: now,
            reason: CloseReason::DeadlineMet,
            evidence: Vec::new(),
            watermark: None,
            rule_set: None,
            place: None,
        };
        self.close(closed, &mut events);
        events
    }

    /// The escalation chains of the rules in force, each once, by rule and scope.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        let chains = self.sorted.iter().filter_map(|place| self.specs.get(*place)).map(|spec| &spec.chain);
        let mut last: Option<&Chain> = None;
        chains.filter(move |chain| !chain.steps.is_empty() && last.replace(chain) != Some(chain))
    }
}
