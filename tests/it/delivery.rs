//! Delivery: from an alarm in the ledger to people, over gateways that hang, fail, refuse and panic, and over restarts.
#![cfg(test)]

mod crash;
mod flood;
mod hanging;
mod last_resort;
#[cfg(feature = "mail")]
mod mail;
mod operators;
mod parallel;
#[cfg(feature = "mail")]
mod servers;
#[cfg(all(feature = "mail", feature = "webhook", feature = "tls"))]
mod tls;
mod ways;
#[cfg(feature = "webhook")]
mod webhook;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vocdb::alarm::Outcome;
use vocdb::alarm::event::{Delivery, DeliveryResult, Notification};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Durability, Instrument, InstrumentId, Interval, Notifier, Station,
    Timestamp, Unit,
};

const BEGIN_MS: i64 = 1_700_000_000_000;
/// Longer than anything here takes on the slowest machine.
const BOUND: Duration = Duration::from_secs(60);
/// Rounds of at least a millisecond each, or with an event each, after which a delivery is given up.
const ROUNDS_MAX: usize = 100_000;
const RULES: &str = r#"
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm)
        .escalate(escalation("chain").step(0.minutes, contact("duty"), ["app", "sms"]));
"#;

/// A gateway that tells the test what it has taken, and answers as the test says.
struct Gateway<F> {
    taken: Sender<Notification>,
    answer: F,
}

impl<F: Fn(&Notification) -> Outcome + Send + Sync> Notifier for Gateway<F> {
    fn send(&self, notification: &Notification) -> Outcome {
        let _ = self.taken.send(notification.clone());
        (self.answer)(notification)
    }
}

/// A station's database in a folder, under a clock that the test moves.
struct Host {
    clock: Arc<ManualClock>,
    db: Database,
}

impl Host {
    fn open(dir: &Path, now_ms: i64) -> Self {
        let clock = Arc::new(ManualClock::new(BEGIN_MS + now_ms));
        let config = Config { durability: Durability::Buffered, clock: clock.clone(), ..Config::default() };
        Self { clock, db: Database::open(dir, config).unwrap() }
    }

    /// A new database in which one alarm has just opened: duty is to be told by app and by sms.
    fn with_an_alarm(dir: &Path) -> Self {
        Self::open(dir, 0).alarmed()
    }

    fn alarmed(self) -> Self {
        self.alarmed_by(RULES)
    }

    fn alarmed_by(self, rules: &str) -> Self {
        let host = self.watched_by(rules);
        host.read(0, 1.5);
        host
    }

    /// With a station and rules, and no reading yet.
    fn watched_by(self, rules: &str) -> Self {
        let station = self.db.register_station(Station::new("S").unwrap()).unwrap();
        let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
        let pid = Instrument::new("pid", Interval::SECOND, channels).unwrap();
        assert_eq!(self.db.register_instrument(station, pid).unwrap(), InstrumentId::new(1));
        let rules = RuleFile { name: "r.rhai".to_owned(), text: rules.to_owned() };
        self.db.load_rule_files(vec![rules]).unwrap();
        self
    }

    /// Appends one reading.
    fn read(&self, ms: i64, value: f64) {
        let mut batch = Batch::new();
        batch.push_values(InstrumentId::new(1), Timestamp::from_ms(BEGIN_MS + ms), &[Some(value)]);
        assert_eq!(self.db.append(&batch).unwrap().accepted, 1);
    }

    /// Connects a gateway; what it takes comes out of the channel.
    fn connect(
        &self,
        way: &str,
        answer: impl Fn(&Notification) -> Outcome + Send + Sync + 'static,
    ) -> Receiver<Notification> {
        let (taken, receiver) = unbounded();
        self.db.connect(way, Arc::new(Gateway { taken, answer })).unwrap();
        receiver
    }

    /// Connects a gateway that takes what comes and then hangs until the sender is dropped.
    fn connect_hanging(&self, way: &str) -> (Receiver<Notification>, Sender<()>) {
        let (release, hold) = bounded::<()>(0);
        let taken = self.connect(way, move |_| {
            let _ = hold.recv();
            Outcome::Delivered
        });
        (taken, release)
    }

