//! What a profile cannot read, dry runs, and what an import by a profile changes in a store.

use super::{fixture, import, import_text, values};
use crate::tool::run;

const LONG: &str = "[time]\ncolumns = \"t\"\nformat = \"rfc3339\"\n[station]\ncolumns = \"s\"\nprefix = \"p\"\n\
    [instrument]\nname = \"i\"\ninterval = \"1h\"\n[long]\nparameter = \"what\"\nvalue = \"v\"\nunit = \"u\"\n\
    [[channel]]\nparameter = \"o3\"\nname = \"ozone\"\nunit = \"ppb\"\n";
const ROW: &str = "s,t,what,u,v\nA,2024-03-01T00:00:00Z,o3,ppb,40\n";

#[test]
fn a_dry_run_prints_what_columns_become_and_stores_nothing() {
    let dir = crate::support::scratch::dir();
    let file = fixture("shipped/toa5.dat").display().to_string();
    let options = ["--station", "a/B", "--instrument", "met", "--interval", "5m", "--zone=-07:00", "--dry-run"];
    let printed = import(dir.path(), "toa5", &file, &options).printed();
    for line in [
        "a/B, instrument met, every 5 min, new: 4 frames, 30 values",
        "  AirT_C(1) [degC] -> AirT_C(1) [degC], same",
        "  WS_kmh [km/h] -> WS_kmh [km/h], same",
        "missing values: NAN, INF, -INF, -7999, 7999",
        "columns not imported: RECORD",
        "  from 2024-03-10T08:55:00Z to 2024-03-10T09:10:00Z",
        "nothing was stored: this was a dry run",
    ] {
        assert!(printed.lines().any(|found| found == line), "{line}\nin\n{printed}");
    }
    assert!(printed.contains("  2024-03-10T08:55:00Z a/B met: BattV=13.2, AirT_C(1)=2.5"), "{printed}");
    assert!(!dir.path().join("S").exists());
    let object = import(dir.path(), "toa5", &file, &[&options[..], &["--json"]].concat()).object();
    assert_eq!((&object["dry_run"], &object["stations"][0]["channels"][0]["unit"]), (&true.into(), &"V".into()));
    let ended =
        import_text(dir.path(), LONG, "s,t,what,u,v\nA,x,o3,ppb,1\nA,2024-03-01T00:00:00Z,o3,ppb,1\n", &["--dry-run"]);
    assert!(ended.code == Some(1) && ended.out.contains("f.csv, line 2, column `t`, `x`: not a time"), "{}", ended.out);
}

#[test]
fn a_registered_channel_keeps_its_unit_and_the_dry_run_shows_the_conversion() {
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), LONG, ROW, &[]).printed();
    let ppm = "s,t,what,u,v\nA,2024-03-01T01:00:00Z,o3,ppm,0.041\nB,2024-03-01T01:00:00Z,o3,ppm,0.05\n";
    let printed = import_text(dir.path(), LONG, ppm, &["--dry-run"]).printed();
    assert!(printed.contains("  o3 [ppm] -> ozone [ppb], x 1e3\n"), "{printed}");
    assert!(
        printed.contains("p/A, instrument i, every 1 h: 1 frame, 1 value")
            && printed.contains("p/B, instrument i, every 1 h, new")
    );
    import_text(dir.path(), LONG, ppm, &[]).printed();
    assert_eq!(values(dir.path(), "p/A", "ozone"), ["2024-03-01T00:00Z,40", "2024-03-01T01:00Z,41"]);
    assert_eq!(values(dir.path(), "p/B", "ozone"), ["2024-03-01T01:00Z,0.05"]);
}

