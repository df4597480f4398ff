//! The power goes at each change of a file that an act about rules makes: loading, unloading, suspending, resuming, registering.

use super::{HIGH, append, course, file, open_with};
use crate::support::faulty::{Fault, FaultyStorage, Unsynced, scrambled};
use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::event::RulesState;
use vocdb::ledger::{Kind, Ledger};
use vocdb::{AlarmEvent, Database, Durability, Error, InstrumentId, RulesOnOpen, Timestamp};

/// One act.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    /// The store is closed without care and opened so.
    Open(RulesOnOpen),
    /// A reading of the station of a number in a minute.
    Read(u32, i64, f64),
    Seal,
    Advance,
    Register(u32),
    /// Rules are loaded; the number makes one rule set another than the next.
    Load(u32),
    Unload,
}

const ACTS: [Act; 37] = {
    use Act::*;
    use RulesOnOpen::{Maintenance, Resume, Suspended};
    [
        Register(1),
        Load(1),
        Read(1, 1, 1.0),
        Read(1, 2, 20.0),
        // In the middle of a hold.
        Open(Suspended),
        Read(1, 3, 20.0),
        Seal,
        Read(1, 4, 20.0),
        // A correction, and a late reading, while nobody evaluates.
        Read(1, 3, 21.0),
        Register(2),
        Read(2, 4, 20.0),
        Open(Suspended),
        Read(2, 5, 20.0),
        Open(Resume),
        Advance,
        Read(1, 5, 20.0),
        Read(2, 6, 20.0),
        Register(3),
        Read(3, 6, 20.0),
        Read(3, 7, 20.0),
        Read(3, 8, 20.0),
        Advance,
        Open(Maintenance),
        Seal,
        Load(2),
        Read(1, 9, 1.0),
        Open(Maintenance),
        Read(2, 9, 1.0),
        Seal,
        Load(3),
        Read(3, 9, 1.0),
        Open(Maintenance),
        Unload,
        Read(3, 10, 20.0),
        Open(Resume),
        Load(4),
        Read(3, 11, 20.0),
    ]
};

/// A store, and how it was opened.
struct Site<'a> {
    dir: &'a Path,
    storage: FaultyStorage,
    db: Option<Database>,
    rules: RulesOnOpen,
}

impl<'a> Site<'a> {
    fn new(dir: &'a Path) -> Self {
        let mut site = Self { dir, storage: FaultyStorage::default(), db: None, rules: RulesOnOpen::Resume };
        site.open(RulesOnOpen::Resume).unwrap();
        site
    }

    fn open(&mut self, rules: RulesOnOpen) -> Result<(), Error> {
        self.db = None;
        self.rules = rules;
        self.db = Some(open_with(self.dir, rules, (Arc::new(self.storage.clone()), Durability::Always))?);
        Ok(())
    }

    fn take(&mut self, act: Act) -> Result<(), Error> {
        if let Act::Open(rules) = act {
            return self.open(rules);
        }
        let Some(db) = &self.db else { panic!("it is open") };
        match act {
            Act::Open(_) => Ok(()),
            Act::Read(station, minute, value) => append(db, InstrumentId::new(station), minute, value),
            Act::Seal => db.seal(),
            Act::Advance => db.advance(),
            Act::Register(number) => {
                let station = vocdb::Station::new(format!("park/S{number}")).unwrap();
                let station = db.register_station(station)?;
                let channels = vec![vocdb::Channel::quantity("x", vocdb::Unit::Ppm).unwrap()];
                let pid = vocdb::Instrument::new("pid", vocdb::Interval::MINUTE, channels).unwrap();
                db.register_instrument(station, pid).map(|_| ())
            }
            Act::Load(mark) => {
                db.load_rule_set(file(&format!("// {mark}\n{HIGH}")), "anna", "act")?;
                // They run from now on, after a restart too.
                self.rules = RulesOnOpen::Resume;
                Ok(())
            }
            Act::Unload if db.rule_set().is_none() => Ok(()),
            Act::Unload => db.switch_rules_off("anna", "act"),
        }
    }

    fn look(&self) -> View {
        let Some(db) = &self.db else { panic!("it is open") };
        let events = db.events().unwrap();
        let content = Ledger::read(&self.storage, &self.dir.join("ledger")).unwrap();
        let count = |kind| content.records.iter().filter(|record| record.kind() == kind).count();
        let state = |event: &AlarmEvent| match event {
            AlarmEvent::RulesStateChanged(change) => Some(change.state),
            _ => None,
        };
        View {
            course: course(&events),
            states: events.iter().filter_map(state).collect(),
            rule_sets: count(Kind::RuleSetLoaded),
            bindings: count(Kind::RulesBound),
            corrections: count(Kind::Correction),
            stations: db.rule_set().map_or_else(Vec::new, |rules| rules.stations),
            conditions: db.conditions().iter().map(|(_, scope, condition)| format!("{scope} {condition:?}")).collect(),
        }
    }
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq)]
struct View {
    course: Vec<(String, String, Timestamp, bool)>,
    states: Vec<RulesState>,
    rule_sets: usize,
    bindings: usize,
    corrections: usize,
    stations: Vec<String>,
    conditions: Vec<String>,
}

/// Does all acts, with the power going in one of them; that one is done again.
fn run(cut: Option<(usize, u64, bool, Unsynced)>) -> (View, bool) {
    let home = crate::support::scratch::dir();
    let mut site = Site::new(home.path());
    let mut is_off = false;
    for (number, act) in ACTS.into_iter().enumerate() {
        let Some((_, changes, is_done, unsynced)) = cut.filter(|(at, ..)| *at == number) else {
            site.take(act).unwrap_or_else(|error| panic!("{cut:?}, act {number}: {error}"));
            continue;
        };
        site.storage.set_fault(Fault::PowerFor { changes, is_done });
        let _ = site.take(act);
        is_off = site.storage.is_off();
        let rules = site.rules;
        site.db = None;
        site.storage.restart(unsynced);
        site.open(rules).unwrap_or_else(|error| panic!("{cut:?}: {error}"));
        site.take(act).unwrap_or_else(|error| panic!("{cut:?}, again: {error}"));
    }
    (site.look(), is_off)
}

#[test]
fn power_that_goes_in_any_act_about_rules_leaves_the_alarms_as_if_it_had_stayed() {
    let (plain, _) = run(None);
    let wanted = [RulesState::Suspended, RulesState::Running, RulesState::Suspended, RulesState::Running];
    assert_eq!(plain.states[..4], wanted, "{plain:#?}");
    assert_eq!((plain.corrections, plain.stations.len()), (1, 3), "{plain:#?}");
    let (mut cuts, mut chance) = (0, 0);
    for (number, act) in ACTS.into_iter().enumerate() {
        for changes in 0.. {
            chance = scrambled(chance);
            let unsynced =
                [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn(chance)][usize::try_from(chance % 3).unwrap()];
            let cut = (number, changes, chance % 2 == 0, unsynced);
            let (found, is_off) = run(Some(cut));
            assert_eq!(found, plain, "{cut:?}: {act:?}");
            cuts += 1;
            if !is_off {
                break;
            }
        }
    }
    println!("{cuts} power cuts");
    assert!(cuts > 2 * ACTS.len(), "{cuts} power cuts are too few to show anything");
}
