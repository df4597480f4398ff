//! One alarm to five hundred people over twenty gateways, of which one hangs.
#![cfg(test)]

use super::{BOUND, Host, delivered};
use crossbeam_channel::Receiver;
use std::collections::BTreeSet;
use vocdb::alarm::event::Notification;

const RULES: &str = r#"
    let chain = escalation("everybody");
    for gateway in 0..20 {
        for person in 0..25 { chain.step(0.minutes, contact(`person ${gateway}-${person}`), `sms:${gateway}`); }
    }
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm).escalate(chain);
"#;

#[test]
fn all_of_five_hundred_people_are_told_while_one_gateway_hangs_but_those_behind_it() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).watched_by(RULES);
    let (hanging, release) = host.connect_hanging("sms:0");
    let gateways: Vec<Receiver<Notification>> =
        (1..20).map(|number| host.connect(&format!("sms:{number}"), delivered)).collect();
    host.read(0, 1.5);
    let mut people = BTreeSet::new();
    for gateway in &gateways {
        for _ in 0..25 {
            people.insert(gateway.recv_timeout(BOUND).unwrap().contact);
        }
    }
    assert_eq!(people.len(), 475);
    hanging.recv_timeout(BOUND).unwrap();
    assert!(hanging.is_empty(), "the first one holds up those behind it, and nobody else");
    host.settle(25);
    drop(release);
    host.settle(0);
}
