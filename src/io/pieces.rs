//! A log file read a piece at a time: however long it is, it takes no more memory than a piece and the longest frame.

use super::Storage;
use super::log::{
    FRAME_HEAD_BYTES, HEADER_BYTES, LogError, LogFrame, LogKind, LogTail, check_header, frame_at, tail_of,
};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes that are read at a time, where no frame is longer.
const PIECE_BYTES: u64 = 1 << 20;

/// The frames of a log file, one after the other.
#[derive(Debug)]
pub(crate) struct LogPieces {
    path: PathBuf,
    piece: Vec<u8>,
    /// How long a piece is, where no frame is longer.
    piece_bytes: u64,
    /// Where the piece begins in the file,
    piece_at: u64,
    /// and the next frame.
    offset: u64,
    /// Where to stop.
    end: u64,
    /// The sequence number of the last frame.
    last: Option<u64>,
}

impl LogPieces {
    /// The frames of a file up to `end`.
    ///
    /// # Errors
    /// As the system gives them.
    pub(crate) fn open(storage: &dyn Storage, path: &Path, end: u64) -> io::Result<Self> {
        Self::of(storage, path, end, PIECE_BYTES)
    }

    fn of(storage: &dyn Storage, path: &Path, end: u64, piece_bytes: u64) -> io::Result<Self> {
        let (path, piece) = (path.to_owned(), Vec::new());
        let mut pieces = Self { path, piece, piece_bytes, piece_at: 0, offset: 0, end, last: None };
        pieces.fill(storage, piece_bytes)?;
        if !pieces.begins_with_header() {
            pieces.fill(storage, end)?;
        }
        Ok(pieces)
    }

    /// Goes behind the header, if it is the right one. A file shorter than its header, or of zeros alone, is torn whole.
    ///
    /// # Errors
    /// [`LogError::Header`] and [`LogError::Version`].
    pub(crate) fn check_header(&mut self, kind: LogKind) -> Result<(), LogError> {
        if self.begins_with_header() || self.piece.iter().any(|byte| *byte != 0) && self.end >= HEADER_BYTES as u64 {
            check_header(&self.piece, kind)?;
            self.offset = HEADER_BYTES as u64;
        }
        Ok(())
    }

    fn begins_with_header(&self) -> bool {
        self.piece.get(..HEADER_BYTES).is_some_and(|header| header.iter().any(|byte| *byte != 0))
    }

