//! All values of a page in one description by `pco` and a stream for each of some neighbouring blocks: for settled pages that it makes much
//! smaller. A stream is decoded as a whole, so that a question about a few rows decodes the fewer blocks the shorter streams are.

mod streams;

pub(super) use streams::Streams;

use super::scale::Scaled;
use crate::base::bytes::put_varint;
use pco::data_types::Number;
use pco::errors::PcoResult;
use pco::wrapped::FileCompressor;
use pco::{ChunkConfig, DeltaSpec, PagingSpec};

const WORDS: u8 = 0;
const INTEGERS: u8 = 1;
const DOUBLES: u8 = 2;
/// How fine `pco` makes its tables. Those of a page in one stream cost little beside its values; where a block is asked for by itself they
/// are most of the work, and finer ones would make short streams longer, not shorter.
const LEVEL_OF_PAGES: usize = 12;
const LEVEL_OF_BLOCKS: usize = 6;
/// `pco` predicts a stream in batches whose size is a multiple of this, and panics where the last one holds a single value.
const VALUES_PER_PREDICTED_BATCH: usize = 64;

/// The values of a page as they come in.
#[derive(Debug, Default)]
pub(super) struct Whole {
    integers: Vec<i64>,
    doubles: Vec<f64>,
    has_doubles_only: bool,
}

/// The encoded values, as they stand in the page.
pub(super) struct Encoded {
    kind: u8,
    bytes: Vec<u8>,
}

impl Whole {
    pub(super) fn clear(&mut self) {
        self.integers.clear();
        self.doubles.clear();
        self.has_doubles_only = false;
    }

    /// Adds the values of a block, and their integers where they are nothing but decimals. Without integers, the page is one of doubles.
    pub(super) fn push(&mut self, values: &[f64], scaled: Option<&Scaled>) {
        self.doubles.extend_from_slice(values);
        match scaled {
            Some(scaled) => self.integers.extend_from_slice(&scaled.integers),
            None => self.has_doubles_only = true,
        }
    }

    /// Encodes all values; `counts` says how many each stream has.
    pub(super) fn encode(&self, blocks_per_stream: u8, counts: Vec<usize>) -> Option<Encoded> {
        if self.doubles.is_empty() {
            return None;
        }
        let share = Share { blocks_per_stream, counts };
        if self.has_doubles_only {
            return share.encode(DOUBLES, &self.doubles);
        }
        let words: Option<Vec<i32>> = self.integers.iter().map(|integer| i32::try_from(*integer).ok()).collect();
        match words {
            Some(words) => share.encode(WORDS, &words),
            None => share.encode(INTEGERS, &self.integers),
        }
    }
}

/// How streams share the values of a page.
struct Share {
    blocks_per_stream: u8,
    counts: Vec<usize>,
}

impl Share {
    /// What is tried. The deltas that `pco` chooses from a sample are not always the best; and it leaves out predictions from the two values
    /// before, which take up to 3 % less for hourly readings, because they are slower to undo. Where blocks have streams of their own they are
    /// asked for often, and are not made slower.
    fn attempts(&self) -> Vec<(usize, DeltaSpec)> {
        if self.blocks_per_stream == 1 {
            return vec![(LEVEL_OF_BLOCKS, DeltaSpec::Auto)];
        }
        let mut deltas = vec![DeltaSpec::Auto, DeltaSpec::TryConsecutive(1)];
        if self.counts.iter().all(|count| count % VALUES_PER_PREDICTED_BATCH != 1) {
            deltas.push(DeltaSpec::TryConv1(2));
        }
        deltas.into_iter().map(|deltas| (LEVEL_OF_PAGES, deltas)).collect()
    }

    fn encode<T: Number>(&self, kind: u8, values: &[T]) -> Option<Encoded> {
        let attempts = self.attempts().into_iter();
        let attempts = attempts.filter_map(|(level, deltas)| self.attempt(values, level, deltas).ok());
        let shortest = attempts.min_by_key(Vec::len)?;
        let bytes = [&[kind, self.blocks_per_stream], shortest.as_slice()].concat();
        Some(Encoded { kind, bytes })
    }

    /// Lengths of all streams but the last, what describes the values, and the streams.
    fn attempt<T: Number>(&self, values: &[T], level: usize, deltas: DeltaSpec) -> PcoResult<Vec<u8>> {
        let config = ChunkConfig::default()
            .with_compression_level(level)
            .with_delta_spec(deltas)
            .with_paging_spec(PagingSpec::Exact(self.counts.clone()));
        let file = FileCompressor::default();
        let mut chunk = file.chunk_compressor(values, &config)?;
        let (mut lengths, mut streams) = (Vec::new(), Vec::new());
        for stream in 0..self.counts.len() {
            let begin = streams.len();
            streams = chunk.write_page(stream, streams)?;
            if stream + 1 < self.counts.len() {
                put_varint(&mut lengths, (streams.len() - begin) as u64);
            }
        }
        let mut out = chunk.write_meta(file.write_header(lengths)?)?;
        out.extend_from_slice(&streams);
        Ok(out)
    }
}

impl Encoded {
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) const fn is_doubles(&self) -> bool {
        self.kind == DOUBLES
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
}
