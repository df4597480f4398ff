//! Files and options that can be read, but do not mean what they seem to.

use super::super::{run, run_with};
use super::{import_text, printed};

const OPTIONS: [&str; 6] = ["--interval", "1h", "--time", "t", "--channel", "v=benzene:ppb"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&OPTIONS[..], more].concat()
}

const LOCAL: &str = "t,v\n2024-03-01T00:00:00,1\n2024-03-01T01:00:00,2\n";

#[test]
fn a_zone_with_the_sign_of_posix_is_refused_by_import_query_and_rules() {
    let dir = crate::support::scratch::dir();
    for zone in ["UTC+8", "GMT+8", "UTC+08:00", "Etc/GMT-8"] {
        let error = import_text(dir.path(), LOCAL, &with(&["--zone", zone])).error(1);
        assert!(error.contains(&format!("`{zone}` is ambiguous; write +08:00")), "{error}");
        assert!(!dir.path().join("s").exists());
    }
    let error = import_text(dir.path(), LOCAL, &with(&["--zone", "Berlin"])).error(1);
    assert!(error.contains("no time zone `Berlin`; the nearest is Europe/Berlin"), "{error}");
    let ended = import_text(dir.path(), LOCAL, &OPTIONS);
    assert!(ended.code == Some(1) && ended.out.contains("such as --zone +08:00"), "{}", ended.out);
    import_text(dir.path(), LOCAL, &with(&["--zone", "+08:00"])).printed();
    assert_eq!(printed(dir.path(), "benzene")[0], "2024-02-29T16:00Z,1");
    let query = ["query", "s", "--station", "a/B", "--channel", "benzene", "--zone"];
    let error = run_with(dir.path(), &query, &["UTC+8"]).error(2);
    assert!(error.contains("`UTC+8` is ambiguous; write +08:00"), "{error}");
    std::fs::create_dir(dir.path().join("r")).unwrap();
    std::fs::write(dir.path().join("r/r.rhai"), "let r = roster(\"duty\", \"UTC+8\");").unwrap();
    let ended = run(dir.path(), &["rules", "check", "r"]);
    let text = format!("{}{}", ended.out, ended.err);
    assert!(ended.code != Some(0) && text.contains("`UTC+8` is ambiguous; write +08:00"), "{text}");
}

#[test]
fn replaced_values_and_conversions_are_printed() {
    let dir = crate::support::scratch::dir();
    let file = |values: [u32; 3]| {
        let [a, b, c] = values;
        format!("t,v\n2024-03-01T00:00:00Z,{a}\n2024-03-01T01:00:00Z,{b}\n2024-03-01T02:00:00Z,{c}\n")
    };
    import_text(dir.path(), file([1, 2, 3]), &OPTIONS).printed();
    let ended = import_text(dir.path(), file([1, 20, 30]), &with(&["--json"]));
    let warning = "2 stored values were replaced by different values of this file: `vocdb audit s` lists them";
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), format!("warning: {warning}\n").as_str()));
    let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&summary["store"]["values_corrected"], &summary["warnings"]),
        (&2.into(), &serde_json::json!([warning]))
    );

    let mass = ["--interval", "1h", "--time", "t", "--channel", "v=benzene:ug/m3@20C"];
    let text = "t,v\n2024-03-02T00:00:00Z,1\n";
    let out = import_text(dir.path(), text, &mass).printed();
    assert!(out.contains("\nbenzene: converted from ug/m3@20C to ppb\n"), "{out}");
    let again = import_text(dir.path(), text, &[&mass[..], &["--json"]].concat()).object();
    assert_eq!(again["conversions"], serde_json::json!(["benzene: converted from ug/m3@20C to ppb"]));
    let error = import_text(dir.path(), text, &with(&["--duplicates", "reject"])).error(1);
    assert!(error.contains("keep-last, and --duplicates gives reject"), "{error}");
    import_text(dir.path(), text, &[&mass[..], &["--duplicates", "keep-last"]].concat()).printed();
}

