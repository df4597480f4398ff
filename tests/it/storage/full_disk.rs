//! A real file system that is full: a small one in memory, mounted in a name space of its own by a child process.

use crate::support::oracle::{Oracle, instrument};
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::journal::JournalError;
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DeletionScope, DumpScope, DuplicatePolicy,
    Durability, Error, Frame, InstrumentChange, InstrumentId, Retention, RetentionAge, RetentionScope, TimeRange,
    Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
const ID: InstrumentId = InstrumentId::new(1);
/// Forty batches lie before it.
const MIDNIGHT: Timestamp = Timestamp::from_ms(NOW_MS - 80_000_000);
/// Where the small file system is mounted, for the child.
const MOUNT: &str = "VOCDB_FULL_DISK";
/// Bytes of the small file system.
const MOUNT_BYTES: usize = 8 << 20;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Always, clock, ..Config::default() }).unwrap()
}

/// A batch that no packing makes small.
fn batch(number: i64, channels: usize) -> Vec<Frame> {
    let row = |row: i64| {
        let time = MIDNIGHT.plus_ms((number * 100 + row - 4_000) * 1_000);
        let noise = crate::support::faulty::scrambled((number * 100 + row) as u64) >> 12;
        let mut values = vec![Some(number as f64); channels];
        values[0] = Some(noise as f64 / 1e7);
        Frame::new(ID, time, &values)
    };
    (0..100).map(row).collect()
}

/// A store on a small disk, and what it should hold.
struct Small {
    mount: PathBuf,
    db: Database,
    oracle: Oracle,
    /// Of the next batch.
    number: i64,
}

/// What needs space, besides appending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Seal,
    Settle,
    Delete,
    Change,
    Retain,
    Backup,
    Dump,
}

impl Small {
    fn new(mount: PathBuf) -> Self {
        let db = open(&mount.join("store"));
        let oracle = Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast)]);
        oracle.register(&db).unwrap();
        Self { mount, db, oracle, number: 0 }
    }

    /// Takes whatever is left of the disk but for so many bytes.
    fn fill_but(&self, left_bytes: u64) {
        let mut ballast = File::create(self.mount.join("ballast")).unwrap();
        while ballast.write_all(&[1; 4 << 10]).is_ok() {}
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(left_bytes)).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.mount.join("ballast")).unwrap();
    }

    fn append(&mut self) -> Result<(), Error> {
        let channels = self.oracle.instruments[0].channels().len();
        let frames = batch(self.number, channels);
        let receipt = self.db.append(&Batch::from_iter(frames.clone()))?;
        assert_eq!(receipt, self.oracle.append(&frames, Timestamp::from_ms(NOW_MS), true));
        self.number += 1;
        Ok(())
    }

    /// Does it, and says so to the oracle where it was done. A deletion is of one of the newest batches.
    fn act(&mut self, act: Act, newest: i64) -> Result<(), Error> {
        let at = |number: i64| batch(number, 1)[0].time;
        let tenth = TimeRange::new(at(newest - 10), at(newest - 9));
        let said = || ("data office".to_owned(), "a leak in the inlet".to_owned());
        match act {
            Act::Seal => self.db.seal()?,
            Act::Settle => drop(self.db.compact(Compaction::Everything)?),
            Act::Delete => {
                let (by, reason) = said();
                let deletion =
                    Deletion { instrument: ID, scope: DeletionScope::Channels(vec![0]), range: tenth, by, reason };
                self.db.delete(&deletion)?;
                self.oracle.delete(ID, &[0], tenth);
            }
            Act::Change => {
                let (by, reason) = said();
                let name = format!("c{}", self.oracle.instruments[0].channels().len());
                let channels = vec![ChannelChange::Add(Channel::quantity(name, Unit::Ppb).unwrap())];
                self.db.change_instrument(&InstrumentChange {
                    instrument: ID,
                    channels: channels.clone(),
                    by,
                    reason,
                })?;
                self.oracle.change(ID, &channels);
            }
            Act::Retain => {
                let retention =
                    Retention { scope: RetentionScope::Store, age_max: Some(RetentionAge::DAY), bytes_max: None };
                self.db.retain(&[retention], MIDNIGHT.plus_ms(86_400_000))?;
                self.oracle.delete(ID, &[], TimeRange::new(Timestamp::MIN, MIDNIGHT));
            }
            Act::Backup => {
                let copy = self.mount.join("copy");
                if let Err(error) = self.db.backup(&copy) {
                    let left = std::fs::read_dir(&copy).map_or(0, Iterator::count);
                    assert_eq!(left, 0, "half a backup is no backup, and the next one goes into the same place");
                    return Err(error);
                }
                assert!(Database::verify(&copy, |_, _| {}).unwrap().is_sound());
            }
            Act::Dump => {
                let to = self.mount.join("dump");
                let mut file = BufWriter::new(File::create(&to).unwrap());
                let dumped = self.db.dump(&DumpScope::WHOLE, &mut file, |_| {}).map(|_| ());
                drop(file.into_parts());
                std::fs::remove_file(&to).unwrap();
                dumped?;
            }
        }
        Ok(())
    }

    /// Tries with more and more space until it is done; gives how often there was too little.
    fn act_in_narrow_space(&mut self, act: Act) -> usize {
        let newest = self.number;
        for (failures, left_pages) in (0..40).map(|tries| (tries, (tries * tries) as u64)) {
            self.fill_but(left_pages << 12);
            let done = self.act(act, newest);
            self.free();
            match done {
                Ok(()) => return failures,
                Err(error) => assert_is_full(&error),
            }
            // A deletion that has begun is still to be finished, and is with the next attempt.
            if !matches!(act, Act::Delete | Act::Retain) {
                assert_eq!(self.oracle.difference(&self.db), None, "{act:?} with {left_pages} pages: reading goes on");
            }
            self.append().unwrap();
        }
        panic!("{act:?} is not done in 1,500 pages");
    }
}

