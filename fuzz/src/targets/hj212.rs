//! Any bytes as a stream of HJ 212: strict and tolerant, with and without a key, in pieces that the input chooses.

use vocdb::interop::hj212::{
    Command, Content, ContentKey, Decoder, Deframer, Edition, FactorTable, Intake, LocalTime, MeasurementKind, Mode,
    Outgoing, PacketLimits, Reassembler, SubItem, checksum,
};
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Timestamp, Unit};

fn key() -> ContentKey {
    ContentKey::new([7; 16])
}

fn intake() -> Intake {
    let channels = ["benzene", "toluene"].map(|name| Channel::species(name, Unit::Ppb).expect("a species"));
    let gc = Instrument::new("gc", Interval::HOUR, channels.to_vec()).expect("a name");
    let mut intake = Intake::new(FactorTable::air_2017());
    for kind in MeasurementKind::ALL.into_iter().filter(|kind| *kind != MeasurementKind::RunState) {
        intake.map("M", kind, InstrumentId::new(1), &gc).expect("known channels");
    }
    intake
}

/// Lines of the input as frames with right lengths and checksums, so that what is behind them is reached.
fn mended(input: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        let start = line.windows(2).position(|bytes| bytes == b"##").map_or(0, |start| start + 6).min(line.len());
        let end = line.len().saturating_sub(5).max(start);
        let segment = &line[start..end];
        if segment.len() < 10_000 {
            frames.extend(format!("##{:04}", segment.len()).bytes());
            frames.extend(segment);
            frames.extend(format!("{:04X}\r\n", checksum(segment)).bytes());
        }
    }
    frames
}

/// Every byte is part of a frame or skipped and counted; strict frames are encoded as they were; values are finite.
pub fn run(input: &[u8]) {
    let Some((choice, stream)) = input.split_first() else { return };
    let mended = if choice & 0x80 == 0 { stream.to_vec() } else { mended(stream) };
    let stream = mended.as_slice();
    let mode = if choice & 1 == 0 { Mode::Strict } else { Mode::Tolerant };
    let has_key = choice & 2 != 0;
    let decoder = if has_key { Decoder::new(mode).with_key(key()) } else { Decoder::new(mode) };
    let mut deframer = Deframer::new(decoder);
    let mut reassembler = Reassembler::new(PacketLimits { messages_max: 4, packets_max: 8, bytes_max: 4_096 });
    let (mut intake, mut batch, mut frame_bytes) = (intake(), Batch::new(), 0);
    let mut drain = |deframer: &mut Deframer| {
        while let Some(result) = deframer.next_frame() {
            let Ok(frame) = result else { continue };
            frame_bytes += frame.raw.len() as u64;
            let _ = reassembler.push(&frame.segment, Timestamp::from_ms(0));
            let _ = Content::of(&frame.segment);
            let _ = intake.read(&frame.segment, &mut batch);
            if mode == Mode::Strict && !has_key {
                let again = Outgoing::of(&frame.segment).encode(None).expect("a frame that was decoded");
                assert_eq!(again, frame.raw, "encoded otherwise than it was");
            }
        }
    };
    for mut piece in stream.chunks(usize::from(choice >> 2 & 0x1F) * 32 + 1) {
        while !piece.is_empty() {
            let taken = deframer.push(piece);
            piece = &piece[taken..];
            drain(&mut deframer);
        }
    }
    deframer.end();
    drain(&mut deframer);
    let counts = deframer.counts();
    assert_eq!((counts.bytes, deframer.held_bytes()), (stream.len() as u64, 0));
    assert_eq!(counts.skipped_bytes + frame_bytes, counts.bytes);
    assert!(batch.frames().flat_map(|frame| frame.values.to_vec()).all(f64::is_finite));
}

/// Streams of good frames: data, packets, answers, encrypted ones, and what senders get wrong.
pub fn seeds() -> Vec<Vec<u8>> {
    let qn = LocalTime::parse("20261123030001000").expect("a time");
    let hour = |edition| {
        Outgoing::new(Command::Hour, qn, "M")
            .edition(edition)
            .wants_answer(true)
            .parameter("DataTime", "20261123020000")
            .factor("a25002", &[(SubItem::Min, "0.01"), (SubItem::Avg, "0.0224"), (SubItem::Flag, "N")])
            .factor("a25003", &[(SubItem::Avg, "-1.5"), (SubItem::Flag, "D")])
            .factor("a24088", &[(SubItem::Avg, "1e3"), (SubItem::Flag, "T")])
    };
    let plain = hour(Edition::Of2017).encode(None).expect("a short message");
    let encrypted = hour(Edition::Of2025).encode(Some(&key())).expect("a short message");
    let split = hour(Edition::Of2017).encode_split(90, None).expect("short packets").concat();
    let heartbeat = Outgoing::heartbeat(qn, "M").encode(None).expect("a short message");
    let text = String::from_utf8(plain.clone()).expect("plain text");
    let odd = format!(
        "2026-11-23 recv {}{}{}",
        text.replace("\r\n", "\n"),
        text.replacen("##0", "##1", 1),
        text.replacen("MN=M", "MN={0x4D}", 1)
    );
    let streams: [(u8, Vec<u8>); 7] = [
        (0b0000_0100, plain.clone()),
        (0b1001_0000, [plain.clone(), split, heartbeat].concat()),
        (0b0000_0001, odd.clone().into_bytes()),
        (0b1000_0001, odd.into_bytes()),
        (0b0000_1010, [encrypted.clone(), encrypted.clone()].concat()),
        (0b0000_1011, [encrypted, plain].concat()),
        (0b0000_0001, b"##9999QN=1;##0001\r\n##0000\r\n".to_vec()),
    ];
    streams.map(|(choice, stream)| [&[choice], &stream[..]].concat()).to_vec()
}
