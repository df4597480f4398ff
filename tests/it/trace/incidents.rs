//! Incidents: their state follows from the ledger alone, and their deadline opens an alarm like every other.

mod deadline;

use crate::support::scratch;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::{Clock, ManualClock};
use vocdb::trace::incident::{
    Factor, Finding, Incident, IncidentError, IncidentId, IncidentStatistics, Opening, Outcome, Penalty, Rectification,
    Step, Suspect,
};
use vocdb::trace::{OdourIntensity, OdourReport};
use vocdb::{AlarmLog, Config, Database, DumpScope, Durability, Error, Station, TimeRange, Timestamp};

const BEGIN_MS: i64 = 1_770_000_000_000;
const HOUR_MS: i64 = 3_600_000;

fn open(dir: &Path, clock: &Arc<ManualClock>) -> Database {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

fn suspect(site: &str) -> Step {
    let factors = vec![Factor { name: "fingerprint".to_owned(), value: Some(0.97), text: "five species".to_owned() }];
    Step::Suspected(Suspect { site: site.to_owned(), probability: Some(0.5), factors })
}

fn finding(site: Option<&str>) -> Step {
    let text = "the seal of the tank leaks".to_owned();
    Step::Found(Finding { text, site: site.map(str::to_owned), found_by: None, found_at: None })
}

fn violation(kind: &str, amount: f64) -> Outcome {
    let penalty = Some(Penalty { amount, currency: "CNY".to_owned() });
    Outcome::Violation { kind: kind.to_owned(), site: None, penalty, rectified_on: Some("2026-03-15".parse().unwrap()) }
}

fn odour(time: Timestamp) -> OdourReport {
    OdourReport {
        time,
        latitude_deg: 30.7,
        longitude_deg: 121.3,
        intensity: OdourIntensity::new(3).unwrap(),
        words: "like solvent".to_owned(),
        reporter: Some("Zhao".to_owned()),
        at: Timestamp::default(),
    }
}

#[derive(Debug, Clone)]
enum Act {
    Open,
    Take(u64, u8),
    Hours(i64),
    Odour,
    Reopen,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Open),
        8 => (1_u64..5, 0_u8..7).prop_map(|(incident, step)| Act::Take(incident, step)),
        3 => (1_i64..30).prop_map(Act::Hours),
        1 => Just(Act::Odour),
        2 => Just(Act::Reopen),
    ]
}

fn step_of(number: u8) -> Step {
    match number {
        0 => suspect("tank"),
        1 => finding(None),
        2 => finding(Some("unit 2")),
        3 => Step::Rectified(Rectification {
            text: "seal replaced".to_owned(),
            rectified_by: "plant".to_owned(),
            rectified_on: "2026-03-16".parse().unwrap(),
            site: None,
        }),
        4 => Step::Closed(violation("leak", 1.0)),
        5 => Step::Reopened { allowed_ms: 24 * HOUR_MS },
        _ => Step::Commented,
    }
}

/// What a store says of incidents: state, odour reports, open alarms.
fn told(db: &Database) -> (Vec<Incident>, Vec<OdourReport>, Vec<String>) {
    let alarms = db.alarms().iter().map(|alarm| format!("{} {}", alarm.opened.alarm, alarm.opened.title)).collect();
    (db.incidents(), db.odour_reports(TimeRange::ALL).unwrap(), alarms)
}

fn logged(dir: &Path) -> (Vec<Incident>, Vec<OdourReport>) {
    let log = AlarmLog::open(dir).unwrap();
    let odours = log.odour_reports(TimeRange::ALL).into_iter().cloned().collect();
    (log.incidents().into_iter().cloned().collect(), odours)
}

/// A naive account of which cases exist, are open, run, and have an alarm.
#[derive(Debug, Default)]
struct Account {
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    is_open: bool,
    due_ms: Option<i64>,
    has_alarm: bool,
}

