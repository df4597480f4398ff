//! A shift at a site of two stations, act by act, as often as wanted: alarms open, are answered, escalate, are delivered and close, rules
//! are loaded anew in the midst of it, readings are deleted. A shift that nothing disturbs says what a disturbed one must leave behind.

use crate::support::faulty::FaultyStorage;
use crate::support::oracle::scope_of;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::alarm::event::{MaintenanceWindow, Notification, Recurrence, Shelving};
use vocdb::alarm::{Alarm, AlarmGroup, AlarmKey, Condition, Maintenance, NextStep, Outcome, Silence};
use vocdb::base::clock::ManualClock;
use vocdb::io::Storage;
use vocdb::ledger::{Kind, Ledger};
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, AlarmId, Batch, Channel, Config, Database, Deletion, Durability, Error, Instrument, InstrumentId,
    Interval, Notifier, Sample, Station, TimeRange, Timestamp, Unit,
};

const BEGIN_MS: i64 = 1_700_000_040_000;
const MINUTE_MS: i64 = 60_000;
pub(crate) const WAYS: [&str; 2] = ["app", "sms"];

/// A rule and the number of its station.
pub(crate) type At = (&'static str, u8);

/// One act.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Act {
    /// A minute passes, and both stations send a reading.
    Read(f64, f64),
    /// So many minutes pass without a reading.
    Wait(i64),
    /// What is to be sent is sent, and answered.
    Deliver,
    Acknowledge(At),
    AcknowledgeForOne(At),
    Unacknowledge(At),
    Comment(At),
    HandOver(At),
    ResetLatch(At),
    ShelveForTen(At),
    ShelveUntilNormal(At),
    Unshelve(At),
    TakeOut(At),
    Return(At),
    /// For two minutes, and again every day.
    Maintain,
    CancelMaintenance,
    Load(Rules),
    /// A file that is wrong: it is refused.
    LoadBroken,
    SwitchOff,
    /// A station comes that the rules in force cover from the next act with readings on. It never sends any.
    Register,
    Seal,
    /// The rows of the first station in the first three minutes of this shift.
    DeleteRows,
    /// The values of the second station in them.
    DeleteValues,
}

/// A rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Base,
    /// `high` looks at something else.
    Edited,
    /// `high` looks at the same, with other times and texts.
    Renewed,
    /// `high` is called `over`.
    Renamed,
    /// `high` is for the first station only.
    Narrowed,
    /// There is no `high`.
    Removed,
}

