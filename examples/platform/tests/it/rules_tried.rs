//! Rules on the page before they are loaded: tests, backtest, differences.

use crate::client::Client;
use crate::district::District;
use std::time::Duration;

/// The rule in force with another limit, and a rule that is new.
const DRAFT: &str = r#"
alarm("benzene-high")
    .title("Benzene {value} at {stations}")
    .priority("high")
    .scope(stations("park/*"))
    .when(avg("benzene", 10.minutes) > 100.ppb)
    .clear_when(avg("benzene", 10.minutes) < 20.ppb, 10.minutes)
    .on_missing("keep", 3.hours)
    .escalate(escalation("desk").step(0.minutes, contact("duty officer"), ["app", "sms"]));
alarm("toluene-high")
    .scope(stations("park/*"))
    .when(avg("toluene", 5.minutes) > 8.ppb)
    .escalate(escalation("lab").step(0.minutes, contact("laboratory"), "app"));
"#;
const TESTS: &str = r#"
test("a plume opens the alarm", |t| {
    t.instrument("park/S1", "pid", 1.minute, #{ benzene: "ppb", toluene: "ppb" });
    t.feed("park/S1", "benzene", "1x20 150x20");
    t.feed("park/S1", "toluene", "1x40");
    t.at(38.minutes).expect_open("benzene-high");
});
test("a plume is ignored", |t| {
    t.instrument("park/S1", "pid", 1.minute, #{ benzene: "ppb", toluene: "ppb" });
    t.feed("park/S1", "benzene", "1x20 150x20");
    t.feed("park/S1", "toluene", "1x40");
    t.at(38.minutes).expect_normal("benzene-high");
});
"#;
/// The last hour before the time of the host.
const RANGE: [(&str, &str); 2] = [("from", "2026-03-14T13:40"), ("to", "2026-03-14T14:45")];

fn backtest(client: &mut Client, text: &str, range: &[(&str, &str)]) -> (u16, String) {
    let fields = [&[("name", "park.rhai"), ("text", text), ("reason", "a tighter limit")], range].concat();
    let answer = client.submit("/rules", "/rules/backtest", &fields);
    (answer.status, answer.body)
}

/// The rows of tables with a text.
fn rows<'a>(page: &'a str, text: &str) -> Vec<&'a str> {
    page.split("<tr>").filter(|row| row.contains(text)).collect()
}

#[test]
fn a_backtest_shows_the_alarms_that_are_new_gone_and_alike_and_changes_nothing() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let (status, page) = backtest(&mut ada, DRAFT, &RANGE);
    assert_eq!(status, 200, "{page}");
    for text in ["over 20 frames", "Alarms: 1 with the new rules, 1 with the rules in force", "Nothing has changed"] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    let new = rows(&page, "only with the new rules");
    assert!(new.len() == 1 && new[0].contains("toluene-high") && new[0].contains("park/S1"), "{page}");
    assert!(new[0].contains("2026-03-14 14:3"), "{new:?}");
    let gone = rows(&page, "only with the rules in force");
    assert!(gone.len() == 1 && gone[0].contains("benzene-high") && gone[0].contains("no alarm"), "{page}");
    assert!(!rows(&page, "laboratory").is_empty(), "{page}");
    for text in ["<del>-     .when(avg(&quot;benzene&quot;, 10.minutes) &gt; 30.ppb)", "&gt; 100.ppb)"] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    // What was written stays in the form.
    for text in
        ["10.minutes) &gt; 100.ppb)\n    .clear_when", "value=\"a tighter limit\"", "value=\"2026-03-14T13:40\""]
    {
        assert!(page.contains(text), "{text} is missing: {page}");
    }

    let in_force = ada.page("/rules");
    assert!(!in_force.contains("toluene-high") && in_force.contains("&gt; 30.ppb"), "{in_force}");
    let db = district.stop();
    assert_eq!(db.alarms().len(), 1);
    assert!(!format!("{:?}", db.events().unwrap()).contains("toluene-high"));
}

#[test]
fn a_backtest_tells_alarms_that_are_alike_from_those_at_other_times() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let alike = DRAFT.replace("100.ppb", "31.ppb");
    let (_, page) = backtest(&mut ada, &alike, &RANGE);
    let both = rows(&page, ">both<");
    assert!(both.len() == 1 && both[0].contains("benzene-high"), "{page}");
    let later = DRAFT.replace("> 100.ppb)", "> 30.ppb).hold(4.minutes)");
    let (_, page) = backtest(&mut ada, &later, &RANGE);
    let moved = rows(&page, "both, differently");
    assert!(moved.len() == 1 && moved[0].matches("2026-03-14 14:").count() == 2, "{page}");
    // The rules in force themselves.
    let set = district_rules(&mut ada);
    let (_, page) = backtest(&mut ada, &set, &RANGE);
    assert!(page.contains("These are the rules in force") && page.contains("benzene-high"), "{page}");
    assert!(page.contains("The text is that of the rules in force"), "{page}");
    let (_, page) = backtest(&mut ada, DRAFT, &[("from", "2026-03-10T00:00"), ("to", "2026-03-10T01:00")]);
    assert!(page.contains("There are no readings in this range"), "{page}");
}

