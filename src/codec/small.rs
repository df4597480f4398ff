//! All values of a page in one stream of `pco`: for settled pages that it makes much smaller.

use super::CodecError;
use super::scale::{Scale, Scaled};
use super::values::Code;
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{DecompressorItem, FileDecompressor, simple_compress};

const WORDS: u8 = 0;
const INTEGERS: u8 = 1;
const DOUBLES: u8 = 2;
const LEVEL: usize = 12;

/// The values of a page as they come in.
#[derive(Debug, Default)]
pub(super) struct Whole {
    integers: Vec<i64>,
    doubles: Vec<f64>,
    has_doubles_only: bool,
}

/// The encoded stream.
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

    pub(super) fn encode(&self) -> Option<Encoded> {
        if self.doubles.is_empty() {
            return None;
        }
        let config = ChunkConfig::default().with_compression_level(LEVEL);
        if self.has_doubles_only {
            let bytes = simple_compress(&self.doubles, &config).ok()?;
            return Some(Encoded { kind: DOUBLES, bytes });
        }
        let words: Option<Vec<i32>> = self.integers.iter().map(|integer| i32::try_from(*integer).ok()).collect();
        let (kind, bytes) = match words {
            Some(words) => (WORDS, simple_compress(&words, &config)),
            None => (INTEGERS, simple_compress(&self.integers, &config)),
        };
        Some(Encoded { kind, bytes: bytes.ok()? })
    }
}

impl Encoded {
    pub(super) const fn len(&self) -> usize {
        self.bytes.len() + 1
    }

    pub(super) const fn is_doubles(&self) -> bool {
        self.kind == DOUBLES
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        out.extend_from_slice(&self.bytes);
    }
}

/// Reads the stream of a page: as many values as `out` is long, which blocks of the given codes and sizes share.
pub(super) fn decode(
    bytes: &[u8],
    blocks: impl Iterator<Item = (Code, usize)>,
    out: &mut [f64],
) -> Result<(), CodecError> {
    let Some((kind, stream)) = bytes.split_first() else { return Err(stream_error("there is none")) };
    let mut blocks = blocks;
    match *kind {
        DOUBLES => read(stream, out),
        WORDS => {
            let mut words = vec![0_i32; out.len()];
            read(stream, &mut words)?;
            convert(&words, &mut blocks, out, |word, scale| scale.value(i64::from(word)))
        }
        INTEGERS => {
            let mut integers = vec![0_i64; out.len()];
            read(stream, &mut integers)?;
            convert(&integers, &mut blocks, out, |integer, scale| scale.value(integer))
        }
        kind => Err(CodecError::Unknown { field: "stream kind", offset: 0, found: u64::from(kind), known: "0 to 2" }),
    }
}

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

/// Reads a stream of one chunk with as many values as `out` is long, and nothing behind it.
fn read<T: Number>(stream: &[u8], out: &mut [T]) -> Result<(), CodecError> {
    let refused = |error: pco::errors::PcoError| stream_error(&error.to_string());
    let expected = out.len();
    let (file, chunk) = FileDecompressor::new(stream).map_err(refused)?;
    check_claims(chunk, expected, 8 * size_of::<T>())?;
    let DecompressorItem::Chunk(mut values) = file.chunk_decompressor::<T, _>(chunk).map_err(refused)? else {
        return Err(stream_error("it has no values"));
    };
    let progress = values.read(out).map_err(refused)?;
    if progress.n_processed != expected || !progress.finished {
        return Err(CodecError::Count { what: "values of a stream", expected, found: progress.n_processed });
    }
    match values.into_src() {
        [END] => Ok(()),
        _ => Err(stream_error("it does not end behind its values")),
    }
}

/// Behind the last chunk of a stream.
const END: u8 = 0;
/// Bytes in front of a chunk's metadata: the type of its numbers, and one less than how many there are in 24 bits.
const CHUNK_HEAD_BYTES: usize = 4;
/// The variant of deltas from values further back.
const LOOKBACK: u128 = 2;
/// The logarithms of the smallest and of the largest window that the encoder gives it, whatever the number of values.
const WINDOW_LOGS: (u32, u32) = (4, 15);

