//! Segments as readers see them: opened on first touch, each page checked on first touch.

use super::super::error::StoreError;
use super::footer::{ChunkEntry, Footer, InstrumentEntry};
use super::pages::Pages;
use super::{END_MAGIC, HEAD_BYTES, MAGIC, MARK_CLASSES, SegmentSummary, TAIL_BYTES, VERSION};
use crate::base::bytes::ByteReader;
use crate::base::checksum::{Digest, crc32c, sha256_of};
use crate::codec::PageReader;
use crate::io::{SealedBytes, SealedFile, Storage};
use crate::model::{InstrumentId, Timestamp};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// A segment file that is known by its summary and opened when something is read from it.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    summary: SegmentSummary,
    storage: Arc<dyn Storage>,
    opened: OnceLock<Arc<OpenSegment>>,
    /// Checksum of the file that the ledger records.
    recorded: OnceLock<Digest>,
    /// Present values by instrument, once they have been counted.
    present: OnceLock<BTreeMap<u32, u64>>,
    /// Whether the file goes when the last reader has gone.
    is_doomed: AtomicBool,
}

/// An open segment with its footer.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    path: PathBuf,
    file: SealedFile,
    footer: Footer,
    /// Pages whose checksum was right.
    pages: Pages,
}

/// What is wrong with a file that was changed together with its checksums.
const OTHER_FILE: &str = "it is not the file that the ledger knows by this name, though it checks in itself: restore the right one from a \
                          backup, or let `repair` set it aside";

/// Bytes that are read at a time of a file that is read whole.
const PIECE_BYTES: u64 = 1 << 20;

impl Segment {
    pub(crate) fn new(path: PathBuf, summary: SegmentSummary, storage: Arc<dyn Storage>) -> Self {
        Self {
            path,
            summary,
            storage,
            opened: OnceLock::new(),
            recorded: OnceLock::new(),
            present: OnceLock::new(),
            is_doomed: AtomicBool::new(false),
        }
    }

    pub(crate) const fn summary(&self) -> &SegmentSummary {
        &self.summary
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// First and last time of an instrument's rows, if it has any here.
    pub(crate) fn span(&self, instrument: InstrumentId) -> Option<(Timestamp, Timestamp)> {
        let instruments = &self.summary.instruments;
        let at = instruments.binary_search_by_key(&instrument.number(), |one| one.instrument).ok()?;
        let of_instrument = instruments.get(at)?;
        Some((Timestamp::from_ms(of_instrument.first_ms), Timestamp::from_ms(of_instrument.last_ms)))
    }

    pub(crate) fn open(&self) -> Result<Arc<OpenSegment>, StoreError> {
        if let Some(opened) = self.opened.get() {
            return Ok(Arc::clone(opened));
        }
        let opened = Arc::new(OpenSegment::open(&*self.storage, &self.path)?);
        Ok(Arc::clone(self.opened.get_or_init(|| opened)))
    }

    /// Notes the checksum that the ledger records.
    pub(crate) fn note_recorded(&self, sha256: Digest) {
        let _ = self.recorded.set(sha256);
    }

    /// Refuses a file that is not the one that the ledger knows: rewriting or copying it would give what was changed a checksum of its own.
    pub(crate) fn check_recorded(&self) -> Result<(), StoreError> {
        self.recorded.get().map_or(Ok(()), |recorded| self.open()?.check_sha256(recorded))
    }

    /// As [`Segment::check_recorded`], of the file that has the segment's name now, where another may still be open.
    pub(crate) fn check_named(&self) -> Result<(), StoreError> {
        let opened = || OpenSegment::open(&*self.storage, &self.path);
        self.recorded.get().map_or(Ok(()), |recorded| opened()?.check_sha256(recorded))
    }

    /// Bytes of its pages that are kept in memory.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.opened.get().map_or(0, |opened| opened.pages.kept_bytes())
    }

    /// Present values by the number of their instrument. A segment that nobody reads is not kept open for it.
    pub(crate) fn present_values(&self) -> Result<&BTreeMap<u32, u64>, StoreError> {
        if let Some(present) = self.present.get() {
            return Ok(present);
        }
        let counted = match self.opened.get() {
            Some(opened) => opened.present_values()?,
            None => OpenSegment::open(&*self.storage, &self.path)?.present_values()?,
        };
        Ok(self.present.get_or_init(|| counted))
    }

    /// Lets the file go as soon as nobody reads it any more. What a crash leaves of it, opening removes.
    pub(crate) fn doom(&self) {
        self.is_doomed.store(true, Ordering::Release);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_doomed.load(Ordering::Acquire) {
            let _ = self.storage.remove(&self.path);
        }
    }
}

/// Reads a segment's summary from its footer.
pub(crate) fn read_summary(storage: &dyn Storage, path: &Path) -> Result<SegmentSummary, StoreError> {
    let opened = OpenSegment::open(storage, path)?;
    Ok(opened.footer.summary(opened.file.length()))
}

impl OpenSegment {
    pub(in super::super) fn open(storage: &dyn Storage, path: &Path) -> Result<Self, StoreError> {
        let file = storage.open_sealed(path).map_err(StoreError::io("open", path))?;
        let footer = read_footer(path, &file)?;
        let pages = Pages::new(footer.pages());
        Ok(Self { path: path.to_owned(), file, footer, pages })
    }

    /// The checksum of the whole file as it is now, as the ledger keeps it.
    pub(in super::super) fn sha256(&self) -> Result<Digest, StoreError> {
        let length = self.file.length();
        let pieces = (0..length.div_ceil(PIECE_BYTES)).map(|piece| {
            let offset = piece * PIECE_BYTES;
            let bytes = usize::try_from(PIECE_BYTES.min(length - offset)).unwrap_or(usize::MAX);
            read(&self.path, &self.file, offset, bytes)
        });
        sha256_of(pieces)
    }