    fn advance_to(&self, ms: i64) {
        self.clock.set_ms(BEGIN_MS + ms);
        self.db.advance().unwrap();
    }

    fn notifications(&self) -> Vec<Notification> {
        let of_event = |event| match event {
            AlarmEvent::Notification(notification) => Some(notification),
            _ => None,
        };
        self.db.events().unwrap().into_iter().filter_map(of_event).collect()
    }

    fn deliveries(&self) -> Vec<Delivery> {
        let of_event = |event| match event {
            AlarmEvent::Delivery(delivery) => Some(delivery),
            _ => None,
        };
        self.db.events().unwrap().into_iter().filter_map(of_event).collect()
    }

    fn outbox(&self) -> usize {
        self.db.stats().unwrap().outbox
    }

    /// Takes everything that gateways have answered until the outbox is down to `left`.
    fn settle(&self, left: usize) {
        let events = self.db.subscribe();
        for _ in 0..ROUNDS_MAX {
            if self.outbox() <= left {
                break;
            }
            self.db.advance().unwrap();
            let _ = events.recv_timeout(Duration::from_millis(1));
        }
        assert_eq!(self.outbox(), left);
    }
}

fn delivered(_: &Notification) -> Outcome {
    Outcome::Delivered
}

fn retry() -> Outcome {
    Outcome::Retry { reason: "busy".to_owned(), after_ms: None }
}

fn ids(notifications: impl IntoIterator<Item = Notification>) -> BTreeSet<String> {
    notifications.into_iter().map(|notification| notification.id).collect()
}

#[test]
fn a_gateway_that_hangs_holds_up_no_other() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0);
    let (hanging, release) = host.connect_hanging("app");
    let sms = host.connect("sms", delivered);
    let host = host.alarmed();
    let stuck = hanging.recv_timeout(BOUND).unwrap();
    let arrived = sms.recv_timeout(BOUND).unwrap();
    assert_eq!((stuck.way.as_str(), arrived.way.as_str()), ("app", "sms"));
    assert_eq!((arrived.contact.0.as_str(), arrived.text.as_str()), ("duty", "1.5 ppm at S"));
    host.settle(1);
    let expected = Delivery {
        notification: arrived.id,
        attempt: 1,
        at: Timestamp::from_ms(BEGIN_MS),
        result: DeliveryResult::Delivered,
    };
    assert_eq!(host.deliveries(), [expected]);
    host.advance_to(119_999);
    assert!(hanging.is_empty(), "an attempt that is under way is not begun again");
    drop(release);
    host.settle(0);
}

#[test]
fn a_failed_attempt_is_repeated_after_its_pause_and_not_before() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    let taken = host.connect("sms", |_| retry());
    let mut now_ms = 0;
    let pauses_s = [5, 30, 120, 300, 900, 3_600, 3_600, 3_600];
    for (attempt, pause_s) in (1..).zip(pauses_s) {
        taken.recv_timeout(BOUND).unwrap();
        host.db.drain().unwrap();
        let result = DeliveryResult::Retry {
            at: Timestamp::from_ms(BEGIN_MS + now_ms + pause_s * 1_000),
            reason: "busy".to_owned(),
        };
        let last = host.deliveries().pop().unwrap();
        assert_eq!((last.attempt, last.at, last.result), (attempt, Timestamp::from_ms(BEGIN_MS + now_ms), result));
        now_ms += pause_s * 1_000;
        host.advance_to(now_ms - 1);
        host.db.drain().unwrap();
        assert!(taken.is_empty(), "attempt {attempt} was repeated before {pause_s} s were over");
        host.advance_to(now_ms);
    }
    taken.recv_timeout(BOUND).unwrap();
    assert_eq!(host.outbox(), 2);
}

