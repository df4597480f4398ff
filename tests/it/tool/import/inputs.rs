//! Where a file comes from, and how its bytes and lines are written.

use super::super::{command, run_with};
use super::{import_text, printed};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::process::Stdio;

const TEXT: &str = "t,v\n2024-03-01T00:01:00Z,1\n2024-03-01T00:02:00Z,2\n";
const OPTIONS: [&str; 10] =
    ["--station", "a/B", "--instrument", "gc", "--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb"];
const LINES: [&str; 2] = ["2024-03-01T00:01Z,1", "2024-03-01T00:02Z,2"];

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_file_is_read_once_from_standard_input_plain_or_gzip() {
    for (file, bytes) in [("-", TEXT.as_bytes().to_vec()), ("-", gzip(TEXT)), ("/dev/stdin", TEXT.as_bytes().to_vec())]
    {
        let dir = crate::support::scratch::dir();
        let arguments = [&["import", "s", file][..], &OPTIONS].concat();
        let mut child = command(dir.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(printed(dir.path(), "benzene"), LINES);
    }
}

#[test]
fn a_gzip_file_of_several_members_is_read_whole_and_a_torn_one_stores_nothing() {
    let dir = crate::support::scratch::dir();
    let (first, second) = TEXT.split_at(TEXT.len() - 24);
    std::fs::write(dir.path().join("a.csv.gz"), [gzip(first), gzip(second)].concat()).unwrap();
    run_with(dir.path(), &["import", "s", "a.csv.gz"], &OPTIONS).printed();
    assert_eq!(printed(dir.path(), "benzene"), LINES);
    let whole = gzip(&TEXT.repeat(100));
    std::fs::write(dir.path().join("torn.gz"), &whole[..whole.len() - 9]).unwrap();
    let error = run_with(dir.path(), &["import", "other", "torn.gz"], &OPTIONS).error(1);
    assert!(error.contains("`torn.gz` cannot be read"), "{error}");
    assert!(!dir.path().join("other").exists());
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once() {
    let dir = crate::support::scratch::dir();
    let pipe = dir.path().join("f");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || std::fs::write(pipe, TEXT).unwrap());
    run_with(dir.path(), &["import", "s", "f"], &OPTIONS).printed();
    writer.join().unwrap();
    assert_eq!(printed(dir.path(), "benzene"), LINES);
}

#[test]
fn a_file_that_ends_before_its_header_names_options_of_the_tool() {
    let dir = crate::support::scratch::dir();
    let error = import_text(
        dir.path(),
        "one line\n",
        &["--interval", "1m", "--time", "t", "--channel", "v=benzene:ppb", "--skip-lines", "3"],
    )
    .error(1);
    assert!(error.contains("--skip-lines") && !error.contains(".skip_lines"), "{error}");
}

#[test]
fn other_encodings_are_read_or_refused_with_the_option_that_helps() {
    let text = "Fecha;Benceno µg/m³\n01/03/2024 00:00;1,5\n01/03/2024 01:00;1,6\n";
    let options = [
        "--interval",
        "1h",
        "--delimiter",
        ";",
        "--decimal-comma",
        "--time",
        "Fecha",
        "--time-format",
        "%d/%m/%Y %H:%M",
        "--zone",
        "UTC",
        "--channel",
        "Benceno µg/m³=benzene:ug/m3@20C",
    ];
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = format!("\u{feff}{text}").into_bytes();
    for (bytes, more) in [
        (latin.clone(), &["--encoding", "latin1"][..]),
        (latin.clone(), &["--encoding", "windows-1252"]),
        (wide, &[]),
        (bare.clone(), &["--encoding", "utf-16le"]),
        (marked, &[]),
    ] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), bytes, &[&options[..], more].concat()).printed();
        assert_eq!(printed(dir.path(), "benzene"), ["2024-03-01T00:00Z,1.5", "2024-03-01T01:00Z,1.6"]);
    }
    for bytes in [latin, bare] {
        let dir = crate::support::scratch::dir();
        let error = import_text(dir.path(), bytes, &options).error(1);
        assert!(error.contains("its header is not UTF-8") && error.contains("--encoding"), "{error}");
        assert!(!error.contains('\0') && !error.contains('\u{FFFD}'), "{error}");
    }
}

#[test]
fn a_toa5_file_gives_all_its_rows_and_its_units_are_no_bad_rows() {
    let text = "\"TOA5\",\"Site1\",\"CR1000X\"\n\"TIMESTAMP\",\"RECORD\",\"AirT_C(1)\",\"BC_ugm3\"\n\
        \"TS\",\"RN\",\"Deg C\",\"ug/m^3\"\n\"\",\"\",\"Smp\",\"Avg\"\n\
        \"2024-03-10 01:55:00\",10,2.62,1.2\n\"2024-03-10 02:00:00\",11,2.61,\"NAN\"\n\
        \"2024-03-10 02:05:00\",12,\"NAN\",NAN\n\"2024-03-10 02:05:00\",0,2.5,1.1\n\"2024-03-10 02:10:00\",1,2.5,INF\n";
    let options = [
        "--interval",
        "5m",
        "--skip-lines",
        "1",
        "--time",
        "TIMESTAMP",
        "--time-format",
        "%Y-%m-%d %H:%M:%S",
        "--zone=-07:00",
        "--missing",
        "NAN",
        "--missing",
        "INF",
        "--channel",
        "AirT_C(1)=temperature:C",
        "--channel",
        "BC_ugm3=black carbon:ug/m3",
        "--json",
    ];
    let dir = crate::support::scratch::dir();
    let summary = import_text(dir.path(), text, &options).object();
    assert_eq!(
        (&summary["rows_read"], &summary["rows_rejected"], &summary["rows_merged"]),
        (&5.into(), &0.into(), &1.into())
    );
    let times = ["08:55", "09:00", "09:05", "09:10"].map(|time| format!("2024-03-10T{time}Z"));
    let of =
        |values: [&str; 4]| times.iter().zip(values).map(|(time, value)| format!("{time},{value}")).collect::<Vec<_>>();
    assert_eq!(printed(dir.path(), "temperature"), of(["2.62", "2.61", "2.5", "2.5"]));
    assert_eq!(printed(dir.path(), "black carbon"), of(["1.2", "", "1.1", ""]));
}

#[test]
fn files_without_a_header_are_read_by_place_and_padding_is_no_row() {
    let dir = crate::support::scratch::dir();
    let text = format!("2024-03-01T00:01:00Z,x,1\n2024-03-01T00:02:00Z,y,2\n{}", "\0".repeat(4_096));
    let options = ["--interval", "1m", "--no-header", "--time", "#1", "--channel", "#3=benzene:ppb", "--json"];
    let summary = import_text(dir.path(), text, &options).object();
    assert_eq!((&summary["rows_read"], &summary["rows_rejected"]), (&2.into(), &0.into()));
    assert_eq!(printed(dir.path(), "benzene"), LINES);
}
