//! Telling people: steps, reminders, closings, and the roll-ups of a flood.

use super::{Heartbeat, Machine};
use crate::alarm::event::{
    AcknowledgementExpired, AlarmEvent, AlarmId, Closed, Escalated, Flood, HeldBack, Notification, Opened, Reminded,
    Subject,
};
use crate::alarm::roster;
use crate::alarm::state::{Alarm, FLOOD_ALARMS};
use crate::base::checksum::sha256;
use crate::base::escape::counted;
use crate::base::escape::{Line, Lines};
use crate::model::Timestamp;
use crate::verdict::{Contact, Party, Priority};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Alarms that a roll-up names one by one.
const ROLL_UP_LINES: usize = 20;

/// A message before it is known who gets it.
struct Message<'a> {
    opened: &'a Opened,
    priority: Priority,
    subject: Subject,
    repeat: u32,
    retrips: u32,
    text: String,
    now: Timestamp,
}

impl Message<'_> {
    /// What to do about the alarm, where somebody is still to do something.
    fn guidance(&self) -> &str {
        if matches!(self.subject, Subject::Step(_) | Subject::Expired(_) | Subject::Raised(_)) {
            &self.opened.guidance
        } else {
            ""
        }
    }

    /// What a person reads who gets it on its own: of a step, what happened and what to do about it.
    fn text(&self) -> String {
        match self.guidance() {
            guidance if guidance.is_empty() || self.repeat > 0 => self.text.clone(),
            guidance => format!("{}\n{}", self.text, Lines(guidance)),
        }
    }
}

/// With an id that is the same for every attempt and after every restart.
pub(super) fn identified(notification: Notification) -> Notification {
    let Notification { alarm, subject, repeat, retrips, contact, way, .. } = &notification;
    let alarm = alarm.map_or(0, |alarm| alarm.0);
    // Receivers know ids of steps by their index from 0.
    let subject = match subject {
        Subject::Step(index) => format!("step {index}"),
        other => other.to_string(),
    };
    let mut text = format!("{alarm}\n{subject}\n{repeat}\n{}\n{way}", contact.0);
    if *retrips > 0 {
        text.push_str(&format!("\n{retrips}"));
    }
    Notification { id: sha256(text.as_bytes()).to_string(), ..notification }
}

/// A notification that goes out over the next way of one that does not get through; `None` where there is no further way.
pub(in crate::alarm) fn rerouted(dead: &Notification, now: Timestamp) -> Option<Notification> {
    let (way, fallback) = dead.fallback.split_first()?;
    let (way, fallback) = (way.clone(), fallback.to_vec());
    Some(identified(Notification { way, fallback, created_at: now, ..dead.clone() }))
}

impl Machine {
    pub(super) fn take_step(&mut self, id: AlarmId, due: Timestamp, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(alarm) = self.alarms.get(&id) else { return };
        let index = alarm.steps_taken;
        let (opened, step) = (Arc::clone(&alarm.opened), alarm.opened.chain.steps.get(index).cloned());
        let (alarm_retrips, priority, late) = (alarm.retrips, alarm.priority, alarm.late_words(None));
        let (Some(step), Ok(number)) = (step, u32::try_from(index)) else { return };
        let parties = roster::parties(&step, now);
        let escalated = Escalated {
            alarm: id,
            step: number,
            due,
            at: now,
            contact: step.contact,
            parties: parties.clone(),
            ways: step.ways.clone(),
        };
        self.emit(AlarmEvent::Escalated(escalated), events);
        let again = if alarm_retrips > 0 { "tripped again: " } else { "" };
        let text = format!("{again}{}{late}", Line(&opened.title));
        let retrips = alarm_retrips;
        let subject = Subject::Step(number);
        let message = Message { opened: &opened, priority, subject, repeat: 0, retrips, text, now };
        for party in &parties {
            self.note_flood(&party.contact, now, events);
            self.tell(&message, party, &step.ways, events);
        }
    }

