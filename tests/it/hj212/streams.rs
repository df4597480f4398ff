//! Streams: frames in pieces of any size, garbage between them, resynchronisation.

use super::{feed, good_frames, rows};
use proptest::prelude::*;
use vocdb::interop::hj212::{Decoder, Deframer, Deviation, Fault, FaultKind, Frame, Mode};

/// The text of a segment; or the place, the bytes and the name of a fault.
type Seen = Result<String, (u64, u64, String)>;

fn seen(result: Result<Frame<'_>, Fault>) -> Seen {
    let text = result.map(|frame| frame.segment.text().to_owned());
    text.map_err(|fault| (fault.offset, fault.bytes, fault.kind.name().to_owned()))
}

/// What a stream gives: segments, and the faults between them; and the bytes that were skipped.
fn read(mode: Mode, stream: &[u8], sizes: &[usize]) -> (Vec<Seen>, u64) {
    let mut deframer = Deframer::new(Decoder::new(mode));
    let mut found = vec![];
    let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        rest = behind;
        feed(&mut deframer, piece, &mut |result| found.push(seen(result)));
    }
    deframer.end();
    while let Some(result) = deframer.next_frame() {
        found.push(seen(result));
    }
    assert_eq!(deframer.held_bytes(), 0);
    assert_eq!(deframer.counts().bytes, stream.len() as u64);
    (found, deframer.counts().skipped_bytes)
}

fn text(frame: &[u8]) -> String {
    String::from_utf8(frame[6..frame.len() - 6].to_vec()).unwrap()
}

#[test]
fn frames_in_pieces_of_any_size_are_all_found() {
    let frames = good_frames();
    let stream = frames.concat();
    let expected: Vec<_> = frames.iter().map(|frame| Ok(text(frame))).collect();
    for size in [1, 2, 3, 7, 64, 1_500, 100_000] {
        for mode in [Mode::Strict, Mode::Tolerant] {
            assert_eq!(read(mode, &stream, &[size]), (expected.clone(), 0), "{size} {mode:?}");
        }
    }
}

#[test]
fn garbage_between_frames_costs_no_frame() {
    let frames = good_frames();
    let garbage: [&[u8]; 8] =
        [b"\r\n", b"noise", b"##", b"#", b"##12x4", b"##0100short\r\n", b"##9999QN=1;ST=2\r\n", &[0xFF; 300]];
    let mut stream = vec![];
    for (place, frame) in frames.iter().enumerate() {
        stream.extend_from_slice(garbage[place % garbage.len()]);
        stream.extend_from_slice(frame);
    }
    let expected: Vec<String> = frames.iter().map(|frame| text(frame)).collect();
    for mode in [Mode::Strict, Mode::Tolerant] {
        let (found, skipped) = read(mode, &stream, &[13]);
        let segments: Vec<String> = found.into_iter().filter_map(Result::ok).collect();
        assert_eq!(segments, expected, "{mode:?}");
        assert_eq!(skipped, stream.len() as u64 - frames.concat().len() as u64, "{mode:?}");
    }
}

#[test]
fn a_frame_cut_off_by_the_next_one_costs_only_itself() {
    let frames = good_frames();
    for length in 1..frames[0].len() {
        let stream = [&frames[0][..length], &frames[1], &frames[2]].concat();
        for mode in [Mode::Strict, Mode::Tolerant] {
            let (found, _) = read(mode, &stream, &[31]);
            let segments: Vec<String> = found.iter().filter_map(|found| found.clone().ok()).collect();
            assert!(segments.ends_with(&[text(&frames[1]), text(&frames[2])]), "{length} {mode:?}: {found:?}");
        }
    }
}

#[test]
fn a_length_that_is_too_large_does_not_wait_for_later_frames() {
    let frames = good_frames();
    let mut wrong = frames[0].clone();
    wrong[2] = b'9';
    let mut deframer = Deframer::new(Decoder::new(Mode::Strict));
    deframer.push(&wrong);
    let fault = deframer.next_frame().unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Length { declared: 9_101, found: Some(101) });
    assert_eq!((fault.offset, fault.bytes, deframer.held_bytes()), (0, wrong.len() as u64, 0));
    let mut deframer = Deframer::new(Decoder::new(Mode::Tolerant));
    deframer.push(&wrong);
    assert!(deframer.next_frame().unwrap().unwrap().forgiven.contains(Deviation::WrongLength));
}

#[test]
fn offsets_of_frames_and_faults_add_up_to_the_stream() {
    let stream: Vec<u8> = rows().into_iter().flat_map(|row| [b"log: ".to_vec(), row.frame].concat()).collect();
    let mut deframer = Deframer::new(Decoder::new(Mode::Strict));
    let (mut at, mut is_after_fault) = (0, false);
    for piece in stream.chunks(100) {
        assert_eq!(deframer.push(piece), piece.len());
        while let Some(result) = deframer.next_frame() {
            let (offset, bytes) = match &result {
                Ok(frame) => (frame.offset, frame.raw.len() as u64),
                Err(fault) => (fault.offset, fault.bytes),
            };
            // Text behind a faulty frame belongs to its fault.
            assert!(offset == at || is_after_fault && offset == at + 5, "{offset} {at}");
            is_after_fault = result.as_ref().is_err_and(|fault| fault.kind != FaultKind::Noise);
            if let Ok(frame) = &result {
                assert_eq!(frame.raw, &stream[usize::try_from(offset).unwrap()..][..frame.raw.len()]);
            }
            at = offset + bytes;
        }
    }
    assert_eq!(at, stream.len() as u64);
}

proptest! {
    #[test]
    fn the_pieces_of_a_stream_do_not_change_what_is_found(
        parts in prop::collection::vec((0..67_usize, 0..8_u8, any::<u16>()), 1..12),
        sizes in prop::collection::vec(1..400_usize, 1..6),
    ) {
        let rows = rows();
        let mut stream = vec![];
        for (row, change, place) in parts {
            let mut frame = rows[row].frame.clone();
            let place = usize::from(place) % frame.len();
            match change {
                0 => frame.truncate(place),
                1 => frame[place] ^= 0x11,
                2 => frame.insert(place, b'\n'),
                3 => frame.splice(place..place, *b"##").for_each(drop),
                4 => drop(frame.remove(place)),
                _ => {}
            }
            stream.extend(frame);
        }
        for mode in [Mode::Strict, Mode::Tolerant] {
            prop_assert_eq!(read(mode, &stream, &sizes), read(mode, &stream, &[stream.len()]));
        }
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(stream in prop::collection::vec(any::<u8>(), 0..400), sizes in prop::collection::vec(1..50_usize, 1..4)) {
        for mode in [Mode::Strict, Mode::Tolerant] {
            let (_, skipped) = read(mode, &stream, &sizes);
            prop_assert!(skipped <= stream.len() as u64);
        }
    }
}