#[test]
fn a_typical_missing_code_is_named_from_the_first_one_unless_it_is_declared() {
    let rows = |value: &str| -> String {
        let row = |hour| format!("2024-03-01T0{hour}:00:00Z,{},1\n", if hour < 4 { value } else { "0.5" });
        (0..6).map(row).collect()
    };
    for (value, options, warns) in [
        ("-999", &OPTIONS[..], true),
        ("-99.9", &["--interval", "1h", "--time", "t", "--channel", "v=benzene:ppm"], true),
        ("-9999", &with(&["--missing", "-9999"]), false),
        ("-998", &OPTIONS, false),
        ("999", &OPTIONS, false),
    ] {
        let dir = crate::support::scratch::dir();
        let text = format!("t,v,w\n{}", rows(value));
        let ended = import_text(dir.path(), text, options);
        let warning = format!(
            "warning: column `v` has 4 values of {value}, which often marks a missing value: if it does, give --missing {value}"
        );
        assert_eq!((ended.code, ended.err.contains(&warning)), (Some(0), warns), "{value}: {}", ended.err);
    }
    let once = "t,v\n2024-03-01T00:00:00Z,-99\n2024-03-01T01:00:00Z,2\n";
    let dir = crate::support::scratch::dir();
    let one =
        "warning: column `v` has 1 value of -99, which often marks a missing value: if it does, give --missing -99\n";
    assert_eq!(import_text(dir.path(), once, &OPTIONS).err, one);
    let eights = once.replace("-99", "-88.88");
    assert!(import_text(crate::support::scratch::dir().path(), eights, &OPTIONS).err.contains("has 1 value of -88.88"));
    let wind = "t,v\n2024-03-01T00:00:00Z,-99\n2024-03-01T01:00:00Z,-99\n";
    let options = ["--interval", "1h", "--time", "t", "--channel", "v=dT:C"];
    assert_eq!(import_text(crate::support::scratch::dir().path(), wind, &options).err, "", "no concentration");
}

#[test]
fn columns_that_are_not_imported_are_listed_and_a_unit_in_a_name_is_compared() {
    let text = "t,Benzene (ug/m3),Status,Remark\n2024-03-01T00:00:00Z,1,OK,\n2024-03-01T01:00:00Z,2,Span,x\n";
    let options = |column| ["--interval", "1h", "--time", "t", "--channel", column];
    for (column, warns) in [
        ("Benzene (ug/m3)=benzene:ppb", true),
        ("#2=benzene:mg/m3@20C", true),
        ("Benzene (ug/m3)=benzene:ug/m3@20C", false),
    ] {
        let dir = crate::support::scratch::dir();
        let ended = import_text(dir.path(), text, &options(column));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(ended.out.contains("\ncolumns not imported: Status, Remark\n"), "{}", ended.out);
        let unit = if column.contains("ppb") { "ppb" } else { "mg/m3" };
        let warning = format!("warning: column `Benzene (ug/m3)` names ug/m3, but --channel gives {unit}");
        assert_eq!(ended.err.contains(&warning), warns, "{}", ended.err);
    }
    let dir = crate::support::scratch::dir();
    let more = ["--quality", "Status", "--json"];
    let summary = import_text(dir.path(), text, &[&options("#2=benzene:ug/m3@20C")[..], &more].concat()).object();
    assert_eq!(summary["columns_not_imported"], serde_json::json!(["Remark"]));
}

fn every(minutes: usize, rows: usize, day: u32) -> String {
    let row = |at: usize| format!("2024-03-{day:02}T{:02}:{:02}:00Z,{at}\n", at * minutes / 60, at * minutes % 60);
    format!("t,v\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn an_interval_that_the_rows_contradict_is_refused_for_a_new_instrument() {
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), every(1, 10, 1), &OPTIONS).error(1);
    assert!(error.contains("rows are 1 min apart, the interval is 1 h: give --interval 1m"), "{error}");
    assert!(!dir.path().join("s").exists());
    import_text(dir.path(), every(60, 10, 1), &OPTIONS).printed();
    let ended = import_text(dir.path(), every(1, 10, 2), &OPTIONS);
    assert!(ended.code == Some(0) && ended.err.contains("warning: rows are 1 min apart"), "{}", ended.err);
    let dir = crate::support::scratch::dir();
    let minute = ["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb"];
    let ended = import_text(dir.path(), every(60, 10, 1), &minute);
    assert!(ended.err.contains("warning: rows are 1 h apart, the interval is 1 min"), "{}", ended.err);
    assert_eq!(ended.code, Some(0));
}

#[test]
fn times_of_a_wrong_format_are_refused_with_what_they_are() {
    let pattern = ["--time-format", "%Y-%m-%d %H:%M", "--zone", "UTC"];
    for (format, text, reasons) in [
        (&pattern[..], "t,v\n24-03-01 00:00,1\n24-03-01 01:00,2\n", &["year 0024: use %y for two digits"][..]),
        (&["--time-format", "epoch-s"], "t,v\n45352,1\n45352.5,2\n", &["1970: is this an Excel date?"]),
        (
            &["--time-format", "epoch-ms"],
            "t,v\n1700006400,1\n",
            &["1970: are these seconds? give --time-format epoch-s"],
        ),
        (&[], "t,v\n1985-03-01T00:00:00Z,1\n", &["1985 is before 1990"]),
        (&[], "t,v\n2199-03-01T00:00:00Z,1\n", &["`2199-03-01T00:00:00Z`: ", " days ahead of this host's clock"]),
    ] {
        let dir = crate::support::scratch::dir();
        let ended = import_text(dir.path(), text, &with(format));
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        for reason in reasons {
            assert!(ended.out.contains(reason) && ended.out.contains("  line 2, "), "{}", ended.out);
        }
        assert!(ended.err.contains("nothing was stored") && !dir.path().join("s").exists(), "{}", ended.err);
    }
}

