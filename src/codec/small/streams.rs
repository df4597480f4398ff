//! Reads the values of some blocks of a settled page from their stream.

use super::{DOUBLES, INTEGERS, WORDS};
use crate::base::bytes::ByteReader;
use crate::base::limits::BLOCKS_PER_CHUNK_MAX;
use crate::codec::CodecError;
use crate::codec::scale::Scale;
use crate::codec::values::Code;
use pco::data_types::Number;
use pco::wrapped::{ChunkDecompressor, FileDecompressor};
use std::ops::Range;

/// What describes the values of a page, and where its streams lie: read once for all of them.
#[derive(Debug)]
pub(in super::super) struct Streams {
    pub(in super::super) blocks_per_stream: usize,
    chunk: Chunk,
    /// Where each stream lies within the page, and how many values it has.
    streams: Vec<(Range<usize>, usize)>,
}

#[derive(Debug)]
enum Chunk {
    Words(ChunkDecompressor<i32>),
    Integers(ChunkDecompressor<i64>),
    Doubles(ChunkDecompressor<f64>),
}

impl Streams {
    /// Reads what stands in front of the streams, which begin at `body_at` of the page and end with it. `counts` are the present values
    /// of each block.
    pub(in super::super) fn open(page: &[u8], body_at: usize, counts: &[usize]) -> Result<Self, CodecError> {
        let mut reader = ByteReader::new(page.get(body_at..).unwrap_or_default());
        let kind = reader.u8()?;
        let offset = reader.offset();
        let blocks_per_stream = usize::from(reader.u8()?);
        if !(1..=BLOCKS_PER_CHUNK_MAX).contains(&blocks_per_stream) {
            let found = blocks_per_stream as u64;
            return Err(CodecError::Unknown { field: "blocks of a stream", offset, found, known: "1 to 32" });
        }
        let counts: Vec<usize> = counts.chunks(blocks_per_stream).map(|counts| counts.iter().sum()).collect();
        let filled = counts.iter().filter(|count| **count > 0).count();
        let mut lengths = Vec::with_capacity(filled);
        for _ in 1..filled {
            lengths.push(usize::try_from(reader.varint()?).unwrap_or(usize::MAX));
        }
        let rest = reader.take(reader.remaining())?;
        let total = counts.iter().sum();
        let (chunk, rest) = match kind {
            WORDS => open(rest, total).map(|(chunk, rest)| (Chunk::Words(chunk), rest)),
            INTEGERS => open(rest, total).map(|(chunk, rest)| (Chunk::Integers(chunk), rest)),
            DOUBLES => open(rest, total).map(|(chunk, rest)| (Chunk::Doubles(chunk), rest)),
            kind => {
                return Err(CodecError::Unknown {
                    field: "stream kind",
                    offset: 0,
                    found: u64::from(kind),
                    known: "0 to 2",
                });
            }
        }?;
        let mut at = page.len() - rest.len();
        let mut lengths = lengths.into_iter();
        let mut streams = Vec::with_capacity(counts.len());
        for count in counts {
            let length = if count == 0 { 0 } else { lengths.next().unwrap_or(page.len().saturating_sub(at)) };
            let end = at.saturating_add(length);
            if end > page.len() {
                return Err(CodecError::Count { what: "bytes of a page", expected: end, found: page.len() });
            }
            streams.push((at..end, count));
            at = end;
        }
        Ok(Self { blocks_per_stream, chunk, streams })
    }

    /// Reads the values of a stream, which blocks of the given codes and sizes share.
    pub(in super::super) fn read(
        &mut self,
        page: &[u8],
        stream: usize,
        blocks: impl Iterator<Item = (Code, usize)>,
        out: &mut Vec<f64>,
    ) -> Result<(), CodecError> {
        let (range, count) = self.streams.get(stream).cloned().unwrap_or_default();
        let bytes = page.get(range).unwrap_or_default();
        out.resize(count, 0.0);
        let mut blocks = blocks;
        match &mut self.chunk {
            Chunk::Doubles(chunk) => read(chunk, bytes, out),
            Chunk::Words(chunk) => {
                let mut words = vec![0_i32; count];
                read(chunk, bytes, &mut words)?;
                convert(&words, &mut blocks, out, |word, scale| scale.value(i64::from(word)))
            }
            Chunk::Integers(chunk) => {
                let mut integers = vec![0_i64; count];
                read(chunk, bytes, &mut integers)?;
                convert(&integers, &mut blocks, out, |integer, scale| scale.value(integer))
            }
        }
    }
}

/// Reads the description of so many values; what is behind it comes back too.
fn open<T: Number>(bytes: &[u8], expected: usize) -> Result<(ChunkDecompressor<T>, &[u8]), CodecError> {
    let (file, description) = FileDecompressor::new(bytes).map_err(refused)?;
    check_claims(description, expected, 8 * size_of::<T>())?;
    file.chunk_decompressor(description).map_err(refused)
}

