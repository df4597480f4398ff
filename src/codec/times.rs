//! Time columns: a regular grid in a few bytes, anything else as integers.

use super::CodecError;
use super::integers;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};

const REGULAR: u8 = 0;
const LISTED: u8 = 1;

/// Appends a column of times; their number is not written.
pub fn encode_times(times: &[i64], out: &mut Vec<u8>) {
    let Some(first) = times.first() else { return };
    let step = times.get(1).map_or(0, |second| second.wrapping_sub(*first));
    let regular = times.windows(2).all(|pair| matches!(pair, [a, b] if b.wrapping_sub(*a) == step));
    if regular && step >= 0 {
        out.push(REGULAR);
        put_zigzag(out, *first);
        put_varint(out, step as u64);
    } else {
        out.push(LISTED);
        integers::encode(times, out);
    }
}

/// Reads `rows` times that [`encode_times`] wrote.
///
/// # Errors
/// [`CodecError`] for bytes that it did not write.
pub fn decode_times(bytes: &[u8], rows: usize) -> Result<Vec<i64>, CodecError> {
    if rows == 0 {
        return Ok(Vec::new());
    }
    let mut reader = ByteReader::new(bytes);
    let times = match reader.u8()? {
        REGULAR => {
            let (first, step) = (reader.zigzag()?, reader.varint()? as i64);
            (0..rows as i64).map(|row| first.wrapping_add(row.wrapping_mul(step))).collect()
        }
        LISTED => integers::decode(&mut reader, rows)?,
        mode => {
            return Err(CodecError::Unknown {
                field: "time mode",
                offset: 0,
                found: u64::from(mode),
                known: "0 and 1",
            });
        }
    };
    super::error::at_end(&reader)?;
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn regular_jittered_and_irregular_times_come_back(first: i64, steps in prop::collection::vec(0_i64..100_000, 0..1024), regular: bool) {
            let step = |s: &i64| if regular { 60_000 } else { *s };
            let times: Vec<i64> = steps.iter().scan(first, |t, s| { *t = t.wrapping_add(step(s)); Some(*t) }).collect();
            let mut out = Vec::new();
            encode_times(&times, &mut out);
            prop_assert_eq!(decode_times(&out, times.len()).unwrap(), times);
            prop_assert!(!regular || out.len() <= 14);
        }

        #[test]
        fn any_bytes_give_times_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), rows in 0_usize..1024) {
            if let Ok(times) = decode_times(&bytes, rows) {
                prop_assert_eq!(times.len(), rows);
            }
        }
    }
}
