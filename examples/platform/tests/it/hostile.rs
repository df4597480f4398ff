//! Names, comments and reports with script in them: inert on every page. Stations and channels have no such names: the store refuses them.

use crate::client::Client;
use crate::district::{District, PAGES, PASSWORD};
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::server::accounts_of;

/// Leaves an attribute and a text, and would run.
const SCRIPT: &str = "'\"><svg onload=alert(1)>";
/// What must not be on a page.
const RAW: &str = "<svg onload";
/// What is there instead.
const INERT: &str = "&lt;svg onload";
const RULE: &str = r#"alarm("odd")
    .title("</title><svg onload=alert(1)> {value} at {stations}")
    .guidance("</textarea><svg onload=alert(1)>")
    .scope(stations("park/*"))
    .when(avg("benzene", 10.minutes) > 30.ppb)
    .escalate(escalation("desk").step(0.minutes, contact("<svg onload=alert(1)>"), "app"));
"#;

fn everything_hostile(district: &District, name: &str) -> Client {
    let mut ada = Client::logged_in(district.address(), name, PASSWORD);
    let file = format!("{SCRIPT}.rhai");
    ada.act("/rules", "/rules/load", &[("name", &file), ("text", RULE), ("reason", SCRIPT)]);
    district.raise_alarm("park/S1");
    ada.act("/alarms/1", "/alarms/1/comment", &[("comment", SCRIPT)]);
    ada.act("/alarms/1", "/alarms/1/hand-over", &[("to", name), ("comment", SCRIPT)]);
    ada.act("/alarms/1", "/alarms/1/shelve", &[("comment", SCRIPT), ("until", "2026-03-15T00:00")]);
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", SCRIPT)]);
    let step = "/incidents/1/step";
    ada.act("/incidents/1", step, &[("step", "suspect"), ("site", SCRIPT), ("comment", SCRIPT)]);
    ada.act("/incidents/1", step, &[("step", "find"), ("text", SCRIPT), ("site", SCRIPT), ("comment", SCRIPT)]);
    ada.act(
        "/incidents/1",
        step,
        &[("step", "close"), ("outcome", "violation"), ("kind", SCRIPT), ("comment", SCRIPT)],
    );
    let odour = [
        ("time", "2026-03-14T14:20"),
        ("latitude", "30.7"),
        ("longitude", "121.3"),
        ("intensity", "4"),
        ("words", SCRIPT),
        ("reporter", SCRIPT),
    ];
    assert_eq!(district.visitor().submit("/odour", "/odour", &odour).status, 200);
    ada
}

#[test]
fn stored_script_is_inert_on_every_page() {
    let district = District::open();
    let name = format!("x{SCRIPT}");
    Accounts::open(&accounts_of(&district.store())).unwrap().add(&name, Role::Administrator, PASSWORD).unwrap();
    district.tick();
    let mut ada = everything_hostile(&district, &name);
    for path in PAGES.into_iter().chain(["/incidents/1/report"]) {
        let page = ada.page(path);
        assert!(!page.contains(RAW), "{path}: {page}");
        assert!(page.contains(INERT), "{path} does not show the text: {page}");
    }
    assert!(ada.page("/rules").contains("&lt;/textarea&gt;"));
    for path in ["/api/stations", "/api/alarms"] {
        assert_eq!(ada.get(path).header("content-type"), Some("application/json"), "{path}");
    }
}

#[test]
fn reflected_script_is_inert() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let encoded = crate::client::encode(SCRIPT);
    for path in [
        format!("/{encoded}"),
        format!("/station?name={encoded}"),
        format!("/alarms/{encoded}"),
        format!("/incidents/{encoded}"),
    ] {
        let answer = ada.get(&path);
        assert!(answer.status >= 400 && !answer.body.contains(RAW), "{path}: {}", answer.body);
    }
    let checked = ada.submit("/rules", "/rules/check", &[("name", SCRIPT), ("text", SCRIPT), ("reason", SCRIPT)]);
    assert!(checked.body.contains(INERT) && !checked.body.contains(RAW), "{}", checked.body);
    let refused = ada.submit("/alarms/1", "/alarms/1/hand-over", &[("to", SCRIPT)]);
    assert!(refused.body.contains(INERT) && !refused.body.contains(RAW), "{}", refused.body);
    let refused = ada.submit("/odour", "/odour", &[("time", SCRIPT)]);
    assert!(refused.status == 422 && !refused.body.contains(RAW), "{}", refused.body);
    let mut visitor = district.visitor();
    let refused = visitor.submit("/login", "/login", &[("name", SCRIPT), ("password", SCRIPT)]);
    assert!(!refused.body.contains(RAW), "{}", refused.body);
}
