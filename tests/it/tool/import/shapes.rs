//! Files of the wrong shape, and names and units that say too little.

use super::super::run;
use super::{import_text, printed};

const BLOCKS: &str = "\
location_id,sensors_id,datetime,parameter,units,value
2178,3919,2023-02-22T01:00:00-07:00,pm10,µg/m³,14.0
2178,3919,2023-02-22T02:00:00-07:00,pm10,µg/m³,4.0
2178,3917,2023-02-22T01:00:00-07:00,o3,ppm,0.041
2178,3917,2023-02-22T02:00:00-07:00,o3,ppm,0.043
";
const OPENAQ: [&str; 6] = ["--interval", "1h", "--time", "datetime", "--channel", "value=PM10:ug/m3"];

#[test]
fn a_long_file_is_refused_with_the_reason_until_rows_are_chosen() {
    let lines: Vec<&str> = BLOCKS.lines().collect();
    let alternating = [0, 1, 3, 2, 4].map(|at| lines[at]).join("\n");
    let apart = [0, 1, 4].map(|at| lines[at]).join("\n");
    for text in [BLOCKS, &alternating, &apart] {
        let dir = crate::support::scratch::dir();
        let error = import_text(dir.path(), text, &OPENAQ).error(1);
        assert!(error.contains("contains several series") && error.contains("`pm10` on line 2"), "{error}");
        assert!(error.contains("--where 'parameter=pm10'"), "{error}");
        assert!(!dir.path().join("s").exists());
    }
    let dir = crate::support::scratch::dir();
    let chosen = ["--where", "parameter=pm10", "--json"];
    let summary = import_text(dir.path(), BLOCKS, &[&OPENAQ[..], &chosen].concat()).object();
    assert_eq!((&summary["rows_filtered"], &summary["store"]["values_corrected"]), (&2.into(), &0.into()));
    assert_eq!(printed(dir.path(), "PM10"), ["2023-02-22T08:00Z,14", "2023-02-22T09:00Z,4"]);
}

#[test]
fn a_file_of_several_stations_or_kinds_of_value_is_refused_by_its_rows() {
    let stations = "D_ESTACION;F;NO2\nNORTE  ;2023/01/01 00:00;9.0\nSUR  ;2023/01/01 00:00;35.0\n\
        NORTE  ;2023/01/01 01:00;7.0\nSUR  ;2023/01/01 01:00;34.0\n";
    let options = [
        "--interval",
        "1h",
        "--delimiter",
        ";",
        "--time",
        "F",
        "--time-format",
        "%Y/%m/%d %H:%M",
        "--zone",
        "Europe/Madrid",
        "--channel",
        "NO2=nitrogen dioxide:ug/m3@20C",
    ];
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), stations, &options).error(1);
    assert!(error.contains("column `D_ESTACION` is `NORTE` on line 2 and `SUR` on line 3"), "{error}");
    import_text(dir.path(), stations, &[&options[..], &["--where", "D_ESTACION=SUR"]].concat()).printed();
    assert_eq!(printed(dir.path(), "nitrogen dioxide"), ["2022-12-31T23:00Z,35", "2023-01-01T00:00Z,34"]);

    // No name tells what the column `art` is for, yet the rows of one hour disagree.
    let kinds = "date,hour,art,1001A\n20230101,0,AQI,60\n20230101,0,PM2.5,16\n20230101,1,AQI,58\n20230101,1,PM2.5,15\n";
    let options = [
        "--interval",
        "1h",
        "--time",
        "date+hour",
        "--time-format",
        "%Y%m%d %H",
        "--zone=+08:00",
        "--channel",
        "1001A=PM2.5:ug/m3",
    ];
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), kinds, &options).error(1);
    assert!(
        error.contains("is 60 on line 2 and 16 on line 3, and 1 more such values") && error.contains("--where"),
        "{error}"
    );
    let error = import_text(dir.path(), kinds, &[&options[..], &["--where", "art=PM25"]].concat());
    assert!(error.code == Some(1) && error.err.contains("--where excludes all 4 rows"), "{}", error.err);
    assert!(!dir.path().join("s").exists());
    import_text(dir.path(), kinds, &[&options[..], &["--where", "art=PM2.5"]].concat()).printed();
    assert_eq!(printed(dir.path(), "PM2.5"), ["2022-12-31T16:00Z,16", "2022-12-31T17:00Z,15"]);
}

