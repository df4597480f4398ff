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
    /// Milliseconds since 1970, as their bits.
    times: Vec<u64>,
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
        self.block.times.push(frame.time.as_ms().cast_unsigned());
        self.block.values.extend_from_slice(frame.values);
        self.block.marks.extend_from_slice(frame.marks);
        if self.block.bytes() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Passes every row to a function, in order, from the first.
    pub(super) fn each<E: From<io::Error>>(&mut self, mut take: impl FnMut(Row<'_>) -> Result<(), E>) -> Result<(), E> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        for _ in 0..self.blocks {
            let mut head = [0; 2 * WORD_BYTES];
            self.file.read_exact(&mut head)?;
            let mut counts = words(&head).map(|count| usize::try_from(u64::from_le_bytes(count)).unwrap_or_default());
            let (rows, bytes) = (counts.next().unwrap_or_default(), counts.next().unwrap_or_default());
            self.bytes.resize(bytes, 0);
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
        let head = [self.block.lines.len() as u64, self.bytes.len() as u64].map(u64::to_le_bytes);
        self.file.write_all(head.as_flattened())?;
        self.file.write_all(&self.bytes)?;
        self.blocks += 1;
        self.block.clear();
        Ok(())
    }
}

impl Block {
    /// Bytes of the rows at most.
    const fn bytes(&self) -> usize {
        self.lines.len() * (2 * WORD_BYTES + self.width * (WORD_BYTES + 1))
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
            time: Timestamp::from_ms(time.cast_signed()),
            values,
            marks,
        })
    }

    /// Appends the columns, one behind the other.
    fn encode(&self, bytes: &mut Vec<u8>) {
        put_run(bytes, &self.lines);
        put_run(bytes, &self.times);
        put(bytes, self.values.iter().map(|value| value.to_le_bytes()));
        match self.marks.as_slice() {
            [first, others @ ..] if others.iter().all(|mark| mark == first) => bytes.push(first.byte()),
            marks => bytes.extend(marks.iter().map(|mark| mark.byte())),
        }
    }

    fn decode(&mut self, rows: usize, bytes: &[u8]) -> Option<()> {
        self.clear();
        let rest = take_run(bytes, rows, &mut self.lines)?;
        let rest = take_run(rest, rows, &mut self.times)?;
        let samples = rows * self.width;
        let (values, marks) = rest.split_at_checked(samples * WORD_BYTES)?;
        self.values.extend(words(values).map(f64::from_le_bytes));
        match marks {
            [mark] => self.marks.resize(samples, Mark::from_byte(*mark)?),
            marks => self.marks.extend(marks.iter().map_while(|mark| Mark::from_byte(*mark))),
        }
        (self.marks.len() == samples).then_some(())
    }
}

/// Appends numbers: the first and the step if all are equally far apart, as most line numbers and times are, otherwise each.
fn put_run(bytes: &mut Vec<u8>, numbers: &[u64]) {
    let step = |pair: &[u64]| if let [left, right] = pair { right.wrapping_sub(*left) } else { 0 };
    let first_step = step(numbers.get(..2).unwrap_or_default());
    let is_run = numbers.windows(2).all(|pair| step(pair) == first_step);
    bytes.push(u8::from(is_run));
    if is_run {
        let first = numbers.first().copied().unwrap_or_default();
        put(bytes, [first, first_step].into_iter().map(u64::to_le_bytes));
    } else {
        put(bytes, numbers.iter().map(|number| number.to_le_bytes()));
    }
}

/// Reads so many numbers, and returns the bytes behind them.
fn take_run<'a>(bytes: &'a [u8], count: usize, numbers: &mut Vec<u64>) -> Option<&'a [u8]> {
    let (is_run, rest) = bytes.split_first()?;
    let (run, behind) = rest.split_at_checked(if *is_run == 1 { 2 } else { count } * WORD_BYTES)?;
    let mut read = words(run).map(u64::from_le_bytes);
    if *is_run == 1 {
        let (first, step) = (read.next()?, read.next()?);
        numbers.extend(std::iter::successors(Some(first), |last| Some(last.wrapping_add(step))).take(count));
    } else {
        numbers.extend(read);
    }
    Some(behind)
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

#[cfg(test)]
mod tests {
    use super::*;
    use vocdb::Quality;

    #[test]
    fn rows_come_back_as_they_were_in_order_and_more_than_once() {
        let normal = Mark::new(true, Quality::Normal);
        for (is_regular, count) in [(true, 0_u64), (true, 1), (false, 2), (true, 100_000), (false, 100_000)] {
            let mut spool = Spool::new(2);
            let row = |index: u64| {
                let jump = if is_regular { 0 } else { index % 7 * index };
                let mark = if is_regular { normal } else { Mark::new(index.is_multiple_of(3), Quality::Suspect) };
                let time = Timestamp::from_ms(60_000 * index.cast_signed() - jump.cast_signed());
                (index * 2 + jump, time, [index as f64, -0.5], [mark, normal])
            };
            let id = InstrumentId::new(1);
            for (line, time, values, marks) in (0..count).map(row) {
                spool.push(line, FrameRef { instrument: id, time, values: &values, marks: &marks }).unwrap();
            }
            for _ in 0..2 {
                let mut rows = (0..count).map(row);
                spool
                    .each(|read| {
                        let (line, time, values, marks) = rows.next().unwrap();
                        assert_eq!((read.line, read.time), (line, time));
                        assert_eq!((read.values, read.marks), (&values[..], &marks[..]));
                        Ok::<(), io::Error>(())
                    })
                    .unwrap();
                assert!(rows.next().is_none(), "a row is missing");
            }
        }
    }
}
