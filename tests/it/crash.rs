//! A real child process, killed with SIGKILL while it appends: what it was promised is there, and nothing else.

mod cases;
mod every_act;
mod every_change;
mod halting;
mod unfinished;

use crate::metec::{self, FRAMES_PER_MINUTE};
use crate::support::scratch::amount;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use vocdb::alarm::Outcome;
use vocdb::alarm::event::{DeliveryResult, Notification};
use vocdb::io::FsStorage;
use vocdb::ledger::{Kind, Ledger};
use vocdb::{AlarmEvent, Compaction, Database, Durability, Frame, Notifier, TimeRange};

/// Where the child finds its store, and under which durability it appends.
const STORE: &str = "VOCDB_TEST_STORE";
const DURABLE: &str = "VOCDB_TEST_DURABLE";
/// How often the child is killed under full durability.
const ROUNDS: &str = "VOCDB_CRASH_ROUNDS";
/// Where the child's gateways write what they send, if it has gateways.
const SENT: &str = "VOCDB_TEST_SENT";

/// A gateway that writes the id of each notification into a file, in one piece.
struct IdWriter(File);

impl Notifier for IdWriter {
    fn send(&self, notification: &Notification) -> Outcome {
        match (&self.0).write_all(format!("{}\n", notification.id).as_bytes()) {
            Ok(()) => Outcome::Delivered,
            Err(error) => Outcome::Retry { reason: error.to_string(), after_ms: None },
        }
    }
}

/// Connects gateways for all ways, if the test asks for them.
fn connect(db: &Database, sent: &Path) {
    for way in ["app", "sms", "email", "phone"] {
        let file = OpenOptions::new().append(true).create(true).open(sent).unwrap();
        db.connect(way, Arc::new(IdWriter(file))).unwrap();
    }
}

/// Nobody was told what is not on record, and what is on record as delivered was sent.
fn assert_tells_what_is_written(db: &Database, sent: &Path) {
    let sent = std::fs::read_to_string(sent).unwrap_or_default();
    let sent: BTreeSet<&str> = sent.lines().collect();
    let events = db.events().unwrap();
    let rows: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| if let AlarmEvent::Notification(row) = event { Some(row.id.as_str()) } else { None })
        .collect();
    assert!(sent.is_subset(&rows), "{:?} were sent and are not written", sent.difference(&rows));
    for event in &events {
        let AlarmEvent::Delivery(delivery) = event else { continue };
        if delivery.result == DeliveryResult::Delivered {
            assert!(sent.contains(delivery.notification.as_str()), "{delivery:?} was never sent");
        }
    }
}

/// Not a test of its own: the others start it in a process of its own, and kill it. It goes on where the store ends, and says after
/// each append how many frames and how many alarm events it was promised.
#[test]
#[ignore = "the child process of the tests below, which run it"]
fn child_that_appends_until_it_is_killed() {
    let dir = std::env::var(STORE).expect("started by one of the tests below");
    let durability = if std::env::var(DURABLE).is_ok() { Durability::Always } else { Durability::Buffered };
    let (db, frames) = metec::open(Path::new(&dir), durability);
    if let Ok(sent) = std::env::var(SENT) {
        connect(&db, Path::new(&sent));
    }
    let events = db.subscribe();
    let begin = usize::try_from(db.stats().unwrap().last_lsn).unwrap();
    let mut promised_events = db.events().unwrap().len();
    let mut out = std::io::stdout().lock();
    let mut promised = begin;
    for (minute, frames) in (begin / FRAMES_PER_MINUTE..).zip(frames[begin..].chunks(FRAMES_PER_MINUTE)) {
        metec::feed(&db, frames, FRAMES_PER_MINUTE);
        keep_in_order(&db, minute);
        promised += frames.len();
        promised_events += events.try_iter().count();
        writeln!(out, "\npromised {promised} {promised_events}").unwrap();
    }
    writeln!(out, "\ndone {promised} {promised_events}").unwrap();
}

/// Seals and merges at their own minutes, so that kills fall into both.
fn keep_in_order(db: &Database, minute: usize) {
    if minute.is_multiple_of(7) {
        db.seal().unwrap();
    }
    if minute.is_multiple_of(31) {
        db.compact(Compaction::Due).unwrap();
    }
    if minute.is_multiple_of(101) {
        db.compact(Compaction::Everything).unwrap();
    }
}

struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    frames: usize,
    events: usize,
    is_done: bool,
}

fn start(dir: &Path, is_durable: bool) -> Running {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::child_that_appends_until_it_is_killed", "--ignored", "--nocapture"]);
    command.env(STORE, dir).stdout(Stdio::piped()).stderr(Stdio::null());
    if is_durable {
        command.env(DURABLE, "1").env(SENT, dir.join("sent"));
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Running { child, lines, frames: 0, events: 0, is_done: false }
}

impl Running {
    /// Reads promises until there are so many appends of them, or the child is done.
    fn hear(&mut self, appends: usize) {
        let mut heard = 0;
        while heard < appends && !self.is_done {
            let Some(line) = self.lines.next() else { panic!("the child ended before it was done") };
            heard += self.note(&line.unwrap());
        }
    }

    fn note(&mut self, line: &str) -> usize {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["promised" | "done", frames, events] = words.as_slice() else { return 0 };
        (self.frames, self.events) = (frames.parse().unwrap(), events.parse().unwrap());
        self.is_done = words[0] == "done";
        1
    }

    /// Kills the child, and hears what it had still said.
    fn kill(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Some(Ok(line)) = self.lines.next() {
            self.note(&line);
        }
        self
    }
}

struct XorShift(u64);

impl XorShift {
    fn below(&mut self, bound: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound).unwrap()
    }
}

