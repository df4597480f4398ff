//! Messages of `vocdb rules` and `vocdb audit` about paths, ranges and typing mistakes.

use super::super::{run, run_with};
use super::{lines, rules, store};
use serde_json::Value;
use std::fs;

#[test]
fn a_path_without_rules_is_named_with_what_to_give_instead() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    fs::create_dir(dir.join("empty")).unwrap();
    for command in [&["rules", "check"][..], &["rules", "test"], &["rules", "load", "s"]] {
        let author: &[&str] = if command.len() == 3 { &["--by", "Anna", "--reason", "x"] } else { &[] };
        let error = |path: &str| run(dir, &[command, &[path], author].concat()).error(1);
        assert_eq!(error("rulez"), "error: folder `rulez` does not exist; check the path\n");
        assert_eq!(error("r/park.rhai"), "error: `r/park.rhai` is a file: give its folder `r`\n");
        assert_eq!(error("s"), "error: `s` contains no .rhai files with rules; check the path\n");
        assert_eq!(error("empty"), "error: `empty` contains no .rhai files with rules; check the path\n");
    }
    fs::write(dir.join("empty/none.rhai"), "// nothing yet\n").unwrap();
    let error = run(dir, &["rules", "check", "empty"]).error(1);
    assert_eq!(error, "error: the rule files in `empty` contain no `alarm(...)`; check the path\n");
    let error = run(dir, &["rules", "load", "s", "empty", "--by", "Anna", "--reason", "x"]).error(1);
    assert!(error.contains("contain no `alarm(...)`: check the folder; nothing has changed"), "{error}");
}

#[test]
fn a_test_among_rules_is_sent_to_a_file_of_tests() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    rules(dir, "r", "30.ppb");
    let text = fs::read_to_string(dir.join("r/park.rhai")).unwrap();
    fs::write(dir.join("r/park.rhai"), format!("{text}\ntest(\"it opens\", |t| {{ }});\n")).unwrap();
    let ended = run(dir, &["rules", "check", "r"]);
    assert!(ended.out.contains("write tests in a file whose name ends in _test.rhai"), "{}{}", ended.out, ended.err);
}

#[test]
fn a_file_that_is_missing_or_a_folder_is_named_without_words_of_the_system() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    store(dir);
    let column =
        ["--station", "a", "--instrument", "b", "--interval", "1m", "--time", "t", "--channel", "b=benzene:ppb"];
    for (arguments, file) in [
        (&[&["import", "s", "none.csv"], &column[..]].concat()[..], "none.csv"),
        (&["import", "s", "b.csv", "--profile", "none.toml"], "none.toml"),
        (&["hj212", "decode", "none.txt"], "none.txt"),
        (&["restore", "none.dump", "s2"], "none.dump"),
        (&["stations", "import", "s", "none.geojson", "--by", "x", "--reason", "y"], "none.geojson"),
    ] {
        let error = run(dir, arguments).error(1);
        assert!(error.contains(file) && error.contains("the file does not exist; check the path"), "{error}");
        assert!(!error.contains("os error"), "{error}");
    }
    fs::create_dir(dir.join("folder")).unwrap();
    let error = run(dir, &[&["import", "s", "folder"], &column[..]].concat()).error(1);
    assert!(error.contains("`folder` cannot be read: it is a folder; give a file"), "{error}");
}

#[test]
fn a_backtest_over_a_range_without_readings_says_so_and_where_readings_are() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    rules(dir, "other", "50.ppb");
    let backtest = ["rules", "backtest", "r", "--store", "s", "--from", "2030-01-01"];
    let note = "no readings in this range, so no rule was tried; readings are from 2024-06-01T08:00:00Z to 2024-06-01T08:59:00Z";
    for more in [&[][..], &["--against", "other"]] {
        let ended = run_with(dir, &backtest, more);
        assert_eq!((ended.code, ended.err), (Some(0), format!("note: {note}\n")), "{}", ended.out);
        let ended = run_with(dir, &backtest, &[more, &["--json"]].concat());
        let object = lines(&ended.out).pop().unwrap();
        assert_eq!((&object["frames"], &object["note"]), (&Value::from(0), &Value::from(note)));
        assert_eq!(lines(&ended.err), [serde_json::json!({ "note": note })]);
    }
    let zoned = run_with(dir, &backtest, &["--zone", "+08:00"]);
    assert!(zoned.err.contains("readings are from 2024-06-01T16:00:00+08:00"), "{}", zoned.err);
    let whole = run(dir, &["rules", "backtest", "r", "--store", "s", "--json"]).printed();
    let object = lines(&whole).pop().unwrap();
    assert_eq!((&object["frames"], &object["note"]), (&Value::from(60), &Value::Null));
}

#[test]
fn contacts_that_no_file_exports_are_noted_as_unchecked_and_count_as_no_warning() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    store(dir);
    rules(dir, "r", "30.ppb");
    let note = "note: contacts are not checked, because no file exports any\n";
    let check = ["rules", "check", "r", "--store", "s"];
    let text = run(dir, &check).printed();
    assert!(text.contains("1 file, no errors, 0 warnings\n") && text.matches(note).count() == 1, "{text}");
    let json = lines(&run_with(dir, &check, &["--json"]).printed());
    assert_eq!(json[0]["unchecked"], serde_json::json!(["contacts"]));
    fs::write(
        dir.join("r/contacts.rhai"),
        "export const DUTY = contact(\"duty\");\nexport const BOSS = contact(\"boss\");\n",
    )
    .unwrap();
    let text = run(dir, &check).printed();
    assert!(!text.contains("contacts are not checked"), "{text}");
}

