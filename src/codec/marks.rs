//! Mark columns (presence and quality, a byte a row): constant or runs.

use super::CodecError;
use crate::base::bytes::{ByteReader, put_varint};

const CONSTANT: u8 = 0;
const RUNS: u8 = 1;

/// Appends a column of marks; their number is not written.
pub(super) fn encode_marks(marks: &[u8], out: &mut Vec<u8>) {
    let runs: Vec<&[u8]> = marks.chunk_by(|a, b| a == b).collect();
    match runs.as_slice() {
        [] => {}
        [[mark, ..]] => out.extend_from_slice(&[CONSTANT, *mark]),
        runs => {
            out.push(RUNS);
            for run in runs {
                out.extend(run.first());
                put_varint(out, run.len() as u64);
            }
        }
    }
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
                let size = left.len();
                match left.split_off_mut(..run) {
                    Some(rows) if run > 0 => rows.fill(mark),
                    _ => return Err(CodecError::Count { what: "rows of a run of marks", expected: size, found: run }),
                }
            }
        }
        mode => {
            return Err(CodecError::Unknown {
                field: "mark mode",
                offset: 0,
                found: u64::from(mode),
                known: "0 and 1",
            });
        }
    }
    super::error::at_end(&reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_come_back(marks in prop::collection::vec(0_u8..4, 0..600)) {
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
