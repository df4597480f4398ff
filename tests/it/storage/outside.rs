//! Files that somebody removes, cuts, replaces, links or locks behind the store's back: nothing of it goes unnoticed.

mod lost_log;
mod odd_files;
mod open_store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    Batch, Channel, Config, Database, Durability, Error, Frame, Instrument, InstrumentId, Interval, Station, TimeRange,
    Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
const ID: InstrumentId = InstrumentId::new(1);
const RULE: &str = r#"alarm("high").scope("**").when(last("benzene") > 50.ppb).clear_when(last("benzene") < 20.ppb);"#;
/// Over what the rule allows.
const HIGH: f64 = 90.0;
const LOW: f64 = 5.0;

fn config() -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Always, clock, ..Config::default() }
}

fn open(dir: &Path) -> Result<Database, Error> {
    Database::open(dir, config())
}

/// A new store with one instrument and one rule.
fn create(dir: &Path) -> Database {
    let db = open(dir).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    db.register_instrument(station, Instrument::new("pid", Interval::SECOND, vec![benzene]).unwrap()).unwrap();
    db.load_rule_files(vec![RuleFile { name: "high.rhai".to_owned(), text: RULE.to_owned() }]).unwrap();
    db
}

fn at(row: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - 1_000_000 + row * 1_000)
}

/// Appends rows, each in a batch of its own.
fn append(db: &Database, rows: std::ops::Range<i64>, value: f64) -> Result<(), Error> {
    for row in rows {
        db.append(&Batch::from_iter([Frame::new(ID, at(row), &[Some(value)])]))?.all_accepted()?;
    }
    Ok(())
}

/// The numbers of the rows that are stored.
fn rows(db: &Database) -> Vec<i64> {
    let rows = db.readings().rows(ID, &[0], TimeRange::ALL).unwrap();
    rows.samples(0).map(|(time, _)| time.since_ms(at(0)) / 1_000).collect()
}

/// The files of a folder of a store whose names end so, in order.
fn files(dir: &Path, folder: &str, ends: &str) -> Vec<PathBuf> {
    let names = std::fs::read_dir(dir.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = names.filter(|path| path.to_str().unwrap().ends_with(ends)).collect();
    files.sort_unstable();
    files
}

fn only(mut paths: Vec<PathBuf>) -> PathBuf {
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

/// What `verify` finds, in a line each.
fn findings(dir: &Path) -> Vec<String> {
    let report = Database::verify(dir, |_, _| {}).unwrap();
    report.findings.iter().map(|finding| format!("{}: {}", finding.path.display(), finding.reason)).collect()
}

/// A copy of a folder as it is, links and all files followed.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