#[test]
fn steps_of_one_escalation_with_equal_times_are_taken_together() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    fs::create_dir(dir.join("r")).unwrap();
    let rule = |second: &str| {
        format!(
            "alarm(\"high\").scope(\"park/*\").when(last(\"benzene\") > 30.ppb)\n\
             .escalate(escalation(\"e\").step(5.minutes, contact(\"duty\"), \"app\").step({second}, contact(\"boss\"), \"sms\"));\n"
        )
    };
    let test = "test(\"both\", |t| { t.instrument(\"park/S1\", \"gc\", 1.minute, #{ benzene: \"ppb\" });\n\
                t.feed(\"park/S1\", \"benzene\", \"90x20\");\n\
                t.at(4.minutes).expect_sent(\"duty\", 0).expect_sent(\"boss\", 0);\n\
                t.at(8.minutes).expect_sent(\"duty\", 1).expect_sent(\"boss\", 1); });";
    fs::write(dir.join("r/a.rhai"), rule("5.minutes")).unwrap();
    fs::write(dir.join("r/a_test.rhai"), test).unwrap();
    assert!(run(dir, &["rules", "test", "r"]).printed().contains("1 test passed"));
    fs::write(dir.join("r/a.rhai"), rule("4.minutes")).unwrap();
    let ended = run(dir, &["rules", "check", "r"]);
    assert!(ended.code == Some(1) && ended.out.contains("write the steps in rising order of time"), "{}", ended.out);
}

#[test]
fn mistyped_words_of_rules_and_tests_are_one_error_each_with_the_right_word() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    fs::create_dir(dir.join("r")).unwrap();
    let rule = |window: &str| format!("alarm(\"high\").scope(\"park/*\").when(avg(\"benzene\", {window}) > 30.ppb);\n");
    let errors = |text: String| {
        fs::write(dir.join("r/a.rhai"), text).unwrap();
        let ended = run(dir, &["rules", "check", "r"]);
        assert_eq!(ended.out.matches("error: ").count(), 1, "{}", ended.out);
        ended.out
    };
    for (text, message, help) in [
        (rule("15m"), "a dot is missing between `15` and its unit `m`", "write 15.minutes"),
        (format!("# it's a\n# comment (\n{}", rule("15.minutes")), "comments begin with `//`", "write // instead of #"),
        (format!("constant X = 3.ppb;\n{}", rule("15.minutes")), "", "did you mean `const`?"),
    ] {
        let out = errors(text);
        assert!(out.contains(message) && out.contains(help), "{out}");
    }
    fs::write(dir.join("r/a.rhai"), rule("15.minutes")).unwrap();
    for (call, says) in [
        (
            "t.at(20.minutes).expect_opened(\"high\");",
            "there is no method `expect_opened`; did you mean `expect_open`?",
        ),
        ("t.at(20.minutes).expect_open(3);", "write t.at(25.minutes).expect_open(\"rule\")"),
        ("t.feed(\"park/s1\", \"benzene\", \"1x3\");", "there is no station `park/s1`; did you mean `park/S1`?"),
        ("t.feed(\"park/S1\", \"benzen\", \"1x3\");", "has no channel `benzen`; did you mean `benzene`?"),
        ("t.at(45.minutes); t.at(20.minutes);", "the test is already at minute 45"),
        ("t.at(5.minutes).expect_normal(\"hihg\");", "there is no rule `hihg`; did you mean `high`?"),
        (
            "t.at(5.minutes).expect_normal(\"high\", \"park/s1\");",
            "has no station or scope `park/s1` in this test; did you mean `park/S1`?",
        ),
    ] {
        let test = format!(
            "test(\"x\", |t| {{ t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }}); {call} }});"
        );
        fs::write(dir.join("r/a_test.rhai"), test).unwrap();
        let ended = run(dir, &["rules", "test", "r"]);
        assert!(
            ended.code == Some(1) && ended.out.contains(says) && !ended.out.contains("ImmutableString"),
            "{}",
            ended.out
        );
    }
}

#[test]
fn a_duration_of_two_units_and_an_unknown_contact_in_a_test_are_explained() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    fs::create_dir(dir.join("r")).unwrap();
    let rule = |hold: &str| {
        format!(
            "alarm(\"high\").scope(\"park/*\").when(last(\"benzene\") > 30.ppb).hold({hold})\n\
             .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));\n"
        )
    };
    fs::write(dir.join("r/park.rhai"), rule("1h30m")).unwrap();
    let ended = run(dir, &["rules", "check", "r"]);
    assert!(ended.out.contains("`1h30m` has several units, and a duration in rules has one"), "{}", ended.out);
    assert!(ended.out.contains("write 90.minutes") && ended.err.contains("rule errors in `r`: 1;"), "{}", ended.out);
    fs::write(dir.join("r/park.rhai"), rule("90.minutes")).unwrap();
    let test = |contact: &str| {
        format!(
            "test(\"quiet\", |t| {{ t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }});\n\
             t.feed(\"park/S1\", \"benzene\", \"5x20\");\nt.at(10.minutes).expect_sent(\"{contact}\", 0); }});"
        )
    };
    fs::write(dir.join("r/park_test.rhai"), test("dutty")).unwrap();
    let ended = run(dir, &["rules", "check", "r"]);
    assert!(
        ended.out.contains("no rule notifies a contact `dutty`") && ended.out.contains("write \"duty\""),
        "{}",
        ended.out
    );
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    fs::write(dir.join("r/park_test.rhai"), test("duty")).unwrap();
    assert_eq!(run(dir, &["rules", "check", "r"]).code, Some(0));
}
