//! Metrics, as a recorder of this thread sees them.

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Sums of counters, newest values of gauges, how often histograms were told.
type Values = Arc<Mutex<BTreeMap<String, f64>>>;

struct Keeper(Values);

struct Cell(Values, String);

impl CounterFn for Cell {
    fn increment(&self, amount: u64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += amount as f64;
    }

    fn absolute(&self, _: u64) {
        panic!("counters grow");
    }
}

impl GaugeFn for Cell {
    fn increment(&self, _: f64) {
        panic!("gauges are set");
    }

    fn decrement(&self, _: f64) {
        panic!("gauges are set");
    }

    fn set(&self, value: f64) {
        self.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl HistogramFn for Cell {
    fn record(&self, value: f64) {
        assert!((0.0..60.0).contains(&value), "seconds: {value}");
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += 1.0;
    }
}

impl Recorder for Keeper {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Cell(Arc::clone(&self.0), key.name().to_owned())))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Cell(Arc::clone(&self.0), key.name().to_owned())))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Cell(Arc::clone(&self.0), key.name().to_owned())))
    }
}

#[test]
fn every_counter_and_level_says_what_the_figures_say() {
    let dir = crate::support::scratch::dir();
    let values: Values = Arc::default();
    let stats = metrics::with_local_recorder(&Keeper(Arc::clone(&values)), || super::live(dir.path()).stats().unwrap());
    let values = values.lock().unwrap();
    let value = |name: &str| values.get(&format!("vocdb_{name}")).copied();
    for (name, expected) in [
        ("frames_accepted_total", 5.0),
        ("values_accepted_total", 5.0),
        ("frames_identical_total", 1.0),
        ("frames_out_of_order_total", 1.0),
        ("values_corrected_total", 1.0),
        ("rejected_value_total", 1.0),
        ("rows_sealed_total", 4.0),
        ("deliveries_tried_total", 1.0),
        ("deliveries_failed_total", 1.0),
        ("alarms_open", 1.0),
        ("outbox_notifications", 0.0),
        ("rules_lag_frames", 0.0),
        ("segments", 1.0),
        ("segments_quarantined", 0.0),
        ("segment_bytes", stats.bytes.segments as f64),
        ("wal_bytes", stats.bytes.wal as f64),
        ("catalog_bytes", stats.bytes.catalog as f64),
        ("ledger_bytes", stats.bytes.ledger as f64),
        ("station_lag_max_seconds", 90.0),
    ] {
        assert_eq!(value(name), Some(expected), "{name}: {values:?}");
    }
    assert!(value("syncs_total") >= Some(5.0) && value("sync_seconds") == value("syncs_total"), "{values:?}");
    assert!(value("durable_lag_frames") == Some(0.0) && value("ledger_records") > Some(5.0), "{values:?}");
    let silent = ["syncs_failed_total", "frames_superseded_total", "rejected_future_total"];
    assert!(silent.iter().all(|name| value(name).is_none()), "what did not happen is not told of: {values:?}");
}

/// Makes every counter of a store count, with frames that are refused for each reason, and a seal that finds no space.
fn count_everything(dir: &std::path::Path) -> vocdb::Stats {
    use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
    use crate::support::oracle::instrument;
    use vocdb::{
        Batch, ChannelChange, Config, Database, DuplicatePolicy, Frame, InstrumentChange, InstrumentId, Station,
        Timestamp,
    };
    let storage = FaultyStorage::default();
    let clock = Arc::new(vocdb::base::clock::ManualClock::new(super::NOW_MS));
    let config = Config { clock, storage: Arc::new(storage.clone()), head_bytes_max: 400, ..Config::default() };
    let db = Database::open(dir, config.clone()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    for (name, policy) in [
        ("last", DuplicatePolicy::KeepLast),
        ("first", DuplicatePolicy::KeepFirst),
        ("reject", DuplicatePolicy::Reject),
    ] {
        db.register_instrument(station, instrument(name, 2, policy)).unwrap();
    }
    let id = InstrumentId::new;
    let at = |row: i64| Timestamp::from_ms(super::NOW_MS - 100_000 + row * 1_000);
    let append = |number: u32, row: i64, values: &[Option<f64>]| {
        // Rejected frames are what is counted here.
        let _ = db.append(&Batch::from_iter([Frame::new(id(number), at(row), values)])).unwrap();
    };
    for number in 1..=3 {
        append(number, 5, &[Some(1.0), None]);
        append(number, 5, &[Some(2.0), None]);
    }
    append(1, 5, &[Some(2.0), None]);
    append(1, 3, &[Some(1.0), None]);
    append(9, 3, &[Some(1.0), None]);
    append(1, 6, &[Some(1.0)]);
    append(1, 6, &[Some(f64::INFINITY), None]);
    append(1, 10_000_000, &[Some(1.0), None]);
    let (by, reason) = ("laboratory".to_owned(), "a new column".to_owned());
    let channels = vec![ChannelChange::Retire("c1".to_owned())];
    db.change_instrument(&InstrumentChange { instrument: id(1), channels, by, reason }).unwrap();
    append(1, 7, &[None, Some(1.0)]);
    // The segment's first page is damaged behind the store's back: a late frame cannot be compared with it.
    drop(db);
    let mut files = storage.files();
    let segment = files.iter_mut().find(|(path, _)| path.extension().is_some_and(|kind| kind == "seg")).unwrap();
    segment.1[14] ^= 0xFF;
    storage.replace(&files);
    let before = vocdb::store::Counters::default();
    let db = Database::open(dir, config).unwrap();
    assert_eq!(db.stats().unwrap().counters, before);
    let append = |number: u32, row: i64, values: &[Option<f64>]| {
        // Rejected frames are what is counted here.
        let _ = db.append(&Batch::from_iter([Frame::new(id(number), at(row), values)])).unwrap();
    };
    append(1, 5, &[Some(3.0), None]);
    // Whoever asks for a seal that finds no space counts it, also where the thread that seals has counted some before.
    append(2, 10, &[Some(1.0), Some(2.0)]);
    storage.set_fault(Fault::SpaceFor(0));
    let seals_failed = || db.stats().unwrap().counters.seals_failed;
    let before = seals_failed();
    db.seal().unwrap_err();
    assert!(seals_failed() > before);
    storage.set_fault(Fault::None);
    let stats = db.stats().unwrap();
    drop(db);
    storage.restart(Unsynced::Kept);
    stats
}

#[test]
fn every_counter_of_the_figures_is_a_metric_of_its_name() {
    let dir = crate::support::scratch::dir();
    let values: Values = Arc::default();
    let stats = metrics::with_local_recorder(&Keeper(Arc::clone(&values)), || count_everything(dir.path()));
    let counters = serde_json::to_value(stats.counters).unwrap();
    let values = values.lock().unwrap();
    for name in counters.as_object().unwrap().keys() {
        let is_counted = values.get(&format!("vocdb_{name}_total")).is_some_and(|count| *count > 0.0);
        assert!(is_counted, "{name} is no metric: {values:?}");
    }
}
