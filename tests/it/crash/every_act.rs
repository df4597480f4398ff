//! A real child process works shift after shift on one store, and is killed with SIGKILL at every change of a file that an act makes, half
//! way through it and behind it, and while it opens the store again: what it said was done is done, once.

use super::halting::{Halt, HaltingStorage, Moment, say};
use super::{ROUNDS, STORE, XorShift, connect};
use crate::alarms::shift::{self, Act, Reference, SHIFT, Site, history};
use crate::support::scratch::amount;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use vocdb::alarm::event::DeliveryResult;
use vocdb::io::FsStorage;
use vocdb::{AlarmEvent, AlarmLog};

/// What the child is to do, as numbers.
const ORDER: &str = "VOCDB_TEST_ORDER";
/// Kills of a normal run: every act behind its first and its second change, and half way through the first. Some 600 are all there are.
const ROUNDS_DEFAULT: usize = 290;

/// What the child is to do.
#[derive(Debug, Clone, Copy)]
struct Order {
    /// Acts `first..end`,
    first: usize,
    end: usize,
    /// stopping in an act from this one on,
    stop_from: usize,
    stop: Option<Halt>,
    /// or while it opens the store.
    stop_opening: Option<Halt>,
}

impl Order {
    fn write(self) -> String {
        let halt = |halt: Option<Halt>| match halt {
            None => "0 0".to_owned(),
            Some(Halt { changes, moment: Moment::Half }) => format!("1 {changes}"),
            Some(Halt { changes, moment: Moment::Behind }) => format!("2 {changes}"),
        };
        let Self { first, end, stop_from, stop, stop_opening } = self;
        format!("{first} {end} {stop_from} {} {}", halt(stop), halt(stop_opening))
    }

    fn read(text: &str) -> Self {
        let numbers: Vec<usize> = text.split(' ').map(|word| word.parse().unwrap()).collect();
        let halt = |at: usize| match numbers[at] {
            0 => None,
            1 => Some(Halt { changes: numbers[at + 1], moment: Moment::Half }),
            _ => Some(Halt { changes: numbers[at + 1], moment: Moment::Behind }),
        };
        Self { first: numbers[0], end: numbers[1], stop_from: numbers[2], stop: halt(3), stop_opening: halt(5) }
    }
}

/// Not a test of its own: the others start it in a process of its own, and kill it. Says when an act is done, and waits at the end.
#[test]
#[ignore = "the child process of the tests below, which run it"]
fn child_that_works_shifts_until_it_is_killed() {
    let dir = std::env::var(STORE).expect("started by one of the tests below");
    let order = Order::read(&std::env::var(ORDER).expect("started by one of the tests below"));
    let storage = HaltingStorage::default();
    let site = Site::new(Path::new(&dir), storage.clone());
    storage.arm(order.stop_opening);
    let db = site.open(order.first).unwrap();
    storage.arm(None);
    say("opened");
    connect(&db, &Path::new(&dir).join("sent"));
    for number in order.first..order.end {
        storage.arm(order.stop.filter(|_| number >= order.stop_from));
        site.take(&db, number).unwrap();
        storage.arm(None);
        say(&format!("done {}", number + 1));
    }
    say("ended");
    loop {
        std::thread::park();
    }
}

/// A child at work, and what it has said.
struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Acts that it said were done, from the first of all.
    done: usize,
    has_halted: bool,
}

impl Worker {
    fn start(dir: &Path, order: Order) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "crash::every_act::child_that_works_shifts_until_it_is_killed";
        command.args(["--exact", name, "--ignored", "--nocapture"]);
        command.env(STORE, dir).env(ORDER, order.write()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, done: order.first, has_halted: false }
    }

    /// Listens until so many acts are done, or the child has stopped, has ended or, if that is all that is wanted, has opened the store.
    fn hear(&mut self, acts: usize, until_opened: bool) {
        let mut heard = 0;
        while heard < acts && !self.has_halted {
            let Some(line) = self.lines.next() else { panic!("the child ended by itself") };
            match line.unwrap().as_str() {
                "ended" => return,
                "opened" if until_opened => return,
                line => heard += self.note(line),
            }
        }
    }

    fn note(&mut self, line: &str) -> usize {
        self.has_halted |= line == "halted";
        let Some(done) = line.strip_prefix("done ") else { return 0 };
        self.done = done.parse().unwrap();
        1
    }

    /// Kills the child, and hears what it had still said.
    fn kill(mut self) -> (usize, bool) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Some(Ok(line)) = self.lines.next() {
            self.note(&line);
        }
        (self.done, self.has_halted)
    }
}

/// A store, and what must be in it.
struct Watched {
    site: Site,
    reference: Reference,
    /// The act to go on with.
    next: usize,
    kills: usize,
    /// Kills at a chosen change: in an act, and in an opening.
    halts: usize,
    halts_opening: usize,
    /// How often each notification had been sent when it was first seen as delivered.
    sends: BTreeMap<String, usize>,
    _dir: tempfile::TempDir,
}

impl Watched {
    fn new() -> Self {
        let dir = crate::support::scratch::dir();
        let site = Site::new(dir.path(), FsStorage);
        drop(site.set_up());
        let (reference, sends) = (Reference::new(), BTreeMap::new());
        Self { site, reference, next: 0, kills: 0, halts: 0, halts_opening: 0, sends, _dir: dir }
    }

