//! All values of a page in one stream of `pco`: for settled pages that it makes much smaller.

use super::CodecError;
use super::scale::{Scale, Scaled};
use super::values::Code;
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{simple_compress, simple_decompress_into};

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

fn read<T: Number>(stream: &[u8], out: &mut [T]) -> Result<(), CodecError> {
    let progress = simple_decompress_into(stream, out).map_err(|error| stream_error(&error.to_string()))?;
    if progress.n_processed == out.len() && progress.finished {
        Ok(())
    } else {
        Err(CodecError::Count { what: "values of a stream", expected: out.len(), found: progress.n_processed })
    }
}

fn stream_error(reason: &str) -> CodecError {
    CodecError::Stream { reason: reason.to_owned() }
}
