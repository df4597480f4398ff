//! Wind directions, days of a place, several channels, units, and words where nothing fits.

use super::super::{run, run_with};
use std::fmt::Write;
use std::path::Path;

/// Five minutes of wind around north, at two stations with benzene beside it at one of them.
fn wind(dir: &Path) {
    let rows = ["00:01:00Z,350,350", "00:02:00Z,10,10", "00:03:00Z,350,350", "00:04:00Z,10,10", "00:05:00Z,360,360"];
    let text: String = rows.iter().map(|row| format!("2024-03-01T{row}\n")).collect();
    std::fs::write(dir.join("wd.csv"), format!("t,wd,c\n{text}")).unwrap();
    for (station, channels) in
        [("park/M", &["wd=wind direction:deg", "c=benzene:ppb"][..]), ("park/N", &["wd=wind direction:deg"])]
    {
        let begin = ["import", "S", "wd.csv", "--station", station, "--instrument", "mast", "--interval", "1m"];
        let channels = channels.iter().flat_map(|channel| ["--channel", channel]);
        let ended = run(dir, &begin.into_iter().chain(["--time", "t"]).chain(channels).collect::<Vec<_>>());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}

const WIND: &[&str] = &["query", "S", "--station", "park/M", "--channel", "wind direction", "--window", "5m", "--fn"];

#[test]
fn the_mean_of_a_wind_around_north_is_north_and_its_sum_is_refused() {
    let dir = crate::support::scratch::dir();
    wind(dir.path());
    let printed = run_with(dir.path(), WIND, &["mean"]).printed();
    assert_eq!(printed, "end,value,valid,coverage\n2024-03-01T00:05:00Z,0,5,1\n");
    for (function, name) in [
        ("min", "minimum"),
        ("max", "maximum"),
        ("sum", "sum"),
        ("p95", "percentile"),
        ("stddev", "standard deviation"),
    ] {
        let error = run_with(dir.path(), WIND, &[function]).error(1);
        let says = format!(
            "error: `wind direction`: the channel is a direction, of which there is no {name}: ask for the mean (the vector mean), \
             first, last or count\n"
        );
        assert_eq!(error, says, "{function}");
    }
}

#[test]
fn directions_beyond_a_full_turn_are_rejected_and_counted() {
    let dir = crate::support::scratch::dir();
    let rows = ["1:00Z,361,1", "2:00Z,-10,1", "3:00Z,720,1", "4:00Z,990,1", "5:00Z,0,1", "6:00Z,360,1"];
    let text: String = rows.iter().map(|row| format!("2024-03-01T00:0{row}\n")).collect();
    std::fs::write(dir.path().join("bad.csv"), format!("t,wd,ws\n{text}")).unwrap();
    let import = ["import", "S", "bad.csv", "--station", "a/M", "--instrument", "mast", "--interval", "1m"];
    let columns = ["--time", "t", "--channel", "wd=wind direction:deg", "--channel", "ws=wind speed:m/s"];
    let refused = run_with(dir.path(), &import, &columns);
    assert_eq!(refused.code, Some(1), "four of six fields are wrong: {}", refused.out);
    let kept = run_with(dir.path(), &import, &[&columns[..], &["--max-rejected", "100"]].concat());
    let said = format!("{}{}", kept.out, kept.err);
    assert!(kept.code == Some(0) && said.contains("not a direction from 0 to 360 degrees"), "{said}");
    let ask = ["query", "S", "--station", "a/M", "--channel", "wind direction"];
    let printed = run(dir.path(), &ask).printed();
    let values: Vec<&str> = printed.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(values, ["", "", "", "", "0", "360"]);
}

#[test]
fn directions_are_brought_into_the_circle_where_import_is_told_to() {
    let dir = crate::support::scratch::dir();
    let rows = ["1:00Z,361.2,1", "2:00Z,-10,1", "3:00Z,720,1", "4:00Z,990,1", "5:00Z,-360,1", "6:00Z,360,1"];
    let text: String = rows.iter().map(|row| format!("2024-03-01T00:0{row}\n")).collect();
    std::fs::write(dir.path().join("turned.csv"), format!("t,wd,ws\n{text}")).unwrap();
    let values = |station: &str| {
        let ask = ["query", "S", "--station", station, "--channel", "wind direction"];
        let printed = run(dir.path(), &ask).printed();
        printed.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let import = ["import", "S", "turned.csv", "--station", "a/M", "--instrument", "mast", "--interval", "1m"];
    let columns = ["--time", "t", "--channel", "wd=wind direction:deg", "--channel", "ws=wind speed:m/s"];
    run_with(dir.path(), &import, &[&columns[..], &["--wrap-directions"]].concat()).printed();
    // A mark such as 990 is no direction in any turn.
    assert_eq!(values("a/M"), ["1.2", "350", "360", "", "0", "360"]);
    let channel = |column: &str, name: &str, unit: &str| {
        format!("[[channel]]\ncolumn = \"{column}\"\nname = \"{name}\"\nunit = \"{unit}\"\n")
    };
    let head = "[time]\ncolumns = [\"t\"]\nformat = \"rfc3339\"\n[values]\ndirections = \"wrap\"\n";
    let profile = [head, &channel("wd", "wind direction", "deg"), &channel("ws", "wind speed", "m/s")].concat();
    std::fs::write(dir.path().join("wrap.toml"), profile).unwrap();
    let series = ["--station", "a/N", "--instrument", "mast", "--interval", "1m"];
    run_with(dir.path(), &["import", "S", "turned.csv", "--profile", "wrap.toml"], &series).printed();
    assert_eq!(values("a/N"), ["1.2", "350", "360", "", "0", "360"]);
}

/// Hourly values that are the day of the month, from 2024-`month`-`day` in local time.
fn hours(dir: &Path, zone: &str, begin: &str, count: i64) {
    let zone_of = vocdb::model::Zone::clone(&zone.parse().unwrap());
    let begin = zone_of.read(begin).unwrap();
    let mut text = "date,pm\n".to_owned();
    for hour in 0..count {
        let time = begin.plus_ms(hour * 3_600_000);
        let local = zone_of.show(time).to_string();
        writeln!(text, "{time},{}", local[8..10].parse::<u32>().unwrap()).unwrap();
    }
    std::fs::write(dir.join("ld.csv"), text).unwrap();
    let import = ["import", "S", "ld.csv", "--station", "a/B", "--instrument", "gc", "--interval", "1h"];
    run_with(dir, &import, &["--time", "date", "--channel", "pm=PM10:ug/m3"]).printed();
}

const DAYS: &[&str] = &["query", "S", "--station", "a/B", "--channel", "PM10", "--window", "1d"];

#[test]
fn days_of_beijing_are_those_of_the_clock_in_beijing() {
    let dir = crate::support::scratch::dir();
    hours(dir.path(), "+08:00", "2024-03-01", 3 * 24);
    for zone in ["--zone=Asia/Shanghai", "--zone=+08:00"] {
        let days = run_with(dir.path(), DAYS, &[zone]).printed();
        assert_eq!(
            days,
            "end,value,valid,coverage\n2024-03-02T00:00:00+08:00,1,24,1\n2024-03-03T00:00:00+08:00,2,24,1\n\
             2024-03-04T00:00:00+08:00,3,24,1\n"
        );
    }
    let range = ["--zone", "+08:00", "--from", "2024-03-02", "--to", "2024-03-03", "--fn", "count"];
    let day = run_with(dir.path(), DAYS, &range).printed();
    assert_eq!(day, "end,value,valid,coverage\n2024-03-03T00:00:00+08:00,24,24,1\n");
    let utc = run_with(dir.path(), DAYS, &["--from", "2024-03-01", "--to", "2024-03-02"]);
    assert_eq!(utc.err, "note: the days are those of UTC; give --zone for local days\n");
    assert_eq!(utc.out, "end,value,valid,coverage\n2024-03-02T00:00:00Z,1.375,24,1\n");
}

#[test]
fn a_day_with_20_of_24_hours_has_a_mean_and_one_with_19_has_none() {
    let dir = crate::support::scratch::dir();
    // The first day has its last 20 hours, the last one its first 19.
    hours(dir.path(), "+08:00", "2024-03-01T04:00", 20 + 24 + 19);
    let lawful = ["--zone", "+08:00", "--coverage", "20/24"];
    assert_eq!(
        run_with(dir.path(), DAYS, &lawful).printed(),
        "end,value,valid,coverage\n2024-03-02T00:00:00+08:00,1,20,0.8333333333333334\n2024-03-03T00:00:00+08:00,2,24,1\n\
         2024-03-04T00:00:00+08:00,,19,0.7916666666666666\n"
    );
    let last = ["--from", "2024-03-03", "--to", "2024-03-04"];
    let note = run_with(dir.path(), DAYS, &[&lawful[..], &last].concat()).err;
    assert_eq!(
        note,
        "note: none of 1 windows has a value: at most 19 samples are valid, and --coverage asks for 20/24\n"
    );
    let error = run_with(dir.path(), DAYS, &["--coverage", "1200/1440"]).error(1);
    let says = "--coverage 1200/1440: a window of 1 d has 24 samples of instrument gc, one every 1 h; write 20/24";
    assert!(error.contains(says), "{error}");
    let error = run_with(dir.path(), DAYS, &["--coverage", "24/20"]).error(2);
    assert!(error.contains("no 24 of 20 samples can be valid; write the smaller number first: 20/24"), "{error}");
}

#[test]
fn days_of_23_and_25_hours_are_whole() {
    for (begin, hours_of_day) in [("2024-03-31", 23), ("2024-10-27", 25)] {
        let dir = crate::support::scratch::dir();
        hours(dir.path(), "Europe/Berlin", begin, 40);
        let (day, next) = (begin, if hours_of_day == 23 { "2024-04-01" } else { "2024-10-28" });
        let range = ["--zone", "Europe/Berlin", "--from", day, "--to", next, "--fn", "count", "--coverage", "100"];
        let printed = run_with(dir.path(), DAYS, &range).printed();
        let offset = if hours_of_day == 23 { "+02:00" } else { "+01:00" };
        assert_eq!(
            printed,
            format!("end,value,valid,coverage\n{next}T00:00:00{offset},{hours_of_day},{hours_of_day},1\n")
        );
    }
}

#[test]
fn a_local_time_without_a_zone_is_refused_and_read_with_one() {
    let dir = crate::support::scratch::dir();
    wind(dir.path());
    let ask = ["query", "S", "--station", "park/M", "--channel", "benzene", "--from", "2024-03-01T08:04:00"];
    let error = run(dir.path(), &ask).error(1);
    assert!(error.contains("`2024-03-01T08:04:00` has no offset") && error.contains("--zone"), "{error}");
    let printed = run_with(dir.path(), &ask, &["--zone", "+08:00"]).printed();
    assert_eq!(
        printed,
        "time,value,quality\n2024-03-01T08:04:00+08:00,10,normal\n2024-03-01T08:05:00+08:00,360,normal\n"
    );
    let error = run_with(dir.path(), &ask, &["--zone", "Mars/Olympus"]).error(2);
    assert!(error.contains("no time zone `Mars/Olympus`"), "{error}");
}

#[test]
fn several_channels_and_stations_come_with_their_names() {
    let dir = crate::support::scratch::dir();
    wind(dir.path());
    let ask = ["query", "S", "--station", "park/*", "--channel", "benzene", "--channel", "wind direction"];
    let minutes = ["--window", "5m", "--fn", "count"];
    let printed = run_with(dir.path(), &ask, &minutes).printed();
    assert_eq!(
        printed,
        "station,channel,unit,end,value,valid,coverage\npark/M,benzene,1,2024-03-01T00:05:00Z,5,5,1\n\
         park/M,wind direction,1,2024-03-01T00:05:00Z,5,5,1\npark/N,wind direction,1,2024-03-01T00:05:00Z,5,5,1\n"
    );
    let json = run_with(dir.path(), &ask, &[&minutes[..], &["--json"]].concat()).printed();
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["station"], &first["channel"], &first["unit"], &first["value"]),
        (&"park/M".into(), &"benzene".into(), &"1".into(), &5.0.into())
    );
    let two = ["query", "S", "--station", "park/M", "--station", "park/N", "--channel", "wind direction"];
    let printed = run_with(dir.path(), &two, &["--to", "2024-03-01T00:02:00Z"]).printed();
    assert_eq!(
        printed,
        "station,channel,unit,time,value,quality\npark/M,wind direction,deg,2024-03-01T00:01:00Z,350,normal\n\
         park/N,wind direction,deg,2024-03-01T00:01:00Z,350,normal\n"
    );
    let error = run(dir.path(), &["query", "S", "--station", "town/*", "--channel", "benzene"]).error(1);
    assert_eq!(error, "error: no station matches `town/*`; registered are: park/M, park/N\n");
    let error = run(dir.path(), &["query", "S", "--station", "park/*", "--channel", "ozone"]).error(1);
    assert_eq!(error, "error: no station that matches `park/*` has a channel `ozone`\n");
    let error = run(dir.path(), &["query", "S", "--station", "park/N", "--channel", "benzene"]).error(1);
    assert!(error.contains("station `park/N` has no channel `benzene`"), "{error}");
}

