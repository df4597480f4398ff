//! Alarms on the command line: looking beside a running station, acting when the store is free.

use super::{run, run_with};
use std::path::Path;
use vocdb::alarm::AlarmKey;
use vocdb::alarm::event::Shelving;
use vocdb::rules::RuleFile;
use vocdb::{
    Batch, Channel, Config, Database, Instrument, Interval, Quality, Sample, Station, Timers, Timestamp, Unit,
};

const BEGIN_MS: i64 = 1_700_000_000_000;
const RULES: &str = r#"
    alarm("high").scope(stations("*")).priority("high").when(last("x") > 1.ppm).hold(0.seconds).guidance("Check tank farm B")
        .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));
    alarm("low").scope(stations("*")).priority("low").when(last("x") > 0.5.ppm).hold(0.seconds)
        .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));
"#;

/// A store in use, in which alarm 1 of `low` has closed, 2 of `low` and 3 of `high` are open.
fn station(dir: &Path) -> Database {
    let config = Config { timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.join("store"), config).unwrap();
    let station = db.register_station(Station::new("S").unwrap()).unwrap();
    let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
    let pid = db.register_instrument(station, Instrument::new("pid", Interval::SECOND, channels).unwrap()).unwrap();
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() }]).unwrap();
    for (second, value) in [(0, 0.6), (1, 0.1), (2, 0.7), (60, 2.0)] {
        let mut batch = Batch::new();
        batch.push_values(pid, Timestamp::from_ms(BEGIN_MS + second * 1_000), &[Some(value)]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    db
}

fn objects(dir: &Path, arguments: &[&str]) -> Vec<serde_json::Value> {
    let printed = run_with(dir, arguments, &["--json"]).printed();
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(dir: &Path, filters: &[&str]) -> Vec<u64> {
    let listed = objects(dir, &[&["alarms", "list", "store"], filters].concat());
    listed.iter().map(|alarm| alarm["alarm"].as_u64().unwrap()).collect()
}

#[test]
fn alarms_are_listed_by_state_station_priority_and_time_beside_a_writer() {
    let dir = crate::support::scratch::dir();
    let _held = station(dir.path());
    assert_eq!(numbers(dir.path(), &[]), [2, 3]);
    assert_eq!(numbers(dir.path(), &["--state", "all"]), [1, 2, 3]);
    assert_eq!(numbers(dir.path(), &["--state", "closed"]), [1]);
    assert_eq!(numbers(dir.path(), &["--priority", "high"]), [3]);
    assert_eq!(numbers(dir.path(), &["--station", "S", "--state", "open", "--state", "unacknowledged"]), [2, 3]);
    let error = run(dir.path(), &["alarms", "list", "store", "--station", "S1"]).error(1);
    assert!(error.contains("no station or scope is named `S1`; the nearest is `S`"), "{error}");
    assert_eq!(run(dir.path(), &["alarms", "list", "store", "--state", "latched"]).printed(), "no alarm matches\n");
    let since = Timestamp::from_ms(BEGIN_MS + 60_000).to_string();
    assert_eq!(numbers(dir.path(), &["--since", &since]), [3]);
    // 2023-11-14T22:14:20Z.
    assert_eq!(numbers(dir.path(), &["--since", "2023-11-15 06:14:20", "--zone", "Asia/Shanghai"]), [3]);
    let error = run(dir.path(), &["alarms", "list", "store", "--since", "2023-11-15 06:14:20"]).error(1);
    assert!(error.contains("write 2023-11-15T06:14:20Z or 2023-11-15T06:14:20+08:00, or give --zone"), "{error}");
    let text = run(dir.path(), &["alarms", "list", "store"]).printed();
    assert!(text.lines().any(|line| line.starts_with("#3 ") && line.contains("high `high` at `S` (open")), "{text}");
}

#[test]
fn an_alarm_is_shown_and_explained_beside_a_writer_and_an_unknown_one_is_an_error() {
    let dir = crate::support::scratch::dir();
    let _held = station(dir.path());
    let shown = objects(dir.path(), &["alarms", "show", "store", "1"]).remove(0);
    assert_eq!((&shown["rule"], &shown["close_reason"]), (&"low".into(), &"the clear condition held".into()));
    assert!(shown["transitions"].as_array().unwrap().iter().any(|one| one["what"] == "step 1: duty over app"));
    let explained = objects(dir.path(), &["alarms", "explain", "store", "3"]).remove(0);
    assert_eq!((&explained["evidence"][0]["value"], &explained["unit"]), (&2.0.into(), &"ppm".into()));
    assert!(explained["place"].as_str().unwrap().starts_with("r.rhai:2:"), "{explained}");
    assert_eq!(explained["rule_set"].as_str().unwrap().len(), 64);
    assert_eq!(explained["guidance"], "Check tank farm B");
    let told = explained["told"].as_array().unwrap();
    assert_eq!((&told[0]["contact"], &told[0]["retrips"]), (&"duty".into(), &0.into()));
    let shown = objects(dir.path(), &["alarms", "show", "store", "3"]).remove(0);
    assert_eq!(shown["guidance"], "Check tank farm B");
    for command in ["show", "explain"] {
        let text = run(dir.path(), &["alarms", command, "store", "3"]).printed();
        assert!(text.contains("\n  to do: Check tank farm B\n"), "{text}");
    }
    let text = run(dir.path(), &["alarms", "explain", "store", "3"]).printed();
    assert!(text.contains("rule `high` at `S`, high, r.rhai:2:"), "{text}");
    assert!(text.contains("the condition holds\n") && text.contains("    queued, not sent yet\n"), "{text}");
    let text = run(dir.path(), &["alarms", "show", "store", "3"]).printed();
    assert!(text.contains("  notification to duty over app (step 1): queued, not sent yet\n"), "{text}");
    let error = run(dir.path(), &["alarms", "show", "store", "9"]).error(1);
    assert!(error.contains("alarm #9 does not exist"), "{error}");
    assert!(error.contains("list all alarms with `vocdb alarms list store --state all`"), "{error}");
}

#[test]
fn what_is_absent_is_said_and_an_action_without_a_comment_has_no_colon_behind_its_author() {
    let dir = crate::support::scratch::dir();
    station(dir.path()).close().unwrap();
    for (arguments, says) in [
        (&["alarms", "amendments", "store"][..], "no amendments are recorded\n"),
        (&["alarms", "amendments", "store", "--rule", "high"], "no amendment matches\n"),
        (&["alarms", "maintenance", "store"], "no maintenance is planned or in progress\n"),
        (&["alarms", "conditions", "store", "--silent"], "no condition matches\n"),
    ] {
        assert_eq!(run(dir.path(), arguments).printed(), says);
        assert_eq!(objects(dir.path(), arguments), Vec::<serde_json::Value>::new());
    }
    run(dir.path(), &["alarms", "ack", "store", "3", "--by", "Anna"]).printed();
    for command in ["show", "explain"] {
        let text = run(dir.path(), &["alarms", command, "store", "3"]).printed();
        assert!(text.contains(" acknowledged by Anna\n"), "{text}");
    }
    let shelve = ["alarms", "shelve", "store", "--rule", "low", "--scope", "S", "--until-normal", "--by", "Anna"];
    run(dir.path(), &shelve).printed();
    let text = run(dir.path(), &["alarms", "show", "store", "2"]).printed();
    assert!(text.contains(" shelved until normal by Anna\n"), "{text}");
}

#[test]
fn an_explanation_answers_a_flag_with_yes_or_no_and_gives_a_plain_number_no_unit() {
    let dir = crate::support::scratch::dir();
    let db = station(dir.path());
    let text = "alarm(\"flagged\").scope(\"*\")\
                .when(flag(\"calibration\", \"x\", 3.seconds) or silent(\"pid\", 3.seconds) or count(\"x\", 3.seconds) > 9);";
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).unwrap();
    for second in 61..66 {
        let mut batch = Batch::new();
        let sample = Sample { value: Some(0.1 * f64::from(second)), quality: Quality::Normal };
        let quality = if second == 63 { Quality::Calibration } else { Quality::Normal };
        let time = Timestamp::from_ms(BEGIN_MS + i64::from(second) * 1_000);
        batch.push_samples(vocdb::InstrumentId::new(1), time, [Sample { quality, ..sample }]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    db.close().unwrap();
    let alarm = objects(dir.path(), &["alarms", "list", "store", "--state", "all"]).pop().unwrap()["alarm"].to_string();
    let text = run(dir.path(), &["alarms", "explain", "store", &alarm]).printed();
    assert!(
        text.contains("    flag(calibration, x, 3 s) = yes, ") && text.contains("    silent(pid, 3 s) = no, "),
        "{text}"
    );
    assert!(!text.contains(" 1, ") && text.contains("    count(x, 3 s) = "), "{text}");
}

#[test]
fn acknowledging_and_shelving_need_the_store_and_go_on_record_with_name_and_comment() {
    let dir = crate::support::scratch::dir();
    let held = station(dir.path());
    let ack = ["alarms", "ack", "store", "3", "--by", "Anna", "--comment", "on my way"];
    let error = run(dir.path(), &ack).error(1);
    assert!(error.contains("locked by another process"), "{error}");
    held.close().unwrap();
    assert_eq!(run(dir.path(), &ack).printed(), "alarm #3 is acknowledged by Anna\n");
    assert_eq!(numbers(dir.path(), &["--state", "open", "--state", "acknowledged"]), [3]);
    let error = run(dir.path(), &ack).error(1);
    assert!(error.contains("is already acknowledged, by Anna at "), "{error}");
    let scope = ["--rule", "low", "--scope", "S", "--by", "Anna", "--comment", "valve work"];
    run(dir.path(), &[&["alarms", "shelve", "store", "--for", "8h"], &scope[..]].concat()).printed();
    assert_eq!(numbers(dir.path(), &["--state", "shelved"]), [2]);
    let shown = run(dir.path(), &["alarms", "show", "store", "2"]).printed();
    assert!(shown.contains("by Anna: valve work"), "{shown}");
    run(dir.path(), &[&["alarms", "unshelve", "store"], &scope[..]].concat()).printed();
    assert_eq!(numbers(dir.path(), &["--state", "shelved"]), [0; 0]);
    assert!(
        run(dir.path(), &["alarms", "shelve", "store", "--rule", "low", "--scope", "S", "--by", "A"]).code == Some(2)
    );
}

#[test]
fn conditions_list_what_is_shelved_or_out_of_service_without_an_open_alarm_beside_a_writer() {
    let dir = crate::support::scratch::dir();
    let held = station(dir.path());
    let key = |rule: &str| AlarmKey::new(rule, "S");
    let until = Timestamp::from_ms(BEGIN_MS + 86_400_000);
    let mut batch = Batch::new();
    batch.push_values(vocdb::InstrumentId::new(1), Timestamp::from_ms(BEGIN_MS + 61_000), &[Some(0.1)]);
    held.append(&batch).unwrap().all_accepted().unwrap();
    held.shelve(&key("low"), Shelving::Until(until), "Anna", "valve work").unwrap();
    held.take_out_of_service(&key("high"), "Bo", "sensor\nis gone").unwrap();
    assert_eq!(numbers(dir.path(), &["--state", "open"]), [0; 0], "nothing is open");
    let shown = objects(dir.path(), &["alarms", "conditions", "store"]);
    let of = |rule: &str| shown.iter().find(|one| one["rule"] == rule).unwrap();
    assert_eq!((shown.len(), &of("low")["scope"], &of("low")["condition"]), (2, &"S".into(), &"normal".into()));
    let shelved = &of("low")["shelved"];
    assert_eq!((&shelved["by"], &shelved["comment"]), (&"Anna".into(), &"valve work".into()));
    assert_eq!((&shelved["until"], &shelved["is_until_normal"]), (&until.to_string().into(), &false.into()));
    let out = &of("high")["out_of_service"];
    assert_eq!((&out["by"], &out["comment"]), (&"Bo".into(), &"sensor\nis gone".into()));
    assert_eq!((&of("high")["priority"], &of("high")["shelved"]), (&"high".into(), &serde_json::Value::Null));
    let text = run(dir.path(), &["alarms", "conditions", "store"]).printed();
    assert!(text.contains(&format!("`low` at `S` normal, shelved until {until} by Anna: valve work\n")), "{text}");
    assert!(text.contains(" by Bo: sensor\\nis gone\n"), "{text}");
    held.return_to_service(&key("high"), "Bo", "").unwrap();
    let silent = objects(dir.path(), &["alarms", "conditions", "store", "--silent"]);
    assert_eq!((silent.len(), &silent[0]["rule"]), (1, &"low".into()));
    // What was silenced stays listed where its rule is gone, and an open alarm is named.
    let other = RULES.replace("alarm(\"low\")", "alarm(\"lower\")");
    held.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: other }]).unwrap();
    batch.clear();
    batch.push_values(vocdb::InstrumentId::new(1), Timestamp::from_ms(BEGIN_MS + 62_000), &[Some(2.0)]);
    held.append(&batch).unwrap().all_accepted().unwrap();
    held.close().unwrap();
    let text = run(dir.path(), &["alarms", "conditions", "store"]).printed();
    assert!(text.contains("`low` at `S` normal, no rule in force, shelved until "), "{text}");
    assert!(text.contains("`high` at `S` active (#4)\n") || text.contains("`high` at `S` active (#5)\n"), "{text}");
    let of_rule = objects(dir.path(), &["alarms", "conditions", "store", "--rule", "lower", "--scope", "S"]);
    assert_eq!((of_rule.len(), &of_rule[0]["condition"]), (1, &"active".into()));
}

