//! From sorted rows to the bytes of a segment: built in memory, published whole.

use super::super::error::DecodeError;
use super::footer::{ChunkEntry, Footer, InstrumentEntry, PageEntry};
use super::{END_MAGIC, HEAD_BYTES, MAGIC, MARK_CLASSES, SegmentSummary, VERSION};
use crate::base::background::let_others_go_first;
use crate::base::checksum::crc32c;
use crate::base::limits::{BLOCKS_PER_CHUNK_MAX, ROWS_PER_BLOCK, ROWS_PER_CHUNK_MAX};
use crate::codec::{Effort, PageWriter, encode_times};
use crate::model::{Instrument, InstrumentId, Timestamp};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;
/// Blocks end with the hour where an hour holds at least so many rows: hourly answers then come from statistics alone.
const ROWS_PER_HOUR_MIN: usize = 512;

/// The sorted rows of one instrument, as the writer asks for them.
pub(in super::super) trait RowSource {
    /// The times of all rows, in order.
    fn times(&self) -> Cow<'_, [Timestamp]>;
    /// Adds some rows of neighbouring channels to as many columns.
    fn columns(&self, channels: Range<usize>, rows: Range<usize>, out: &mut [RawColumn]);
}

/// One channel of some rows: a value and a mark's byte each.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct RawColumn {
    pub(in super::super) values: Vec<f64>,
    pub(in super::super) marks: Vec<u8>,
}

/// Channels that are gathered in one pass over the rows: as many as share a line of the cache.
const CHANNELS_PER_PASS: usize = 8;

/// Builds a segment, instrument by instrument, in rising order of their numbers, the rows of each in order of time.
pub(in super::super) struct SegmentWriter {
    out: Vec<u8>,
    footer: Footer,
    pages: PageWriter,
    effort: Effort,
    page_number: usize,
    columns: Vec<RawColumn>,
}

impl SegmentWriter {
    pub(in super::super) fn new(effort: Effort) -> Self {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&VERSION.to_le_bytes());
        debug_assert_eq!(out.len(), HEAD_BYTES);
        let is_settled = effort == Effort::Thorough;
        Self {
            out,
            footer: Footer { first_lsn: 0, last_lsn: 0, is_settled, instruments: Vec::new() },
            pages: PageWriter::new(effort, &MARK_CLASSES),
            effort,
            page_number: 0,
            columns: vec![RawColumn::default(); CHANNELS_PER_PASS],
        }
    }

    /// Begins an instrument.
    pub(in super::super) fn begin(&mut self, id: InstrumentId, station: &str, instrument: Arc<Instrument>) {
        self.footer.instruments.push(InstrumentEntry {
            id,
            station: station.to_owned(),
            instrument,
            chunks: Vec::new(),
        });
    }

    /// Adds rows of the instrument begun last, behind those that it has.
    pub(in super::super) fn push(&mut self, rows: &dyn RowSource) {
        let times = rows.times();
        let mut begin = 0;
        while begin < times.len() {
            let blocks = plan_blocks(times.get(begin..).unwrap_or_default());
            let count = blocks.iter().map(|rows| usize::from(*rows)).sum::<usize>();
            let of_chunk = times.get(begin..begin + count).unwrap_or_default();
            self.push_chunk(rows, of_chunk, begin..begin + count, blocks);
            begin += count;
        }
    }

    fn push_chunk(&mut self, rows: &dyn RowSource, times: &[Timestamp], range: Range<usize>, blocks: Vec<u16>) {
        let Some(entry) = self.footer.instruments.last() else { return };
        let instrument = Arc::clone(&entry.instrument);
        let times: Vec<i64> = times.iter().map(|time| time.as_ms()).collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return };
        let (first, last) = (Timestamp::from_ms(*first), Timestamp::from_ms(*last));
        let mut pages = Vec::with_capacity(1 + instrument.channels().len());
        let is_dense = is_dense(last.since_ms(first), range.len());
        self.pages.set_blocks_per_stream(if is_dense { 1 } else { BLOCKS_PER_CHUNK_MAX });
        let begin = self.out.len();
        encode_times(split(&times, &blocks), self.effort, &mut self.out);
        pages.push(self.page_from(begin));
        for (pass, channels) in instrument.channels().chunks(CHANNELS_PER_PASS).enumerate() {
            self.columns.iter_mut().for_each(|column| {
                column.values.clear();
                column.marks.clear();
            });
            let first = pass * CHANNELS_PER_PASS;
            rows.columns(first..first + channels.len(), range.clone(), &mut self.columns);
            for (channel, column) in channels.iter().zip(&self.columns) {
                let_others_go_first();
                self.pages.begin(Some(channel.decimals()));
                self.pages.look_ahead(&column.values, &column.marks);
                for (values, marks) in split(&column.values, &blocks).zip(split(&column.marks, &blocks)) {
                    self.pages.push_block(values, marks);
                }
                let begin = self.out.len();
                self.pages.finish(&mut self.out);
                let bytes = self.out.get(begin..).unwrap_or_default();
                pages.push(PageEntry { offset: begin, bytes: bytes.len(), crc: crc32c(bytes) });
            }
        }
        let page_number = self.page_number;
        self.page_number += pages.len();
        let chunk = ChunkEntry { first, last, blocks, pages, page_number };
        if let Some(entry) = self.footer.instruments.last_mut() {
            entry.chunks.push(chunk);
        }
    }

    fn page_from(&self, begin: usize) -> PageEntry {
        let bytes = self.out.get(begin..).unwrap_or_default();
        PageEntry { offset: begin, bytes: bytes.len(), crc: crc32c(bytes) }
    }

    /// The file's bytes and its summary.
    pub(in super::super) fn finish(
        mut self,
        lsns: std::ops::RangeInclusive<u64>,
    ) -> Result<(Vec<u8>, SegmentSummary), DecodeError> {
        self.footer.first_lsn = *lsns.start();
        self.footer.last_lsn = *lsns.end();
        self.footer.instruments.retain(|entry| !entry.chunks.is_empty());
        let bytes = self.footer.encode()?;
        let mut out = self.out;
        out.extend_from_slice(&bytes);
        let length = u32::try_from(bytes.len()).map_err(|_| DecodeError::Content("a footer over 4 GiB".to_owned()))?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc32c(&bytes).to_le_bytes());
        out.extend_from_slice(&END_MAGIC);
        let summary = self.footer.summary(out.len() as u64);
        Ok((out, summary))
    }
}

