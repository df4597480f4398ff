//! Every alarm that ever opened, and where it stands.

use crate::alarm::event::{AlarmEvent, AlarmId, Closed};
use crate::alarm::machine::{Machine, NextStep};
use crate::alarm::state::{Alarm, Maintenance, Silence};
use crate::verdict::{Evidence, Truth};

/// One alarm, open or closed.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmRecord {
    /// How it stands, or stood when it closed.
    pub alarm: Alarm,
    /// How it closed, where it has.
    pub closed: Option<Closed>,
    /// Why nobody is told, where it is open and that is so.
    pub silence: Option<Silence>,
    /// The maintenance windows under way for it, where it is open.
    pub maintenance: Vec<Maintenance>,
    /// What happens next, where it is open.
    pub next: Option<NextStep>,
}

impl AlarmRecord {
    /// Every alarm that events tell of, by number.
    #[must_use]
    pub fn all(events: &[AlarmEvent]) -> Vec<Self> {
        let mut machine = Machine::default();
        let mut records = Vec::new();
        for event in events {
            if let AlarmEvent::Closed(closed) = event {
                let alarm = machine.alarm(closed.alarm).cloned();
                let closed = Some((**closed).clone());
                records.extend(alarm.map(|alarm| Self {
                    alarm,
                    closed,
                    silence: None,
                    maintenance: Vec::new(),
                    next: None,
                }));
            }
            machine.remember(event);
        }
        let mut next = machine.audit();
        records.extend(machine.alarms().map(|(_, alarm)| Self {
            alarm: alarm.clone(),
            closed: None,
            silence: machine.silence(&alarm.opened.rule, &alarm.opened.scope_key).cloned(),
            maintenance: machine.maintenance_of(&alarm.opened.rule, &alarm.opened.scope_key).cloned().collect(),
            next: next.next().map(|(_, step)| step),
        }));
        records.sort_by_key(Self::id);
        records
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> AlarmId {
        self.alarm.opened.alarm
    }

    /// Whether it is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Where it stands, in words: `open` or `closed`, then what people and rules have made of it.
    #[must_use]
    pub fn states(&self) -> Vec<&'static str> {
        let is = |holds: bool, word: &'static str| holds.then_some(word);
        let silence = self.silence.as_ref();
        let words = [
            Some(if self.is_open() { "open" } else { "closed" }),
            Some(if self.alarm.acknowledged.is_some() { "acknowledged" } else { "unacknowledged" }),
            is(self.alarm.is_history, "history"),
            is(self.alarm.late_at.is_some(), "late"),
            is(self.is_open() && self.alarm.latched_at.is_some(), "latched"),
            is(silence.is_some_and(|silence| silence.shelved.is_some()), "shelved"),
            is(silence.is_some_and(|silence| silence.suppressed.is_some()), "suppressed"),
            is(silence.is_some_and(|silence| silence.out_of_service.is_some()), "out-of-service"),
            is(!self.maintenance.is_empty(), "maintenance"),
        ];
        words.into_iter().flatten().collect()
    }

    /// The stations that it is about: its own, or those of its scope that tripped when it opened, or were unknown where it opened for want of
    /// readings.
    #[must_use]
    pub fn stations(&self) -> Vec<&str> {
        let evidence = &self.alarm.opened.evidence;
        let with = |truth| move |one: &&Evidence| one.trip == truth;
        let has_tripped = evidence.iter().any(|one| one.trip == Truth::True);
        let counted = if has_tripped { Truth::True } else { Truth::Unknown };
        evidence.iter().filter(with(counted)).map(|one| one.station.as_str()).collect()
    }
}