#[test]
fn new_channels_of_a_registered_instrument_and_another_interval_need_an_option() {
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), LONG, ROW, &[]).printed();
    let more = format!("{LONG}[[channel]]\nparameter = \"no2\"\nname = \"nitrogen dioxide\"\nunit = \"ppb\"\n");
    let rows = "s,t,what,u,v\nA,2024-03-01T01:00:00Z,no2,ppb,7\n";
    let ended = import_text(dir.path(), &more, rows, &[]);
    assert!(
        ended.err.contains("has no channel `nitrogen dioxide`") && ended.err.contains("--add-channels"),
        "{}",
        ended.err
    );
    import_text(dir.path(), &more, rows, &["--add-channels"]).printed();
    assert_eq!(values(dir.path(), "p/A", "nitrogen dioxide"), ["2024-03-01T00:00Z,", "2024-03-01T01:00Z,7"]);
    let ended = import_text(dir.path(), &more, rows, &["--interval", "5m"]);
    assert!(ended.err.contains("is registered with an interval of 1 h"), "{}", ended.err);
}

#[test]
fn a_value_that_another_file_brings_for_a_stored_time_is_added_to_its_frame() {
    let dir = crate::support::scratch::dir();
    let both = format!("{LONG}[[channel]]\nparameter = \"no2\"\nname = \"nitrogen dioxide\"\nunit = \"ppb\"\n");
    import_text(dir.path(), &both, format!("{ROW}A,2024-03-01T01:00:00Z,no2,ppb,7\n"), &[]).printed();
    import_text(dir.path(), &both, "s,t,what,u,v\nA,2024-03-01T00:00:00Z,no2,ppb,6\n", &[]).printed();
    assert_eq!(values(dir.path(), "p/A", "ozone")[0], "2024-03-01T00:00Z,40");
    assert_eq!(values(dir.path(), "p/A", "nitrogen dioxide"), ["2024-03-01T00:00Z,6", "2024-03-01T01:00Z,7"]);
}

#[test]
fn mistakes_of_a_mapping_file_are_printed_together_with_their_places() {
    let dir = crate::support::scratch::dir();
    let wrong = LONG.replace("[long]", "[lnog]").replace("format", "formt");
    let error = import_text(dir.path(), &wrong, ROW, &[]).error(1);
    assert!(error.contains("own.toml:3:1: unknown key `formt` in [time]; the nearest is `format`"), "{error}");
    assert!(error.contains("own.toml:10:2: unknown key `lnog`; the nearest is `long`"), "{error}");
    let error = import(dir.path(), "absent.toml", "f.csv", &[]).error(1);
    assert!(error.contains("cannot read absent.toml"), "{error}");
    let error = import_text(dir.path(), &LONG.replace("\"what\"", "\"waht\""), ROW, &[]).error(1);
    assert!(error.contains("has no column `waht`; the nearest is `what`") && error.contains("own.toml"), "{error}");
}

