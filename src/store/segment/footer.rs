//! The footer of a segment: which instruments it holds, what they measured, and where their chunks lie.

use super::super::error::DecodeError;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::base::limits::{
    BLOCKS_PER_CHUNK_MAX, CHANNELS_PER_INSTRUMENT_MAX, LEDGER_RECORD_BYTES_MAX, ROWS_PER_BLOCK, ROWS_PER_CHUNK_MAX,
};
use crate::model::{Instrument, InstrumentId, Timestamp};
use bincode::Options;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One page: the times of a chunk, or one of its channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageEntry {
    /// Where it begins in the file.
    pub(super) offset: usize,
    pub(super) bytes: usize,
    pub(super) crc: u32,
}

/// One chunk: up to 16,384 rows of one instrument in blocks of up to 1,024.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ChunkEntry {
    pub(in super::super) first: Timestamp,
    pub(in super::super) last: Timestamp,
    /// Rows of each block.
    pub(in super::super) blocks: Vec<u16>,
    /// Times, then each channel in turn.
    pub(super) pages: Vec<PageEntry>,
    /// The number of the first page among all of the file.
    pub(super) page_number: usize,
}

impl ChunkEntry {
    pub(in super::super) fn rows(&self) -> usize {
        self.blocks.iter().map(|rows| usize::from(*rows)).sum()
    }

    pub(in super::super) fn rows_of_block(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(0, |rows| usize::from(*rows))
    }

    pub(in super::super) fn block_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.blocks.iter().map(|rows| usize::from(*rows))
    }

    /// Bytes of its pages, or of one channel's page.
    pub(in super::super) fn bytes(&self, channel: Option<usize>) -> u64 {
        match channel {
            Some(channel) => self.pages.get(channel + 1).map_or(0, |page| page.bytes as u64),
            None => self.pages.iter().map(|page| page.bytes as u64).sum(),
        }
    }

    /// Channels that it has pages for.
    pub(in super::super) const fn channels(&self) -> usize {
        self.pages.len().saturating_sub(1)
    }
}

/// All chunks of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct InstrumentEntry {
    pub(in super::super) id: InstrumentId,
    pub(in super::super) station: String,
    pub(in super::super) instrument: Arc<Instrument>,
    pub(in super::super) chunks: Vec<ChunkEntry>,
}

/// The footer's content.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Footer {
    pub(super) first_lsn: u64,
    pub(super) last_lsn: u64,
    /// Whether its pages are as small as this release makes them.
    pub(super) is_settled: bool,
    pub(super) instruments: Vec<InstrumentEntry>,
}

/// What of an instrument's rows a segment holds, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstrumentSummary {
    pub(crate) instrument: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) rows: u64,
    /// Bytes of its pages.
    pub(crate) bytes: u64,
}

/// What a segment holds, in short: enough to know whether to open it. The catalog keeps these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentSummary {
    pub(crate) file_bytes: u64,
    pub(crate) first_lsn: u64,
    pub(crate) last_lsn: u64,
    pub(crate) is_settled: bool,
    pub(crate) instruments: Vec<InstrumentSummary>,
}

impl Footer {
    pub(super) fn summary(&self, file_bytes: u64) -> SegmentSummary {
        let of_entry = |entry: &InstrumentEntry| {
            let first = entry.chunks.iter().map(|chunk| chunk.first).min()?;
            let last = entry.chunks.iter().map(|chunk| chunk.last).max()?;
            let pages = entry.chunks.iter().flat_map(|chunk| &chunk.pages);
            Some(InstrumentSummary {
                instrument: entry.id.number(),
                first_ms: first.as_ms(),
                last_ms: last.as_ms(),
                rows: entry.chunks.iter().map(|chunk| chunk.rows() as u64).sum(),
                bytes: pages.map(|page| page.bytes as u64).sum(),
            })
        };
        let instruments = self.instruments.iter().filter_map(of_entry).collect();
        let Self { first_lsn, last_lsn, is_settled, .. } = *self;
        SegmentSummary { file_bytes, first_lsn, last_lsn, is_settled, instruments }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut out = Vec::new();
        put_varint(&mut out, self.first_lsn);
        put_varint(&mut out, self.last_lsn - self.first_lsn);
        out.push(u8::from(self.is_settled));
        let mut schemas: Vec<Vec<u8>> = Vec::new();
        let mut numbers = Vec::new();
        for entry in &self.instruments {
            let schema = schema_options()
                .serialize(&*entry.instrument)
                .map_err(|e| DecodeError::Content(format!("the schema cannot be written: {e}")))?;
            let known = schemas.iter().position(|known| *known == schema);
            numbers.push(known.unwrap_or(schemas.len()));
            if known.is_none() {
                schemas.push(schema);
            }
        }
        put_varint(&mut out, schemas.len() as u64);
        for schema in &schemas {
            put_varint(&mut out, schema.len() as u64);
            out.extend_from_slice(schema);
        }
        put_varint(&mut out, self.instruments.len() as u64);
        for (entry, schema) in self.instruments.iter().zip(numbers) {
            entry.encode(schema, &mut out);
        }
        Ok(out)
    }

