//! JSON for programs.

use crate::district::{District, frames};
use vocdb_platform::accounts::Accounts;
use vocdb_platform::server::accounts_of;

/// A token for programs of somebody.
pub(crate) fn token(district: &District, name: &str) -> String {
    let token = Accounts::open(&accounts_of(&district.store())).unwrap().issue_token(name).unwrap();
    district.tick();
    token
}

#[test]
fn a_program_sends_readings_with_its_token_and_reads_them_back() {
    let mut district = District::open();
    let bearer = format!("Bearer {}", token(&district, "olga"));
    let mut program = district.visitor();
    let mut post = |auth: &str, body: &str| {
        let headers = [("content-type", "application/json"), ("authorization", auth)];
        program.request("POST", "/api/readings", &headers, body.as_bytes())
    };
    let body = frames("park/S1", 5, 3.0);
    let stored = post(&bearer, &body);
    assert_eq!(stored.status, 200, "{}", stored.body);
    assert!(stored.body.contains("\"accepted\":5") && stored.body.contains("\"is_durable\":true"), "{}", stored.body);
    assert!(post(&bearer, &body).body.contains("\"identical\":5"));
    assert_eq!(post("Bearer 0123", &body).status, 401);
    assert_eq!(post(&format!("Bearer {}", token(&district, "lea")), &body).status, 403);
    for (from, to, says) in [
        ("\"park/S1\"", "\"park/S9\"", "frame 0: no station is named `park/S9`"),
        ("\"pid\"", "\"gc\"", "has no instrument `gc`"),
        ("\"benzene\"", "\"benzol\"", "has no channel `benzol`"),
        ("2026-03-14T", "yesterday ", "frame 0"),
        ("\"calibration\"", "\"odd\"", "no flag is named `odd`"),
        ("\"frames\"", "\"rows\"", "rows"),
    ] {
        let answer = post(&bearer, &body.replace(from, to));
        assert!(answer.status == 422 && answer.body.contains(says), "{} {}", answer.status, answer.body);
    }
    // A frame of a year that has not come is stored by nobody, and named.
    let future = post(&bearer, &body.replacen("2026-03-14T", "2027-03-14T", 1));
    assert!(future.body.contains("\"rejected\":[{\"index\":0"), "{}", future.body);

    let stations = program.page("/api/stations");
    assert!(stations.contains("\"station\":\"park/S1\"") && stations.contains("\"value\":3.0"), "{stations}");
    let alarms = program.request("GET", "/api/alarms", &[("authorization", bearer.as_str())], b"");
    assert_eq!(alarms.body, "{\"alarms\":[]}");
    let newest = district.stop().latest("park/S1", "benzene").unwrap().unwrap();
    assert_eq!(newest.1.value, Some(3.0));
}

#[test]
fn a_session_sends_readings_only_with_its_form_token() {
    let district = District::open();
    let mut ada = district.person("ada");
    let headers = [("content-type", "application/json")];
    let body = frames("park/S1", 1, 3.0);
    assert_eq!(ada.request("POST", "/api/readings", &headers, body.as_bytes()).status, 403);
    district.raise_alarm("park/S1");
    let alarms = ada.page("/api/alarms");
    assert!(alarms.contains("\"alarm\":1") && alarms.contains("\"stations\":[\"park/S1\"]"), "{alarms}");
}

#[test]
fn a_token_sends_no_forms() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let bearer = format!("Bearer {}", token(&district, "olga"));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", bearer.as_str())];
    assert_eq!(district.visitor().request("POST", "/alarms/1/acknowledge", &headers, b"token=").status, 403);
}