    pub(super) fn send_reminder(&mut self, id: AlarmId, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some((alarm, (first, first_due))) =
            self.alarms.get(&id).and_then(|a| Some((a.clone(), a.next_reminder()?)))
        else {
            return;
        };
        let Some(remind) = alarm.opened.chain.remind else { return };
        // Of those that fell due together only the newest is sent.
        let missed = now.since_ms(first_due).max(0) / remind.every_ms.max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX).min(remind.times - first);
        let repeat = first + missed;
        let due = first_due.plus_ms(remind.every_ms.saturating_mul(i64::from(missed)));
        self.emit(AlarmEvent::Reminded(Reminded { alarm: id, repeat, due, at: now }), events);
        let Some(subject) = alarm.subject() else { return };
        let (title, late) = (Line(&alarm.opened.title), alarm.late_words(None));
        let text = format!("still open, reminder {repeat}: {title}{late}");
        let (opened, priority, retrips) = (&*alarm.opened, alarm.priority, alarm.retrips);
        let message = Message { opened, priority, subject, repeat, retrips, text, now };
        self.tell_again((&alarm, &alarm.told), &message, events);
    }

    /// Notifies the recipients of earlier notifications that the priority of the alarm rose.
    pub(super) fn send_raise(&mut self, id: AlarmId, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(alarm) = self.alarms.get(&id).cloned() else { return };
        let text = format!("raised to {}: {}{}", alarm.priority, Line(&alarm.opened.title), alarm.late_words(None));
        let (opened, priority, retrips) = (&*alarm.opened, alarm.priority, alarm.retrips);
        let subject = Subject::Raised(alarm.raises);
        let message = Message { opened, priority, subject, repeat: 0, retrips, text, now };
        self.tell_again((&alarm, alarm.raise_recipients()), &message, events);
    }

    /// The first acknowledgement that expires does; where the chain goes on for it, those who were told are told that.
    pub(super) fn end_acknowledgement(&mut self, id: AlarmId, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(alarm) = self.alarms.get(&id) else { return };
        let expiries = alarm.expiries;
        let Some((due, by)) = alarm.next_expiry().map(|(due, one)| (due, one.by.clone())) else { return };
        let text =
            format!("the acknowledgement by {} has expired, still open: {}", Line(&by), Line(&alarm.opened.title));
        self.emit(AlarmEvent::AcknowledgementExpired(AcknowledgementExpired { alarm: id, by, due, at: now }), events);
        let Some(alarm) = self.alarms.get(&id).filter(|alarm| alarm.expiries > expiries).cloned() else { return };
        let (opened, priority, retrips) = (&*alarm.opened, alarm.priority, alarm.retrips);
        let subject = Subject::Expired(alarm.expiries);
        let message = Message { opened, priority, subject, repeat: 0, retrips, text, now };
        self.tell_again((&alarm, &alarm.told), &message, events);
    }

    /// Records the end of an alarm, and tells those who were told of it, unless it is silent.
    pub(super) fn close(&mut self, closed: Closed, events: &mut Vec<AlarmEvent>) {
        let (now, words, closed_at) = (closed.recorded_at, closed.reason.words(), closed.closed_at);
        let alarm = self.alarms.get(&closed.alarm).cloned();
        self.emit(AlarmEvent::Closed(Box::new(closed)), events);
        let Some(alarm) = alarm.filter(|alarm| alarm.paused_since.is_none()) else { return };
        let (title, late) = (Line(&alarm.opened.title), alarm.late_words(Some(closed_at)));
        let text = format!("closed: {title} ({words}){late}");
        let (opened, priority, retrips) = (&*alarm.opened, alarm.priority, alarm.retrips);
        let message = Message { opened, priority, subject: Subject::Closed, repeat: 0, retrips, text, now };
        self.tell_again((&alarm, &alarm.told), &message, events);
    }

    /// Tells those who were told of an alarm, over the same ways, and nobody twice.
    fn tell_again(
        &mut self,
        (alarm, told): (&Alarm, &[(Contact, Vec<String>)]),
        message: &Message<'_>,
        events: &mut Vec<AlarmEvent>,
    ) {
        let mut reached = BTreeSet::new();
        for (contact, ways) in told {
            let mut ways = ways.clone();
            ways.retain(|way| reached.insert((contact.clone(), way.clone())));
            let party = Party { contact: contact.clone(), fallback: alarm.fallback_of(contact) };
            self.tell(message, &party, &ways, events);
        }
    }

    fn tell(&mut self, message: &Message<'_>, party: &Party, ways: &[String], events: &mut Vec<AlarmEvent>) {
        if ways.is_empty() {
            return;
        }
        let Message { opened, priority, subject, repeat, retrips, now, .. } = *message;
        if self.loads.get(&party.contact).is_some_and(|load| load.flood_since.is_some()) {
            let held = HeldBack {
                alarm: opened.alarm,
                subject,
                priority,
                party: party.clone(),
                ways: ways.to_vec(),
                text: message.text.clone(),
                at: now,
            };
            return self.emit(AlarmEvent::HeldBack(held), events);
        }
        for (place, way) in ways.iter().enumerate() {
            if ways.iter().take(place).any(|before| before == way) {
                continue;
            }
            let notification = Notification {
                id: String::new(),
                alarm: Some(opened.alarm),
                subject,
                repeat,
                priority,
                contact: party.contact.clone(),
                way: way.clone(),
                fallback: remaining(&party.fallback, ways),
                text: message.text(),
                created_at: now,
                guidance: message.guidance().to_owned(),
                retrips,
            };
            self.emit(AlarmEvent::Notification(identified(notification)), events);
        }
    }

    /// A flood begins with the tenth alarm within ten minutes.
    fn note_flood(&mut self, contact: &Contact, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(load) = self.loads.get(contact).filter(|load| load.flood_since.is_none()) else { return };
        let alarms = load.count(now);
        if alarms >= FLOOD_ALARMS {
            let alarms = u32::try_from(alarms).unwrap_or(u32::MAX);
            let flood = Flood { contact: contact.clone(), is_on: true, alarms, at: now };
            self.emit(AlarmEvent::FloodChanged(flood), events);
        }
    }

    pub(super) fn end_flood(&mut self, contact: &Contact, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let alarms = self.loads.get(contact).map_or(0, |load| load.count(now));
        let alarms = u32::try_from(alarms).unwrap_or(u32::MAX);
        let flood = Flood { contact: contact.clone(), is_on: false, alarms, at: now };
        self.emit(AlarmEvent::FloodChanged(flood), events);
    }

    /// One message, over all ways that those held back would have taken, in place of all of them.
    pub(super) fn roll_up(&mut self, contact: &Contact, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(load) = self.loads.get(contact) else { return };
        let (number, held, alarms) = (load.rolled_up.0 + 1, load.held.clone(), load.count(now));
        let subject = Subject::RollUp(number);
        let mut text =
            format!("{} in 10 minutes; {} in one:", counted(alarms, "alarm"), counted(held.len(), "message"));
        for one in held.iter().take(ROLL_UP_LINES) {
            text.push_str(&format!("\n{} {}", one.alarm, Line(&one.text)));
        }
        if let Some(more) = held.len().checked_sub(ROLL_UP_LINES).filter(|more| *more > 0) {
            text.push_str(&format!("\nand {more} more"));
        }
        let ways: BTreeSet<&String> = held.iter().flat_map(|one| &one.ways).collect();
        let ways: Vec<String> = ways.into_iter().cloned().collect();
        let fallback = held.first().map_or_else(Vec::new, |one| remaining(&one.party.fallback, &ways));
        for way in &ways {
            let notification = Notification {
                id: String::new(),
                alarm: None,
                subject,
                repeat: 0,
                priority: held.iter().map(|one| one.priority).max().unwrap_or_default(),
                contact: contact.clone(),
                way: way.clone(),
                fallback: fallback.clone(),
                text: text.clone(),
                created_at: now,
                guidance: String::new(),
                retrips: 0,
            };
            self.emit(AlarmEvent::Notification(identified(notification)), events);
        }
    }

    pub(super) fn send_heartbeat(&mut self, number: u64, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(Heartbeat { contact, way, .. }) = self.heartbeat.clone() else { return };
        let subject = Subject::Heartbeat(number);
        let open = self.alarms.len();
        let notification = Notification {
            id: String::new(),
            alarm: None,
            subject,
            // After the host's clock was set back, numbers come again: as other messages.
            repeat: self.clock_changes,
            priority: Priority::Low,
            contact,
            way,
            fallback: Vec::new(),
            text: format!("alive at {now}; open alarms: {open}"),
            created_at: now,
            guidance: String::new(),
            retrips: 0,
        };
        self.emit(AlarmEvent::Notification(identified(notification)), events);
    }
}

/// The further ways that are not taken at once already.
pub(super) fn remaining(fallback: &[String], ways: &[String]) -> Vec<String> {
    fallback.iter().filter(|way| !ways.contains(way)).cloned().collect()
}
