//! `vocdb quality` and `vocdb stations`: changes by hand that the ledger records.

use super::{run, run_with};
use std::path::Path;

const QUALITY: &[&str] = &[
    "quality",
    "store",
    "--station",
    "park/S1",
    "--flag",
    "calibration",
    "--by",
    "A. Keeper",
    "--reason",
    "span check",
    "--from",
    "2024-06-01T08:01:00Z",
    "--to",
    "2024-06-01T08:03:00Z",
];
const ASK: &[&str] = &["query", "store", "--station", "park/S1", "--channel", "benzene"];

/// A store of four minutes of benzene and toluene.
fn park(dir: &Path) {
    let minutes = (0..4).map(|minute| format!("2024-06-01T08:0{minute}:00Z,{minute}.5,\n"));
    let text = format!("time,benzene,toluene\n{}", minutes.collect::<String>());
    std::fs::write(dir.join("park.csv"), text).unwrap();
    let options = ["--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "time"];
    let channels = ["--channel", "benzene=benzene:ppb", "--channel", "toluene=toluene:ppb"];
    run_with(dir, &["import", "store", "park.csv"], &[&channels[..], &options].concat()).printed();
}

#[test]
fn quality_sets_the_flag_counts_values_and_records_who_and_why() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    let before = run(dir.path(), ASK).printed();
    let tried = run_with(dir.path(), QUALITY, &["--dry-run", "--json"]).object();
    assert_eq!(run(dir.path(), ASK).printed(), before, "a dry run changes nothing");
    let done = run_with(dir.path(), QUALITY, &["--json"]).object();
    for (object, is_dry_run) in [(&tried, true), (&done, false)] {
        let counts = ["rows", "changed", "unchanged", "missing"].map(|name| object[name].as_u64().unwrap());
        assert_eq!((counts, &object["is_dry_run"]), ([2, 2, 0, 2], &is_dry_run.into()), "{object}");
    }
    let after = run(dir.path(), ASK).printed();
    assert_eq!(after.matches(",calibration").count(), 2, "{after}");
    assert_eq!(after.replace("calibration", "normal"), before, "values stay");
    let text = run_with(dir.path(), QUALITY, &["--channel", "benzene"]).printed();
    assert!(text.contains("0 values in 2 rows got the flag `calibration`, 2 have it already"), "{text}");
    let ledger = std::fs::read(dir.path().join("store/ledger")).unwrap();
    for note in ["A. Keeper", "span check"] {
        assert!(ledger.windows(note.len()).any(|bytes| bytes == note.as_bytes()), "{note} is not in the ledger");
    }
}

#[test]
fn quality_refuses_unknown_names_and_empty_answers() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    for (more, says) in
        [(&["--channel", "ozone"][..], "it has: benzene, toluene"), (&["--instrument", "pid"], "it has: gc")]
    {
        let error = run_with(dir.path(), QUALITY, more).error(1);
        assert!(error.contains(says), "{error}");
    }
    let with = |place: &str, value: &'static str| {
        let at = QUALITY.iter().position(|word| *word == place).unwrap() + 1;
        let mut words = QUALITY.to_vec();
        words[at] = value;
        words
    };
    for (name, value, says) in [
        ("--flag", "wrong", "write one of normal, over-range"),
        ("--by", "", "must not be empty"),
        ("--reason", "", "must not be empty"),
    ] {
        let error = run(dir.path(), &with(name, value)).error(2);
        assert!(error.contains(says), "{error}");
    }
    for more in [&[][..], &["--dry-run"]] {
        let mut later = with("--to", "2024-07-01");
        let at = later.iter().position(|word| *word == "--from").unwrap() + 1;
        later[at] = "2024-06-02";
        let error = run_with(dir.path(), &later, more).error(1);
        assert!(error.contains("no reading lies in this range"), "{error}");
    }
    let error = run(dir.path(), &with("--to", "2024-06-01 08:03")).error(1);
    assert!(error.contains("write 2024-06-01T08:03Z or 2024-06-01T08:03+08:00, or give --zone"), "{error}");
    let local = run_with(dir.path(), &with("--to", "2024-06-01 16:03"), &["--zone", "+08:00", "--json"]).object();
    assert_eq!((&local["to"], &local["rows"]), (&"2024-06-01T08:03:00Z".into(), &2.into()));
    let error = run(dir.path(), &with("--to", "2024-06-01T08:01:00Z")).error(1);
    assert!(error.contains("--to must be later than --from"), "{error}");
}

