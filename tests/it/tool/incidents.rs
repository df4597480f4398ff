//! Incidents, odour reports and attainment on the command line.

use super::{run, run_with};
use serde_json::Value;
use std::path::Path;
use vocdb::model::Zone;
use vocdb::rules::RuleFile;
use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Station, Timers, Timestamp, Unit};

const BEGIN_MS: i64 = 1_700_000_000_000;
const RULES: &str = r#"alarm("high").scope(stations("*")).title("x at {stations}").when(last("x") > 1.ppm).hold(0.seconds)
    .escalate(escalation("park").step(0.minutes, contact("duty"), "app"));"#;

/// A closed store in which two stations have alarmed.
fn store(dir: &Path) {
    store_with(dir, RULES);
}

/// A closed store in which both stations have 2 ppm of x, with these rules.
pub(super) fn store_with(dir: &Path, rules: &str) {
    let config = Config { timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.join("store"), config).unwrap();
    let instruments = ["S1", "S2"].map(|name| {
        let station = db.register_station(Station::new(name).unwrap()).unwrap();
        let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
        db.register_instrument(station, Instrument::new("pid", Interval::SECOND, channels).unwrap()).unwrap()
    });
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: rules.to_owned() }]).unwrap();
    for instrument in instruments {
        let mut batch = Batch::new();
        batch.push_values(instrument, Timestamp::from_ms(BEGIN_MS), &[Some(2.0)]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    db.close().unwrap();
}

/// The last line that a command prints with `--json`.
fn object(dir: &Path, arguments: &[&str]) -> Value {
    let ended = run_with(dir, arguments, &["--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(ended.out.lines().last().unwrap()).unwrap()
}

#[test]
fn a_case_goes_from_its_alarms_to_its_outcome_and_each_step_has_an_author() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    let step = |command: &str, more: &[&str]| {
        object(dir.path(), &[&["incident", command, "store", "1", "--by", "Li"], more].concat())
    };
    let opened =
        object(dir.path(), &["incident", "open", "store", "--alarm", "2", "--by", "Li", "--reason", "two alarms"]);
    assert_eq!((&opened["incident"], &opened["state"], &opened["chain"]), (&1.into(), &"open".into(), &"park".into()));
    assert_eq!(opened["alarms"], serde_json::json!([1, 2]));
    assert_eq!(opened["stations"], serde_json::json!(["S1", "S2"]));
    assert_eq!(opened["title"], "x at S1 and 1 further alarm");

    let factor = ["--factor", "fingerprint=0.97:five species", "--factor", "evidence=:standby started late"];
    let named = step("suspect", &[&["--site", "tank T-401", "--probability", "0.8"][..], &factor].concat());
    assert_eq!((&named["state"], &named["suspects"][0]["probability"]), (&"located".into(), &0.8.into()));
    assert_eq!(named["suspects"][0]["factors"][0]["value"], 0.97);
    assert_eq!(named["suspects"][0]["factors"][1]["value"], Value::Null);
    step("find", &["--text", "the seal leaks", "--site", "tank T-401", "--found-by", "Wang"]);
    step("rectify", &["--text", "seal replaced", "--rectified-by", "plant", "--rectified-on", "2026-03-15"]);
    let violation =
        ["--outcome", "violation", "--kind", "leak", "--penalty", "50000 CNY", "--rectified-on", "2026-03-15"];
    let closed = step("close", &violation);
    assert_eq!((&closed["state"], &closed["outcome"]["penalty"]["amount"]), (&"closed".into(), &50_000.0.into()));
    let error =
        run(dir.path(), &["incident", "close", "store", "1", "--by", "Li", "--outcome", "no-violation"]).error(1);
    assert!(error.contains("incident 1 is closed since") && error.contains("vocdb incident reopen"), "{error}");
    assert_eq!(step("reopen", &["--reason", "it smells again"])["state"], "open");
    step("comment", &["--comment", "see the photograph"]);
    step("close", &["--outcome", "no-violation"]);

    let shown = object(dir.path(), &["incident", "show", "store", "1"]);
    let lines: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    for words in [
        "alarm #1 opened: x at S1",
        "incident opened from its alarms by Li: two alarms",
        "tank T-401 (probability 0.8) suspected by Li",
        "finding at tank T-401 by Wang \"the seal leaks\" recorded by Li",
        "rectification on 2026-03-15 by plant \"seal replaced\" recorded by Li",
        "closed (violation: leak, penalty 50000 CNY, rectified on 2026-03-15) by Li",
        "reopened by Li: it smells again",
        "comment by Li: see the photograph",
        "closed (no violation) by Li",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(words)), "{words}: {lines:#?}");
    }
    let notified = shown["notifications"].as_array().unwrap();
    let whom: Vec<(&Value, &Value)> = notified.iter().map(|one| (&one["alarm"], &one["contact"])).collect();
    assert_eq!(whom, [(&1.into(), &"duty".into()), (&2.into(), &"duty".into())]);
    let listed = object(dir.path(), &["incident", "list", "store", "--state", "closed"]);
    assert_eq!(listed["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(run(dir.path(), &["incident", "list", "store", "--state", "open"]).printed(), "no incident matches\n");
    let year = listed["incidents"][0]["opened_at"].as_str().unwrap()[..4].to_owned();
    let stats = object(dir.path(), &["incident", "stats", "store", "--year", &year]);
    assert_eq!((&stats["opened"], &stats["located_within_24h"]), (&1.into(), &1.into()));
    let text = run(dir.path(), &["incident", "show", "store", "1"]).printed();
    assert!(text.contains("  suspect: tank T-401, probability 0.8\n    fingerprint 0.97 five species\n"), "{text}");
}

#[test]
fn an_alarm_belongs_to_one_open_case_and_an_alarm_of_another_group_can_be_added() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    let by_hand =
        ["incident", "open", "store", "--title", "smell", "--from", "2023-11-14", "--station", "S1", "--by", "Li"];
    assert_eq!(run(dir.path(), &by_hand).code, Some(0));
    let add = |incident: &str, alarm: &str| {
        let more = ["--alarm", alarm, "--by", "Li", "--comment", "same wind"];
        run(dir.path(), &[&["incident", "add-alarm", "store", incident][..], &more].concat())
    };
    let added = add("1", "2").printed();
    assert!(added.contains("\n  alarms: #2\n"), "{added}");
    let shown = run(dir.path(), &["incident", "show", "store", "1"]).printed();
    assert!(
        shown.contains(" alarm #2 added to the case by Li: same wind\n") && shown.contains(" alarm #2 opened: "),
        "{shown}"
    );
    assert!(add("1", "2").error(1).contains("alarm #2 belongs to incident 1 already"));
    assert!(
        add("1", "9").error(1).contains("alarm #9 does not exist in this store: list alarms with `vocdb alarms list")
    );
    let open = |alarm: &str| run(dir.path(), &["incident", "open", "store", "--alarm", alarm, "--by", "Li"]);
    let error = open("1").error(1);
    assert!(
        error
            .contains("alarm #2 belongs to incident 1 already: add other alarms to it with `vocdb incident add-alarm`")
    );
    add("1", "1").printed();
    let close = |number: &str| {
        let how = ["--outcome", "no-violation", "--by", "Li"];
        run(dir.path(), &[&["incident", "close", "store", number][..], &how].concat()).printed()
    };
    close("1");
    assert!(add("1", "1").error(1).contains("incident 1 is closed"));
    let again = open("1");
    assert_eq!(
        (again.code, again.err.as_str()),
        (Some(0), "note: alarm #1 also belongs to incident 1, which is closed; `vocdb incident reopen` continues it\n")
    );
    let third = run(dir.path(), &by_hand);
    assert!(
        third.err.contains("note: incident 2 is open for S1 at the same time; close one of the two"),
        "{}",
        third.err
    );
}

#[test]
fn an_incident_by_hand_needs_a_title_a_time_and_known_stations_and_warns_if_nobody_is_notified() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    let by_hand = |more: &[&str]| {
        let fixed = ["incident", "open", "store", "--title", "smell at the gate", "--from", "2026-03-14", "--by", "Li"];
        run(dir.path(), &[&fixed[..], more].concat())
    };
    assert!(by_hand(&["--station", "S9"]).error(1).contains("registered are: S1, S2"));
    assert!(by_hand(&["--chain", "night"]).error(1).contains("known are: park"));
    assert!(by_hand(&["--notify", "duty"]).error(2).contains("duty=sms"));
    let warned = by_hand(&["--station", "S1"]);
    assert!(warned.err.starts_with("warning: nobody is notified when the deadline passes"), "{}", warned.err);
    assert!(warned.out.starts_with("incident 1 ") && warned.out.contains("(open, deadline "), "{}", warned.out);
    by_hand(&["--chain", "park"]).printed();
    by_hand(&["--notify", "duty=sms", "--deadline", "2h"]).printed();
    assert!(run(dir.path(), &["incident", "open", "store", "--by", "Li"]).error(2).contains("--alarm"));
    let error = run(dir.path(), &["incident", "show", "store", "9"]).error(1);
    assert!(error.contains("incident 9 does not exist in this store: list incidents with"), "{error}");
    let penalty = ["--outcome", "no-violation", "--penalty", "5 CNY"];
    let error = run_with(dir.path(), &["incident", "close", "store", "1", "--by", "Li"], &penalty).error(1);
    assert!(error.contains("only for --outcome violation"), "{error}");
}

