//! Files that caused trouble in the field, by mapping files and profiles: the right values, or a refusal that says what to do.

use super::{fixture, import, import_text, values};
use crate::tool::run_piped;

/// The tables that most mappings here share; `{time}` and the rest are put in.
fn mapping(time: &str, rest: &str) -> String {
    format!("[time]\n{time}\n[station]\nname = \"a/B\"\n[instrument]\nname = \"gc\"\ninterval = \"1h\"\n{rest}")
}

const BENZENE: &str = "[[channel]]\ncolumn = \"v\"\nname = \"benzene\"\nunit = \"ppb\"\n";

#[test]
fn hours_that_end_at_24_are_midnight_in_two_columns_and_in_digits() {
    let dir = crate::support::scratch::dir();
    let file = "Date,time,Ozone,status,unit,Nitric oxide,status,unit\n31-12-2023,23:00,42.0,R,ugm-3,1.6,R,ugm-3\n\
        31-12-2023,24:00,43.0,R,ugm-3,1.7,R,ugm-3\n01-01-2024,01:00,44.0,P,ugm-3,1.8,P,ugm-3\n";
    std::fs::write(dir.path().join("f.csv"), file).unwrap();
    import(dir.path(), "aurn", "f.csv", &["--station", "uk/BRS8"]).printed();
    let ozone = ["2023-12-31T23:00Z,42", "2024-01-01T00:00Z,43", "2024-01-01T01:00Z,44"];
    assert_eq!(values(dir.path(), "uk/BRS8", "ozone"), ozone);
    let dir = crate::support::scratch::dir();
    let digits = mapping("columns = \"t\"\nformat = \"%Y%m%d%H\"\nzone = \"Asia/Seoul\"", BENZENE);
    import_text(dir.path(), &digits, "t,v\n2020010123,30\n2020010124,31\n2020010201,32\n", &[]).printed();
    let found = values(dir.path(), "a/B", "benzene");
    assert_eq!(found, ["2020-01-01T14:00Z,30", "2020-01-01T15:00Z,31", "2020-01-01T16:00Z,32"]);
}

#[test]
fn long_files_in_blocks_and_in_any_order_store_each_parameter_under_its_own_name() {
    let head = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n";
    let rows = [
        "2178,3919,Yard,2023-02-22T01:00:00-07:00,35.1,-106.5,pm10,µg/m³,14.0\n",
        "2178,3919,Yard,2023-02-22T02:00:00-07:00,35.1,-106.5,pm10,µg/m³,4.0\n",
        "2178,3917,Yard,2023-02-22T01:00:00-07:00,35.1,-106.5,o3,ppm,0.041\n",
        "2178,3917,Yard,2023-02-22T02:00:00-07:00,35.1,-106.5,o3,ppm,0.043\n",
    ];
    for order in [[0, 1, 2, 3], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0]] {
        let dir = crate::support::scratch::dir();
        let text: String = std::iter::once(head).chain(order.map(|at| rows[at])).collect();
        std::fs::write(dir.path().join("f.csv"), text).unwrap();
        let summary = import(dir.path(), "openaq", "f.csv", &["--json"]).object();
        assert_eq!(summary["store"]["frames_accepted"], 2, "{summary}");
        assert_eq!(summary["store"]["values_corrected"], 0, "{summary}");
        assert_eq!(values(dir.path(), "openaq/2178", "PM10"), ["2023-02-22T08:00Z,14", "2023-02-22T09:00Z,4"]);
        assert_eq!(values(dir.path(), "openaq/2178", "ozone"), ["2023-02-22T08:00Z,0.041", "2023-02-22T09:00Z,0.043"]);
    }
}

