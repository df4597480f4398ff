//! A contact whom no way reaches: somebody else is notified, once.
#![cfg(test)]

use super::{BEGIN_MS, BOUND, Host, delivered};
use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::event::{Notification, SystemAlarm};
use vocdb::alarm::{Dispatcher, GatewayReport, LastResort, Notifier, Outcome};
use vocdb::base::clock::ManualClock;
use vocdb::verdict::Contact;
use vocdb::{AlarmEvent, Config, Database, Durability, Timestamp};

const RULES: &str = r#"
    alarm("high").priority("urgent").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm)
        .escalate(escalation("chain").step(0.minutes, contact("duty", ["phone"]), ["app", "sms"]));
"#;

fn open(dir: &Path, now_ms: i64) -> Host {
    let clock = Arc::new(ManualClock::new(BEGIN_MS + now_ms));
    let last_resort = Some(LastResort { contact: Contact("head".to_owned()), way: "email".to_owned() });
    let config = Config { durability: Durability::Buffered, clock: clock.clone(), last_resort, ..Config::default() };
    Host { clock, db: Database::open(dir, config).unwrap() }
}

fn refused(_: &Notification) -> Outcome {
    Outcome::Refused { reason: "no such number".to_owned() }
}

fn system_alarms(host: &Host) -> Vec<SystemAlarm> {
    let of_event = |event| match event {
        AlarmEvent::SystemAlarm(system) => Some(system),
        _ => None,
    };
    host.db.events().unwrap().into_iter().filter_map(of_event).collect()
}

#[test]
fn where_every_way_of_a_contact_is_dead_the_last_resort_is_notified_once() {
    let dir = crate::support::scratch::dir();
    let host = open(dir.path(), 0).alarmed_by(RULES);
    let email = host.connect("email", delivered);
    for way in ["app", "sms", "phone"] {
        assert_eq!(email.len(), 0, "before {way}");
        host.connect(way, refused);
        host.db.drain().unwrap();
    }
    host.db.advance().unwrap();
    host.db.drain().unwrap();
    let message = email.recv_timeout(BOUND).unwrap();
    assert_eq!((message.contact.0.as_str(), message.alarm.is_some(), email.len()), ("head", true, 0));
    assert_eq!(message.text, "duty cannot be reached: 1.5 ppm at S");
    let last = system_alarms(&host).pop().unwrap();
    assert_eq!(
        (last.next_way.as_deref(), last.reason.as_str()),
        (Some("email"), "no such number; head is notified instead")
    );
    assert!(host.db.explain(vocdb::AlarmId(1)).unwrap().unwrap().to_string().contains("head over email (step 1)"));
    drop(host);
    let host = open(dir.path(), 600_000);
    let email = host.connect("email", delivered);
    host.advance_to(7_200_000);
    host.db.drain().unwrap();
    assert_eq!((email.len(), host.outbox()), (0, 0));
}

#[test]
fn where_one_way_delivers_before_or_after_the_others_die_nobody_else_is_notified() {
    for order in [["sms", "app", "phone"], ["app", "phone", "sms"]] {
        let dir = crate::support::scratch::dir();
        let mut host = open(dir.path(), 0).alarmed_by(RULES);
        for way in order {
            let answer: fn(&Notification) -> Outcome = if way == "sms" { delivered } else { refused };
            host.connect(way, answer);
            host.db.drain().unwrap();
            drop(host);
            host = open(dir.path(), 0);
        }
        host.connect("phone", refused);
        let email = host.connect("email", delivered);
        host.advance_to(7_200_000);
        host.db.drain().unwrap();
        assert_eq!((email.len(), host.outbox()), (0, 0), "{order:?}");
    }
}

