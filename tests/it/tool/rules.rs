//! `vocdb rules`: checking, testing, backtesting, comparing.

use super::{run, run_with};
use crate::rules_in_force::load_by_another_release;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn examples() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules").display().to_string()
}

/// A rules folder with one rule over benzene.
fn rules(dir: &Path, name: &str, trip: &str) {
    fs::create_dir(dir.join(name)).unwrap();
    let text = format!(
        "alarm(\"high\").scope(stations(\"park/*\")).when(last(\"benzene\") > {trip}).clear_when(last(\"benzene\") < 5.ppb, 2.minutes)\n\
         .hold(1.minute).on_missing(\"unknown\", 15.minutes)\n\
         .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\").step(10.minutes, contact(\"boss\"), \"sms\"));\n"
    );
    fs::write(dir.join(name).join("park.rhai"), text).unwrap();
}

/// A store `s` with an hour of minutes: 20 ppb from minute 10 to 29, 60 ppb from minute 40 to 44, 1 ppb otherwise.
fn store(dir: &Path) {
    let value = |minute: i32| match minute {
        10..30 => 20,
        40..45 => 60,
        _ => 1,
    };
    let row = |minute: i32| format!("2024-06-01T08:{minute:02}:00Z,{}\n", value(minute));
    fs::write(dir.join("b.csv"), format!("t,b\n{}", (0..60).map(row).collect::<String>())).unwrap();
    let import =
        ["import", "s", "b.csv", "--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "t"];
    run_with(dir, &import, &["--channel", "b=benzene:ppb"]).printed();
}

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_rules_that_are_shipped_check_and_do_what_their_tests_say() {
    let dir = crate::scratch::dir();
    assert!(run(dir.path(), &["rules", "check", &examples()]).printed().contains("no mistake"));
    let printed = run(dir.path(), &["rules", "test", &examples()]).printed();
    assert!(printed.ends_with(" tests passed\n") && !printed.contains("FAILED"), "{printed}");
}

#[test]
fn a_mistake_is_drawn_at_its_place_and_ends_with_code_one() {
    let dir = crate::scratch::dir();
    store(dir.path());
    rules(dir.path(), "r", "30");
    let ended = run(dir.path(), &["rules", "check", "r", "--store", "s"]);
    assert_eq!(ended.code, Some(1));
    for says in ["error: 30 has no unit", "park.rhai:1:64", "^^ write 30.ppb"] {
        assert!(ended.out.contains(says), "{says}: {}", ended.out);
    }
    let json = run(dir.path(), &["rules", "check", "r", "--store", "s", "--json"]);
    assert_eq!((json.code, &lines(&json.out)[0]["column"]), (Some(1), &Value::from(64)));
    assert_eq!(run(dir.path(), &["rules", "backtest", "r", "--store", "s"]).code, Some(1));
    assert_eq!(run(dir.path(), &["rules", "backtest", "r", "--store", "s", "--responder", "soon"]).code, Some(2));
}

#[test]
fn a_forecast_says_what_the_rules_do_in_a_day() {
    let dir = crate::scratch::dir();
    store(dir.path());
    rules(dir.path(), "r", "10.ppb");
    let printed = run(dir.path(), &["rules", "check", "r", "--store", "s", "--json"]).printed();
    let forecast = lines(&printed).pop().unwrap();
    let days = forecast["forecast_from_days"].as_f64().unwrap();
    assert!((days * 1440.0 - 59.0).abs() < 0.01, "{days}");
    assert!((forecast["openings_per_day"]["high"].as_f64().unwrap() * days - 2.0).abs() < 1e-9, "{forecast}");
    // Both openings page the desk; the second alarm is over before it would page the boss.
    for (place, who, pages) in [(0, "boss", 1.0), (1, "duty", 2.0)] {
        let of = &forecast["contacts"][place];
        assert_eq!((&of["contact"], &of["flood_share"]), (&Value::from(who), &Value::from(0.0)));
        assert!((of["pages_per_day"].as_f64().unwrap() * days - pages).abs() < 1e-9, "{forecast}");
    }
}

#[test]
fn a_backtest_tells_who_would_have_been_told_when_and_what_other_rules_change() {
    let dir = crate::scratch::dir();
    store(dir.path());
    rules(dir.path(), "low", "10.ppb");
    rules(dir.path(), "high", "50.ppb");
    let backtest = ["rules", "backtest", "low", "--store", "s"];
    let never = run(dir.path(), &backtest).printed();
    assert!(
        never.contains("2024-06-01T08:11:00Z #1 opened") && never.contains("2024-06-01T08:32:00Z #1 closed"),
        "{never}"
    );
    assert!(never.contains("2024-06-01T08:21:00Z #1 told boss by sms"), "{never}");
    let answered = run_with(dir.path(), &backtest, &["--responder", "after:5m"]).printed();
    assert!(answered.contains("2024-06-01T08:16:00Z #1 acknowledged"), "{answered}");
    assert!(!answered.contains("told boss"), "{answered}");
    let part = run_with(dir.path(), &backtest, &["--from", "2024-06-01T08:35:00Z", "--json"]).printed();
    let openings = lines(&part).into_iter().filter(|line| line["event"] == "alarm_opened");
    assert_eq!(openings.count(), 1, "{part}");

    let against = run_with(dir.path(), &backtest, &["--against", "high"]).printed();
    assert!(against.contains("- `high` at `park/S1` from 2024-06-01T08:11:00Z to 2024-06-01T08:32:00Z"), "{against}");
    assert!(against.contains("1 alarms at the same times in both"), "{against}");
    let json = run_with(dir.path(), &backtest, &["--against", "high", "--json"]).object();
    assert_eq!((json["only_first"].as_array().unwrap().len(), &json["same"]), (1, &Value::from(1)));
}

#[test]
fn tests_are_told_as_json_too() {
    let dir = crate::scratch::dir();
    rules(dir.path(), "r", "10.ppb");
    let test = |name: &str, wanted: &str| {
        format!(
            "test(\"{name}\", |t| {{\n t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }});\n\
             t.feed(\"park/S1\", \"benzene\", \"1x9\");\n t.at(5.minutes).{wanted}(\"high\");\n}});\n"
        )
    };
    let tests = [test("calm", "expect_normal"), test("storm", "expect_open")].concat();
    fs::write(dir.path().join("r/park_test.rhai"), tests).unwrap();
    let ended = run(dir.path(), &["rules", "test", "r", "--json"]);
    assert_eq!(ended.code, Some(1));
    let told = lines(&ended.out);
    assert_eq!(told.len(), 2, "{}", ended.out);
    assert_eq!((&told[0]["test"], &told[0]["passed"]), (&Value::from("calm"), &Value::from(true)));
    assert_eq!((&told[0]["failures"], &told[1]["passed"]), (&Value::Array(Vec::new()), &Value::from(false)));
    assert_eq!(told[1]["place"], "park_test.rhai:6:1");
    assert_eq!(told[1]["failures"][0], "park_test.rhai:9:18: expected `high` open, found at minute 5: park/S1 Normal");
}

#[test]
fn a_folder_without_a_rule_and_a_range_without_time_are_told_and_nothing_is_taken_for_checked() {
    let home = crate::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    fs::create_dir(dir.join("empty")).unwrap();
    fs::write(dir.join("empty/contacts.rhai"), "export const DUTY = contact(\"duty\");\n").unwrap();
    for arguments in [&["rules", "check", "empty"][..], &["rules", "check", "empty", "--store", "s"]] {
        let error = run(dir, arguments).error(1);
        assert!(error.contains("no `alarm(...)`"), "{error}");
    }
    let unbound = run(dir, &["rules", "check", "r"]).printed();
    assert!(unbound.contains("no station was at hand"), "{unbound}");
    let bound = run(dir, &["rules", "check", "r", "--store", "s"]).printed();
    assert!(!bound.contains("no station was at hand"), "{bound}");
    let turned = ["--from", "2024-06-02", "--to", "2024-06-01"];
    for question in [
        &["rules", "backtest", "r", "--store", "s"][..],
        &["query", "s", "--station", "park/S1", "--channel", "benzene"],
    ] {
        let error = run_with(dir, question, &turned).error(1);
        assert!(error.contains("nothing lies between --from and --to"), "{error}");
    }
    let feeds = "t.feed(\"S\", \"x\", \"1x1000000\");\n".repeat(5);
    let test = format!("test(\"long\", |t| {{ t.instrument(\"S\", \"i\", 1.second, #{{ x: \"ppb\" }});\n{feeds}}});\n");
    fs::write(dir.join("r/long_test.rhai"), test).unwrap();
    let ended = run(dir, &["rules", "test", "r"]);
    assert!(
        ended.code == Some(1) && format!("{}{}", ended.out, ended.err).contains("4000000 samples together at most")
    );
}

#[test]
fn a_rule_set_is_loaded_shown_and_unloaded_with_who_and_why_on_record() {
    let home = crate::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    let none = run(dir, &["rules", "show", "s"]).printed();
    assert_eq!(none, "s: no rule set is in force\n");
    let load = ["rules", "load", "s", "r", "--by", "Anna", "--why", "first rules"];
    let loaded = run(dir, &load).printed();
    assert!(loaded.ends_with("is in force: 1 files, 1 stations\n"), "{loaded}");
    let again = run_with(dir, &load, &["--json"]).object();
    assert_eq!((&again["by"], &again["stations"][0]), (&Value::from("Anna"), &Value::from("park/S1")));
    let shown = run(dir, &["rules", "show", "s", "--json"]).object();
    for (field, wanted) in [("loaded_by", "Anna"), ("loaded_why", "first rules"), ("state", "running")] {
        assert_eq!(shown[field], wanted, "{shown}");
    }
    assert_eq!((&shown["files"][0]["name"], &shown["stations"][0]), (&"park.rhai".into(), &"park/S1".into()));
    assert_eq!(shown["rule_set"], again["rule_set"]);
    let text = run(dir, &["rules", "show", "s", "--text"]).printed();
    assert!(text.contains("loaded by Anna at ") && text.contains("    alarm(\"high\")"), "{text}");

    rules(dir, "wrong", "30");
    let error = run(dir, &["rules", "load", "s", "wrong", "--by", "Anna", "--why", "x"]).error(1);
    assert!(error.contains("30 has no unit"), "{error}");
    assert_eq!(run(dir, &["rules", "show", "s", "--json"]).object(), shown, "nothing has changed");

    let unload = ["rules", "unload", "s", "--by", "Bert", "--why", "moving house"];
    let unloaded = run_with(dir, &unload, &["--json"]).object();
    assert_eq!((&unloaded["rule_set"], &unloaded["alarms_closed"]), (&shown["rule_set"], &0.into()));
    assert!(run(dir, &unload).error(1).contains("no rule set is in force"));
    assert_eq!(run(dir, &["rules", "show", "s"]).printed(), none);
}

#[test]
fn no_rule_set_locks_its_owner_out() {
    let home = crate::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    run(dir, &["rules", "load", "s", "r", "--by", "Anna", "--why", "first rules"]).printed();
    load_by_another_release(&dir.join("s"), "alarm(\"high\").word_of_another_release(3);");
    let reason = ["--by", "Anna", "--reason", "x", "--from", "2024-06-01", "--to", "2024-06-02"];
    for arguments in [
        &["compact", "s"][..],
        &["repair", "s"],
        &["verify", "s"],
        &["inspect", "s"],
        &["dump", "s"],
        &["backup", "s", "copy"],
        &["query", "s", "--station", "park/S1", "--channel", "benzene"],
        &["alarms", "list", "s"],
        &["rules", "show", "s"],
        &[&["delete", "s", "--station", "park/S1"], &reason[..]].concat(),
    ] {
        run(dir, arguments).printed();
    }
    let import =
        ["import", "s", "b.csv", "--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "t"];
    let import = [&import[..], &["--channel", "b=benzene:ppb"]].concat();
    let error = run(dir, &import).error(1);
    assert!(error.contains("does not compile") && error.contains("vocdb rules unload"), "{error}");
    run(dir, &["rules", "unload", "s", "--by", "Anna", "--why", "does not compile"]).printed();
    run(dir, &import).printed();
    run(dir, &["rules", "load", "s", "r", "--by", "Anna", "--why", "mended"]).printed();
    assert_eq!(run(dir, &["rules", "show", "s", "--json"]).object()["state"], "running");
}