/// A store of 200 hours of which the last fifty are frozen, with a calibration in the middle of these.
fn frozen(dir: &Path) {
    let value = |hour: i64| if hour < 150 { (hour * hour * 7_919 % 1_009) as f64 / 10.0 } else { 12.5 };
    let flag = |hour| if hour == 170 { "Cal" } else { "" };
    let row = |hour| format!("2024-06-{:02}T{:02}:00:00Z,{},{}\n", hour / 24 + 1, hour % 24, value(hour), flag(hour));
    let text = format!("time,benzene,status\n{}", (0..200).map(row).collect::<String>());
    std::fs::write(dir.join("park.csv"), text).unwrap();
    let options = ["--station", "park/S1", "--instrument", "gc", "--interval", "1h", "--time", "time"];
    let channels = ["--channel", "benzene=benzene:ppb", "--quality", "status"];
    run_with(dir, &["import", "store", "park.csv"], &[&channels[..], &options].concat()).printed();
}

#[test]
fn quality_of_a_store_prints_findings_with_numbers_and_changes_nothing() {
    let dir = crate::support::scratch::dir();
    frozen(dir.path());
    let before = run(dir.path(), ASK).printed();
    let text = run(dir.path(), &["quality", "store"]).printed();
    let flat = "flat-line park/S1/gc benzene, 2024-06-07T06:00:00Z to 2024-06-09T07:00:00Z: 49 values in a row are 12.5 ppb over 2.0 d";
    assert!(
        text.lines().any(|line| line.starts_with(&flat.replace("2.0 d", "2 d")) || line.starts_with(flat)),
        "{text}"
    );
    assert!(text.contains("per station and month without gaps\n"), "{text}");
    let lines = run(dir.path(), &["quality", "store", "--test", "flat-line", "--json"]).printed();
    let objects: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2, "{lines}");
    assert_eq!((&objects[0]["test"], &objects[0]["measured"]), (&"flat-line".into(), &49.0.into()));
    assert_eq!((&objects[1]["findings"], &objects[1]["by_test"]["flat-line"]), (&1.into(), &1.into()));
    assert_eq!(run(dir.path(), ASK).printed(), before, "tests change nothing");
}

#[test]
fn values_in_doubt_get_the_flag_suspect_and_the_ledger_has_the_finding() {
    let dir = crate::support::scratch::dir();
    frozen(dir.path());
    let mark = ["quality", "store", "--test", "flat-line", "--flag-suspect", "--by", "A. Keeper", "--reason", "review"];
    assert!(run(dir.path(), &mark).printed().ends_with("49 values got the flag `suspect`\n"));
    let after = run(dir.path(), ASK).printed();
    assert_eq!((after.matches(",suspect").count(), after.matches(",calibration").count()), (49, 1), "{after}");
    let audit = run(dir.path(), &["audit", "store"]).printed();
    assert!(
        audit.contains("A. Keeper set the flag `suspect`") && audit.contains("review; flat-line: 49 values"),
        "{audit}"
    );
    let again = run(dir.path(), &mark).printed();
    assert!(again.ends_with("0 values got the flag `suspect`\n"), "suspect values are not tested again: {again}");
}

#[test]
fn questions_about_quality_that_make_no_sense_are_refused() {
    let dir = crate::support::scratch::dir();
    frozen(dir.path());
    for (more, code, says) in [
        (&["--test", "wrong"][..], 2, "write one of gap, gross-range"),
        (&["--test", "time-of-receipt"], 2, "keeps no time of receipt"),
        (&["--limit", "benzene=30"], 2, "such as benzene=30:ppb"),
        (&["--limit", "ozone=30:ppb"], 1, "the channels are: benzene"),
        (&["--limit", "benzene=30:degC"], 1, "channel `benzene`"),
        (&["--station", "yard/*"], 1, "registered are: park/S1"),
        (&["--station", "park/*", "--instrument", "pid"], 1, "is named `pid`"),
        (&["--from", "2025-01-01"], 1, "no reading lies in this range"),
        (&["--flag-suspect"], 2, "--by"),
        (&["--by", "A. Keeper"], 2, "--flag"),
        (&["--flag", "suspect"], 2, "--station"),
        (&["--false-alarms", "7"], 2, "from 1e-6 to 1"),
    ] {
        let error = run_with(dir.path(), &["quality", "store"], more).error(code);
        assert!(error.contains(says), "{more:?}: {error}");
    }
}

