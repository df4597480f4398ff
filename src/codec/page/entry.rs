//! What a page is: one channel of one chunk, block by block, with statistics in front that can be read without decoding a value.

use crate::base::bytes::{ByteReader, put_varint};
use crate::codec::CodecError;
use crate::codec::stats::{self, BlockStats};
use crate::codec::values::Code;

/// The values of the page are those of `pco`, all blocks described at once; some blocks at a time have a stream of their own.
pub(super) const SMALL: u8 = 0x01;
/// All rows of the page have one mark.
pub(super) const ONE_MARK: u8 = 0x02;
pub(super) const KNOWN_FLAGS: u8 = SMALL | ONE_MARK;

/// Which marks stand for a value, and which for one that counts in statistics. Marks are bytes whose meaning the caller has.
#[derive(Debug, Clone)]
pub struct MarkClasses {
    /// Whether there is a value, by mark.
    pub is_present: [bool; 256],
    /// Whether there is a value that counts, by mark.
    pub is_valid: [bool; 256],
}

impl MarkClasses {
    pub(super) fn present(&self, mark: u8) -> bool {
        self.is_present.get(usize::from(mark)).copied().unwrap_or(false)
    }

    pub(super) fn valid(&self, mark: u8) -> bool {
        self.is_valid.get(usize::from(mark)).copied().unwrap_or(false)
    }
}

/// What stands in front of the values of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    pub(super) rows: usize,
    pub(super) code: Code,
    pub(super) present: usize,
    pub(super) valid: usize,
    pub(super) stats: BlockStats,
    pub(super) marks_bytes: usize,
    pub(super) values_bytes: usize,
}

/// What an entry leaves to the page or to its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) flags: u8,
    /// Decimals and last value of the entry before.
    pub(super) before: Option<(u8, i64)>,
}

impl Context {
    fn base(self, decimals: u8) -> i64 {
        self.before.filter(|(of_before, _)| *of_before == decimals).map_or(0, |(_, last)| last)
    }

    /// The context of the next entry.
    pub(super) const fn behind(self, entry: &Entry) -> Self {
        let before = match &entry.stats {
            BlockStats::Decimal(stats) => Some((stats.decimals, stats.last)),
            _ => None,
        };
        Self { flags: self.flags, before }
    }
}

impl Entry {
    /// The first value as an integer, where the statistics say it.
    pub(super) const fn known_first(&self) -> Option<i64> {
        match &self.stats {
            BlockStats::Decimal(stats) => Some(stats.first),
            _ => None,
        }
    }

    pub(super) fn encode(&self, context: Context, out: &mut Vec<u8>) {
        out.push(self.code.0);
        if context.flags & ONE_MARK == 0 {
            put_varint(out, (self.rows - self.present) as u64);
            put_varint(out, (self.present - self.valid) as u64);
            put_varint(out, self.marks_bytes as u64);
        }
        if self.valid > 0 {
            let base = self.code.decimals().map_or(0, |decimals| context.base(decimals));
            stats::encode(&self.stats, self.valid, base, out);
        }
        if context.flags & SMALL == 0 {
            put_varint(out, self.values_bytes as u64);
        }
    }

    /// Reads an entry of a block of `rows`; `of_mark` says how many are present and valid where all have one mark.
    pub(super) fn decode(
        reader: &mut ByteReader<'_>,
        context: Context,
        rows: usize,
        of_mark: (usize, usize),
    ) -> Result<Self, CodecError> {
        let code = Code::decode(reader.u8()?, reader.offset())?;
        let (mut present, mut valid, mut marks_bytes) = (of_mark.0, of_mark.1, 0);
        if context.flags & ONE_MARK == 0 {
            let missing = size(reader)?;
            present = rows.checked_sub(missing).ok_or(CodecError::Count {
                what: "missing values of a block",
                expected: rows,
                found: missing,
            })?;
            valid = present.saturating_sub(size(reader)?);
            marks_bytes = size(reader)?;
        }
        let stats = match code.decimals() {
            _ if valid == 0 => BlockStats::Empty,
            Some(decimals) if !code.has_double_stats() => {
                stats::decode_integers(reader, valid, context.base(decimals), decimals)?
            }
            _ => stats::decode_doubles(reader)?,
        };
        let values_bytes = if context.flags & SMALL == 0 { size(reader)? } else { 0 };
        Ok(Self { rows, code, present, valid, stats, marks_bytes, values_bytes })
    }
}

fn size(reader: &mut ByteReader<'_>) -> Result<usize, CodecError> {
    Ok(usize::try_from(reader.varint()?).unwrap_or(usize::MAX))
}