    /// Reads a footer whose pages must lie within the first `body_bytes` of the file.
    pub(super) fn decode(bytes: &[u8], body_bytes: usize) -> Result<Self, DecodeError> {
        let mut reader = ByteReader::new(bytes);
        let first_lsn = reader.varint()?;
        let last_lsn = first_lsn.saturating_add(reader.varint()?);
        let is_settled = match reader.u8()? {
            0 => false,
            1 => true,
            other => return Err(DecodeError::Content(format!("the mark of settled segments is {other}"))),
        };
        let mut schemas = Vec::new();
        for number in 0..reader.varint()? {
            let length = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
            let schema: Instrument = schema_options()
                .deserialize(reader.take(length)?)
                .map_err(|e| DecodeError::Content(format!("schema {number} cannot be read: {e}")))?;
            if schema.channels().len() > CHANNELS_PER_INSTRUMENT_MAX {
                return Err(content("more channels than an instrument may have"));
            }
            schemas.push(Arc::new(schema));
        }
        let mut decoder = ChunkDecoder { body_bytes, offset: super::HEAD_BYTES, page_number: 0 };
        let mut instruments = Vec::new();
        for _ in 0..reader.varint()? {
            instruments.push(InstrumentEntry::decode(&mut reader, &schemas, &mut decoder)?);
        }
        match reader.remaining() {
            0 => Ok(Self { first_lsn, last_lsn, is_settled, instruments }),
            rest => Err(DecodeError::Content(format!("{rest} bytes behind the footer's last entry"))),
        }
    }

    /// All pages of the file.
    pub(super) fn pages(&self) -> usize {
        self.instruments.iter().flat_map(|entry| &entry.chunks).map(|chunk| chunk.pages.len()).sum()
    }
}

fn schema_options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LEDGER_RECORD_BYTES_MAX as u64).with_varint_encoding()
}

impl InstrumentEntry {
    fn encode(&self, schema: usize, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.id.number()));
        put_varint(out, self.station.len() as u64);
        out.extend_from_slice(self.station.as_bytes());
        put_varint(out, schema as u64);
        put_varint(out, self.chunks.len() as u64);
        let mut before = 0;
        for chunk in &self.chunks {
            put_zigzag(out, chunk.first.as_ms().wrapping_sub(before));
            put_zigzag(out, chunk.last.as_ms().wrapping_sub(chunk.first.as_ms()));
            before = chunk.last.as_ms();
            put_varint(out, chunk.blocks.len() as u64);
            chunk.blocks.iter().for_each(|rows| put_varint(out, u64::from(*rows)));
            for page in &chunk.pages {
                put_varint(out, page.bytes as u64);
                out.extend_from_slice(&page.crc.to_le_bytes());
            }
        }
    }

    fn decode(
        reader: &mut ByteReader<'_>,
        schemas: &[Arc<Instrument>],
        decoder: &mut ChunkDecoder,
    ) -> Result<Self, DecodeError> {
        let id = u32::try_from(reader.varint()?).map_err(|_| content("an instrument's number is over 32 bits"))?;
        let length = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        let station = std::str::from_utf8(reader.take(length)?).map_err(|_| content("a station's name is no text"))?;
        let schema = usize::try_from(reader.varint()?).ok().and_then(|number| schemas.get(number));
        let instrument = schema.ok_or_else(|| content("an instrument without a schema"))?;
        let count = reader.varint()?;
        let mut chunks = Vec::new();
        let mut before = 0;
        for _ in 0..count {
            let chunk = decoder.decode(reader, before, instrument.channels().len())?;
            before = chunk.last.as_ms();
            chunks.push(chunk);
        }
        Ok(Self { id: InstrumentId::new(id), station: station.to_owned(), instrument: Arc::clone(instrument), chunks })
    }
}

/// Chunks lie one behind the other, from the head of the file on.
struct ChunkDecoder {
    body_bytes: usize,
    offset: usize,
    page_number: usize,
}

impl ChunkDecoder {
    fn decode(&mut self, reader: &mut ByteReader<'_>, before: i64, channels: usize) -> Result<ChunkEntry, DecodeError> {
        let first = before.wrapping_add(reader.zigzag()?);
        let last = first.wrapping_add(reader.zigzag()?);
        let block_count = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        if block_count == 0 || block_count > BLOCKS_PER_CHUNK_MAX || last < first {
            return Err(content("a chunk with no blocks, too many blocks, or an end before its beginning"));
        }
        let mut blocks = Vec::with_capacity(block_count);
        for _ in 0..block_count {
            let rows = u16::try_from(reader.varint()?).ok();
            let rows = rows.filter(|rows| (1..=ROWS_PER_BLOCK).contains(&usize::from(*rows)));
            blocks.push(rows.ok_or_else(|| content("a block with no rows or too many"))?);
        }
        let mut pages = Vec::with_capacity(1 + channels);
        for _ in 0..=channels {
            let bytes = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
            pages.push(PageEntry { offset: self.offset, bytes, crc: reader.u32()? });
            self.offset = self.offset.saturating_add(bytes);
        }
        if self.offset > self.body_bytes {
            return Err(content("a page reaches into the footer"));
        }
        let page_number = self.page_number;
        self.page_number += pages.len();
        let (first, last) = (Timestamp::from_ms(first), Timestamp::from_ms(last));
        let chunk = ChunkEntry { first, last, blocks, pages, page_number };
        if chunk.rows() > ROWS_PER_CHUNK_MAX {
            return Err(content("a chunk with too many rows"));
        }
        Ok(chunk)
    }
}

fn content(reason: &str) -> DecodeError {
    DecodeError::Content(reason.to_owned())
}
