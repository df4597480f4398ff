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
    manage(&mut ada);
    ada
}

/// Maintenance, accounts and the register, with script in each text.
fn manage(ada: &mut Client) {
    let times = [("from", "2026-03-14T14:00"), ("to", "2026-03-14T18:00")];
    let plan = [&times[..], &[("stations", "**"), ("reason", SCRIPT)]].concat();
    ada.act("/maintenance", "/maintenance/plan", &plan);
    ada.act("/maintenance", "/maintenance/plan", &plan);
    ada.act("/maintenance", "/maintenance/cancel", &[("number", "2"), ("comment", SCRIPT)]);
    let account = [("name", SCRIPT), ("role", "leader"), ("reason", SCRIPT)];
    let shown = ada.submit("/accounts", "/accounts/add", &account);
    assert!(shown.body.contains(INERT) && !shown.body.contains(RAW), "{}", shown.body);
    for path in ["/accounts/reset", "/accounts/token"] {
        let shown = ada.submit("/accounts", path, &[("name", SCRIPT), ("reason", SCRIPT)]);
        assert!(shown.body.contains(INERT) && !shown.body.contains(RAW), "{}", shown.body);
    }
    ada.act("/register", "/register/station", &[("station", "park/S3"), ("reason", SCRIPT)]);
    ada.act("/register", "/register/position", &[("station", "park/S3"), ("height", "3"), ("reason", SCRIPT)]);
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
    let tests = format!("{SCRIPT}_test.rhai");
    for action in ["/rules/test", "/rules/backtest", "/rules/load"] {
        for text in [SCRIPT, "alarm(\"<svg onload=alert(1)>\")", "test(\"<svg onload=alert(1)>\", |t| { t.at(1); });"] {
            let fields = [("name", SCRIPT), ("text", text), ("name", &tests), ("text", text), ("reason", SCRIPT)];
            let ends = [("from", SCRIPT), ("to", "")];
            for fields in [fields.to_vec(), [&fields[..], &ends].concat()] {
                let answer = ada.submit("/rules", action, &fields);
                assert!(answer.body.contains(INERT) && !answer.body.contains(RAW), "{action}: {}", answer.body);
            }
        }
    }
    for (page, action, field) in [
        ("/maintenance", "/maintenance/plan", "stations"),
        ("/register", "/register/station", "station"),
        ("/register", "/register/position", "station"),
        ("/accounts", "/accounts/remove", "name"),
    ] {
        let times = [("from", "2026-03-14T14:00"), ("to", "2026-03-14T18:00")];
        let refused = ada.submit(page, action, &[&times[..], &[(field, SCRIPT), ("reason", "x")]].concat());
        assert!(refused.status == 422 && refused.body.contains(INERT), "{action}: {}", refused.body);
        assert!(!refused.body.contains(RAW), "{action}: {}", refused.body);
    }
    let refused = ada.submit("/alarms/1", "/alarms/1/hand-over", &[("to", SCRIPT)]);
    assert!(refused.body.contains(INERT) && !refused.body.contains(RAW), "{}", refused.body);
    let refused = ada.submit("/odour", "/odour", &[("time", SCRIPT)]);
    assert!(refused.status == 422 && !refused.body.contains(RAW), "{}", refused.body);
    let mut visitor = district.visitor();
    let refused = visitor.submit("/login", "/login", &[("name", SCRIPT), ("password", SCRIPT)]);
    assert!(!refused.body.contains(RAW), "{}", refused.body);
}

/// Pages, files and answers that take texts and times, each up to the text.
const ADDRESSES: [&str; 23] = [
    "/values?station=",
    "/values?channel=",
    "/values?only=",
    "/station?name=ring/mast&channel=",
    "/station?name=ring/mast&from=",
    "/station?name=ring/mast&from=2026-03-14&to=",
    "/station.svg?name=",
    "/station.csv?name=ring/mast&to=",
    "/rose?station=",
    "/rose?station=ring/mast&channel=",
    "/rose?station=ring/mast&wind=",
    "/rose?station=ring/mast&from=",
    "/rose.csv?station=ring/mast&to=",
    "/rose/wind.svg?station=ring/mast&wind=",
    "/quality?station=",
    "/quality?station=ring/mast&from=",
    "/statistics?from=",
    "/statistics?channel=",
    "/statistics?channel=benzene&limit=5&unit=",
    "/statistics?channel=benzene&limit=5&unit=ppb&coverage=",
    "/api/series?channel=gc/benzene&station=",
    "/api/annotations?station=",
    "/maintenance?stations=",
];

#[test]
fn texts_in_queries_are_inert_and_bounded() {
    let district = crate::park::open();
    let mut ada = district.person("ada");
    let encoded = crate::client::encode(SCRIPT);
    let (long, nines) = ("x".repeat(60_000), "9".repeat(60_000));
    for address in ADDRESSES {
        for text in [
            encoded.as_str(),
            long.as_str(),
            nines.as_str(),
            "%00",
            "%ff",
            "%0d%0aset-cookie:%20a=b",
            "NaN",
            "-1e308",
            "../../etc",
        ] {
            let answer = ada.get(&format!("{address}{text}"));
            assert!(
                answer.status < 500 && !answer.body.contains(RAW),
                "{address}{text:.40}: {} {}",
                answer.status,
                answer.body
            );
            assert!(answer.header("set-cookie").is_none(), "{address}{text:.40}");
            assert!(answer.body.len() < 300_000, "{address}{text:.40}: {} bytes", answer.body.len());
        }
    }
}

#[test]
fn ranges_of_ten_thousand_years_and_of_nothing_are_refused() {
    let district = crate::park::open();
    let mut ada = district.person("ada");
    for address in [
        "/station?name=ring/mast",
        "/station.svg?name=ring/mast",
        "/station.csv?name=ring/mast",
        "/rose?station=ring/mast",
        "/rose.csv?station=ring/mast",
        "/quality?station=ring/mast",
        "/statistics?channel=benzene&limit=5&unit=ppb",
        "/api/series?station=ring/mast&channel=gc/benzene",
        "/api/annotations?station=ring/mast",
    ] {
        for (from, to) in [
            ("0001-01-01", "9999-12-31T23:59"),
            ("9999-12-31", "0001-01-01"),
            ("2026-03-14", "2026-03-14"),
            ("-9999-01-01", "9999-12-31"),
            ("2026-02-30", "2026-03-14"),
        ] {
            let answer = ada.get(&format!("{address}&from={from}&to={to}"));
            assert_eq!(answer.status, 422, "{address} {from} {to}: {}", answer.body);
        }
        // Times at both ends of the calendar.
        for (from, to) in [("0001-01-01T00:00", "0001-01-01T06:00"), ("9999-12-30T00:00", "9999-12-30T06:00")] {
            let answer = ada.get(&format!("{address}&from={from}&to={to}"));
            assert_eq!(answer.status, 200, "{address} {from} {to}: {}", answer.body);
        }
    }
}
