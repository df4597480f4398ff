//! Every page in Chinese, and none of it in English.

use super::markup::{has_letters, is_chinese, texts};
use crate::client::Client;
use crate::district::{District, PAGES};
use vocdb_platform::Options;
use vocdb_platform::phones::Phones;

/// Pages of the park, and drawings as files.
const PARK: [&str; 14] = [
    "/",
    "/map",
    "/map.svg",
    "/values",
    "/incidents/1",
    "/incidents/1/map.svg",
    "/rose?station=ring/R6&channel=gc/benzene",
    "/rose/wind.svg?station=ring/R6",
    "/rose/pollution.svg?station=ring/R6&channel=gc/benzene",
    "/station?name=ring/R6&hours=6",
    "/station.svg?name=ring/R6&hours=6",
    "/station?name=ring/mast&channel=anemometer/wind%20speed",
    "/quality?station=ring/mast",
    "/statistics?channel=benzene&average=1h&limit=30&unit=ppb&from=2026-02-20&to=2026-03-15",
];
/// Addresses that fail.
const FAILURES: [&str; 6] = [
    "/nowhere",
    "/station?name=park/S1&from=yesterday",
    "/station?name=park/S1&from=2020-01-01&to=2026-01-01",
    "/station?name=park/S1&from=2026-03-14&to=2026-03-13",
    "/rose?station=park/S1",
    "/statistics?channel=benzene&limit=5&unit=a,b",
];

/// Files of rules, each with its text and a reason: a test, nothing to run, mistakes, and a rule that raises alarms.
const TRIALS: [(&str, &str, &str); 4] = [
    ("new_test.rhai", "test(\"nothing\");", ""),
    ("", "alarm(", ""),
    ("wrong.rhai", "alarm(", "a mistake"),
    (
        "new.rhai",
        "alarm(\"low\").title(\"{value}\").scope(stations(\"park/*\")).when(avg(\"benzene\", 10.minutes) > 20.ppb)\n    .escalate(escalation(\"desk\").step(0.minutes, contact(\"duty officer\"), \"app\"));",
        "",
    ),
];

pub(super) fn in_language(mut client: Client, code: &str) -> Client {
    client.cookies.insert("vocdb_language".to_owned(), code.to_owned());
    client
}

/// A district in which everything has happened, with a page of phones.
pub(super) fn eventful() -> District {
    let phones = Phones::new();
    let district = District::with(|options| Options { phones: Some(phones), ..options });
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    ada.act("/alarms/1", "/alarms/1/acknowledge", &[("comment", "on my way")]);
    ada.act("/alarms/1", "/alarms/1/hand-over", &[("to", "dan"), ("comment", "shift ends")]);
    ada.act("/alarms/1", "/alarms/1/shelve", &[("comment", "works"), ("until", "2026-03-15T00:00")]);
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);
    let step = "/incidents/1/step";
    ada.act("/incidents/1", step, &[("step", "suspect"), ("site", "tank farm"), ("comment", "plume")]);
    ada.act("/incidents/1", step, &[("step", "find"), ("text", "a seal leaks"), ("site", "tank farm")]);
    for (from, to, recurrence) in
        [("2026-03-14T14:00", "2026-03-14T16:00", "once"), ("2026-03-15T02:00", "2026-03-15T03:00", "daily")]
    {
        let window =
            [("stations", "park/*"), ("from", from), ("to", to), ("recurrence", recurrence), ("reason", "new valves")];
        ada.act("/maintenance", "/maintenance/plan", &window);
    }
    ada.act("/maintenance", "/maintenance/cancel", &[("number", "2"), ("comment", "no valves")]);
    ada.act("/accounts", "/accounts/role", &[("name", "lea"), ("role", "duty officer"), ("reason", "promoted")]);
    let odour = [("time", "2026-03-14T14:20"), ("latitude", "30.731"), ("longitude", "121.286"), ("intensity", "4")];
    assert_eq!(district.visitor().submit("/odour", "/odour", &odour).status, 200);
    district
}

