//! Gateways that hang for good: what waits behind them reaches people over other ways, or over the gateway in their place.
#![cfg(test)]

use super::{BOUND, Host, delivered};
use std::collections::BTreeSet;
use vocdb::AlarmEvent;
use vocdb::alarm::RowState;
use vocdb::alarm::event::{DeliveryResult, SystemAlarm};

/// Three people behind one gateway, with a telephone each.
const RULES: &str = r#"
    let chain = escalation("all");
    for person in ["anna", "bert", "cleo"] { chain.step(0.minutes, contact(person, ["phone"]), "sms"); }
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm).escalate(chain);
"#;

fn system_alarms(host: &Host) -> Vec<SystemAlarm> {
    let of_event = |event| match event {
        AlarmEvent::SystemAlarm(system) => Some(system),
        _ => None,
    };
    host.db.events().unwrap().into_iter().filter_map(of_event).collect()
}

/// Waits until the gateway's thread has said that it has begun.
fn begun(host: &Host) {
    while !host.db.audit().outbox.iter().any(|row| matches!(row.state, RowState::Leased(_))) {
        host.db.advance().unwrap();
        std::thread::yield_now();
    }
}

#[test]
fn those_behind_an_attempt_that_hangs_are_told_over_their_next_way_after_two_minutes() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let (hanging, release) = host.connect_hanging("sms");
    let phone = host.connect("phone", delivered);
    assert_eq!(hanging.recv_timeout(BOUND).unwrap().contact.0, "anna");
    begun(&host);
    host.advance_to(119_999);
    assert_eq!((phone.len(), system_alarms(&host).len()), (0, 0));
    host.advance_to(120_000);
    let told: BTreeSet<String> = (0..2).map(|_| phone.recv_timeout(BOUND).unwrap().contact.0).collect();
    assert_eq!(told, BTreeSet::from(["bert".to_owned(), "cleo".to_owned()]));
    let said = system_alarms(&host);
    assert_eq!(said.len(), 2, "{said:?}");
    for system in &said {
        assert_eq!(system.reason, "the gateway has not begun with it within 120 s: it hangs");
        assert_eq!((system.way.as_str(), system.next_way.as_deref()), ("sms", Some("phone")));
    }
    drop(release);
    host.advance_to(125_000);
    host.settle(0);
}

#[test]
fn messages_to_a_gateway_all_of_whose_threads_hang_reach_people_all_the_same() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let (hanging, release) = host.connect_hanging("sms");
    let mut now_ms = 0;
    // One thread and the eight in its place: each takes a message and hangs.
    for _ in 0..9 {
        hanging.recv_timeout(BOUND).unwrap();
        begun(&host);
        now_ms += 120_000;
        host.advance_to(now_ms);
        now_ms += 3_600_000;
        host.advance_to(now_ms);
    }
    let phone = host.connect("phone", delivered);
    host.read(now_ms, 0.5);
    host.read(now_ms + 1_000, 1.5);
    host.advance_to(now_ms + 1_000);
    let is_new = |row: &vocdb::alarm::OutboxRow| row.notification.alarm == Some(vocdb::AlarmId(2));
    let queued = host.db.audit().outbox;
    assert_eq!(queued.iter().filter(|row| is_new(row) && row.state == RowState::Queued).count(), 3, "{queued:?}");
    host.advance_to(now_ms + 121_000);
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let row = phone.recv_timeout(BOUND).unwrap();
        told.extend((row.alarm == Some(vocdb::AlarmId(2))).then_some(row.contact.0));
    }
    assert_eq!(told.len(), 3);
    drop(release);
}

#[test]
fn what_a_notifier_has_not_begun_with_goes_to_the_one_in_its_place_at_once() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let (hanging, release) = host.connect_hanging("sms");
    hanging.recv_timeout(BOUND).unwrap();
    begun(&host);
    let sms = host.connect("sms", delivered);
    let told: Vec<String> = (0..2).map(|_| sms.recv_timeout(BOUND).unwrap().contact.0).collect();
    assert_eq!(told, ["bert", "cleo"]);
    host.settle(1);
    host.advance_to(120_000);
    host.advance_to(125_000);
    assert_eq!(sms.recv_timeout(BOUND).unwrap().contact.0, "anna");
    host.settle(0);
    drop(release);
    let attempts: Vec<u32> = host
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.result == DeliveryResult::Delivered)
        .map(|delivery| delivery.attempt)
        .collect();
    assert_eq!(attempts, [1, 1, 2]);
    assert!(hanging.is_empty(), "the one before has begun with nothing else");
    assert_eq!(system_alarms(&host).len(), 0);
}