#[test]
fn stations_set_moves_a_station_and_list_tells_where_it_stood() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    assert_eq!(run(dir.path(), &["stations", "list", "store"]).printed(), "park/S1: no position\n");
    let set = ["stations", "set", "store", "park/S1", "--by", "field crew", "--reason", "a new mast"];
    let first = ["--longitude", "-121.5", "--latitude", "31.25", "--height", "3", "--since", "2024-01-01"];
    run_with(dir.path(), &set, &first).printed();
    let object = run_with(dir.path(), &set, &["--height", "10", "--since", "2024-06-01T08:00:00Z", "--json"]).object();
    assert_eq!((&object["before"]["height_m"], &object["after"]["height_m"]), (&3.0.into(), &10.0.into()));
    assert_eq!(object["after"]["longitude_deg"], -121.5, "what is not given stays");
    let wanted = "park/S1: no position\n\
                  park/S1: longitude -121.5 deg, latitude 31.25 deg, height 3 m since 2024-01-01T00:00:00Z\n\
                  park/S1: longitude -121.5 deg, latitude 31.25 deg, height 10 m since 2024-06-01T08:00:00Z\n";
    assert_eq!(run(dir.path(), &["stations", "list", "store"]).printed(), wanted);
    let error = run_with(dir.path(), &set, &["--longitude", "31", "--latitude", "121"]).error(1);
    assert!(error.contains("the latitude must be -90 to 90"), "{error}");
    let error = run(dir.path(), &set).error(2);
    assert!(error.contains("--longitude") && error.contains("--height"), "a number is needed: {error}");
    let object = run_with(dir.path(), &set, &["--latitude", "32", "--since", "2024-06-02", "--json"]).object();
    assert_eq!((&object["after"]["longitude_deg"], &object["after"]["latitude_deg"]), (&(-121.5).into(), &32.0.into()));
    let error = run_with(dir.path(), &set, &["--east", "5"]).error(1);
    assert!(error.contains("give both --east and --north"), "{error}");
    let unknown = ["stations", "set", "store", "park/S2", "--height", "3", "--by", "x", "--reason", "y"];
    assert!(run(dir.path(), &unknown).error(1).contains("registered are: park/S1"));
}

#[test]
fn stations_set_says_from_when_a_position_holds_and_which_readings_keep_the_earlier_one() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    let set = ["stations", "set", "store", "park/S1", "--by", "field crew", "--reason", "surveyed"];
    let placed = run_with(dir.path(), &set, &["--longitude", "121.5", "--latitude", "31.25", "--since", "2024-07-01"]);
    let wanted = "park/S1: placed: longitude 121.5 deg, latitude 31.25 deg\n\
                  positions in the store: 1 station at 31.2500 N, 121.5000 E\n\
                  changed positions hold from 2024-07-01T00:00:00Z on\n\
                  a first position also counts for earlier readings when a source is located\n";
    assert_eq!(placed.printed(), wanted);
    let moved = run_with(dir.path(), &set, &["--latitude", "31.26", "--since", "2024-08-01"]).printed();
    assert!(moved.starts_with("park/S1: moved: ") && moved.contains("; before: longitude 121.5 deg, latitude 31.25"));
    let kept = "readings of park/S1 from 2024-06-01T08:00:00Z to 2024-06-01T08:03:00Z keep the earlier position; if it was wrong, \
                repeat the command with --since 2024-06-01T08:00:00Z\n";
    assert!(moved.ends_with(kept), "{moved}");
    let local =
        run_with(dir.path(), &set, &["--height", "3", "--since", "2024-08-02 08:00", "--zone", "+08:00"]).printed();
    assert!(local.starts_with("park/S1: changed: ") && local.contains("--since 2024-06-01T16:00:00+08:00"), "{local}");
    let past = ["--latitude", "31.26", "--since", "2024-06-01T08:00:00Z", "--json"];
    let corrected = run_with(dir.path(), &set, &past).object();
    assert_eq!(
        (&corrected["change"], &corrected["earlier_readings_from"]),
        (&"placed".into(), &serde_json::Value::Null)
    );
    assert_eq!(corrected["since"], "2024-06-01T08:00:00Z");
    let again = run_with(dir.path(), &set, &["--latitude", "31.26"]).printed();
    assert!(again.starts_with("park/S1: unchanged: ") && !again.contains("hold from"), "{again}");
}