#[test]
fn values_are_printed_in_the_unit_that_is_asked_for() {
    let dir = crate::support::scratch::dir();
    wind(dir.path());
    let ask = ["query", "S", "--station", "park/M", "--channel", "benzene", "--to", "2024-03-01T00:02:00Z", "--unit"];
    assert!(run_with(dir.path(), &ask, &["ppm"]).printed().ends_with("00:01:00Z,0.35,normal\n"));
    let printed = run_with(dir.path(), &ask, &["ug/m3@20C"]).printed();
    let value: f64 = printed.lines().nth(1).unwrap().split(',').nth(1).unwrap().parse().unwrap();
    assert!((value - 350.0 * 78.114 / 24.055).abs() < 0.05, "{value}");
    let error = run_with(dir.path(), &ask, &["ug/m3"]).error(1);
    assert!(error.contains("`benzene` of park/M: ug/m3 depends on the reference temperature"), "{error}");
    let error = run_with(dir.path(), &ask, &["m/s"]).error(1);
    assert!(error.contains("`benzene` of park/M: ppb cannot be converted to m/s"), "{error}");
    let windows = ["ppm", "--window", "5m", "--to", "2024-03-01T00:05:00Z"];
    let ask = &ask[..6];
    let p50 = run_with(dir.path(), ask, &[&["--unit"], &windows[..], &["--fn", "p50"]].concat()).printed();
    assert_eq!(p50, "end,value,valid,coverage\n2024-03-01T00:05:00Z,0.35,5,1\n");
    let deviation = run_with(dir.path(), ask, &["--window", "5m", "--fn", "stddev"]).printed();
    let value: f64 = deviation.lines().nth(1).unwrap().split(',').nth(1).unwrap().parse().unwrap();
    assert!((value - 35_380.0_f64.sqrt()).abs() < 1e-9, "{value}");
    let error = run_with(dir.path(), ask, &["--unit", "ppm", "--window", "5m", "--fn", "count"]).error(1);
    assert_eq!(error, "error: a count has no unit: leave out --unit\n");
}

