//! Acts on alarms and incidents, from the form to the ledger and to the other readers.

use crate::district::District;
use vocdb::AlarmEvent;

#[test]
fn an_acknowledgement_is_in_the_ledger_with_its_author_and_reaches_other_readers() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let (mut olga, mut dan) = (district.person("olga"), district.person("dan"));
    assert!(dan.page("/alarms").contains("open, unacknowledged"));
    let mut events = dan.events();
    olga.act("/alarms/1", "/alarms/1/acknowledge", &[("comment", "on my way")]);
    assert_eq!(events.next(), "alarms");
    assert!(dan.page("/alarms").contains("open, acknowledged"));
    assert!(dan.page("/alarms/1").contains("acknowledged by olga: on my way"));
    assert!(dan.page("/audit").contains("alarm #1: acknowledged by olga: on my way"));
    assert!(olga.page("/").contains("alarm, acknowledged"));
    let again = olga.submit("/alarms/1", "/alarms/1/acknowledge", &[]);
    assert!(again.status == 422 && again.body.contains("already acknowledged, by olga"), "{}", again.body);

    let events = district.stop().events().unwrap();
    let found = events.iter().find_map(|event| match event {
        AlarmEvent::Acknowledged(one) => Some((one.alarm.0, one.by.as_str(), one.comment.as_str())),
        _ => None,
    });
    assert_eq!(found, Some((1, "olga", "on my way")));
}

#[test]
fn visitors_receive_the_events_of_stations_only() {
    let district = District::open();
    let mut events = district.visitor().events();
    district.raise_alarm("park/S1");
    district.person("olga").act("/alarms/1", "/alarms/1/acknowledge", &[]);
    for _ in 0..2 {
        assert_eq!(events.next(), "stations");
    }
}

#[test]
fn an_alarm_is_commented_handed_over_shelved_and_unshelved() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut dan = district.person("dan");
    let page = "/alarms/1";
    dan.act(page, "/alarms/1/comment", &[("comment", "smells of solvent")]);
    dan.act(page, "/alarms/1/hand-over", &[("to", "olga"), ("comment", "your shift")]);
    let nobody = dan.submit(page, "/alarms/1/hand-over", &[("to", "nobody")]);
    assert!(nobody.status == 422 && nobody.body.contains("No account is named"), "{}", nobody.body);
    let past = dan.submit(page, "/alarms/1/shelve", &[("comment", "works"), ("until", "2026-03-14T00:00")]);
    assert_eq!(past.status, 422);
    let reasonless = dan.submit(page, "/alarms/1/shelve", &[("until", "2026-03-15T00:00")]);
    assert!(reasonless.status == 422 && reasonless.body.contains("The reason is missing"), "{}", reasonless.body);
    dan.act(page, "/alarms/1/shelve", &[("comment", "valve works"), ("until", "2026-03-15T00:00")]);
    let shown = dan.page(page);
    for text in [
        "smells of solvent",
        "your shift",
        "<dt>Owner</dt><dd translate=\"no\">olga</dd>",
        "by dan: valve works",
        "duty officer",
        "queued",
    ] {
        assert!(shown.contains(text), "{text} is missing: {shown}");
    }
    dan.act(page, "/alarms/1/unshelve", &[]);
    assert!(!dan.page("/alarms").contains("shelved"));
}

#[test]
fn an_incident_goes_from_the_alarm_to_its_outcome() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut dan = district.person("dan");
    assert!(dan.page("/incidents").contains("No incident"));
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "three calls")]);
    let twice = dan.submit("/incidents/1", "/alarms/1/incident", &[("comment", "again")]);
    assert!(twice.status == 422 && twice.body.contains("belongs to"), "{}", twice.body);
    let (page, step) = ("/incidents/1", "/incidents/1/step");
    dan.act(page, step, &[("step", "suspect"), ("site", "tank T-401"), ("comment", "plume")]);
    dan.act(page, step, &[("step", "find"), ("text", "the seal leaks"), ("site", "tank T-401")]);
    assert!(dan.page("/incidents").contains(">located<"));
    dan.act(
        page,
        step,
        &[("step", "close"), ("outcome", "violation"), ("kind", "no maintenance"), ("comment", "fined")],
    );
    let late = dan.submit(page, step, &[("step", "find"), ("text", "more")]);
    assert_eq!(late.status, 422);
    let shown = dan.page(page);
    for text in
        ["three calls", "tank T-401", "the seal leaks", "violation", "no maintenance", "fined", "/alarms/1", ">closed<"]
    {
        assert!(shown.contains(text), "{text} is missing: {shown}");
    }
    let report = dan.get("/incidents/1/report");
    assert!(
        report.status == 200 && report.body.contains("the seal leaks") && report.body.contains("<svg"),
        "{}",
        report.body
    );
    assert!(report.header("content-security-policy").unwrap().contains("style-src 'unsafe-inline'"));
}