/// The text of the first rule file, as the page has it.
fn district_rules(ada: &mut Client) -> String {
    let page = ada.page("/rules");
    let (_, rest) = page.split_once("spellcheck=\"false\">\n").unwrap();
    let text = rest.split("</textarea>").next().unwrap();
    text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

#[test]
fn a_backtest_that_cannot_run_says_why_and_keeps_what_was_written() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    for (from, to, problem) in [
        ("2026-01-01T00:00", "2026-03-14T00:00", "longer than 31 days"),
        ("0001-01-01T00:00", "9999-12-30T00:00", "longer than 31 days"),
        ("2026-03-14T10:00", "2026-03-14T09:00", "ends before it begins"),
        ("yesterday", "2026-03-14T09:00", "is not a time"),
    ] {
        let (status, page) = backtest(&mut ada, DRAFT, &[("from", from), ("to", to)]);
        assert!(status == 422 && page.contains(problem) && page.contains("toluene-high"), "{from} {to}: {page}");
    }
    let (status, page) = backtest(&mut ada, "alarm(\"x\")", &RANGE);
    assert!(status == 200 && page.contains("The rules have errors") && page.contains("alarm(&quot;x&quot;)"), "{page}");
    let (status, page) = backtest(&mut ada, "let a = 1;", &RANGE);
    assert!(status == 422 && page.contains("contain no `alarm(...)`"), "{page}");
    let twice = [("name", "a.rhai"), ("text", "1"), ("name", "a.rhai"), ("text", "2")];
    for action in ["/rules/check", "/rules/test", "/rules/backtest", "/rules/load"] {
        let answer = ada.submit("/rules", action, &[&twice[..], &[("reason", "x")]].concat());
        assert!(answer.status == 422 && answer.body.contains("Two files have the same name"), "{}", answer.body);
    }
}

#[test]
fn a_backtest_that_takes_too_long_is_stopped_and_frees_its_place() {
    let district = District::with(|options| vocdb_platform::Options { trial_within: Duration::ZERO, ..options });
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    // More than run at a time.
    for _ in 0..4 {
        let (status, page) = backtest(&mut ada, DRAFT, &RANGE);
        assert!(status == 422 && page.contains("takes too long") && page.contains("Choose a shorter range"), "{page}");
        assert!(page.contains("toluene-high"), "what was written is lost: {page}");
    }
    let fields = [("name", "park.rhai"), ("text", DRAFT), ("name", "park_test.rhai"), ("text", TESTS)];
    let page = ada.submit("/rules", "/rules/test", &fields).body;
    assert!(page.contains("Tests failed: 2 of 2") && page.contains("stopped before its end"), "{page}");
    ada.page("/quality");
}

#[test]
fn rule_tests_run_on_the_page_and_are_kept_with_the_rules() {
    let mut district = District::open();
    let mut ada = district.person("ada");
    let fields = [("name", "park.rhai"), ("text", DRAFT), ("name", "park_test.rhai"), ("text", TESTS)];
    let page = ada.submit("/rules", "/rules/test", &fields).body;
    assert!(page.contains("Tests failed: 1 of 2"), "{page}");
    let failed = rows(&page, ">failed<");
    assert!(failed.len() == 1 && failed[0].contains("a plume is ignored"), "{page}");
    assert!(failed[0].contains("park_test.rhai:") && failed[0].contains("expected `benzene-high`"), "{page}");
    let passed = rows(&page, ">passed<");
    assert!(passed.len() == 1 && passed[0].contains("a plume opens the alarm"), "{page}");
    assert!(page.contains("t.at(38.minutes).expect_normal"), "what was written is lost: {page}");
    let none = ada.submit("/rules", "/rules/test", &[("name", "park.rhai"), ("text", DRAFT)]);
    assert!(none.status == 422 && none.body.contains("There are no tests"), "{}", none.body);
    assert!(!ada.page("/rules").contains("a plume is ignored"), "a run keeps nothing");

    let only_good = TESTS.split("test(\"a plume is ignored\"").next().unwrap();
    let fields = [&fields[..3], &[("text", only_good), ("reason", "with a test")]].concat();
    ada.act("/rules", "/rules/load", &fields);
    assert!(ada.page("/audit").contains("rule tests changed, files: 1: with a test"));
    district.restart();
    let mut ada = district.person("ada");
    let page = ada.page("/rules");
    assert!(page.contains("a plume opens the alarm") && page.contains("toluene-high"), "{page}");
    let files = district.stop().rule_set().unwrap().files;
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["park.rhai"], "tests are no rules");
}
