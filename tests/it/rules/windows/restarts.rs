//! Restarts, crashes, seals and batch sizes leave no trace: the history in the ledger is the same to the byte.
#![cfg(test)]

use super::language::{RandomRule, STATIONS, file_of, instrument, station_name};
use super::steps::any_stepped_rule;
use super::{BEGIN_MS, RandomFrame, Slots, any_frame, cases};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config as CaseConfig;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::{Alarm, PlannedAcknowledgement};
use vocdb::base::clock::ManualClock;
use vocdb::io::{FsStorage, LogFile, SealedFile, Storage};
use vocdb::{Config, Database, Durability, ExportScope, Frame, Station, Timers, Timestamp};

/// Files that are never synced: what is tried here is order, not power failures.
#[derive(Debug)]
struct Unsynced(FsStorage);

#[derive(Debug)]
struct UnsyncedLog(Box<dyn LogFile>);

impl LogFile for UnsyncedLog {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.0.truncate(length)
    }
}

impl Storage for Unsynced {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.0.length(path)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        fs::OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Box::new(UnsyncedLog(self.0.open_log(path)?)))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        self.0.open_sealed(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// What is done to the database behind a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Trouble {
    Nothing,
    /// It is dropped and opened again.
    Drop,
    /// It is closed and opened again: all readings are then in segments.
    Close,
    /// The readings are written out, and it goes on.
    Seal,
    /// Its process dies when the batch is in the write-ahead log and nothing of it in the ledger.
    Crash,
    /// As `Crash`, with half of what was about to be written torn off.
    Tear,
}

/// What is done after how many frames: rules come into force, or, with none, the host lets time pass, and late readings are looked at.
type Act = (usize, Vec<RandomRule>);

/// Answers some alarms soon, some late, and some never.
pub(super) fn answer(alarm: &Alarm) -> Option<PlannedAcknowledgement> {
    let after_ms = [12_000, 33_000, -5_000].get(usize::try_from(alarm.opened.alarm.0 % 4).ok()?)?;
    let at = alarm.opened.recorded_at.plus_ms(*after_ms);
    Some(PlannedAcknowledgement { at, by: "duty".to_owned(), comment: format!("{} told", alarm.told.len()) })
}

pub(super) fn config() -> Config {
    Config {
        durability: Durability::Buffered,
        clock: Arc::new(ManualClock::new(BEGIN_MS + 1_000_000_000)),
        timers: Timers::Frames,
        responder: Some(Arc::new(answer)),
        storage: Arc::new(Unsynced(FsStorage)),
        ..Config::default()
    }
}

/// A database in a folder, and the troubles it goes through.
pub(super) struct Run {
    dir: tempfile::TempDir,
    db: Option<Database>,
    config: Config,
}

impl Run {
    pub(super) fn new() -> Self {
        Self::with(config())
    }

