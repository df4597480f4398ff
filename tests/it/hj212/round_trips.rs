//! What is decoded is encoded as it was, and what is encoded is decoded as it was meant.

use super::good_frames;
use proptest::prelude::*;
use vocdb::Timestamp;
use vocdb::interop::hj212::{
    Command, ContentKey, Decoder, Edition, EncodeError, Item, Joined, LocalTime, Mode, Outgoing, PacketLimits,
    Reassembler, SubItem,
};

#[test]
fn every_good_frame_is_encoded_as_it_was() {
    for frame in good_frames() {
        let mut decoder = Decoder::new(Mode::Strict);
        let message = Outgoing::of(&decoder.decode(&frame).unwrap().segment);
        assert_eq!(message.encode(None).unwrap(), frame);
    }
}

/// Factors as they are drawn: code, value, whether there is a flag, further sub-items.
type Drawn = (u16, i32, bool, Vec<(u8, u16)>);

fn message(edition: Edition, factors: &[Drawn], is_resent: bool) -> Outgoing {
    let mut message = Outgoing::new(Command::Hour, LocalTime::parse("20261123030001000").unwrap(), "MN0001")
        .system("27")
        .password("123456")
        .edition(edition)
        .wants_answer(true)
        .parameter("DataTime", "20261123020000");
    for (code, value, _, more) in factors {
        let mut sub_items = vec![(SubItem::Avg, format!("{}", f64::from(*value) / 1_000.0))];
        for (kind, value) in more {
            let kind = [SubItem::Min, SubItem::Max, SubItem::Cou, SubItem::ZsAvg, SubItem::EFlag][usize::from(*kind)];
            if sub_items.iter().all(|(known, _)| *known != kind) {
                sub_items.push((kind, value.to_string()));
            }
        }
        sub_items.push((SubItem::Flag, "NFMSDCTB"[usize::from(*code) % 8..][..1].to_owned()));
        let borrowed: Vec<(SubItem, &str)> = sub_items.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
        message = message.factor(&format!("a{code:05}"), &borrowed);
    }
    if is_resent { message.resent() } else { message }
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let factor = (any::<u16>(), any::<i32>(), any::<bool>(), prop::collection::vec((0..5_u8, any::<u16>()), 0..4));
    prop::collection::btree_map(any::<u16>(), factor, 0..40).prop_map(|factors| {
        factors.into_iter().map(|(code, (_, value, flag, more))| (code, value, flag, more)).collect()
    })
}

proptest! {
    #[test]
    fn any_message_is_decoded_as_it_was_meant(factors in drawn(), is_2025 in any::<bool>(), has_key in any::<bool>()) {
        let edition = if is_2025 { Edition::Of2025 } else { Edition::Of2017 };
        let key = has_key.then(|| ContentKey::new([9; 16]));
        let message = message(edition, &factors, is_2025);
        let bytes = message.encode(key.as_ref()).unwrap();
        let mut decoder = Decoder::new(Mode::Strict);
        if let Some(key) = key.clone() {
            decoder = decoder.with_key(key);
        }
        let frame = decoder.decode(&bytes).unwrap();
        prop_assert_eq!(frame.segment.is_resent(), is_2025);
        let read: Vec<_> = frame.segment.items().filter_map(|item| match item {
            Item::Factor(factor) => Some((factor.code().to_owned(), factor.number(SubItem::Avg))),
            Item::Parameter { .. } => None,
        }).collect();
        let meant: Vec<_> = factors.iter().map(|(code, value, ..)| (format!("a{code:05}"), Some(f64::from(*value) / 1_000.0))).collect();
        prop_assert_eq!(read, meant);
        prop_assert_eq!(Outgoing::of(&frame.segment).encode(key.as_ref()).unwrap(), bytes);
    }

    #[test]
    fn a_split_message_is_joined_to_what_it_was(factors in drawn(), content_bytes_max in 150..900_usize, order in any::<usize>()) {
        let whole = message(Edition::Of2017, &factors, false);
        let mut packets = whole.encode_split(content_bytes_max, None).unwrap();
        let count = packets.len();
        let turn = order % count;
        packets.rotate_left(turn);
        if order % 2 == 1 {
            packets.reverse();
        }
        let mut reassembler = Reassembler::new(PacketLimits::default());
        let mut joined = vec![];
        for packet in &packets {
            let mut decoder = Decoder::new(Mode::Strict);
            let frame = decoder.decode(packet).unwrap();
            prop_assert!(frame.segment.content().len() <= content_bytes_max);
            match reassembler.push(&frame.segment, Timestamp::from_ms(0)).unwrap() {
                Joined::Single => joined.push(Outgoing::of(&frame.segment)),
                Joined::Whole(message) => joined.push(Outgoing::of(&message.segment().unwrap())),
                Joined::Waiting { .. } => {}
                Joined::Duplicate => prop_assert!(false, "nothing is sent twice"),
            }
        }
        prop_assert_eq!(joined, vec![whole]);
        prop_assert_eq!(reassembler.incomplete_count(), 0);
    }
}

#[test]
fn texts_that_would_break_the_frame_are_refused() {
    let qn = LocalTime::parse("20261123030001000").unwrap();
    let new = || Outgoing::new(Command::Hour, qn, "MN0001");
    for message in [
        new().parameter("DataTime", "1;MN=other"),
        new().parameter("X&&", "1"),
        new().factor("a1", &[(SubItem::Rtd, "1,a2-Rtd=5")]),
        new().factor("a=1", &[(SubItem::Rtd, "1")]),
        new().password("a\r\n##"),
        Outgoing::new(Command::Hour, qn, "MN;ST=1"),
    ] {
        assert!(matches!(message.encode(None), Err(EncodeError::Text { .. })), "{message:?}");
        assert!(matches!(message.encode_split(950, None), Err(EncodeError::Text { .. })));
    }
    let long =
        (0..900).fold(new(), |message, factor| message.factor(&format!("a{factor:05}"), &[(SubItem::Avg, "1.5")]));
    assert!(matches!(long.encode(None), Err(EncodeError::TooLong { .. })));
    assert!(matches!(long.encode_split(10, None), Err(EncodeError::ItemTooLong { bytes_max: 10, .. })));
    assert!(long.encode_split(950, None).unwrap().len() > 10);
}
