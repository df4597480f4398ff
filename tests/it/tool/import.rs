//! Files in, and the same values out again.

mod advice;
mod again;
mod findings;
mod flags;
mod inputs;
mod repeats;
mod shapes;
mod times;
mod units;

use super::{Ended, assert_golden, example, plain_rows, run, run_with, samples};
use std::path::Path;
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, Channel, Config, Database, Instrument, Interval, Station, Unit};

/// Options that import a file; the store and the file come first.
const UCI: &[&str] = &[
    "--station",
    "milan",
    "--instrument",
    "gas",
    "--interval",
    "1h",
    "--time",
    "Date+Time",
    "--time-format",
    "%d/%m/%Y %H:%M:%S",
    "--zone",
    "UTC",
    "--missing",
    "-200",
    "--channel",
    "C6H6_GT=benzene:ug/m3@20C",
    "--channel",
    "NMHC_GT=NMHC:ug/m3",
    "--channel",
    "T=temperature:C",
];
const AQROADSIDE: &[&str] = &[
    "--station",
    "london/marylebone",
    "--instrument",
    "gc",
    "--interval",
    "1h",
    "--time",
    "date",
    "--channel",
    "benzene=benzene:ug/m3@20C",
    "--channel",
    "wd=wind direction:deg",
];
const METEC: &[&str] = &[
    "--station",
    "metec",
    "--instrument",
    "lasers",
    "--interval",
    "1m",
    "--time",
    "time_utc",
    "--channel",
    "ch4_ppm_E=east:ppm",
    "--channel",
    "ch4_ppm_NW=north-west:ppm",
    "--new-quantity",
];
const SPOD: &[&str] = &[
    "--station",
    "fence",
    "--instrument",
    "spod",
    "--interval",
    "10s",
    "--time",
    "UTC Date Time",
    "--time-format",
    "%m/%d/%Y %H:%M",
    "--zone",
    "UTC",
    "--skip-lines",
    "2",
    "--spread",
    "10s",
    "--channel",
    "pid1_PPB_Calc=total VOC:ppb",
];

fn import(dir: &Path, file: &str, options: &[&str]) -> serde_json::Value {
    run_with(dir, &["import", "store", &example(file), "--json"], options).object()
}

fn stored(dir: &Path, station: &str, channel: &str) -> Vec<(String, Option<f64>)> {
    samples(&run(dir, &["query", "store", "--station", station, "--channel", channel]).printed())
}

/// Imports a text, as a file, into channels of `a/B`, instrument `gc`.
fn import_text(dir: &Path, text: impl AsRef<[u8]>, options: &[&str]) -> Ended {
    std::fs::write(dir.join("f.csv"), text).unwrap();
    run_with(dir, &["import", "s", "f.csv", "--station", "a/B", "--instrument", "gc"], options)
}

/// What `query` prints of a channel of `a/B`: time without seconds, value, flag.
fn printed(dir: &Path, channel: &str) -> Vec<String> {
    let printed = run(dir, &["query", "s", "--station", "a/B", "--channel", channel]).printed();
    printed.lines().skip(1).map(|line| line.replacen(":00Z", "Z", 1).replace(",normal", "")).collect()
}

/// Column `at` of a file whose first field is its time in RFC 3339; the empty field is missing.
fn expected(rows: &[Vec<String>], at: usize) -> Vec<(String, Option<f64>)> {
    rows.iter().map(|row| (row[0].clone(), row[at].parse().ok())).collect()
}

#[test]
fn the_roadside_file_comes_back_value_by_value_with_its_gaps() {
    let dir = crate::support::scratch::dir();
    let summary = import(dir.path(), "aqroadside/2000_2004.csv", AQROADSIDE);
    let rows = plain_rows("aqroadside/2000_2004.csv", 1);
    assert_eq!((rows.len(), &summary["rows_read"], &summary["rows_rejected"]), (43_848, &43_848.into(), &0.into()));
    let benzene = expected(&rows, 5);
    let gaps = |column: &[(String, Option<f64>)]| column.iter().filter(|(_, value)| value.is_none()).count();
    assert!(gaps(&benzene) > 1_000, "the file has gaps");
    let wind = expected(&rows, 7);
    assert_eq!(summary["values_missing"], gaps(&benzene) + gaps(&wind));
    assert_eq!(stored(dir.path(), "london/marylebone", "benzene"), benzene);
    assert_eq!(stored(dir.path(), "london/marylebone", "wind direction"), wind);
}

