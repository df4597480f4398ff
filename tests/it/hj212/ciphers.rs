//! SM4 of the edition of 2025: published vectors, and ciphertext that looks like the frame around it.

use super::fixture;
use vocdb::interop::hj212::{
    Command, ContentKey, Decoder, Deframer, Deviation, Edition, FaultKind, LocalTime, Mode, Outgoing, SubItem, checksum,
};

fn qn() -> LocalTime {
    LocalTime::parse("20261123020500123").unwrap()
}

fn real_time(value: &str) -> Outgoing {
    Outgoing::new(Command::RealTime, qn(), "MN0001")
        .edition(Edition::Of2025)
        .parameter("DataTime", "20261123020500")
        .factor("a25002", &[(SubItem::Rtd, value), (SubItem::Flag, "N")])
}

fn key() -> ContentKey {
    ContentKey::from_hex("0123456789abcdeffedcba9876543210").unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_usize, 0, vec![]);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        bits = bits << 6 | digits.iter().position(|digit| *digit == letter).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).unwrap());
        }
    }
    bytes
}

#[test]
fn the_vector_of_2025_is_met() {
    let text = fixture("frames_2025.tsv");
    let vector = text.lines().find(|line| line.starts_with("sm4")).unwrap().split('\t').next_back().unwrap();
    let part = |name: &str| vector.split(' ').find_map(|part| part.strip_prefix(name)).unwrap();
    let key = ContentKey::new(part("key=").as_bytes().try_into().unwrap());
    let mut content = part("plain=").as_bytes().to_vec();
    let padding = 16 - content.len() % 16;
    content.extend(std::iter::repeat_n(u8::try_from(padding).unwrap(), padding));
    let plain = content.clone();
    key.encrypt(&mut content);
    assert_eq!(content, base64(part("base64=")));
    key.decrypt(&mut content);
    assert_eq!(content, plain);
}

#[test]
fn the_content_is_encrypted_and_the_checksum_is_of_the_plain_segment() {
    let (plain, encrypted) =
        (real_time("0.0312").encode(None).unwrap(), real_time("0.0312").encode(Some(&key())).unwrap());
    assert_eq!((plain.len(), &plain[..6]), (encrypted.len(), &encrypted[..6]));
    assert_eq!(plain[plain.len() - 6..], encrypted[plain.len() - 6..]);
    let header = plain.windows(5).position(|bytes| bytes == b"CP=&&").unwrap() + 5;
    assert_eq!(plain[..header], encrypted[..header]);
    assert_ne!(plain[header..header + 48], encrypted[header..header + 48]);
    // 56 bytes: three blocks, and eight that stay plain.
    assert_eq!(plain[header + 48..], encrypted[header + 48..]);
    for mode in [Mode::Strict, Mode::Tolerant] {
        let mut decoder = Decoder::new(mode).with_key(key());
        let frame = decoder.decode(&encrypted).unwrap();
        assert_eq!(frame.segment.text().as_bytes(), &plain[6..plain.len() - 6]);
        assert!(frame.forgiven.is_empty());
    }
    let fault = Decoder::new(Mode::Tolerant).decode(&encrypted).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Checksum { .. }), "{fault}");
    let mut other = Decoder::new(Mode::Tolerant).with_key(ContentKey::new([7; 16]));
    assert!(matches!(other.decode(&encrypted).unwrap_err().kind, FaultKind::Checksum { .. }));
}

#[test]
fn a_plain_frame_where_an_encrypted_one_is_due_is_a_deviation() {
    let plain = real_time("0.0312").encode(None).unwrap();
    let fault = Decoder::new(Mode::Strict).with_key(key()).decode(&plain).unwrap_err();
    assert!(fault.to_string().contains("departs from the standard (unencrypted)"), "{fault}");
    assert!(matches!(fault.kind, FaultKind::Deviates { deviations } if deviations.contains(Deviation::Unencrypted)));
    let mut tolerant = Decoder::new(Mode::Tolerant).with_key(key());
    assert_eq!(tolerant.decode(&plain).unwrap().forgiven.to_string(), "unencrypted");
}

#[test]
fn only_commands_of_2025_with_a_whole_block_are_encrypted() {
    let answer = Outgoing::new(Command::RequestAnswer, qn(), "MN0001")
        .edition(Edition::Of2025)
        .parameter("QnRtn", "10000000000");
    let old = real_time("0.0312").edition(Edition::Of2017);
    let short = Outgoing::new(Command::Restart, qn(), "MN0001").edition(Edition::Of2025).parameter("X", "1");
    for message in [answer, old, short] {
        let (plain, encrypted) = (message.encode(None).unwrap(), message.encode(Some(&key())).unwrap());
        assert_eq!(plain, encrypted);
        assert!(Decoder::new(Mode::Strict).with_key(key()).decode(&plain).is_ok());
    }
    assert_eq!([1014, 2000, 2999, 3020].map(ContentKey::covers), [true; 4]);
    assert_eq!([1011, 1999, 3000, 3019, 9014].map(ContentKey::covers), [false; 5]);
}

