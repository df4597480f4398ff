//! Quality flags and value marks in, and out again.

use super::super::run;
use super::{import_text, printed};
use vocdb::Quality;

const ENVIDAS: &str = "\
DateTime,SO2 (ppb),SO2 Status,NO2 (ppb),NO2 Status
2024-03-01 00:00,2.1,OK,11.0,OK
2024-03-01 00:01,400.2,Span,11.2,OK
2024-03-01 00:02,398.0,Span,11.1,OK
2024-03-01 00:03,2.2,OK,InVld,InVld
2024-03-01 00:04,<0.5,OK,10.9,OK
2024-03-01 00:05,NoData,NoData,10.8,OK
";

const ENVIDAS_OPTIONS: [&str; 16] = [
    "--interval",
    "1m",
    "--time",
    "DateTime",
    "--time-format",
    "%Y-%m-%d %H:%M",
    "--zone",
    "UTC",
    "--missing",
    "NoData",
    "--missing",
    "InVld",
    "--channel",
    "SO2 (ppb)=sulfur dioxide:ppb",
    "--channel",
    "NO2 (ppb)=nitrogen dioxide:ppb",
];

const RULE: &str = "alarm(\"high\").scope(stations(\"a/*\")).when(max(\"sulfur dioxide\", 5.minutes) > 200.ppb)\
    .on_missing(\"unknown\", 15.minutes);";

fn backtest(dir: &std::path::Path) -> String {
    std::fs::create_dir_all(dir.join("r")).unwrap();
    std::fs::write(dir.join("r/r.rhai"), RULE).unwrap();
    run(dir, &["rules", "backtest", "r", "--store", "s"]).printed()
}

#[test]
fn span_gas_in_a_status_column_is_calibration_and_opens_no_alarm() {
    let dir = crate::support::scratch::dir();
    let status = ["--quality", "SO2 Status=sulfur dioxide", "--quality", "NO2 Status=nitrogen dioxide"];
    let out = import_text(dir.path(), ENVIDAS, &[&ENVIDAS_OPTIONS[..], &status].concat()).printed();
    assert!(out.contains("flagged, calibration: 2") && out.contains("flagged, below detection: 1"), "{out}");
    let lines = [
        "00:00Z,2.1",
        "00:01Z,400.2,calibration",
        "00:02Z,398,calibration",
        "00:03Z,2.2",
        "00:04Z,0.5,below detection",
        "00:05Z,",
    ];
    assert_eq!(printed(dir.path(), "sulfur dioxide"), lines.map(|line| format!("2024-03-01T{line}")));
    assert_eq!(printed(dir.path(), "nitrogen dioxide")[4], "2024-03-01T00:04Z,10.9");
    assert!(!backtest(dir.path()).contains("400.2"));

    let dir = crate::support::scratch::dir();
    import_text(dir.path(), ENVIDAS, &ENVIDAS_OPTIONS).printed();
    assert!(backtest(dir.path()).contains("400.2"), "without the status column the alarm opens");
}

#[test]
fn flags_that_query_prints_are_read_back() {
    let texts: Vec<String> = Quality::ALL.iter().map(|quality| quality.name().to_owned()).collect();
    let rows = texts.iter().zip(0..).map(|(flag, at)| format!("2024-03-01T00:{at:02}:00Z,{at},{flag}\n"));
    let text = format!("time,value,quality\n{}", rows.collect::<String>());
    let options = ["--interval", "1m", "--time", "time", "--channel", "value=benzene:ppb", "--quality", "quality"];
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), &text, &options).printed();
    let query = ["query", "s", "--station", "a/B", "--channel", "benzene"];
    assert_eq!(run(dir.path(), &query).printed(), text);
}

#[test]
fn an_unknown_flag_is_reported_until_its_meaning_is_given() {
    let text = "t,v,st\n2024-03-01T00:00:00Z,1,R\n2024-03-01T00:01:00Z,2,P\n2024-03-01T00:02:00Z,3,R\n";
    let options = ["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb", "--quality", "st"];
    let dir = crate::support::scratch::dir();
    let ended = import_text(dir.path(), text, &options);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("line 2, column `st`, `R`") && ended.out.contains("--flag TEXT=FLAG"), "{}", ended.out);
    import_text(dir.path(), text, &[&options[..], &["--flag", "R=normal", "--flag", "P=set-by-hand"]].concat())
        .printed();
    assert_eq!(printed(dir.path(), "benzene")[1], "2024-03-01T00:01Z,2,set by hand");
    let error = import_text(dir.path(), text, &[&options[..], &["--flag", "R=good"]].concat()).error(2);
    let wanted = "`good` is not a quality flag; write normal; the flags are normal, over-range, fault, calibration, ";
    assert!(error.contains(wanted), "{error}");
    let error = import_text(dir.path(), text, &[&options[..], &["--flag", "R=over rage"]].concat()).error(2);
    assert!(error.contains("`over rage` is not a quality flag; write one of normal, over-range, "), "{error}");
    let change = ["--from", "2024-03-01", "--to", "2024-03-02", "--by", "A", "--reason", "r", "--flag", "valid"];
    let quality = [&["quality", "s", "--station", "a/B", "--channel", "benzene"][..], &change].concat();
    let error = crate::tool::run(dir.path(), &quality).error(2);
    assert!(error.contains("`valid` is not a quality flag; write normal; "), "{error}");
}

