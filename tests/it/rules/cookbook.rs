//! The guide's cookbook: every rule in it opens and closes as its test says.
#![cfg(test)]

use vocdb::rules::{RuleFile, check};
use vocdb::{Registry, run_rule_tests, stations_of_tests};

const GUIDE: &str = include_str!("../../../src/guide/RULES.md");

/// Title, rules and tests of each entry.
fn entries() -> Vec<(String, String, String)> {
    let (_, cookbook) = GUIDE.split_once("# Cookbook").unwrap();
    let entry = |text: &str| {
        let title = text.lines().next().unwrap().to_owned();
        let blocks: Vec<&str> =
            text.split("```rhai\n").skip(1).map(|block| block.split_once("```").unwrap().0).collect();
        assert_eq!(blocks.len(), 2, "{title}: a rule and a test");
        (title, blocks[0].to_owned(), blocks[1].to_owned())
    };
    cookbook.split("\n### ").skip(1).map(entry).collect()
}

fn file(name: &str, text: &str) -> RuleFile {
    RuleFile { name: name.to_owned(), text: text.to_owned() }
}

#[test]
fn every_rule_of_the_cookbook_does_what_its_test_says() {
    let entries = entries();
    assert!(entries.len() >= 15, "{}", entries.len());
    let mut failures = Vec::new();
    for (title, rules, tests) in entries {
        let outcomes = run_rule_tests(&[file("r.rhai", &rules)], &[file("r_test.rhai", &tests)], &Registry::default());
        assert!(!outcomes.is_empty(), "{title}");
        for outcome in outcomes {
            let told = |failure: vocdb::TestFailure| format!("{title}: {}: {}", failure.place, failure.message);
            failures.extend(outcome.failures.into_iter().map(told));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn check_finds_every_rule_of_the_cookbook_able_to_open_and_looking_at_all_its_readings() {
    for (title, rules, tests) in entries() {
        let report = check(&[file("r.rhai", &rules)], &stations_of_tests(&[file("r_test.rhai", &tests)]));
        assert_eq!(report.errors, [], "{title}");
        for words in ["is known for", "never", "always", "of the readings", "between any two frames", "`.auto_close`"] {
            let found = report.warnings.iter().find(|warning| warning.message.contains(words));
            assert_eq!(found, None, "{title}");
        }
    }
}

const RULES: &str = "alarm(\"high\").scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb)\n\
    .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";

fn failures_of(test: &str) -> String {
    let text = format!(
        "test(\"x\", |t| {{\n t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }});\n {test}\n}});"
    );
    let outcomes = run_rule_tests(&[file("r.rhai", RULES)], &[file("r_test.rhai", &text)], &Registry::default());
    let all = outcomes.iter().flat_map(|outcome| &outcome.failures);
    all.map(|failure| format!("{}: {}", failure.place, failure.message)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_failed_expectation_names_its_line_and_what_was_found_instead() {
    let golden = include_str!("../fixtures/rule_tests.txt");
    let tests = golden.lines().filter(|line| !line.starts_with("    ") && !line.is_empty());
    let told: String =
        tests.map(|test| format!("{test}\n    {}\n", failures_of(test).replace('\n', "\n    "))).collect();
    assert_eq!(told, golden, "\n{told}");
}

/// One folder for two sites, as an operator has it.
const TWO_SITES: &str = "alarm(\"park-high\").scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb);\n\
    alarm(\"fence-high\").scope(stations(\"fence/*\"))\n\
    .when(last(\"methane\") > param(\"trip\", 3.ppm).at(\"fence/N\", 4.ppm).at(\"fence/S\", 2.ppm));";

#[test]
fn rules_for_stations_that_a_test_does_not_have_are_left_out_of_it() {
    let test = |station: &str, channel: &str, unit: &str, then: &str| {
        let begin = format!("t.instrument(\"{station}\", \"gc\", 1.minute, #{{ {channel}: \"{unit}\" }});");
        format!("test(\"{station}\", |t| {{ {begin} t.feed(\"{station}\", \"{channel}\", \"90x9\"); {then} }});\n")
    };
    let tests = [
        test("park/S1", "benzene", "ppb", "t.at(5.minutes).expect_open(\"park-high\");"),
        test("fence/S", "methane", "ppm", "t.at(5.minutes).expect_open(\"fence-high\");"),
        test("park/S1", "benzene", "ppb", "t.at(5.minutes).expect_open(\"fence-high\");"),
    ]
    .concat();
    let outcomes = run_rule_tests(&[file("r.rhai", TWO_SITES)], &[file("r_test.rhai", &tests)], &Registry::default());
    let told: Vec<Vec<&str>> = outcomes
        .iter()
        .map(|outcome| outcome.failures.iter().map(|failure| failure.message.as_str()).collect())
        .collect();
    let left_out = "`fence-high` does not run in this test: it needs a station of its scope `fence/*`; \
        add what is missing with t.instrument(..)";
    assert_eq!(told, [vec![], vec![], vec![left_out]]);
}

/// What each rule needs besides station `park/S1` with benzene, and how a test names it.
const NEEDS: [(&str, &str, &str); 7] = [
    ("quorum", ".quorum(2).when(last(\"benzene\") > 30.ppb)", "it needs 2 stations of its scope `park/*`"),
    ("spread", ".when(spread(\"benzene\") > 9.ppb)", "its spread needs 2 stations of its scope `park/*`"),
    (
        "mast",
        ".when(last(\"benzene\") > 30.ppb and last(\"wind speed\").at(\"park/mast\") > 1.m_s)",
        "it reads station `park/mast`, which the test does not have",
    ),
    (
        "channel",
        ".when(last(\"benzene\") > 30.ppb).clear_when(avg(\"toluene\", 5.minutes) < 9.ppb)",
        "station `park/S1` has no channel `toluene` (it has benzene)",
    ),
    (
        "at",
        ".when(avg(\"xylene\", 5.minutes).at(\"park/S1\") > 9.ppb)",
        "station `park/S1` has no channel `xylene` (it has benzene)",
    ),
    (
        "flag",
        ".when(last(\"benzene\") > 30.ppb).suppress_when(flag(\"calibration\", \"ozone\"))",
        "station `park/S1` has no channel `ozone` (it has benzene)",
    ),
    ("silent", ".when(silent(\"pid\", 10.minutes))", "it needs instrument `pid` at station `park/S1`"),
];

#[test]
fn a_rule_that_lacks_a_station_or_channel_fails_only_the_tests_about_it() {
    let chain = |name: &str, then: &str| format!("alarm(\"{name}\").scope(stations(\"park/*\")){then};\n");
    let mut rules = chain("plain", ".when(last(\"benzene\") > 30.ppb)");
    // A side that one station can decide keeps the rule.
    rules += &chain("either", ".when(spread(\"benzene\") > 9.ppb or last(\"benzene\") > 30.ppb)");
    rules.extend(NEEDS.iter().map(|(name, then, _)| chain(name, then)));
    let test = |rule: &str, then: &str| {
        format!(
            "test(\"{rule}\", |t| {{ t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }});\n{then}\
             t.feed(\"park/S1\", \"benzene\", \"90x9\"); t.at(5.minutes).expect_open(\"{rule}\"); }});\n"
        )
    };
    let mut tests: String = ["plain", "either"].iter().map(|rule| test(rule, "")).collect();
    tests.extend(NEEDS.iter().map(|(rule, ..)| test(rule, "")));
    let second = "t.instrument(\"park/S2\", \"gc\", 1.minute, #{ benzene: \"ppb\" }); t.feed(\"park/S2\", \"benzene\", \"5x9\");";
    tests += &test("spread", second);
    let outcomes = run_rule_tests(&[file("r.rhai", &rules)], &[file("r_test.rhai", &tests)], &Registry::default());
    let found: Vec<(String, Vec<String>)> = outcomes
        .into_iter()
        .map(|outcome| (outcome.name, outcome.failures.into_iter().map(|failure| failure.message).collect()))
        .collect();
    let lacking = NEEDS.iter().map(|(rule, _, lack)| {
        let message = format!("`{rule}` does not run in this test: {lack}; add what is missing with t.instrument(..)");
        ((*rule).to_owned(), vec![message])
    });
    let passing = |rule: &str| (rule.to_owned(), Vec::new());
    let expected: Vec<_> =
        [passing("plain"), passing("either")].into_iter().chain(lacking).chain([passing("spread")]).collect();
    assert_eq!(found, expected);
}
