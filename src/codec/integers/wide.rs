//! Units of up to 64 bits in groups of 128: a width per group, the few that need more as patches. For the rare column whose integers
//! do not fit 32 bits.

use super::bits::{BitReader, BitWriter, packed_bytes};
use crate::base::bytes::{ByteReader, put_varint};
use crate::base::limits::VALUES_PER_GROUP;
use crate::codec::CodecError;

const WIDTHS: usize = 65;

/// Bytes that [`encode`] would write.
pub(super) fn encoded_bytes(units: &[u64]) -> usize {
    units.chunks(VALUES_PER_GROUP).map(|group| cheapest_width(group).1).sum()
}

/// Appends all groups.
#[expect(clippy::cast_possible_truncation, reason = "a width is at most 64; a group has at most 128 values")]
pub(super) fn encode(units: &[u64], out: &mut Vec<u8>) {
    for group in units.chunks(VALUES_PER_GROUP) {
        let (width, _) = cheapest_width(group);
        let is_patched = |unit: &u64| bit_length(*unit) > width;
        out.push(width as u8);
        out.push(group.iter().filter(|unit| is_patched(unit)).count() as u8);
        let mut writer = BitWriter::new(out);
        group.iter().for_each(|unit| writer.put(*unit, width));
        writer.finish();
        for (position, unit) in group.iter().enumerate().filter(|(_, unit)| is_patched(unit)) {
            out.push(position as u8);
            put_varint(out, unit >> width);
        }
    }
}

/// Reads `count` units and gives them away group by group.
pub(super) fn decode(
    reader: &mut ByteReader<'_>,
    count: usize,
    mut sink: impl FnMut(&mut [u64]),
) -> Result<(), CodecError> {
    let mut left = count;
    while left > 0 {
        let mut group = [0; VALUES_PER_GROUP];
        let size = left.min(VALUES_PER_GROUP);
        let group = group.get_mut(..size).unwrap_or_default();
        decode_group(reader, group)?;
        sink(group);
        left -= size;
    }
    Ok(())
}

fn decode_group(reader: &mut ByteReader<'_>, group: &mut [u64]) -> Result<(), CodecError> {
    let offset = reader.offset();
    let width = u32::from(reader.u8()?);
    if width > 64 {
        return Err(CodecError::Unknown { field: "bit width", offset, found: u64::from(width), known: "0 to 64" });
    }
    let patches = usize::from(reader.u8()?);
    let mut bits = BitReader::new(reader.take(packed_bytes(group.len(), width))?);
    group.iter_mut().for_each(|unit| *unit = bits.take(width));
    for _ in 0..patches {
        let offset = reader.offset();
        let position = usize::from(reader.u8()?);
        let high = reader.varint()?;
        let Some(unit) = group.get_mut(position).filter(|_| width < 64) else {
            return Err(CodecError::Unknown {
                field: "patch position",
                offset,
                found: position as u64,
                known: "positions within the group, below a width of 64",
            });
        };
        *unit |= high << width;
    }
    Ok(())
}

/// The width with the least bytes for one group, patches included, and those bytes.
fn cheapest_width(group: &[u64]) -> (u32, usize) {
    let mut of_length = [0_usize; WIDTHS];
    for unit in group {
        if let Some(count) = of_length.get_mut(bit_length(*unit) as usize) {
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

const fn bit_length(unit: u64) -> u32 {
    u64::BITS - unit.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skewed_units_come_back_and_the_estimate_is_the_size(
            units in prop::collection::vec(prop_oneof![9 => 0_u64..40, 1 => any::<u64>()], 0..700)
        ) {
            let mut out = Vec::new();
            encode(&units, &mut out);
            prop_assert_eq!(out.len(), encoded_bytes(&units));
            let mut back = Vec::new();
            decode(&mut ByteReader::new(&out), units.len(), |group| back.extend_from_slice(group)).unwrap();
            prop_assert_eq!(back, units);
        }

        #[test]
        fn any_bytes_give_units_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..1024) {
            let mut back = Vec::new();
            if decode(&mut ByteReader::new(&bytes), count, |group| back.extend_from_slice(group)).is_ok() {
                prop_assert_eq!(back.len(), count);
            }
        }
    }
}
