//! Times as national formats and local clocks write them.

use super::{import_text, printed};

const HOURLY: [&str; 2] = ["--interval", "1h"];

#[test]
fn twenty_four_hours_are_the_next_midnight_in_joined_columns_and_in_digits() {
    let dir = crate::support::scratch::dir();
    let text = "Date,time,Ozone,status\n31-12-2023,23:00,42.0,R\n31-12-2023,24:00,43.0,R\n01-01-2024,01:00,44.0,P\n";
    let options = [
        "--time",
        "Date+time",
        "--time-format",
        "%d-%m-%Y %H:%M",
        "--zone",
        "UTC",
        "--channel",
        "Ozone=ozone:ug/m3@20C",
    ];
    import_text(dir.path(), text, &[&HOURLY[..], &options].concat()).printed();
    assert_eq!(printed(dir.path(), "ozone"), ["2023-12-31T23:00Z,42", "2024-01-01T00:00Z,43", "2024-01-01T01:00Z,44"]);

    let dir = crate::support::scratch::dir();
    let text = "측정일시,PM25\n2020010123,30\n2020010124,31\n2020010201,32\n";
    let options =
        ["--time", "측정일시", "--time-format", "%Y%m%d%H", "--zone", "Asia/Seoul", "--channel", "PM25=PM2.5:ug/m3"];
    import_text(dir.path(), text, &[&HOURLY[..], &options].concat()).printed();
    assert_eq!(printed(dir.path(), "PM2.5"), ["2020-01-01T14:00Z,30", "2020-01-01T15:00Z,31", "2020-01-01T16:00Z,32"]);
}

#[test]
fn times_in_another_format_are_refused_with_the_option_that_reads_them() {
    let file = |times: &[&str]| -> String {
        let rows = times.iter().map(|time| format!("{time};1\n"));
        format!("t;v\n{}", rows.collect::<String>())
    };
    let options = [&HOURLY[..], &["--time", "t", "--channel", "v=benzene:ppb", "--delimiter", ";"]].concat();
    for (times, format, first) in [
        (&["31.12.2023 23:00", "01.01.2024 00:00"][..], "%d.%m.%Y %H:%M", "2023-12-31T23:00Z,1"),
        (&["12/31/2023 11:00 PM", "1/1/2024 12:00 AM"], "%m/%d/%Y %I:%M %p", "2023-12-31T23:00Z,1"),
        (&["2023123123", "2024010100"], "%Y%m%d%H", "2023-12-31T23:00Z,1"),
        (&["1704063600", "1704067200"], "epoch-s", "2023-12-31T23:00Z,1"),
    ] {
        let dir = crate::support::scratch::dir();
        let error = import_text(dir.path(), file(times), &options).err;
        let says = format!("times such as `{}` are read with --time-format '{format}'", times[0]);
        assert!(error.contains(&says) && !error.contains(" comes first"), "{error}");
        assert!(!dir.path().join("s").exists(), "nothing is created");
        import_text(dir.path(), file(times), &[&options[..], &["--time-format", format, "--zone", "UTC"]].concat())
            .printed();
        assert_eq!(printed(dir.path(), "benzene")[0], first);
    }
    let error = import_text(crate::support::scratch::dir().path(), file(&["03/04/2024 01:00"; 3]), &options).err;
    let both = "--time-format '%d/%m/%Y %H:%M' if the day comes first, or with --time-format '%m/%d/%Y %H:%M' if the month comes first";
    assert!(error.contains(both), "{error}");
    let error = import_text(crate::support::scratch::dir().path(), file(&["noon", "evening"]), &options).err;
    assert!(
        error.contains("nothing was stored; see the reasons above") && !error.contains("--time-format '"),
        "{error}"
    );
}

