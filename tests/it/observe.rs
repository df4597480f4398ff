//! What a host sees of a store through the facades that its features open: every span and every metric.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod spans;

use crate::support::oracle::instrument;
use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::{Notifier, Outcome};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{Batch, Compaction, Config, Database, DuplicatePolicy, Frame, InstrumentId, Station, Timers, Timestamp};

const NOW_MS: i64 = 1_700_000_000_000;
const RULES: &str = r#"alarm("high").scope(stations("park/*")).when(last("c0") > 40.ppb)
    .escalate(escalation("desk").step(0.minutes, contact("duty"), "app"));"#;

/// Refuses everything.
#[derive(Debug)]
struct Refusing;

impl Notifier for Refusing {
    fn send(&self, _: &vocdb::alarm::event::Notification) -> Outcome {
        Outcome::Refused { reason: "nobody there".to_owned() }
    }
}

fn rows(from: i64, values: &[f64]) -> Batch {
    let frame = |(row, value): (i64, &f64)| {
        Frame::new(InstrumentId::new(1), Timestamp::from_ms(NOW_MS - 100_000 + row * 1_000), &[Some(*value)])
    };
    (from..).zip(values).map(frame).collect()
}

/// A day in the life: 3 rows, one of them late, one rejected, one corrected, one repeated; an alarm that nobody can be told of; two
/// segments, merged; a log that is read back.
fn live(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let config = Config { timers: Timers::Frames, clock, ..Config::default() };
    let db = Database::open(dir, config.clone()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    db.register_instrument(station, instrument("gc", 1, DuplicatePolicy::KeepLast)).unwrap();
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() }]).unwrap();
    db.connect("app", Arc::new(Refusing)).unwrap();
    let _ = db.append(&rows(5, &[1.0, f64::NAN])).unwrap();
    db.append(&rows(2, &[2.0])).unwrap().all_accepted().unwrap();
    db.seal().unwrap();
    db.append(&rows(2, &[3.0])).unwrap().all_accepted().unwrap();
    db.append(&rows(2, &[3.0])).unwrap().all_accepted().unwrap();
    db.append(&rows(9, &[50.0])).unwrap().all_accepted().unwrap();
    db.drain().unwrap();
    db.seal().unwrap();
    db.compact(Compaction::Everything).unwrap();
    db.append(&rows(10, &[51.0])).unwrap().all_accepted().unwrap();
    db.stats().unwrap();
    drop(db);
    Database::open(dir, config).unwrap()
}
