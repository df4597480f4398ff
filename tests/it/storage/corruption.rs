//! Every byte of every kind of file changed, and every length: an error that names the file, or a report, or the right readings.
//!
//! The files are in memory (nothing is mapped or synced), so that an attempt costs little more than opening the catalog, which is
//! real. A catalog that knows the segment and one that does not are both tried, because they lead to different reads of a segment.

mod logs;

use crate::support::faulty::{FaultyStorage, scrambled};
use crate::support::oracle::{Oracle, Rows, instrument, read_rows};
use allocation_counter::measure;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::store::{OpenReport, StoreError};
use vocdb::{
    Batch, Compaction, Config, Database, DuplicatePolicy, Durability, Error, Frame, InstrumentId, Quality, Sample,
    TimeRange, Timestamp,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Batches behind the sealed segment.
const TAIL_BATCHES: usize = 6;

type Files = Vec<(PathBuf, Vec<u8>)>;

/// A store with one sealed segment, a log behind it and a ledger, and what it held at each boundary of the log's frames.
struct Specimen {
    dir: tempfile::TempDir,
    storage: FaultyStorage,
    files: Files,
    /// What it held when the log was so many bytes long.
    states: Vec<(usize, Oracle)>,
    /// Rows of each instrument in the segment.
    sealed_rows: u64,
    /// Bytes that opening and reading it unchanged has allocated at most at a time.
    unchanged_bytes: u64,
}

/// Bytes that a store with one file changed may have allocated at a time beyond what the unchanged one has, whatever the file's length,
const MARGIN_BYTES: u64 = 512 << 10;
/// and for each byte of that file.
const MARGIN_BYTES_PER_BYTE: u64 = 64;

fn config(storage: &FaultyStorage) -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, clock, storage: Arc::new(storage.clone()), ..Config::default() }
}

/// A row with decimals, gaps, flags and a stranger now and then.
fn frame(number: u32, channels: u64, row: u64) -> Frame {
    let sample = |channel: u64| {
        let chance = scrambled(row * 64 + channel * 8 + u64::from(number));
        let value = if chance.is_multiple_of(97) { 1.0 / 3.0 } else { (chance % 400) as f64 / 100.0 };
        let quality = if chance.is_multiple_of(31) { Quality::Suspect } else { Quality::Normal };
        Sample { value: (!chance.is_multiple_of(11)).then_some(value), quality }
    };
    let time = Timestamp::from_ms(NOW_MS - 1_000_000 + 1_000 * row as i64);
    Frame { instrument: InstrumentId::new(number), time, samples: (0..channels).map(sample).collect() }
}

/// Values in few, skewed steps, which an entropy coder packs better than anything else.
fn skewed_frame(number: u32, channels: u64, row: u64) -> Frame {
    let steps = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 7, 90];
    let step = |channel: u64| usize::try_from((scrambled(row * 64 + channel) >> 32) % 12).unwrap();
    let value = |channel: u64| {
        if (number, channel) == (1, 0) { f64::from(steps[step(channel)]) / 10.0 } else { 0.5 }
    };
    let samples = (0..channels).map(|channel| Sample::normal(value(channel))).collect();
    Frame { samples, ..frame(number, channels, row) }
}

impl Specimen {
    fn new() -> Self {
        Self::of(false)
    }

    /// With a segment that is settled, or as it was sealed.
    fn of(is_settled: bool) -> Self {
        let frame = if is_settled { skewed_frame } else { frame };
        let sealed_rows = if is_settled { 1_200 } else { 150 };
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let mut oracle = Oracle::new(vec![
            instrument("gc", 2, DuplicatePolicy::KeepLast),
            instrument("mast", 1, DuplicatePolicy::KeepFirst),
        ]);
        let db = Database::open(dir.path(), config(&storage)).unwrap();
        oracle.register(&db).unwrap();
        let mut append = |frames: Vec<Frame>| {
            let _ = oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
            db.append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
            oracle.clone()
        };
        let sealed = append((0..sealed_rows).flat_map(|row| [frame(1, 2, row), frame(2, 1, row)]).collect());
        db.seal().unwrap();
        if is_settled {
            let compacted = db.compact(Compaction::Everything).unwrap();
            assert!(compacted.bytes_after < compacted.bytes_before, "{compacted:?}");
        }
        let log_bytes = || bytes_of(&storage.files(), "wal").len();
        let mut states = vec![(log_bytes(), sealed)];
        for batch in 0..TAIL_BATCHES as u64 {
            let rows = sealed_rows + 4 * batch..sealed_rows + 4 * (batch + 1);
            let mut frames: Vec<Frame> = rows.flat_map(|row| [frame(1, 2, row), frame(2, 1, row)]).collect();
            // A row of the segment is corrected: the log and the ledger both tell of it.
            frames.push(Frame::new(InstrumentId::new(1), frame(1, 2, batch).time, &[Some(77.0 + batch as f64), None]));
            states.push({
                let state = append(frames);
                (log_bytes(), state)
            });
        }
        drop(db);
        // One good start writes the catalog.
        drop(Database::open(dir.path(), config(&storage)).unwrap());
        let files = storage.files();
        let mut specimen = Self { dir, storage, files, states, sealed_rows, unchanged_bytes: 0 };
        let (path, bytes) = specimen.files[0].clone();
        for has_catalog in [true, false, true] {
            let taken = measure(|| drop(specimen.open_with(&path, &bytes, has_catalog).unwrap())).bytes_max;
            specimen.unchanged_bytes = specimen.unchanged_bytes.max(taken);
        }
        specimen
    }

