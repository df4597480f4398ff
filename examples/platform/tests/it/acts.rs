//! Acts on alarms and incidents, from the form to the ledger and to the other readers.

use crate::district::{District, frames, send};
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

/// A rule over another channel: its alarms join no group of the other rule.
const TOLUENE: &str = r#"
alarm("toluene-high")
    .title("Toluene {value} at {stations}")
    .scope(stations("park/S2"))
    .when(avg("toluene", 5.minutes) > 8.ppb)
    .escalate(escalation("desk").step(0.minutes, contact("duty officer"), "app"));
"#;

/// A district with an alarm about benzene and one about toluene.
fn two_alarms() -> District {
    let add_rule = |db: &vocdb::Database| {
        let mut files = db.rule_set().unwrap().files;
        files.push(vocdb::rules::RuleFile { name: "toluene.rhai".to_owned(), text: TOLUENE.to_owned() });
        db.load_rule_set(files, "ada", "toluene").unwrap();
    };
    let district = District::filled(add_rule, |options| options);
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let token = ada.token("/rules");
    let answer = send(&mut ada, &token, &frames("park/S2", 20, 1.0));
    assert!(answer.contains("\"alarms_opened\":1"), "{answer}");
    district
}

#[test]
fn an_alarm_is_added_to_an_open_incident_from_its_own_page_and_from_that_of_the_incident() {
    let mut district = two_alarms();
    let mut dan = district.person("dan");
    let join = [("incident", "1"), ("comment", "same plume")];
    let none = dan.submit("/alarms/1", "/alarms/1/join", &join);
    assert!(none.status == 422 && none.body.contains("does not exist"), "{}", none.body);
    assert!(!dan.page("/alarms/2").contains("/alarms/2/join"), "a form without a choice");
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);

    // From the page of the incident.
    let (page, step) = ("/incidents/1", "/incidents/1/step");
    let shown = dan.page(page);
    assert!(shown.contains("<option value=\"2\">#2 Toluene") && !shown.contains("<option value=\"1\">"), "{shown}");
    for alarm in ["", "x", "-1", "99"] {
        assert_eq!(dan.submit(page, step, &[("step", "add"), ("alarm", alarm)]).status, 422, "{alarm}");
    }
    dan.act(page, step, &[("step", "add"), ("alarm", "2"), ("comment", "same wind")]);
    let shown = dan.page(page);
    assert!(shown.contains("href=\"/alarms/2\"") && shown.contains("same wind"), "{shown}");
    assert!(!shown.contains("Add an alarm"), "no alarm is left: {shown}");
    let twice = dan.submit("/alarms/2", "/alarms/2/join", &join);
    assert!(twice.status == 422 && twice.body.contains("belongs to"), "{}", twice.body);

    // From the page of the alarm, into another incident once the first one is closed.
    dan.act(page, step, &[("step", "close"), ("outcome", "no-violation")]);
    let closed = dan.submit("/alarms/2", "/alarms/2/join", &join);
    assert!(closed.status == 422 && closed.body.contains("is closed"), "{}", closed.body);
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "again")]);
    assert!(dan.page("/alarms/2").contains("/alarms/2/join"));
    dan.act("/alarms/2", "/alarms/2/join", &[("incident", "2"), ("comment", "same plume")]);
    assert!(dan.page("/alarms/2").contains("href=\"/incidents/2\""));
    assert!(dan.page("/audit").contains("incident 2: alarm #2 added: same plume"));
    let incidents = district.stop().incidents();
    assert_eq!(incidents.iter().map(|incident| incident.alarms.len()).collect::<Vec<_>>(), [2, 2]);
}
