//! Unsigned integers in groups of 128: a bit width per group, and the few that need more as patches.

use super::CodecError;
use super::bits::{pack, packed_bytes, unpack};
use crate::base::bytes::{ByteReader, put_varint};
use crate::base::limits::VALUES_PER_GROUP;

const WIDTHS: usize = 65;

/// Bytes that [`encode`] would write.
pub(super) fn encoded_bytes(values: &[u64]) -> usize {
    values.chunks(VALUES_PER_GROUP).map(|group| cheapest_width(group).1).sum()
}

/// Appends all groups.
pub(super) fn encode(values: &[u64], out: &mut Vec<u8>) {
    for group in values.chunks(VALUES_PER_GROUP) {
        encode_group(group, out);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a width is at most 64; a group has at most 128 values")]
fn encode_group(group: &[u64], out: &mut Vec<u8>) {
    let (width, _) = cheapest_width(group);
    let patched = |value: u64| bit_length(value) > width;
    out.push(width as u8);
    out.push(group.iter().filter(|value| patched(**value)).count() as u8);
    pack(group, width, out);
    for (position, value) in group.iter().enumerate().filter(|(_, value)| patched(**value)) {
        out.push(position as u8);
        put_varint(out, value >> width);
    }
}

/// Reads `count` values and appends them to `out`.
pub(super) fn decode(reader: &mut ByteReader<'_>, count: usize, out: &mut Vec<u64>) -> Result<(), CodecError> {
    let mut left = count;
    while left > 0 {
        let group = left.min(VALUES_PER_GROUP);
        decode_group(reader, group, out)?;
        left -= group;
    }
    Ok(())
}

fn decode_group(reader: &mut ByteReader<'_>, count: usize, out: &mut Vec<u64>) -> Result<(), CodecError> {
    let offset = reader.offset();
    let width = u32::from(reader.u8()?);
    if width > 64 {
        return Err(CodecError::Unknown { field: "bit width", offset, found: u64::from(width), known: "0 to 64" });
    }
    let patches = usize::from(reader.u8()?);
    let begin = out.len();
    unpack(reader, count, width, out)?;
    for _ in 0..patches {
        let offset = reader.offset();
        let position = usize::from(reader.u8()?);
        let high = reader.varint()?;
        let low = out.get_mut(begin + position).filter(|_| position < count && width < 64);
        let Some(value) = low else {
            return Err(CodecError::Unknown {
                field: "patch position",
                offset,
                found: position as u64,
                known: "positions within the group, below a width of 64",
            });
        };
        *value |= high << width;
    }
    Ok(())
}

/// The width with the least bytes for one group, patches included, and those bytes.
fn cheapest_width(group: &[u64]) -> (u32, usize) {
    let mut of_length = [0_usize; WIDTHS];
    for value in group {
        if let Some(count) = of_length.get_mut(bit_length(*value) as usize) {
            *count += 1;
        }
    }
    (0..=64)
        .map(|width| {
            let patches: usize = (width + 1..=64_u32)
                .zip(of_length.iter().skip(width as usize + 1))
                .map(|(length, count)| count * (1 + (length - width).div_ceil(7) as usize))
                .sum();
            (width, 2 + packed_bytes(group.len(), width) + patches)
        })
        .min_by_key(|(_, bytes)| *bytes)
        .unwrap_or((64, usize::MAX))
}

const fn bit_length(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skewed_integers_come_back_and_the_estimate_is_the_size(
            values in prop::collection::vec(prop_oneof![9 => 0_u64..40, 1 => any::<u64>()], 0..700)
        ) {
            let mut out = Vec::new();
            encode(&values, &mut out);
            prop_assert_eq!(out.len(), encoded_bytes(&values));
            let mut back = Vec::new();
            decode(&mut ByteReader::new(&out), values.len(), &mut back).unwrap();
            prop_assert_eq!(back, values);
        }

        #[test]
        fn any_bytes_give_values_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..1024) {
            let mut out = Vec::new();
            if decode(&mut ByteReader::new(&bytes), count, &mut out).is_ok() {
                prop_assert_eq!(out.len(), count);
            }
        }
    }

    #[test]
    fn one_outlier_is_patched_and_does_not_widen_its_group() {
        let mut values = vec![3_u64; 128];
        values[77] = 1 << 40;
        let mut out = Vec::new();
        encode(&values, &mut out);
        assert_eq!(out[0], 2, "width of the many");
        assert!(out.len() < 2 + 32 + 8, "{} bytes", out.len());
    }
}