#[test]
fn too_many_rejected_rows_store_nothing_and_name_the_file_line_and_remedy() {
    let dir = crate::support::scratch::dir();
    std::fs::write(
        dir.path().join("bad.csv"),
        "s,t,what,u,v\nA,2024-03-01T01:00:00Z,o3,furlong,1\nA,2024-03-01T02:00:00Z,o3,ppb,x\n",
    )
    .unwrap();
    let ended = import_text(dir.path(), LONG, ROW, &["bad.csv"]);
    assert!(ended.err.contains("`bad.csv`: nothing was stored; see the reasons above"), "{}", ended.err);
    assert!(
        ended.out.contains("bad.csv, line 2, column `u`, `furlong`: unknown unit: give its meaning in [units]"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("bad.csv, line 3, column `v`, `x`: not a number"), "{}", ended.out);
    let ended = import_text(dir.path(), LONG, "s,t,what,u,v\nA,2024-03-01T01:00:00Z,so2,ppb,1\n", &[]);
    assert!(ended.err.contains("no row is of a parameter with a [[channel]]"), "{}", ended.err);
    assert!(!dir.path().join("S").exists());
}

#[test]
fn a_station_of_which_no_row_can_be_stored_is_not_registered() {
    let dir = crate::support::scratch::dir();
    let mut rows = ROW.to_owned();
    for hour in 1..5 {
        rows += &format!("A,2024-03-01T0{hour}:00:00Z,o3,ppb,{hour}\n");
    }
    rows += "B,2098-03-01T00:00:00Z,o3,ppb,9\n";
    let summary = import_text(dir.path(), LONG, rows, &["--json"]).object();
    assert_eq!((&summary["rows_rejected"], &summary["rejected_by_reason"]["in the future"]), (&1.into(), &1.into()));
    assert_eq!(
        (summary["rejections"][0]["file"].as_str(), summary["stations"].as_array().unwrap().len()),
        (Some("f.csv"), 1)
    );
    let store = vocdb::ReadOnly::open(dir.path().join("S")).unwrap();
    let stations: Vec<&str> = store.registry().stations().map(|(_, station)| station.name()).collect();
    assert_eq!(stations, ["p/A"]);
}

#[test]
fn options_that_describe_a_file_and_several_files_fit_no_profile_or_need_one() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("f.csv"), ROW).unwrap();
    let error = run(dir.path(), &["import", "S", "f.csv", "--profile", "openaq", "--time", "t"]).error(2);
    assert!(error.contains("cannot be used with"), "{error}");
    let plain = ["--station", "s", "--instrument", "i", "--interval", "1h", "--time", "t", "--channel", "v=a:1"];
    let error = run(dir.path(), &[&["import", "S", "f.csv", "f.csv"][..], &plain].concat()).error(1);
    assert!(error.contains("several files are read by a profile"), "{error}");
    for option in [&["--dry-run"][..], &["--prefix", "p"], &["--reference", "20C"]] {
        let error = run(dir.path(), &[&["import", "S", "f.csv"], &plain[..], option].concat()).error(1);
        assert!(error.contains(&format!("{} needs --profile", option[0])), "{error}");
    }
    let error = import_text(dir.path(), LONG, ROW, &["--station", "s"]).error(1);
    assert!(error.contains("give --prefix instead of --station"), "{error}");
}

#[test]
fn a_mistyped_species_is_refused_also_where_the_unit_comes_from_the_file() {
    let dir = crate::support::scratch::dir();
    let mapping = LONG.replace("name = \"ozone\"\nunit = \"ppb\"\n", "name = \"ozoen\"\n");
    let error = import_text(dir.path(), &mapping, ROW, &[]).error(1);
    assert!(error.contains("`ozoen` is not a known species; the nearest name is `ozone`"), "{error}");
    assert!(error.contains("add quantity = true") && !dir.path().join("S").exists(), "{error}");
    let quantity = mapping.replace("name = \"ozoen\"\n", "name = \"ozoen\"\nquantity = true\n");
    import_text(dir.path(), &quantity, ROW, &[]).printed();
    let dir = crate::support::scratch::dir();
    let celsius = import_text(dir.path(), LONG, ROW.replace(",ppb,", ",degC,"), &[]).error(1);
    assert!(celsius.contains("ozone is a concentration, and degC is not a unit of one"), "{celsius}");
}

#[test]
fn parameters_that_no_channel_is_mapped_to_are_named() {
    let dir = crate::support::scratch::dir();
    let rows = format!(
        "{ROW}A,2024-03-01T00:00:00Z,no2,ppb,7\nA,2024-03-01T01:00:00Z,no2,ppb,8\nA,2024-03-01T01:00:00Z,so2,ppb,1\n"
    );
    let printed = import_text(dir.path(), LONG, &rows, &["--dry-run"]).printed();
    assert!(printed.contains("parameters not imported: no2, so2\n"), "{printed}");
    let ignored = LONG.replace("[[channel]]", "[values]\nignore = [\"so2\"]\n[[channel]]");
    let object = import_text(dir.path(), &ignored, &rows, &["--json"]).object();
    assert_eq!(object["parameters_not_imported"], serde_json::json!(["no2"]));
}