#[test]
fn odour_reports_are_listed_by_time_and_range() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    let add = |time: &str, intensity: &str| {
        let place = ["--lat", "30.731", "--lon", "121.286", "--words", "like solvent"];
        run_with(dir.path(), &["odour", "add", "store", "--time", time, "--intensity", intensity], &place)
    };
    let printed = add("2026-03-14T22:40:00+08:00", "4").printed();
    assert_eq!(printed, "2026-03-14T14:40:00Z at 30.731,121.286 4 (strong): like solvent\n");
    add("2026-03-14T10:00:00Z", "0").printed();
    assert!(add("2026-03-14", "7").error(2).contains("0 (not perceptible) to 6"));
    let times = |more: &[&str]| -> Vec<String> {
        let listed = object(dir.path(), &[&["odour", "list", "store"], more].concat());
        let times = listed["odours"].as_array().unwrap().iter().map(|one| one["time"].as_str().unwrap().to_owned());
        times.collect()
    };
    assert_eq!(times(&[]), ["2026-03-14T10:00:00Z", "2026-03-14T14:40:00Z"]);
    assert_eq!(times(&["--from", "2026-03-14T12:00:00Z"]), ["2026-03-14T14:40:00Z"]);
    assert_eq!(times(&["--from", "2026-03-15"]).len(), 0);
}

