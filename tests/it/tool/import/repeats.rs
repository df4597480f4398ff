//! Several rows of one instant in a file.

use super::{import_text, printed};
use proptest::prelude::*;
use std::collections::BTreeMap;

const OPTIONS: [&str; 8] =
    ["--interval", "1m", "--time", "t", "--time-format", "epoch-s", "--channel", "v=benzene:ppb"];

/// 2023-11-15T00:00:00Z in seconds, to which the times of these files are relative.
const BASE_S: i64 = 1_700_006_400;

/// A file with `BASE_S` added to the time of each row.
fn based(text: &str) -> String {
    let row = |line: &str| match line.split_once(',').and_then(|(time, rest)| Some((time.parse::<i64>().ok()?, rest))) {
        Some((time, rest)) => format!("{},{rest}\n", time + BASE_S),
        None => format!("{line}\n"),
    };
    text.lines().map(row).collect()
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&OPTIONS[..], more].concat()
}

#[test]
fn rows_that_disagree_are_refused_with_both_lines_wherever_they_are() {
    for (text, lines) in [
        ("t,v\n0,1\n60,2\n60,20\n120,3\n", ("2 on line 3", "20 on line 4")),
        ("t,v\n0,1\n60,2\n120,3\n60,20\n", ("2 on line 3", "20 on line 5")),
        ("t,v\n120,3\n60,\n\n60,2\n0,1\n60,20\n", ("2 on line 5", "20 on line 7")),
        ("t,v\n60,2\n60,<2\n", ("2 on line 2", "2 (below detection) on line 3")),
    ] {
        for more in [&[][..], &["--duplicates", "reject"]] {
            let dir = crate::support::scratch::dir();
            let error = import_text(dir.path(), based(text), &with(more)).error(1);
            let (first, second) = lines;
            assert!(error.contains(first) && error.contains(second) && error.contains("`benzene` at 2023"), "{error}");
            for advice in ["--where", "--duplicates keep-last", "--spread", "--fold by-order"] {
                assert!(error.contains(advice), "{error}");
            }
            assert!(!dir.path().join("s").exists(), "nothing is created");
        }
    }
}

#[test]
fn the_choice_between_rows_counts_for_neighbours_and_distant_rows_alike() {
    let neighbours = "t,v\n0,1\n60,2\n60,20\n120,3\n";
    let distant = "t,v\n0,1\n60,2\n120,3\n60,20\n";
    for text in [neighbours, distant] {
        for (choice, value) in [("keep-last", "20"), ("keep-first", "2")] {
            let dir = crate::support::scratch::dir();
            let summary = import_text(dir.path(), based(text), &with(&["--duplicates", choice, "--json"])).object();
            assert_eq!((&summary["rows_merged"], &summary["values_overridden"]), (&1.into(), &1.into()));
            assert_eq!(summary["store"]["values_corrected"], 0, "rows of one file correct nothing");
            assert_eq!(printed(dir.path(), "benzene")[1], format!("2023-11-15T00:01Z,{value}"));
        }
    }
}

#[test]
fn a_missing_value_never_wins_and_the_same_row_again_is_no_rejection() {
    for text in ["t,v\n0,1\n60,\n60,2\n120,3\n", "t,v\n0,1\n60,2\n120,3\n60,\n", "t,v\n0,1\n60,2\n60,2\n120,3\n"] {
        for more in [&[][..], &["--duplicates", "keep-first"], &["--duplicates", "keep-last"]] {
            let dir = crate::support::scratch::dir();
            let summary = import_text(dir.path(), based(text), &with(&[more, &["--json"]].concat())).object();
            let counts =
                ["rows_rejected", "rows_merged", "values_overridden"].map(|name| summary[name].as_u64().unwrap());
            assert_eq!(counts, [0, 1, 0]);
            let lines = ["00:00Z,1", "00:01Z,2", "00:02Z,3"].map(|line| format!("2023-11-15T{line}"));
            assert_eq!(printed(dir.path(), "benzene"), lines);
        }
    }
}

#[test]
fn a_long_file_in_any_order_is_read_and_one_disagreement_in_it_is_found() {
    const ROWS: i64 = 30_000;
    let row = |at: i64| format!("{},{}\n", at * 60, at % 97);
    let up: Vec<String> = (0..ROWS).map(row).collect();
    let down: Vec<String> = (0..ROWS).rev().map(row).collect();
    let blocks: Vec<String> =
        [2, 0, 1].into_iter().flat_map(|block| (block * 10_000..(block + 1) * 10_000).map(row)).collect();
    // 7 919 has no common divisor with the number of rows, so that each comes once.
    let mixed: Vec<String> = (0..ROWS).map(|at| row(at * 7_919 % ROWS)).collect();
    let twice: Vec<String> = up.iter().chain(&up).cloned().collect();
    for (rows, merged) in [(up, 0), (down, 0), (blocks, 0), (mixed, 0), (twice, ROWS)] {
        let dir = crate::support::scratch::dir();
        let text = format!("t,v\n{}", rows.concat());
        let summary = import_text(dir.path(), based(&text), &with(&["--json"])).object();
        assert_eq!(summary["store"]["frames_accepted"].as_i64(), Some(ROWS));
        assert_eq!(summary["rows_merged"].as_i64(), Some(merged));
        assert_eq!(summary["store"]["values_corrected"], 0);

        let dir = crate::support::scratch::dir();
        let wrong = format!("{text}{},-1\n", 12_345 * 60);
        let error = import_text(dir.path(), based(&wrong), &with(&[])).error(1);
        let line = rows.iter().position(|other| *other == row(12_345)).unwrap() + 2;
        let last = format!("-1 on line {}", rows.len() + 2);
        assert!(error.contains(&format!("26 on line {line}")) && error.contains(&last), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_of_repeated_rows_is_what_a_map_of_them_holds(
        rows in prop::collection::vec((0_i64..12, prop::option::of(0_u32..3)), 1..30), keeps_first: bool,
    ) {
        let mut expected: BTreeMap<i64, Option<u32>> = BTreeMap::new();
        let mut text = "t,v\n".to_owned();
        for (at, value) in &rows {
            text += &format!("{},{}\n", at * 60, value.map(|value| value.to_string()).unwrap_or_default());
            let kept = expected.entry(*at).or_default();
            let is_kept = value.is_none() || (keeps_first && kept.is_some());
            *kept = if is_kept { *kept } else { *value };
        }
        let dir = crate::support::scratch::dir();
        let choice = if keeps_first { "keep-first" } else { "keep-last" };
        let ended = import_text(dir.path(), based(&text), &with(&["--duplicates", choice]));
        prop_assert_eq!(ended.code, Some(0), "{}", ended.err);
        let line = |(at, value): (&i64, &Option<u32>)| {
            format!("2023-11-15T00:{at:02}Z,{}", value.map(|value| value.to_string()).unwrap_or_default())
        };
        prop_assert_eq!(printed(dir.path(), "benzene"), expected.iter().map(line).collect::<Vec<_>>());
    }
}
