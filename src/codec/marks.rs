//! The marks of a block (presence and quality, a byte a row): constant, runs, or two marks in turn.

use super::CodecError;
use super::integers::{self, Begins, Effort, Lanes, Sink, write_values};
use crate::base::bytes::{ByteReader, put_varint};

const CONSTANT: u8 = 0;
const RUNS: u8 = 1;
const ALTERNATING: u8 = 2;

/// Appends a column of marks; their number is not written.
pub(super) fn encode_marks(marks: &[u8], out: &mut Vec<u8>) {
    let runs: Vec<(u8, usize)> =
        marks.chunk_by(|a, b| a == b).filter_map(|run| run.first().map(|mark| (*mark, run.len()))).collect();
    match runs.as_slice() {
        [] => {}
        [(mark, _)] => out.extend_from_slice(&[CONSTANT, *mark]),
        runs => {
            let begin = out.len();
            out.push(RUNS);
            for (mark, length) in runs {
                out.push(*mark);
                put_varint(out, *length as u64);
            }
            let mut alternating = Vec::new();
            if encode_alternating(runs, &mut alternating) && alternating.len() < out.len() - begin {
                out.truncate(begin);
                out.extend_from_slice(&alternating);
            }
        }
    }
}

/// Two marks in turn, as a value that is there and now and then missing: the lengths of the runs of each, but for the last run, which ends
/// with the block. Says whether the runs are of this kind.
fn encode_alternating(runs: &[(u8, usize)], out: &mut Vec<u8>) -> bool {
    let (Some((first, _)), Some((second, _))) = (runs.first(), runs.get(1)) else { return false };
    let in_turn = [first, second];
    if !runs.iter().zip(in_turn.iter().cycle()).all(|((mark, _), expected)| mark == *expected) {
        return false;
    }
    let lengths: Vec<i64> = runs.iter().take(runs.len() - 1).map(|(_, length)| *length as i64).collect();
    let of_turn = |turn: usize| lengths.iter().skip(turn).step_by(2).copied().collect::<Vec<i64>>();
    out.extend_from_slice(&[ALTERNATING, *first, *second]);
    put_varint(out, lengths.len() as u64);
    integers::encode(&of_turn(0), None, Effort::Thorough, out);
    integers::encode(&of_turn(1), None, Effort::Thorough, out);
    true
}

/// Reads the marks of a block that [`encode_marks`] wrote, as many as `out` is long.
///
/// # Errors
/// [`CodecError`] for bytes that it did not write.
pub(super) fn decode_marks_into(bytes: &[u8], out: &mut [u8]) -> Result<(), CodecError> {
    if out.is_empty() {
        return Ok(());
    }
    let mut reader = ByteReader::new(bytes);
    match reader.u8()? {
        CONSTANT => out.fill(reader.u8()?),
        RUNS => {
            let mut left = out;
            while !left.is_empty() {
                let mark = reader.u8()?;
                let run = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
                fill_run(&mut left, mark, run)?;
            }
        }
        ALTERNATING => decode_alternating(&mut reader, out)?,
        mode => {
            return Err(CodecError::Unknown { field: "mark mode", offset: 0, found: u64::from(mode), known: "0 to 2" });
        }
    }
    super::error::at_end(&reader)
}

fn fill_run(left: &mut &mut [u8], mark: u8, run: usize) -> Result<(), CodecError> {
    let size = left.len();
    match left.split_off_mut(..run) {
        Some(rows) if run > 0 => {
            rows.fill(mark);
            Ok(())
        }
        _ => Err(CodecError::Count { what: "rows of a run of marks", expected: size, found: run }),
    }
}

fn decode_alternating(reader: &mut ByteReader<'_>, out: &mut [u8]) -> Result<(), CodecError> {
    let marks = [reader.u8()?, reader.u8()?];
    let count = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    if count == 0 || count >= out.len() {
        return Err(CodecError::Count { what: "runs of marks", expected: out.len(), found: count });
    }
    let (mut first, mut second) = (Lengths::default(), Lengths::default());
    integers::decode(reader, count.div_ceil(2), None, &mut first)?;
    integers::decode(reader, count / 2, None, &mut second)?;
    let mut left = out;
    let (mut lengths, mut others) = (first.0.iter(), second.0.iter());
    let mut turn = marks.into_iter().cycle();
    for _ in 0..count {
        let run = lengths.next().and_then(|length| usize::try_from(*length).ok()).unwrap_or(0);
        fill_run(&mut left, turn.next().unwrap_or_default(), run)?;
        std::mem::swap(&mut lengths, &mut others);
    }
    let last = left.len();
    fill_run(&mut left, turn.next().unwrap_or_default(), last)
}

/// Gathers lengths of runs.
#[derive(Default)]
struct Lengths(Vec<i64>);

impl Sink for Lengths {
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let mut lengths = [0_i64; 128];
        write_values(lanes, begins, &mut lengths, |word| i64::from(word.cast_signed()));
        self.run(lengths.get(..count).unwrap_or_default());
    }

    fn run(&mut self, lengths: &[i64]) {
        self.0.extend_from_slice(lengths);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_come_back(marks in prop_oneof![prop::collection::vec(0_u8..4, 0..600), prop::collection::vec(0_u8..2, 0..1024), prop::collection::vec(prop_oneof![20 => Just(0x80_u8), 1 => Just(0)], 0..1024)]) {
            let mut out = Vec::new();
            encode_marks(&marks, &mut out);
            let mut back = vec![0; marks.len()];
            decode_marks_into(&out, &mut back).unwrap();
            prop_assert_eq!(back, marks);
        }

        #[test]
        fn any_bytes_give_marks_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100), rows in 0_usize..1024) {
            let _ = decode_marks_into(&bytes, &mut vec![0; rows]);
        }
    }
}
