//! A real child process is killed in the middle of a backup or a restore: what it leaves is refused by name, and not in the way of the next
//! attempt.

use super::STORE;
use super::halting::say;
use crate::support::scratch;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use vocdb::store::StoreError;
use vocdb::{
    AlarmLog, Batch, Channel, Config, Database, DumpScope, Error, Instrument, InstrumentId, Interval, ReadOnly,
    Station, TimeRange, Timestamp, Unit,
};

/// What the child is to do, and after how many steps it waits to be killed.
const ORDER: &str = "VOCDB_TEST_UNFINISHED";
const ROWS: usize = 300;

fn wait_for_the_end() -> ! {
    say("halted");
    loop {
        std::thread::park();
    }
}

/// A dump whose last bytes never come.
struct Stalling<R>(R, usize);

impl<R: Read> Read for Stalling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.1 == 0 {
            wait_for_the_end();
        }
        let length = buffer.len().min(self.1);
        let read = self.0.read(&mut buffer[..length])?;
        self.1 -= read;
        Ok(read)
    }
}

/// Not a test of its own: the others start it in a process of its own, and kill it.
#[test]
#[ignore = "the child process of the tests below, which run it"]
fn child_that_copies_until_it_is_killed() {
    let home = std::env::var(STORE).expect("started by one of the tests below");
    let (home, order) = (Path::new(&home), std::env::var(ORDER).expect("started by one of the tests below"));
    let (act, steps) = order.split_once(' ').unwrap();
    let steps: usize = steps.parse().unwrap();
    let progress = |done: u64, _| {
        if done >= steps as u64 {
            wait_for_the_end();
        }
    };
    match act {
        "backup" => drop(open(&home.join("store")).backup_watched(home.join("copy"), progress).unwrap()),
        "restore_backup" => drop(Database::restore_backup(home.join("whole"), home.join("copy"), progress).unwrap()),
        _ => {
            let dump = Stalling(std::fs::File::open(home.join("dump")).unwrap(), steps);
            Database::restore(BufReader::new(dump), home.join("copy"), |_| {}).unwrap();
        }
    }
}

fn open(dir: &Path) -> Database {
    Database::open(dir, Config::default()).unwrap()
}

/// A store of two segments and some rows in memory.
fn fill(dir: &Path) {
    let db = open(dir);
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    let gc = Instrument::new("gc", Interval::MINUTE, channels).unwrap();
    let id = db.register_instrument(station, gc).unwrap();
    for part in 0..3 {
        let mut batch = Batch::new();
        for row in part * ROWS as i64 / 3..(part + 1) * ROWS as i64 / 3 {
            batch.push_values(id, Timestamp::from_ms(1_700_000_040_000 + row * 60_000), &[Some(row as f64)]);
        }
        db.append(&batch).unwrap().all_accepted().unwrap();
        if part < 2 {
            db.seal().unwrap();
        }
    }
}

/// Has a child do it, and kills it once it waits.
fn kill_in(home: &Path, order: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = "crash::unfinished::child_that_copies_until_it_is_killed";
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command.env(STORE, home).env(ORDER, order).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "halted"), "{order}: the child ended before it was killed");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Every way to open a folder refuses it, and says what it is.
fn assert_refused(dir: &Path, context: &str) {
    let errors = [
        Database::open(dir, Config::default()).map(drop).unwrap_err(),
        Database::repair(dir, Config::default(), |_, _| {}).map(drop).unwrap_err(),
        ReadOnly::open(dir).map(drop).unwrap_err(),
        AlarmLog::open(dir).map(drop).unwrap_err(),
        Database::verify(dir, |_, _| {}).map(drop).unwrap_err(),
        Database::restore_backup(dir, dir.with_extension("again"), |_, _| {}).map(drop).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, Error::Store(StoreError::Unfinished { path }) if path == dir), "{context}: {error}");
        assert!(error.to_string().contains("unfinished backup or restore"), "{error}");
    }
}

fn assert_whole(dir: &Path, context: &str) {
    assert!(Database::verify(dir, |_, _| {}).unwrap().is_sound(), "{context}");
    let db = open(dir);
    let rows = db.readings().rows(InstrumentId::new(1), &[0], TimeRange::ALL).unwrap();
    assert_eq!(rows.len(), ROWS, "{context}");
    assert!(!dir.join("UNFINISHED").exists(), "{context}");
}

#[test]
fn a_killed_backup_is_refused_by_name_and_replaced_by_the_next_one() {
    for steps in 0..4 {
        let home = scratch::dir();
        let (store, copy) = (home.path().join("store"), home.path().join("copy"));
        fill(&store);
        kill_in(home.path(), &format!("backup {steps}"));
        assert_refused(&copy, &format!("killed in step {steps}"));
        std::fs::write(copy.join("notes.txt"), "of somebody else").unwrap();
        let error = open(&store).backup(&copy).unwrap_err().to_string();
        assert!(error.contains("it is not empty"), "{error}");
        assert!(copy.join("notes.txt").exists() && copy.join("UNFINISHED").exists(), "nothing is removed");
        std::fs::remove_file(copy.join("notes.txt")).unwrap();
        let db = open(&store);
        assert!(db.backup(&copy).unwrap().replaced_unfinished, "step {steps}");
        assert_whole(&copy, &format!("killed in step {steps}"));
        let error = db.backup(&copy).unwrap_err().to_string();
        assert!(error.contains("it is not empty"), "a finished backup is nobody's to replace: {error}");
        assert!(!db.backup(home.path().join("new")).unwrap().replaced_unfinished);
    }
}

#[test]
fn a_killed_restore_leaves_no_store_and_is_replaced_by_the_next_one() {
    let home = scratch::dir();
    let (store, whole, copy) = (home.path().join("store"), home.path().join("whole"), home.path().join("copy"));
    fill(&store);
    let db = open(&store);
    db.backup(&whole).unwrap();
    let mut text = Vec::new();
    db.dump(&DumpScope::WHOLE, &mut text, |_| {}).unwrap();
    std::fs::write(home.path().join("dump"), &text).unwrap();
    for order in ["restore_backup 0".to_owned(), "restore_backup 1".to_owned(), format!("restore {}", text.len() / 2)] {
        kill_in(home.path(), &order);
        assert!(!copy.exists(), "{order}");
        assert_refused(&home.path().join("copy.restoring"), &order);
        let is_replaced = if order.starts_with("restore_backup") {
            Database::restore_backup(&whole, &copy, |_, _| {}).unwrap().replaced_unfinished
        } else {
            Database::restore(text.as_slice(), &copy, |_| {}).unwrap().replaced_unfinished
        };
        assert!(is_replaced && !home.path().join("copy.restoring").exists(), "{order}");
        assert_whole(&copy, &order);
        std::fs::remove_dir_all(&copy).unwrap();
    }
    std::fs::create_dir(home.path().join("copy.restoring")).unwrap();
    let error = Database::restore_backup(&whole, &copy, |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("not marked as unfinished"), "{error}");
}