/// Reads a stream with as many values as `out` is long, and nothing behind them.
fn read<T: Number>(chunk: &mut ChunkDecompressor<T>, stream: &[u8], out: &mut [T]) -> Result<(), CodecError> {
    if out.is_empty() {
        return Ok(());
    }
    let expected = out.len();
    let mut values = chunk.page_decompressor(stream, expected).map_err(refused)?;
    let progress = values.read(out).map_err(refused)?;
    if progress.n_processed != expected || !progress.finished {
        return Err(CodecError::Count { what: "values of a stream", expected, found: progress.n_processed });
    }
    match values.into_src() {
        [] => Ok(()),
        _ => Err(stream_error("it does not end behind its values")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn refused(error: pco::errors::PcoError) -> CodecError {
    stream_error(&error.to_string())
}

/// Turns integers into the values of blocks of the given codes and sizes.
fn convert<T: Copy>(
    integers: &[T],
    blocks: &mut dyn Iterator<Item = (Code, usize)>,
    out: &mut [f64],
    value: impl Fn(T, Scale) -> f64,
) -> Result<(), CodecError> {
    let (mut integers, mut out) = (integers, out);
    for (code, count) in blocks.filter(|(_, count)| *count > 0) {
        let decimals = code.decimals().ok_or_else(|| stream_error("a block of integers without decimals"))?;
        let scale = Scale::Decimals(decimals);
        let (Some(from), Some(to)) = (integers.split_off(..count), out.split_off_mut(..count)) else {
            return Err(stream_error("it holds fewer values than its blocks"));
        };
        for (to, from) in to.iter_mut().zip(from) {
            *to = value(*from, scale);
        }
    }
    Ok(())
}

/// The variant of deltas from values further back.
const LOOKBACK: u128 = 2;
/// The logarithms of the smallest and of the largest window that the encoder gives it, whatever the number of values.
const WINDOW_LOGS: (u32, u32) = (4, 15);

/// Refuses a description that claims more than the encoder gives one. `pco` reserves what the first bits claim before it looks at what
/// follows: 2^25 entries of a dictionary, which the encoder never chooses by itself, or a window of 2^24 values.
fn check_claims(description: &[u8], expected: usize, value_bits: usize) -> Result<(), CodecError> {
    let bits = description.iter().take(16).rev().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mode_bits = match bits & 15 {
        0 => 0,
        1 | 2 => value_bits,
        3 => 8,
        mode => return Err(stream_error(&format!("mode {mode} is not one that the encoder chooses"))),
    };
    let deltas = bits >> (4 + mode_bits);
    let window_log = 1 + (deltas >> 4 & 31);
    let window_log_max = (usize::BITS - expected.saturating_sub(1).leading_zeros()).clamp(WINDOW_LOGS.0, WINDOW_LOGS.1);
    if deltas & 15 == LOOKBACK && window_log > u128::from(window_log_max) {
        return Err(stream_error(&format!("a window of 2^{window_log} values for {expected} of them")));
    }
    Ok(())
}

fn stream_error(reason: &str) -> CodecError {
    CodecError::Stream { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pco::wrapped::FileCompressor;
    use pco::{ChunkConfig, DeltaSpec, ModeSpec};

    /// Skewed steps with a long period, so that every way of encoding finds something.
    fn words() -> Vec<i32> {
        (0..3_000_u32).map(|row| (row % 700).wrapping_mul(2_654_435_761).rotate_left(9) as i32 >> 20).collect()
    }

    /// The description of the words, and their stream.
    fn encoded(config: &ChunkConfig) -> (Vec<u8>, Vec<u8>) {
        let file = FileCompressor::default();
        let mut chunk = file.chunk_compressor(&words(), config).unwrap();
        let description = chunk.write_meta(file.write_header(Vec::new()).unwrap()).unwrap();
        (description, chunk.write_page(0, Vec::new()).unwrap())
    }

    fn read_words(description: &[u8], stream: &[u8], count: usize) -> Result<Vec<i32>, String> {
        let mut out = vec![0; count];
        let (mut chunk, rest) = open::<i32>(description, count).map_err(|error| error.to_string())?;
        assert!(rest.is_empty());
        read(&mut chunk, stream, &mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }

    #[test]
    fn everything_that_the_encoder_chooses_by_itself_is_read() {
        let of = |mode_spec, delta_spec| ChunkConfig::default().with_mode_spec(mode_spec).with_delta_spec(delta_spec);
        let configs = [
            ChunkConfig::default().with_compression_level(12),
            of(ModeSpec::Auto, DeltaSpec::TryLookback),
            of(ModeSpec::Auto, DeltaSpec::TryConsecutive(2)),
            of(ModeSpec::Auto, DeltaSpec::TryConv1(3)),
            of(ModeSpec::TryIntMult(7), DeltaSpec::TryLookback),
        ];
        for config in configs {
            let (description, stream) = encoded(&config);
            assert_eq!(read_words(&description, &stream, 3_000), Ok(words()), "{config:?}");
        }
    }

    #[test]
    fn a_dictionary_is_refused_before_memory_is_reserved_for_it() {
        let (description, stream) = encoded(&ChunkConfig::default().with_mode_spec(ModeSpec::TryDict));
        let error = read_words(&description, &stream, 3_000).unwrap_err();
        assert!(error.contains("mode 4"), "{error}");
    }

    #[test]
    fn a_window_beyond_what_the_values_justify_is_refused_before_memory_is_reserved_for_it() {
        let (mut description, stream) = encoded(&ChunkConfig::default().with_delta_spec(DeltaSpec::TryLookback));
        let (_, chunk) = FileDecompressor::new(&description[..]).unwrap();
        let at = description.len() - chunk.len();
        assert_eq!(description[at], 0x20, "mode 0, deltas of variant 2");
        assert_eq!(1 + (description[at + 1] & 31), 12, "3,000 values");
        for window_log in 13..=24 {
            description[at + 1] = description[at + 1] & !31 | (window_log - 1);
            let error = read_words(&description, &stream, 3_000).unwrap_err();
            assert!(error.contains(&format!("a window of 2^{window_log} values for 3000")), "{error}");
        }
    }

    #[test]
    fn a_stream_with_bytes_missing_or_behind_its_values_is_refused() {
        let (description, stream) = encoded(&ChunkConfig::default());
        let longer = [&stream[..], &[0]].concat();
        assert!(read_words(&description, &longer, 3_000).unwrap_err().contains("does not end"));
        assert!(read_words(&description, &stream[..stream.len() - 1], 3_000).is_err());
    }
}
