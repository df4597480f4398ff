//! Every shipped profile on a small file of its format.

use super::{assert_answers, fixture, import, values};
use crate::tool::{example, run};
use vocdb::interop::mapping::shipped;

/// Profile, file, and options that the profile leaves to the operator.
const FILES: [(&str, &str, &[&str]); 10] = [
    ("airnow-hourly", "airnow-hourly.dat", &[]),
    ("aqs", "aqs.csv", &[]),
    ("aurn", "aurn.csv", &["--station", "uk/BROOK"]),
    ("china-sites", "china-sites.csv", &[]),
    ("openair", "openair.csv", &["--station", "uk/BROOK"]),
    ("openaq", "openaq.csv", &[]),
    ("purpleair", "purpleair.csv", &["--interval", "1h"]),
    ("spod", "spod.csv", &["--station", "epa/SPOD"]),
    ("toa5", "toa5.dat", &["--station", "a/B", "--instrument", "met", "--interval", "5m", "--zone=-07:00"]),
    ("uci", "uci.csv", &["--station", "it/MILAN"]),
];

#[test]
fn every_shipped_profile_stores_a_file_of_its_format_whole() {
    for (profile, file, options) in FILES {
        let dir = crate::support::scratch::dir();
        let path = fixture("shipped").join(file).display().to_string();
        let summary = import(dir.path(), profile, &path, &[options, &["--json"]].concat()).object();
        assert_eq!(summary["rows_rejected"], 0, "{profile}: {summary}");
        assert_eq!(summary["fields_rejected"], 0, "{profile}: {summary}");
        assert_eq!(summary["frames"], summary["store"]["frames_accepted"], "{profile}: {summary}");
        assert_eq!(summary["values"], summary["store"]["values_accepted"], "{profile}: {summary}");
        assert_answers(dir.path(), &format!("shipped/{profile}.answers"));
        let again = import(dir.path(), profile, &path, &[options, &["--json"]].concat()).object();
        let counts = (&again["store"]["frames_identical"], &again["store"]["frames_accepted"]);
        assert_eq!(counts, (&summary["frames"], &0.into()), "{profile}: the same rows change nothing");
    }
    let untested = shipped().iter().filter(|profile| !FILES.iter().any(|(name, ..)| *name == profile.name));
    assert_eq!(untested.map(|profile| profile.name).collect::<Vec<_>>(), ["query"], "the answers test reads it");
}

#[test]
fn profiles_are_listed_and_one_is_printed_as_a_start_for_an_own() {
    let dir = crate::support::scratch::dir();
    let listed = run(dir.path(), &["profiles"]).printed();
    assert_eq!(listed.lines().count(), shipped().len());
    for (line, profile) in listed.lines().zip(shipped()) {
        assert!(line.starts_with(profile.name) && line.len() > 40, "{line}");
    }
    let printed = run(dir.path(), &["profiles", "openaq"]).printed();
    std::fs::write(dir.path().join("own.toml"), printed.replace("prefix = \"openaq\"", "prefix = \"mine\"")).unwrap();
    let file = fixture("shipped/openaq.csv").display().to_string();
    import(dir.path(), "own.toml", &file, &[]).printed();
    assert_eq!(values(dir.path(), "mine/2178", "PM10"), ["2023-02-22T08:00Z,14.5", "2023-02-22T09:00Z,4"]);
    let error = run(dir.path(), &["profiles", "openaqq"]).error(1);
    assert!(error.contains("shipped are airnow-hourly, aqs"), "{error}");
    let error = import(dir.path(), "openaqq", &file, &[]).error(1);
    assert!(error.contains("no shipped profile is named `openaqq`") && error.contains("my.toml"), "{error}");
}

#[test]
fn the_spod_excerpt_is_read_with_the_seconds_that_its_stamps_lack() {
    let dir = crate::support::scratch::dir();
    let file = example("spod/SPod_excerpt.csv");
    let summary = import(dir.path(), "spod", &file, &["--station", "epa/SPOD", "--json"]).object();
    // One row is the seventh of its minute, so that its time would be that of the next minute.
    assert_eq!((&summary["rows_read"], &summary["rows_rejected"]), (&397.into(), &1.into()), "{summary}");
    assert_eq!(summary["store"]["frames_accepted"], 396);
    let found = values(dir.path(), "epa/SPOD", "total VOC");
    assert_eq!(
        found[..5],
        [
            "2023-06-07T04:00Z,68.24",
            "2023-06-07T04:00:10Z,66.87",
            "2023-06-07T04:00:20Z,63.98",
            "2023-06-07T04:00:30Z,61.41",
            "2023-06-07T04:01Z,60.64"
        ]
    );
}
