//! Maintenance: planned once or with repeats, shown, cancelled.

use crate::client::{Answer, Client};
use crate::district::{District, NOW_MS};

const HOUR_MS: i64 = 3_600_000;

fn plan(client: &mut Client, fields: &[(&str, &str)]) -> Answer {
    let usual =
        [("stations", "park/*"), ("from", "2026-03-14T14:00"), ("to", "2026-03-14T16:00"), ("reason", "new valves")];
    let fields: Vec<(&str, &str)> = usual
        .into_iter()
        .filter(|(name, _)| !fields.iter().any(|(other, _)| other == name))
        .chain(fields.iter().copied())
        .collect();
    client.submit("/maintenance", "/maintenance/plan", &fields)
}

/// The part of the page under a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<h2>{heading}</h2>")).unwrap_or_else(|| panic!("{heading}: {page}"));
    rest.split("<h2>").next().unwrap()
}

#[test]
fn maintenance_silences_alarms_is_shown_where_it_matters_and_ends_by_itself() {
    let district = District::open();
    let mut dan = district.person("dan");
    assert_eq!(plan(&mut dan, &[]).header("location"), Some("/maintenance"));
    let running = dan.page("/maintenance");
    for text in ["park/*", "2026-03-14 14:00:00", "2026-03-14 16:00:00", "new valves", "dan"] {
        assert!(section(&running, "Under way").contains(text), "{text} is missing: {running}");
    }
    district.raise_alarm("park/S1");
    let alarm = dan.page("/alarms/1");
    assert!(alarm.contains("Nobody is notified until 2026-03-14 16:00:00.") && alarm.contains("new valves"), "{alarm}");
    assert!(alarm.contains("Nobody was notified."), "{alarm}");
    assert!(dan.page("/station?name=park/S1").contains("Maintenance 1"));
    let public = district.visitor().page("/station?name=park/S1");
    assert!(public.contains("Nobody is notified until") && !public.contains("new valves"), "{public}");

    district.clock.set_ms(NOW_MS + 2 * HOUR_MS);
    district.tick();
    let over = dan.page("/maintenance");
    assert!(section(&over, "Under way").contains("No maintenance is under way"), "{over}");
    let past = section(&over, "Past");
    assert!(past.contains("once") && past.contains("new valves") && past.contains("2026-03-14 16:00:00"), "{past}");
    assert!(!dan.page("/station?name=park/S1").contains("Nobody is notified"));
    assert!(dan.page("/alarms/1").contains("duty officer"), "the alarm is still open, so people are notified");
    assert!(dan.page("/audit").contains("maintenance 1 of `park/*`"));
}

#[test]
fn repeats_go_on_after_a_restart_until_they_are_cancelled() {
    let mut district = District::open();
    let mut dan = district.person("dan");
    let nightly = [
        ("stations", "park/S2"),
        ("rule", "benzene-high"),
        ("from", "2026-03-14T22:00"),
        ("to", "2026-03-14T23:00"),
        ("recurrence", "daily"),
        ("until", "2026-03-20T00:00"),
    ];
    assert_eq!(plan(&mut dan, &nightly).status, 303);
    let page = dan.page("/maintenance");
    let planned = section(&page, "Planned");
    for text in ["2026-03-14 22:00:00", "every day", "last before 2026-03-20 00:00:00", "rule benzene-high only"] {
        assert!(planned.contains(text), "{text} is missing: {planned}");
    }
    for hours in [8, 9] {
        district.clock.set_ms(NOW_MS + hours * HOUR_MS);
        district.tick();
    }
    assert!(section(&dan.page("/maintenance"), "Planned").contains("2026-03-15 22:00:00"));
    district.restart();
    district.clock.set_ms(NOW_MS + 32 * HOUR_MS);
    district.tick();
    let mut dan = district.person("dan");
    assert!(section(&dan.page("/maintenance"), "Under way").contains("2026-03-15 23:00:00"));
    assert!(!dan.page("/station?name=park/S1").contains("Nobody is notified"));
    assert!(dan.page("/station?name=park/S2").contains("Nobody is notified of the rule benzene-high"));

    let reasonless = dan.submit("/maintenance", "/maintenance/cancel", &[("number", "1")]);
    assert_eq!(reasonless.status, 422);
    dan.act("/maintenance", "/maintenance/cancel", &[("number", "1"), ("comment", "work is done")]);
    let page = dan.page("/maintenance");
    let past = section(&page, "Past");
    assert!(past.contains("2 times") && past.contains("cancelled by dan: work is done"), "{past}");
    assert!(dan.page("/audit").contains("was cancelled by dan: work is done"));
    let again = dan.submit("/maintenance", "/maintenance/cancel", &[("number", "1"), ("comment", "again")]);
    assert!(again.status == 422 && again.body.contains("no maintenance window 1"), "{}", again.body);
    assert!(district.stop().maintenance().is_empty());
}

#[test]
fn maintenance_that_would_do_nothing_is_refused_with_what_to_write() {
    let mut district = District::open();
    let mut dan = district.person("dan");
    let refused: &[(&[(&str, &str)], &str)] = &[
        (&[("stations", "park/S9")], "No station and no rule is covered by `park/S9`"),
        (&[("stations", "park/S1"), ("rule", "no-such-rule")], "No station and no rule is covered"),
        (&[("stations", "")], "`Stations` is empty"),
        (&[("reason", "  ")], "`Reason` is empty"),
        (&[("from", "noon")], "`From` is not a time"),
        (&[("to", "")], "`To` is empty"),
        (&[("to", "2026-03-14T13:00")], "end is not after its begin"),
        (&[("from", "2026-03-13T13:00"), ("to", "2026-03-13T14:00")], "it is over already"),
        (&[("recurrence", "hourly")], "Choose how often"),
        (&[("recurrence", "daily"), ("to", "2026-03-17T16:00")], "longer than the time from one occurrence"),
    ];
    for (fields, problem) in refused {
        let answer = plan(&mut dan, fields);
        assert!(answer.status == 422 && answer.body.contains(problem), "{fields:?}: {}", answer.body);
    }
    assert!(dan.page("/maintenance?stations=park/S2").contains("value=\"park/S2\""));
    assert!(district.stop().maintenance().is_empty());
}