#[test]
fn every_reason_is_listed_with_its_first_rows() {
    let bad = |count: usize, row: &str| row.repeat(count);
    let good: String = (0..24).map(|hour| format!("2024-03-01T{hour:02}:00:00Z,1\n")).collect();
    let text = format!(
        "t,v\n{good}{}{}{}",
        bad(34, "yesterday,1\n"),
        bad(5, "2024-03-02T00:00:00Z,much\n"),
        bad(4, "1970-01-01T00:00:00Z,1\n")
    );
    let dir = crate::support::scratch::dir();
    let out = import_text(dir.path(), text, &with(&["--max-rejected", "100"])).printed();
    for (reason, more) in [("bad time: 34", 31), ("not a number: 5", 2), ("before 1990: 4", 1)] {
        let (_, list) = out.split_once(&format!("rejected, {reason}\n")).unwrap_or_else(|| panic!("{out}"));
        let lines: Vec<&str> = list.lines().take(4).collect();
        assert!(lines[..3].iter().all(|line| line.starts_with("  line ")), "{out}");
        assert_eq!(lines[3], format!("  and {more} more like this"));
    }
}

#[test]
fn a_refused_or_empty_file_creates_and_writes_nothing() {
    let dir = crate::support::scratch::dir();
    for text in ["t,v\n", "t,v\n\n\n"] {
        let ended = import_text(dir.path(), text, &OPTIONS);
        assert!(
            ended.code == Some(1) && ended.err.contains("nothing was stored: the file has no rows"),
            "{}",
            ended.err
        );
        assert!(!dir.path().join("s").exists());
    }
    import_text(dir.path(), every(60, 3, 1), &OPTIONS).printed();
    let ledger = || std::fs::read(dir.path().join("s/ledger")).unwrap();
    let before = ledger();
    for text in ["t,v\n", "t,v\nyesterday,1\n", "t,v\n2199-01-01T00:00:00Z,1\n", "x,v\n"] {
        assert_eq!(import_text(dir.path(), text, &OPTIONS).code, Some(1));
        assert!(ledger() == before, "{text}");
    }
}

#[test]
fn a_new_station_and_a_folder_of_other_files_are_noticed() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("f.csv"), every(60, 3, 1)).unwrap();
    let import = |store: &str, station: &str| {
        let base = ["import", store, "f.csv", "--instrument", "gc", "--station", station];
        run_with(dir.path(), &base, &OPTIONS)
    };
    import("s", "chempark/east-gate").printed();
    let ended = import("s", "chempark/eastgate");
    let note = "note: station `chempark/eastgate` is new, similar to the existing `chempark/east-gate`\n";
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), note));
    assert_eq!(import("s", "chempark/S1").err, "");
    std::fs::create_dir(dir.path().join("other")).unwrap();
    import("other", "a/B").printed();
    std::fs::create_dir(dir.path().join("full")).unwrap();
    std::fs::write(dir.path().join("full/notes.txt"), "x").unwrap();
    let error = import("full", "a/B").error(1);
    assert!(error.contains("folder `full` holds other files and no store"), "{error}");
}

#[test]
fn texts_of_the_quality_column_are_listed_with_their_meaning() {
    let text = "t,v,st\n2024-03-01T00:00:00Z,1,OK\n2024-03-01T01:00:00Z,2,Span\n2024-03-01T02:00:00Z,3,Span\n";
    let dir = crate::support::scratch::dir();
    let out = import_text(dir.path(), text, &with(&["--quality", "st"])).printed();
    assert!(out.contains("  Span = calibration (2 rows)\n") && out.contains("  OK = normal (1 row)\n"), "{out}");
}

#[test]
fn a_header_that_was_not_split_names_the_option_that_splits_it() {
    for (text, advice) in [
        ("t;v\n2024-03-01T00:00:00Z;1\n", "give --delimiter ';'"),
        ("t\tv\n2024-03-01T00:00:00Z\t1\n", "give --delimiter tab"),
        ("TOA5,Met,CR1000X\nt,v\nTS,\n,Smp\n2024-03-01T00:00:00Z,1\n", "give --skip-lines 1"),
    ] {
        let dir = crate::support::scratch::dir();
        let error = import_text(dir.path(), text, &OPTIONS).error(1);
        assert!(error.contains(advice), "{error}");
    }
}
