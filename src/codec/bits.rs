//! Unsigned integers of one bit width, packed least significant bit first.

use super::CodecError;
use crate::base::bytes::ByteReader;

/// Bytes that `count` values of `width` bits take.
pub(super) const fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Appends the low `width` bits (0 to 64) of each value.
#[expect(clippy::cast_possible_truncation, reason = "whole low bytes are cut off on purpose")]
pub(super) fn pack(values: &[u64], width: u32, out: &mut Vec<u8>) {
    let mask = mask(width);
    let (mut buffer, mut filled) = (0_u128, 0_u32);
    for value in values {
        buffer |= u128::from(value & mask) << filled;
        filled += width;
        while filled >= 8 {
            out.push(buffer as u8);
            buffer >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push(buffer as u8);
    }
}

/// Reads what [`pack`] wrote and appends `count` values to `out`.
pub(super) fn unpack(
    reader: &mut ByteReader<'_>,
    count: usize,
    width: u32,
    out: &mut Vec<u64>,
) -> Result<(), CodecError> {
    let bytes = reader.take(packed_bytes(count, width))?;
    if width == 0 {
        out.extend(std::iter::repeat_n(0, count));
        return Ok(());
    }
    let mask = u128::from(mask(width));
    let (mut buffer, mut filled) = (0_u128, 0_u32);
    let mut next = bytes.iter();
    for _ in 0..count {
        while filled < width {
            buffer |= u128::from(next.next().copied().unwrap_or_default()) << filled;
            filled += 8;
        }
        out.push(u64::try_from(buffer & mask).unwrap_or_default());
        buffer >>= width;
        filled -= width;
    }
    Ok(())
}

/// The low `width` bits set.
const fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1_u64 << width) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_width_gives_back_the_low_bits(values in prop::collection::vec(any::<u64>(), 0..200), width in 0_u32..=64) {
            let mut out = Vec::new();
            pack(&values, width, &mut out);
            prop_assert_eq!(out.len(), packed_bytes(values.len(), width));
            let mut back = Vec::new();
            unpack(&mut ByteReader::new(&out), values.len(), width, &mut back).unwrap();
            let low: Vec<u64> = values.iter().map(|v| v & mask(width)).collect();
            prop_assert_eq!(back, low);
        }
    }
}
