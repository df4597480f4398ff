//! A real file system that is full: a small one in memory, mounted in a name space of its own by a child process.

use super::oracle::{Oracle, instrument};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::store::StoreError;
use vocdb::{Batch, Config, Database, DuplicatePolicy, Durability, Error, Frame, InstrumentId, Timestamp};

const NOW_MS: i64 = 1_700_000_000_000;
/// Where the small file system is mounted, for the child.
const MOUNT: &str = "VOCDB_FULL_DISK";
/// Bytes of the small file system.
const MOUNT_BYTES: usize = 4 << 20;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Always, clock, ..Config::default() }).unwrap()
}

/// A batch that no packing makes small.
fn batch(number: i64) -> Vec<Frame> {
    let row = |row: i64| {
        let time = Timestamp::from_ms(NOW_MS - 100_000_000 + (number * 100 + row) * 1_000);
        let noise = super::faulty::scrambled((number * 100 + row) as u64) >> 12;
        Frame::new(InstrumentId::new(1), time, &[Some(noise as f64 / 1e7), Some(number as f64)])
    };
    (0..100).map(row).collect()
}

/// Not a test of its own: the test below starts it, with a small file system mounted.
#[test]
#[ignore = "the child process of the test below, which mounts a file system for it"]
fn a_child_fills_its_disk_and_goes_on() {
    let mount = std::env::var(MOUNT).expect("started by the test below");
    let store = Path::new(&mount).join("store");
    let mut oracle = Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast)]);
    let db = open(&store);
    oracle.register(&db).unwrap();
    let ballast = Path::new(&mount).join("ballast");
    let mut number = 0;
    for round in 0..3 {
        // Whatever is left of the disk but for a little.
        let block = vec![1_u8; 16 << 10];
        let mut filled = Vec::new();
        while std::fs::write(&ballast, &filled).is_ok() {
            filled.extend_from_slice(&block);
        }
        let keep = filled.len().saturating_sub(12 * block.len());
        std::fs::write(&ballast, &filled[..keep]).unwrap();
        let error = loop {
            let frames = batch(number);
            match db.append(&Batch::from_iter(frames.clone())) {
                Ok(receipt) => assert_eq!(receipt, oracle.append(&frames, Timestamp::from_ms(NOW_MS), true)),
                Err(error) => break error,
            }
            number += 1;
        };
        let Error::Store(StoreError::Io { source, .. }) = &error else { panic!("{error:?}") };
        assert_eq!(source.kind(), ErrorKind::StorageFull, "{error}");
        assert!(error.to_string().contains("free space on that file system"), "{error}");
        assert_eq!(oracle.difference(&db), None, "round {round}: reading goes on");
        std::fs::remove_file(&ballast).unwrap();
        let frames = batch(number);
        let receipt = db.append(&Batch::from_iter(frames.clone())).unwrap();
        assert_eq!(receipt, oracle.append(&frames, Timestamp::from_ms(NOW_MS), true));
        number += 1;
        db.seal().unwrap();
    }
    drop(db);
    assert_eq!(oracle.difference(&open(&store)), None, "reopened");
    println!("filled three times, {number} batches");
}

#[test]
fn a_real_disk_that_is_full_fails_appends_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size={MOUNT_BYTES} tmpfs \"$0\" && exec \"$@\"");
    let child = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(dir.path())
        .arg(child)
        .args(["--exact", "storage_full_disk::a_child_fills_its_disk_and_goes_on", "--ignored", "--nocapture"])
        .env(MOUNT, dir.path())
        .output();
    let text = output.as_ref().map_or_else(ToString::to_string, |output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    if !text.contains("running 1 test") {
        eprintln!("NOT RUN on a real disk, only on the fault model: this machine mounts no small file system: {text}");
        return;
    }
    assert!(output.unwrap().status.success() && text.contains("filled three times"), "{text}");
}
