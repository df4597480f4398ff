//! Checksummed frames in a file that grows: what WAL and ledger have in common.
//!
//! A file is a 16-byte header and frames behind one another. A frame is `magic u32, length u32, sequence u64, crc u32`, then `length`
//! payload bytes; the CRC-32C covers length, sequence and payload. Where a frame does not check, the rest of the file is searched for valid
//! frames with later sequences: without any, it is a tail that a crash has torn, or room: zeros that frames would have gone over. With some, the owner of the file must say whether a
//! crash can have left them behind (the medium may keep a later page and lose an earlier one, as long as neither was synced).

use crate::base::bytes::ByteReader;
use crate::base::checksum::crc32c;

/// Bytes of a file header.
pub const HEADER_BYTES: usize = 16;
/// Bytes of a frame before its payload.
pub const FRAME_HEAD_BYTES: usize = 20;

const FRAME_MAGIC: u32 = 0x4D52_4656;

/// The header of a log file: eight bytes of magic, a version, and the checksum of both.
#[must_use]
pub fn file_header(magic: [u8; 8], version: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let (name, rest) = header.split_at_mut(8);
    name.copy_from_slice(&magic);
    let (of_version, of_crc) = rest.split_at_mut(4);
    of_version.copy_from_slice(&version.to_le_bytes());
    let mut covered = magic.to_vec();
    covered.extend_from_slice(&version.to_le_bytes());
    of_crc.copy_from_slice(&crc32c(&covered).to_le_bytes());
    header
}

/// Appends one frame to a buffer.
///
/// A payload of 4 GiB or more is cut in its length field and will not check; callers bound it far below.
pub fn put_frame(out: &mut Vec<u8>, sequence: u64, payload: &[u8]) {
    let begin = out.len();
    begin_frame(out);
    out.extend_from_slice(payload);
    finish_frame(out.get_mut(begin..).unwrap_or_default(), sequence);
}

/// Begins a frame in an empty buffer; its payload is then appended.
pub fn begin_frame(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; FRAME_HEAD_BYTES]);
}

/// Finishes a frame that [`begin_frame`] began: everything behind its head is the payload.
pub fn finish_frame(frame: &mut [u8], sequence: u64) {
    let Some((head, payload)) = frame.split_first_chunk_mut::<FRAME_HEAD_BYTES>() else { return };
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let crc = frame_crc(length, sequence, payload);
    let (magic, rest) = head.split_at_mut(4);
    magic.copy_from_slice(&FRAME_MAGIC.to_le_bytes());
    let (of_length, rest) = rest.split_at_mut(4);
    of_length.copy_from_slice(&length.to_le_bytes());
    let (of_sequence, of_crc) = rest.split_at_mut(8);
    of_sequence.copy_from_slice(&sequence.to_le_bytes());
    of_crc.copy_from_slice(&crc.to_le_bytes());
}

fn frame_crc(length: u32, sequence: u64, payload: &[u8]) -> u32 {
    let mut head = [0; 12];
    let (of_length, of_sequence) = head.split_at_mut(4);
    of_length.copy_from_slice(&length.to_le_bytes());
    of_sequence.copy_from_slice(&sequence.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&head), payload)
}

/// One valid frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFrame<'a> {
    /// Its sequence number.
    pub sequence: u64,
    /// Its payload.
    pub payload: &'a [u8],
    /// Where it begins in the file.
    pub offset: usize,
}

impl LogFrame<'_> {
    /// Where it ends in the file.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.offset + FRAME_HEAD_BYTES + self.payload.len()
    }
}

/// What a log file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogContent<'a> {
    /// The valid frames, in order.
    pub frames: Vec<LogFrame<'a>>,
    /// Bytes from the start of the file that are valid; what follows is a torn tail, and room.
    pub valid_bytes: usize,
    /// Bytes of the torn tail.
    pub torn_bytes: usize,
    /// Zeros behind it that were to be gone over by frames.
    pub room_bytes: usize,
    /// Valid frames with later sequences inside the torn tail, as far as they were searched for.
    pub stranded: Vec<LogFrame<'a>>,
}