#[test]
fn rows_of_one_time_that_disagree_are_refused_with_both_lines_in_one_file_and_in_two() {
    let utc = mapping("columns = \"t\"\nformat = \"rfc3339\"", BENZENE);
    let rows = "t,v\n2024-03-01T00:00:00Z,1\n2024-03-01T01:00:00Z,2\n2024-03-01T02:00:00Z,3\n2024-03-01T01:00:00Z,20\n";
    let dir = crate::support::scratch::dir();
    let ended = import_text(dir.path(), &utc, rows, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("2 on line 3 of `f.csv` and 20 on line 5 of `f.csv`"), "{}", ended.err);
    assert!(
        ended.err.contains("--duplicates keep-last or keep-first") && !dir.path().join("S").exists(),
        "{}",
        ended.err
    );
    for (choice, value) in [("keep-last", "20"), ("keep-first", "2")] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), &utc, rows, &["--duplicates", choice]).printed();
        assert_eq!(values(dir.path(), "a/B", "benzene")[1], format!("2024-03-01T01:00Z,{value}"));
    }
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("two.csv"), "t,v\n2024-03-01T01:00:00Z,7\n").unwrap();
    let ended = import_text(dir.path(), &utc, "t,v\n2024-03-01T01:00:00Z,2\n", &["two.csv"]);
    assert!(ended.err.contains("2 on line 2 of `f.csv` and 7 on line 2 of `two.csv`"), "{}", ended.err);
    // A missing value never wins, and the same row again is no conflict.
    let rows = "t,v\n2024-03-01T00:00:00Z,\n2024-03-01T00:00:00Z,2\n2024-03-01T00:00:00Z,2\n";
    import_text(dir.path(), &utc, rows, &[]).printed();
    assert_eq!(values(dir.path(), "a/B", "benzene"), ["2024-03-01T00:00Z,2"]);
}

#[test]
fn status_columns_and_marks_become_flags_and_take_no_other_value_along() {
    let dir = crate::support::scratch::dir();
    let envidas = mapping(
        "columns = \"DateTime\"\nformat = \"%Y-%m-%d %H:%M\"\nzone = \"UTC\"",
        "[values]\nmissing = [\"NoData\", \"InVld\"]\nflags = \"+1\"\n[flags]\n\"NoData\" = \"missing\"\n\
         [[channel]]\ncolumn = \"SO2 (ppb)\"\nname = \"sulfur dioxide\"\nunit = \"ppb\"\n\
         [[channel]]\ncolumn = \"NO2 (ppb)\"\nname = \"nitrogen dioxide\"\nunit = \"ppb\"\n",
    );
    let file = "DateTime,SO2 (ppb),SO2 Status,NO2 (ppb),NO2 Status\n2024-03-01 00:00,2.1,OK,11.0,OK\n\
        2024-03-01 00:01,400.2,Span,11.2,OK\n2024-03-01 00:02,<0.5,OK,InVld,InVld\n2024-03-01 00:03,NoData,NoData,10.8,OK\n\
        2024-03-01 00:04,>500,OK,10.9,OK\n";
    import_text(dir.path(), &envidas, file, &["--interval", "1m"]).printed();
    let expected = [
        "2024-03-01T00:00Z,2.1",
        "2024-03-01T00:01Z,400.2,calibration",
        "2024-03-01T00:02Z,0.5,below detection",
        "2024-03-01T00:03Z,",
        "2024-03-01T00:04Z,500,over range",
    ];
    assert_eq!(values(dir.path(), "a/B", "sulfur dioxide"), expected);
    let no2 = values(dir.path(), "a/B", "nitrogen dioxide");
    assert_eq!((no2[1].as_str(), no2[4].as_str()), ("2024-03-01T00:01Z,11.2", "2024-03-01T00:04Z,10.9"));
}

#[test]
fn the_hour_that_is_there_twice_keeps_both_passes_of_each_station() {
    let local = "[file]\ndelimiter = \";\"\ndecimal = \",\"\n[time]\ncolumns = \"Zeit\"\nformat = \"%d.%m.%Y %H:%M\"\nzone = \"Europe/Berlin\"\n\
        fold = \"by-order\"\n[station]\ncolumns = \"Ort\"\n[instrument]\nname = \"gc\"\ninterval = \"1h\"\n[[channel]]\ncolumn = \"PM10\"\nname = \"PM10\"\nunit = \"ug/m3\"\n";
    let mut file = "Zeit;Ort;PM10\n".to_owned();
    for (hour, value) in [("01", 1), ("02", 2), ("02", 3), ("03", 4)] {
        for (station, offset) in [("A", 0), ("B", 10)] {
            file += &format!("29.10.2023 {hour}:00;{station};{},5\n", value + offset);
        }
    }
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), local, &file, &[]).printed();
    let times = ["2023-10-28T23:00Z", "2023-10-29T00:00Z", "2023-10-29T01:00Z", "2023-10-29T02:00Z"];
    for (station, first) in [("A", 1), ("B", 11)] {
        let wanted: Vec<String> = (first..).zip(times).map(|(value, time)| format!("{time},{value}.5")).collect();
        assert_eq!(values(dir.path(), station, "PM10"), wanted);
    }
    let refused = local.replace("by-order", "reject");
    let dir = crate::support::scratch::dir();
    let ended = import_text(dir.path(), &refused, &file, &[]);
    assert!(
        ended.code == Some(1) && ended.out.contains("write fold = \"by-order\" in [time]"),
        "{}{}",
        ended.out,
        ended.err
    );
}

