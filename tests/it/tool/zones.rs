//! `--zone`: every time that is printed as text is in that zone; JSON stays in UTC.

use super::incidents::store_with;
use super::{run, run_with, times_in_utc};
use std::path::Path;

const RULES: &str = r#"
    alarm("high").scope(stations("*")).title("x at {stations} since {since}").when(last("x") > 1.ppm).hold(0.seconds)
        .escalate(escalation("e").step(0.minutes, contact("duty"), "app").step(45.minutes, contact("boss"), "app"));
"#;

/// A closed store with two alarms, and its rules in the folder `rules`.
fn store(dir: &Path) {
    store_with(dir, RULES);
    std::fs::create_dir(dir.join("rules")).unwrap();
    std::fs::write(dir.join("rules/r.rhai"), RULES).unwrap();
}

/// Commands that print times, with arguments that make them print some.
const COMMANDS: &[&[&str]] = &[
    &["alarms", "shelve", "store", "--rule", "high", "--scope", "S2", "--until", "2100-01-01T00:00:00Z", "--by", "Li"],
    &[
        "alarms",
        "maintain",
        "store",
        "--stations",
        "S2",
        "--from",
        "2000-01-01T00:00:00Z",
        "--to",
        "2100-01-01T00:00:00Z",
        "--by",
        "Li",
        "--reason",
        "service",
    ],
    &["alarms", "list", "store", "--state", "all"],
    &["alarms", "show", "store", "1"],
    &["alarms", "explain", "store", "1"],
    &["alarms", "conditions", "store"],
    &["alarms", "maintenance", "store"],
    &["incident", "open", "store", "--alarm", "1", "--by", "Li"],
    &["incident", "list", "store"],
    &["incident", "show", "store", "1"],
    &["incident", "suspect", "store", "1", "--site", "tank", "--by", "Li"],
    &["incident", "find", "store", "1", "--text", "the seal leaks", "--by", "Li"],
    &[
        "incident",
        "rectify",
        "store",
        "1",
        "--text",
        "x",
        "--rectified-by",
        "x",
        "--rectified-on",
        "2024-06-01",
        "--by",
        "Li",
    ],
    &["incident", "comment", "store", "1", "--comment", "seen at 2024-06-01T16:00:00Z", "--by", "Li"],
    &["incident", "show", "store", "1"],
    &["incident", "close", "store", "1", "--outcome", "no-violation", "--by", "Li"],
    &["incident", "reopen", "store", "1", "--reason", "again", "--by", "Li"],
    &["stations", "set", "store", "S1", "--latitude", "31", "--longitude", "121", "--by", "Li", "--reason", "surveyed"],
    &["stations", "list", "store"],
    &["odour", "add", "store", "--time", "2024-06-01T16:00:00Z", "--lat", "31", "--lon", "121", "--intensity", "4"],
    &["odour", "list", "store"],
    &["rules", "backtest", "rules", "--store", "store"],
    &["rules", "backtest", "rules", "--store", "store", "--against", "rules", "--from", "2100-01-01"],
    &["rules", "show", "store"],
    &["inspect", "store"],
    &["query", "store", "--station", "S1", "--channel", "x"],
    &["audit", "store"],
    &[
        "quality",
        "store",
        "--station",
        "S1",
        "--channel",
        "x",
        "--from",
        "2000-01-01",
        "--to",
        "2100-01-01",
        "--flag",
        "calibration",
        "--by",
        "Li",
        "--reason",
        "gas",
    ],
    &[
        "delete",
        "store",
        "--station",
        "S1",
        "--from",
        "2000-01-01",
        "--to",
        "2100-01-01",
        "--by",
        "Li",
        "--reason",
        "gas",
    ],
];

#[test]
fn every_time_printed_as_text_has_the_offset_of_the_zone() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    for command in COMMANDS {
        let ended = run_with(dir.path(), command, &["--zone", "Asia/Shanghai"]);
        assert_eq!(ended.code, Some(0), "{command:?}: {}", ended.err);
        let text = format!("{}{}", ended.out, ended.err);
        assert_eq!(times_in_utc(&text), Vec::<&str>::new(), "{command:?}: {text}");
        assert!(text.contains("+08:00"), "{command:?}: {text}");
    }
}

#[test]
fn json_has_times_in_utc_whatever_the_zone() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    run(dir.path(), &["incident", "open", "store", "--alarm", "1", "--by", "Li"]).printed();
    for command in [&["alarms", "list", "store"][..], &["incident", "show", "store", "1"], &["rules", "show", "store"]]
    {
        let plain = run_with(dir.path(), command, &["--json"]).printed();
        let zoned = run_with(dir.path(), command, &["--json", "--zone", "Asia/Shanghai"]).printed();
        assert_eq!(plain, zoned);
        assert!(!times_in_utc(&plain).is_empty(), "{plain}");
    }
}

#[test]
fn a_short_zone_is_explained_and_a_name_with_a_city_is_not() {
    let dir = crate::support::scratch::dir();
    store(dir.path());
    let list = |zone: &str| run(dir.path(), &["alarms", "list", "store", "--zone", zone]);
    let note = "note: zone CET has daylight saving time: +01:00 in January, +02:00 in July; for a clock without it, write +01:00\n";
    assert_eq!(list("CET").err, note);
    assert_eq!(list("EST").err, "note: zone EST is -05:00 all year, without daylight saving time\n");
    list("Europe/Berlin").printed();
    std::fs::write(dir.path().join("a.csv"), "t,benzene\n2024-06-01 00:00,1\n").unwrap();
    let import = [
        "import",
        "other",
        "a.csv",
        "--station",
        "S",
        "--instrument",
        "i",
        "--interval",
        "1h",
        "--time",
        "t",
        "--time-format",
        "%Y-%m-%d %H:%M",
        "--zone",
        "CET",
        "--channel",
        "benzene=benzene:ug/m3@21C",
    ];
    let ended = run(dir.path(), &import);
    assert!(ended.err.starts_with(note), "{}", ended.err);
    let unusual =
        "warning: benzene: a reference temperature of 21.0 C is unusual: most standards have 0 C, 20 C or 25 C";
    assert!(ended.err.contains(unusual), "{}", ended.err);
}
