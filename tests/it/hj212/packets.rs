//! Packets of split messages: duplicates, gaps, contradictions, floods.

use super::framed;
use vocdb::interop::hj212::{Decoder, Joined, Mode, PacketFault, PacketLimits, Reassembler};
use vocdb::{Interval, Timestamp};

/// A packet of the hour data of a station.
fn packet(station: &str, hour: u32, (count, number): (u16, u16), value: &str) -> Vec<u8> {
    framed(&format!(
        "QN=20240601090001{number:03};ST=22;CN=2061;PW=1;MN={station};Flag=7;PNUM={count};PNO={number};\
         CP=&&DataTime=20240601{hour:02}0000;a{number:05}-Avg={value},a{number:05}-Flag=N&&"
    ))
}

fn push(reassembler: &mut Reassembler, frame: &[u8], at_ms: i64) -> Result<Joined, PacketFault> {
    let mut decoder = Decoder::new(Mode::Strict);
    reassembler.push(&decoder.decode(frame).unwrap().segment, Timestamp::from_ms(at_ms))
}

#[test]
fn packets_in_any_order_with_repeats_make_one_message_each() {
    let mut reassembler = Reassembler::new(PacketLimits::default());
    let (mut whole, mut repeated) = (vec![], 0);
    for (hour, number) in [(1, 3), (2, 1), (1, 1), (1, 1), (2, 2), (2, 1), (2, 3), (1, 2)] {
        match push(&mut reassembler, &packet("M", hour, (3, number), "1.5"), 0).unwrap() {
            Joined::Whole(message) => {
                let segment = message.segment().unwrap();
                assert!(segment.packet().is_none() && !segment.flag().has_packets());
                whole.push((segment.parameter("DataTime").unwrap().to_owned(), segment.content().to_owned()));
            }
            Joined::Duplicate => repeated += 1,
            Joined::Waiting { missing } => assert!((1..3).contains(&missing)),
            Joined::Single => panic!("these are packets"),
        }
    }
    let items = "a00001-Avg=1.5,a00001-Flag=N;a00002-Avg=1.5,a00002-Flag=N;a00003-Avg=1.5,a00003-Flag=N";
    let message = |hour: u32| {
        let time = format!("20240601{hour:02}0000");
        (time.clone(), format!("DataTime={time};{items}"))
    };
    assert_eq!((whole, repeated), (vec![message(2), message(1)], 2));
    assert_eq!(reassembler.incomplete_count(), 0);
    reassembler.give_up_all();
    assert_eq!((reassembler.held_bytes(), reassembler.given_up_count()), (0, 0));
}

#[test]
fn a_complete_message_is_returned_again_for_a_repeated_packet_and_replaced_by_a_new_version() {
    let mut reassembler = Reassembler::new(PacketLimits { messages_max: 2, ..PacketLimits::default() });
    let mut content =
        |hour: u32, number: u16, value: &str| match push(&mut reassembler, &packet("M", hour, (2, number), value), 0)
            .unwrap()
        {
            Joined::Whole(message) => Some(message.segment().unwrap().content().to_owned()),
            Joined::Waiting { missing: 1 } => None,
            other => panic!("{other:?}"),
        };
    assert_eq!(content(1, 1, "1.5"), None);
    let whole = content(1, 2, "1.5");
    assert!(whole.is_some());
    // It could not be stored, so its last packet comes again; then the first one, whose answer was lost.
    assert_eq!((content(1, 2, "1.5"), content(1, 1, "1.5")), (whole.clone(), whole.clone()));
    // The station corrects its readings.
    assert_eq!(content(1, 1, "2.5"), None);
    let corrected = content(1, 2, "2.5").unwrap();
    assert_eq!(Some(corrected), whole.map(|text| text.replace("1.5", "2.5")));
    // Complete messages make room without being given up.
    for hour in 2..9 {
        assert_eq!(content(hour, 1, "1"), None);
        assert!(content(hour, 2, "1").is_some());
    }
    assert_eq!((reassembler.given_up_count(), reassembler.incomplete_count()), (0, 0));
}