/// A shift. Its end leaves the site as its beginning found it.
pub(crate) const SHIFT: [Act; 87] = {
    use Act::*;
    const HIGH_1: At = ("high", 1);
    const HIGH_2: At = ("high", 2);
    const WARM_1: At = ("warm", 1);
    const WARM_2: At = ("warm", 2);
    const OVER_1: At = ("over", 1);
    [
        Read(1.0, 1.0),
        Read(25.0, 1.0),
        // In the middle of a hold.
        Load(Rules::Edited),
        Read(12.0, 12.0),
        LoadBroken,
        // In the middle of a hold.
        Register,
        Read(12.0, 12.0),
        Read(12.0, 12.0),
        Deliver,
        Comment(HIGH_1),
        Acknowledge(HIGH_1),
        Read(12.0, 12.0),
        Deliver,
        Wait(1),
        // In the middle of an escalation.
        Load(Rules::Renewed),
        Wait(4),
        Deliver,
        Unacknowledge(HIGH_1),
        Wait(1),
        Deliver,
        LoadBroken,
        Wait(4),
        Deliver,
        HandOver(HIGH_2),
        ShelveForTen(HIGH_2),
        TakeOut(WARM_2),
        Read(4.0, 12.0),
        // In the middle of the hold of a clear condition.
        Load(Rules::Base),
        Read(4.0, 12.0),
        Seal,
        Read(4.0, 12.0),
        Deliver,
        Read(4.0, 12.0),
        Wait(8),
        Deliver,
        Return(WARM_2),
        ShelveUntilNormal(HIGH_2),
        ResetLatch(WARM_1),
        Deliver,
        Read(12.0, 4.0),
        Read(12.0, 4.0),
        Read(12.0, 4.0),
        Read(12.0, 12.0),
        Deliver,
        Load(Rules::Base),
        Load(Rules::Edited),
        Load(Rules::Base),
        Read(12.0, 12.0),
        Read(12.0, 12.0),
        Read(12.0, 12.0),
        Deliver,
        ShelveForTen(HIGH_2),
        Load(Rules::Narrowed),
        Deliver,
        DeleteRows,
        DeleteValues,
        Read(12.0, 4.0),
        Unshelve(HIGH_2),
        Wait(4),
        Load(Rules::Renamed),
        Deliver,
        Read(12.0, 4.0),
        Read(12.0, 4.0),
        Read(12.0, 4.0),
        Acknowledge(OVER_1),
        Load(Rules::Removed),
        Deliver,
        Read(1.0, 1.0),
        LoadBroken,
        ResetLatch(WARM_1),
        Comment(WARM_2),
        Read(12.0, 1.0),
        Load(Rules::Base),
        Read(12.0, 1.0),
        Read(12.0, 1.0),
        Deliver,
        // Both end by themselves, the acknowledgement with the window.
        AcknowledgeForOne(WARM_1),
        Maintain,
        Wait(1),
        Deliver,
        Wait(2),
        Deliver,
        CancelMaintenance,
        SwitchOff,
        Deliver,
        Load(Rules::Base),
        Read(1.0, 1.0),
    ]
};

impl Act {
    const fn minutes(self) -> i64 {
        match self {
            Self::Read(..) => 1,
            Self::Wait(minutes) => minutes,
            _ => 0,
        }
    }

    /// Whether timers may fall due in it.
    pub(crate) const fn is_about_time(self) -> bool {
        matches!(self, Self::Read(..) | Self::Wait(_) | Self::Deliver)
    }
}

/// The act of a number, from 0.
pub(crate) const fn act(number: usize) -> Act {
    SHIFT[number % SHIFT.len()]
}

/// Host time of an act.
pub(crate) fn time_ms(number: usize) -> i64 {
    let minutes = |acts: &[Act]| acts.iter().map(|act| act.minutes()).sum::<i64>();
    let shifts = i64::try_from(number / SHIFT.len()).unwrap();
    BEGIN_MS + MINUTE_MS * (shifts * minutes(&SHIFT) + minutes(&SHIFT[..=number % SHIFT.len()]))
}

/// The files of a rule set; the mark makes one loading another than the next.
fn files(rules: Rules, mark: &str) -> Vec<RuleFile> {
    let (name, scope, limit, hold, remind) = match rules {
        Rules::Base | Rules::Removed => ("high", "S/*\", \"T/*", "10.ppm", "2.minutes", 3),
        Rules::Edited => ("high", "S/*\", \"T/*", "11.ppm", "2.minutes", 3),
        Rules::Renewed => ("high", "S/*\", \"T/*", "11.ppm", "3.minutes", 2),
        Rules::Renamed => ("over", "S/*\", \"T/*", "10.ppm", "2.minutes", 3),
        Rules::Narrowed => ("high", "S/1", "10.ppm", "2.minutes", 3),
    };
    let high = format!(
        "alarm(\"{name}\").title(\"{{value}} at {{stations}}\").scope(stations(\"{scope}\")).hold({hold})\n\
         .when(avg(\"x\", 2.minutes) > {limit}).clear_when(last(\"x\") < 5.ppm, 2.minutes)\n\
         .escalate(escalation(\"c\").step(0.minutes, contact(\"duty\"), [\"app\", \"sms\"])\n\
         .step(5.minutes, contact(\"head\"), \"sms\").remind(4.minutes, {remind}));\n"
    );
    let warm = "alarm(\"warm\").scope(stations(\"S/*\", \"T/*\")).when(last(\"x\") > 6.ppm).latch()\n\
         .escalate(escalation(\"w\").step(1.minute, contact(\"duty\"), \"app\"));\n";
    let high = if rules == Rules::Removed { String::new() } else { high };
    vec![RuleFile { name: "r.rhai".to_owned(), text: format!("// {mark}\n{high}{warm}") }]
}

