//! Treatment units: stopped, replaced late, and silent.

use crate::tool::run;
use serde_json::Value;
use std::path::Path;
use vocdb::{
    Batch, Channel, Config, Database, Instrument, Interval, Quality, Sample, Timestamp, Unit, ValueCorrection,
};

const DAY: &str = "2024-06-01";

fn minute(minute: i64) -> Timestamp {
    format!("{DAY}T00:00:00Z").parse::<Timestamp>().unwrap().plus_ms(minute * 60_000)
}

/// Two units that report every minute for five hours: the duty one stops after 120 minutes, the standby one starts after 156, and the duty unit
/// runs again after 240. The standby one is silent for ten minutes from `silent` on.
fn plant(dir: &Path, silent: i64) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let states = || vec![Channel::quantity("run state", Unit::One).unwrap()];
    let [duty, standby] = ["RTO-1", "RTO-2"].map(|name| {
        db.ensure_instrument("park/plant", Instrument::new(name, Interval::MINUTE, states()).unwrap()).unwrap()
    });
    let mut batch = Batch::new();
    for at in 0..300 {
        let runs = !(120..240).contains(&at);
        batch.push_values(duty, minute(at), &[Some(if runs { 1.0 } else { 0.0 })]);
        if !(silent..silent + 10).contains(&at) {
            batch.push_values(standby, minute(at), &[Some(if (156..240).contains(&at) { 1.0 } else { 0.0 })]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.close().unwrap();
}

fn outages(dir: &Path, more: &[&str]) -> Value {
    let question = ["--json", "outages", "store", "--from", DAY, "--to", "2024-06-01T05:00:00Z"];
    let units = ["--duty", "park/plant/RTO-1", "--standby", "park/plant/RTO-2:run state"];
    let printed = run(dir, &[&question[..], &units, more].concat()).printed();
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

#[test]
fn a_standby_that_starts_36_minutes_late_leaves_a_gap_of_36_minutes() {
    let dir = crate::support::scratch::dir();
    plant(dir.path(), 1_000);
    let overlap = ["--overlap-from", "2024-06-01T02:30:00Z", "--overlap-to", "2024-06-01T03:00:00Z"];
    let answer = outages(dir.path(), &overlap);
    assert_eq!(answer["outages"].as_array().unwrap().len(), 1);
    let one = &answer["outages"][0];
    assert_eq!(
        (&one["stopped"], &one["standby_started"]),
        (&"2024-06-01T02:00:00Z".into(), &"2024-06-01T02:36:00Z".into())
    );
    assert_eq!((&one["resumed"], &one["states"][0]), (&"2024-06-01T04:00:00Z".into(), &"off".into()));
    assert_eq!((one["gap_minutes"].as_f64(), one["unknown_minutes"].as_f64()), (Some(36.0), Some(0.0)));
    assert_eq!(one["overlap_minutes"].as_f64(), Some(6.0));
    let text = run(
        dir.path(),
        &[
            "outages",
            "store",
            "--from",
            DAY,
            "--to",
            "2024-06-02",
            "--duty",
            "park/plant/RTO-1",
            "--standby",
            "park/plant/RTO-2",
        ],
    );
    let text = text.printed();
    assert!(text.contains("stopped 2024-06-01T02:00:00Z (off); standby started 2024-06-01T02:36:00Z"), "{text}");
    assert!(text.contains("gap 36 min\n"), "{text}");
    assert!(text.contains("from 2024-06-01T05:00:00Z: no reports"), "what comes after the readings is unknown: {text}");
}

#[test]
fn minutes_without_reports_are_stated_and_not_counted_as_gap() {
    let dir = crate::support::scratch::dir();
    plant(dir.path(), 130);
    let one = &outages(dir.path(), &[])["outages"][0];
    assert_eq!((one["gap_minutes"].as_f64(), one["unknown_minutes"].as_f64()), (Some(26.0), Some(10.0)));
    plant_flagged(dir.path());
    let one = &outages(dir.path(), &[])["outages"][0];
    assert_eq!((one["gap_minutes"].as_f64(), one["unknown_minutes"].as_f64()), (Some(25.0), Some(11.0)));
}

/// One report of the duty unit is flagged as a fault: it says nothing.
fn plant_flagged(dir: &Path) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let (instrument, place) = db.channel("park/plant", "RTO-1/run state").unwrap();
    let flagged = Sample { value: Some(1.0), quality: Quality::Fault };
    let correction = ValueCorrection {
        instrument,
        channel: place,
        samples: vec![(minute(125), flagged)],
        by: "A. Rossi".to_owned(),
        reason: "cable".to_owned(),
    };
    assert_eq!(db.correct(&correction).unwrap(), 1);
    db.close().unwrap();
}

#[test]
fn a_unit_that_cannot_be_found_is_answered_with_those_there_are() {
    let dir = crate::support::scratch::dir();
    plant(dir.path(), 1_000);
    let ask = |duty: &str| {
        run(dir.path(), &["outages", "store", "--from", DAY, "--to", "2024-06-02", "--duty", duty]).error(1)
    };
    assert!(ask("park/plant/RTO-9").contains("instruments are: park/plant/RTO-1, park/plant/RTO-2"));
    assert!(ask("park/plant/RTO-1:state").contains("no channel `state`; it has: run state"));
}
