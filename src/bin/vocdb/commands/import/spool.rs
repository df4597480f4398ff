//! The rows of a file between reading and storing, on disk where they are many: nothing is stored before all are checked.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;
use vocdb::model::{FrameRef, Mark};
use vocdb::{Sample, Timestamp};

/// Bytes that are kept in memory; further ones go to a file without a name in the folder for temporary files.
const MEMORY_BYTES: usize = 8 << 20;
/// Bytes written or read at once.
const BUFFER_BYTES: usize = 64 << 10;

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
            self.buffer.extend_from_slice(&value.to_le_bytes());
            self.buffer.push(mark.byte());
        }
        self.rows += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Gives every row to a function, in order, from the first.
    pub(super) fn each<E: From<io::Error>>(&mut self, mut take: impl FnMut(&Row) -> Result<(), E>) -> Result<(), E> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut read = BufReader::with_capacity(BUFFER_BYTES, &mut self.file);
        let mut row = Row { line: 0, time: Timestamp::from_ms(0), samples: Vec::with_capacity(self.width) };
        for _ in 0..self.rows {
            row.line = u64::from_le_bytes(bytes(&mut read)?);
            row.time = Timestamp::from_ms(i64::from_le_bytes(bytes(&mut read)?));
            row.samples.clear();
            for _ in 0..self.width {
                let value = f64::from_le_bytes(bytes(&mut read)?);
                let [mark] = bytes(&mut read)?;
                row.samples.push(Mark::from_byte(mark).unwrap_or_default().sample(value));
            }
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

fn bytes<const COUNT: usize>(read: &mut impl Read) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    read.read_exact(&mut bytes)?;
    Ok(bytes)
}
