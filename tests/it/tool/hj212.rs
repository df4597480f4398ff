//! `vocdb hj212 decode`: one verdict a frame, a summary, and an exit code.

use super::{run, run_with};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use vocdb::interop::hj212::{Command, ContentKey, Edition, LocalTime, Outgoing};

/// The frames of the fixture as a capture.
fn capture(dir: &Path) {
    let text = std::fs::read_to_string(super::fixture("../hj212/frames.tsv")).unwrap();
    let frames = text.lines().skip(1).map(|line| format!("{}\r\n", line.split('\t').nth(3).unwrap()));
    std::fs::write(dir.join("frames.txt"), frames.collect::<String>()).unwrap();
}

#[test]
fn every_frame_of_a_capture_has_its_line_and_verdict() {
    let dir = crate::support::scratch::dir();
    capture(dir.path());
    let golden = std::fs::read_to_string(super::fixture("../hj212/verdicts.tsv")).unwrap();
    for (mode, more) in [(2, &[][..]), (3, &["--tolerant"])] {
        let ended = run_with(dir.path(), &["hj212", "decode", "frames.txt"], more);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        let mut lines = ended.out.lines();
        let mut faults = 0;
        for row in golden.lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            let line = lines.next().unwrap();
            let (place, verdict) = line.split_once(": ").unwrap();
            assert!(place.starts_with(&format!("line {}, byte ", cells[0])), "{line}");
            let expected = cells[mode].split(' ').next().unwrap();
            assert!(verdict.starts_with(&format!("{expected}: ")), "{line} is not {expected}");
            let forgiven = cells[mode].strip_prefix("ok (").and_then(|rest| rest.strip_suffix(')'));
            assert!(forgiven.is_none_or(|forgiven| line.ends_with(&format!("; forgiven: {forgiven}"))), "{line}");
            faults += u64::from(expected != "ok");
        }
        assert!(
            lines.next().unwrap().starts_with(&format!("{} good frames, {faults} faults; ", 67 - faults)),
            "{}",
            ended.out
        );
        assert_eq!(ended.err, format!("error: the file has {faults} faults\n"));
    }
}

#[test]
fn json_has_an_object_for_each_frame_and_the_summary_last() {
    let dir = crate::support::scratch::dir();
    capture(dir.path());
    let ended = run(dir.path(), &["hj212", "decode", "frames.txt", "--tolerant", "--json"]);
    let objects: Vec<serde_json::Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((objects.len(), ended.code), (68, Some(1)));
    let summary = &objects[67];
    assert_eq!((&summary["frames"], &summary["faults"]), (&64.into(), &3.into()), "{summary}");
    assert_eq!(
        (&summary["forgiven"]["modbus-checksum"], &summary["faults_by_kind"]["bad-crc"]),
        (&1.into(), &2.into())
    );
    let real_time = &objects[61];
    assert_eq!((&real_time["command"], &real_time["command_name"]), (&2011.into(), &"real-time data".into()));
    assert_eq!(real_time["parameters"]["DataTime"], "20261123020500");
    let factor = &real_time["factors"][3];
    assert_eq!(
        (&factor["factor"], &factor["quality"], &factor["values"]["Rtd"]),
        (&"a24088".into(), &"over range".into(), &"1.870".into())
    );
    assert_eq!((&objects[13]["verdict"], &objects[13]["line"]), (&"bad-crc".into(), &14.into()));
}

#[test]
fn standard_input_is_decoded_and_a_good_capture_ends_with_zero() {
    let dir = crate::support::scratch::dir();
    let qn = LocalTime::parse("20261123030001000").unwrap();
    let key = "0123456789abcdeffedcba9876543210";
    let message =
        Outgoing::new(Command::Hour, qn, "M\u{202e}N").edition(Edition::Of2025).parameter("DataTime", "20261123020000");
    let frame = message.encode(ContentKey::from_hex(key).as_ref()).unwrap();
    let mut command = super::command(dir.path(), &["hj212", "decode", "-", "--key", key]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&frame.repeat(3)).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.starts_with(
            "line 1, byte 0: ok: CN=2061 hour data, station M\\u{202e}N, DataTime 20261123020000\nline 2, "
        ),
        "{text}"
    );
    assert!(text.ends_with("3 good frames, 0 faults; 0 bytes of 291 bytes belong to no good frame\n"), "{text}");
}

#[test]
fn files_that_cannot_be_decoded_are_refused_with_a_reason() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("none.txt"), "no frames\nhere\n").unwrap();
    let error = run(dir.path(), &["hj212", "decode", "missing.txt"]).error(1);
    assert!(error.contains("cannot read missing.txt: ") && error.contains("check the path"), "{error}");
    let error = run(dir.path(), &["hj212", "decode", "none.txt", "--key", "12"]).error(2);
    assert!(error.contains("write 32 hexadecimal digits"), "{error}");
    let ended = run(dir.path(), &["hj212", "decode", "none.txt", "--tolerant"]);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (Some(1), "error: the file has no frame of HJ 212: none of its bytes begins one (`##`)\n")
    );
    let ended = run(dir.path(), &["hj212", "decode", "none.txt"]);
    assert!(ended.out.starts_with("line 1, byte 0: noise: bytes that belong to no frame"), "{}", ended.out);
}

#[test]
fn a_value_that_is_not_a_number_is_named_and_counted_and_the_frame_is_good() {
    let dir = crate::support::scratch::dir();
    let segment = "QN=20240601080000000;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20240601080000;\
                   w01018-Rtd=abc,w01018-Flag=N;w00000-Rtd=1.5,w00000-Flag=N;w01001-Rtd=,w01001-Flag=D&&";
    std::fs::write(dir.path().join("one.txt"), format!("##{:04}{segment}0000\r\n", segment.len())).unwrap();
    let decode = ["hj212", "decode", "one.txt", "--tolerant"];
    let text = run(dir.path(), &decode).printed();
    assert!(text.contains("; not a number, stored as missing: w01018-Rtd=abc\n"), "{text}");
    assert!(text.ends_with("1 value not a number: correct the sender; the store gets a missing value\n"), "{text}");
    let printed = run_with(dir.path(), &decode, &["--json"]).printed();
    let objects: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let bad = serde_json::json!([{ "factor": "w01018", "sub_item": "Rtd", "value": "abc" }]);
    assert_eq!((&objects[0]["bad_numbers"], &objects[1]["bad_numbers"]), (&bad, &1.into()));
}