#[test]
fn other_encodings_and_padding_are_read_and_a_wrong_one_names_the_key() {
    let utc = "columns = \"t\"\nformat = \"rfc3339\"";
    let text = "t,苯 µg\n2024-03-01T00:00:00Z,1.5\n";
    let plain = mapping(utc, &BENZENE.replace("\"v\"", "\"苯 µg\""));
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gbk = b"t,\xB1\xBD \xA6\xCCg\n2024-03-01T00:00:00Z,1.5\n".to_vec();
    let gbk_mapping = format!("[file]\nencoding = \"gbk\"\n{}", plain.replace('µ', "μ"));
    let marked = format!("\u{feff}{text}\n{}", "\0".repeat(600)).into_bytes();
    for (mapping, bytes) in [(&plain, wide), (&gbk_mapping, gbk.clone()), (&plain, marked)] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), mapping, bytes, &[]).printed();
        assert_eq!(values(dir.path(), "a/B", "benzene"), ["2024-03-01T00:00Z,1.5"]);
    }
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), &plain, gbk, &[]).error(1);
    assert!(error.contains("its header is not UTF-8") && error.contains("the encoding"), "{error}");
}

#[test]
fn a_plus_in_a_heading_is_part_of_its_name_and_a_pipe_and_gzip_are_read_once() {
    let dir = crate::support::scratch::dir();
    let plus = mapping(
        "columns = \"时间(UTC+8)\"\nformat = \"%Y-%m-%d %H:%M\"\nzone = \"+08:00\"",
        &BENZENE.replace("\"v\"", "\"苯\""),
    );
    let file = "时间(UTC+8),苯\n2024-03-01 00:00,1.5\n2024-03-01 01:00,1.6\n";
    import_text(dir.path(), &plus, file, &[]).printed();
    let expected = ["2024-02-29T16:00Z,1.5", "2024-02-29T17:00Z,1.6"];
    assert_eq!(values(dir.path(), "a/B", "benzene"), expected);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, file.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    for input in [file.as_bytes(), &gzip] {
        let dir = crate::support::scratch::dir();
        std::fs::write(dir.path().join("own.toml"), &plus).unwrap();
        let ended = run_piped(dir.path(), &["import", "S", "-", "--profile", "own.toml"], input);
        ended.printed();
        assert_eq!(values(dir.path(), "a/B", "benzene"), expected);
    }
}

#[test]
fn days_of_the_place_follow_from_local_times() {
    let dir = crate::support::scratch::dir();
    let local = mapping(
        "columns = \"date\"\nformat = \"%Y-%m-%d %H:%M\"\nzone = \"Asia/Shanghai\"",
        "[[channel]]\ncolumn = \"pm\"\nname = \"PM10\"\nunit = \"ug/m3\"\n",
    );
    let rows = (0..72).map(|hour| format!("2024-03-{:02} {:02}:00,{:02}\n", 1 + hour / 24, hour % 24, 1 + hour / 24));
    let file: String = std::iter::once("date,pm\n".to_owned()).chain(rows).collect();
    import_text(dir.path(), &local, file, &[]).printed();
    let query = ["query", "S", "--station", "a/B", "--channel", "PM10", "--window", "1d", "--zone", "Asia/Shanghai"];
    let printed = crate::tool::run(dir.path(), &query).printed();
    let means: Vec<&str> = printed.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(means, ["1", "2", "3"], "{printed}");
}

#[test]
fn a_toa5_file_needs_its_zone_and_its_interval_and_says_which() {
    let dir = crate::support::scratch::dir();
    let file = fixture("shipped/toa5.dat").display().to_string();
    let options = ["--station", "a/B", "--instrument", "met"];
    let error = import(dir.path(), "toa5", &file, &options).error(1);
    assert!(error.contains("its times have no offset") && error.contains("--zone"), "{error}");
    let ended = import(dir.path(), "toa5", &file, &[&options[..], &["--zone=-07:00"]].concat());
    assert!(ended.err.contains("rows are 5 min apart, so give --interval 5m"), "{}", ended.err);
    assert!(!dir.path().join("S").exists());
}