    /// Refuses a file that is not the one that the ledger knows, though its pages check.
    pub(in super::super) fn check_sha256(&self, recorded: &Digest) -> Result<(), StoreError> {
        if self.sha256()? == *recorded {
            return Ok(());
        }
        Err(self.corrupt(0, &OTHER_FILE))
    }

    pub(in super::super) fn instruments(&self) -> &[InstrumentEntry] {
        &self.footer.instruments
    }

    pub(in super::super) fn entry(&self, instrument: InstrumentId) -> Option<&InstrumentEntry> {
        self.footer.instruments.iter().find(|entry| entry.id == instrument)
    }

    pub(in super::super) fn chunks(&self, instrument: InstrumentId) -> &[ChunkEntry] {
        self.entry(instrument).map_or(&[], |entry| &entry.chunks)
    }

    /// The bytes of a chunk's page, checked: 0 are the times, 1 and up the channels. `None` where the chunk has no such channel: the
    /// instrument got it later.
    pub(in super::super) fn page(&self, chunk: &ChunkEntry, index: usize) -> Result<Option<SealedBytes>, StoreError> {
        let Some(page) = chunk.pages.get(index) else { return Ok(None) };
        let number = chunk.page_number + index;
        if let Some(bytes) = self.pages.get(number) {
            return Ok(Some(bytes));
        }
        let bytes = read(&self.path, &self.file, page.offset as u64, page.bytes)?;
        if crc32c(&bytes) != page.crc {
            let reason = format!("page {index} of a chunk fails its checksum");
            return Err(self.corrupt(page.offset, &reason));
        }
        self.pages.put(number, &bytes, self.file.is_copied());
        Ok(Some(bytes))
    }

    /// Counted from what stands in front of the values of each page.
    fn present_values(&self) -> Result<BTreeMap<u32, u64>, StoreError> {
        let mut reader = PageReader::new(&MARK_CLASSES);
        let mut counted = BTreeMap::new();
        for entry in &self.footer.instruments {
            let count: &mut u64 = counted.entry(entry.id.number()).or_default();
            let pages = |chunk| (1..=ChunkEntry::channels(chunk)).map(move |channel| (chunk, channel));
            for (chunk, channel) in entry.chunks.iter().flat_map(pages) {
                let page = self.page(chunk, channel)?.unwrap_or_default();
                let opened = reader.open(&page, chunk.block_rows());
                opened.map_err(|error| self.corrupt(Self::offset(chunk, channel), &error))?;
                let present = (0..chunk.blocks.len()).filter_map(|block| reader.stats(block));
                *count += present.map(|(present, ..)| present as u64).sum::<u64>();
            }
        }
        Ok(counted)
    }

    /// An error at an offset of this file.
    pub(in super::super) fn corrupt(&self, offset: usize, reason: &dyn ToString) -> StoreError {
        StoreError::corrupt(&self.path, offset, reason.to_string())
    }

    /// Where a chunk's page begins, for errors.
    pub(in super::super) fn offset(chunk: &ChunkEntry, index: usize) -> usize {
        chunk.pages.get(index).map_or(0, |page| page.offset)
    }
}

/// Reads a part of a file that is as long as it was when it was opened.
fn read(path: &Path, file: &SealedFile, offset: u64, bytes: usize) -> Result<SealedBytes, StoreError> {
    file.read_at(offset, bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            StoreError::corrupt(path, offset, format!("the file ends within the {bytes} bytes there: it was cut short"))
        }
        _ => StoreError::io("read", path)(error),
    })
}

fn read_footer(path: &Path, file: &SealedFile) -> Result<Footer, StoreError> {
    let content = |offset: usize, reason: &str| StoreError::corrupt(path, offset, reason);
    let length = usize::try_from(file.length()).unwrap_or(usize::MAX);
    let head = read(path, file, 0, length.min(HEAD_BYTES))?;
    let mut head = ByteReader::new(&head);
    if head.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
        return Err(content(0, "the file does not begin as a segment does"));
    }
    let version = head.u32().map_err(|error| StoreError::corrupt(path, MAGIC.len(), error))?;
    if version != VERSION {
        let known = format!("segment version {version}; this release reads version {VERSION}");
        return Err(content(MAGIC.len(), &known));
    }
    let tail_at = length.checked_sub(TAIL_BYTES).filter(|at| *at >= HEAD_BYTES);
    let Some(tail_at) = tail_at else { return Err(content(0, "the file is shorter than head and tail of a segment")) };
    let tail = read(path, file, tail_at as u64, TAIL_BYTES)?;
    let mut tail = ByteReader::new(&tail);
    let (length, crc) = (tail.u32().unwrap_or_default(), tail.u32().unwrap_or_default());
    if tail.take(END_MAGIC.len()).ok() != Some(&END_MAGIC[..]) {
        return Err(content(tail_at, "the file does not end as a segment does: it has been cut or extended"));
    }
    let footer_at = usize::try_from(length).ok().and_then(|length| tail_at.checked_sub(length));
    let Some(footer_at) = footer_at.filter(|at| *at >= HEAD_BYTES) else {
        return Err(content(tail_at, "the footer is longer than the file"));
    };
    let footer = read(path, file, footer_at as u64, tail_at - footer_at)?;
    if crc32c(&footer) != crc {
        return Err(content(footer_at, "the footer fails its checksum"));
    }
    Footer::decode(&footer, footer_at).map_err(|error| StoreError::corrupt(path, footer_at, error))
}