#[test]
fn contradictions_are_errors_and_the_first_packet_stays() {
    let mut reassembler = Reassembler::new(PacketLimits::default());
    push(&mut reassembler, &packet("M", 1, (3, 1), "1.5"), 0).unwrap();
    let conflict = push(&mut reassembler, &packet("M", 1, (3, 1), "9.9"), 0).unwrap_err();
    assert_eq!(conflict, PacketFault::Conflict { number: 1 });
    let count = push(&mut reassembler, &packet("M", 1, (4, 2), "1.5"), 0).unwrap_err();
    assert_eq!(count, PacketFault::Count { found: 4, expected: 3 });
    let many = push(&mut reassembler, &packet("M", 2, (9_999, 1), "1.5"), 0).unwrap_err();
    assert_eq!(many, PacketFault::TooMany { found: 9_999, max: 256 });
    push(&mut reassembler, &packet("M", 1, (3, 2), "1.5"), 0).unwrap();
    let Joined::Whole(message) = push(&mut reassembler, &packet("M", 1, (3, 3), "1.5"), 0).unwrap() else {
        panic!("incomplete")
    };
    assert!(message.segment().unwrap().content().contains("a00001-Avg=1.5"));
}

#[test]
fn a_packet_without_a_time_joins_the_newest_message() {
    let mut reassembler = Reassembler::new(PacketLimits::default());
    push(&mut reassembler, &packet("M", 1, (2, 1), "1.5"), 0).unwrap();
    let bare = "QN=20240601090001002;ST=22;CN=2061;PW=1;MN=M;Flag=7;PNUM=2;PNO=2;CP=&&a2-Avg=1,a2-Flag=N&&";
    let Joined::Whole(message) = push(&mut reassembler, &framed(bare), 0).unwrap() else { panic!("incomplete") };
    assert_eq!(message.segment().unwrap().items().count(), 3);
}

#[test]
fn messages_that_are_given_up_name_their_missing_packets() {
    let mut reassembler = Reassembler::new(PacketLimits::default());
    push(&mut reassembler, &packet("A", 1, (4, 2), "1"), 1_000).unwrap();
    push(&mut reassembler, &packet("B", 1, (2, 1), "1"), 50_000).unwrap();
    reassembler.give_up_older(Timestamp::from_ms(61_500), Interval::MINUTE);
    let given_up = reassembler.take_incomplete();
    assert_eq!(given_up.len(), 1);
    let first = &given_up[0];
    assert_eq!((first.station.as_str(), first.command, first.data_time.as_str()), ("A", 2061, "20240601010000"));
    assert_eq!((first.missing.as_slice(), first.since), (&[1, 3, 4][..], Timestamp::from_ms(1_000)));
    reassembler.give_up_all();
    assert_eq!((reassembler.take_incomplete()[0].missing.as_slice(), reassembler.given_up_count()), (&[2][..], 2));
    assert_eq!(reassembler.held_bytes(), 0);
}

#[test]
fn a_flood_of_first_packets_is_bounded_and_counted() {
    let limits = PacketLimits { messages_max: 8, packets_max: 4, bytes_max: 2_000 };
    let mut reassembler = Reassembler::new(limits);
    for station in 0..1_000 {
        push(&mut reassembler, &packet(&format!("M{station:04}"), 1, (4, 1), "1"), station).unwrap();
        assert!(reassembler.held_bytes() <= limits.bytes_max);
    }
    let listed = reassembler.take_incomplete();
    assert_eq!((listed.len(), reassembler.given_up_count()), (8, 992));
    assert_eq!(listed[7].station, "M0991");
    let limits = PacketLimits { bytes_max: 300, ..limits };
    let mut reassembler = Reassembler::new(limits);
    push(&mut reassembler, &packet("M", 1, (4, 1), "1"), 0).unwrap();
    push(&mut reassembler, &packet("M", 1, (4, 2), "1"), 0).unwrap();
    let large = push(&mut reassembler, &packet("M", 1, (4, 3), "1"), 0).unwrap_err();
    assert!(matches!(large, PacketFault::TooLarge { bytes_max: 300, .. }));
    // Another message takes the room of the older one.
    push(&mut reassembler, &packet("N", 1, (4, 1), &"1".repeat(100)), 0).unwrap();
    assert_eq!(reassembler.take_incomplete()[0].missing, [3, 4]);
}