    /// The log as two files: an older one of four batches, and the rest.
    fn rotated() -> (Self, String) {
        let mut specimen = Self::new();
        let log = position(&specimen.files, "wal");
        let (path, bytes) = specimen.files[log].clone();
        let fifth = batches(&bytes)[4].0;
        let first_lsn: u64 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let newer = [&bytes[..16], &bytes[fifth..]].concat();
        specimen.files[log].1.truncate(fifth);
        specimen.files.push((path.with_file_name(format!("{:020}.wal", first_lsn + 4 * 9)), newer));
        let older = path.file_name().unwrap().to_str().unwrap().to_owned();
        (specimen, older)
    }

    fn last(&self) -> &Oracle {
        &self.states.last().unwrap().1
    }

    /// Opens the store with one file changed, and reads everything.
    fn open_with(&self, path: &Path, bytes: &[u8], has_catalog: bool) -> Result<(OpenReport, Vec<Rows>), Error> {
        let changed =
            self.files.iter().map(|(of, whole)| (of.clone(), if of == path { bytes } else { whole }.to_vec()));
        self.storage.replace(&changed.collect::<Files>());
        if !has_catalog {
            std::fs::remove_dir_all(self.dir.path().join("catalog")).unwrap();
        }
        let db = Database::open(self.dir.path(), config(&self.storage))?;
        let report = db.open_report().clone();
        let rows = [(1, 2), (2, 1)].map(|(number, channels)| {
            let all: Vec<usize> = (0..channels).collect();
            read_rows(&db, InstrumentId::new(number), &all, TimeRange::ALL)
        });
        Ok((report, rows.into_iter().collect::<Result<_, _>>()?))
    }
}

/// The bytes of the one file in (or named) `place`.
fn bytes_of(files: &Files, place: &str) -> Vec<u8> {
    files[position(files, place)].1.clone()
}

fn position(files: &Files, place: &str) -> usize {
    let is_there = |path: &Path| path.ends_with(place) || path.parent().is_some_and(|parent| parent.ends_with(place));
    let found: Vec<usize> = (0..files.len()).filter(|at| is_there(&files[*at].0)).collect();
    assert_eq!(found.len(), 1, "files in {place}");
    found[0]
}

/// Where the frames of a log end: a cut there cannot be told from a log to which no more was ever written.
fn boundaries(log: &[u8]) -> Vec<usize> {
    let mut ends = vec![0, 16];
    while let Some(length) = log.get(ends[ends.len() - 1] + 4..).and_then(|rest| rest.first_chunk::<4>()) {
        ends.push(ends[ends.len() - 1] + 20 + u32::from_le_bytes(*length) as usize);
    }
    assert_eq!(ends.last(), Some(&log.len()));
    ends
}

/// Where the batches of a write-ahead log begin and end. What stands between them are commits of the ledger, which it has as well.
fn batches(log: &[u8]) -> Vec<(usize, usize)> {
    let ends = boundaries(log);
    let frames = ends[1..].windows(2).map(|pair| (pair[0], pair[1]));
    // After the frame's head and a count that is small here: how many rows; a zero and the number of a commit; or two zeros, when the rows
    // arrived, and the rows.
    frames.filter(|(begin, _)| log[begin + 21] != 0 || log[begin + 22] == 0).collect()
}

/// What came of opening a store with a changed file.
enum Outcome {
    Refused,
    /// Whole again, or what is lost is told.
    Opened(Box<OpenReport>, Vec<Rows>),
}