/// A store of the site, of which a disturbance may take hold through its files.
pub(crate) struct Site {
    pub(crate) dir: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Site {
    pub(crate) fn new(dir: &Path, storage: impl Storage + 'static) -> Self {
        Self { dir: dir.to_owned(), storage: Arc::new(storage), clock: Arc::new(ManualClock::new(BEGIN_MS)) }
    }

    /// Opens the store at the time of an act.
    pub(crate) fn open(&self, number: usize) -> Result<Database, Error> {
        self.clock.set_ms(time_ms(number));
        let config = Config {
            durability: Durability::Always,
            clock: Arc::clone(&self.clock) as Arc<_>,
            storage: Arc::clone(&self.storage),
            ..Config::default()
        };
        Database::open(&self.dir, config)
    }

    /// Makes the stations and puts the first rules in force.
    pub(crate) fn set_up(&self) -> Database {
        let db = self.open(0).unwrap();
        self.clock.set_ms(BEGIN_MS);
        for name in ["S/1", "S/2"] {
            register(&db, name).unwrap();
        }
        db.load_rule_files(files(Rules::Base, "set up")).unwrap();
        db
    }

    /// Does an act at its time.
    pub(crate) fn take(&self, db: &Database, number: usize) -> Result<(), Error> {
        let now_ms = time_ms(number);
        self.clock.set_ms(now_ms);
        let mark = format!("act {number}");
        let key = |(rule, station): At| AlarmKey::new(rule, format!("S/{station}"));
        let alarm = |at: At| open_alarm(db, &key(at));
        let until = Shelving::Until(Timestamp::from_ms(now_ms + 10 * MINUTE_MS));
        match act(number) {
            Act::Read(first, second) => {
                let mut batch = Batch::new();
                batch.push_values(InstrumentId::new(1), Timestamp::from_ms(now_ms), &[Some(first)]);
                batch.push_values(InstrumentId::new(2), Timestamp::from_ms(now_ms), &[Some(second)]);
                db.append(&batch).map(|_| ())
            }
            Act::Wait(_) => db.advance(),
            Act::Deliver => db.advance().and_then(|()| db.drain()),
            Act::Acknowledge(at) => db.acknowledge(alarm(at), "anna", &mark),
            Act::AcknowledgeForOne(at) => db.acknowledge_for(alarm(at), Interval::MINUTE, "anna", &mark),
            Act::Unacknowledge(at) => db.unacknowledge(alarm(at), "anna", &mark),
            Act::Comment(at) => db.comment(alarm(at), "anna", &mark),
            Act::HandOver(at) => db.hand_over(alarm(at), "bert", "anna", &mark),
            Act::ResetLatch(at) => db.reset_latch(alarm(at), "anna", &mark),
            Act::ShelveForTen(at) => db.shelve(&key(at), until, "anna", &mark),
            Act::ShelveUntilNormal(at) => db.shelve(&key(at), Shelving::UntilNormal, "anna", &mark),
            Act::Unshelve(at) => db.unshelve(&key(at), "anna", &mark),
            Act::TakeOut(at) => db.take_out_of_service(&key(at), "anna", &mark),
            Act::Return(at) => db.return_to_service(&key(at), "anna", &mark),
            Act::Maintain => db.plan_maintenance(maintenance(now_ms), "anna", &mark).map(|_| ()),
            Act::CancelMaintenance => db.cancel_maintenance(db.maintenance()[0].planned.number, "anna", &mark),
            Act::Load(rules) => db.load_rule_files(files(rules, &mark)).map(|_| ()),
            Act::LoadBroken => assert_broken_files_are_refused(db, &mark),
            Act::SwitchOff => db.switch_rules_off("anna", &mark),
            Act::Register => register(db, &format!("T/{}", number / SHIFT.len())),
            Act::Seal => db.seal(),
            Act::DeleteRows => delete(db, number, (1, Vec::new()), mark),
            Act::DeleteValues => delete(db, number, (2, vec![0]), mark),
        }
    }
}

fn maintenance(now_ms: i64) -> MaintenanceWindow {
    let (from, to) = (Timestamp::from_ms(now_ms), Timestamp::from_ms(now_ms + 2 * MINUTE_MS));
    let (rule, stations, zone) = (None, "S/*".to_owned(), "Asia/Shanghai".to_owned());
    MaintenanceWindow { rule, stations, from, to, recurrence: Some(Recurrence::Daily), zone, until: None }
}

fn register(db: &Database, name: &str) -> Result<(), Error> {
    let station = db.register_station(Station::new(name).unwrap())?;
    let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
    db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).map(|_| ())
}