impl LogContent<'_> {
    /// Refuses valid frames behind the damage, for files of which every frame was synced before the next was written.
    ///
    /// # Errors
    /// [`LogError::Damaged`] names where the damage begins and where the next valid frame does.
    pub fn without_stranded(self) -> Result<Self, LogError> {
        match self.stranded.first() {
            Some(next) => Err(LogError::Damaged { offset: self.valid_bytes, next_offset: next.offset }),
            None => Ok(self),
        }
    }
}

/// Why a log file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The header is of another kind of file, or damaged.
    #[error("the first 16 bytes are not the header of a {kind} file")]
    Header {
        /// What the file should be.
        kind: &'static str,
    },
    /// The header is of another version.
    #[error("the file has version {found}; this release reads version {known}")]
    Version {
        /// The file's version.
        found: u32,
        /// The latest known.
        known: u32,
    },
    /// A frame does not check, though valid frames follow it.
    #[error("damage at offset {offset}: the frame there is corrupt, but a valid one follows at offset {next_offset}")]
    Damaged {
        /// Where the damage begins.
        offset: usize,
        /// Where the next valid frame begins.
        next_offset: usize,
    },
}

/// Which header a file must have.
#[derive(Debug, Clone, Copy)]
pub struct LogKind {
    /// In words.
    pub name: &'static str,
    /// Its first eight bytes.
    pub magic: [u8; 8],
    /// The version that this release writes and reads.
    pub version: u32,
}

/// Reads a whole log file.
///
/// # Errors
/// [`LogError`] for a wrong header, and for a tail built to make the search for later frames expensive. A file shorter than its header, or of
/// zeros alone, is torn whole.
pub fn read_log(bytes: &[u8], kind: LogKind) -> Result<LogContent<'_>, LogError> {
    if bytes.len() < HEADER_BYTES || bytes.iter().all(|byte| *byte == 0) {
        let torn_bytes = bytes.len();
        return Ok(LogContent { frames: Vec::new(), valid_bytes: 0, torn_bytes, room_bytes: 0, stranded: Vec::new() });
    }
    check_header(bytes, kind)?;
    let mut frames: Vec<LogFrame<'_>> = Vec::new();
    let mut offset = HEADER_BYTES;
    while let Some(frame) = frame_at(bytes, offset) {
        let in_order = frames.last().is_none_or(|before| before.sequence <= frame.sequence);
        if !in_order {
            break;
        }
        offset = offset + FRAME_HEAD_BYTES + frame.payload.len();
        frames.push(frame);
    }
    let last = frames.last().map(|frame| frame.sequence);
    let LogTail { torn_bytes, room_bytes, stranded } = tail_of(bytes.get(offset..).unwrap_or_default(), offset, last)?;
    Ok(LogContent { frames, valid_bytes: offset, torn_bytes, room_bytes, stranded })
}

/// What is behind the frames of a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail<'a> {
    /// Bytes of the torn tail.
    pub torn_bytes: usize,
    /// Zeros behind it that were to be gone over by frames.
    pub room_bytes: usize,
    /// Valid frames with later sequences inside the torn tail, as far as they were searched for.
    pub stranded: Vec<LogFrame<'a>>,
}

/// Looks at what is behind the last frame, of the sequence `last`, and stands in the file from `offset` on.
pub(super) fn tail_of(behind: &[u8], offset: usize, last: Option<u64>) -> Result<LogTail<'_>, LogError> {
    let stranded = stranded_frames(behind, offset, last)?;
    let room_bytes = room_of(behind);
    Ok(LogTail { torn_bytes: behind.len() - room_bytes, room_bytes, stranded })
}