fn assert_chinese(path: &str, page: &str) {
    if page.starts_with("<!DOCTYPE html>") {
        assert!(page.contains("<html lang=\"zh-CN\">"), "{path}");
    }
    let texts = texts(page);
    assert!(texts.iter().any(|text| is_chinese(text)), "{path}: {page}");
    let english: Vec<&String> = texts.iter().filter(|text| has_letters(text) && !is_chinese(text)).collect();
    assert_eq!(english, Vec::<&String>::new(), "{path}");
    let holes: Vec<&String> = texts.iter().filter(|text| text.contains("{$") || text.contains("{ $")).collect();
    assert_eq!(holes, Vec::<&String>::new(), "{path}: values are missing");
}

#[test]
fn pages_in_chinese_have_no_english() {
    let district = eventful();
    let mut ada = in_language(district.person("ada"), "zh");
    for path in PAGES.into_iter().chain(["/phones", "/phones?contact=duty%20officer", "/odour", "/login"]) {
        assert_chinese(path, &ada.page(path));
    }
    let mut dan = in_language(district.person("dan"), "zh");
    assert_chinese("/rules of a reader", &dan.page("/rules"));
    for action in ["/accounts/reset", "/accounts/token"] {
        assert_chinese(action, &ada.submit("/accounts", action, &[("name", "lea"), ("reason", "lost")]).body);
    }
    ada.act("/incidents/1", "/incidents/1/step", &[("step", "close"), ("outcome", "violation"), ("kind", "leak")]);
    assert_chinese("closed incident", &ada.page("/incidents/1"));
    let checked = ada.submit("/rules", "/rules/check", &[("name", "park.rhai"), ("text", "alarm(\"x\")")]);
    assert_chinese("/rules/check", &checked.body);
    for (name, text, reason) in TRIALS {
        let fields = [
            ("name", name),
            ("text", text),
            ("reason", reason),
            ("from", "2026-03-14T13:00"),
            ("to", "2026-03-14T14:40"),
        ];
        for action in ["/rules/check", "/rules/test", "/rules/backtest", "/rules/load"] {
            let answer = ada.submit("/rules", action, &fields);
            if answer.status != 303 {
                assert_chinese(action, &answer.body);
            }
        }
    }
    let odour = [("time", "2026-03-14T14:20"), ("latitude", "30.731"), ("longitude", "121.286"), ("intensity", "4")];
    let mut visitor = in_language(district.visitor(), "zh");
    assert_chinese("an odour report", &visitor.submit("/odour", "/odour", &odour).body);
}

#[test]
fn pages_of_an_empty_district_in_chinese_have_no_english() {
    let district = District::open();
    let mut ada = in_language(district.person("ada"), "zh");
    let paths = [
        "/",
        "/maintenance",
        "/register",
        "/accounts",
        "/map",
        "/values",
        "/alarms",
        "/incidents",
        "/odours",
        "/quality?station=park/S2",
        "/statistics",
        "/audit",
    ];
    for path in paths {
        assert_chinese(path, &ada.page(path));
    }
}

#[test]
fn drawings_and_pages_of_a_park_in_chinese_have_no_english() {
    let park = crate::park::open();
    let mut dan = in_language(park.person("dan"), "zh");
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "smell")]);
    dan.act("/incidents/1", "/incidents/1/step", &[("step", "suspect"), ("site", "tank farm"), ("comment", "plume")]);
    for path in PARK {
        assert_chinese(path, &dan.page(path));
    }
}