#[test]
fn what_late_readings_would_have_changed_is_listed_beside_a_writer() {
    let dir = crate::support::scratch::dir();
    let held = station(dir.path());
    let pid = vocdb::InstrumentId::new(1);
    let mut late = Batch::new();
    late.push_values(pid, Timestamp::from_ms(BEGIN_MS + 30_000), &[Some(0.1)]);
    late.push_values(pid, Timestamp::from_ms(BEGIN_MS + 31_000), &[Some(3.0)]);
    held.append(&late).unwrap().all_accepted().unwrap();
    held.advance().unwrap();
    let amended = objects(dir.path(), &["alarms", "amendments", "store"]);
    let what = |rule: &str| {
        let of_rule = amended.iter().filter(|one| one["rule"] == rule);
        of_rule.map(|one| one["what"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let [at_30, at_31] = [30_000, 31_000].map(|ms| Timestamp::from_ms(BEGIN_MS + ms));
    assert_eq!(what("high"), [format!("#3 would have opened {at_31}")]);
    let [low] = what("low").try_into().unwrap();
    assert!(low.starts_with(&format!("#2 would have cleared {at_30}; would have opened {at_31}")), "{low}");
    let one = objects(dir.path(), &["alarms", "amendments", "store", "--rule", "high"]);
    assert_eq!(one.len(), 1);
    let text = run(dir.path(), &["alarms", "amendments", "store", "--rule", "high"]).printed();
    assert!(text.contains(&format!("`high` at `S` #3 would have opened {at_31}")), "{text}");
    let shown = run(dir.path(), &["alarms", "show", "store", "3"]).printed();
    assert!(shown.contains(&format!("late or changed readings: #3 would have opened {at_31}")), "{shown}");
}

#[test]
fn what_operators_do_is_printed_as_json_too_and_nobody_is_refused() {
    let dir = crate::support::scratch::dir();
    station(dir.path()).close().unwrap();
    let ack = objects(dir.path(), &["alarms", "ack", "store", "3", "--by", "Anna"]).remove(0);
    assert_eq!((&ack["done"], &ack["alarm"], &ack["by"]), (&"acknowledged".into(), &3.into(), &"Anna".into()));
    assert_eq!(ack["comment"], "", "a comment may be left out");
    let scope = ["--rule", "low", "--scope", "S", "--by", "Anna", "--comment", "valve work"];
    let shelve =
        objects(dir.path(), &[&["alarms", "shelve", "store", "--until-normal"], &scope[..]].concat()).remove(0);
    assert_eq!((&shelve["done"], &shelve["rule"]), (&"shelved".into(), &"low".into()));
    assert_eq!((&shelve["scope"], &shelve["comment"]), (&"S".into(), &"valve work".into()));
    let unshelve = objects(dir.path(), &[&["alarms", "unshelve", "store"], &scope[..]].concat()).remove(0);
    assert_eq!(unshelve["done"], "unshelved");
    assert_eq!(run(dir.path(), &["alarms", "ack", "store", "2", "--by", ""]).code, Some(2));
    let error = run(dir.path(), &["alarms", "ack", "store", "2", "--by", "  "]).error(1);
    assert!(error.contains("the author is missing: give the name of the person, which the ledger records"), "{error}");
    assert_eq!(numbers(dir.path(), &["--state", "open", "--state", "unacknowledged"]), [2]);
}