/// How many bytes behind the frames are room: all, where they are zeros; those at the end, where they are more than a torn frame is likely to
/// end with.
fn room_of(behind: &[u8]) -> usize {
    let torn = behind.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let zeros = behind.len() - torn;
    if torn == 0 || zeros >= ROOM_BYTES_MIN { zeros } else { 0 }
}

pub(super) fn check_header(bytes: &[u8], kind: LogKind) -> Result<(), LogError> {
    let mut reader = ByteReader::new(bytes);
    let wrong = LogError::Header { kind: kind.name };
    let magic = reader.take(8).map_err(|_| wrong.clone())?;
    let version = reader.u32().map_err(|_| wrong.clone())?;
    if magic != kind.magic || bytes.get(..HEADER_BYTES) != Some(&file_header(kind.magic, version)[..]) {
        return Err(wrong);
    }
    if version != kind.version {
        return Err(LogError::Version { found: version, known: kind.version });
    }
    Ok(())
}

pub(super) fn frame_at(bytes: &[u8], offset: usize) -> Option<LogFrame<'_>> {
    let mut reader = ByteReader::new(bytes.get(offset..)?);
    if reader.u32().ok()? != FRAME_MAGIC {
        return None;
    }
    let (length, sequence, crc) = (reader.u32().ok()?, reader.u64().ok()?, reader.u32().ok()?);
    let payload = reader.take(usize::try_from(length).ok()?).ok()?;
    (frame_crc(length, sequence, payload) == crc).then_some(LogFrame { sequence, payload, offset })
}

/// Zeros behind a torn frame that are taken for room: a page of most file systems.
const ROOM_BYTES_MIN: usize = 4096;

/// How many times over the tail may be checksummed in the search for later frames.
const SEARCH_FACTOR: usize = 8;

/// The valid frames of a tail, which begins at `offset`, whose sequences continue the log. A checksum is computed only where the magic
/// matches, and a tail built to make that expensive counts as damage once it has been checksummed eight times over.
fn stranded_frames(tail: &[u8], offset: usize, last: Option<u64>) -> Result<Vec<LogFrame<'_>>, LogError> {
    let magic = FRAME_MAGIC.to_le_bytes();
    let mut budget_bytes = tail.len().saturating_mul(SEARCH_FACTOR);
    let mut found: Vec<LogFrame<'_>> = Vec::new();
    let candidates = tail.windows(magic.len()).enumerate().filter(|(_, window)| *window == magic);
    for (at, _) in candidates {
        budget_bytes = budget_bytes.saturating_sub(claimed_bytes(tail, at));
        if budget_bytes == 0 {
            return Err(LogError::Damaged { offset, next_offset: offset + at });
        }
        let before = found.last().map_or(last, |frame| Some(frame.sequence));
        let continues = |frame: &LogFrame<'_>| before.is_none_or(|before| frame.sequence >= before);
        let frame = frame_at(tail, at).filter(continues);
        found.extend(frame.map(|frame| LogFrame { offset: offset + at, ..frame }));
    }
    Ok(found)
}

/// All valid frames of a damaged file, wherever they stand, with sequences that do not fall; nothing is looked for inside of them. A file built to
/// make the search expensive is searched until it has been checksummed eight times over.
#[must_use]
pub fn frames_anywhere(bytes: &[u8]) -> Vec<LogFrame<'_>> {
    let magic = FRAME_MAGIC.to_le_bytes();
    let mut budget_bytes = bytes.len().saturating_mul(SEARCH_FACTOR);
    let mut found: Vec<LogFrame<'_>> = Vec::new();
    let mut offset = 0;
    while let Some(rest) = bytes.get(offset..) {
        let Some(skipped) = rest.windows(magic.len()).position(|window| window == magic) else { break };
        let at = offset + skipped;
        budget_bytes = budget_bytes.saturating_sub(claimed_bytes(bytes, at));
        if budget_bytes == 0 {
            break;
        }
        let last = found.last().map(|frame| frame.sequence);
        let frame = frame_at(bytes, at).filter(|frame| last.is_none_or(|last| last <= frame.sequence));
        offset = frame.map_or(at + 1, |frame| frame.end());
        found.extend(frame);
    }
    found
}

