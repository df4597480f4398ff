//! Truncated and flipped frames: a typed error or the right readings, never a panic.

use super::{good_frames, outcome, rows};
use vocdb::interop::hj212::{Decoder, Deviation, FaultKind, Mode};

#[test]
fn a_frame_cut_at_any_byte_is_an_error_or_complete() {
    for row in rows() {
        let whole = outcome(Mode::Tolerant, &row.frame);
        for length in 0..row.frame.len() {
            let cut = &row.frame[..length];
            assert!(outcome(Mode::Strict, cut).is_err(), "{}", String::from_utf8_lossy(cut));
            if let Ok((text, forgiven)) = outcome(Mode::Tolerant, cut) {
                // Nothing but the line end may be missing.
                assert!(length + 2 >= row.frame.len(), "{}", String::from_utf8_lossy(cut));
                assert!(forgiven.contains("line-end"));
                assert_eq!(text, whole.as_ref().unwrap().0);
            }
        }
    }
}

#[test]
fn a_frame_with_any_byte_changed_is_an_error_or_has_the_right_text() {
    let mut by_chance = 0;
    for frame in good_frames() {
        let (text, _) = outcome(Mode::Strict, &frame).unwrap();
        for place in 0..frame.len() {
            for change in [0x01, 0x02, 0x10, 0x20, 0x80, 0xFF] {
                let mut changed = frame.clone();
                changed[place] ^= change;
                assert!(outcome(Mode::Strict, &changed).is_err(), "{place} {change:#x} {text}");
                let mut decoder = Decoder::new(Mode::Tolerant);
                if let Ok(found) = decoder.decode(&changed) {
                    // A frame whose checksum is 0000 cannot be told from one without, and one change in 65,536 hits the checksum of
                    // Modbus: both are marked.
                    let is_marked = found.forgiven.contains(Deviation::NoChecksum);
                    let is_chance = found.forgiven.contains(Deviation::ModbusChecksum);
                    by_chance += usize::from(is_chance);
                    assert!(found.segment.text() == text || is_marked || is_chance, "{place} {change:#x} {text}");
                    assert!(!found.forgiven.is_empty());
                }
            }
        }
    }
    assert!(by_chance <= 3, "{by_chance}");
}

#[test]
fn a_checksum_of_zeros_that_is_right_is_a_checksum_and_one_that_is_wrong_is_marked() {
    let right = rows().into_iter().find(|row| row.frame.ends_with(b"0000\r\n")).unwrap().frame;
    assert_eq!(outcome(Mode::Strict, &right).unwrap().1, "");
    assert_eq!(outcome(Mode::Tolerant, &right).unwrap().1, "");
    let mut other = rows().swap_remove(0).frame;
    let at = other.len() - 6;
    other[at..at + 4].copy_from_slice(b"0000");
    assert!(matches!(
        outcome(Mode::Strict, &other).unwrap_err().kind,
        FaultKind::Checksum { found: 0, computed: 0x1C80 }
    ));
    assert_eq!(outcome(Mode::Tolerant, &other).unwrap().1, "no-checksum");
}

#[test]
fn segments_with_wrong_fields_name_the_field() {
    let good =
        "QN=20160801085857223;ST=32;CN=2011;PW=1;MN=M;Flag=4;CP=&&DataTime=20160801085857;a01-Rtd=1,a01-Flag=N&&";
    assert!(outcome(Mode::Strict, &super::framed(good)).is_ok());
    for (from, to, says) in [
        ("ST=32;", "", "`ST` is missing"),
        ("CN=2011;", "", "`CN` is missing"),
        ("MN=M;", "", "`MN` is missing"),
        ("MN=M;", "MN=;", "`MN` is ``; expected the number of a station"),
        ("CP=&&", "CQ=&&", "`CQ=&&DataTime=20160801085857`"),
        ("CP=&&", "CP=&", "not enclosed in `&&`"),
        ("CN=2011", "CN=20x1", "`CN` is `20x1`; expected four digits"),
        ("CN=2011", "CN=20110", "`CN` is `20110`"),
        ("Flag=4", "Flag=12", "`Flag` is `12`; expected a number from 0 to 11"),
        ("Flag=4", "Flag=6;PNUM=2;PNO=3", "`PNO` is `3`; expected at most PNUM"),
        ("Flag=4", "Flag=6;PNUM=2", "`PNO` is missing"),
        ("Flag=4", "Flag=6;PNUM=0;PNO=0", "`PNUM` is `0`"),
        ("ST=32", "ST=32;ST=33", "the field `ST` twice"),
        ("ST=32", "ST=32;XY=1", "`XY=1`, which HJ 212 does not have"),
        ("QN=20160801085857223", "QN=20160801085857", "`QN` is `20160801085857`; expected 17 digits"),
        ("DataTime=20160801", "DataTime=20160832", "`DataTime` is `20160832085857`; expected 14 digits"),
        ("a01-Rtd=1", "a01-Rtd", "the item `a01-Rtd` of `CP`"),
        ("a01-Rtd=1", "-Rtd=1", "the item `-Rtd=1` of `CP`"),
    ] {
        let segment = good.replacen(from, to, 1);
        for mode in [Mode::Strict, Mode::Tolerant] {
            let fault = outcome(mode, &super::framed(&segment)).expect_err(&segment);
            assert!(fault.to_string().contains(says), "{segment}: {fault}");
        }
    }
    let mut wrong = super::framed(good);
    wrong[20] = 0xFF;
    let segment = &wrong[6..wrong.len() - 6];
    let checksum = format!("{:04X}", vocdb::interop::hj212::checksum(segment));
    let at = wrong.len() - 6;
    wrong[at..at + 4].copy_from_slice(checksum.as_bytes());
    assert_eq!(outcome(Mode::Tolerant, &wrong).unwrap_err().kind, FaultKind::NotText { at: 14 });
}