#[test]
fn a_mark_or_a_bad_field_takes_no_other_value_of_its_row() {
    let value = |minute: i32| if (10..20).contains(&minute) { (">500", 90) } else { ("5", 1) };
    let row = |minute: i32| format!("2024-03-01T00:{minute:02}:00Z,{},{}\n", value(minute).0, value(minute).1);
    let text = format!("t,tvoc,benzene\n{}", (0..30).map(row).collect::<String>());
    let options = ["--interval", "1m", "--time", "t", "--channel", "tvoc=tvoc:ppb", "--channel", "benzene=benzene:ppb"];
    let dir = crate::support::scratch::dir();
    import_text(dir.path(), &text, &options).printed();
    assert_eq!(printed(dir.path(), "tvoc")[10], "2024-03-01T00:10Z,500,over range");
    assert_eq!(printed(dir.path(), "benzene")[10], "2024-03-01T00:10Z,90");

    let dir = crate::support::scratch::dir();
    let text = text.replace(">500", "5?0").replacen(">", "5", 1);
    let reject = ["--bad-field", "reject-row", "--max-rejected", "40", "--json"];
    let summary = import_text(dir.path(), &text, &[&options[..], &reject].concat()).object();
    assert_eq!((&summary["rows_rejected"], &summary["fields_rejected"]), (&10.into(), &0.into()));
    let dir = crate::support::scratch::dir();
    let keep = ["--max-rejected", "40", "--json"];
    let summary = import_text(dir.path(), &text, &[&options[..], &keep].concat()).object();
    assert_eq!((&summary["rows_rejected"], &summary["fields_rejected"]), (&0.into(), &10.into()));
    assert_eq!(summary["fields_rejected_by_column"], serde_json::json!({"tvoc": 10}));
    assert_eq!(summary["field_rejections"][0]["line"], 12);
    assert_eq!(printed(dir.path(), "benzene")[10], "2024-03-01T00:10Z,90");
    assert_eq!(printed(dir.path(), "tvoc")[10], "2024-03-01T00:10Z,");
    let dir = crate::support::scratch::dir();
    let marked = import_text(dir.path(), text.replace("5?0", "5#"), &[&options[..], &["--mark", "#=suspect"]].concat());
    marked.printed();
    assert_eq!(printed(dir.path(), "tvoc")[10], "2024-03-01T00:10Z,5,suspect");
}

#[test]
fn a_column_of_which_a_large_share_is_bad_stores_nothing() {
    let fields = [
        "2.1",
        "3.5#",
        "4.0*",
        "5.0x",
        "ND",
        "<0.5",
        ">500",
        "\"1,234.5\"",
        " 7.5 ",
        "1.2E+01",
        "１２",
        "+3",
        ".5",
        "2. ",
        "−3",
        "infinity",
    ];
    let rows = fields.iter().zip(0..).map(|(field, hour)| format!("2024-03-01T{hour:02}:00:00Z,{field},1\n"));
    let text = format!("t,SO2,NO2\n{}", rows.collect::<String>());
    let options = [
        "--interval",
        "1h",
        "--time",
        "t",
        "--channel",
        "SO2=sulfur dioxide:ppb",
        "--channel",
        "NO2=nitrogen dioxide:ppb",
    ];
    let dir = crate::support::scratch::dir();
    let ended = import_text(dir.path(), &text, &options);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("8 of 16 fields of column `SO2` are rejected, more than 25 %"), "{}", ended.err);
    assert!(
        ended.out.contains("line 3, column `SO2`, `3.5#`") && ended.out.contains("fields rejected, column `SO2`: 8")
    );
    assert!(!dir.path().join("s").exists());
    import_text(dir.path(), &text, &[&options[..], &["--max-rejected", "50"]].concat()).printed();
    let of = |channel| printed(dir.path(), channel).iter().filter(|line| !line.ends_with(',')).count();
    assert_eq!((of("sulfur dioxide"), of("nitrogen dioxide")), (8, 16));
}
