//! The deadline of an incident: an alarm that escalates, reminds and is acknowledged, once, whatever restarts there are.

use super::{BEGIN_MS, HOUR_MS, finding, suspect};
use crate::support::scratch;
use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::event::{Notification, Subject};
use vocdb::alarm::{Heartbeat, NextStep};
use vocdb::base::clock::{Clock, ManualClock};
use vocdb::rules::RuleFile;
use vocdb::trace::incident::{IncidentError, IncidentId, Opening, Outcome, Step, history};
use vocdb::verdict::Contact;
use vocdb::{
    AlarmEvent, AlarmId, Batch, Channel, Config, Database, Durability, Error, Instrument, InstrumentId, Interval,
    Station, Timers, Timestamp, Unit,
};

const RULES: &str = r#"
    let chain = escalation("park").step(0.minutes, contact("duty"), "app").step(15.minutes, contact("bureau"), "sms")
        .remind(30.minutes, 2);
    alarm("high").scope(stations("*")).when(last("x") > 1.ppm).hold(0.seconds).escalate(chain);
"#;

fn open(dir: &Path, clock: &Arc<ManualClock>) -> Database {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

fn load(db: &Database, text: &str) -> Result<(), Error> {
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).map(|_| ())
}

/// Two stations, of which both have alarmed: one group.
fn alarmed(db: &Database) -> Vec<InstrumentId> {
    let register = |name: &str| {
        let station = db.register_station(Station::new(name).unwrap()).unwrap();
        let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
        db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap()
    };
    let instruments = vec![register("S1"), register("S2")];
    load(db, RULES).unwrap();
    for instrument in &instruments {
        append(db, *instrument, 0, 5.0);
    }
    instruments
}

fn append(db: &Database, instrument: InstrumentId, minute: i64, value: f64) {
    let mut batch = Batch::new();
    batch.push_values(instrument, Timestamp::from_ms(BEGIN_MS + minute * 60_000), &[Some(value)]);
    db.append(&batch).unwrap().all_accepted().unwrap();
}

/// Subject, contact and channel of every notification about an alarm.
fn notified(db: &Database, alarm: AlarmId) -> Vec<(Subject, String, u32)> {
    let of_alarm = |event: &AlarmEvent| match event {
        AlarmEvent::Notification(Notification { subject, contact, alarm: Some(of), repeat, .. }) if *of == alarm => {
            Some((*subject, contact.0.clone(), *repeat))
        }
        _ => None,
    };
    db.events().unwrap().iter().filter_map(of_alarm).collect()
}

/// Passes time in steps of a minute.
fn pass(db: &Database, clock: &ManualClock, minutes: i64) {
    for _ in 0..minutes {
        clock.set_ms(clock.now_ms() + 60_000);
        db.advance().unwrap();
    }
}

fn overdue_alarm(db: &Database, incident: IncidentId) -> AlarmId {
    db.incident(incident).unwrap().clock.alarm.unwrap()
}

