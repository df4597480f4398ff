//! The footer of a segment: which instruments it holds, what they measured, and where their blocks lie.

use super::super::error::DecodeError;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::base::limits::{CHANNELS_PER_INSTRUMENT_MAX, LEDGER_RECORD_BYTES_MAX, ROWS_PER_BLOCK};
use crate::model::{Instrument, InstrumentId, Timestamp};
use bincode::Options;
use serde::{Deserialize, Serialize};

/// One column of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnEntry {
    pub(super) bytes: usize,
    pub(super) crc: u32,
}

/// One block: up to 1,024 rows of one instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    pub(in super::super) first: Timestamp,
    pub(in super::super) last: Timestamp,
    pub(in super::super) rows: usize,
    /// Where the block begins in the file.
    pub(super) offset: usize,
    /// Times, then marks and values of each channel in turn.
    pub(super) columns: Vec<ColumnEntry>,
}

/// All blocks of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct InstrumentEntry {
    pub(super) id: InstrumentId,
    pub(super) station: String,
    pub(super) instrument: Instrument,
    pub(super) blocks: Vec<BlockEntry>,
}

/// The footer's content.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Footer {
    pub(super) first_lsn: u64,
    pub(super) last_lsn: u64,
    pub(super) instruments: Vec<InstrumentEntry>,
}

/// What of an instrument's rows a segment holds, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstrumentSummary {
    pub(crate) instrument: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) rows: u64,
}

/// What a segment holds, in short: enough to know whether to open it. The catalog keeps these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentSummary {
    pub(crate) file_bytes: u64,
    pub(crate) first_lsn: u64,
    pub(crate) last_lsn: u64,
    pub(crate) instruments: Vec<InstrumentSummary>,
}

impl Footer {
    pub(super) fn summary(&self, file_bytes: u64) -> SegmentSummary {
        let of_entry = |entry: &InstrumentEntry| {
            let first = entry.blocks.iter().map(|block| block.first).min()?;
            let last = entry.blocks.iter().map(|block| block.last).max()?;
            Some(InstrumentSummary {
                instrument: entry.id.number(),
                first_ms: first.as_ms(),
                last_ms: last.as_ms(),
                rows: entry.blocks.iter().map(|block| block.rows as u64).sum(),
            })
        };
        let instruments = self.instruments.iter().filter_map(of_entry).collect();
        SegmentSummary { file_bytes, first_lsn: self.first_lsn, last_lsn: self.last_lsn, instruments }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut out = Vec::new();
        put_varint(&mut out, self.first_lsn);
        put_varint(&mut out, self.last_lsn - self.first_lsn);
        put_varint(&mut out, self.instruments.len() as u64);
        for entry in &self.instruments {
            entry.encode(&mut out)?;
        }
        Ok(out)
    }

    /// Reads a footer whose blocks must lie within the first `body_bytes` of the file.
    pub(super) fn decode(bytes: &[u8], body_bytes: usize) -> Result<Self, DecodeError> {
        let mut reader = ByteReader::new(bytes);
        let first_lsn = reader.varint()?;
        let last_lsn = first_lsn.saturating_add(reader.varint()?);
        let count = reader.varint()?;
        let mut instruments = Vec::new();
        for _ in 0..count {
            instruments.push(InstrumentEntry::decode(&mut reader, body_bytes)?);
        }
        match reader.remaining() {
            0 => Ok(Self { first_lsn, last_lsn, instruments }),
            rest => Err(DecodeError::Content(format!("{rest} bytes behind the footer's last entry"))),
        }
    }
}

fn schema_options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LEDGER_RECORD_BYTES_MAX as u64).with_varint_encoding()
}

impl InstrumentEntry {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let schema = schema_options()
            .serialize(&(&self.station, &self.instrument))
            .map_err(|e| DecodeError::Content(format!("the schema cannot be written: {e}")))?;
        put_varint(out, u64::from(self.id.number()));
        put_varint(out, schema.len() as u64);
        out.extend_from_slice(&schema);
        put_varint(out, self.blocks.len() as u64);
        let mut before = 0;
        for block in &self.blocks {
            put_zigzag(out, block.first.as_ms().wrapping_sub(before));
            put_zigzag(out, block.last.as_ms().wrapping_sub(block.first.as_ms()));
            before = block.last.as_ms();
            put_varint(out, block.rows as u64);
            put_varint(out, block.offset as u64);
            for column in &block.columns {
                put_varint(out, column.bytes as u64);
                out.extend_from_slice(&column.crc.to_le_bytes());
            }
        }
        Ok(())
    }

    fn decode(reader: &mut ByteReader<'_>, body_bytes: usize) -> Result<Self, DecodeError> {
        let id = u32::try_from(reader.varint()?).map_err(|_| content("an instrument's number is over 32 bits"))?;
        let schema_bytes = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        let schema = reader.take(schema_bytes)?;
        let (station, instrument): (String, Instrument) = schema_options()
            .deserialize(schema)
            .map_err(|e| DecodeError::Content(format!("the schema of instrument {id} cannot be read: {e}")))?;
        if instrument.channels().len() > CHANNELS_PER_INSTRUMENT_MAX {
            return Err(content("more channels than an instrument may have"));
        }
        let count = reader.varint()?;
        let mut blocks = Vec::new();
        let mut before = 0;
        for _ in 0..count {
            let block = decode_block(reader, before, instrument.channels().len(), body_bytes)?;
            before = block.last.as_ms();
            blocks.push(block);
        }
        Ok(Self { id: InstrumentId::new(id), station, instrument, blocks })
    }
}

fn decode_block(
    reader: &mut ByteReader<'_>,
    before: i64,
    channels: usize,
    body_bytes: usize,
) -> Result<BlockEntry, DecodeError> {
    let first = before.wrapping_add(reader.zigzag()?);
    let last = first.wrapping_add(reader.zigzag()?);
    let rows = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    let offset = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    if rows == 0 || rows > ROWS_PER_BLOCK || last < first {
        return Err(content("a block with no rows, too many rows, or an end before its beginning"));
    }
    let mut columns = Vec::with_capacity(1 + 2 * channels);
    let mut end = offset;
    for _ in 0..=2 * channels {
        let bytes = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        columns.push(ColumnEntry { bytes, crc: reader.u32()? });
        end = end.saturating_add(bytes);
    }
    if end > body_bytes {
        return Err(content("a block reaches into the footer"));
    }
    Ok(BlockEntry { first: Timestamp::from_ms(first), last: Timestamp::from_ms(last), rows, offset, columns })
}

fn content(reason: &str) -> DecodeError {
    DecodeError::Content(reason.to_owned())
}