#[test]
fn an_iso_time_without_an_offset_asks_for_its_zone_and_is_read_in_it() {
    let text = "t,v\n2024-03-01T00:00:00,1\n2024-03-01 01:00,2\n2024-03-01T24:00:00,3\n";
    let options = [&HOURLY[..], &["--time", "t", "--channel", "v=benzene:ppb"]].concat();
    let dir = crate::support::scratch::dir();
    let ended = import_text(dir.path(), text, &options);
    assert!(
        ended.code == Some(1) && ended.out.contains("line 2, column `t`") && ended.out.contains("--zone"),
        "{}",
        ended.out
    );
    for (zone, hours) in [("--zone=-04:00", ["01T04", "01T05", "02T04"]), ("--zone=UTC", ["01T00", "01T01", "02T00"])] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), text, &[&options[..], &[zone]].concat()).printed();
        let times: Vec<String> = printed(dir.path(), "benzene").iter().map(|line| line[8..13].to_owned()).collect();
        assert_eq!(times, hours);
    }
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), text, &[&options[..], &["--zone", "-04:00"]].concat()).printed();
    assert_eq!(printed(dir.path(), "benzene")[0], "2024-03-01T04:00Z,1");
}

const BERLIN: [&str; 12] = [
    "--delimiter",
    ";",
    "--decimal-comma",
    "--time",
    "Zeit",
    "--time-format",
    "%d.%m.%Y %H:%M",
    "--zone",
    "Europe/Berlin",
    "--channel",
    "PM10=PM10:ug/m3",
    "--interval",
];

#[test]
fn the_hour_that_exists_twice_is_told_apart_by_the_order_of_the_rows() {
    let clocks =
        ["01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00", "03:15"];
    let rows: Vec<String> =
        clocks.iter().zip(1..).map(|(clock, value)| format!("29.10.2023 {clock};{value},0\n")).collect();
    let expected: Vec<String> = ["28T23:30", "28T23:45"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..10).map(|at| format!("29T{:02}:{:02}", at / 4, at * 15 % 60)))
        .zip(1..)
        .map(|(time, value)| format!("2023-10-{time}Z,{value}"))
        .collect();
    for rows in [rows.clone(), rows.into_iter().rev().collect()] {
        let dir = crate::support::scratch::dir();
        let text = format!("Zeit;PM10\n{}", rows.concat());
        let options = [&BERLIN[..], &["15m", "--fold", "by-order"]].concat();
        import_text(dir.path(), &text, &options).printed();
        assert_eq!(printed(dir.path(), "PM10"), expected);

        let dir = crate::support::scratch::dir();
        for fold in ["earlier", "later"] {
            let error = import_text(dir.path(), &text, &[&BERLIN[..], &["15m", "--fold", fold]].concat()).error(1);
            assert!(error.contains("rows of one time disagree") && error.contains("--fold by-order"), "{error}");
        }
        assert!(!dir.path().join("s").exists());
    }
    let dir = crate::support::scratch::dir();
    let text = "Zeit;PM10\n29.10.2023 01:00;1,0\n29.10.2023 02:00;2,0\n29.10.2023 02:00;3,0\n29.10.2023 03:00;4,0\n";
    import_text(dir.path(), text, &[&BERLIN[..], &["1h", "--fold", "by-order"]].concat()).printed();
    let expected = ["28T23:00Z,1", "29T00:00Z,2", "29T01:00Z,3", "29T02:00Z,4"];
    assert_eq!(printed(dir.path(), "PM10"), expected.map(|line| format!("2023-10-{line}")));
}

#[test]
fn a_time_column_with_a_plus_in_its_name_is_read_and_so_are_columns_by_place() {
    let text = "时间(UTC+8),苯,苯\n2024-03-01 00:00,1.5,7\n2024-03-01 01:00,1.6,8\n";
    for (time, column) in [("时间(UTC+8)", "#2"), ("#1", "#2")] {
        let dir = crate::support::scratch::dir();
        let channel = format!("{column}=benzene:ug/m3@20C");
        let options = ["--time", time, "--time-format", "%Y-%m-%d %H:%M", "--zone=+08:00", "--channel", &channel];
        import_text(dir.path(), text, &[&HOURLY[..], &options].concat()).printed();
        assert_eq!(printed(dir.path(), "benzene"), ["2024-02-29T16:00Z,1.5", "2024-02-29T17:00Z,1.6"]);
    }
    let dir = crate::support::scratch::dir();
    let options =
        ["--time", "#1", "--time-format", "%Y-%m-%d %H:%M", "--zone=+08:00", "--channel", "苯=benzene:ug/m3@20C"];
    let error = import_text(dir.path(), text, &[&HOURLY[..], &options].concat()).error(1);
    assert!(error.contains("`#2` or `#3`"), "{error}");
}