#[test]
fn failures_in_chinese_have_no_english() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let [mut olga, mut dan] = ["olga", "dan"].map(|name| in_language(district.person(name), "zh"));
    for path in FAILURES.into_iter().chain(["/audit"]) {
        let answer = olga.get(path);
        assert!(answer.status >= 400, "{path}: {}", answer.status);
        assert_chinese(path, &answer.body);
    }
    let long = "x".repeat(5_000);
    for (path, fields) in [
        ("/alarms/1/comment", &[("comment", "")][..]),
        ("/alarms/1/comment", &[("comment", &long)]),
        ("/odour", &[("time", "")]),
        ("/odour", &[("time", "2020-01-01T00:00")]),
        ("/odour", &[("time", "2026-03-14T14:20"), ("intensity", "x")]),
        ("/odour", &[("time", "2026-03-14T14:20"), ("intensity", "3"), ("latitude", "x")]),
        ("/alarms/1/join", &[("incident", "x")]),
        (
            "/maintenance/plan",
            &[("stations", "nowhere"), ("from", "2026-03-15T00:00"), ("to", "2026-03-15T01:00"), ("reason", "x")],
        ),
        ("/maintenance/plan", &[("stations", "park/*"), ("from", "noon"), ("reason", "x")]),
        ("/maintenance/plan", &[("stations", "park/*"), ("recurrence", "hourly")]),
        ("/maintenance/cancel", &[("number", "x")]),
    ] {
        let answer = dan.submit("/odour", path, fields);
        assert_eq!(answer.status, 422, "{path} {fields:.60?}");
        assert_chinese(path, &answer.body);
    }
    let mut ada = in_language(district.person("ada"), "zh");
    let instrument = |name: &'static str, channels: &'static str| {
        [("station", "park/S1"), ("instrument", name), ("interval", "1 min"), ("channels", channels), ("reason", "x")]
    };
    for (path, fields) in [
        ("/register/station", &[("station", "park/S1"), ("reason", "x")][..]),
        ("/register/station", &[("station", "park/S9"), ("latitude", "30"), ("reason", "x")]),
        ("/register/position", &[("station", "park/S8"), ("reason", "x")]),
        ("/register/instrument", &instrument("pid", "benzene: ppb")),
        ("/register/instrument", &instrument("gc", "benzene")),
        ("/register/instrument", &instrument("gc", "benzene: furlong")),
        ("/register/channels", &[("instrument", "x"), ("reason", "x")]),
        ("/register/channels", &[("instrument", "1"), ("reason", "x")]),
        ("/accounts/add", &[("name", "olga"), ("role", "operator")]),
        ("/accounts/add", &[("name", ""), ("role", "operator")]),
        ("/accounts/add", &[("name", "eve"), ("role", "operator"), ("password", "short")]),
        ("/accounts/role", &[("name", "olga"), ("role", "emperor")]),
        ("/accounts/remove", &[("name", "ada")]),
        ("/accounts/remove", &[("name", "nobody")]),
    ] {
        let answer = ada.submit("/register", path, fields);
        assert_eq!(answer.status, 422, "{path} {fields:.60?}: {}", answer.body);
        assert_chinese(path, &answer.body);
    }
    let mut visitor = in_language(district.visitor(), "zh");
    let wrong = visitor.submit("/login", "/login", &[("name", "olga"), ("password", "wrong password")]);
    assert_chinese("a wrong password", &wrong.body);
    let outdated = visitor.post("/login", &[("token", "0")]);
    assert_eq!(outdated.status, 403);
    assert_chinese("an outdated form", &outdated.body);
}

#[test]
fn pages_in_english_have_no_chinese() {
    let district = eventful();
    let mut ada = in_language(district.person("ada"), "en");
    for path in PAGES.into_iter().chain(["/phones", "/odour", "/login", "/nowhere"]) {
        let page = ada.get(path).body;
        assert!(page.contains("<html lang=\"en\">"), "{path}");
        let chinese: Vec<String> =
            texts(&page).into_iter().filter(|text| is_chinese(text) || text.contains("{$")).collect();
        assert_eq!(chinese, Vec::<String>::new(), "{path}");
    }
}
