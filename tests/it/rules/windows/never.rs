//! Stations that never sent anything: they are silent once the longest silence is over, whatever restarts lie in between.
#![cfg(test)]

use super::BEGIN_MS;
use super::language::{instrument, instrument_id, station_name};
use super::restarts::{answer, config};
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, Backtest, Batch, Config, Database, Interval, Replayed, Station, TimeRange, Timers, Timestamp};

const STEP_MS: i64 = 10_000;

fn rules() -> Vec<RuleFile> {
    let text = "alarm(\"gone\").scope(stations(\"**\")).when(silent(1.minute) or silent(30.seconds)).hold(20.seconds);";
    vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]
}

/// Lets time pass with a look every ten seconds; the first station sends its first frame at the step `sends_at`. With `restarts`, the
/// store is opened anew behind each look.
fn history(dir: &Path, sends_at: Option<i64>, restarts: bool) -> Vec<AlarmEvent> {
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let with_clock = || Config { timers: Timers::Clock, clock: Arc::clone(&clock) as Arc<_>, ..config() };
    let mut db = Database::open(dir, with_clock()).unwrap();
    for index in 0..2 {
        let id = db.register_station(Station::new(station_name(index)).unwrap()).unwrap();
        for is_slow in [false, true] {
            db.register_instrument(id, instrument(is_slow)).unwrap();
        }
    }
    db.load_rule_files(rules()).unwrap();
    for step in 1..=20 {
        let now_ms = (BEGIN_MS / STEP_MS + step) * STEP_MS;
        clock.set_ms(now_ms);
        db.advance().unwrap();
        if sends_at == Some(step) {
            let mut batch = Batch::new();
            batch.push_values(instrument_id(0, false), Timestamp::from_ms(now_ms), &[Some(0.0), None]);
            batch.push_values(instrument_id(0, true), Timestamp::from_ms(now_ms), &[Some(0.0)]);
            db.append(&batch).unwrap().all_accepted().unwrap();
        }
        if restarts {
            drop(db);
            db = Database::open(dir, with_clock()).unwrap();
        }
    }
    db.events().unwrap()
}

fn bytes_of(events: &[AlarmEvent]) -> Vec<String> {
    events.iter().map(|event| format!("{:?}", event.to_record().unwrap())).collect()
}

#[test]
fn a_station_that_never_sent_is_silent_and_restarts_change_nothing() {
    for sends_at in [None, Some(2), Some(9), Some(14)] {
        let [plain, troubled] = [crate::support::scratch::dir(), crate::support::scratch::dir()];
        let events = history(plain.path(), sends_at, false);
        assert_eq!(bytes_of(&events), bytes_of(&history(troubled.path(), sends_at, true)));
        let first = (BEGIN_MS / STEP_MS + 1) * STEP_MS;
        let mut opened = Vec::new();
        for event in &events {
            if let AlarmEvent::Opened(one) = event {
                opened.push((one.scope_key.clone(), one.since.as_ms() - first));
            }
        }
        // Nobody waits before the first look; both silences are over a minute behind it.
        assert!(opened.contains(&(station_name(1), 60_000)), "{opened:?}");
        let of_first = opened.iter().find(|(scope, _)| *scope == station_name(0));
        let expected = match sends_at {
            // A frame came in time: half a minute behind it the shorter silence is over.
            Some(2) => 10_000 + 30_000,
            // It came while the silence had not held for long enough.
            Some(9) => 80_000 + 30_000,
            _ => 60_000,
        };
        assert_eq!(of_first.map(|(_, since)| *since), Some(expected), "{sends_at:?}");

        let db = Database::open(plain.path(), config()).unwrap();
        let range = TimeRange::new(Timestamp::from_ms(BEGIN_MS), Timestamp::from_ms(first + 19 * STEP_MS + 1));
        let question =
            Backtest::new(range).answered_by(Arc::new(answer)).advanced_every(Some(Interval::seconds(10).unwrap()));
        let mut replayed = Vec::new();
        let mut watch = |step| {
            if let Replayed::Event(event) = step {
                replayed.push(event);
            }
        };
        db.backtest(&rules(), &question, &mut watch).unwrap();
        if sends_at.is_none() {
            assert_eq!(bytes_of(&replayed), bytes_of(&events));
        }
    }
}