#[test]
fn the_metec_file_comes_back_value_by_value() {
    let dir = crate::support::scratch::dir();
    let summary = import(dir.path(), "metec/ch4_wind_1min.csv", METEC);
    let rows = plain_rows("metec/ch4_wind_1min.csv", 1);
    assert_eq!(
        (&summary["first"], &summary["last"]),
        (&rows[0][0].clone().into(), &rows[rows.len() - 1][0].clone().into())
    );
    assert_eq!(stored(dir.path(), "metec", "east"), expected(&rows, 3));
    assert_eq!(stored(dir.path(), "metec", "lasers/north-west"), expected(&rows, 6));
}

#[test]
fn the_uci_file_has_its_time_in_two_columns_and_a_number_for_missing() {
    let dir = crate::support::scratch::dir();
    let summary = import(dir.path(), "uci/AirQualityUCI.csv", UCI);
    let rows = plain_rows("uci/AirQualityUCI.csv", 1);
    let column = |at: usize| -> Vec<(String, Option<f64>)> {
        let time = |row: &[String]| {
            let date: Vec<u32> = row[0].split('/').map(|part| part.parse().unwrap()).collect();
            let clock: Vec<u32> = row[1].split(':').map(|part| part.parse().unwrap()).collect();
            format!("{}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date[2], date[1], date[0], clock[0], clock[1], clock[2])
        };
        let value = |text: &str| (text != "-200").then(|| text.parse().unwrap());
        rows.iter().map(|row| (time(row), value(&row[at]))).collect()
    };
    assert_eq!((rows.len(), &summary["store"]["frames_accepted"]), (9_357, &9_357.into()));
    for (channel, at) in [("benzene", 5), ("NMHC", 4), ("temperature", 12)] {
        assert_eq!(stored(dir.path(), "milan", channel), column(at), "{channel}");
    }
}

#[test]
fn the_spod_file_is_spread_over_its_minutes_and_one_row_finds_no_room() {
    let dir = crate::support::scratch::dir();
    let summary = import(dir.path(), "spod/SPod_excerpt.csv", SPOD);
    let mut rows = plain_rows("spod/SPod_excerpt.csv", 3);
    assert_eq!(summary["rejected_by_reason"], serde_json::json!({"run too long": 1}));
    assert_eq!(summary["rejections"][0]["line"], 358);
    rows.remove(358 - 4);
    let stored = stored(dir.path(), "fence", "total VOC");
    let values: Vec<Option<f64>> = stored.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, rows.iter().map(|row| row[2].parse().ok()).collect::<Vec<_>>());
    let times: Vec<&str> = stored.iter().take(5).map(|(time, _)| time.as_str()).collect();
    let expected = ["04:00:00Z", "04:00:10Z", "04:00:20Z", "04:00:30Z", "04:01:00Z"];
    assert_eq!(times, expected.map(|time| format!("2023-06-07T{time}")));
}

#[test]
fn the_same_file_again_changes_nothing_and_says_so() {
    let dir = crate::support::scratch::dir();
    import(dir.path(), "metec/ch4_wind_1min.csv", METEC);
    let before = stored(dir.path(), "metec", "east");
    let again = import(dir.path(), "metec/ch4_wind_1min.csv", METEC);
    assert_eq!((&again["store"]["frames_accepted"], &again["store"]["frames_identical"]), (&0.into(), &4_920.into()));
    assert_eq!(stored(dir.path(), "metec", "east"), before);
}

const PARK: &[&str] = &[
    "--station",
    "park/S1",
    "--instrument",
    "pid",
    "--interval",
    "1m",
    "--time",
    "zeit",
    "--time-format",
    "%Y-%m-%d %H:%M",
    "--zone",
    "Europe/Berlin",
    "--delimiter",
    ";",
    "--decimal-comma",
    "--missing",
    "NA",
    "--channel",
    "benzol=benzene:ppb",
];

/// A row of every kind that is not taken; two lines give the same instant.
const AWKWARD: &str = "\
zeit;benzol;bemerkung
2024-03-31 01:59;1,5;
2024-03-31 02:30;1,6;clocks go forward
2024-03-31 03:00;NA;
2024-03-31 03:01;1.7;a point
2024-03-31 03:01;1,8;
2024-03-31 03:01;1,9;the same minute
2024-03-31 03:02;1,9
gestern;2,0;
2098-03-31 03:03;2,1;a bad clock
2024-10-27 02:30;2,2;twice
2024-03-31 03:05;inf;
";

