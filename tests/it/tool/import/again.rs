//! Files that are imported again, with other options or while rules are loaded.

use super::super::run;
use super::{import_text, printed};
use serde_json::Value;
use std::fmt::Write;

const OPTIONS: [&str; 6] = ["--interval", "1h", "--time", "t", "--channel", "v=benzene:ppb"];
const FLAGS: [&str; 8] =
    ["--quality", "st", "--flag", "V=normal", "--flag", "K=calibration", "--flag", "M=maintenance"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&OPTIONS[..], more].concat()
}

/// Rows of ten hours with calibration and maintenance, times as a logger prints them.
fn rows(offset: &str, value: f64) -> String {
    let mut text = "t,v,st\n".to_owned();
    for (hour, flag) in "VVKKVVMVVV".chars().enumerate() {
        writeln!(text, "2024-03-01T0{hour}:00:00{offset},{},{flag}", value + hour as f64).unwrap();
    }
    text
}

#[test]
fn flags_that_an_import_without_a_column_of_flags_takes_away_are_counted_apart_from_values() {
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), rows("Z", 1.0), &with(&FLAGS)).printed();
    let ended = import_text(dir.path(), rows("Z", 1.0), &OPTIONS);
    let warning = "3 flags were changed, their values stayed: `vocdb audit s` lists them; if the file has a column of flags, \
        give it with --quality";
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), format!("warning: {warning}\n").as_str()));
    assert!(ended.out.contains("\n  flags changed                    3\n"), "{}", ended.out);
    assert!(!ended.out.contains("values corrected"), "{}", ended.out);
    assert_eq!(run(dir.path(), &["audit", "s"]).printed().lines().count(), 1);

    let ended = import_text(dir.path(), rows("Z", 2.0), &with(&[&FLAGS[..], &["--json"]].concat()));
    let summary: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&summary["values_changed"], &summary["flags_changed"]), (&10.into(), &0.into()), "{summary}");
    let mixed = rows("Z", 2.0).replace("00:00:00Z,2,V", "00:00:00Z,7,V").replace(",K\n", ",V\n");
    let ended = import_text(dir.path(), mixed, &with(&FLAGS));
    let warnings = "warning: 1 stored value was replaced by a different value of this file: `vocdb audit s` lists them\n\
        warning: 2 flags were changed, their values stayed: `vocdb audit s` lists them\n";
    assert_eq!(ended.err, warnings);
}

#[test]
fn rows_that_an_import_with_another_zone_leaves_behind_are_counted() {
    let dir = crate::support::scratch::dir();
    let zone = |zone, value| import_text(dir.path(), rows("", value), &with(&["--zone", zone, "--json"]));
    assert_eq!(zone("UTC", 1.0).err, "");
    // Six of the ten hours meet a stored row; the four before them are new, and the last four stored rows are behind the file.
    let ended = zone("+04:00", 1.0);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    // The first and the last hour of the first file only.
    let all = rows("Z", 50.0);
    let kept = all.lines().enumerate().filter(|(line, _)| [0, 1, 10].contains(line));
    let few: String = kept.flat_map(|(_, line)| [line, "\n"]).collect();
    let ended = import_text(dir.path(), few, &with(&["--json"]));
    let note = "warning: 8 stored rows between 2024-03-01T00:00:00Z and 2024-03-01T09:00:00Z are not in this file (an earlier import \
        with another zone?): `vocdb delete s` removes them";
    assert!(ended.err.lines().any(|line| line == note), "{}", ended.err);
    let summary: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(summary["rows_not_in_file"], 8, "{summary}");
    assert_eq!(printed(dir.path(), "benzene").len(), 14);
}

#[test]
fn pieces_that_overlap_are_imported_without_a_word_about_other_rows() {
    let dir = crate::support::scratch::dir();
    let text = rows("Z", 1.0);
    let piece = |lines: std::ops::Range<usize>| -> String {
        let rows = text.lines().skip(1).skip(lines.start).take(lines.len());
        std::iter::once("t,v,st").chain(rows).flat_map(|line| [line, "\n"]).collect()
    };
    import_text(dir.path(), piece(0..6), &OPTIONS).printed();
    import_text(dir.path(), piece(3..8), &OPTIONS).printed();
    let ended = import_text(dir.path(), piece(5..10).replace("T06:00:00Z,7,", "T06:00:00Z,8,"), &OPTIONS);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    import_text(dir.path(), piece(0..2), &OPTIONS).printed();
}

#[test]
fn the_note_about_alarms_of_history_names_the_store_and_notify() {
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), "t,v\n2024-02-01T00:00:00Z,1\n", &OPTIONS).printed();
    std::fs::create_dir(dir.path().join("r")).unwrap();
    let rule = "alarm(\"high\").scope(\"a/B\").when(last(\"benzene\") > 50.ppb)\n    \
        .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";
    std::fs::write(dir.path().join("r/r.rhai"), rule).unwrap();
    run(dir.path(), &["rules", "load", "s", "r", "--by", "A", "--reason", "first"]);
    let out = import_text(dir.path(), rows("Z", 60.0), &OPTIONS).printed();
    let note = "\nalarms of history notified nobody; list them with `vocdb alarms list s --state history`; \
        give --notify to notify for conditions that still hold\n";
    assert!(out.contains(note), "{out}");
}

#[test]
fn alarms_of_new_rows_are_recorded_though_the_file_corrects_a_row_that_is_stored() {
    let dir = crate::support::scratch::dir();
    let options = ["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb"];
    let minutes = |from: usize, to: usize, second: f64| {
        let value = |minute| match minute {
            2 => second,
            30..60 => 80.0,
            _ => 1.0,
        };
        let rows = (from..to)
            .map(|minute| format!("2024-03-01T{:02}:{:02}:00Z,{}\n", minute / 60, minute % 60, value(minute)));
        format!("t,v\n{}", rows.collect::<String>())
    };
    import_text(dir.path(), minutes(0, 5, 1.0), &options).printed();
    std::fs::create_dir(dir.path().join("r")).unwrap();
    let rule = "alarm(\"high\").scope(stations(\"a/*\")).when(avg(\"benzene\", 10.minutes) > 50.ppb).on_missing(\"unknown\", 15.minutes)\
        .clear_when(avg(\"benzene\", 10.minutes) < 40.ppb, 10.minutes)\
        .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";
    std::fs::write(dir.path().join("r/r.rhai"), rule).unwrap();
    run(dir.path(), &["rules", "load", "s", "r", "--by", "Li", "--reason", "first"]).printed();
    // The next export overlaps, and one of its rows was corrected since.
    let ended = import_text(dir.path(), minutes(0, 120, 2.0), &options);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("\n  alarms recorded                  1\n"), "{}", ended.out);
    let listed = run(dir.path(), &["alarms", "list", "s", "--state", "all"]).printed();
    assert!(listed.contains("`high`") && listed.contains("closed"), "{listed}");
}
