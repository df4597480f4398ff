//! Stations that were moved: the ledger, the registry and every copy of a store agree about where they stood.

use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Config, Database, DumpScope, Error, ExportScope, Position, ReadOnly, Registry, Station, StationChange, StationId,
    Timestamp,
};

const NOW_MS: i64 = 1_717_200_000_000;

fn config() -> Config {
    Config { clock: Arc::new(ManualClock::new(NOW_MS)), ..Config::default() }
}

fn at(height_m: f64) -> Position {
    Position { lon_lat_deg: Some((121.5, 31.25)), height_m: Some(height_m), ..Position::default() }
}

fn day(days: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS + days * 86_400_000)
}

fn change(id: StationId, height_m: f64, since: Option<Timestamp>) -> StationChange {
    let station = Station::new("park/S1").unwrap().at(at(height_m));
    StationChange { id, station, since, by: "field crew".to_owned(), reason: "a new mast".to_owned() }
}

/// A station at 2 m, then at 4 m ten days ago, and at 8 m now; beside one that stays.
fn moved(dir: &Path) -> (Database, StationId) {
    let db = Database::open(dir, config()).unwrap();
    let id = db.register_station(Station::new("park/S1").unwrap().at(at(2.0))).unwrap();
    db.register_station(Station::new("park/S2").unwrap()).unwrap();
    db.update_station(&change(id, 4.0, Some(day(-10)))).unwrap();
    db.update_station(&change(id, 8.0, None)).unwrap();
    (db, id)
}

fn assert_moved(registry: &Registry, id: StationId) {
    let heights =
        [day(-11), day(-10), day(-1), day(0), day(1)].map(|time| registry.position_at(id, time).unwrap().height_m);
    assert_eq!(heights, [Some(2.0), Some(4.0), Some(4.0), Some(8.0), Some(8.0)]);
    assert_eq!(registry.station(id).unwrap().position(), &at(8.0));
    let other = registry.station_named("park/S2").unwrap();
    assert_eq!(registry.position_at(other, day(0)), Some(&Position::default()));
    assert_eq!(registry.positions(other).count(), 0);
}

#[test]
fn positions_of_before_stay_readable_after_opening_backup_and_dump() {
    let (dir, backup, dumped) =
        (crate::support::scratch::dir(), crate::support::scratch::dir(), crate::support::scratch::dir());
    let (db, id) = moved(dir.path());
    assert_moved(&db.registry(), id);
    db.backup(backup.path()).unwrap();
    let mut text = Vec::new();
    db.dump(&DumpScope::WHOLE, &mut text, |_| {}).unwrap();
    drop(db);
    assert_moved(&Database::open(dir.path(), config()).unwrap().registry(), id);
    assert_moved(ReadOnly::open(dir.path()).unwrap().registry(), id);
    assert_moved(&Database::open(backup.path(), config()).unwrap().registry(), id);
    let restored = dumped.path().join("store");
    Database::restore(text.as_slice(), &restored, |_| {}).unwrap();
    assert_moved(&Database::open(&restored, config()).unwrap().registry(), id);
}

#[test]
fn the_ledger_records_before_after_who_and_why_and_a_change_to_the_same_nothing() {
    let dir = crate::support::scratch::dir();
    let (db, id) = moved(dir.path());
    db.update_station(&change(id, 8.0, None)).unwrap();
    let mut text = Vec::new();
    db.export_ledger(ExportScope::History, &mut text).unwrap();
    let lines = std::str::from_utf8(&text).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bodies: Vec<Value> =
        lines.filter(|line| line["kind"] == "station_changed").map(|line| line["body"].clone()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!((&bodies[1]["by"], &bodies[1]["reason"]), (&json!("field crew"), &json!("a new mast")));
    let heights = ["before", "after"].map(|side| bodies[1][side]["position"]["height_m"].clone());
    assert_eq!(heights, [json!(4.0), json!(8.0)]);
}

#[test]
fn a_change_of_what_cannot_change_is_refused_and_changes_nothing() {
    let dir = crate::support::scratch::dir();
    let (db, id) = moved(dir.path());
    let right = change(id, 9.0, None);
    let refused = |change: &StationChange| db.update_station(change).unwrap_err();
    let nobody = StationId::new(9);
    assert!(matches!(refused(&StationChange { id: nobody, ..right.clone() }), Error::NoStation(id) if id == nobody));
    let station = Station::new("park/S3").unwrap();
    let error = refused(&StationChange { station, ..right.clone() });
    assert!(matches!(error, Error::StationRenamed { .. }), "{error}");
    let nowhere = Position { lon_lat_deg: Some((31.25, 121.5)), ..Position::default() };
    let station = Station::new("park/S1").unwrap().at(nowhere);
    assert!(matches!(refused(&StationChange { station, ..right.clone() }), Error::Model(_)));
    assert!(matches!(refused(&StationChange { by: String::new(), ..right.clone() }), Error::Model(_)));
    assert!(matches!(refused(&StationChange { reason: " ".to_owned(), ..right }), Error::Model(_)));
    assert_moved(&db.registry(), id);
}

#[test]
fn a_move_noted_for_an_earlier_time_replaces_the_later_ones() {
    let dir = crate::support::scratch::dir();
    let (db, id) = moved(dir.path());
    db.update_station(&change(id, 6.0, Some(day(-20)))).unwrap();
    let heights = [day(-21), day(-20), day(1)].map(|time| db.registry().position_at(id, time).unwrap().height_m);
    assert_eq!(heights, [Some(2.0), Some(6.0), Some(6.0)]);
}