/// Whether rows lie so close together that hours have blocks of their own. Questions about minutes are then asked, and each block is worth
/// a stream of its own; of sparse rows a few blocks are all that there is.
const fn is_dense(span_ms: i64, rows: usize) -> bool {
    span_ms / HOUR_MS * ROWS_PER_HOUR_MIN as i64 <= rows as i64
}

/// How many rows the first blocks of these times take: as many as one chunk holds.
fn plan_blocks(times: &[Timestamp]) -> Vec<u16> {
    let mut blocks = Vec::new();
    let (mut begin, mut total) = (0, 0);
    while begin < times.len() && blocks.len() < BLOCKS_PER_CHUNK_MAX && total < ROWS_PER_CHUNK_MAX {
        let rest = times.get(begin..).unwrap_or_default();
        let rows = rows_of_block(rest).min(ROWS_PER_CHUNK_MAX - total);
        begin += rows;
        total += rows;
        blocks.push(u16::try_from(rows).unwrap_or(u16::MAX));
    }
    blocks
}

/// A block takes 1,024 rows, fewer at the end; where an hour has many rows, none beyond the full hour. As in windows, the full hour itself
/// belongs to the hour that it ends.
fn rows_of_block(times: &[Timestamp]) -> usize {
    let Some(first) = times.first() else { return 0 };
    let rows = times.len().min(ROWS_PER_BLOCK);
    let is_dense = times.get(ROWS_PER_HOUR_MIN).is_some_and(|time| time.since_ms(*first) <= HOUR_MS);
    if !is_dense {
        return rows;
    }
    let hour_end = first.ceil_to(HOUR_MS);
    times.get(..rows).unwrap_or_default().partition_point(|time| *time <= hour_end)
}

/// Slices of the given lengths.
fn split<'a, T>(values: &'a [T], lengths: &'a [u16]) -> impl Iterator<Item = &'a [T]> {
    let mut rest = values;
    lengths.iter().map(move |length| {
        let size = usize::from(*length).min(rest.len());
        let (now, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        rest = later;
        now
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(step_ms: i64, rows: i64, first_ms: i64) -> Vec<Timestamp> {
        (0..rows).map(|row| Timestamp::from_ms(first_ms + row * step_ms)).collect()
    }

    #[test]
    fn blocks_of_dense_rows_end_with_the_hour() {
        let times = every(1000, 7_300, 1_700_000_000_000);
        let blocks = plan_blocks(&times);
        assert_eq!(blocks.iter().map(|rows| usize::from(*rows)).sum::<usize>(), 7_300);
        let mut row = 0;
        for rows in blocks {
            let (first, last) = (times[row], times[row + usize::from(rows) - 1]);
            assert_eq!(first.ceil_to(HOUR_MS), last.ceil_to(HOUR_MS), "block at row {row}");
            row += usize::from(rows);
        }
    }

    #[test]
    fn blocks_of_sparse_rows_are_full() {
        assert_eq!(plan_blocks(&every(60_000, 2_500, 0)), vec![1024, 1024, 452]);
    }
}