impl Specimen {
    /// Opens with a change; an error must name the file, and nothing may panic, or allocate what the file's size does not justify.
    fn attempt(&self, place: &str, bytes: &[u8], has_catalog: bool, change: &str) -> Outcome {
        let path = &self.files[position(&self.files, place)].0;
        let mut opened = None;
        let open = std::panic::AssertUnwindSafe(|| self.open_with(path, bytes, has_catalog));
        let taken = measure(|| opened = Some(std::panic::catch_unwind(open))).bytes_max;
        let bytes_max = self.unchanged_bytes + MARGIN_BYTES + MARGIN_BYTES_PER_BYTE * bytes.len() as u64;
        assert!(taken <= bytes_max, "{place}, {change}: {taken} bytes allocated, {bytes_max} are justified");
        match opened.unwrap().unwrap_or_else(|_| panic!("{place}, {change}: a panic")) {
            Ok((report, rows)) => Outcome::Opened(Box::new(report), rows),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(path.to_str().unwrap()), "{place}, {change}: `{text}` does not name the file");
                Outcome::Refused
            }
        }
    }

    /// Flips one bit of every byte in turn; counts the refusals.
    fn flip_every_byte(&self, place: &str, has_catalog: bool, check: impl Fn(usize, &OpenReport, &[Rows])) -> usize {
        let whole = bytes_of(&self.files, place);
        let refused = |at: &usize| {
            let mut bytes = whole.clone();
            bytes[*at] ^= 1 << (scrambled(*at as u64) % 8);
            match self.attempt(place, &bytes, has_catalog, &format!("byte {at} flipped")) {
                Outcome::Refused => true,
                Outcome::Opened(report, rows) => {
                    check(*at, &report, &rows);
                    false
                }
            }
        };
        (0..whole.len()).filter(refused).count()
    }

    /// Cuts the file to every shorter length; no cut is refused, for a crash may have made it.
    fn cut_at_every_length(&self, place: &str, check: impl Fn(usize, &OpenReport, &[Rows])) {
        let whole = bytes_of(&self.files, place);
        for length in 0..whole.len() {
            match self.attempt(place, &whole[..length], true, &format!("cut to {length}")) {
                Outcome::Refused => panic!("{place} cut to {length} was refused"),
                Outcome::Opened(report, rows) => check(length, &report, &rows),
            }
        }
    }

    fn rows_of(&self, oracle: &Oracle) -> Vec<Rows> {
        vec![
            oracle.rows(InstrumentId::new(1), &[0, 1], TimeRange::ALL),
            oracle.rows(InstrumentId::new(2), &[0], TimeRange::ALL),
        ]
    }

    /// What is left without the segment: the rows of the log, among them the corrected ones.
    fn rows_without_segment(&self) -> Vec<Rows> {
        let mut rows = self.rows_of(self.last());
        let first_ms = frame(1, 1, self.sealed_rows).time;
        let last_corrected = frame(1, 1, TAIL_BATCHES as u64 - 1).time;
        rows[0].retain(|(time, _)| *time >= first_ms || *time <= last_corrected);
        rows[1].retain(|(time, _)| *time >= first_ms);
        rows
    }

    /// The segment is whole, or it was set aside, with its name and the reason, and only its own rows are missing.
    fn assert_segment_is_whole_or_set_aside(&self, report: &OpenReport, rows: &[Rows]) {
        let Some(quarantined) = report.quarantined.first() else {
            assert_eq!(rows, self.rows_of(self.last()));
            return;
        };
        let path = self.files[position(&self.files, "segments")].0.to_str().unwrap();
        assert!(quarantined.reason.contains(path), "{}", quarantined.reason);
        assert!(self.storage.files().iter().any(|(path, _)| *path == quarantined.path));
        assert_eq!(rows, self.rows_without_segment());
    }
}

#[test]
fn any_flipped_byte_of_a_segment_that_the_catalog_knows_is_refused_when_it_is_met_at_the_start_or_read() {
    let specimen = Specimen::new();
    let length = bytes_of(&specimen.files, "segments").len();
    let refused = specimen.flip_every_byte("segments", true, |at, report, rows| {
        assert_eq!(report.quarantined.len(), 1, "byte {at} went unnoticed");
        specimen.assert_segment_is_whole_or_set_aside(report, rows);
    });
    assert!(refused < length, "what the start meets is set aside");
}

#[test]
fn any_flipped_byte_of_a_segment_that_no_catalog_knows_is_refused_or_the_segment_is_set_aside() {
    let specimen = Specimen::new();
    let length = bytes_of(&specimen.files, "segments").len();
    let refused = specimen.flip_every_byte("segments", false, |at, report, rows| {
        assert_eq!(report.quarantined.len(), 1, "byte {at} went unnoticed");
        specimen.assert_segment_is_whole_or_set_aside(report, rows);
    });
    assert!(0 < refused && refused < length, "blocks are refused when they are read, head and footer at the start");
}

#[test]
fn a_segment_of_any_shorter_length_is_set_aside() {
    let specimen = Specimen::new();
    specimen.cut_at_every_length("segments", |length, report, rows| {
        assert_eq!(report.quarantined.len(), 1, "cut to {length}");
        specimen.assert_segment_is_whole_or_set_aside(report, rows);
    });
}