/// The first frames of the input, in order of instrument and time, against everything that the store holds.
fn assert_holds_exactly(db: &Database, frames: &[Frame]) {
    for (id, _, instrument) in db.registry().instruments() {
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let rows = db.readings().rows(id, &channels, TimeRange::ALL).unwrap();
        let fed: Vec<&Frame> = frames.iter().filter(|frame| frame.instrument == id).collect();
        assert_eq!(rows.len(), fed.len(), "{id}");
        for channel in channels {
            let expected = fed.iter().map(|frame| (frame.time, frame.samples[channel]));
            assert!(rows.samples(channel).eq(expected), "{id}, channel {channel}");
        }
    }
}

fn is_of_alarms(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::StationRegistered
            | Kind::InstrumentRegistered
            | Kind::RuleSetLoaded
            | Kind::Correction
            | Kind::SegmentSealed
            | Kind::SegmentsReplaced
            | Kind::Checkpoint
    )
}

#[test]
fn every_promised_frame_and_alarm_is_there_after_fifty_kills_and_nothing_else() {
    let rounds: usize = std::env::var(ROUNDS).ok().map_or(amount(50), |text| text.parse().unwrap());
    let (dir, reference_dir) = (crate::support::scratch::dir(), crate::support::scratch::dir());
    let (reference, frames) = metec::open(reference_dir.path(), Durability::Buffered);
    let appends = frames.len() / FRAMES_PER_MINUTE;
    let mut random = XorShift(0x9E37_79B9_7F4A_7C15);
    let (mut fed, mut transitions) = (0, 0);
    for round in 0..rounds {
        let mut running = start(dir.path(), true);
        running.hear(random.below(2 * appends as u64 / rounds as u64 + 1));
        let killed = running.kill();

        let (ledger, content) = Ledger::open(&FsStorage, &dir.path().join("ledger")).unwrap();
        let alarms = content.records.iter().filter(|record| is_of_alarms(record.kind())).count();
        assert!(alarms >= killed.events, "round {round}: {} events were promised, {alarms} are there", killed.events);
        drop(ledger);

        let db = Database::open(dir.path(), metec::config(Durability::Always)).unwrap();
        let stored = usize::try_from(db.stats().unwrap().last_lsn).unwrap();
        assert!(stored >= killed.frames, "round {round}: {} frames were promised, {stored} are there", killed.frames);
        assert_eq!(stored % FRAMES_PER_MINUTE, 0, "round {round}: a batch is there in part");
        assert_holds_exactly(&db, &frames[..stored]);
        assert_tells_what_is_written(&db, &dir.path().join("sent"));
        metec::feed(&reference, &frames[fed..stored], FRAMES_PER_MINUTE);
        assert_eq!(metec::history(&db), metec::history(&reference), "round {round}, {stored} frames");
        fed = stored;
        transitions = db.events().unwrap().iter().filter(|event| matches!(event, AlarmEvent::Opened(_))).count();
        if killed.is_done {
            break;
        }
    }
    let db = Database::open(dir.path(), metec::config(Durability::Always)).unwrap();
    connect(&db, &dir.path().join("sent"));
    db.drain().unwrap();
    assert_tells_what_is_written(&db, &dir.path().join("sent"));
    assert_eq!(db.stats().unwrap().outbox, 0, "every step has reached its people");
    drop(db);
    assert!(
        fed > frames.len() / 4 && transitions >= 3,
        "{fed} frames and {transitions} alarms are too few to show anything"
    );
}

#[test]
fn one_by_one_in_batches_and_killed_ten_times_the_history_is_the_same_to_the_byte() {
    let (one, many, killed) =
        (crate::support::scratch::dir(), crate::support::scratch::dir(), crate::support::scratch::dir());
    let (by_one, frames) = metec::open(one.path(), Durability::Buffered);
    metec::feed(&by_one, &frames, 1);
    let expected = metec::history(&by_one);
    assert!(expected.windows(12).any(|window| window == b"alarm_closed"), "the history tells of whole alarms");

    let (in_batches, _) = metec::open(many.path(), Durability::Buffered);
    metec::feed(&in_batches, &frames, 997);
    assert!(metec::history(&in_batches) == expected, "batches of 997 frames give another history");

    let mut random = XorShift(0x2545_F491_4F6C_DD1D);
    let mut points: Vec<usize> = (0..10).map(|_| random.below((frames.len() / FRAMES_PER_MINUTE) as u64)).collect();
    points.sort_unstable();
    let mut appends = 0;
    for point in points {
        let mut running = start(killed.path(), false);
        running.hear(point.saturating_sub(appends).max(1));
        appends = running.kill().frames / FRAMES_PER_MINUTE;
    }
    let mut running = start(killed.path(), false);
    running.hear(usize::MAX);
    running.kill();
    let (db, _) = metec::open(killed.path(), Durability::Buffered);
    assert_holds_exactly(&db, &frames);
    assert!(metec::history(&db) == expected, "ten kills give another history");
    db.close().unwrap();
}
