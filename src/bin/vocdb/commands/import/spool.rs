//! The rows of a file between reading and storing, since nothing is stored before all rows are checked. Many rows are kept on disk.

use std::io::{self, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;
use vocdb::model::{FrameRef, Mark};
use vocdb::{InstrumentId, Sample, Timestamp};

/// Bytes kept in memory; further bytes go to an unnamed file in the folder for temporary files.
const MEMORY_BYTES: usize = 8 << 20;
/// Bytes written or read at once.
const BLOCK_BYTES: usize = 256 << 10;
/// Bytes of a line number, a time and a value.
const WORD_BYTES: usize = 8;

/// One row of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) time: Timestamp,
    values: &'a [f64],
    marks: &'a [Mark],
}

impl<'a> Row<'a> {
    pub(super) fn samples(self) -> impl Iterator<Item = Sample> + 'a {
        self.marks.iter().zip(self.values).map(|(mark, value)| mark.sample(*value))
    }

    /// The row as a frame of an instrument.
    pub(super) const fn frame(self, instrument: InstrumentId) -> FrameRef<'a> {
        FrameRef { instrument, time: self.time, values: self.values, marks: self.marks }
    }
}

/// Rows in the order of the file.
pub(super) struct Spool {
    file: SpooledTempFile,
    /// Blocks in the file.
    blocks: u64,
    /// Rows that are not in the file yet, or those of the block read last.
    block: Block,
    bytes: Vec<u8>,
}

/// Some rows in columns.
#[derive(Default)]
struct Block {
    width: usize,
    lines: Vec<u64>,
    times: Vec<i64>,
    values: Vec<f64>,
    marks: Vec<Mark>,
}

impl Spool {
    /// An empty spool for rows of this many samples.
    pub(super) fn new(width: usize) -> Self {
        let block = Block { width, ..Block::default() };
        Self { file: SpooledTempFile::new(MEMORY_BYTES), blocks: 0, block, bytes: Vec::new() }
    }

    pub(super) fn push(&mut self, line: u64, frame: FrameRef<'_>) -> io::Result<()> {
        self.block.lines.push(line);
        self.block.times.push(frame.time.as_ms());
        self.block.values.extend_from_slice(frame.values);
        self.block.marks.extend_from_slice(frame.marks);
        if self.block.bytes() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Passes every row to a function, in order, from the first.
    pub(super) fn each<E: From<io::Error>>(&mut self, mut take: impl FnMut(Row<'_>) -> Result<(), E>) -> Result<(), E> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        for _ in 0..self.blocks {
            let mut rows = [0; WORD_BYTES];
            self.file.read_exact(&mut rows)?;
            let rows = usize::try_from(u64::from_le_bytes(rows)).map_err(io::Error::other)?;
            self.bytes.resize(self.block.bytes_of(rows), 0);
            self.file.read_exact(&mut self.bytes)?;
            self.block.decode(rows, &self.bytes).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            self.block.rows().try_for_each(&mut take)?;
        }
        self.block.clear();
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.block.lines.is_empty() {
            return Ok(());
        }
        self.bytes.clear();
        self.block.encode(&mut self.bytes);
        self.file.write_all(&self.bytes)?;
        self.blocks += 1;
        self.block.clear();
        Ok(())
    }
}

impl Block {
    /// Bytes of the rows, without their number.
    fn bytes(&self) -> usize {
        self.bytes_of(self.lines.len())
    }

    /// Bytes of so many rows.
    const fn bytes_of(&self, rows: usize) -> usize {
        rows * (2 * WORD_BYTES + self.width * (WORD_BYTES + 1))
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.times.clear();
        self.values.clear();
        self.marks.clear();
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        // A row of no samples has none to cut out.
        let width = self.width.max(1);
        let heads = self.lines.iter().zip(&self.times);
        let samples = self.values.chunks_exact(width).zip(self.marks.chunks_exact(width));
        heads.zip(samples).map(|((line, time), (values, marks))| Row {
            line: *line,
            time: Timestamp::from_ms(*time),
            values,
            marks,
        })
    }

    /// Appends the number of rows and the columns, one behind the other.
    fn encode(&self, bytes: &mut Vec<u8>) {
        put(bytes, std::iter::once((self.lines.len() as u64).to_le_bytes()));
        put(bytes, self.lines.iter().map(|line| line.to_le_bytes()));
        put(bytes, self.times.iter().map(|time| time.to_le_bytes()));
        put(bytes, self.values.iter().map(|value| value.to_le_bytes()));
        bytes.extend(self.marks.iter().map(|mark| mark.byte()));
    }

    fn decode(&mut self, rows: usize, bytes: &[u8]) -> Option<()> {
        self.clear();
        let (lines, rest) = bytes.split_at_checked(rows * WORD_BYTES)?;
        let (times, rest) = rest.split_at_checked(rows * WORD_BYTES)?;
        let (values, marks) = rest.split_at_checked(rows * self.width * WORD_BYTES)?;
        self.lines.extend(words(lines).map(u64::from_le_bytes));
        self.times.extend(words(times).map(i64::from_le_bytes));
        self.values.extend(words(values).map(f64::from_le_bytes));
        self.marks.extend(marks.iter().map_while(|mark| Mark::from_byte(*mark)));
        (self.marks.len() == marks.len()).then_some(())
    }
}

/// Appends words whose number is known.
fn put(bytes: &mut Vec<u8>, words: impl ExactSizeIterator<Item = [u8; WORD_BYTES]>) {
    let begin = bytes.len();
    bytes.resize(begin + words.len() * WORD_BYTES, 0);
    let room = bytes.get_mut(begin..).unwrap_or_default();
    for (place, word) in room.as_chunks_mut().0.iter_mut().zip(words) {
        *place = word;
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; WORD_BYTES]> + '_ {
    bytes.as_chunks().0.iter().copied()
}
