//! Each departure that the tolerant mode forgives: counted under its name, refused by the strict mode.

use super::{framed, outcome};
use std::collections::BTreeSet;
use vocdb::Quality;
use vocdb::interop::hj212::{Decoder, Deviation, Item, Mode, SubItem};

const GOOD: &str = "QN=20160801085857223;ST=32;CN=2011;PW=1;MN=M;Flag=4;CP=&&DataTime=20160801085857;a01-Rtd=1,a01-Flag=N;b02-Rtd=2,b02-Flag=D&&";

/// The good segment with a change.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

/// Frames with one departure each.
fn departures() -> Vec<(Deviation, Vec<u8>)> {
    let whole = String::from_utf8(framed(GOOD)).unwrap();
    let (body, checksum) = whole.trim_end().split_at(whole.len() - 6);
    let modbus = crc_of_modbus(GOOD.as_bytes());
    let segment = |deviation, from, to| (deviation, framed(&changed(from, to)));
    vec![
        (Deviation::TextAround, format!("2024-06-01 recv: {whole}").into_bytes()),
        (Deviation::TextAround, format!("{whole} ok").into_bytes()),
        (Deviation::WrongLength, whole.replacen("##0", "##1", 1).into_bytes()),
        (Deviation::WrongLength, whole.replacen("##01", "##00", 1).into_bytes()),
        (Deviation::LineEnd, whole.trim_end().as_bytes().to_vec()),
        (Deviation::LineEnd, format!("{}\n", whole.trim_end()).into_bytes()),
        (Deviation::ChecksumCase, format!("{body}{}\r\n", checksum.to_lowercase()).into_bytes()),
        (Deviation::ModbusChecksum, format!("{body}{modbus:04X}\r\n").into_bytes()),
        (Deviation::NoChecksum, format!("{body}0000\r\n").into_bytes()),
        segment(Deviation::FieldOrder, "QN=20160801085857223;ST=32;", "ST=32;QN=20160801085857223;"),
        segment(Deviation::MissingQn, "QN=20160801085857223;", ""),
        segment(Deviation::MissingQn, "QN=20160801085857223;", "QN=;"),
        segment(Deviation::MissingFlag, "Flag=4;", ""),
        segment(Deviation::MissingPw, "PW=1;", ""),
        segment(Deviation::EmptyItem, "b02-Flag=D&&", "b02-Flag=D;&&"),
        segment(Deviation::EmptyItem, "857;a01", "857;;a01"),
        segment(Deviation::EmptyItem, "ST=32;", "ST=32;;"),
        segment(Deviation::LongTime, "DataTime=20160801085857", "DataTime=20160801085857123"),
        segment(Deviation::NameCase, "a01-Flag=N", "a01-flag=N"),
        segment(Deviation::NameCase, "a01-Flag=N", "a01-Flag=n"),
        segment(Deviation::UnflaggedFactor, ",a01-Flag=N", ""),
        segment(Deviation::Separator, "a01-Rtd=1,a01", "a01-Rtd=1;a01"),
        segment(Deviation::Separator, "N;b02", "N,b02"),
        segment(Deviation::Separator, "857;a01", "857,a01"),
        segment(Deviation::Separator, "PW=1;MN", "PW=1,MN"),
        segment(Deviation::UnknownQuality, "a01-Flag=N", "a01-Flag=X"),
        segment(Deviation::PacketFields, "Flag=4;", "Flag=4;PNUM=1;PNO=1;"),
        segment(Deviation::PacketFields, "Flag=4;", "Flag=6;"),
        segment(Deviation::PacketFields, "Flag=4;", "Flag=6;PNUM=0001;PNO=1;"),
        segment(Deviation::PacketFields, "Flag=4;", "Flag=04;"),
        segment(Deviation::ResendMark, "Flag=4;", "Flag=4;RF=1;"),
        segment(Deviation::ResendMark, "Flag=4;", "Flag=8;RF=0;"),
        (Deviation::PrintedBytes, whole.replace("\r\n", "{0x0D}{0x0A}").replacen("MN=M", "MN={0x4d}", 1).into_bytes()),
    ]
}

fn crc_of_modbus(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |register: u16, byte| {
        (0..8).fold(register ^ u16::from(*byte), |register, _| (register >> 1) ^ (0xA001 * (register & 1)))
    })
}

#[test]
fn each_departure_is_forgiven_under_its_own_name_and_refused_strictly() {
    let mut named = BTreeSet::new();
    for (deviation, frame) in departures() {
        let text = String::from_utf8_lossy(&frame).into_owned();
        let (_, forgiven) = outcome(Mode::Tolerant, &frame).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(forgiven, deviation.name(), "{text}");
        assert!(outcome(Mode::Strict, &frame).is_err(), "{text}");
        named.insert(deviation);
    }
    // That a frame should be encrypted is known only with a key.
    named.insert(Deviation::Unencrypted);
    assert_eq!(named.into_iter().collect::<Vec<_>>(), Deviation::ALL);
}

#[test]
fn values_and_flags_are_right_however_they_are_separated() {
    for (deviation, frame) in departures() {
        let mut decoder = Decoder::new(Mode::Tolerant);
        let segment = decoder.decode(&frame).unwrap().segment;
        let factors: Vec<_> = segment
            .items()
            .filter_map(|item| match item {
                Item::Factor(factor) => Some((factor.code(), factor.number(SubItem::Rtd), factor.quality())),
                Item::Parameter { .. } => None,
            })
            .collect();
        let first = match deviation {
            Deviation::UnflaggedFactor => None,
            Deviation::UnknownQuality => Some(Quality::Suspect),
            _ => Some(Quality::Normal),
        };
        assert_eq!(factors, [("a01", Some(1.0), first), ("b02", Some(2.0), Some(Quality::Fault))], "{deviation}");
    }
}

#[test]
fn a_checksum_that_is_wrong_in_no_known_way_is_refused_in_both_modes() {
    let mut frame = framed(GOOD);
    let at = frame.len() - 6;
    frame[at..at + 4].copy_from_slice(b"1234");
    for mode in [Mode::Strict, Mode::Tolerant] {
        assert_eq!(outcome(mode, &frame).unwrap_err().kind.name(), "bad-crc");
    }
    let short = String::from_utf8(frame).unwrap().replacen("##0", "##1", 1);
    assert_eq!(outcome(Mode::Tolerant, short.as_bytes()).unwrap_err().kind.name(), "bad-length");
}

#[test]
fn a_factor_that_repeats_a_sub_item_is_two_factors() {
    let frame = framed(&changed("b02-Rtd=2,b02-Flag=D", "a01-Rtd=7;a01-Rtd=8,a01-Xyz=1,a01-Flag=T"));
    let mut decoder = Decoder::new(Mode::Tolerant);
    let segment = decoder.decode(&frame).unwrap().segment;
    let factors = segment.items().skip(1).map(|item| match item {
        Item::Factor(factor) => (factor.number(SubItem::Rtd), factor.quality(), factor.sub_items().count()),
        Item::Parameter { name, .. } => panic!("{name}"),
    });
    let expected =
        [(Some(1.0), Some(Quality::Normal), 2), (Some(7.0), None, 1), (Some(8.0), Some(Quality::OverRange), 3)];
    assert_eq!(factors.collect::<Vec<_>>(), expected);
}