    /// Lets a child work and kills it when it has stopped, has ended or has done so many acts. Another one that opens the store is killed too,
    /// if wanted. Gives the act in which the child had stopped.
    fn round(&mut self, order: Order, acts: usize, opening: Option<Halt>) -> Option<usize> {
        let mut worker = Worker::start(&self.site.dir, order);
        worker.hear(acts, false);
        let (done, has_halted) = worker.kill();
        let context = format!("kill {}, {order:?}, act {done}: {:?}", self.kills, shift::act(done));
        self.kills += 1;
        self.halts += usize::from(has_halted);
        let promised = self.reference.before(done).events;
        let there = history(AlarmLog::open(&self.site.dir).unwrap().events());
        assert!(there.len() >= promised, "{context}: {promised} events were promised, {} are there", there.len());
        if opening.is_some() {
            let order = Order { first: done, end: done, stop_from: 0, stop: None, stop_opening: opening };
            let mut worker = Worker::start(&self.site.dir, order);
            worker.hear(1, true);
            self.halts_opening += usize::from(worker.kill().1);
            self.kills += 1;
        }
        let db = self.site.open(done).unwrap_or_else(|error| panic!("{context}: {error}"));
        self.next = self.reference.assert_stands(&self.site.look(&db), done, &context);
        self.assert_tells_each_step_once(&db.events().unwrap(), done, &context);
        has_halted.then_some(done)
    }

    /// What was sent is on record; what is on record as delivered was sent, and is not sent again; no step has two ids; and after a delivery
    /// that was said to be done, nothing from before it waits.
    fn assert_tells_each_step_once(&mut self, events: &[AlarmEvent], done: usize, context: &str) {
        let sent = std::fs::read_to_string(self.site.dir.join("sent")).unwrap_or_default();
        let count = |id: &str| sent.lines().filter(|line| *line == id).count();
        let (mut ids, mut steps, mut settled) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for event in events {
            match event {
                AlarmEvent::Notification(row) => {
                    assert!(ids.insert(row.id.clone()), "{context}: {row:?} is there twice");
                    let step =
                        (row.alarm, row.subject, (row.repeat, row.retrips), row.contact.clone(), row.way.clone());
                    assert!(steps.insert(step), "{context}: {row:?} has another id too");
                }
                AlarmEvent::Delivery(one) => {
                    let is_new = settled.insert(one.notification.clone());
                    assert!(is_new, "{context}: {one:?} was settled before");
                    if one.result == DeliveryResult::Delivered {
                        let sends = count(&one.notification);
                        assert!(sends > 0, "{context}: {one:?} was never sent");
                        let before = *self.sends.entry(one.notification.clone()).or_insert(sends);
                        assert_eq!(sends, before, "{context}: {one:?} was sent again");
                    }
                }
                _ => {}
            }
        }
        assert!(sent.lines().all(|id| ids.contains(id)), "{context}: somebody was told what is not written");
        if done > 0 && shift::act(done - 1) == Act::Deliver {
            let promised = self.reference.before(done).events;
            for event in &self.reference.history[..promised] {
                let AlarmEvent::Notification(row) = event else { continue };
                assert!(settled.contains(&row.id), "{context}: {row:?} was said to be delivered");
            }
        }
    }
}

fn rounds() -> usize {
    std::env::var(ROUNDS).ok().map_or(amount(ROUNDS_DEFAULT), |text| text.parse().unwrap())
}

/// What an act is called, whatever it is about.
fn kind(act: Act) -> String {
    format!("{act:?}").split('(').next().unwrap_or_default().to_owned()
}

/// Every change of every act, one shift for each number of changes made before; behind it, and half way where it has bytes.
#[test]
fn a_process_killed_at_each_change_of_a_file_loses_nothing_that_it_said_was_done_and_does_nothing_twice() {
    let mut watched = Watched::new();
    let mut kinds = BTreeSet::new();
    for pass in 0.. {
        let moment = if pass % 2 == 0 { Moment::Behind } else { Moment::Half };
        let stop = Some(Halt { changes: pass / 2, moment });
        let (mut stop_from, end, halts_before) = (watched.next, watched.next + SHIFT.len(), watched.halts);
        while watched.next < end && watched.kills < rounds() {
            let order = Order { first: watched.next, end, stop_from, stop, stop_opening: None };
            let opening = watched.kills.is_multiple_of(3).then_some(Halt { changes: watched.kills / 3 % 5, moment });
            let Some(halted) = watched.round(order, usize::MAX, opening) else { continue };
            kinds.insert(kind(shift::act(halted)));
            stop_from = halted + 1;
        }
        let is_everything = watched.halts == halts_before && moment == Moment::Behind;
        if is_everything || watched.kills >= rounds() {
            break;
        }
    }
    println!("{} kills in {} acts, {} while opening", watched.kills, watched.next, watched.halts_opening);
    if rounds() >= ROUNDS_DEFAULT {
        let wanted: BTreeSet<String> = SHIFT.into_iter().filter(|act| *act != Act::LoadBroken).map(kind).collect();
        assert_eq!(kinds, wanted, "each kind of act was killed at least once");
        assert!(watched.halts_opening > 0, "no kill fell into an opening");
    }
}

#[test]
fn a_process_killed_at_any_time_loses_nothing_that_it_said_was_done_and_does_nothing_twice() {
    let mut watched = Watched::new();
    let mut random = XorShift(0x2545_F491_4F6C_DD1D);
    while watched.kills < rounds() / 4 {
        let first = watched.next;
        let order = Order { first, end: first + SHIFT.len(), stop_from: 0, stop: None, stop_opening: None };
        let halt = Halt { changes: random.below(5), moment: Moment::Behind };
        let opening = (random.below(3) == 0).then_some(halt);
        watched.round(order, 1 + random.below(16), opening);
    }
    println!("{} kills in {} acts", watched.kills, watched.next);
    assert!(watched.next >= watched.kills, "{} acts are too few to show anything", watched.next);
}
