//! The power goes at every change of a file while an alarm opens, is acknowledged, escalates, is delivered and closes: no alarm,
//! acknowledgement or step is lost, and none comes twice.
#![cfg(test)]

use super::{BEGIN_MS, Gateway, RULES, delivered};
use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
use crossbeam_channel::{Receiver, unbounded};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vocdb::alarm::AlarmKey;
use vocdb::alarm::event::{DeliveryResult, Notification, Shelving};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, AlarmId, Batch, Channel, Config, Database, Durability, Error, Instrument, InstrumentId, Interval,
    Station, Timestamp, Unit,
};

const ONE: AlarmId = AlarmId(1);

/// What is done, in order, each with its host time in milliseconds.
const DONE: [(i64, Act); 13] = [
    (0, Act::SetUp),
    (0, Act::Read(1.5)),
    (1_000, Act::Deliver),
    (2_000, Act::Acknowledge),
    (3_000, Act::Unacknowledge),
    (4_000, Act::Shelve),
    (60_000, Act::Advance),
    (400_000, Act::Advance),
    (500_000, Act::Deliver),
    (900_000, Act::Read(0.5)),
    (901_000, Act::Deliver),
    (902_000, Act::Read(2.5)),
    (902_000, Act::Deliver),
];

#[derive(Debug, Clone, Copy)]
enum Act {
    SetUp,
    Read(f64),
    Acknowledge,
    Unacknowledge,
    Shelve,
    Advance,
    Deliver,
}

fn rules() -> Vec<RuleFile> {
    let chain = ".step(5.minutes, contact(\"head\"), \"sms\").remind(2.minutes, 3));";
    let text = RULES.replace(r#"["app", "sms"]));"#, &format!(r#"["app", "sms"]){chain}"#));
    vec![RuleFile { name: "r.rhai".to_owned(), text }]
}

struct Site<'a> {
    dir: &'a Path,
    storage: &'a FaultyStorage,
    clock: Arc<ManualClock>,
    durability: Durability,
}

impl Site<'_> {
    /// Opens the store with a gateway for each way; what they take comes out of the channel.
    fn open(&self) -> Result<(Database, Receiver<Notification>), Error> {
        let config = Config {
            durability: self.durability,
            clock: self.clock.clone(),
            storage: Arc::new(self.storage.clone()),
            ..Config::default()
        };
        let db = Database::open(self.dir, config)?;
        let (taken, receiver) = unbounded();
        for way in ["app", "sms"] {
            db.connect(way, Arc::new(Gateway { taken: taken.clone(), answer: delivered }))?;
        }
        Ok((db, receiver))
    }
}

fn act(db: &Database, ms: i64, act: Act) -> Result<(), Error> {
    let key = AlarmKey::new("high", "S");
    let has = |wanted: &dyn Fn(&AlarmEvent) -> bool| db.events().map(|events| events.iter().any(wanted));
    match act {
        Act::SetUp => {
            let station = db.register_station(Station::new("S").unwrap())?;
            let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
            db.register_instrument(station, Instrument::new("pid", Interval::SECOND, channels).unwrap())?;
            db.load_rule_files(rules()).map(|_| ())
        }
        Act::Read(value) => {
            let mut batch = Batch::new();
            batch.push_values(InstrumentId::new(1), Timestamp::from_ms(BEGIN_MS + ms), &[Some(value)]);
            db.append(&batch).map(|_| ())
        }
        // What the ledger has already is not done again.
        Act::Acknowledge if has(&|event| matches!(event, AlarmEvent::Acknowledged(_)))? => Ok(()),
        Act::Acknowledge => db.acknowledge(ONE, "anna", "going"),
        Act::Unacknowledge if db.alarms()[0].acknowledged.is_none() => Ok(()),
        Act::Unacknowledge => db.unacknowledge(ONE, "anna", "cannot"),
        Act::Shelve if !db.silences().is_empty() => Ok(()),
        Act::Shelve => {
            let until = Shelving::Until(Timestamp::from_ms(BEGIN_MS + ms + 50_000));
            db.shelve(&key, until, "anna", "known")
        }
        Act::Advance => db.advance(),
        Act::Deliver => db.advance().and_then(|()| db.drain()),
    }
}

/// The events but for what became of deliveries, which depends on when gateways answer.
fn history(db: &Database) -> Vec<AlarmEvent> {
    let is_history = |event: &AlarmEvent| !matches!(event, AlarmEvent::Delivery(_));
    db.events().unwrap().into_iter().filter(is_history).collect()
}

