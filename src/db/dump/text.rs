//! How values, samples and bytes are written in a dump.

use crate::model::{FrameRef, Quality, Sample};
use std::fmt::Write;

/// What stands for a missing value.
const MISSING: &str = "-";
/// What stands between a value and its flag.
const FLAG: char = '/';

/// Adds the samples of a frame, each behind a space.
pub(super) fn put_samples(line: &mut String, frame: FrameRef<'_>) {
    frame.samples().for_each(|sample| put_sample(line, sample));
}

/// Adds a space and a sample: the shortest decimal that gives the same bits back, `/` and the flag's code where it is not normal.
pub(super) fn put_sample(line: &mut String, sample: Sample) {
    line.push(' ');
    let _ = match sample.value {
        None => line.write_str(MISSING),
        Some(value) if value == 0.0 || (1e-5..1e16).contains(&value.abs()) => write!(line, "{value}"),
        Some(value) => write!(line, "{value:e}"),
    };
    if sample.quality != Quality::Normal {
        let _ = write!(line, "{FLAG}{}", sample.quality.code());
    }
}

/// The sample of a field; `None` for a field that is none.
pub(super) fn sample(field: &str) -> Option<Sample> {
    let (value, quality) = match field.split_once(FLAG) {
        Some((value, code)) => (value, Quality::from_code(code.parse().ok()?)?),
        None => (field, Quality::Normal),
    };
    if value == MISSING {
        return Some(Sample { value: None, quality });
    }
    let value = value.parse::<f64>().ok().filter(|value| value.is_finite())?;
    Some(Sample { value: Some(value), quality })
}

/// Adds bytes as hexadecimal digits.
pub(super) fn put_hex(line: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    line.reserve(2 * bytes.len());
    let digits = |byte: &u8| [byte >> 4, byte & 15];
    line.extend(bytes.iter().flat_map(digits).filter_map(|digit| DIGITS.get(usize::from(digit))));
}

/// The bytes of hexadecimal digits; `None` where they are none.
pub(super) fn hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    proptest! {
        #[test]
        fn every_sample_comes_back_to_the_bit(bits in any::<u64>(), near in -1e6_f64..1e6, kind in 0_u8..4, quality in select(Quality::ALL.to_vec())) {
            let value = match kind {
                0 => Some(f64::from_bits(bits)).filter(|value| value.is_finite()),
                1 => Some((near * 100.0).round() / 100.0),
                2 => Some(-0.0),
                _ => None,
            };
            let mut line = String::new();
            put_sample(&mut line, Sample { value, quality });
            let back = sample(line.strip_prefix(' ').unwrap()).unwrap();
            prop_assert_eq!((back.value.map(f64::to_bits), back.quality), (value.map(f64::to_bits), quality));
            prop_assert!(!line.trim_start().contains(' ') && line.len() < 32);
        }

        #[test]
        fn bytes_come_back_from_digits(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut line = String::new();
            put_hex(&mut line, &bytes);
            prop_assert_eq!(hex(&line), Some(bytes));
        }
    }

    #[test]
    fn what_is_no_sample_and_no_digit_is_refused() {
        for field in ["", "nan", "inf", "1e999", "1,5", "0.4/10", "0.4/", "/3", "--"] {
            assert_eq!(sample(field), None, "{field}");
        }
        assert_eq!((hex("0"), hex("0g"), hex("")), (None, None, Some(Vec::new())));
    }
}