#[test]
fn attainment_compares_two_periods_and_names_the_line_of_a_wrong_limit() {
    let dir = crate::support::scratch::dir();
    let zone: Zone = "Asia/Shanghai".parse().unwrap();
    let db = Database::open(dir.path().join("store"), Config::default()).unwrap();
    let station = db.register_station(Station::new("S1").unwrap()).unwrap();
    let channels = vec![Channel::quantity("dust", Unit::MicrogramPerM3).unwrap()];
    let meter = db.register_instrument(station, Instrument::new("m", Interval::HOUR, channels).unwrap()).unwrap();
    let mut batch = Batch::new();
    for (from, dusty_days) in [("2025-03-01", 3), ("2026-03-01", 1)] {
        let begin = zone.read(from).unwrap();
        for hour in 0..96 {
            let value = if hour < dusty_days * 24 { 90.0 } else { 20.0 };
            batch.push_values(meter, begin.plus_ms(hour * 3_600_000), &[Some(value)]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.close().unwrap();
    let header = "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to";
    let limits = dir.path().join("limits.csv");
    std::fs::write(&limits, format!("{header}\ndust,24h,75,ug/m3,75%,20/24,,2016-01-01,\n")).unwrap();
    let fixed = ["attainment", "store", "--limits", "limits.csv", "--station", "S*", "--zone", "Asia/Shanghai"];
    let periods =
        ["--from", "2026-03-01", "--to", "2026-03-05", "--against-from", "2025-03-01", "--against-to", "2025-03-05"];
    let arguments = [&fixed[..], &periods].concat();
    let found = object(dir.path(), &arguments);
    assert_eq!((&found["period"]["good_share"], &found["against"]["good_share"]), (&0.75.into(), &0.25.into()));
    assert_eq!(found["difference_points"], 50.0);
    assert_eq!(found["stations"][0]["period"]["from"], "2026-03-01T00:00:00+08:00");
    let text = run(dir.path(), &arguments).printed();
    assert!(text.contains("S1: difference +50.0 percentage points"), "{text}");
    std::fs::write(&limits, format!("{header}\ndust,day,75,ug/m3,75%,20/24,,2016-01-01,\n")).unwrap();
    let error = run(dir.path(), &arguments).error(1);
    assert!(error.contains("`limits.csv`: limits file, line 2: `day` is no average; write 1h"), "{error}");
    assert!(run(dir.path(), &[&fixed[..], &periods[..6]].concat()).error(2).contains("--against-to"));
}