/// Does everything, with the power going after so many changes. Checks the store after it came back, and at the end.
fn crash(changes: u64, is_done: bool, unsynced: Unsynced, expected: &[AlarmEvent]) {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    storage.set_fault(Fault::PowerFor { changes, is_done });
    let site = Site {
        dir: dir.path(),
        storage: &storage,
        clock: Arc::new(ManualClock::new(BEGIN_MS)),
        durability: Durability::Always,
    };
    let (mut sent, mut heard) = (Vec::<Notification>::new(), Vec::new());
    let mut opened = site.open().ok();
    let mut events = opened.as_ref().map(|(db, _)| db.subscribe());
    for (ms, what) in DONE {
        site.clock.set_ms(BEGIN_MS + ms);
        let result = opened.as_ref().map(|(db, _)| act(db, ms, what));
        heard.extend(events.iter().flat_map(|events| events.try_iter()));
        if matches!(result, Some(Ok(()))) && !storage.is_off() {
            continue;
        }
        // The threads of the gateways say all they have to say before the power comes back.
        let (db, taken) = opened.take().map_or_else(|| (None, None), |(db, taken)| (Some(db), Some(taken)));
        drop(db);
        sent.extend(taken.iter().flatten());
        storage.restart(unsynced);
        let (db, taken) = site.open().unwrap();
        let known = db.events().unwrap();
        assert!(heard.iter().all(|event| known.contains(event)), "{changes} {unsynced:?}: what was published is there");
        let rows: BTreeSet<String> = history(&db)
            .into_iter()
            .filter_map(|event| if let AlarmEvent::Notification(row) = event { Some(row.id) } else { None })
            .collect();
        assert!(
            sent.iter().all(|row| rows.contains(&row.id)),
            "{changes} {unsynced:?}: nobody is told what is not written"
        );
        events = Some(db.subscribe());
        act(&db, ms, what).unwrap_or_else(|error| panic!("{changes} {what:?}: {error}"));
        opened = Some((db, taken));
    }
    let (db, taken) = opened.unwrap();
    db.drain().unwrap();
    let found = history(&db);
    assert_eq!(found, expected, "{changes} {unsynced:?}");
    let delivered = db.events().unwrap().into_iter().filter(
        |event| matches!(event, AlarmEvent::Delivery(delivery) if delivery.result == DeliveryResult::Delivered),
    );
    let rows = found.iter().filter(|event| matches!(event, AlarmEvent::Notification(_))).count();
    assert!(delivered.count() <= rows, "nothing is delivered twice on record");
    assert_eq!(db.stats().unwrap().outbox, 0, "{changes}: nothing is left behind");
    drop(db);
    sent.extend(taken);
    let ids: BTreeSet<&str> = sent.iter().map(|row| row.id.as_str()).collect();
    assert!(ids.len() <= rows, "no step comes twice under another id");
}

fn reference() -> Vec<AlarmEvent> {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let site = Site {
        dir: dir.path(),
        storage: &storage,
        clock: Arc::new(ManualClock::new(BEGIN_MS)),
        durability: Durability::Always,
    };
    let (db, _taken) = site.open().unwrap();
    for (ms, what) in DONE {
        site.clock.set_ms(BEGIN_MS + ms);
        act(&db, ms, what).unwrap();
    }
    db.drain().unwrap();
    history(&db)
}

#[test]
fn power_that_goes_at_any_change_loses_no_alarm_acknowledgement_or_step_and_repeats_none() {
    let expected = reference();
    let kinds: Vec<String> = expected.iter().filter_map(|event| Some(event.sentence()?.1)).collect();
    assert!(
        kinds.iter().any(|kind| kind.starts_with("reminder")) && kinds.iter().any(|kind| kind.starts_with("closed"))
    );
    let mut struck = 0;
    for changes in 0..400 {
        let mut unsynced =
            Unsynced::all(changes..changes + 1).into_iter().cycle().skip(usize::try_from(changes).unwrap());
        for is_done in [false, true] {
            crash(changes, is_done, unsynced.next().unwrap(), &expected);
            struck += 1;
        }
        if storage_is_spared(changes) {
            break;
        }
    }
    println!("{struck} power failures");
    assert!(struck > 60, "{struck} power failures are too few to show anything");
}

/// Whether so many changes are more than the whole run makes.
fn storage_is_spared(changes: u64) -> bool {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    storage.set_fault(Fault::PowerFor { changes, is_done: false });
    let site = Site {
        dir: dir.path(),
        storage: &storage,
        clock: Arc::new(ManualClock::new(BEGIN_MS)),
        durability: Durability::Always,
    };
    let Ok((db, _taken)) = site.open() else { return false };
    let is_well = DONE.iter().all(|(ms, what)| {
        site.clock.set_ms(BEGIN_MS + ms);
        act(&db, *ms, *what).is_ok()
    });
    is_well && !storage.is_off()
}

/// Does everything until the power goes after so many changes; gives the store as it is then, and whether the power went at all.
fn cut(changes: u64, unsynced: Unsynced, durability: Durability) -> bool {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    storage.set_fault(Fault::PowerFor { changes, is_done: changes.is_multiple_of(2) });
    let site = Site { dir: dir.path(), storage: &storage, clock: Arc::new(ManualClock::new(BEGIN_MS)), durability };
    let mut opened = site.open().ok();
    for (ms, what) in DONE {
        site.clock.set_ms(BEGIN_MS + ms);
        let result = opened.as_ref().map(|(db, _)| act(db, ms, what));
        if !matches!(result, Some(Ok(()))) || storage.is_off() {
            break;
        }
    }
    let was_cut = storage.is_off();
    drop(opened.take());
    storage.restart(unsynced);
    let (db, _taken) = site.open().unwrap();
    let newest = db.latest("S", "x").ok().flatten().map(|(time, _)| time);
    for event in db.events().unwrap() {
        let rests_on = match &event {
            AlarmEvent::Opened(opened) => Some(opened.opened_at),
            AlarmEvent::Closed(closed) => closed.watermark.map(|_| closed.closed_at),
            _ => None,
        };
        assert!(
            rests_on <= newest,
            "{changes} {unsynced:?} {durability:?}: {newest:?} is the newest frame, but {event:?}"
        );
    }
    was_cut
}

#[test]
fn the_ledger_never_knows_of_a_frame_that_is_lost_whatever_an_append_promises() {
    for durability in [Durability::Buffered, Durability::Interval(Duration::from_secs(3_600))] {
        let mut cuts = 0;
        for changes in 0..400 {
            let mut unsynced = Unsynced::all(changes..changes + 1).into_iter().cycle();
            let unsynced = unsynced.nth(usize::try_from(changes).unwrap()).unwrap();
            if !cut(changes, unsynced, durability) {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > 20, "{cuts} power cuts are too few to show anything");
    }
}