#[test]
fn a_way_without_a_gateway_counts_as_dead_once_the_priority_waits_no_longer() {
    let dir = crate::support::scratch::dir();
    let host = open(dir.path(), 0).alarmed_by(RULES);
    let email = host.connect("email", delivered);
    host.advance_to(60_000);
    host.db.drain().unwrap();
    assert_eq!(email.len(), 0);
    host.advance_to(60_001);
    host.db.drain().unwrap();
    assert_eq!((email.len(), system_alarms(&host).len()), (0, 2), "the phone is tried first");
    host.advance_to(120_002);
    host.db.drain().unwrap();
    assert_eq!((email.len(), system_alarms(&host).len()), (1, 3));
    let sms = host.connect("sms", delivered);
    sms.recv_timeout(BOUND).unwrap();
    host.advance_to(7_200_000);
    host.db.drain().unwrap();
    assert_eq!(
        (email.len(), system_alarms(&host).len()),
        (1, 3),
        "what waits leaves all the same, and nobody is told twice"
    );
}

/// A gateway that refuses everything.
struct Refusing;

impl Notifier for Refusing {
    fn send(&self, notification: &Notification) -> Outcome {
        refused(notification)
    }
}

#[test]
fn of_ways_that_die_together_the_last_one_to_be_weighed_leads_to_the_last_resort() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    let told = host.notifications().remove(0);
    let of_way = |way: &str| Notification {
        id: format!("id of {way}"),
        way: way.to_owned(),
        fallback: Vec::new(),
        ..told.clone()
    };
    let ways = ["app", "sms", "phone"];
    for first in 0..ways.len() {
        let mut dispatcher = Dispatcher::default();
        dispatcher.set_last_resort(Some(LastResort { contact: Contact("head".to_owned()), way: "email".to_owned() }));
        let now = Timestamp::from_ms(BEGIN_MS);
        for way in ways {
            dispatcher.connect(way, Arc::new(Refusing)).unwrap();
            dispatcher.remember(&AlarmEvent::Notification(of_way(way)));
        }
        dispatcher.send_due(now);
        let reports = dispatcher.reports();
        let mut ended: Vec<GatewayReport> = Vec::new();
        while ended.len() < ways.len() {
            let report = reports.recv_timeout(BOUND).unwrap();
            match report {
                GatewayReport::Ended { .. } => ended.push(report),
                begun => drop(dispatcher.weigh(begun, now)),
            }
        }
        // In one go: none of what follows is on record before all are weighed.
        ended.rotate_left(first);
        let events = ended.into_iter().flat_map(|report| dispatcher.weigh(report, now)).collect::<Vec<_>>();
        let rerouted = |event: &AlarmEvent| matches!(event, AlarmEvent::Rerouted(to) if to.way == "email");
        assert_eq!(events.iter().filter(|event| rerouted(event)).count(), 1, "{events:?}");
    }
}

#[test]
fn a_last_resort_that_cannot_be_reached_either_is_a_system_alarm_and_no_more() {
    let dir = crate::support::scratch::dir();
    let host = open(dir.path(), 0).alarmed_by(RULES);
    for way in ["app", "sms", "phone", "email"] {
        host.connect(way, refused);
    }
    host.settle(0);
    let next: Vec<Option<String>> = system_alarms(&host).into_iter().map(|system| system.next_way).collect();
    assert_eq!(next.last().unwrap(), &None);
    assert_eq!(next.iter().filter(|way| way.as_deref() == Some("email")).count(), 1, "{next:?}");
}

#[test]
fn notification_channels_that_no_rule_can_name_are_refused() {
    let dir = crate::support::scratch::dir();
    let host = open(dir.path(), 0);
    for name in ["whatsapp", "SMS", "sms:", "sms: ", "pager:north", ""] {
        let error = host.db.connect(name, Arc::new(Refusing)).unwrap_err().to_string();
        assert!(error.contains("notification channel") || name.is_empty(), "{name}: {error}");
    }
    host.db.connect("sms:north", Arc::new(Refusing)).unwrap();
    drop(host);
    let last_resort = Some(LastResort { contact: Contact("head".to_owned()), way: "fax".to_owned() });
    let error = Database::open(dir.path(), Config { last_resort, ..Config::default() }).unwrap_err().to_string();
    assert!(error.contains("`fax` is not a notification channel"), "{error}");
}
