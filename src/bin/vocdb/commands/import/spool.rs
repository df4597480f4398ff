//! The rows of a file between reading and storing, since nothing is stored before all rows are checked. Many rows are kept on disk.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;
use vocdb::model::{FrameRef, Mark};
use vocdb::{Sample, Timestamp};

/// Bytes kept in memory; further bytes go to an unnamed file in the folder for temporary files.
const MEMORY_BYTES: usize = 8 << 20;
/// Bytes written or read at once.
const BUFFER_BYTES: usize = 64 << 10;
/// Bytes of a row's line and time, and of each of its samples.
const HEAD_BYTES: usize = 16;
const SAMPLE_BYTES: usize = 9;

/// One row of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) time: Timestamp,
    pub(super) samples: Vec<Sample>,
}

/// Rows in the order of the file.
pub(super) struct Spool {
    file: SpooledTempFile,
    buffer: Vec<u8>,
    rows: u64,
    width: usize,
}

impl Spool {
    /// An empty spool for rows of this many samples.
    pub(super) fn new(width: usize) -> Self {
        let buffer = Vec::with_capacity(BUFFER_BYTES);
        Self { file: SpooledTempFile::new(MEMORY_BYTES), buffer, rows: 0, width }
    }

    pub(super) fn push(&mut self, line: u64, frame: FrameRef<'_>) -> io::Result<()> {
        self.buffer.extend_from_slice(&line.to_le_bytes());
        self.buffer.extend_from_slice(&frame.time.as_ms().to_le_bytes());
        for (value, mark) in frame.values.iter().zip(frame.marks) {
            self.buffer.push(mark.byte());
            self.buffer.extend_from_slice(&value.to_le_bytes());
        }
        self.rows += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Passes every row to a function, in order, from the first.
    pub(super) fn each<E: From<io::Error>>(&mut self, mut take: impl FnMut(&Row) -> Result<(), E>) -> Result<(), E> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut read = BufReader::with_capacity(BUFFER_BYTES, &mut self.file);
        let mut row = Row { line: 0, time: Timestamp::from_ms(0), samples: Vec::with_capacity(self.width) };
        let mut record = vec![0; HEAD_BYTES + self.width * SAMPLE_BYTES];
        for _ in 0..self.rows {
            read.read_exact(&mut record)?;
            row.decode(&record).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            take(&row)?;
        }
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl Row {
    fn decode(&mut self, record: &[u8]) -> Option<()> {
        let (line, rest) = record.split_first_chunk()?;
        let (time, samples) = rest.split_first_chunk()?;
        self.line = u64::from_le_bytes(*line);
        self.time = Timestamp::from_ms(i64::from_le_bytes(*time));
        self.samples.clear();
        for sample in samples.as_chunks::<SAMPLE_BYTES>().0 {
            let ([mark], value) = (sample.first_chunk()?, sample.last_chunk()?);
            self.samples.push(Mark::from_byte(*mark)?.sample(f64::from_le_bytes(*value)));
        }
        Some(())
    }
}
