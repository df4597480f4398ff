//! What each visitor may do.

use crate::district::{District, PEOPLE};
use vocdb_platform::accounts::Accounts;
use vocdb_platform::server::accounts_of;

/// Every act, with the fields of its form.
const ACTS: [(&str, &[(&str, &str)]); 25] = [
    ("/alarms/1/acknowledge", &[]),
    ("/alarms/1/comment", &[("comment", "seen")]),
    ("/alarms/1/hand-over", &[("to", "dan")]),
    ("/alarms/1/shelve", &[("comment", "works"), ("until", "2026-03-15T00:00")]),
    ("/alarms/1/unshelve", &[]),
    ("/alarms/1/incident", &[("comment", "calls")]),
    ("/incidents/1/step", &[("step", "comment")]),
    ("/incidents/1/step", &[("step", "close"), ("outcome", "no-violation")]),
    ("/rules/check", &[("name", "a.rhai"), ("text", "alarm(")]),
    ("/rules/load", &[("name", "a.rhai"), ("text", "alarm("), ("reason", "test")]),
    ("/rules/test", &[("name", "a_test.rhai"), ("text", "test(")]),
    ("/rules/backtest", &[("name", "a.rhai"), ("text", "alarm(")]),
    (
        "/maintenance/plan",
        &[("stations", "**"), ("from", "2026-03-14T14:00"), ("to", "2026-03-14T18:00"), ("reason", "x")],
    ),
    ("/maintenance/cancel", &[("number", "1"), ("comment", "x")]),
    ("/alarms/1/join", &[("incident", "1")]),
    ("/incidents/1/step", &[("step", "add"), ("alarm", "1")]),
    ("/register/station", &[("station", "park/S3"), ("reason", "x")]),
    ("/register/position", &[("station", "park/S1"), ("latitude", "30"), ("longitude", "121"), ("reason", "x")]),
    (
        "/register/instrument",
        &[
            ("station", "park/S1"),
            ("instrument", "gc"),
            ("interval", "1 min"),
            ("channels", "styrene: ppb"),
            ("reason", "x"),
        ],
    ),
    ("/register/channels", &[("instrument", "1"), ("channels", "styrene: ppb"), ("reason", "x")]),
    ("/accounts/add", &[("name", "eve"), ("role", "administrator"), ("password", "correct horse battery")]),
    ("/accounts/role", &[("name", "pia"), ("role", "administrator")]),
    ("/accounts/reset", &[("name", "ada")]),
    ("/accounts/token", &[("name", "ada")]),
    ("/accounts/remove", &[("name", "ada")]),
];
/// Acts of the list above that everybody with an account is refused but administrators.
const OF_ADMINISTRATORS: [usize; 13] = [8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24];
/// Acts that duty officers may do, too.
const OF_DUTY: [usize; 8] = [2, 3, 4, 5, 7, 12, 13, 14];

/// The district is as it was: two stations, their channels, five accounts and the lines of their creation.
fn assert_nothing_changed(district: &mut District) -> vocdb::Database {
    let file = accounts_of(&district.store());
    let db = district.stop();
    assert!(db.maintenance().is_empty() && db.incidents().is_empty());
    let registry = db.registry();
    assert!(registry.stations().all(|(_, station)| *station.position() == vocdb::Position::default()));
    let channels: Vec<usize> = registry.instruments().map(|(.., instrument)| instrument.channels().len()).collect();
    assert_eq!(channels, [2, 2]);
    let accounts = Accounts::open(&file).unwrap();
    let found: Vec<_> = accounts.all().into_iter().map(|account| (account.name, account.role, account.token)).collect();
    assert_eq!(found.len(), PEOPLE.len());
    assert!(PEOPLE.iter().all(|(name, role)| found.contains(&((*name).to_owned(), *role, None))), "{found:?}");
    assert!(accounts.log().newest().unwrap().iter().all(|entry| entry.by == "command line"));
    db
}

#[test]
fn nobody_changes_anything_without_a_session() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let mut visitor = district.visitor();
    for (path, fields) in ACTS {
        assert_eq!(visitor.submit("/odour", path, fields).header("location"), Some("/login"), "{path}");
        assert_eq!(visitor.post(path, fields).status, 403, "{path} without a form token");
    }
    for path in [
        "/alarms",
        "/alarms/1",
        "/incidents",
        "/incidents/1",
        "/rules",
        "/odours",
        "/audit",
        "/maintenance",
        "/register",
        "/accounts",
        "/password",
    ] {
        assert_eq!(visitor.get(path).header("location"), Some("/login"), "{path}");
    }
    assert_eq!(visitor.get("/api/alarms").status, 401);
    let db = assert_nothing_changed(&mut district);
    assert!(db.alarms()[0].acknowledged.is_none());
    assert_eq!(db.explain(vocdb::AlarmId(1)).unwrap().unwrap().transitions.len(), 2, "opened and one step");
}

#[test]
fn a_role_does_what_it_may_and_nothing_else() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let refused = |name: &str, paths: &[usize]| {
        let mut person = district.person(name);
        for index in paths {
            let (path, fields) = ACTS[*index];
            assert_eq!(person.submit("/", path, fields).status, 403, "{name} {path}");
        }
    };
    refused("pia", &[0, 1, 6]);
    refused("lea", &[0]);
    for name in ["pia", "lea", "olga"] {
        refused(name, &OF_DUTY);
        refused(name, &[15]);
    }
    for name in ["pia", "lea", "olga", "dan"] {
        refused(name, &OF_ADMINISTRATORS);
        let mut person = district.person(name);
        for path in ["/register", "/accounts"] {
            assert_eq!(person.get(path).status, 403, "{name} {path}");
        }
    }
    assert_eq!(district.person("olga").get("/audit").status, 403);
    assert!(!district.person("olga").page("/maintenance").contains("/maintenance/plan"));
    assert!(!district.person("olga").page("/alarms/1").contains("/alarms/1/shelve"), "a form that may not be used");
    let db = assert_nothing_changed(&mut district);
    assert_eq!(db.explain(vocdb::AlarmId(1)).unwrap().unwrap().transitions.len(), 2);
}

#[test]
fn a_wrong_form_token_is_refused() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let (mut olga, mut dan) = (district.person("olga"), district.person("dan"));
    let of_dan = dan.token("/");
    for token in ["", "0", of_dan.as_str()] {
        assert_eq!(olga.post("/alarms/1/acknowledge", &[("token", token)]).status, 403, "{token}");
    }
    // A visitor cannot choose the token of a session with a cookie of its own.
    olga.cookies.insert("vocdb_form".to_owned(), "0".repeat(64));
    assert_eq!(olga.post("/alarms/1/acknowledge", &[("token", &"0".repeat(64))]).status, 403);
    assert!(olga.page("/alarms").contains("unacknowledged"));
}

#[test]
fn an_account_that_is_removed_loses_its_session() {
    let district = District::open();
    let mut dan = district.person("dan");
    dan.page("/alarms");
    let accounts = vocdb_platform::accounts::Accounts::open(&vocdb_platform::server::accounts_of(&district.store()));
    accounts.unwrap().remove("dan").unwrap();
    district.tick();
    assert_eq!(dan.get("/alarms").header("location"), Some("/login"));
}