#[test]
fn audit_lists_flags_deletions_and_moves_with_author_and_reason() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    assert_eq!(run(dir.path(), &["audit", "store"]).printed(), "no change is recorded\n");
    run(dir.path(), QUALITY).printed();
    let delete = ["delete", "store", "--station", "park/S1", "--from", "2024-06-01 16:00", "--to", "2024-06-01 16:01"];
    run_with(dir.path(), &delete, &["--zone", "+08:00", "--by", "B. Boss", "--why", "test gas"]).printed();
    let set = ["stations", "set", "store", "park/S1", "--height", "3", "--since", "2024-07-01"];
    run_with(dir.path(), &set, &["--by", "field crew", "--reason", "a new mast"]).printed();
    let text = run(dir.path(), &["audit", "store"]).printed();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let flagged = "Z A. Keeper set the flag `calibration`: park/S1/gc (benzene), 2024-06-01T08:01:00Z to \
                   2024-06-01T08:02:00Z, 2 values: span check";
    assert!(lines[0].ends_with(flagged), "{text}");
    let deleted = "B. Boss deleted readings: park/S1/gc (whole rows), 2024-06-01T08:00:00Z to 2024-06-01T08:01:00Z, 1 value: test gas";
    assert!(lines[1].ends_with(deleted), "{text}");
    assert!(
        lines[2].ends_with("field crew placed the station: park/S1, from 2024-07-01T00:00:00Z on: a new mast"),
        "{text}"
    );
    let printed = run(dir.path(), &["audit", "store", "--json", "--to", "2024-06-01T08:01:00Z"]).printed();
    let object: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&object["action"], &object["by"], &object["values"]),
        (&"readings_deleted".into(), &"B. Boss".into(), &1.into())
    );
    assert!(object["at"].is_string(), "{object}");
}

#[test]
fn audit_lists_each_import_that_replaced_a_value_on_its_own() {
    let dir = crate::support::scratch::dir();
    let dir = dir.path();
    park(dir);
    let import = |text: &str| {
        std::fs::write(dir.join("again.csv"), text).unwrap();
        let options = ["--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "time"];
        let channels = ["--channel", "benzene=benzene:ppb"];
        let ended = run_with(dir, &["import", "store", "again.csv"], &[&channels[..], &options].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    };
    for value in [7, 8, 9] {
        import(&format!("time,benzene\n2024-06-01T08:00:00Z,{value}\n"));
    }
    // Other times and several rows in one file are one action too.
    import("time,benzene\n2024-06-01T08:01:00Z,7\n2024-06-01T08:02:00Z,8\n");
    let text = run(dir, &["audit", "store"]).printed();
    let counts = |text: &str| -> Vec<usize> { text.lines().map(|line| line.matches(", 1 value: ").count()).collect() };
    assert_eq!(counts(&text), [1, 1, 1, 0], "{text}");
    assert!(text.lines().nth(3).unwrap().contains("T08:01:00Z to 2024-06-01T08:02:00Z, 2 values: "), "{text}");
    let json = run(dir, &["audit", "store", "--json"]).printed();
    let objects: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let values: Vec<_> = objects.iter().map(|object| object["values"].as_u64().unwrap()).collect();
    assert_eq!(values, [1, 1, 1, 2], "{json}");
    let times: std::collections::BTreeSet<_> = objects.iter().map(|object| object["at"].as_str().unwrap()).collect();
    assert_eq!(times.len(), 4, "each with its own time: {json}");
}

#[test]
fn audit_lists_values_that_a_later_file_replaced_with_the_time_of_the_import() {
    let dir = crate::support::scratch::dir();
    park(dir.path());
    let text = "time,benzene\n2024-06-01T08:00:00Z,7\n2024-06-01T08:01:00Z,8\n";
    std::fs::write(dir.path().join("again.csv"), text).unwrap();
    let options = ["--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "time"];
    let ended = run_with(dir.path(), &["import", "store", "again.csv", "--channel", "benzene=benzene:ppb"], &options);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let text = run(dir.path(), &["audit", "store"]).printed();
    let replaced = "Z instrument replaced values: park/S1/gc (benzene), 2024-06-01T08:00:00Z to 2024-06-01T08:01:00Z, 2 values: \
                    a later frame for the same instant\n";
    assert!(text.ends_with(replaced) && text.starts_with("20"), "{text}");
}