impl Account {
    /// Whether a step is allowed, and what it does.
    fn take(&mut self, incident: u64, step: u8, now_ms: i64) -> Result<(), &'static str> {
        let case = usize::try_from(incident - 1).ok().and_then(|place| self.cases.get_mut(place)).ok_or("unknown")?;
        match step {
            5 if case.is_open => return Err("open"),
            5 => *case = Case { is_open: true, due_ms: Some(now_ms + 24 * HOUR_MS), has_alarm: false },
            6 => {}
            _ if !case.is_open => return Err("closed"),
            1 | 3 => {}
            _ => {
                case.is_open = step != 4;
                (case.due_ms, case.has_alarm) = (None, false);
            }
        }
        Ok(())
    }

    fn pass_time(&mut self, now_ms: i64) {
        for case in &mut self.cases {
            case.has_alarm |= case.due_ms.is_some_and(|due_ms| due_ms <= now_ms);
        }
    }
}

fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::Incident(IncidentError::Unknown(_)) => "unknown",
        Error::Incident(IncidentError::Open(_)) => "open",
        Error::Incident(IncidentError::Closed { .. }) => "closed",
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn any_acts_agree_with_a_naive_account_and_survive_restart_dump_and_backup(
        acts in prop::collection::vec(any_act(), 1..40)
    ) {
        let dir = scratch::dir();
        let clock = Arc::new(ManualClock::new(BEGIN_MS));
        let mut db = open(&dir.path().join("store"), &clock);
        let mut account = Account::default();
        for act in acts {
            let now = Timestamp::from_ms(clock.now_ms());
            match act {
                Act::Open => {
                    let id = db.open_incident(Opening::new("smell at the gate", now), "Li", "a call").unwrap();
                    prop_assert_eq!(id, IncidentId(account.cases.len() as u64 + 1));
                    let due_ms = Some(clock.now_ms() + 24 * HOUR_MS);
                    account.cases.push(Case { is_open: true, due_ms, has_alarm: false });
                }
                Act::Take(incident, step) => {
                    let done = db.step_incident(IncidentId(incident), step_of(step), "Wang", "as agreed");
                    let expected = account.take(incident, step, clock.now_ms());
                    prop_assert_eq!(done.as_ref().map_err(kind_of).copied(), expected);
                }
                Act::Hours(hours) => {
                    clock.set_ms(clock.now_ms() + hours * HOUR_MS);
                    db.advance().unwrap();
                    account.pass_time(clock.now_ms());
                }
                Act::Odour => db.report_odour(odour(now)).unwrap(),
                Act::Reopen => {
                    let before = told(&db);
                    drop(db);
                    db = open(&dir.path().join("store"), &clock);
                    prop_assert_eq!(told(&db), before);
                }
            }
            let states: Vec<(bool, bool)> =
                db.incidents().iter().map(|one| (one.is_open(), one.is_overdue())).collect();
            let expected: Vec<(bool, bool)> =
                account.cases.iter().map(|case| (case.is_open, case.has_alarm)).collect();
            prop_assert_eq!(states, expected);
            let alarms = account.cases.iter().filter(|case| case.has_alarm).count();
            prop_assert_eq!(db.alarms().len(), alarms, "an alarm is open while its case is overdue");
        }
        let (incidents, odours, _) = told(&db);
        let mut dump = Vec::new();
        db.dump(&DumpScope::WHOLE, &mut dump, |_| {}).unwrap();
        db.backup(dir.path().join("backup")).unwrap();
        Database::restore(dump.as_slice(), dir.path().join("restored"), |_| {}).unwrap();
        drop(db);
        for name in ["store", "backup", "restored"] {
            prop_assert_eq!(logged(&dir.path().join(name)), (incidents.clone(), odours.clone()), "{}", name);
        }
        let db = open(&dir.path().join("restored"), &clock);
        prop_assert_eq!(db.incidents(), incidents);
    }
}