#[test]
fn a_file_of_which_a_large_share_is_rejected_leaves_everything_as_it_was() {
    let options = ["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb"];
    let text = |bad: usize| {
        let rows =
            (0..20).map(|at| if at < bad { format!("{at},1\n") } else { format!("2024-03-01T00:{at:02}:00Z,{at}\n") });
        format!("t,v\n{}", rows.collect::<String>())
    };
    let dir = crate::support::scratch::dir();
    for (bad, more, code) in [
        (6, &[][..], 1),
        (6, &["--max-rejected", "29.9"], 1),
        (1, &["--max-rejected", "0"], 1),
        (20, &["--max-rejected", "100"], 1),
        (5, &[], 0),
        (6, &["--max-rejected", "30"], 0),
    ] {
        let ended = import_text(dir.path(), text(bad), &[&options[..], more].concat());
        assert_eq!(ended.code, Some(code), "{bad} {more:?}: {}", ended.err);
        assert!(
            ended.out.contains("rows rejected") && ended.out.contains("not a time in the given format"),
            "{}",
            ended.out
        );
        assert_eq!(dir.path().join("s").exists(), code == 0);
        if code == 0 {
            std::fs::remove_dir_all(dir.path().join("s")).unwrap();
        }
    }
    import_text(dir.path(), text(0), &options).printed();
    let before = run(dir.path(), &["inspect", "s", "--json"]).object();
    let refused = [&options[..], &["--where", "v=99"]].concat();
    for (text, options) in [(text(6), &options[..]), (text(0), &refused)] {
        let other = text.replace("2024-03-01", "2024-04-01");
        let named = other.as_bytes();
        let ended = import_text(dir.path(), named, options);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
    }
    let after = run(dir.path(), &["inspect", "s", "--json"]).object();
    assert_eq!((&before["rows"], &before["stations"]), (&after["rows"], &after["stations"]));
}

#[test]
fn an_import_that_stores_nothing_registers_no_station_and_no_instrument() {
    let options = ["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb"];
    let dir = crate::support::scratch::dir();
    assert_eq!(import_text(dir.path(), "t,v\n", &options).code, Some(1));
    assert!(!dir.path().join("s").exists(), "a file without rows creates nothing");
    import_text(dir.path(), "t,v\n2024-03-01T00:00:00Z,1\n", &options).printed();
    for text in ["t,v\n", "t,v\nx,1\n", "t,v\n2999-03-01T00:00:00Z,1\n", "t,v\n2024-03-01T00:00:00Z,1e16\n"] {
        std::fs::write(dir.path().join("g.csv"), text).unwrap();
        let other = ["import", "s", "g.csv", "--station", "a/C", "--instrument", "pid"];
        let ended = run(dir.path(), &[&other[..], &options].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.err);
    }
    let inspected = run(dir.path(), &["inspect", "s"]).printed();
    assert!(inspected.contains("station a/B") && !inspected.contains("a/C"), "{inspected}");
}

#[test]
fn an_unknown_species_is_refused_with_the_nearest_name_unless_it_is_a_new_quantity() {
    let text = "t,v\n2024-03-01T00:00:00Z,1\n";
    let options = |channel| ["--interval", "1m", "--time", "t", "--channel", channel];
    for (channel, nearest) in [("v=benzine:ppb", "`benzene`"), ("v=tolune:ug/m3@20C", "`toluene`")] {
        let dir = crate::support::scratch::dir();
        let error = import_text(dir.path(), text, &options(channel)).error(1);
        assert!(error.contains(nearest) && error.contains("--new-quantity"), "{error}");
        assert!(!dir.path().join("s").exists());
        import_text(dir.path(), text, &[&options(channel)[..], &["--new-quantity"]].concat()).printed();
        // Once it is registered, its name is known.
        import_text(dir.path(), text, &options(channel)).printed();
    }
    for channel in ["v=PM2.5:ug/m3", "v=total VOC:ppb", "v=NOx:ppb", "v=wind gust:m/s", "v=inlet temperature:C"] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), text, &options(channel)).printed();
    }
}

#[test]
fn mass_concentrations_of_gases_ask_for_their_temperature_and_inspect_shows_it() {
    let text = "t,v\n2024-03-01T00:00:00Z,1\n";
    let options = |channel| ["--interval", "1m", "--time", "t", "--channel", channel];
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), text, &options("v=benzene:ug/m3")).error(1);
    assert!(error.contains("reference temperature") && error.contains("v=benzene:ug/m3@20C"), "{error}");
    assert!(!dir.path().join("s").exists());
    import_text(dir.path(), text, &options("v=benzene:ug/m3@20C")).printed();
    let inspected = run(dir.path(), &["inspect", "s"]).printed();
    assert!(inspected.contains("benzene in ug/m3 at 20 °C"), "{inspected}");
    let channel =
        &run(dir.path(), &["inspect", "s", "--json"]).object()["stations"][0]["instruments"][0]["channels"][0];
    assert_eq!(channel["reference_celsius"], 20.0);
    import_text(dir.path(), text, &options("v=benzene:ug/m3")).printed();
}
