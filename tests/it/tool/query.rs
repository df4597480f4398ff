//! Answers: samples, windows, and what a store holds, as text and as JSON.

mod field;

use super::{command, example, plain_rows, run, run_with, samples};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use vocdb::{Config, Database};

const ASK: &[&str] = &["query", "store", "--station", "metec", "--channel", "methane"];

/// A store of one column of the METEC file.
fn metec(dir: &Path) {
    let file = example("metec/ch4_wind_1min.csv");
    let options = ["--station", "metec", "--instrument", "laser", "--interval", "1m", "--time", "time_utc"];
    run_with(dir, &["import", "store", &file, "--channel", "ch4_ppm_SE=methane:ppm"], &options).printed();
}

/// Minutes since the first of May 2022 and methane in the south-east, from the file itself.
fn readings() -> Vec<(u32, Option<f64>)> {
    let minute = |time: &str| {
        let part = |from: usize| time[from..from + 2].parse::<u32>().unwrap();
        (part(8) - 1) * 1_440 + part(11) * 60 + part(14)
    };
    plain_rows("metec/ch4_wind_1min.csv", 1).iter().map(|row| (minute(&row[0]), row[8].parse().ok())).collect()
}

fn objects(printed: &str) -> Vec<serde_json::Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_range_begins_with_its_first_instant_and_ends_before_its_last() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let all = samples(&run(dir.path(), ASK).printed());
    let range = ["--from", "2022-05-10T02:00:00+02:00", "--to", "2022-05-10T01:00:00Z"];
    let hour = samples(&run_with(dir.path(), ASK, &range).printed());
    assert_eq!(
        (hour.len(), hour[0].0.as_str(), hour[59].0.as_str()),
        (60, "2022-05-10T00:00:00Z", "2022-05-10T00:59:00Z")
    );
    assert!(all.windows(60).any(|window| window == hour));
    let day = samples(&run_with(dir.path(), ASK, &["--from", "2022-05-10", "--to", "2022-05-11"]).printed());
    assert_eq!((day.len(), &day[..60]), (1_440, &hour[..]));
}

#[test]
fn hourly_windows_are_those_of_a_naive_mean_with_their_coverage() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let mut hours: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (minute, value) in readings() {
        hours.entry(minute.div_ceil(60)).or_default().extend(value);
    }
    let printed = run_with(dir.path(), ASK, &["--window", "1h", "--coverage", "90"]).printed();
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("end,value,valid,coverage"));
    let mut seen = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let (day, hour): (u32, u32) = (fields[0][8..10].parse().unwrap(), fields[0][11..13].parse().unwrap());
        let of_hour = &hours[&((day - 1) * 24 + hour)];
        assert_eq!(fields[2].parse::<usize>().unwrap(), of_hour.len(), "{line}");
        let mean = (of_hour.len() >= 54).then(|| of_hour.iter().sum::<f64>() / of_hour.len() as f64);
        let found: Option<f64> = (!fields[1].is_empty()).then(|| fields[1].parse().unwrap());
        assert_eq!(found.is_some(), mean.is_some(), "{line}");
        assert!((found.unwrap_or_default() - mean.unwrap_or_default()).abs() < 1e-9, "{line} {mean:?}");
        assert!((fields[3].parse::<f64>().unwrap() - of_hour.len() as f64 / 60.0).abs() < 1e-12, "{line}");
        seen += 1;
    }
    assert_eq!(seen, hours.len());
}