/// The payload length that a frame head claims, as far as the file bears it.
fn claimed_bytes(bytes: &[u8], at: usize) -> usize {
    let left = bytes.len().saturating_sub(at);
    let length = bytes.get(at..).and_then(|rest| {
        let mut reader = ByteReader::new(rest);
        reader.u32().ok()?;
        reader.u32().ok()
    });
    length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: LogKind = LogKind { name: "test", magic: *b"VOCTEST1", version: 1 };

    fn three_frames() -> Vec<u8> {
        let mut bytes = file_header(KIND.magic, 1).to_vec();
        for (sequence, payload) in [(1_u64, &b"one"[..]), (2, b"two and a half"), (5, b"")] {
            put_frame(&mut bytes, sequence, payload);
        }
        bytes
    }

    #[test]
    fn every_truncation_leaves_a_prefix_of_the_frames() {
        let bytes = three_frames();
        let whole = read_log(&bytes, KIND).unwrap();
        assert_eq!(whole.frames.len(), 3);
        for cut in 0..bytes.len() {
            let content = read_log(&bytes[..cut], KIND).unwrap();
            assert!(whole.frames.starts_with(&content.frames), "cut at {cut}");
            assert_eq!(content.valid_bytes + content.torn_bytes + content.room_bytes, cut);
        }
    }

    #[test]
    fn every_flipped_bit_is_an_error_or_a_torn_tail_and_never_a_wrong_frame() {
        let bytes = three_frames();
        let whole = read_log(&bytes, KIND).unwrap();
        let last_frame = whole.frames[2].offset;
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match read_log(&flipped, KIND).and_then(LogContent::without_stranded) {
                Ok(content) => {
                    assert!(bit / 8 >= last_frame, "damage in the middle went unnoticed at bit {bit}");
                    assert_eq!(content.frames.len(), 2);
                }
                Err(error) => assert!(bit / 8 < last_frame, "{error} at bit {bit}"),
            }
        }
    }

    #[test]
    fn frames_are_found_behind_any_damage_and_never_a_wrong_one() {
        let bytes = three_frames();
        let whole = read_log(&bytes, KIND).unwrap().frames;
        assert_eq!(frames_anywhere(&bytes), whole);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x20;
            let found = frames_anywhere(&flipped);
            let spoilt = whole.iter().position(|frame| (frame.offset..frame.end()).contains(&at));
            let left: Vec<u64> =
                (0..3).filter(|number| Some(*number) != spoilt).map(|number| whole[number].sequence).collect();
            assert_eq!(found.iter().map(|frame| frame.sequence).collect::<Vec<_>>(), left, "byte {at}");
        }
    }

    #[test]
    fn zeros_behind_the_frames_are_room_and_what_is_torn_before_them_is_told() {
        let whole = three_frames();
        let last = read_log(&whole, KIND).unwrap().frames[2].offset;
        for cut in last..=whole.len() {
            let mut bytes = whole[..cut].to_vec();
            bytes.resize(cut + 5000, 0);
            let content = read_log(&bytes, KIND).unwrap();
            let frames = if cut == whole.len() { 3 } else { 2 };
            let valid = if cut == whole.len() { cut } else { last };
            assert_eq!((content.frames.len(), content.valid_bytes), (frames, valid), "cut at {cut}");
            let written = whole[valid..cut].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            assert_eq!(
                (content.torn_bytes, content.room_bytes),
                (written, bytes.len() - valid - written),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn another_version_and_another_kind_are_named() {
        for found in [0, 2, 9] {
            let header = file_header(KIND.magic, found);
            assert_eq!(read_log(&header, KIND), Err(LogError::Version { found, known: 1 }));
        }
        let other = file_header(*b"OTHERKND", 1);
        assert_eq!(read_log(&other, KIND), Err(LogError::Header { kind: "test" }));
    }
}