#[test]
fn an_overdue_case_notifies_the_chain_of_its_group_once_through_restarts_until_a_site_is_named() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    alarmed(&db);
    let opening = db.opening_of_alarm(AlarmId(2)).unwrap();
    assert_eq!(opening.alarms.iter().map(|alarm| alarm.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(opening.stations.iter().collect::<Vec<_>>(), ["S1", "S2"]);
    let id = db.open_incident(opening.clone(), "Li", "two stations").unwrap();
    let taken = db.open_incident(opening, "Li", "again").unwrap_err();
    assert!(matches!(taken, Error::Incident(IncidentError::AlarmTaken { .. })), "{taken}");
    let by_hand = db.open_incident(Opening::new("smell", Timestamp::from_ms(BEGIN_MS)), "Li", "").unwrap();
    let added = db.step_incident(by_hand, Step::AlarmAdded { alarm: AlarmId(1) }, "Li", "").unwrap_err();
    assert!(matches!(added, Error::Incident(IncidentError::AlarmTaken { .. })), "{added}");
    let added = db.step_incident(by_hand, Step::AlarmAdded { alarm: AlarmId(99) }, "Li", "").unwrap_err();
    assert!(matches!(added, Error::Incident(IncidentError::NoAlarm(AlarmId(99)))), "{added}");
    db.step_incident(by_hand, Step::Closed(Outcome::NoViolation), "Li", "").unwrap();
    clock.set_ms(BEGIN_MS + 24 * HOUR_MS - 60_000);
    db.advance().unwrap();
    assert!(!db.incident(id).unwrap().is_overdue());

    pass(&db, &clock, 1);
    let alarm = overdue_alarm(&db, id);
    assert_eq!(notified(&db, alarm), [(Subject::Step(0), "duty".to_owned(), 0)]);
    drop(db);
    let db = open(dir.path(), &clock);
    pass(&db, &clock, 14);
    assert_eq!(overdue_alarm(&db, id), alarm);
    assert_eq!(notified(&db, alarm).len(), 1, "a restart repeats nothing");
    pass(&db, &clock, 1);
    assert_eq!(notified(&db, alarm).last().unwrap().1, "bureau");
    pass(&db, &clock, 120);
    let reminders = notified(&db, alarm).into_iter().filter(|(.., repeat)| *repeat > 0).count();
    assert_eq!(reminders, 4, "two reminders to each of two contacts");

    db.step_incident(id, finding(None), "Li", "").unwrap();
    assert!(db.incident(id).unwrap().is_overdue(), "a finding without a site locates nothing");
    db.step_incident(id, suspect("tank"), "Li", "").unwrap();
    assert_eq!(db.incident(id).unwrap().state(), "located");
    assert!(!db.alarms().iter().any(|open| open.opened.alarm == alarm));
    let closing = notified(&db, alarm).into_iter().filter(|(subject, ..)| *subject == Subject::Closed).count();
    assert_eq!(closing, 2, "both contacts learn that it closed");
    let lines = history(&db.incident(id).unwrap(), &db.events().unwrap());
    let has = |words: &str| lines.iter().any(|line| line.what.contains(words));
    assert!(lines.is_sorted_by_key(|line| line.at));
    for words in [
        "alarm #1 opened",
        "incident opened from its alarms by Li",
        "alarm #3 opened",
        "tank (probability 0.5) suspected by Li",
    ] {
        assert!(has(words), "{words}: {lines:#?}");
    }
}

#[test]
fn an_acknowledged_deadline_alarm_takes_no_further_step_and_a_reopened_case_has_a_new_one() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    alarmed(&db);
    let opening = db.opening_of_alarm(AlarmId(1)).unwrap();
    let id = db.open_incident(Opening { allowed_ms: HOUR_MS, ..opening }, "Li", "").unwrap();
    pass(&db, &clock, 60);
    let alarm = overdue_alarm(&db, id);
    db.acknowledge(alarm, "Wang", "on my way").unwrap();
    pass(&db, &clock, 120);
    assert_eq!(notified(&db, alarm).len(), 1);
    db.step_incident(id, Step::Closed(Outcome::SourceNotFound), "Wang", "").unwrap();
    db.step_incident(id, Step::Reopened { allowed_ms: HOUR_MS }, "Wang", "a witness").unwrap();
    pass(&db, &clock, 60);
    let second = overdue_alarm(&db, id);
    assert_ne!(second, alarm);
    assert_eq!(notified(&db, second), [(Subject::Step(0), "duty".to_owned(), 0)]);
}

#[test]
fn another_rule_set_or_maintenance_of_all_stations_leaves_the_deadline_alarm_open() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    alarmed(&db);
    let opening = db.opening_of_alarm(AlarmId(1)).unwrap();
    let id = db.open_incident(Opening { allowed_ms: HOUR_MS, ..opening }, "Li", "").unwrap();
    let from = Timestamp::from_ms(BEGIN_MS);
    let window = vocdb::alarm::event::MaintenanceWindow {
        rule: None,
        stations: "*".to_owned(),
        from,
        to: from.plus_ms(100 * HOUR_MS),
        recurrence: None,
        zone: String::new(),
        until: None,
    };
    db.plan_maintenance(window, "Li", "all stations").unwrap();
    pass(&db, &clock, 60);
    let alarm = overdue_alarm(&db, id);
    assert_eq!(notified(&db, alarm).len(), 1);
    load(&db, &RULES.replace("\"high\"", "\"higher\"")).unwrap();
    let open: Vec<AlarmId> = db.alarms().iter().map(|open| open.opened.alarm).collect();
    assert_eq!(open, [alarm], "the alarms of the old rule have closed");
    assert!(db.alarm_groups().iter().all(|group| !group.alarms.contains(&alarm)));
    let reserved = load(&db, &RULES.replace("\"high\"", "\"incident deadline\"")).unwrap_err().to_string();
    assert!(reserved.contains("choose another name"), "{reserved}");
}