#[test]
fn windows_lie_between_the_beginning_and_the_end_that_were_asked() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let range = ["--from", "2022-05-10T06:00:00Z", "--to", "2022-05-10T08:00:00Z", "--window", "1h", "--step", "30m"];
    let largest = |from: u32, to: u32| {
        let inside = |(minute, value): (u32, Option<f64>)| value.filter(|_| minute > from && minute <= to);
        readings().into_iter().filter_map(inside).reduce(f64::max).unwrap()
    };
    let printed = run_with(dir.path(), ASK, &[&range[..], &["--fn", "max", "--json"]].concat()).printed();
    let begin = 9 * 1_440 + 6 * 60;
    let found: Vec<(String, f64)> = objects(&printed)
        .iter()
        .map(|window| (window["end"].as_str().unwrap().to_owned(), window["value"].as_f64().unwrap()))
        .collect();
    let expected = ["07:00", "07:30", "08:00"].iter().zip([0, 30, 60]);
    let expected: Vec<(String, f64)> = expected
        .map(|(end, later)| (format!("2022-05-10T{end}:00Z"), largest(begin + later, begin + later + 60)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn json_says_what_csv_says() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let rows = samples(&run(dir.path(), ASK).printed());
    let lines = objects(&run_with(dir.path(), ASK, &["--json"]).printed());
    let told: Vec<(String, Option<f64>)> =
        lines.iter().map(|line| (line["time"].as_str().unwrap().to_owned(), line["value"].as_f64())).collect();
    assert_eq!(told, rows);
    assert!(lines.iter().all(|line| line["quality"] == "normal"));
}

#[test]
fn inspect_shows_every_instrument_with_its_rows_and_its_files() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let object = run(dir.path(), &["inspect", "store", "--json"]).object();
    assert_eq!((&object["rows"], &object["segments"]), (&4_920.into(), &1.into()));
    let bytes = |kind: &str| object["bytes"][kind].as_u64().unwrap();
    let segment = std::fs::read_dir(dir.path().join("store/segments")).unwrap().next().unwrap().unwrap();
    assert_eq!(bytes("segments"), segment.metadata().unwrap().len());
    assert_eq!(bytes("ledger"), std::fs::metadata(dir.path().join("store/ledger")).unwrap().len());
    let expected = serde_json::json!([{
        "station": "metec",
        "instruments": [{
            "instrument": "laser", "interval": "1 min", "rows": 4920,
            "first": "2022-05-09T00:00:00Z", "last": "2022-05-12T09:59:00Z",
            "channels": [{ "channel": "methane", "unit": "ppm", "species": "methane", "reference_celsius": null }],
        }],
    }]);
    assert_eq!(object["stations"], expected);
    let text = run(dir.path(), &["inspect", "store"]).printed();
    let line = "  instrument laser, every 1 min, 4920 rows, 2022-05-09T00:00:00Z to 2022-05-12T09:59:00Z";
    assert!(text.lines().any(|found| found == line), "{text}");
}

#[test]
fn looking_changes_no_byte_of_the_readings_or_the_ledger() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let files = || -> BTreeMap<String, Vec<u8>> {
        let store = dir.path().join("store");
        let mut files = BTreeMap::from([("ledger".to_owned(), std::fs::read(store.join("ledger")).unwrap())]);
        for folder in ["segments", "wal"] {
            for file in std::fs::read_dir(store.join(folder)).unwrap() {
                let path = file.unwrap().path();
                files.insert(path.display().to_string(), std::fs::read(path).unwrap());
            }
        }
        files
    };
    let before = files();
    run(dir.path(), ASK).printed();
    run(dir.path(), &["inspect", "store"]).printed();
    assert!(files() == before, "a file was changed");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    for more in [&[][..], &["--json"], &["--window", "1m", "--step", "1s"]] {
        let mut child =
            command(dir.path(), &[ASK, more].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(0), ""));
    }
}

#[test]
fn what_there_is_not_is_named_together_with_what_there_is() {
    let dir = crate::support::scratch::dir();
    let error = run(dir.path(), ASK).error(1);
    assert!(error.contains("folder `store` does not exist") && error.contains("vocdb import"), "{error}");
    assert!(!dir.path().join("store").exists(), "asking makes no store");
    metec(dir.path());
    let error = run(dir.path(), &["query", "store", "--station", "x", "--channel", "methane"]).error(1);
    assert_eq!(error, "error: no station is named `x`; registered are: metec\n");
    let error = run(dir.path(), &["query", "store", "--station", "metec", "--channel", "laser/y"]).error(1);
    assert_eq!(error, "error: station `metec` has no channel `laser/y`; it has: methane\n");
}

#[test]
fn query_and_inspect_answer_beside_a_process_that_holds_the_store() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let before = (run(dir.path(), ASK).printed(), run(dir.path(), &["inspect", "store"]).printed());
    let held = Database::open(dir.path().join("store"), Config::default()).unwrap();
    let (methane, _) = held.channel("metec", "methane").unwrap();
    assert_eq!(run(dir.path(), ASK).printed(), before.0);
    let mut batch = vocdb::Batch::new();
    batch.push_values(methane, "2022-05-12T10:00:00Z".parse().unwrap(), &[Some(2.5)]);
    held.append(&batch).unwrap().all_accepted().unwrap();
    assert_eq!(run(dir.path(), ASK).printed(), before.0 + "2022-05-12T10:00:00Z,2.5,normal\n");
    assert!(run(dir.path(), &["inspect", "store"]).printed().contains("4921 rows") && before.1.contains("4920 rows"));
}

#[test]
fn a_segment_that_does_not_check_is_left_out_with_a_warning_and_stays_where_it_lies() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let path = std::fs::read_dir(dir.path().join("store/segments")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 0xFF;
    std::fs::write(&path, bytes).unwrap();
    let ended = run(dir.path(), ASK);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "time,value,quality\n"), "{}", ended.err);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(ended.err.starts_with("warning: skipped ") && ended.err.contains(&name), "{}", ended.err);
    assert!(path.exists(), "reading moves nothing");
}
