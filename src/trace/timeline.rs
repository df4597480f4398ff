//! The history of one alarm, from the ledger's events alone.

use crate::alarm::event::{AlarmEvent, AlarmId, DeliveryResult};
use crate::base::escape::Line;
use crate::model::Timestamp;
use std::collections::BTreeMap;

/// One line of an alarm's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When: event time for what was measured, host time for what people and gateways did.
    pub at: Timestamp,
    /// What, in one line. Control and invisible characters are escaped.
    pub what: String,
}

/// Everything that happened to an alarm, in the order of the ledger: since when, opened, told, acknowledged, closed.
#[must_use]
pub fn timeline(events: &[AlarmEvent], alarm: AlarmId) -> Vec<TimelineEntry> {
    let mut recipients: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut entries = Vec::new();
    for event in events {
        if let AlarmEvent::Notification(row) | AlarmEvent::Rerouted(row) = event
            && row.alarm == Some(alarm)
        {
            recipients.insert(&row.id, (&row.contact.0, &row.way));
        }
        let entry = match event {
            AlarmEvent::Delivery(delivery) => recipients.get(delivery.notification.as_str()).map(|(contact, way)| {
                let how = match &delivery.result {
                    DeliveryResult::Delivered => format!("{way} to {contact} delivered"),
                    DeliveryResult::Retry { at, reason } => {
                        format!("{way} to {contact} failed ({reason}); again at {at}")
                    }
                    DeliveryResult::Refused { reason } => format!("{way} to {contact} refused: {reason}"),
                    DeliveryResult::Superseded { .. } => format!("{way} to {contact} left out for a later message"),
                };
                TimelineEntry { at: delivery.at, what: Line(how).to_string() }
            }),
            event if event.alarm() == Some(alarm) => describe(event),
            _ => None,
        };
        entries.extend(entry);
    }
    entries
}

fn describe(event: &AlarmEvent) -> Option<TimelineEntry> {
    event.sentence().map(|(at, what)| TimelineEntry { at, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::event::{Acknowledged, Delivery, Notification, Subject};
    use crate::verdict::{Contact, Priority};

    #[test]
    fn only_the_asked_alarm_and_its_deliveries_are_told() {
        let row = |id: &str, alarm| {
            AlarmEvent::Notification(Notification {
                id: id.to_owned(),
                alarm: Some(AlarmId(alarm)),
                subject: Subject::Step(0),
                repeat: 0,
                fallback: Vec::new(),
                priority: Priority::High,
                contact: Contact("desk".to_owned()),
                way: "sms".to_owned(),
                text: "text".to_owned(),
                created_at: Timestamp::from_ms(1),
                guidance: String::new(),
                retrips: 0,
            })
        };
        let delivered = |id: &str, at| {
            let result = DeliveryResult::Delivered;
            AlarmEvent::Delivery(Delivery {
                notification: id.to_owned(),
                attempt: 1,
                at: Timestamp::from_ms(at),
                result,
            })
        };
        let (by, comment) = ("Li".to_owned(), "going".to_owned());
        let (alarm, at) = (AlarmId(2), Timestamp::from_ms(9));
        let ack = Acknowledged { alarm, by, comment, at, expires_at: None, needed: 0 };
        let ack = AlarmEvent::Acknowledged(ack);
        let events = [row("a", 1), row("b", 2), delivered("a", 5), delivered("b", 6), ack];
        let told: Vec<(i64, String)> =
            timeline(&events, AlarmId(2)).into_iter().map(|e| (e.at.as_ms(), e.what)).collect();
        assert_eq!(told, [(6, "sms to desk delivered".to_owned()), (9, "acknowledged by Li: going".to_owned())]);
    }
}
