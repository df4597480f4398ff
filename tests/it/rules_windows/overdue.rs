//! Links that die: nobody waits for longer than the rule says, and for no other alarm.
#![cfg(test)]

use super::reloads::{STEP_MS, Site};
use vocdb::{AlarmEvent, Timestamp};

/// Of each event of a kind, when it was and by how much later the host knew, in steps.
fn told(site: &Site, of: impl Fn(&AlarmEvent) -> Option<(Timestamp, Timestamp)>) -> Vec<(i64, i64)> {
    let first_ms = (super::BEGIN_MS / STEP_MS) * STEP_MS;
    let events = site.db.events().unwrap();
    let found = events.iter().filter_map(of);
    found.map(|(at, known)| ((at.as_ms() - first_ms) / STEP_MS, known.since_ms(at) / STEP_MS)).collect()
}

#[test]
fn of_a_station_that_sends_nothing_any_more_people_hear_after_the_time_of_on_missing() {
    for (lateness, delay) in [("", 1), (".lateness(30.seconds)", 3)] {
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
    // It leaves a minute behind step 11, is not waited for, and once it is back an instant is over with its frames.
    assert_eq!(members, [(17, 1), (41, 0)]);
    let opened = told(&site, |event| match event {
        AlarmEvent::Opened(one) => Some((one.opened_at, one.recorded_at)),
        _ => None,
    });
    assert_eq!(opened, [(30, 1)]);
}