#[test]
fn an_empty_answer_says_why() {
    let dir = crate::support::scratch::dir();
    wind(dir.path());
    let ask = ["query", "S", "--station", "park/M", "--channel", "benzene"];
    let header = "end,value,valid,coverage\n";
    for (more, printed, says) in [
        (
            &["--from", "2025-01-01"][..],
            "time,value,quality\n",
            "instrument mast has no readings from 2025-01-01T00:00:00Z on: its readings are from 2024-03-01T00:01:00Z to 2024-03-01T00:05:00Z",
        ),
        (&["--window", "1h", "--from", "2025-01-01"], header, "has no readings from 2025-01-01T00:00:00Z on"),
        (
            &["--window", "1h", "--from", "2024-03-01T00:00:00Z", "--to", "2024-03-01T00:30:00Z"],
            header,
            "no window of 1 h lies from 2024-03-01T00:00:00Z to 2024-03-01T00:30:00Z: the first that begins in this range ends at 2024-03-01T01:00:00Z",
        ),
    ] {
        let ended = run_with(dir.path(), &ask, more);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), printed), "{more:?}");
        assert!(ended.err.starts_with("note: ") && ended.err.contains(says), "{more:?}: {}", ended.err);
        let json = run_with(dir.path(), &ask, &[more, &["--json"]].concat());
        let note: serde_json::Value = serde_json::from_str(json.err.trim()).unwrap();
        assert!(json.out.is_empty() && note["note"].as_str().unwrap().contains(says), "{}", json.err);
    }
    let ended = run_with(dir.path(), &ask, &["--window", "1h"]);
    assert_eq!(ended.out, "end,value,valid,coverage\n2024-03-01T01:00:00Z,,5,0.08333333333333333\n");
    let says = "note: none of 1 windows has a value: at most 8.3 % of the expected samples are valid, and --coverage asks for 75 %\n";
    assert_eq!(ended.err, says);
    let ended = run_with(dir.path(), &ask, &["--window", "30s"]);
    let says = "note: a window of 30 s is shorter than the interval of instrument mast, which is 1 min: most windows hold no sample; choose 1 min or longer\n";
    assert_eq!(ended.err, says);
    let two = run_with(dir.path(), &ask, &["--channel", "wind direction", "--from", "2025-01-01"]);
    assert!(
        two.err.starts_with("note: park/M, benzene: ") && two.err.contains("\nnote: park/M, wind direction: "),
        "{}",
        two.err
    );
}
