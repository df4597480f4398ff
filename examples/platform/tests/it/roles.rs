//! What each visitor may do.

use crate::district::District;

/// Every act, with the fields of its form.
const ACTS: [(&str, &[(&str, &str)]); 10] = [
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
];

#[test]
fn nobody_changes_anything_without_a_session() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let mut visitor = district.visitor();
    for (path, fields) in ACTS {
        assert_eq!(visitor.submit("/odour", path, fields).header("location"), Some("/login"), "{path}");
        assert_eq!(visitor.post(path, fields).status, 403, "{path} without a form token");
    }
    for path in ["/alarms", "/alarms/1", "/incidents", "/incidents/1", "/rules", "/odours", "/audit"] {
        assert_eq!(visitor.get(path).header("location"), Some("/login"), "{path}");
    }
    assert_eq!(visitor.get("/api/alarms").status, 401);
    let db = district.stop();
    assert!(db.alarms()[0].acknowledged.is_none() && db.incidents().is_empty());
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
    refused("pia", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    refused("lea", &[0, 2, 3, 4, 5, 7, 8, 9]);
    refused("olga", &[2, 3, 4, 5, 7, 8, 9]);
    refused("dan", &[8, 9]);
    assert_eq!(district.person("olga").get("/audit").status, 403);
    assert!(!district.person("olga").page("/alarms/1").contains("/alarms/1/shelve"), "a form that may not be used");
    let db = district.stop();
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
