//! Appending goes on while a new rule set is warmed from stored readings.

use super::{HIGH, append, at, course, feed, file, open_on, register};
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vocdb::base::clock::ManualClock;
use vocdb::io::{FsStorage, LogFile, SealedFile, Storage};
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, Batch, Config, Database, Durability, RulesOnOpen};

type Hook = Box<dyn FnOnce() + Send>;

/// The operating system's files; what is to happen when a segment or the ledger is next read.
#[derive(Default)]
struct Hooked(Mutex<Option<Hook>>);

impl std::fmt::Debug for Hooked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooked")
    }
}

impl Hooked {
    fn meet(&self, path: &Path) {
        if path.extension().is_some_and(|extension| extension == "seg") || path.ends_with("ledger") {
            let hook = self.0.lock().take();
            hook.into_iter().for_each(|hook| hook());
        }
    }
}

impl Storage for Hooked {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        FsStorage.create_dirs(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        FsStorage.list(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.meet(path);
        FsStorage.read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        FsStorage.length(path)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        FsStorage.open_log(path)
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        FsStorage.publish(path, bytes)
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        self.meet(path);
        FsStorage.open_sealed(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        FsStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        FsStorage.remove(path)
    }
}

fn long_rules() -> Vec<RuleFile> {
    let long =
        r#"alarm("day").scope(stations("park/*")).when(avg("x", 1.day) > 2.ppm).on_missing("unknown", 30.minutes);"#;
    file(&format!("{HIGH}\n{long}"))
}

/// Does something in another thread, and waits for its end.
fn beside_it(act: impl FnOnce() + Send + 'static) -> Hook {
    Box::new(move || {
        let (done, finished) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            act();
            let _ = done.send(());
        });
        finished.recv_timeout(Duration::from_secs(60)).expect("appending waits");
    })
}

/// Loads rules over a long window; in the midst of it, while stored readings are read, something is done.
fn load_and(
    during: impl Fn(&vocdb::Database, vocdb::InstrumentId) + Send + Sync + 'static,
    is_during: bool,
) -> Vec<AlarmEvent> {
    let home = crate::support::scratch::dir();
    let storage = Arc::new(Hooked::default());
    let db = Arc::new(open_on(home.path(), RulesOnOpen::Resume, Arc::<Hooked>::clone(&storage)).unwrap());
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..100, |_| 1.0);
    db.seal().unwrap();
    let during = Arc::new(during);
    if is_during {
        let (beside, during) = (Arc::clone(&db), Arc::clone(&during));
        *storage.0.lock() = Some(beside_it(move || during(&beside, id)));
    } else {
        during(&db, id);
    }
    db.load_rule_set(long_rules(), "anna", "longer").unwrap();
    assert!(storage.0.lock().is_none(), "readings were read");
    feed(&db, id, 106..130, |_| 20.0);
    db.events().unwrap()
}

#[test]
fn an_append_made_while_a_rule_set_is_warmed_is_stored_at_once_and_evaluated_by_both_rule_sets() {
    // The alarm of the old rules opens while the new ones are warmed; nothing about the new ones differs from loading them afterwards.
    let during = |db: &vocdb::Database, id| {
        (100..106).for_each(|minute| append(db, id, minute, 20.0).unwrap());
        assert_eq!(db.alarms().len(), 1, "the rules in force go on meanwhile");
    };
    let beside = course(&load_and(during, true));
    let behind = course(&load_and(during, false));
    assert_eq!(beside, behind);
    assert_eq!(beside[0], ("high".to_owned(), "park/S1".to_owned(), at(102), true));
    assert!(beside.iter().any(|(rule, ..)| rule == "day"), "{beside:?}");
}

#[test]
fn appending_goes_on_while_the_ledger_is_read_for_an_explanation() {
    let home = crate::support::scratch::dir();
    let storage = Arc::new(Hooked::default());
    let db = Arc::new(open_on(home.path(), RulesOnOpen::Resume, Arc::<Hooked>::clone(&storage)).unwrap());
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..10, |_| 20.0);
    let beside = Arc::clone(&db);
    *storage.0.lock() = Some(beside_it(move || feed(&beside, id, 10..20, |_| 1.0)));
    let explanation = db.explain(db.alarms()[0].opened.alarm).unwrap().unwrap().to_string();
    assert!(storage.0.lock().is_none(), "the ledger was read");
    // What came meanwhile is not in it, and in the next one.
    assert!(!explanation.contains("closed:"), "{explanation}");
    assert!(db.explain(vocdb::AlarmId(1)).unwrap().unwrap().to_string().contains("closed:"));
}

/// What the first frame behind the loading of a rule over a long window allocates, in bytes.
fn first_frame_bytes(rows: i64) -> u64 {
    let home = crate::support::scratch::dir();
    let clock = Arc::new(ManualClock::new(at(20_000).as_ms()));
    let db =
        Database::open(home.path(), Config { clock, durability: Durability::Buffered, ..Config::default() }).unwrap();
    let id = register(&db, "park/S1", "pid", "x");
    let mut batch = Batch::new();
    (0..rows).for_each(|minute| batch.push_values(id, at(minute), &[Some((minute % 97) as f64)]));
    db.append(&batch).unwrap().all_accepted().unwrap();
    let long = r#"alarm("high").scope(stations("park/*")).when(percentile("x", 10.days, 95.percent) > 200.ppm)
        .on_missing("unknown", 30.minutes);"#;
    db.load_rule_files(file(long)).unwrap();
    allocation_counter::measure(|| append(&db, id, rows, 1.0).unwrap()).bytes_total
}

#[test]
fn the_first_frame_behind_the_loading_of_a_rule_does_not_fill_its_long_window() {
    let [few, many] = [2_000, 12_000].map(first_frame_bytes);
    assert!(many < few + 10_000, "{few} bytes after 2,000 rows, {many} after 12,000");
}