    pub(super) fn with(config: Config) -> Self {
        let dir = crate::support::scratch::dir();
        let db = Database::open(dir.path(), config.clone()).unwrap();
        for index in 0..STATIONS {
            let id = db.register_station(Station::new(station_name(index)).unwrap()).unwrap();
            for is_slow in [false, true] {
                db.register_instrument(id, instrument(is_slow)).unwrap();
            }
        }
        Self { dir, db: Some(db), config }
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    pub(super) fn append(&mut self, frames: &[Frame], trouble: Trouble) {
        self.append_as(frames, false, trouble);
    }

    fn append_as(&mut self, frames: &[Frame], is_history: bool, trouble: Trouble) {
        let ledger_bytes = self.db().stats().unwrap().bytes.ledger;
        let batch = frames.iter().cloned().collect();
        let receipt = if is_history { self.db().append_history(&batch) } else { self.db().append(&batch) }.unwrap();
        assert_eq!(receipt.rejections, []);
        let ledger_bytes_after = self.db().stats().unwrap().bytes.ledger;
        match trouble {
            Trouble::Nothing => return,
            Trouble::Seal => return self.db().seal().unwrap(),
            Trouble::Close => self.db.take().unwrap().close().unwrap(),
            Trouble::Drop | Trouble::Crash | Trouble::Tear => drop(self.db.take()),
        }
        let kept_bytes = match trouble {
            Trouble::Crash => ledger_bytes,
            Trouble::Tear => ledger_bytes.midpoint(ledger_bytes_after),
            _ => u64::MAX,
        };
        let ledger = fs::OpenOptions::new().write(true).open(self.dir.path().join("ledger")).unwrap();
        if kept_bytes < ledger.metadata().unwrap().len() {
            ledger.set_len(kept_bytes).unwrap();
        }
        self.db = Some(Database::open(self.dir.path(), self.config.clone()).unwrap());
    }

    fn history(&self) -> String {
        let mut bytes = Vec::new();
        self.db().export_ledger(ExportScope::History, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// Frames in their order, some of which are appended as history, in a batch of their own.
struct Course {
    frames: Vec<Frame>,
    appended_as_history: Range<usize>,
}

impl Course {
    fn of(random: &[RandomFrame]) -> Self {
        Self { frames: frames_of(random), appended_as_history: 0..0 }
    }

    /// Where a batch from `begin` on ends, of at most so many frames, and whether it is of history.
    fn batch(&self, begin: usize, count: usize) -> (usize, bool) {
        let Range { start, end } = self.appended_as_history;
        match begin {
            _ if self.appended_as_history.contains(&begin) => (end, true),
            _ if begin < start => (begin.saturating_add(count).min(start), false),
            _ => (begin.saturating_add(count), false),
        }
    }
}

/// Appends the frames in batches, each followed by its trouble, with rules coming into force and time passing in between; gives the
/// history.
fn history(
    config: &Config,
    course: &Course,
    acts: &[Act],
    mut batches: impl Iterator<Item = (usize, Trouble)>,
) -> String {
    let mut run = Run::with(config.clone());
    let (mut begin, frames) = (0, &course.frames);
    let ends = acts.iter().skip(1).map(|(at, _)| *at).chain([frames.len()]);
    for ((_, rules), end) in acts.iter().zip(ends) {
        if rules.is_empty() {
            run.db().advance().unwrap();
        } else {
            run.db().load_rule_files(vec![file_of(rules)]).unwrap();
        }
        while begin < end.min(frames.len()) {
            let (count, trouble) = batches.next().unwrap_or((usize::MAX, Trouble::Nothing));
            let (upto, is_history) = course.batch(begin, count);
            let upto = upto.min(end).min(frames.len());
            run.append_as(&frames[begin..upto], is_history, trouble);
            begin = upto;
        }
    }
    run.db().advance().unwrap();
    run.history()
}

/// The first lines in which two histories differ.
fn difference(left: &str, right: &str) -> String {
    let mut pairs = left.lines().chain([""]).zip(right.lines().chain([""]));
    let found = pairs.find(|(left, right)| left != right);
    found.map_or_else(|| "nothing".to_owned(), |(left, right)| format!("{left}\n    instead of\n{right}"))
}

pub(super) fn any_trouble() -> impl Strategy<Value = Trouble> {
    use Trouble::{Close, Crash, Drop, Nothing, Seal, Tear};
    select(vec![Nothing, Nothing, Drop, Drop, Crash, Tear, Close, Seal])
}

fn any_acts() -> impl Strategy<Value = Vec<Act>> {
    let rules = || prop::collection::vec(any_stepped_rule(), 1..3);
    let first = prop_oneof![3 => Just(0_usize), 1 => 0_usize..30];
    let passing = prop::collection::vec(0_usize..100, 0..5);
    (first, rules(), prop::option::weighted(0.3, (30_usize..60, rules())), passing).prop_map(
        |(at, rules, second, passing)| {
            let mut acts = vec![(0, Vec::new()), (at, rules)];
            acts.extend(second);
            acts.extend(passing.into_iter().map(|at| (at, Vec::new())));
            acts.sort_by_key(|(at, _)| *at);
            acts
        },
    )
}

pub(super) fn frames_of(random: &[RandomFrame]) -> Vec<Frame> {
    let mut slots = Slots::default();
    let frame = |random: &RandomFrame| {
        let (instrument, ms, samples) = slots.place(random);
        Frame { instrument, time: Timestamp::from_ms(ms), samples }
    };
    random.iter().map(frame).collect()
}

/// What the whole history of frames is compared with: batches of all sizes, troubles in between, and frame by frame.
fn compare(
    config: &Config,
    course: &Course,
    acts: &[Act],
    batches: Vec<(usize, Trouble)>,
) -> Result<(), TestCaseError> {
    let plain = history(config, course, acts, std::iter::empty());
    let troubled = history(config, course, acts, batches.into_iter());
    prop_assert!(plain == troubled, "{}", difference(&troubled, &plain));
    let single = history(config, course, acts, std::iter::repeat((1, Trouble::Nothing)));
    prop_assert!(plain == single, "{}", difference(&single, &plain));
    Ok(())
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn restarts_and_batch_sizes_leave_the_same_history(
        random in prop::collection::vec(any_frame(), 1..100),
        acts in any_acts(),
        batches in prop::collection::vec((1_usize..12, any_trouble()), 1..16),
    ) {
        compare(&config(), &Course::of(&random), &acts, batches)?;
    }

    #[test]
    fn restarts_and_batch_sizes_leave_the_same_history_where_some_of_it_is_appended_as_history(
        random in prop::collection::vec(any_frame(), 1..100),
        (begin, count) in (0_usize..90, 1_usize..40),
        mut acts in any_acts(),
        batches in prop::collection::vec((1_usize..12, any_trouble()), 1..16),
        of_clock: bool,
    ) {
        let course = Course { appended_as_history: begin..begin + count, ..Course::of(&random) };
        if of_clock {
            acts.retain(|(at, rules)| *at == 0 || !rules.is_empty());
        }
        let timers = if of_clock { Timers::Clock } else { Timers::Frames };
        let notify_age_max = std::time::Duration::from_millis(1_000_000_000 - 300_000);
        compare(&Config { timers, notify_age_max, ..config() }, &course, &acts, batches)?;
    }

    #[test]
    fn restarts_and_batch_sizes_leave_the_same_history_where_the_age_of_readings_counts(
        random in prop::collection::vec(any_frame(), 1..100),
        mut acts in any_acts(),
        batches in prop::collection::vec((1_usize..12, any_trouble()), 1..16),
    ) {
        // A clock that stands still: what is older than the first five minutes of frames is history.
        acts.retain(|(at, rules)| *at == 0 || !rules.is_empty());
        let notify_age_max = std::time::Duration::from_millis(1_000_000_000 - 300_000);
        compare(&Config { timers: Timers::Clock, notify_age_max, ..config() }, &Course::of(&random), &acts, batches)?;
    }
}

proptest! {
    #![proptest_config(CaseConfig { max_shrink_iters: 200, ..cases(6) })]

    #[test]
    fn restarts_leave_the_same_history_where_old_samples_are_dropped(
        random in prop::collection::vec(any_frame(), 1_050..1_400),
        acts in any_acts(),
        batches in prop::collection::vec((1_usize..200, any_trouble()), 1..16),
    ) {
        compare(&config(), &Course::of(&random), &acts, batches)?;
    }
}
