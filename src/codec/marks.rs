//! Mark columns (presence and quality, a byte a row): constant or runs.

use super::CodecError;
use crate::base::bytes::{ByteReader, put_varint};

const CONSTANT: u8 = 0;
const RUNS: u8 = 1;

/// Appends a column of marks; their number is not written.
pub fn encode_marks(marks: &[u8], out: &mut Vec<u8>) {
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

/// Reads `rows` marks that [`encode_marks`] wrote.
///
/// # Errors
/// [`CodecError`] for bytes that it did not write.
pub fn decode_marks(bytes: &[u8], rows: usize) -> Result<Vec<u8>, CodecError> {
    if rows == 0 {
        return Ok(Vec::new());
    }
    let mut reader = ByteReader::new(bytes);
    let marks = match reader.u8()? {
        CONSTANT => vec![reader.u8()?; rows],
        RUNS => {
            let mut marks = Vec::with_capacity(rows);
            while marks.len() < rows {
                let mark = reader.u8()?;
                let run = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
                let left = rows - marks.len();
                if run == 0 || run > left {
                    return Err(CodecError::Count { what: "rows of a run of marks", expected: left, found: run });
                }
                marks.extend(std::iter::repeat_n(mark, run));
            }
            marks
        }
        mode => {
            return Err(CodecError::Unknown {
                field: "mark mode",
                offset: 0,
                found: u64::from(mode),
                known: "0 and 1",
            });
        }
    };
    super::error::at_end(&reader)?;
    Ok(marks)
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
            prop_assert_eq!(decode_marks(&out, marks.len()).unwrap(), marks);
        }

        #[test]
        fn any_bytes_give_marks_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100), rows in 0_usize..1024) {
            if let Ok(marks) = decode_marks(&bytes, rows) {
                prop_assert_eq!(marks.len(), rows);
            }
        }
    }
}
