//! Sealing goes on beside appending, in bounded memory: what is appended faster than it can be sealed waits, or is refused.

use crossbeam_channel::{Receiver, bounded};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vocdb::io::{FsStorage, LogFile, SealedFile, Storage};
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, Config, Database, Durability, Error, Instrument, InstrumentId, Interval, Station, TimeRange,
    Timestamp, Unit,
};

const T0_MS: i64 = 1_700_000_000_000;
const CHANNELS: usize = 4;
const ROWS_PER_BATCH: usize = 10;
/// A row of four channels: its time, values and marks.
const ROW_BYTES: usize = 8 + 9 * CHANNELS;
const BATCH_BYTES: usize = ROW_BYTES * ROWS_PER_BATCH;
const HEAD_BYTES_MAX: usize = 8 << 10;
const MEMORY_BYTES_MAX: usize = 2 * (HEAD_BYTES_MAX + BATCH_BYTES);

/// The operating system's files, but that segments find no space, or have to wait at a gate.
#[derive(Debug, Default)]
struct Gated {
    is_full: AtomicBool,
    gate: Option<Receiver<()>>,
}

impl Storage for Gated {
    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if path.extension().is_some_and(|extension| extension == "seg") {
            if self.is_full.load(Ordering::SeqCst) {
                return Err(ErrorKind::StorageFull.into());
            }
            if let Some(gate) = &self.gate {
                gate.recv_timeout(Duration::from_secs(120)).map_err(|_| io::Error::other("the gate stayed shut"))?;
            }
        }
        FsStorage.publish(path, bytes)
    }

    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        FsStorage.create_dirs(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        FsStorage.list(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        FsStorage.read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        FsStorage.length(path)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        FsStorage.open_log(path)
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        FsStorage.open_sealed(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        FsStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        FsStorage.remove(path)
    }
}

fn open(dir: &Path, storage: &Arc<Gated>) -> Database {
    let storage: Arc<dyn Storage> = Arc::<Gated>::clone(storage);
    let durability = Durability::Buffered;
    Database::open(dir, Config { durability, head_bytes_max: HEAD_BYTES_MAX, storage, ..Config::default() }).unwrap()
}

fn register(db: &Database, station: &str) -> InstrumentId {
    let station = db.register_station(Station::new(station).unwrap()).unwrap();
    let channel = |index| Channel::quantity(format!("c{index}"), Unit::Ppb).unwrap();
    let channels = (0..CHANNELS).map(channel).collect();
    db.register_instrument(station, Instrument::new("gc", Interval::SECOND, channels).unwrap()).unwrap()
}

fn batch(instrument: InstrumentId, number: usize) -> Batch {
    let mut batch = Batch::new();
    for row in number * ROWS_PER_BATCH..(number + 1) * ROWS_PER_BATCH {
        let time = Timestamp::from_ms(T0_MS + 1_000 * row as i64);
        batch.push_values(instrument, time, &[Some(row as f64), Some(0.5), None, Some(-1.25)]);
    }
    batch
}

/// The first channel's values, which count the rows.
fn assert_rows(db: &Database, instrument: InstrumentId, batches: usize) {
    let mut scan = db.readings().scan(instrument, &[0], TimeRange::ALL).unwrap();
    let mut row = 0;
    while let Some(chunk) = scan.next_rows().unwrap() {
        for (time, value) in chunk.times.iter().zip(&chunk.columns[0].values) {
            assert_eq!((time.as_ms(), *value), (T0_MS + 1_000 * row as i64, row as f64));
            row += 1;
        }
    }
    assert_eq!(row, batches * ROWS_PER_BATCH);
    let latest = db.readings().latest(instrument, 0).unwrap().map(|(_, sample)| sample.value);
    assert_eq!(latest, (row > 0).then(|| Some((row - 1) as f64)));
}

fn memory_bytes(db: &Database) -> usize {
    usize::try_from(db.stats().unwrap().memory.head_bytes).unwrap()
}

#[test]
fn appends_and_queries_go_on_while_a_segment_is_being_written() {
    let dir = crate::support::scratch::dir();
    let (open_gate, gate) = bounded(8);
    let db = open(dir.path(), &Arc::new(Gated { gate: Some(gate), ..Gated::default() }));
    let instrument = register(&db, "park/S1");
    let mut batches = 0;
    // As many as fill a head, and half of the next.
    while batches * BATCH_BYTES * 2 < HEAD_BYTES_MAX * 3 {
        db.append(&batch(instrument, batches)).unwrap().all_accepted().unwrap();
        batches += 1;
        assert_rows(&db, instrument, batches);
    }
    assert!(memory_bytes(&db) > HEAD_BYTES_MAX, "the first head is on its way, and in memory");
    assert_eq!(db.stats().unwrap().segments.count, 0, "its segment waits at the gate");
    open_gate.send(()).unwrap();
    open_gate.send(()).unwrap();
    db.seal().unwrap();
    assert_eq!((memory_bytes(&db), db.stats().unwrap().segments.count), (0, 2));
    assert_rows(&db, instrument, batches);
    // A frozen head has a log of its own, so that a crash in between loses nothing either.
    for _ in 0..3 * batches {
        db.append(&batch(instrument, batches)).unwrap().all_accepted().unwrap();
        batches += 1;
        open_gate.try_send(()).ok();
    }
    drop(db);
    assert_rows(&open(dir.path(), &Arc::default()), instrument, batches);
}

#[test]
fn appends_that_cannot_be_sealed_are_refused_before_memory_runs_out_and_go_on_once_there_is_space() {
    let dir = crate::support::scratch::dir();
    let storage = Arc::new(Gated::default());
    storage.is_full.store(true, Ordering::SeqCst);
    let db = open(dir.path(), &storage);
    let instrument = register(&db, "park/S1");
    let mut batches = 0;
    let error = loop {
        match db.append(&batch(instrument, batches)) {
            Ok(_) => batches += 1,
            Err(error) => break error,
        }
        assert!(memory_bytes(&db) <= MEMORY_BYTES_MAX, "after {batches} batches");
    };
    let Error::Store(StoreError::Io { source, path, .. }) = &error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::StorageFull);
    assert!(path.starts_with(dir.path().join("segments")), "{error}");
    assert!(memory_bytes(&db) > 2 * HEAD_BYTES_MAX, "both heads are used before an append is refused");
    assert!(db.stats().unwrap().counters.seals_failed > 0);
    assert_rows(&db, instrument, batches);
    assert!(db.append(&batch(instrument, batches)).is_err(), "full it stays");
    storage.is_full.store(false, Ordering::SeqCst);
    for _ in 0..40 {
        db.append(&batch(instrument, batches)).unwrap().all_accepted().unwrap();
        batches += 1;
    }
    assert_rows(&db, instrument, batches);
    db.close().unwrap();
    assert_rows(&open(dir.path(), &storage), instrument, batches);
}

#[test]
fn four_threads_that_append_as_fast_as_they_can_stay_within_the_memory_of_two_heads() {
    const THREADS: usize = 4;
    const BATCHES: usize = 200;
    let dir = crate::support::scratch::dir();
    let db = open(dir.path(), &Arc::default());
    let instruments: Vec<InstrumentId> = (0..THREADS).map(|number| register(&db, &format!("park/S{number}"))).collect();
    std::thread::scope(|scope| {
        for instrument in &instruments {
            let db = &db;
            scope.spawn(move || {
                for number in 0..BATCHES {
                    db.append(&batch(*instrument, number)).unwrap().all_accepted().unwrap();
                    assert!(memory_bytes(db) <= MEMORY_BYTES_MAX);
                }
            });
        }
    });
    let sealed = db.stats().unwrap().segments.count;
    assert!(sealed >= (THREADS * BATCHES * BATCH_BYTES / HEAD_BYTES_MAX / 2) as u64, "{sealed} segments");
    instruments.iter().for_each(|instrument| assert_rows(&db, *instrument, BATCHES));
    db.close().unwrap();
    let db = open(dir.path(), &Arc::default());
    instruments.iter().for_each(|instrument| assert_rows(&db, *instrument, BATCHES));
}
