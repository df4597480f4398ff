//! Decoding allocates nothing for a factor, and hostile streams hold no more than a window.

use allocation_counter::measure;
use vocdb::interop::hj212::{
    Command, Content, Decoder, Deframer, Edition, FactorTable, Intake, LocalTime, MeasurementKind, Mode, Outgoing,
    SubItem,
};
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};

/// A frame of so many factors.
fn frame(factors: usize) -> Vec<u8> {
    let qn = LocalTime::parse("20261123020500123").unwrap();
    let mut message = Outgoing::new(Command::RealTime, qn, "MN0001")
        .edition(Edition::Of2017)
        .wants_answer(true)
        .parameter("DataTime", "20261123020500");
    for factor in 0..factors {
        let value = format!("{}.{:03}", factor, factor * 7 % 1000);
        message = message.factor(&format!("a{:05}", 24_000 + factor), &[(SubItem::Rtd, &value), (SubItem::Flag, "N")]);
    }
    message.encode(None).unwrap()
}

fn allocations_of_decoding(factors: usize) -> u64 {
    let (bytes, mut decoder) = (frame(factors), Decoder::new(Mode::Strict));
    let mut read = 0;
    let used = measure(|| {
        let frame = decoder.decode(&bytes).unwrap();
        let Ok(Content::Measurement(measurement)) = Content::of(&frame.segment) else { panic!("no data") };
        read = measurement.factors().filter(|factor| factor.number(SubItem::Rtd).is_some()).count();
    });
    assert_eq!(read, factors);
    used.count_total
}

#[test]
fn decoding_a_frame_allocates_nothing_however_many_factors_it_has() {
    assert_eq!([1, 36, 250].map(allocations_of_decoding), [0, 0, 0]);
}

#[test]
fn frames_of_a_stream_are_decoded_in_the_memory_of_the_first() {
    let bytes = frame(36);
    let mut deframer = Deframer::new(Decoder::new(Mode::Tolerant));
    let mut decode = || {
        assert_eq!(deframer.push(&bytes), bytes.len());
        assert_eq!(deframer.next_frame().unwrap().unwrap().segment.items().count(), 37);
    };
    decode();
    assert_eq!(measure(|| (0..100).for_each(|_| decode())).count_total, 0);
}

#[test]
fn readings_of_known_channels_are_taken_without_an_allocation_for_each() {
    let table = FactorTable::air_2017();
    let codes: Vec<&str> = table
        .iter()
        .filter(|(_, entry)| entry.unit == Some(Unit::MilligramPerM3))
        .map(|(code, _)| code)
        .take(36)
        .collect();
    let channels = codes
        .iter()
        .map(|code| Channel::quantity(table.get(code).unwrap().channel.as_str(), Unit::MicrogramPerM3).unwrap());
    let gc = Instrument::new("gc", Interval::SECOND, channels.collect()).unwrap();
    let mut intake = Intake::new(table.clone());
    intake.map("MN0001", MeasurementKind::RealTime, InstrumentId::new(1), &gc).unwrap();
    let qn = LocalTime::parse("20261123020500123").unwrap();
    let mut message = Outgoing::new(Command::RealTime, qn, "MN0001").parameter("DataTime", "20261123020500");
    for code in &codes {
        message = message.factor(code, &[(SubItem::Rtd, "1.5"), (SubItem::Flag, "N")]);
    }
    let bytes = message.encode(None).unwrap();
    let (mut decoder, mut batch) = (Decoder::new(Mode::Strict), Batch::new());
    let mut take = |batch: &mut Batch| {
        batch.clear();
        let frame = decoder.decode(&bytes).unwrap();
        let taken = intake.read(&frame.segment, batch).unwrap();
        assert_eq!((taken.frames, taken.values, taken.left), (1, 36, 0));
    };
    take(&mut batch);
    assert_eq!(measure(|| take(&mut batch)).count_total, 0);
}

#[test]
fn a_flood_is_skipped_counted_and_held_in_one_window() {
    let floods: [(&str, Vec<u8>); 6] = [
        ("zeros", vec![0; 1 << 20]),
        ("starts", b"##".repeat(1 << 19)),
        ("longest lengths", b"##9999".repeat(170_000)),
        (
            "half frames",
            b"##0120QN=20200828190600000;ST=27;CN=2011;PW=123456;MN=18AAH;Flag=4;CP=&&DataTime=2020".repeat(12_000),
        ),
        ("printed bytes", b"##9999QN={0x00}".repeat(70_000)),
        ("lines", b"##9999\r\n".repeat(130_000)),
    ];
    for (name, flood) in floods {
        for mode in [Mode::Strict, Mode::Tolerant] {
            let used = measure(|| {
                let mut deframer = Deframer::new(Decoder::new(mode));
                let mut frames = 0;
                for piece in flood.chunks(1_500) {
                    super::feed(&mut deframer, piece, &mut |result| frames += usize::from(result.is_ok()));
                    assert!(deframer.held_bytes() < 61 * 1024, "{name}");
                }
                deframer.end();
                while deframer.next_frame().is_some() {}
                let counts = deframer.counts();
                assert_eq!((frames, counts.frames), (0, 0), "{name}");
                assert_eq!((counts.bytes, counts.skipped_bytes), (flood.len() as u64, flood.len() as u64), "{name}");
            });
            assert!(used.bytes_max < 300 << 10, "{name}: {} bytes", used.bytes_max);
        }
    }
}