fn open_alarm(db: &Database, key: &AlarmKey) -> AlarmId {
    let alarms = db.alarms();
    alarms.iter().find(|alarm| alarm.key() == *key).unwrap_or_else(|| panic!("{key} is not open")).opened.alarm
}

fn assert_broken_files_are_refused(db: &Database, mark: &str) -> Result<(), Error> {
    let before = (db.conditions(), db.alarms(), db.silences());
    let unknown = "alarm(\"high\").scope(stations(\"S/*\")).when(last(\"y\") > 1.ppm);".to_owned();
    for text in [unknown, "alarm(\"high\"".to_owned(), "loop { }".to_owned(), format!("// {mark}")] {
        let mut wrong = files(Rules::Base, mark);
        wrong[0].text = if text.starts_with("//") { text } else { format!("{}{text}", wrong[0].text) };
        assert!(matches!(db.load_rule_files(wrong), Err(Error::Rules(_) | Error::NoRules)));
    }
    assert_eq!((db.conditions(), db.alarms(), db.silences()), before);
    Ok(())
}

fn delete(
    db: &Database,
    number: usize,
    (instrument, channels): (u32, Vec<usize>),
    reason: String,
) -> Result<(), Error> {
    let begin = Timestamp::from_ms(time_ms(number / SHIFT.len() * SHIFT.len()));
    let (instrument, range) = (InstrumentId::new(instrument), TimeRange::new(begin, begin.plus_ms(3 * MINUTE_MS)));
    db.delete(&Deletion { instrument, scope: scope_of(&channels), range, by: "office".to_owned(), reason }).map(drop)
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// Events that happened to alarms, but for what became of deliveries.
    pub(crate) events: usize,
    lsn: u64,
    rule_sets: usize,
    instruments: usize,
    deletions: usize,
    pub(crate) conditions: Vec<(String, String, Condition)>,
    pub(crate) alarms: Vec<Alarm>,
    silences: Vec<(AlarmKey, Silence)>,
    maintenance: Vec<Maintenance>,
    groups: Vec<AlarmGroup>,
    next: Vec<(AlarmId, NextStep)>,
    rows: Vec<Vec<(Timestamp, Sample)>>,
}

/// The events but for what became of deliveries, which depends on when gateways answer.
pub(crate) fn history(events: &[AlarmEvent]) -> Vec<AlarmEvent> {
    events.iter().filter(|event| !matches!(event, AlarmEvent::Delivery(_))).cloned().collect()
}

