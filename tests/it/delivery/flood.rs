//! A flood of alarms through a database: what is held back is listed and explained, and the figures agree with a count by hand.
#![cfg(test)]

use super::{BEGIN_MS, Host, delivered};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocdb::alarm::Heartbeat;
use vocdb::alarm::event::Subject;
use vocdb::alarm::report::AlarmTally;
use vocdb::base::clock::ManualClock;
use vocdb::verdict::{Contact, Priority};
use vocdb::{AlarmId, Config, Database, Durability, TimeRange, Timestamp};

const MINUTE_MS: i64 = 60_000;

/// Twelve rules that trip on one reading, three of each priority: duty is told at once, the head after five minutes.
fn rules() -> String {
    let one = |number: usize| {
        let priority = Priority::ALL[number % 4].name();
        format!(
            "alarm(\"r{number}\").priority(\"{priority}\").scope(\"S\").when(last(\"x\") > 1.ppm).escalate(chain);\n"
        )
    };
    let chain = "let chain = escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\")\n\
                 .step(5.minutes, contact(\"head\"), \"app\");\n";
    format!("{chain}{}", (0..12).map(one).collect::<String>())
}

/// Twelve alarms at once; one is acknowledged after thirty seconds. The host looks at its clock again after one, ten and twenty minutes.
fn flooded(host: Host) -> Host {
    let host = host.alarmed_by(&rules());
    host.clock.set_ms(BEGIN_MS + MINUTE_MS / 2);
    host.db.acknowledge(AlarmId(1), "anna", "").unwrap();
    for minute in [1, 10, 20] {
        host.advance_to(minute * MINUTE_MS);
    }
    host
}

#[test]
fn what_a_flood_holds_back_is_listed_with_the_time_of_its_roll_up() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(&rules());
    let audit = host.db.audit();
    let held: Vec<(u64, Timestamp)> = audit.held.iter().map(|(held, at)| (held.alarm.0, *at)).collect();
    let at = Timestamp::from_ms(BEGIN_MS + MINUTE_MS);
    assert_eq!(held, [(11, at), (12, at)], "the tenth went out in the first roll-up");
    let text = audit.to_string();
    assert!(text.contains(&format!("held back: 2\n  #11 to duty, step 1: rolled up at {at}\n")), "{text}");
    host.advance_to(MINUTE_MS);
    assert_eq!(host.db.audit().held, []);
}

#[test]
fn an_alarm_whose_message_was_held_back_is_explained_with_the_roll_up_that_told_of_it() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(&rules());
    assert_eq!(host.db.explain(AlarmId(11)).unwrap().unwrap().told, [], "nobody has been told yet");
    host.connect("app", delivered);
    host.advance_to(MINUTE_MS);
    host.settle(0);
    for (alarm, subject) in [(9, Subject::Step(0)), (10, Subject::RollUp(1)), (11, Subject::RollUp(2))] {
        let explanation = host.db.explain(AlarmId(alarm)).unwrap().unwrap();
        let told: Vec<(&str, Subject)> =
            explanation.told.iter().map(|told| (told.contact.as_str(), told.subject)).collect();
        assert_eq!(told, [("duty", subject)], "#{alarm}");
        assert_eq!(explanation.told[0].attempts.last().unwrap().1, "delivered", "#{alarm}");
    }
}

#[test]
fn the_metrics_of_a_flood_agree_with_a_count_by_hand() {
    let dir = crate::support::scratch::dir();
    let host = flooded(Host::open(dir.path(), 0));
    let range = |ms: i64| TimeRange::new(Timestamp::from_ms(BEGIN_MS), Timestamp::from_ms(BEGIN_MS + ms));
    let metrics = host.db.alarm_metrics(range(120 * MINUTE_MS)).unwrap();
    assert_eq!((metrics.openings, metrics.rate_mean, metrics.rate_max), (12, 1.0, 12));
    assert_eq!(metrics.flood_share, 1.0 / 12.0, "one of the twelve times ten minutes");
    assert_eq!(
        metrics.by_priority,
        Priority::ALL.map(|priority| (priority, 3)).into_iter().collect::<BTreeMap<_, _>>()
    );
    assert_eq!(metrics.acknowledged, (1, 30_000));
    assert_eq!(metrics.steps_late, 11, "the head's steps, five minutes late, but for the alarm that anna has taken");
    assert_eq!(metrics.stale, [], "no alarm has been open for a day");
    let stale: Vec<u64> =
        host.db.alarm_metrics(range(86_400_001)).unwrap().stale.into_iter().map(|alarm| alarm.0).collect();
    assert_eq!(stale, (1..=12).collect::<Vec<u64>>());
    let text = metrics.to_string();
    assert!(text.contains("late steps: 11, stale alarms: 0") && text.contains("after 30 s on average"), "{text}");
}

#[test]
fn the_forecast_of_a_flood_agrees_with_a_count_by_hand() {
    let dir = crate::support::scratch::dir();
    let host = flooded(Host::open(dir.path(), 0));
    let mut tally = AlarmTally::default();
    host.db.events().unwrap().iter().for_each(|event| tally.take(event));
    let end = Timestamp::from_ms(BEGIN_MS + 12 * 60 * MINUTE_MS);
    tally.end(end);
    let forecast = tally.forecast(end.since_ms(Timestamp::from_ms(BEGIN_MS)));
    let of = |name: &str| forecast.contacts[&Contact(name.to_owned())];
    // Nine one by one, the tenth in a roll-up, the last two in another; a flood of ten minutes. Twice that in a day.
    assert_eq!(of("duty"), (22.0, 10.0 / 720.0));
    // Nine one by one, the other two in a roll-up; a flood of ten minutes.
    assert_eq!(of("head"), (20.0, 10.0 / 720.0));
    assert_eq!(forecast.openings_per_day["r0"], 2.0);
}

#[test]
fn a_database_sends_its_heartbeat_at_its_interval_and_once_over_a_restart() {
    let dir = crate::support::scratch::dir();
    let open = |now_ms: i64| {
        let clock = Arc::new(ManualClock::new(BEGIN_MS + now_ms));
        let heartbeat = Heartbeat { every_ms: MINUTE_MS, contact: Contact("desk".to_owned()), way: "app".to_owned() };
        let heartbeat = Some(heartbeat);
        let config = Config { durability: Durability::Buffered, clock: clock.clone(), heartbeat, ..Config::default() };
        Host { clock, db: Database::open(dir.path(), config).unwrap() }
    };
    let beats = |host: &Host| -> Vec<(Subject, String)> {
        host.notifications().into_iter().map(|row| (row.subject, row.text)).collect()
    };
    let host = open(0);
    let desk = host.connect("app", delivered);
    // The clock stands twenty seconds behind a minute.
    for ms in [0, 1_000, 39_999, 40_000, 41_000] {
        host.advance_to(ms);
    }
    host.settle(0);
    let first = u64::try_from(BEGIN_MS / MINUTE_MS).unwrap();
    let subjects: Vec<Subject> = beats(&host).into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, [Subject::Heartbeat(first), Subject::Heartbeat(first + 1)]);
    assert_eq!(beats(&host)[0].1, "alive at 2023-11-14T22:13:20Z; open alarms: 0");
    assert_eq!(desk.len(), 2);
    drop(host);
    let host = open(50_000);
    host.advance_to(50_000);
    assert_eq!(beats(&host).len(), 2, "this minute's has been sent");
    host.advance_to(400_000);
    assert_eq!(beats(&host).last().unwrap().0, Subject::Heartbeat(first + 7), "those that were missed are left out");
    assert_eq!(beats(&host).len(), 3);
}