#[test]
fn a_case_without_a_chain_notifies_the_contact_of_system_alarms_and_one_without_anybody_says_so() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let clocked = || Config { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Config::default() };
    let every_ms = 1_000 * HOUR_MS;
    let heartbeat = Heartbeat { every_ms, contact: Contact("ops".to_owned()), way: "email".to_owned() };
    let db = Database::open(dir.path(), Config { heartbeat: Some(heartbeat), ..clocked() }).unwrap();
    let opening = Opening { allowed_ms: HOUR_MS, ..Opening::new("smell", Timestamp::from_ms(BEGIN_MS)) };
    let first = db.open_incident(opening.clone(), "Li", "").unwrap();
    db.close().unwrap();
    let db = Database::open(dir.path(), clocked()).unwrap();
    let second = db.open_incident(opening, "Li", "").unwrap();
    pass(&db, &clock, 60);
    let [first, second] = [first, second].map(|id| overdue_alarm(&db, id));
    assert_eq!(notified(&db, first), [(Subject::Step(0), "ops".to_owned(), 0)]);
    assert!(notified(&db, second).is_empty());
    let next = db.audit().alarms.into_iter().find(|(alarm, _)| *alarm == second).unwrap().1;
    assert_eq!(next, NextStep::NoChain);
}

#[test]
fn a_host_clock_that_was_set_back_moves_the_deadline_with_it() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = open(dir.path(), &clock);
    db.advance().unwrap();
    let id = db.open_incident(Opening::new("smell", Timestamp::from_ms(BEGIN_MS)), "Li", "").unwrap();
    pass(&db, &clock, 60);
    clock.set_ms(clock.now_ms() - 10 * HOUR_MS);
    db.advance().unwrap();
    let due = db.incident(id).unwrap().clock.due;
    assert_eq!(due, Timestamp::from_ms(BEGIN_MS + 14 * HOUR_MS));
    drop(db);
    let db = open(dir.path(), &clock);
    assert_eq!(db.incident(id).unwrap().clock.due, due);
}

#[test]
fn alarms_at_two_stations_open_one_incident_by_themselves_and_history_opens_none() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let config = || {
        let clock = Arc::clone(&clock) as Arc<dyn Clock>;
        Config { clock, incident_stations_min: Some(2), ..Config::default() }
    };
    let db = Database::open(dir.path(), config()).unwrap();
    let instruments = alarmed(&db);
    assert_eq!(db.alarms().len(), 2);
    drop(db);
    let db = Database::open(dir.path(), config()).unwrap();
    db.advance().unwrap();
    let incidents = db.incidents();
    assert_eq!(incidents.len(), 1, "neither none nor one for each alarm");
    let opened = &incidents[0].opened;
    assert_eq!((opened.by.as_str(), opened.reason.as_str()), ("vocdb", "alarms at 2 stations"));
    assert_eq!((opened.stations.len(), opened.chain.name.as_str()), (2, "park"));
    db.step_incident(incidents[0].id(), Step::Closed(Outcome::NoViolation), "Li", "").unwrap();
    append(&db, instruments[0], 0, 5.0);
    pass(&db, &clock, 3);
    assert_eq!(db.incidents().len(), 1, "a closed case of a group stays closed");

    let past = scratch::dir();
    let db = Database::open(past.path(), config()).unwrap();
    clock.set_ms(BEGIN_MS + 100 * HOUR_MS);
    alarmed(&db);
    db.advance().unwrap();
    assert_eq!((db.alarms().len(), db.incidents().len()), (2, 0));
}

#[test]
fn an_alarm_that_joins_the_group_of_an_open_case_belongs_to_it() {
    let dir = scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let config = Config { timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.path(), config.clone()).unwrap();
    let instruments = alarmed(&db);
    let id = db.open_incident(db.opening_of_alarm(AlarmId(1)).unwrap(), "Li", "").unwrap();
    append(&db, instruments[0], 5, 0.1);
    append(&db, instruments[0], 10, 5.0);
    let alarms = |db: &Database| db.incident(id).unwrap().alarms.iter().map(|alarm| alarm.0).collect::<Vec<_>>();
    assert_eq!(alarms(&db), [1, 2, 3]);
    drop(db);
    let db = Database::open(dir.path(), config).unwrap();
    assert_eq!(alarms(&db), [1, 2, 3]);
    // Where time comes with the frames, so does the deadline.
    append(&db, instruments[0], 24 * 60, 0.1);
    assert!(db.incident(id).unwrap().is_overdue());
    drop(clock);
}