impl Site {
    /// What the store says of itself, and its history.
    pub(crate) fn look(&self, db: &Database) -> (State, Vec<AlarmEvent>) {
        let history = history(&db.events().unwrap());
        let content = Ledger::read(&*self.storage, &self.dir.join("ledger")).unwrap();
        let count = |kind| content.records.iter().filter(|record| record.kind() == kind).count();
        let rows = |instrument| {
            let rows = db.readings().rows(InstrumentId::new(instrument), &[0], TimeRange::ALL).unwrap();
            rows.samples(0).collect()
        };
        let state = State {
            events: history.len(),
            lsn: db.stats().unwrap().last_lsn,
            rule_sets: count(Kind::RuleSetLoaded),
            instruments: db.registry().instruments().count(),
            deletions: count(Kind::ReadingsDeleted),
            // Stations that came later are bound before the readings of an act are written.
            conditions: db.conditions().into_iter().filter(|(_, scope, _)| !scope.starts_with("T/")).collect(),
            alarms: db.alarms(),
            silences: db.silences(),
            maintenance: db.maintenance(),
            groups: db.alarm_groups(),
            next: db.audit().alarms,
            rows: vec![rows(1), rows(2)],
        };
        (state, history)
    }
}

struct TakesAll;

impl Notifier for TakesAll {
    fn send(&self, _: &Notification) -> Outcome {
        Outcome::Delivered
    }
}

/// Shifts that nothing disturbs.
pub(crate) struct Reference {
    site: Site,
    db: Database,
    /// Before each of the newest acts, and after the last.
    states: VecDeque<State>,
    /// Acts that are done.
    done: usize,
    pub(crate) history: Vec<AlarmEvent>,
    _dir: tempfile::TempDir,
}

impl Reference {
    pub(crate) fn new() -> Self {
        let dir = crate::support::scratch::dir();
        let site = Site::new(dir.path(), FaultyStorage::default());
        let db = site.set_up();
        for way in WAYS {
            db.connect(way, Arc::new(TakesAll)).unwrap();
        }
        let (state, history) = site.look(&db);
        Self { site, db, states: VecDeque::from([state]), done: 0, history, _dir: dir }
    }

    /// The state before an act: one to come, or one of the newest.
    pub(crate) fn before(&mut self, number: usize) -> &State {
        while self.done < number {
            self.site.take(&self.db, self.done).unwrap_or_else(|error| panic!("act {}: {error}", self.done));
            self.done += 1;
            let (state, history) = self.site.look(&self.db);
            self.states.push_back(state);
            self.history = history;
            if self.states.len() > 2 * SHIFT.len() {
                self.states.pop_front();
            }
        }
        &self.states[self.states.len() - 1 - (self.done - number)]
    }

    /// What happened in an act.
    pub(crate) fn events_of(&mut self, number: usize) -> &[AlarmEvent] {
        let (begin, end) = (self.before(number).events, self.before(number + 1).events);
        &self.history[begin..end]
    }

    /// Asserts that a store, disturbed after `acknowledged` acts or in the one behind them, stands before that act or behind it, or in
    /// the middle of what it has brought about. Gives the act to go on with.
    pub(crate) fn assert_stands(
        &mut self,
        (found, history): &(State, Vec<AlarmEvent>),
        acknowledged: usize,
        context: &str,
    ) -> usize {
        let behind = self.before(acknowledged + 1).clone();
        let before = self.before(acknowledged).clone();
        assert!(found.events >= before.events, "{context}: {} of {} events are there", found.events, before.events);
        assert!(found.events <= behind.events, "{context}: {:?} should not be there", &history[behind.events..]);
        assert_eq!(*history, self.history[..found.events], "{context}");
        // An act that leaves no trace here is done again.
        if *found == behind && behind != before {
            return acknowledged + 1;
        }
        let act = act(acknowledged);
        let is_halfway = act.is_about_time() && found.events > before.events;
        if !is_halfway {
            assert_eq!(*found, before, "{context}: neither before {act:?} nor behind it");
        }
        acknowledged
    }
}
