//! `vocdb rules`: checking, testing, backtesting, comparing.

mod messages;

use super::{run, run_with};
use crate::rules::in_force::load_by_another_release;
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
    let dir = crate::support::scratch::dir();
    assert!(run(dir.path(), &["rules", "check", &examples()]).printed().contains("no errors"));
    let printed = run(dir.path(), &["rules", "test", &examples()]).printed();
    assert!(printed.ends_with(" tests passed\n") && !printed.contains("FAILED"), "{printed}");
}

#[test]
fn a_mistake_is_drawn_at_its_place_and_ends_with_code_one() {
    let dir = crate::support::scratch::dir();
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

/// A store `s` with so many days of minutes of benzene, of which some may be missing: 60 ppb in the first ten minutes of each day, 1 ppb otherwise.
fn days(dir: &Path, days: &[bool]) {
    let mut text = "t,b\n".to_owned();
    for (day, _) in (1..).zip(days).filter(|(_, is_there)| **is_there) {
        for minute in 0..1_440 {
            let value = if minute < 10 { 60 } else { 1 };
            text += &format!("2024-06-{day:02}T{:02}:{:02}:00Z,{value}\n", minute / 60, minute % 60);
        }
    }
    fs::write(dir.join("b.csv"), text).unwrap();
    let import =
        ["import", "s", "b.csv", "--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "t"];
    run_with(dir, &import, &["--channel", "b=benzene:ppb"]).printed();
}

fn forecast(dir: &Path, rules: &str) -> Value {
    lines(&run(dir, &["rules", "check", rules, "--store", "s", "--json"]).printed()).pop().unwrap()
}

/// Openings of each rule in a backtest over the range of a forecast.
fn openings(dir: &Path, rules: &str, forecast: &Value) -> std::collections::BTreeMap<String, u64> {
    let [from, to] = ["forecast_from", "forecast_to"].map(|name| forecast[name].as_str().unwrap());
    let backtest = ["rules", "backtest", rules, "--store", "s", "--from", from, "--to", to, "--json"];
    let mut found = std::collections::BTreeMap::new();
    for line in lines(&run(dir, &backtest).printed()).iter().filter(|line| line["event"] == "alarm_opened") {
        *found.entry(line["body"]["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn a_forecast_counts_the_openings_of_a_backtest_and_divides_them_by_the_days_with_readings() {
    let silent = "alarm(\"silent\").scope(stations(\"park/*\")).when(silent(10.minutes)).on_missing(\"keep\", 15.minutes)\
                  .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";
    for (there, days_there, silences) in [(&[true, true][..], 2.0, 0), (&[true, true, false, false, true], 3.0, 1)] {
        let dir = crate::support::scratch::dir();
        let dir = dir.path();
        days(dir, there);
        rules(dir, "r", "30.ppb");
        fs::write(dir.join("r/silent.rhai"), silent).unwrap();
        let forecast = forecast(dir, "r");
        let days = forecast["forecast_from_days"].as_f64().unwrap();
        assert!((days - days_there).abs() < 0.01, "{forecast}");
        let openings = openings(dir, "r", &forecast);
        assert_eq!(serde_json::to_value(&openings).unwrap(), forecast["openings"]);
        assert_eq!(openings.get("high").copied(), Some(there.iter().filter(|is_there| **is_there).count() as u64));
        assert_eq!(openings.get("silent").copied().unwrap_or(0), silences, "{forecast}");
        let per_day = forecast["openings_per_day"]["high"].as_f64().unwrap();
        assert!((per_day * days - openings["high"] as f64).abs() < 1e-9, "{forecast}");
        let all = run(dir, &["rules", "backtest", "r", "--store", "s"]).printed();
        assert_eq!(all.matches(" opened: ").count() as u64, openings.values().sum::<u64>(), "{all}");
        let early = run(dir, &["rules", "backtest", "r", "--store", "s", "--from", "2024-01-01"]).printed();
        assert_eq!(early, all, "nothing before the first reading counts");
        // Every opening pages the desk; the alarms are over before they would page the boss a second time.
        let duty = forecast["contacts"].as_array().unwrap().iter().find(|of| of["contact"] == "duty").unwrap();
        let pages = duty["pages_per_day"].as_f64().unwrap() * days;
        assert!((pages - openings.values().sum::<u64>() as f64).abs() < 1e-9, "{forecast}");
    }
}

#[test]
fn less_than_a_day_of_readings_gives_counts_and_no_rates() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    rules(dir.path(), "r", "10.ppb");
    let forecast = forecast(dir.path(), "r");
    assert_eq!((&forecast["too_little_data"], &forecast["openings_per_day"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(forecast["openings"]["high"], 2);
    let text = run(dir.path(), &["rules", "check", "r", "--store", "s"]).printed();
    assert!(
        text.contains("too little data for a forecast: the store has 1.0 hours of readings, but a day is needed"),
        "{text}"
    );
    assert!(text.contains("high: 2 openings in that time") && !text.contains("a day,"), "{text}");
}

#[test]
fn without_a_station_units_of_species_are_checked_and_the_rest_is_listed() {
    let dir = crate::support::scratch::dir();
    let dir = dir.path();
    rules(dir, "bare", "30");
    let ended = run(dir, &["rules", "check", "bare"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("error: 30 has no unit") && ended.out.contains("^^ write 30.ppb"), "{}", ended.out);
    rules(dir, "good", "30.ppb");
    let more = "alarm(\"wind\").scope(stations(\"park/*\")).when(last(\"wind speed\") > 3 and last(\"gc/tvoc\") > 3.ppb)\
                .clear_when(last(\"wind speed\") < 2, 5.minutes).on_missing(\"keep\", 15.minutes)\
                .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));\n";
    fs::write(dir.join("good/wind.rhai"), more).unwrap();
    let text = run(dir, &["rules", "check", "good"]).printed();
    assert!(text.contains("2 files, 0 warnings\n") && !text.contains("no errors"), "{text}");
    assert!(
        text.contains("not checked, because no station is known:") && text.contains("units of `gc/tvoc`, `wind speed`"),
        "{text}"
    );
    assert!(text.contains("check them with --store"), "{text}");
    let json = lines(&run(dir, &["rules", "check", "good", "--json"]).printed());
    assert_eq!(json[0]["unchecked_units"], serde_json::json!(["gc/tvoc", "wind speed"]));
    // One file's mistakes hide no other's.
    fs::write(
        dir.join("good/broken.rhai"),
        "alarm(\"x\").scope(stations(\"p\")).when(avgg(\"benzene\", 1.hour) > 3.ppb);\n",
    )
    .unwrap();
    fs::write(dir.join("good/bare.rhai"), "alarm(\"y\").when(avg(\"toluene\", 1.hour) > 3);\n").unwrap();
    let both = run(dir, &["rules", "check", "good"]);
    for says in ["no function `avgg`", "3 has no unit", "the alarm `y` has no `.scope`"] {
        assert!(both.out.contains(says), "{says}: {}", both.out);
    }
}

#[test]
fn a_backtest_tells_who_would_have_been_told_when_and_what_other_rules_change() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    rules(dir.path(), "low", "10.ppb");
    rules(dir.path(), "high", "50.ppb");
    let backtest = ["rules", "backtest", "low", "--store", "s"];
    let never = run(dir.path(), &backtest).printed();
    assert!(
        never.contains("2024-06-01T08:11:00Z #1 opened") && never.contains("2024-06-01T08:32:00Z #1 closed"),
        "{never}"
    );
    assert!(never.contains("2024-06-01T08:21:00Z #1 sms to boss"), "{never}");
    let answered = run_with(dir.path(), &backtest, &["--responder", "after:5m"]).printed();
    assert!(answered.contains("2024-06-01T08:16:00Z #1 acknowledged"), "{answered}");
    assert!(!answered.contains("sms to boss"), "{answered}");
    let part = run_with(dir.path(), &backtest, &["--from", "2024-06-01T08:35:00Z", "--json"]).printed();
    let openings = lines(&part).into_iter().filter(|line| line["event"] == "alarm_opened");
    assert_eq!(openings.count(), 1, "{part}");
    let json = lines(&run_with(dir.path(), &backtest, &["--json"]).printed());
    let opened = json.iter().find(|line| line["event"] == "alarm_opened").unwrap();
    assert_eq!(opened["body"]["opened_at"], "2024-06-01T08:11:00Z");
    let notification =
        json.iter().find(|line| line["event"] == "notification" && line["body"]["contact"] == "boss").unwrap();
    assert_eq!(notification["body"]["created_at"], "2024-06-01T08:21:00Z");
    assert_eq!(notification["body"]["subject"], serde_json::json!({ "Step": 2 }));
    assert!(never.contains("#1 sms to boss: step 2"), "{never}");

    let against = run_with(dir.path(), &backtest, &["--against", "high"]).printed();
    assert!(against.contains("- `high` at `park/S1` from 2024-06-01T08:11:00Z to 2024-06-01T08:32:00Z"), "{against}");
    assert!(against.contains("1 alarm at the same times in both"), "{against}");
    let json = run_with(dir.path(), &backtest, &["--against", "high", "--json"]).object();
    assert_eq!((json["only_first"].as_array().unwrap().len(), &json["same"]), (1, &Value::from(1)));
}

#[test]
fn tests_are_told_as_json_too() {
    let dir = crate::support::scratch::dir();
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
    let home = crate::support::scratch::dir();
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
    assert!(unbound.contains("no station is known"), "{unbound}");
    let bound = run(dir, &["rules", "check", "r", "--store", "s"]).printed();
    assert!(!bound.contains("no station is known"), "{bound}");
    let turned = ["--from", "2024-06-02", "--to", "2024-06-01"];
    for question in [
        &["rules", "backtest", "r", "--store", "s"][..],
        &["query", "s", "--station", "park/S1", "--channel", "benzene"],
    ] {
        let error = run_with(dir, question, &turned).error(1);
        assert!(error.contains("--to must be later than --from"), "{error}");
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
    let home = crate::support::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    let none = run(dir, &["rules", "show", "s"]).printed();
    assert_eq!(none, "s: no rule set is in force\n");
    let load = ["rules", "load", "s", "r", "--by", "Anna", "--why", "first rules"];
    let loaded = run(dir, &load).printed();
    assert!(loaded.ends_with("is in force: 1 file, 1 station\n"), "{loaded}");
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
    let home = crate::support::scratch::dir();
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

#[test]
fn a_test_of_one_station_passes_beside_a_rule_with_a_quorum() {
    let dir = crate::support::scratch::dir();
    std::fs::create_dir(dir.path().join("r")).unwrap();
    let rule = |name: &str, quorum: &str| {
        format!(
            "alarm(\"{name}\").scope(\"park/*\"){quorum}.when(last(\"benzene\") > 30.ppb).clear_when(last(\"benzene\") < 20.ppb, 1.minute);\n"
        )
    };
    std::fs::write(dir.path().join("r/a.rhai"), rule("one", "") + rule("two", ".quorum(2)").as_str()).unwrap();
    let test = |rule: &str| {
        format!(
            "test(\"t\", |t| {{ t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }});\n\
             t.feed(\"park/S1\", \"benzene\", \"5x5 90x5\"); t.at(8.minutes).expect_open(\"{rule}\"); }});"
        )
    };
    std::fs::write(dir.path().join("r/a_test.rhai"), test("one")).unwrap();
    assert!(run(dir.path(), &["rules", "test", "r"]).printed().contains("1 test passed"));
    std::fs::write(dir.path().join("r/a_test.rhai"), test("two")).unwrap();
    let failed = run(dir.path(), &["rules", "test", "r"]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.out.contains("it needs 2 stations of its scope"), "{}", failed.out);
}