#[test]
fn any_flipped_byte_and_any_shorter_length_of_a_settled_segment_is_noticed() {
    let specimen = Specimen::of(true);
    for has_catalog in [true, false] {
        specimen.flip_every_byte("segments", has_catalog, |at, report, rows| {
            assert_eq!(report.quarantined.len(), 1, "byte {at} went unnoticed");
            specimen.assert_segment_is_whole_or_set_aside(report, rows);
        });
    }
    specimen.cut_at_every_length("segments", |length, report, rows| {
        assert_eq!(report.quarantined.len(), 1, "cut to {length}");
        specimen.assert_segment_is_whole_or_set_aside(report, rows);
    });
}

/// The files of a folder and below, with their bytes.
fn files_below(dir: &Path) -> Files {
    let mut files = Files::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path))
        } else {
            files.push((path.clone(), std::fs::read(path).unwrap()))
        }
    }
    files.sort_unstable();
    files
}

#[test]
fn any_flipped_byte_and_any_shorter_length_of_the_catalog_changes_no_answer() {
    let specimen = Specimen::new();
    let catalog = specimen.dir.path().join("catalog");
    let files = files_below(&catalog);
    let log = &specimen.files[position(&specimen.files, "wal")];
    let wanted = specimen.rows_of(specimen.last());
    let assert_same = |at: usize, bytes: &[u8], change: &str| {
        let _ = std::fs::remove_dir_all(&catalog);
        for (index, (path, whole)) in files.iter().enumerate() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, if index == at { bytes } else { whole }).unwrap();
        }
        let (report, rows) = specimen.open_with(&log.0, &log.1, true).unwrap();
        assert!(rows == wanted && report.quarantined.is_empty(), "{}, {change}: {report:?}", files[at].0.display());
    };
    let (mut flips, mut cuts) = (0, 0);
    for (at, (_, whole)) in files.iter().enumerate() {
        // Most of the largest file is empty: what is written are the bytes that are not zero.
        let written: Vec<usize> = (0..whole.len()).filter(|byte| whole[*byte] != 0).collect();
        for byte in &written {
            let mut bytes = whole.clone();
            bytes[*byte] ^= 1 << (scrambled(*byte as u64) % 8);
            assert_same(at, &bytes, &format!("byte {byte} flipped"));
            flips += 1;
        }
        let last = written.last().map_or(0, |last| last + 1);
        for length in (0..last).chain((last..whole.len()).step_by(65_536)) {
            assert_same(at, &whole[..length], &format!("cut to {length}"));
            cuts += 1;
        }
    }
    println!("{flips} flips and {cuts} cuts of {} files", files.len());
    assert!(flips > 100 && cuts > 100);
}

#[test]
fn a_strict_store_with_a_damaged_segment_does_not_open() {
    let specimen = Specimen::new();
    let mut files = specimen.files.clone();
    let segment = position(&files, "segments");
    files[segment].1.pop();
    specimen.storage.replace(&files);
    let strict = Config { is_strict: true, ..config(&specimen.storage) };
    for _ in 0..2 {
        let error = Database::open(specimen.dir.path(), strict.clone()).unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Corrupt { .. })), "{error}");
    }
    assert_eq!(specimen.storage.files()[segment], files[segment], "strict mode sets nothing aside");
    Database::open(specimen.dir.path(), config(&specimen.storage)).unwrap();
    let error = Database::open(specimen.dir.path(), strict).unwrap_err();
    assert!(matches!(error, Error::MissingSegment { .. }), "{error}");
}

#[test]
fn what_comes_while_a_segment_is_set_aside_is_there_once_it_is_restored() {
    let specimen = Specimen::new();
    let open = || Database::open(specimen.dir.path(), config(&specimen.storage)).unwrap();
    open().close().unwrap();
    let whole = specimen.storage.files();
    let newest = whole.iter().rposition(|(path, _)| path.extension().is_some_and(|kind| kind == "seg")).unwrap();
    let mut damaged = whole.clone();
    damaged[newest].1.pop();
    specimen.storage.replace(&damaged);
    let mut oracle = specimen.last().clone();
    let frames: Vec<Frame> = (500..503).map(|row| frame(2, 1, row)).collect();
    let _ = oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
    let db = open();
    assert_eq!(db.open_report().quarantined.len(), 1);
    let receipt = db.append(&Batch::from_iter(frames)).unwrap();
    assert_eq!((receipt.accepted, receipt.lsn), (3, oracle.last_lsn), "a sequence number is never given twice");
    drop(db);
    let mut restored = specimen.storage.files();
    restored.push(whole[newest].clone());
    specimen.storage.replace(&restored);
    let db = open();
    assert_eq!(oracle.difference(&db), None);
    db.close().unwrap();
    assert_eq!(oracle.difference(&open()), None);
}