fn assert_is_full(error: &Error) {
    let text = error.to_string();
    assert!(text.contains("free space on that file system") || text.contains("No space left"), "{error:?}: {text}");
}

/// Not a test of its own: the test below starts it, with a small file system mounted.
#[test]
#[ignore = "the child process of the test below, which mounts a file system for it"]
fn a_child_fills_its_disk_and_goes_on() {
    let mount = PathBuf::from(std::env::var(MOUNT).expect("started by the test below"));
    let mut small = Small::new(mount);
    for round in 0..3 {
        small.fill_but(200 << 10);
        let error = loop {
            if let Err(error) = small.append() {
                break error;
            }
        };
        let Error::Store(StoreError::Io { source, .. } | StoreError::Journal(JournalError::Io { source, .. })) = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(source.kind(), ErrorKind::StorageFull, "{error}");
        assert_is_full(&error);
        assert_eq!(small.oracle.difference(&small.db), None, "round {round}: reading goes on");
        small.free();
        small.append().unwrap();
        small.db.seal().unwrap();
    }
    for act in [Act::Settle, Act::Seal, Act::Delete, Act::Change, Act::Backup, Act::Dump, Act::Retain, Act::Settle] {
        (0..12).for_each(|_| small.append().unwrap());
        // Before most acts the rows are sealed, so that the full disk meets the act and not the seal that comes first; a change of channels alone
        // takes no space but that of the seal.
        if !matches!(act, Act::Seal | Act::Change) {
            small.db.seal().unwrap();
        }
        let failures = small.act_in_narrow_space(act);
        assert!(failures > 0, "{act:?} needs no space");
        assert_eq!(small.oracle.difference(&small.db), None, "{act:?} is done after {failures} failures");
    }
    let Small { mount, db, oracle, number } = small;
    drop(db);
    assert!(Database::verify(mount.join("store"), |_, _| {}).unwrap().is_sound());
    assert_eq!(oracle.difference(&open(&mount.join("store"))), None, "reopened");
    println!("filled and gone on, {number} batches");
}

#[test]
fn a_backup_touches_nothing_where_anything_stands_already() {
    let dir = crate::support::scratch::dir();
    let db = open(&dir.path().join("store"));
    for place in ["notes", "segments/one.seg", "wal/one.wal"] {
        let folder = dir.path().join(place.replace('/', "-"));
        let file = folder.join(place);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "somebody's").unwrap();
        let error = db.backup(&folder).unwrap_err().to_string();
        assert!(error.contains("choose a new directory"), "{place}: {error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's");
    }
}

#[test]
fn a_real_disk_that_is_full_fails_whatever_needs_space_and_loses_nothing() {
    let dir = crate::support::scratch::dir();
    let script = format!("mount -t tmpfs -o size={MOUNT_BYTES} tmpfs \"$0\" && exec \"$@\"");
    let child = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(dir.path())
        .arg(child)
        .args(["--exact", "storage::full_disk::a_child_fills_its_disk_and_goes_on", "--ignored", "--nocapture"])
        .env(MOUNT, dir.path())
        .output();
    let text = output.as_ref().map_or_else(ToString::to_string, |output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    assert!(
        text.contains("running 1 test"),
        "not run: this machine does not let `unshare` mount a small file system (user namespaces may be off); leave this test out by its name \
         where that is so: {text}"
    );
    assert!(output.unwrap().status.success() && text.contains("filled and gone on"), "{text}");
}
