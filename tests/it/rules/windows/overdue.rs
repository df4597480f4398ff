//! Links that die: nobody waits for longer than the rule says, and for no other alarm.
#![cfg(test)]

use super::reloads::{STEP_MS, Site};
use super::restarts::config;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, Batch, Channel, Config, Database, Instrument, Interval, Station, Timers, Timestamp, Unit};

/// Of each event of a kind, when it was and by how much later the host knew, in steps.
fn told(site: &Site, of: impl Fn(&AlarmEvent) -> Option<(Timestamp, Timestamp)>) -> Vec<(i64, i64)> {
    let first_ms = (super::BEGIN_MS / STEP_MS) * STEP_MS;
    let events = site.db.events().unwrap();
    let found = events.iter().filter_map(of);
    found.map(|(at, known)| ((at.as_ms() - first_ms) / STEP_MS, known.since_ms(at) / STEP_MS)).collect()
}

#[test]
fn of_a_station_that_sends_nothing_any_more_people_hear_after_the_time_of_on_missing() {
    for (lateness, delay) in [("", 1), (".lateness(30.seconds)", 4)] {
        let rule = format!(
            "alarm(\"high\").scope(\"{}\").when(last(\"x\") > 1.ppm).on_missing(\"unknown\", 1.minute){lateness};",
            super::language::station_name(0)
        );
        let site = Site::new(&rule);
        (1..=10).for_each(|step| site.step(step, &[0], 0.0));
        (11..=40).for_each(|step| site.step(step, &[], 0.0));
        let unknown = told(&site, |event| match event {
            AlarmEvent::BecameUnknown(one) => Some((one.at, one.recorded_at)),
            _ => None,
        });
        // The first frame that is missing is that of step 11; a minute is six steps.
        assert_eq!(unknown, [(17, delay)], "{rule}");
    }
}

#[test]
fn a_dead_link_holds_up_no_alarm_of_its_quorum_and_leaves_it_after_the_time_of_on_missing() {
    let rule = "alarm(\"two\").scope(\"**\").quorum(2).when(last(\"x\") > 1.ppm).on_missing(\"unknown\", 1.minute);";
    let site = Site::new(rule);
    (1..=10).for_each(|step| site.step(step, &[0, 1, 2], 0.0));
    (11..=29).for_each(|step| site.step(step, &[0, 1], 0.0));
    (30..=40).for_each(|step| site.step(step, &[0, 1], 2.0));
    (41..=50).for_each(|step| site.step(step, &[0, 1, 2], 2.0));
    let members = told(&site, |event| match event {
        AlarmEvent::MembershipChanged(one) => Some((one.at, one.recorded_at)),
        _ => None,
    });
    // It leaves a minute behind step 11, and is not waited for until its next frame is not overdue any more.
    assert_eq!(members, [(17, 1), (41, 0)]);
    let opened = told(&site, |event| match event {
        AlarmEvent::Opened(one) => Some((one.opened_at, one.recorded_at)),
        _ => None,
    });
    assert_eq!(opened, [(30, 1)]);
}

#[test]
fn a_slow_instrument_is_waited_for_only_where_its_frame_is_due() {
    let dir = crate::support::scratch::dir();
    let clock = Arc::new(ManualClock::new(0));
    let config = Config { timers: Timers::Clock, clock: Arc::clone(&clock) as Arc<_>, responder: None, ..config() };
    let db = Database::open(dir.path(), config).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let register = |name: &str, channel: &str, interval| {
        let channels = vec![Channel::quantity(channel, Unit::Ppm).unwrap()];
        db.register_instrument(station, Instrument::new(name, interval, channels).unwrap()).unwrap()
    };
    let [pid, gc] = [register("pid", "x", Interval::seconds(10).unwrap()), register("gc", "z", Interval::HOUR)];
    let text = "alarm(\"both\").scope(\"park/S1\").when(last(\"x\") > 1.ppm and last(\"z\") > 1.ppm).on_missing(\"unknown\", 15.minutes);";
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).unwrap();
    let hour = 1_700_000_000_000_i64 / 3_600_000 * 3_600_000;
    for step in 0..=1_000 {
        let at = Timestamp::from_ms(hour + step * STEP_MS);
        clock.set_ms(at.as_ms());
        let mut batch = Batch::new();
        if step % 360 == 0 {
            batch.push_values(gc, at, &[Some(2.0)]);
        }
        batch.push_values(pid, at, &[Some(if (600..620).contains(&step) { 2.0 } else { 0.0 })]);
        db.append(&batch).unwrap().all_accepted().unwrap();
        clock.set_ms(at.as_ms() + 1_000);
        db.advance().unwrap();
    }
    let mut found = Vec::new();
    for event in db.events().unwrap() {
        match event {
            AlarmEvent::Opened(one) => {
                found.push(((one.opened_at.as_ms() - hour) / STEP_MS, one.recorded_at.since_ms(one.opened_at)))
            }
            AlarmEvent::Closed(one) => {
                found.push(((one.closed_at.as_ms() - hour) / STEP_MS, one.recorded_at.since_ms(one.closed_at)))
            }
            _ => {}
        }
    }
    assert_eq!(
        found,
        [(600, 1_000), (620, 1_000)],
        "as soon as time has gone on, though the next frame of the other is forty minutes away"
    );
}