    /// The next frame that checks, as far as they follow one another.
    ///
    /// # Errors
    /// As the system gives them.
    pub(crate) fn next(&mut self, storage: &dyn Storage) -> io::Result<Option<LogFrame<'_>>> {
        if self.offset == 0 {
            return Ok(None);
        }
        let mut found = self.frame();
        // The piece may end within the frame, which may be longer than a piece. What still does not check is seen with all that is behind
        // it before it counts as the end: another process may be writing it just now.
        for attempt in 0..3 {
            if found.is_some() || self.piece_at + self.piece.len() as u64 >= self.end {
                break;
            }
            let rest = self.end - self.offset;
            let length = match attempt {
                0 => self.piece_bytes,
                1 => self.claimed_bytes().unwrap_or(rest),
                _ => rest,
            };
            self.fill(storage, length)?;
            found = self.frame();
        }
        let Some((sequence, payload)) = found.filter(|(sequence, _)| self.last.is_none_or(|last| last <= *sequence))
        else {
            return Ok(None);
        };
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        self.last = Some(sequence);
        self.offset = self.piece_at + payload.end as u64;
        Ok(Some(LogFrame { sequence, payload: self.piece.get(payload).unwrap_or_default(), offset }))
    }

    /// What is behind the frames, once [`LogPieces::next`] has found the last of them.
    ///
    /// # Errors
    /// [`LogError::Damaged`] for a tail built to make the search for later frames expensive.
    pub(crate) fn tail(&self) -> Result<LogTail<'_>, LogError> {
        let behind = self.piece.get(self.place()..).unwrap_or_default();
        if self.offset == 0 {
            let torn_bytes = behind.len();
            return Ok(LogTail { torn_bytes, room_bytes: 0, stranded: Vec::new() });
        }
        tail_of(behind, usize::try_from(self.offset).unwrap_or(usize::MAX), self.last)
    }

    /// Where the frames end: what follows is a torn tail, and room.
    #[must_use]
    pub(crate) const fn valid_bytes(&self) -> u64 {
        self.offset
    }

    /// Where the next frame stands in the piece.
    fn place(&self) -> usize {
        usize::try_from(self.offset - self.piece_at).unwrap_or(usize::MAX)
    }

    /// The sequence number of the next frame and where its payload stands in the piece, if the whole frame does.
    fn frame(&self) -> Option<(u64, Range<usize>)> {
        let frame = frame_at(&self.piece, self.place())?;
        let begin = frame.offset + FRAME_HEAD_BYTES;
        Some((frame.sequence, begin..begin + frame.payload.len()))
    }

    /// How long the next frame says it is, as far as the file bears it.
    fn claimed_bytes(&self) -> Option<u64> {
        let head = self.piece.get(self.place()..)?.get(4..8)?;
        let length = u32::from_le_bytes(*head.first_chunk()?);
        let claimed = u64::from(length) + FRAME_HEAD_BYTES as u64;
        (self.offset + claimed <= self.end).then_some(claimed)
    }

    /// Reads a piece from the next frame on. A file that has become shorter meanwhile ends there.
    fn fill(&mut self, storage: &dyn Storage, length: u64) -> io::Result<()> {
        let length = length.min(self.end - self.offset);
        self.piece = Vec::new();
        self.piece = storage.read_at(&self.path, self.offset, length)?;
        self.piece_at = self.offset;
        if (self.piece.len() as u64) < length {
            self.end = self.offset + self.piece.len() as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::FsStorage;
    use super::super::log::{LogContent, file_header, put_frame, read_log};
    use super::*;
    use proptest::prelude::*;

    const KIND: LogKind = LogKind { name: "test", magic: *b"VOCTEST1", version: 1 };

    /// A log file with frames of any length, cut and changed anywhere, with room behind it.
    fn any_file() -> impl Strategy<Value = Vec<u8>> {
        let frames = prop::collection::vec((1_u64..4, prop::collection::vec(any::<u8>(), 0..200)), 0..20);
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (frames, changes, any::<prop::sample::Index>(), any::<bool>(), 0_usize..9000).prop_map(
            |(frames, changes, cut, is_cut, room_bytes)| {
                let mut bytes = file_header(KIND.magic, 1).to_vec();
                let mut sequence = 0;
                for (step, payload) in frames {
                    sequence += step;
                    put_frame(&mut bytes, sequence, &payload);
                }
                if is_cut {
                    bytes.truncate(cut.index(bytes.len()));
                }
                bytes.resize(bytes.len() + room_bytes, 0);
                for (place, byte) in changes {
                    if let Some(length) = std::num::NonZeroUsize::new(bytes.len()) {
                        bytes[place.index(length.get())] = byte;
                    }
                }
                bytes
            },
        )
    }

    /// Frames with their offsets; valid, torn and room bytes; where stranded frames stand.
    type Told = (Vec<(u64, Vec<u8>, usize)>, [usize; 3], Vec<usize>);

    fn read_in_pieces(bytes: &[u8], piece_bytes: u64) -> Result<Told, LogError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut pieces = LogPieces::of(&FsStorage, file.path(), bytes.len() as u64, piece_bytes).unwrap();
        pieces.check_header(KIND)?;
        let mut frames = Vec::new();
        while let Some(frame) = pieces.next(&FsStorage).unwrap() {
            frames.push((frame.sequence, frame.payload.to_vec(), frame.offset));
        }
        let tail = pieces.tail()?;
        let figures = [usize::try_from(pieces.valid_bytes()).unwrap(), tail.torn_bytes, tail.room_bytes];
        Ok((frames, figures, tail.stranded.iter().map(|frame| frame.offset).collect()))
    }

    proptest! {
        #[test]
        fn a_file_in_pieces_says_what_it_says_whole(bytes in any_file(), piece_bytes in 20_u64..400) {
            let whole = read_log(&bytes, KIND).map(|LogContent { frames, valid_bytes, torn_bytes, room_bytes, stranded }| {
                let frames: Vec<_> = frames.iter().map(|frame| (frame.sequence, frame.payload.to_vec(), frame.offset)).collect();
                let stranded: Vec<usize> = stranded.iter().map(|frame| frame.offset).collect();
                (frames, [valid_bytes, torn_bytes, room_bytes], stranded)
            });
            prop_assert_eq!(read_in_pieces(&bytes, piece_bytes), whole);
        }
    }

    #[test]
    fn what_is_written_while_it_is_read_is_no_damage() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bytes = file_header(KIND.magic, 1).to_vec();
        put_frame(&mut bytes, 1, b"one");
        let begun = bytes.len();
        bytes.resize(begun + 400, 0);
        std::fs::write(file.path(), &bytes).unwrap();
        let mut pieces = LogPieces::of(&FsStorage, file.path(), bytes.len() as u64, 60).unwrap();
        pieces.check_header(KIND).unwrap();
        assert_eq!(pieces.next(&FsStorage).unwrap().unwrap().sequence, 1);
        let mut more = bytes[..begun].to_vec();
        put_frame(&mut more, 2, b"two");
        put_frame(&mut more, 3, b"three");
        more.resize(bytes.len(), 0);
        std::fs::write(file.path(), &more).unwrap();
        assert_eq!(pieces.next(&FsStorage).unwrap().unwrap().sequence, 2);
        assert_eq!(pieces.next(&FsStorage).unwrap().unwrap().sequence, 3);
        assert_eq!(pieces.next(&FsStorage).unwrap(), None);
        assert_eq!(pieces.tail().unwrap().stranded, []);
    }
}
