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
    let dir = tempfile::tempdir().unwrap();
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
