//! Value columns: decimals as scaled integers, every value's round trip checked bit for bit, the rest as exceptions or raw.

use super::CodecError;
use super::integers;
use crate::base::bytes::{ByteReader, put_varint};
use crate::base::limits::DECIMALS_MAX;

const RAW: u8 = 0;
const DECIMAL: u8 = 1;

/// Integers beyond this are no longer exact in `f64`.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

const POWERS: [f64; DECIMALS_MAX as usize + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/// Appends a column of present values; their number is not written.
#[expect(clippy::cast_possible_truncation, reason = "the number of decimals is at most 12")]
pub fn encode_values(values: &[f64], out: &mut Vec<u8>) {
    let Some((decimals, scale)) = best_scale(values) else {
        out.push(RAW);
        values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
        return;
    };
    let mut integers = Vec::with_capacity(values.len());
    let mut exceptions = Vec::new();
    let mut before = 0;
    for (row, value) in values.iter().enumerate() {
        match scaled(*value, scale) {
            Some(integer) => before = integer,
            None => exceptions.push((row, *value)),
        }
        integers.push(before);
    }
    out.push(DECIMAL);
    out.push(decimals as u8);
    put_varint(out, exceptions.len() as u64);
    for (row, value) in exceptions {
        put_varint(out, row as u64);
        out.extend_from_slice(&value.to_le_bytes());
    }
    integers::encode(&integers, out);
}

/// Reads `count` values that [`encode_values`] wrote.
///
/// # Errors
/// [`CodecError`] for bytes that it did not write.
pub fn decode_values(bytes: &[u8], count: usize) -> Result<Vec<f64>, CodecError> {
    let mut reader = ByteReader::new(bytes);
    let values = match reader.u8()? {
        RAW => (0..count).map(|_| reader.f64()).collect::<Result<Vec<f64>, _>>()?,
        DECIMAL => decode_decimals(&mut reader, count)?,
        mode => {
            return Err(CodecError::Unknown {
                field: "value mode",
                offset: 0,
                found: u64::from(mode),
                known: "0 and 1",
            });
        }
    };
    super::error::at_end(&reader)?;
    Ok(values)
}

fn decode_decimals(reader: &mut ByteReader<'_>, count: usize) -> Result<Vec<f64>, CodecError> {
    let offset = reader.offset();
    let decimals = reader.u8()?;
    let Some(scale) = POWERS.get(usize::from(decimals)) else {
        return Err(CodecError::Unknown { field: "decimals", offset, found: u64::from(decimals), known: "0 to 12" });
    };
    let listed = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    if listed > count {
        return Err(CodecError::Count { what: "exceptions", expected: count, found: listed });
    }
    let exceptions =
        (0..listed).map(|_| Ok((reader.varint()?, reader.f64()?))).collect::<Result<Vec<_>, CodecError>>()?;
    let mut values: Vec<f64> =
        integers::decode(reader, count)?.into_iter().map(|integer| integer as f64 / scale).collect();
    for (row, value) in exceptions {
        let Some(place) = usize::try_from(row).ok().and_then(|row| values.get_mut(row)) else {
            return Err(CodecError::Unknown { field: "exception row", offset, found: row, known: "rows of the block" });
        };
        *place = value;
    }
    Ok(values)
}

/// The fewest decimals under which all values survive; failing that, those under which the most do; `None` where raw is smaller.
fn best_scale(values: &[f64]) -> Option<(usize, f64)> {
    let mut best: Option<(usize, usize, f64)> = None;
    for (decimals, scale) in POWERS.iter().enumerate() {
        let failures = values.iter().filter(|value| scaled(**value, *scale).is_none()).count();
        if best.is_none_or(|(fewest, _, _)| failures < fewest) {
            best = Some((failures, decimals, *scale));
        }
        if failures == 0 {
            break;
        }
    }
    best.filter(|(failures, _, _)| failures * 4 <= values.len()).map(|(_, decimals, scale)| (decimals, scale))
}

/// The integer that stands for a value at a scale, if dividing it again gives the same bits.
#[expect(clippy::cast_possible_truncation, reason = "the magnitude is checked to be below 2^53")]
fn scaled(value: f64, scale: f64) -> Option<i64> {
    let rounded = (value * scale).round();
    if rounded.abs() >= INTEGER_MAX {
        return None;
    }
    let integer = rounded as i64;
    (((integer as f64) / scale).to_bits() == value.to_bits()).then_some(integer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_comes_back(values: &[f64]) -> usize {
        let mut out = Vec::new();
        encode_values(values, &mut out);
        let bits = |column: &[f64]| column.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&decode_values(&out, values.len()).unwrap()), bits(values));
        out.len()
    }

    proptest! {
        #[test]
        fn any_doubles_come_back_to_the_bit(values in prop::collection::vec(any::<f64>(), 0..300)) {
            assert_comes_back(&values);
        }

        #[test]
        fn decimals_with_strangers_come_back_to_the_bit(
            units in prop::collection::vec(-100_000_i32..100_000, 1..1024), places in 0_i32..6, strangers in prop::collection::vec(any::<f64>(), 0..5)
        ) {
            let mut values: Vec<f64> = units.iter().map(|u| f64::from(*u) / 10_f64.powi(places)).collect();
            let stride = values.len() / 5 + 1;
            for (k, stranger) in strangers.iter().enumerate() { let at = k * stride; if at < values.len() { values[at] = *stranger; } }
            assert_comes_back(&values);
        }

        #[test]
        fn any_bytes_give_values_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..1024) {
            if let Ok(values) = decode_values(&bytes, count) {
                prop_assert_eq!(values.len(), count);
            }
        }
    }

    #[test]
    fn a_quiet_decimal_column_takes_about_a_byte_a_value() {
        let values: Vec<f64> = (0..1024).map(|i| f64::from(1800 + (i * 37) % 64) / 1000.0).collect();
        assert!(assert_comes_back(&values) < 1024);
    }

    #[test]
    fn negative_zero_and_the_extremes_survive() {
        assert_comes_back(&[0.0, -0.0, 1.5, f64::MIN_POSITIVE, f64::MAX, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 1.0]);
    }

    #[test]
    fn a_count_that_the_bytes_do_not_bear_is_an_error() {
        let mut out = Vec::new();
        encode_values(&[1.0, 2.0, 3.0], &mut out);
        assert!(decode_values(&out, 4000).is_err());
    }
}