#[test]
fn every_row_that_is_not_taken_is_counted_and_shown_with_its_remedy() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("park.csv"), AWKWARD).unwrap();
    let options = [PARK, &["--max-rejected", "100", "--duplicates", "keep-first"]].concat();
    let printed = run_with(dir.path(), &["import", "store", "park.csv"], &options).printed();
    let far = |line: &&str| line.contains("ahead of this host's clock");
    assert_eq!(printed.lines().filter(far).count(), 1, "{printed}");
    let without: Vec<&str> = printed.lines().filter(|line| !far(line)).collect();
    assert_golden("awkward.txt", &(without.join("\n") + "\n"));
    let stored = stored(dir.path(), "park/S1", "benzene");
    let expected =
        [("2024-03-31T00:59:00Z", Some(1.5)), ("2024-03-31T01:00:00Z", None), ("2024-03-31T01:01:00Z", Some(1.8))];
    assert_eq!(stored, expected.map(|(time, value)| (time.to_owned(), value)));
}

#[test]
fn a_file_at_another_temperature_and_unit_feeds_the_channel_that_is_there() {
    let dir = crate::support::scratch::dir();
    let options = |channel| {
        [
            "--station",
            "S",
            "--instrument",
            "gc",
            "--interval",
            "1h",
            "--time",
            "t",
            "--time-format",
            "epoch-s",
            "--channel",
            channel,
        ]
    };
    for (file, text) in [
        ("warm.csv", "t,c\n1700006400,10\n"),
        ("cold.csv", "t,c\n1700010000,10\n"),
        ("ppm.csv", "t,c\n1700013600,0.01\n"),
    ] {
        std::fs::write(dir.path().join(file), text).unwrap();
    }
    for (file, channel) in
        [("warm.csv", "c=benzene:ug/m3@25C"), ("cold.csv", "c=benzene:ug/m3@0C"), ("ppm.csv", "c=benzene:ppm")]
    {
        run_with(dir.path(), &["import", "store", file], &options(channel)).printed();
    }
    let values: Vec<f64> = stored(dir.path(), "S", "benzene").into_iter().map(|(_, value)| value.unwrap()).collect();
    // Kelvin over kelvin; 10 ppb of 78.114 g/mol over 24.465 L/mol.
    let expected = [10.0, 10.0 * 273.15 / 298.15, 10.0 * 78.114 / 24.465];
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-3, "{values:?}");
    }
    let error = run_with(dir.path(), &["import", "store", "warm.csv"], &options("c=benzol:ppb")).error(1);
    assert!(error.contains("`gc` has no channel `benzol`; the nearest is `benzene`"), "{error}");
}

#[test]
fn an_instrument_keeps_the_interval_that_it_was_registered_with() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("a.csv"), "t,c\n1700006400,10\n").unwrap();
    let options = [
        "--station",
        "S",
        "--instrument",
        "gc",
        "--time",
        "t",
        "--time-format",
        "epoch-s",
        "--channel",
        "c=benzene:ppb",
    ];
    run_with(dir.path(), &["import", "store", "a.csv", "--interval", "1h"], &options).printed();
    let error = run_with(dir.path(), &["import", "store", "a.csv", "--interval", "1m"], &options).error(1);
    assert!(error.contains("registered with an interval of 1 h"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_leaves_no_store_behind() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("park.csv"), AWKWARD).unwrap();
    let wrong = |file: &str, from: &str, to: &str| {
        let options: Vec<&str> = PARK.iter().map(|option| if *option == from { to } else { option }).collect();
        let error = run_with(dir.path(), &["import", "store", file], &options).error(1);
        assert!(!dir.path().join("store").exists(), "{error}");
        error
    };
    let error = wrong("none.csv", "", "");
    assert!(error.contains("`none.csv` cannot be read"), "{error}");
    let error = wrong("park.csv", "benzol=benzene:ppb", "benzo=benzene:ppb");
    assert!(error.contains("no column `benzo`; the nearest is `benzol`"), "{error}");
    let error = wrong("park.csv", "zeit", "zeit+uhr");
    assert!(error.contains("no column `uhr`"), "{error}");
    let error = wrong("park.csv", "Europe/Berlin", "Europe/Bern");
    assert!(error.contains("no time zone `Europe/Bern`; the nearest is Europe/Berlin"), "{error}");
    let error = wrong("park.csv", "%Y-%m-%d %H:%M", "%H:%M");
    assert!(error.contains("the time pattern `%H:%M` cannot be used"), "{error}");
    let error = wrong("park.csv", "park/S1", "park:S1");
    assert!(error.contains("station name `park:S1`"), "{error}");
}