/// Frames whose ciphertext holds a mark: values are tried until one does.
fn encrypted_with(mark: &[u8]) -> (Vec<u8>, String) {
    for number in 0..4_000_000 {
        let value = format!("{number}.{:012}", number * 7);
        let frame = real_time(&value).encode(Some(&key())).unwrap();
        let start = frame.windows(5).position(|bytes| bytes == b"CP=&&").unwrap() + 5;
        if frame[start..start + 64].windows(mark.len()).any(|bytes| bytes == mark) {
            return (frame, value);
        }
    }
    panic!("no ciphertext has the mark");
}

#[test]
fn ciphertext_with_marks_of_frames_is_framed_by_length() {
    let marked: Vec<(Vec<u8>, String)> = [&b"&&"[..], b"##", b"\r\n", b"\n", b";", b"CP"].map(encrypted_with).into();
    let mut stream = vec![];
    for _ in 0..3 {
        stream.extend(marked.iter().flat_map(|(frame, _)| frame.clone()));
    }
    for mode in [Mode::Strict, Mode::Tolerant] {
        for size in [1, 17, stream.len()] {
            let mut deframer = Deframer::new(Decoder::new(mode).with_key(key()));
            let mut values = vec![];
            for piece in stream.chunks(size) {
                super::feed(&mut deframer, piece, &mut |frame| {
                    let frame = frame.unwrap();
                    let rest = frame.segment.text().split("Rtd=").nth(1).unwrap();
                    values.push(rest.split(',').next().unwrap().to_owned());
                });
            }
            let expected: Vec<&String> = marked.iter().map(|(_, value)| value).collect();
            assert_eq!(values.iter().collect::<Vec<_>>(), expected.repeat(3), "{mode:?} {size}");
            assert_eq!(deframer.counts().skipped_bytes, 0);
        }
    }
}

#[test]
fn garbage_before_an_encrypted_frame_and_a_wrong_length_cost_no_later_frame() {
    let (marked, _) = encrypted_with(b"##");
    let good = real_time("1.5").encode(Some(&key())).unwrap();
    let mut wrong = good.clone();
    wrong[2] = b'9';
    let stream = [&b"noise"[..], &marked, &wrong, &good, &marked, &good].concat();
    for mode in [Mode::Strict, Mode::Tolerant] {
        let mut deframer = Deframer::new(Decoder::new(mode).with_key(key()));
        deframer.push(&stream);
        deframer.end();
        let (mut frames, mut faults) = (0, vec![]);
        while let Some(frame) = deframer.next_frame() {
            match frame {
                Ok(_) => frames += 1,
                Err(fault) => faults.push(fault.kind.name()),
            }
        }
        let strict: &[&str] = if mode == Mode::Strict { &["noise", "truncated"] } else { &["truncated"] };
        assert_eq!((frames, faults.as_slice()), (4, strict), "{mode:?}");
    }
}

#[test]
fn printed_ciphertext_is_read_in_the_tolerant_mode() {
    let frame = real_time("0.0312").encode(Some(&key())).unwrap();
    let printed: Vec<u8> = frame
        .iter()
        .flat_map(|byte| match byte {
            b' '..=b'~' => vec![*byte],
            _ => format!("{{0x{byte:02X}}}").into_bytes(),
        })
        .collect();
    assert!(printed.len() > frame.len() + 40);
    let mut decoder = Decoder::new(Mode::Tolerant).with_key(key());
    let found = decoder.decode(&printed).unwrap();
    assert_eq!(
        (found.forgiven.to_string().as_str(), found.segment.parameter("DataTime")),
        ("printed-bytes", Some("20261123020500"))
    );
    assert!(Decoder::new(Mode::Strict).with_key(key()).decode(&printed).is_err());
    let mut deframer = Deframer::new(Decoder::new(Mode::Tolerant).with_key(key()));
    let stream = [&printed[..], &printed, b"\r\n", &frame].concat();
    let mut frames = 0;
    for piece in stream.chunks(11) {
        assert_eq!(deframer.push(piece), piece.len());
        while let Some(frame) = deframer.next_frame() {
            frame.unwrap();
            frames += 1;
        }
    }
    assert_eq!(frames, 3);
}

#[test]
fn checksums_of_segments_do_not_depend_on_the_key() {
    let frame = real_time("2").encode(Some(&key())).unwrap();
    let plain = real_time("2").encode(None).unwrap();
    let written = std::str::from_utf8(&frame[frame.len() - 6..frame.len() - 2]).unwrap();
    assert_eq!(format!("{:04X}", checksum(&plain[6..plain.len() - 6])), written);
}
