//! Any bytes as a file of checksummed frames; an odd first byte has the checksums made right.

use vocdb::io::log::{
    FRAME_HEAD_BYTES, HEADER_BYTES, LogContent, LogKind, file_header, finish_frame, put_frame, read_log,
};

const KIND: LogKind = LogKind { name: "test", magic: *b"VOCTEST1", version: 1 };

/// Makes the checksum of every frame right that can be found by the lengths.
pub fn mend(bytes: &mut [u8]) {
    let mut at = HEADER_BYTES;
    while let Some(head) = bytes.get(at..at + FRAME_HEAD_BYTES) {
        let word = |from: usize| u32::from_le_bytes(std::array::from_fn(|byte| head[from + byte]));
        let length = usize::try_from(word(4)).unwrap_or(usize::MAX);
        let sequence = u64::from(word(8)) | u64::from(word(12)) << 32;
        let Some(frame) = bytes.get_mut(at..(at + FRAME_HEAD_BYTES).saturating_add(length)) else { return };
        finish_frame(frame, sequence);
        at += FRAME_HEAD_BYTES + length;
    }
}

/// Frames in order of their sequences, and every byte accounted for.
pub fn run(input: &[u8]) {
    let Some((mode, bytes)) = input.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if mode & 1 == 1 {
        mend(&mut bytes);
    }
    let Ok(content) = read_log(&bytes, KIND) else { return };
    assert_eq!(content.valid_bytes + content.torn_bytes + content.room_bytes, bytes.len());
    let all: Vec<u64> = content.frames.iter().chain(&content.stranded).map(|frame| frame.sequence).collect();
    assert!(all.is_sorted(), "a commit has the sequence of the row before it, and none falls");
    let _ = content.without_stranded().map(|content: LogContent<'_>| content.frames.len());
}

/// A few frames, with right checksums made in front of reading or not.
pub fn seeds() -> Vec<Vec<u8>> {
    let with = |mode: u8| {
        let mut input = vec![mode];
        input.extend(file_header(KIND.magic, KIND.version));
        for sequence in 1..8_u64 {
            put_frame(&mut input, sequence * 3, &vec![sequence as u8; sequence as usize * 5]);
        }
        input
    };
    vec![with(0), with(1)]
}
