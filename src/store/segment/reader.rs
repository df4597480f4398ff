//! Segments as readers see them: opened on first touch, checked block by block.

use super::super::error::{DecodeError, StoreError};
use super::super::io::{Mapped, Storage};
use super::footer::{BlockEntry, Footer, InstrumentEntry};
use super::{END_MAGIC, HEAD_BYTES, MAGIC, SegmentSummary, TAIL_BYTES, VERSION};
use crate::base::bytes::ByteReader;
use crate::base::checksum::crc32c;
use crate::codec::{decode_marks, decode_times, decode_values};
use crate::model::{InstrumentId, Mark, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A segment file that is known by its summary and opened when something is read from it.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    summary: SegmentSummary,
    storage: Arc<dyn Storage>,
    opened: OnceLock<Arc<OpenSegment>>,
}

/// A mapped segment with its footer.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    path: PathBuf,
    bytes: Mapped,
    footer: Footer,
}

/// The decoded columns of one block.
pub(crate) struct BlockColumns {
    pub(crate) times: Vec<Timestamp>,
    /// Per asked channel, a value and a mark a row.
    pub(crate) columns: Vec<(Vec<f64>, Vec<Mark>)>,
}

impl Segment {
    pub(crate) fn new(path: PathBuf, summary: SegmentSummary, storage: Arc<dyn Storage>) -> Self {
        Self { path, summary, storage, opened: OnceLock::new() }
    }

    pub(crate) const fn summary(&self) -> &SegmentSummary {
        &self.summary
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// First and last time of an instrument's rows, if it has any here.
    pub(crate) fn span(&self, instrument: InstrumentId) -> Option<(Timestamp, Timestamp)> {
        let of_instrument = self.summary.instruments.iter().find(|one| one.instrument == instrument.number())?;
        Some((Timestamp::from_ms(of_instrument.first_ms), Timestamp::from_ms(of_instrument.last_ms)))
    }

    pub(crate) fn open(&self) -> Result<Arc<OpenSegment>, StoreError> {
        if let Some(opened) = self.opened.get() {
            return Ok(Arc::clone(opened));
        }
        let opened = Arc::new(OpenSegment::open(&*self.storage, &self.path)?);
        Ok(Arc::clone(self.opened.get_or_init(|| opened)))
    }
}

/// Reads a segment's summary from its footer.
pub(crate) fn read_summary(storage: &dyn Storage, path: &Path) -> Result<SegmentSummary, StoreError> {
    let opened = OpenSegment::open(storage, path)?;
    Ok(opened.footer.summary(opened.bytes.len() as u64))
}

impl OpenSegment {
    fn open(storage: &dyn Storage, path: &Path) -> Result<Self, StoreError> {
        let bytes = storage.map(path).map_err(StoreError::io("map", path))?;
        let footer = read_footer(&bytes).map_err(|(offset, error)| StoreError::corrupt(path, offset, error))?;
        Ok(Self { path: path.to_owned(), bytes, footer })
    }

    fn entry(&self, instrument: InstrumentId) -> Option<&InstrumentEntry> {
        self.footer.instruments.iter().find(|entry| entry.id == instrument)
    }

    pub(crate) fn blocks(&self, instrument: InstrumentId) -> &[BlockEntry] {
        self.entry(instrument).map_or(&[], |entry| &entry.blocks)
    }

    /// Decodes the times and some channels of one block.
    pub(crate) fn decode(&self, block: &BlockEntry, channels: &[usize]) -> Result<BlockColumns, StoreError> {
        let corrupt = |error: DecodeError| StoreError::corrupt(&self.path, block.offset, error);
        let times =
            decode_times(self.column(block, 0).map_err(corrupt)?, block.rows).map_err(|error| corrupt(error.into()))?;
        let mut columns = Vec::with_capacity(channels.len());
        for channel in channels {
            columns.push(self.decode_channel(block, *channel).map_err(corrupt)?);
        }
        Ok(BlockColumns { times: times.into_iter().map(Timestamp::from_ms).collect(), columns })
    }

    /// A channel that the segment does not know is missing throughout: the instrument got it later.
    fn decode_channel(&self, block: &BlockEntry, channel: usize) -> Result<(Vec<f64>, Vec<Mark>), DecodeError> {
        if 2 + 2 * channel >= block.columns.len() {
            return Ok((vec![0.0; block.rows], vec![Mark::default(); block.rows]));
        }
        let bytes = decode_marks(self.column(block, 1 + 2 * channel)?, block.rows)?;
        let marks = bytes.iter().map(|byte| Mark::from_byte(*byte)).collect::<Option<Vec<Mark>>>();
        let marks = marks.ok_or_else(|| DecodeError::Content("a byte that is no mark".to_owned()))?;
        let present = marks.iter().filter(|mark| mark.is_present()).count();
        let mut present = decode_values(self.column(block, 2 + 2 * channel)?, present)?.into_iter();
        let mut value_of = |mark: &Mark| if mark.is_present() { present.next().unwrap_or_default() } else { 0.0 };
        let values = marks.iter().map(&mut value_of).collect();
        Ok((values, marks))
    }

    fn column(&self, block: &BlockEntry, index: usize) -> Result<&[u8], DecodeError> {
        let before: usize = block.columns.iter().take(index).map(|column| column.bytes).sum();
        let begin = block.offset + before;
        let entry = block.columns.get(index);
        let bytes = entry.and_then(|entry| self.bytes.get(begin..begin + entry.bytes));
        let (Some(bytes), Some(entry)) = (bytes, entry) else {
            return Err(DecodeError::Content(format!("column {index} lies outside the file")));
        };
        if crc32c(bytes) != entry.crc {
            return Err(DecodeError::Content(format!("column {index} at offset {begin} fails its checksum")));
        }
        Ok(bytes)
    }
}

fn read_footer(bytes: &[u8]) -> Result<Footer, (usize, DecodeError)> {
    let content = |offset: usize, reason: &str| (offset, DecodeError::Content(reason.to_owned()));
    let mut head = ByteReader::new(bytes);
    if head.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
        return Err(content(0, "the file does not begin as a segment does"));
    }
    let version = head.u32().map_err(|error| (MAGIC.len(), error.into()))?;
    if version != VERSION {
        return Err(content(MAGIC.len(), &format!("segment version {version}; this release reads version {VERSION}")));
    }
    let tail_at = bytes.len().checked_sub(TAIL_BYTES).filter(|at| *at >= HEAD_BYTES);
    let Some(tail_at) = tail_at else { return Err(content(0, "the file is shorter than head and tail of a segment")) };
    let mut tail = ByteReader::new(bytes.get(tail_at..).unwrap_or_default());
    let (length, crc) = (tail.u32().unwrap_or_default(), tail.u32().unwrap_or_default());
    if tail.take(END_MAGIC.len()).ok() != Some(&END_MAGIC[..]) {
        return Err(content(tail_at, "the file does not end as a segment does: it has been cut or extended"));
    }
    let footer_at = usize::try_from(length).ok().and_then(|length| tail_at.checked_sub(length));
    let Some(footer_at) = footer_at.filter(|at| *at >= HEAD_BYTES) else {
        return Err(content(tail_at, "the footer is longer than the file"));
    };
    let footer = bytes.get(footer_at..tail_at).unwrap_or_default();
    if crc32c(footer) != crc {
        return Err(content(footer_at, "the footer fails its checksum"));
    }
    Footer::decode(footer, footer_at).map_err(|error| (footer_at, error))
}
