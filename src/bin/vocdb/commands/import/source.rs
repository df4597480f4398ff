//! The bytes of the file: a path, standard input or a pipe, decompressed if they are gzip.

use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// A source that is read once, front to back.
pub(super) struct Source {
    /// Input of [`vocdb::interop::csv::CsvReader`].
    pub(super) bytes: Box<dyn Read>,
    /// Bytes of the file itself read so far.
    pub(super) read: Rc<Cell<u64>>,
    /// Bytes of the file, if known.
    pub(super) total: Option<u64>,
}

impl Source {
    /// Opens a path; `-` is standard input.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Self::new(Box::new(io::stdin()), None);
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let total = metadata.is_file().then_some(metadata.len());
        Self::new(Box::new(file), total)
    }

    fn new(source: Box<dyn Read>, total: Option<u64>) -> io::Result<Self> {
        let read = Rc::new(Cell::new(0));
        let mut counted = Counted { source, read: Rc::clone(&read) };
        let mut start = Vec::new();
        counted.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
        let is_gzip = start == GZIP_MAGIC;
        let whole = Cursor::new(start).chain(counted);
        let bytes: Box<dyn Read> = if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self { bytes, read, total })
    }
}

/// Counts the bytes read.
struct Counted {
    source: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        self.read.set(self.read.get().saturating_add(count as u64));
        Ok(count)
    }
}
