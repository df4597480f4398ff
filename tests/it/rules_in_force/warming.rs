//! Appending goes on while a new rule set is warmed from stored readings.

use super::{HIGH, append, at, course, feed, file, open_on, register};
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vocdb::rules::RuleFile;
use vocdb::store::io::{FsStorage, LogFile, SealedFile, Storage};
use vocdb::{AlarmEvent, RulesOnOpen};

type Hook = Box<dyn FnOnce() + Send>;

/// The operating system's files; what is to happen when a segment is next read.
#[derive(Default)]
struct Hooked(Mutex<Option<Hook>>);

impl std::fmt::Debug for Hooked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooked")
    }
}

impl Hooked {
    fn meet(&self, path: &Path) {
        if path.extension().is_some_and(|extension| extension == "seg") {
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

/// Loads rules over a long window; in the midst of it, while stored readings are read, something is done.
fn load_and(
    during: impl Fn(&vocdb::Database, vocdb::InstrumentId) + Send + Sync + 'static,
    is_during: bool,
) -> Vec<AlarmEvent> {
    let home = crate::scratch::dir();
    let storage = Arc::new(Hooked::default());
    let db = Arc::new(open_on(home.path(), RulesOnOpen::Resume, Arc::<Hooked>::clone(&storage)).unwrap());
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..100, |_| 1.0);
    db.seal().unwrap();
    let during = Arc::new(during);
    if is_during {
        let (beside, during) = (Arc::clone(&db), Arc::clone(&during));
        let hook = move || {
            let (done, finished) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                during(&beside, id);
                let _ = done.send(());
            });
            finished.recv_timeout(Duration::from_secs(60)).expect("appending waits for the rules to be warmed");
        };
        *storage.0.lock() = Some(Box::new(hook));
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
