//! Reads all values of a page from one stream of `pco`, as version 2 wrote them.

use super::streams::{check_claims, convert, stream_error};
use super::{DOUBLES, INTEGERS, WORDS};
use crate::codec::CodecError;
use crate::codec::values::Code;
use pco::data_types::Number;
use pco::standalone::{DecompressorItem, FileDecompressor};

/// Reads the stream of a page: as many values as `out` is long, which blocks of the given codes and sizes share.
pub(in super::super) fn decode(
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

/// Reads a stream of one chunk with as many values as `out` is long, and nothing behind it.
fn read<T: Number>(stream: &[u8], out: &mut [T]) -> Result<(), CodecError> {
    let refused = |error: pco::errors::PcoError| stream_error(&error.to_string());
    let expected = out.len();
    let (file, chunk) = FileDecompressor::new(stream).map_err(refused)?;
    check_head(chunk, expected, 8 * size_of::<T>())?;
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
/// Bytes in front of a chunk's description: the type of its numbers, and one less than how many there are in 24 bits.
const CHUNK_HEAD_BYTES: usize = 4;

fn check_head(chunk: &[u8], expected: usize, value_bits: usize) -> Result<(), CodecError> {
    let (head, description) =
        chunk.split_first_chunk::<CHUNK_HEAD_BYTES>().ok_or_else(|| stream_error("it has no values"))?;
    let [_, low, middle, high] = *head;
    let found = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).unwrap_or(usize::MAX).saturating_add(1);
    if found != expected {
        return Err(CodecError::Count { what: "values of a stream", expected, found });
    }
    check_claims(description, expected, value_bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pco::standalone::simple_compress;
    use pco::{ChunkConfig, DeltaSpec, ModeSpec};

    const LEVEL: usize = 12;

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