/// Refuses a chunk that claims more than the encoder gives one. `pco` reserves what the first bits of a chunk claim before it looks at what
/// follows: 2^25 entries of a dictionary, which the encoder never chooses by itself, or a window of 2^24 values.
fn check_claims(chunk: &[u8], expected: usize, value_bits: usize) -> Result<(), CodecError> {
    let (head, meta) = chunk.split_first_chunk::<CHUNK_HEAD_BYTES>().ok_or_else(|| stream_error("it has no values"))?;
    let [_, low, middle, high] = *head;
    let found = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).unwrap_or(usize::MAX).saturating_add(1);
    if found != expected {
        return Err(CodecError::Count { what: "values of a stream", expected, found });
    }
    let bits = meta.iter().take(16).rev().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
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
    use pco::{DeltaSpec, ModeSpec};

    /// Skewed steps with a long period, so that every way of encoding finds something.
    fn words() -> Vec<i32> {
        (0..3_000_u32).map(|row| (row % 700).wrapping_mul(2_654_435_761).rotate_left(9) as i32 >> 20).collect()
    }

    fn stream(config: &ChunkConfig) -> Vec<u8> {
        simple_compress(&words(), config).unwrap()
    }

    fn read_words(stream: &[u8]) -> Result<Vec<i32>, String> {
        let mut out = vec![0; words().len()];
        read(stream, &mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }

    /// Where the bits of a chunk's metadata begin.
    fn meta_at(stream: &[u8]) -> usize {
        let (_, chunk) = FileDecompressor::new(stream).unwrap();
        stream.len() - chunk.len() + CHUNK_HEAD_BYTES
    }

    #[test]
    fn everything_that_the_encoder_chooses_by_itself_is_read() {
        let of = |mode_spec, delta_spec| ChunkConfig::default().with_mode_spec(mode_spec).with_delta_spec(delta_spec);
        let configs = [
            ChunkConfig::default().with_compression_level(LEVEL),
            of(ModeSpec::Auto, DeltaSpec::TryLookback),
            of(ModeSpec::Auto, DeltaSpec::TryConsecutive(2)),
            of(ModeSpec::Auto, DeltaSpec::TryConv1(3)),
            of(ModeSpec::TryIntMult(7), DeltaSpec::TryLookback),
        ];
        for config in configs {
            assert_eq!(read_words(&stream(&config)), Ok(words()), "{config:?}");
        }
    }

    #[test]
    fn a_dictionary_is_refused_before_room_is_made_for_it() {
        let error = read_words(&stream(&ChunkConfig::default().with_mode_spec(ModeSpec::TryDict))).unwrap_err();
        assert!(error.contains("mode 4"), "{error}");
    }

    #[test]
    fn a_window_beyond_what_the_values_justify_is_refused_before_room_is_made_for_it() {
        let mut bytes = stream(&ChunkConfig::default().with_delta_spec(DeltaSpec::TryLookback));
        let at = meta_at(&bytes);
        assert_eq!(bytes[at], 0x20, "mode 0, deltas of variant 2");
        let logs = |bytes: &[u8]| 1 + (bytes[at + 1] & 31);
        assert_eq!(logs(&bytes), 12, "3,000 values");
        for window_log in 13..=24 {
            bytes[at + 1] = bytes[at + 1] & !31 | (window_log - 1);
            let error = read_words(&bytes).unwrap_err();
            assert!(error.contains(&format!("a window of 2^{window_log} values for 3000")), "{error}");
        }
    }

    #[test]
    fn a_stream_of_more_or_fewer_values_or_with_bytes_behind_them_is_refused() {
        let bytes = stream(&ChunkConfig::default());
        for count in [1, 2_999, 3_001] {
            assert!(matches!(read(&bytes, &mut vec![0_i32; count]), Err(CodecError::Count { found: 3_000, .. })));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(read_words(&longer).unwrap_err().contains("does not end"), "{longer:?}");
        assert!(read_words(&bytes[..bytes.len() - 1]).is_err());
    }
}