#[test]
fn a_notification_that_is_refused_or_delivered_is_never_sent_again() {
    let refused = Outcome::Refused { reason: "no such number".to_owned() };
    let reason = "no such number".to_owned();
    for (outcome, result) in
        [(refused, DeliveryResult::Refused { reason }), (Outcome::Delivered, DeliveryResult::Delivered)]
    {
        let dir = crate::support::scratch::dir();
        let host = Host::with_an_alarm(dir.path());
        let taken = host.connect("sms", move |_| outcome.clone());
        let sent = taken.recv_timeout(BOUND).unwrap();
        host.db.drain().unwrap();
        let last = host.deliveries().pop().unwrap();
        assert_eq!((last.notification, last.attempt, last.result), (sent.id, 1, result));
        host.advance_to(10 * 86_400_000);
        host.db.drain().unwrap();
        assert_eq!((taken.len(), host.outbox()), (0, 1));
        drop(host);
        let host = Host::open(dir.path(), 20 * 86_400_000);
        let taken = host.connect("sms", delivered);
        host.advance_to(21 * 86_400_000);
        host.db.drain().unwrap();
        assert_eq!((taken.len(), host.outbox(), host.deliveries().len()), (0, 1, 1));
    }
}

#[test]
fn a_notifier_that_panics_counts_as_failed_and_is_asked_again() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    let (count, attempts) = unbounded();
    let taken = host.connect("app", move |_| {
        let _ = count.send(());
        if count.len() == 1 { std::panic::resume_unwind(Box::new(())) } else { Outcome::Delivered }
    });
    let first = taken.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let reason = "the notifier panicked".to_owned();
    let at = Timestamp::from_ms(BEGIN_MS + 5_000);
    assert_eq!(host.deliveries().pop().unwrap().result, DeliveryResult::Retry { at, reason });
    host.advance_to(5_000);
    assert_eq!(taken.recv_timeout(BOUND).unwrap(), first);
    host.settle(1);
    let last = host.deliveries().pop().unwrap();
    assert_eq!((attempts.len(), last.attempt, last.result), (2, 2, DeliveryResult::Delivered));
}

#[test]
fn what_waits_in_the_outbox_outlives_a_restart_and_leaves_once() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    let written = host.notifications();
    assert_eq!((written.len(), host.outbox()), (2, 2));
    drop(host);
    let host = Host::open(dir.path(), 60_000);
    assert_eq!(host.outbox(), 2);
    let sms = host.connect("sms", delivered);
    let app = host.connect("app", delivered);
    let sent = [sms.recv_timeout(BOUND).unwrap(), app.recv_timeout(BOUND).unwrap()];
    assert_eq!(ids(sent.clone()), ids(written.clone()));
    assert!(sent.iter().all(|notification| written.contains(notification)));
    host.settle(0);
    assert_eq!(host.notifications(), written);
    drop(host);
    let host = Host::open(dir.path(), 120_000);
    let again = [host.connect("sms", delivered), host.connect("app", delivered)];
    host.advance_to(86_400_000);
    host.db.drain().unwrap();
    assert!(again.iter().all(Receiver::is_empty));
    assert_eq!((host.deliveries().len(), host.outbox()), (2, 0));
}

#[test]
fn an_attempt_without_an_answer_is_repeated_after_a_restart_under_the_same_id() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    let (hanging, release) = host.connect_hanging("sms");
    let first = hanging.recv_timeout(BOUND).unwrap();
    drop(host);
    let host = Host::open(dir.path(), 1_000);
    let taken = host.connect("sms", delivered);
    assert_eq!(taken.recv_timeout(BOUND).unwrap(), first);
    host.settle(1);
    drop(release);
    assert_eq!(host.deliveries().len(), 1);
}

#[test]
fn a_pause_goes_on_over_a_restart() {
    let dir = crate::support::scratch::dir();
    let host = Host::with_an_alarm(dir.path());
    host.connect("sms", |_| retry()).recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    drop(host);
    let host = Host::open(dir.path(), 4_999);
    let taken = host.connect("sms", |_| retry());
    host.db.drain().unwrap();
    assert!(taken.is_empty());
    host.advance_to(5_000);
    taken.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let last = host.deliveries().pop().unwrap();
    let at = Timestamp::from_ms(BEGIN_MS + 35_000);
    assert_eq!((last.attempt, last.result), (2, DeliveryResult::Retry { at, reason: "busy".to_owned() }));
}

#[test]
fn a_new_notifier_takes_the_place_of_the_one_before() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0);
    let before = host.connect("sms", delivered);
    let after = host.connect("sms", delivered);
    let host = host.alarmed();
    assert_eq!(after.recv_timeout(BOUND).unwrap().way, "sms");
    host.settle(1);
    assert!(before.is_empty());
}