#[test]
fn a_file_with_another_column_is_refused_until_its_channel_may_be_added() {
    let dir = crate::support::scratch::dir();
    import(dir.path(), "metec/ch4_wind_1min.csv", METEC);
    let more = [METEC, &["--channel", "ch4_ppm_SE=south-east:ppm"]].concat();
    let arguments = ["import", "store", &example("metec/ch4_wind_1min.csv")];
    let error = run_with(dir.path(), &arguments, &more).error(1);
    assert!(error.contains("no channel `south-east`; the nearest is"), "{error}");
    assert!(error.contains("--add-channels"), "{error}");
    let with_channel = [more.as_slice(), &["--add-channels"]].concat();
    let summary = import(dir.path(), "metec/ch4_wind_1min.csv", &with_channel);
    assert_eq!(summary["store"]["values_corrected"], 0);
    assert!(summary["store"]["frames_accepted"].as_u64().unwrap() > 1_000, "every row has a value more");
    let rows = plain_rows("metec/ch4_wind_1min.csv", 1);
    let of_channel = |name: &str| stored(dir.path(), "metec", name).len();
    assert_eq!((of_channel("east"), of_channel("south-east")), (rows.len(), rows.len()));
    let again = import(dir.path(), "metec/ch4_wind_1min.csv", METEC);
    assert_eq!(again["store"]["frames_accepted"], 0, "the same rows without the column change nothing");
}

#[test]
fn a_file_of_which_nothing_is_taken_ends_with_code_one_and_one_that_is_there_already_does_not() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    let import = ["import", "s", "f.csv", "--station", "S", "--instrument", "i", "--interval", "1m", "--time", "t"];
    let channel = ["--channel", "b=benzene:ppb"];
    std::fs::write(dir.join("f.csv"), "t,b\nyesterday,1\n2024-06-01T08:00:00Z,much\n2999-01-01T00:00:00Z,1\n").unwrap();
    let ended = super::run_with(dir, &import, &channel);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("`f.csv`: nothing was stored") && ended.out.contains("rows rejected"), "{}", ended.err);
    assert!(!dir.join("s").exists(), "nothing is created");
    std::fs::write(dir.join("f.csv"), "t,b\n2024-06-01T08:00:00Z,1\nyesterday,1\n").unwrap();
    for _ in 0..2 {
        assert_eq!(super::run_with(dir, &import, &[&channel[..], &["--max-rejected", "50"]].concat()).code, Some(0));
    }
}

#[test]
fn alarms_of_an_import_are_counted_as_history_and_notify_nobody() {
    for notify in [&[][..], &["--notify"]] {
        let dir = crate::support::scratch::dir();
        let store = dir.path().join("store");
        let db = Database::open(&store, Config::default()).unwrap();
        let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
        let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
        db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, channels).unwrap()).unwrap();
        let text = "alarm(\"high\").scope(\"park/S1\").when(last(\"benzene\") > 50.ppb)\n\
            .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), [\"app\", \"sms\"]));";
        db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).unwrap();
        db.close().unwrap();
        let mut rows = "time,benzene\n".to_owned();
        for minute in 0..60 {
            let value = if minute % 20 < 10 { 12 } else { 80 };
            rows.push_str(&format!("2023-03-01T00:{minute:02}:00Z,{value}\n"));
        }
        std::fs::write(dir.path().join("old.csv"), rows).unwrap();
        let options = ["--station", "park/S1", "--instrument", "gc", "--interval", "1m", "--time", "time"];
        let options = [&options[..], &["--channel", "benzene=benzene:ppb", "--json"], notify].concat();
        let summary = run_with(dir.path(), &["import", "store", "old.csv"], &options).object();
        assert_eq!((&summary["alarms_recorded"], &summary["alarms_history"]), (&3.into(), &3.into()), "{summary}");
        let listed = run(dir.path(), &["alarms", "list", "store", "--state", "all", "--json"]).printed();
        assert_eq!(listed.lines().filter(|line| line.contains(r#""timing":"history""#)).count(), 3, "{listed}");
        let text = run(dir.path(), &["alarms", "show", "store", "1"]).printed();
        assert!(text.contains("history, recorded 20"), "{text}");
        let db = Database::open(&store, Config::default()).unwrap();
        db.advance().unwrap();
        assert_eq!(db.audit().outbox, []);
        let is_told = |event: &AlarmEvent| matches!(event, AlarmEvent::Notification(_));
        assert!(!db.events().unwrap().iter().any(is_told));
    }
}