#[test]
fn text_and_numbers_that_make_no_sense_are_refused_and_change_nothing() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let now = Timestamp::from_ms(BEGIN_MS);
    let opening = |title: &str| Opening::new(title, now);
    let id = db.open_incident(opening("smell"), "Li", "").unwrap();
    let before = db.incidents();
    let refused = |done: Result<(), Error>, words: &str| {
        let error = done.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(db.incidents(), before);
    };
    let of = |opening: Opening| db.open_incident(opening, "Li", "").map(|_| ());
    refused(of(opening(" ")), "title");
    refused(of(Opening { to: Some(now.plus_ms(-1)), ..opening("a") }), "ends before it begins");
    refused(of(Opening { allowed_ms: 0, ..opening("a") }), "write 24h");
    refused(of(Opening { stations: BTreeSet::from(["S9".to_owned()]), ..opening("a") }), "registered are: park/S1");
    refused(db.open_incident(opening("a"), "", "").map(|_| ()), "name of a person");
    let step = |step: Step| db.step_incident(id, step, "Li", "");
    refused(step(Step::Commented), "the comment is empty");
    let share = |probability| Suspect { site: "tank".to_owned(), probability, factors: Vec::new() };
    refused(step(Step::Suspected(share(Some(1.5)))), "between 0 and 1");
    refused(step(Step::Suspected(share(Some(f64::NAN)))), "between 0 and 1");
    refused(step(suspect("two\nlines")), "name of a site");
    refused(step(Step::Closed(violation("", 1.0))), "kind of the violation");
    refused(step(Step::Closed(violation("leak", -1.0))), "50000 CNY");
    refused(db.report_odour(OdourReport { latitude_deg: 91.0, ..odour(now) }), "latitude");
    refused(db.step_incident(IncidentId(9), suspect("tank"), "Li", ""), "incident 9 does not exist");
    refused(db.escalation_chain("night").map(|_| ()), "no rule in force has an escalation chain named `night`");
}

#[test]
fn statistics_of_a_year_count_outcomes_penalties_and_median_times() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    // Hours until a site is named, hours until closing, outcome.
    let cases = [
        (Some(2), Some(4), violation("leak", 50_000.0)),
        (Some(30), Some(40), violation("leak", 20_000.5)),
        (Some(4), Some(6), Outcome::NoViolation),
        (None, Some(50), Outcome::SourceNotFound),
        (Some(1), None, Outcome::NoViolation),
    ];
    for (locate, close, outcome) in cases {
        let opened_ms = clock.now_ms();
        let id = db.open_incident(Opening::new("smell", Timestamp::from_ms(opened_ms)), "Li", "").unwrap();
        let at = |hours: i64| {
            clock.set_ms(opened_ms + hours * HOUR_MS);
            db.advance().unwrap();
        };
        if let Some(hours) = locate {
            at(hours);
            db.step_incident(id, suspect("tank"), "Li", "").unwrap();
        }
        if let Some(hours) = close {
            at(hours);
            db.step_incident(id, Step::Closed(outcome), "Li", "").unwrap();
        }
    }
    let incidents = db.incidents();
    let year = TimeRange::new(Timestamp::from_ms(BEGIN_MS), Timestamp::from_ms(BEGIN_MS + 9_000 * HOUR_MS));
    let figures = IncidentStatistics::of(incidents.iter(), year);
    assert_eq!((figures.opened, figures.open, figures.located, figures.located_within_24h), (5, 1, 4, 3));
    assert_eq!(figures.overdue, 2);
    let outcomes: Vec<(&str, usize)> = figures.outcomes.iter().map(|one| (one.name.as_str(), one.incidents)).collect();
    assert_eq!(outcomes, [("violation", 2), ("no-violation", 1), ("source-not-found", 1)]);
    assert_eq!((figures.penalties[0].penalties, figures.penalties[0].amount), (2, 70_000.5));
    assert_eq!(figures.locate_ms_median, Some(3 * HOUR_MS));
    assert_eq!(figures.close_ms_median, Some(23 * HOUR_MS));
    let before = TimeRange::new(Timestamp::MIN, Timestamp::from_ms(BEGIN_MS));
    assert_eq!(IncidentStatistics::of(incidents.iter(), before).opened, 0);
}
