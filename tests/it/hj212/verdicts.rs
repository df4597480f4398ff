//! Every row of the fixtures has its verdict, strict and tolerant.

use super::{fixture, outcome, rows};
use vocdb::interop::hj212::{Decoder, Edition, FaultKind, Mode};

fn verdict(mode: Mode, frame: &[u8]) -> String {
    match outcome(mode, frame) {
        Ok((_, forgiven)) if forgiven.is_empty() => "ok".to_owned(),
        Ok((_, forgiven)) => format!("ok ({forgiven})"),
        Err(fault) => match fault.kind {
            FaultKind::Deviates { deviations } => format!("deviates ({deviations})"),
            kind => kind.name().to_owned(),
        },
    }
}

#[test]
fn every_frame_has_its_golden_verdict_in_both_modes() {
    let mut found = "frame\tverdict\tstrict\ttolerant\n".to_owned();
    for (place, row) in rows().iter().enumerate() {
        let [strict, tolerant] = [Mode::Strict, Mode::Tolerant].map(|mode| verdict(mode, &row.frame));
        found += &format!("{}\t{}\t{strict}\t{tolerant}\n", place + 1, row.verdict);
    }
    assert_eq!(found, fixture("verdicts.tsv"), "{found}");
}

#[test]
fn the_collected_verdicts_hold_in_both_modes() {
    for (place, row) in rows().iter().enumerate() {
        for mode in [Mode::Strict, Mode::Tolerant] {
            let found = verdict(mode, &row.frame);
            let holds = match (row.verdict.as_str(), mode) {
                // Length and checksum are right; the strict mode may object to the form.
                ("ok", Mode::Strict) => found == "ok" || found.starts_with("deviates"),
                ("ok" | "computed", _) => found.starts_with("ok"),
                ("crc-modbus-variant", Mode::Tolerant) => found.contains("modbus-checksum"),
                (expected, _) => found == expected,
            };
            assert!(holds, "row {}: {} is {found} in {mode:?}", place + 1, row.verdict);
        }
    }
}

#[test]
fn the_frame_of_2025_is_decoded() {
    let text = fixture("frames_2025.tsv");
    let frame = text.lines().find_map(|line| line.strip_prefix("frame\t")).unwrap();
    let frame = format!("{}\r\n", frame.split('\t').next_back().unwrap());
    let mut decoder = Decoder::new(Mode::Strict);
    let flag = decoder.decode(frame.as_bytes()).unwrap().segment.flag();
    assert_eq!((flag.edition(), flag.wants_answer(), flag.number()), (Edition::Of2025, true, 9));
}

#[test]
fn a_fault_says_where_it_is_and_what_to_do() {
    let texts: Vec<String> = rows()
        .iter()
        .filter_map(|row| outcome(Mode::Strict, &row.frame).err())
        .map(|fault| fault.to_string())
        .collect();
    let modbus = "byte 0: the checksum ED94 is the one of Modbus; HJ 212 has A441: the sender must be corrected";
    assert!(texts.iter().any(|text| text == modbus), "{texts:#?}");
    let length = "byte 0: the length declares 131 bytes, but the segment has 137";
    assert!(texts.iter().any(|text| text == length), "{texts:#?}");
}
