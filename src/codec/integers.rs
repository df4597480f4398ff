//! Signed integers: the cheapest of constant, frame of reference, deltas from their least, and zigzag deltas.

use super::CodecError;
use super::groups;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag, unzigzag, zigzag};

const CONSTANT: u8 = 0;
const FRAME: u8 = 1;
const DELTA: u8 = 2;
const ZIGZAG: u8 = 3;

/// Appends `values`; their number is not written.
pub(super) fn encode(values: &[i64], out: &mut Vec<u8>) {
    let Some((first, rest)) = values.split_first() else { return };
    let least = values.iter().copied().min().unwrap_or(*first);
    if rest.iter().all(|value| value == first) {
        out.push(CONSTANT);
        put_zigzag(out, *first);
        return;
    }
    let steps: Vec<i64> = values.iter().zip(rest).map(|(before, after)| after.wrapping_sub(*before)).collect();
    let least_step = steps.iter().copied().min().unwrap_or_default();
    let (frame_divisor, frame) = divided(values.iter().map(|value| value.wrapping_sub(least) as u64).collect());
    let (delta_divisor, deltas) = divided(steps.iter().map(|step| step.wrapping_sub(least_step) as u64).collect());
    let zigzags: Vec<u64> = steps.iter().map(|step| zigzag(*step)).collect();
    let sizes = [groups::encoded_bytes(&frame), groups::encoded_bytes(&deltas), groups::encoded_bytes(&zigzags)];
    match sizes.iter().enumerate().min_by_key(|(_, bytes)| **bytes).map_or(0, |(index, _)| index) {
        0 => {
            out.push(FRAME);
            put_zigzag(out, least);
            put_varint(out, frame_divisor);
            groups::encode(&frame, out);
        }
        1 => {
            out.push(DELTA);
            put_zigzag(out, *first);
            put_zigzag(out, least_step);
            put_varint(out, delta_divisor);
            groups::encode(&deltas, out);
        }
        _ => {
            out.push(ZIGZAG);
            put_zigzag(out, *first);
            groups::encode(&zigzags, out);
        }
    }
}

/// Reads `count` values that [`encode`] wrote.
pub(super) fn decode(reader: &mut ByteReader<'_>, count: usize) -> Result<Vec<i64>, CodecError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let offset = reader.offset();
    match reader.u8()? {
        CONSTANT => Ok(vec![reader.zigzag()?; count]),
        FRAME => {
            let (least, divisor) = (reader.zigzag()?, reader.varint()?);
            let mut packed = Vec::with_capacity(count);
            groups::decode(reader, count, &mut packed)?;
            Ok(packed.iter().map(|unit| least.wrapping_add(unit.wrapping_mul(divisor) as i64)).collect())
        }
        DELTA => {
            let (first, least_step, divisor) = (reader.zigzag()?, reader.zigzag()?, reader.varint()?);
            let step = move |unit: u64| least_step.wrapping_add(unit.wrapping_mul(divisor) as i64);
            running(reader, first, count, step)
        }
        ZIGZAG => {
            let first = reader.zigzag()?;
            running(reader, first, count, unzigzag)
        }
        mode => Err(CodecError::Unknown { field: "integer mode", offset, found: u64::from(mode), known: "0 to 3" }),
    }
}

fn running(
    reader: &mut ByteReader<'_>,
    first: i64,
    count: usize,
    step: impl Fn(u64) -> i64,
) -> Result<Vec<i64>, CodecError> {
    let mut packed = Vec::with_capacity(count);
    groups::decode(reader, count - 1, &mut packed)?;
    let mut values = Vec::with_capacity(count);
    let mut value = first;
    values.push(value);
    for unit in packed {
        value = value.wrapping_add(step(unit));
        values.push(value);
    }
    Ok(values)
}

/// The greatest common divisor of all units, and the units divided by it.
fn divided(mut units: Vec<u64>) -> (u64, Vec<u64>) {
    let mut divisor = 0;
    for unit in &units {
        divisor = gcd(divisor, *unit);
        if divisor == 1 {
            return (1, units);
        }
    }
    let divisor = divisor.max(1);
    units.iter_mut().for_each(|unit| *unit /= divisor);
    (divisor, units)
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(values: &[i64]) -> (Vec<i64>, usize) {
        let mut out = Vec::new();
        encode(values, &mut out);
        let mut reader = ByteReader::new(&out);
        let back = decode(&mut reader, values.len()).unwrap();
        assert_eq!(reader.remaining(), 0);
        (back, out.len())
    }

    proptest! {
        #[test]
        fn any_integers_come_back(values in prop::collection::vec(any::<i64>(), 0..300)) {
            prop_assert_eq!(round_trip(&values).0, values);
        }

        #[test]
        fn walks_and_steps_come_back(start in -1_000_000_i64..1_000_000, steps in prop::collection::vec(-3_i64..40, 1..1024), factor in 1_i64..50) {
            let values: Vec<i64> = steps.iter().scan(start, |v, s| { *v += s * factor; Some(*v) }).collect();
            prop_assert_eq!(round_trip(&values).0, values);
        }
    }

    #[test]
    fn a_common_divisor_costs_no_bits() {
        let tens: Vec<i64> = (0..1024).map(|i| (i * 7 % 36) * 10).collect();
        let ones: Vec<i64> = tens.iter().map(|v| v / 10).collect();
        assert!(round_trip(&tens).1 <= round_trip(&ones).1 + 4, "only the least value and the divisor may be longer");
    }

    #[test]
    fn a_constant_column_takes_a_few_bytes_whatever_its_length() {
        assert!(round_trip(&[123_456; 1024]).1 <= 4);
    }
}
