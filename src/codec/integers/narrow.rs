//! Units of at most 32 bits in groups of 128: a width per group, the few that need more as patches, all patches of a block in one run of bits.

use super::bits::{BitReader, BitWriter, low_bits, pack, packed_bytes};
use super::lanes::{self, LANES_VALUES, Lanes};
use super::mode::Effort;
use crate::base::bytes::ByteReader;
use crate::base::limits::{GROUPS_PER_BLOCK_MAX, VALUES_PER_GROUP};
use crate::codec::CodecError;

const WIDTH_MAX: usize = 32;
/// Bits of a head that hold the width.
const WIDTH_BITS: u8 = 0x3F;
/// The group has patches whose count and width take two bytes.
const LONG_PATCHES: u8 = 0x40;
/// The group has patches.
const PATCHED: u8 = 0x80;
/// Patches that one byte can describe: up to 32 of up to 8 bits.
const SHORT_COUNT_MAX: u32 = 32;
const SHORT_BITS_MAX: u32 = 8;
/// Bits of a position within a group.
const POSITION_BITS: u32 = 7;

/// Bits that patches have to save beside those that they take.
#[derive(Clone, Copy)]
struct Surcharge {
    /// All of a group.
    group: usize,
    /// Each of them.
    patch: u32,
}

/// Where speed counts, patches have to save what is unpacked in the time that they take. A group that has any is a turn of the road that
/// the processor does not see coming. Settled pages are as small as they get; of fresh ones 7 % more bytes scan a seventh faster.
const fn surcharge(effort: Effort) -> Surcharge {
    match effort {
        Effort::Fast => Surcharge { group: VALUES_PER_GROUP, patch: 16 },
        Effort::Thorough => Surcharge { group: 0, patch: 0 },
    }
}

/// How one group is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Group {
    width: u32,
    patches: u32,
    /// Bits of a patch above the width.
    patch_bits: u32,
    bits: usize,
}

impl Group {
    const fn is_long(&self) -> bool {
        self.patches > SHORT_COUNT_MAX || self.patch_bits > SHORT_BITS_MAX
    }
}

const fn bit_length(value: u32) -> u32 {
    u32::BITS - value.leading_zeros()
}

/// The cheapest way to pack a group, where patches cost some bits more than they take.
fn plan(units: &[u32], surcharge: Surcharge) -> Group {
    let mut of_length = [0_u32; WIDTH_MAX + 1];
    for unit in units {
        if let Some(count) = of_length.get_mut(bit_length(*unit) as usize) {
            *count += 1;
        }
    }
    let top = (0..=WIDTH_MAX).rev().find(|length| of_length.get(*length).is_some_and(|count| *count > 0));
    let top = u32::try_from(top.unwrap_or(0)).unwrap_or(0);
    let of_width = |width: u32, patches: u32| {
        let mut group = Group { width, patches, patch_bits: top - width, bits: 8 + units.len() * width as usize };
        if patches > 0 {
            let described = if group.is_long() { 16 } else { 8 };
            group.bits += surcharge.group + described;
            group.bits += (patches * (POSITION_BITS + group.patch_bits + surcharge.patch)) as usize;
        }
        group
    };
    let mut best = of_width(top, 0);
    let mut patches = 0;
    for width in (0..top).rev() {
        patches += of_length.get(width as usize + 1).copied().unwrap_or(0);
        let group = of_width(width, patches);
        if group.bits < best.bits {
            best = group;
        }
        // Below this width the patches alone take more than everything does now.
        if (patches * POSITION_BITS) as usize > best.bits {
            break;
        }
    }
    best
}

/// Bits that [`encode`] would write, not rounded up, and what patches cost besides.
pub(super) fn encoded_bits(units: &[u32], effort: Effort) -> usize {
    let surcharge = surcharge(effort);
    units.chunks(VALUES_PER_GROUP).map(|group| plan(group, surcharge).bits).sum()
}

/// Appends all units of a block: heads, packed groups, patches.
#[expect(clippy::cast_possible_truncation, reason = "widths are at most 32, counts at most 128")]
pub(super) fn encode(units: &[u32], effort: Effort, out: &mut Vec<u8>) {
    let mut groups = [Group::default(); GROUPS_PER_BLOCK_MAX];
    let chunks = || units.chunks(VALUES_PER_GROUP).take(GROUPS_PER_BLOCK_MAX);
    for (group, units) in groups.iter_mut().zip(chunks()) {
        *group = plan(units, surcharge(effort));
        let flags = match (group.patches, group.is_long()) {
            (0, _) => 0,
            (_, false) => PATCHED,
            (_, true) => PATCHED | LONG_PATCHES,
        };
        out.push(group.width as u8 | flags);
        match flags {
            0 => {}
            PATCHED => out.push((group.patches - 1) as u8 | ((group.patch_bits - 1) << 5) as u8),
            _ => out.extend_from_slice(&[group.patches as u8, group.patch_bits as u8]),
        }
    }
    for (group, units) in groups.iter().zip(chunks()) {
        match units.len() {
            LANES_VALUES => lanes::pack(&lanes::from_values(units), group.width, out),
            _ => pack(units, group.width, out),
        }
    }
    let mut patches = BitWriter::new(out);
    for (group, units) in groups.iter().zip(chunks()).filter(|(group, _)| group.patches > 0) {
        for (position, unit) in units.iter().enumerate().filter(|(_, unit)| bit_length(**unit) > group.width) {
            patches.put(position as u64, POSITION_BITS);
            patches.put(u64::from(unit >> group.width), group.patch_bits);
        }
    }
    patches.finish();
}

/// What receives the groups of a block, in order.
pub(super) trait GroupSink {
    /// So many units: 128, and of the last group what is left, with zeros behind.
    fn lanes(&mut self, lanes: &mut Lanes, count: usize);
}

/// Reads `count` units that [`encode`] wrote and gives them away group by group.
pub(super) fn decode(reader: &mut ByteReader<'_>, count: usize, sink: &mut impl GroupSink) -> Result<(), CodecError> {
    let mut groups = [Group::default(); GROUPS_PER_BLOCK_MAX];
    let group_count = count.div_ceil(VALUES_PER_GROUP);
    let Some(groups) = groups.get_mut(..group_count) else {
        return Err(CodecError::Count {
            what: "groups of a block",
            expected: GROUPS_PER_BLOCK_MAX,
            found: group_count,
        });
    };
    let (mut packed, mut patch_bits) = (0, 0);
    let mut left = count;
    for group in groups.iter_mut() {
        *group = decode_head(reader)?;
        packed += packed_bytes(left.min(VALUES_PER_GROUP), group.width);
        patch_bits += (group.patches * (POSITION_BITS + group.patch_bits)) as usize;
        left = left.saturating_sub(VALUES_PER_GROUP);
    }
    let mut packed = ByteReader::new(reader.take(packed)?);
    let offset = reader.offset();
    let mut patches = BitReader::new(reader.take(patch_bits.div_ceil(8))?);
    let mut left = count;
    let mut values = [[0; 4]; 32];
    for group in groups.iter() {
        let size = left.min(VALUES_PER_GROUP);
        left -= size;
        let bytes = packed.take(packed_bytes(size, group.width))?;
        if size == LANES_VALUES {
            lanes::unpack(bytes, group.width, &mut values);
            if group.patches > 0 {
                patch(&mut patches, *group, &mut values);
            }
        } else {
            values = [[0; 4]; 32];
            let tail = Tail { group: *group, count: size };
            tail.decode(bytes, &mut patches, &mut values).map_err(|position| bad_patch(offset, position))?;
        }
        sink.lanes(&mut values, size);
    }
    Ok(())
}

/// Adds the high bits of the values that have more than their group's width. Not inlined: it wants the registers for itself.
#[inline(never)]
fn patch(patches: &mut BitReader<'_>, group: Group, values: &mut Lanes) {
    for _ in 0..group.patches {
        let (position, high) = next_patch(patches, &group);
        lanes::add_bits(values, position, high);
    }
}

/// The last units of a block, fewer than 128.
struct Tail {
    group: Group,
    count: usize,
}

impl Tail {
    /// Gives the position of a patch that is none of theirs.
    #[inline(never)]
    fn decode(&self, bytes: &[u8], patches: &mut BitReader<'_>, values: &mut Lanes) -> Result<(), u32> {
        let mut units = BitReader::new(bytes);
        for position in (0_u32..).take(self.count) {
            let unit = u32::try_from(units.take_word(self.group.width)).unwrap_or_default();
            lanes::add_bits(values, position, unit);
        }
        for _ in 0..self.group.patches {
            let (position, high) = next_patch(patches, &self.group);
            if position as usize >= self.count {
                return Err(position);
            }
            lanes::add_bits(values, position, high);
        }
        Ok(())
    }
}

/// Position and high bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "seven bits, and at most 32 bits")]
fn next_patch(patches: &mut BitReader<'_>, group: &Group) -> (u32, u32) {
    let both = patches.take_word(POSITION_BITS + group.patch_bits);
    let high = (both >> POSITION_BITS) as u32;
    ((both & low_bits(POSITION_BITS)) as u32, high.wrapping_shl(group.width))
}

/// Inlined, so that its parts stay in registers: handed over in memory they are waited for.
#[inline(always)]
fn decode_head(reader: &mut ByteReader<'_>) -> Result<Group, CodecError> {
    let offset = reader.offset();
    let head = reader.u8()?;
    let width = u32::from(head & WIDTH_BITS);
    let unknown = |field, found| CodecError::Unknown { field, offset, found, known: "0 to 32 bits in all" };
    if width > 32 {
        return Err(unknown("bit width", u64::from(width)));
    }
    let (patches, patch_bits) = match head & (PATCHED | LONG_PATCHES) {
        0 => (0, 0),
        PATCHED => {
            let both = u32::from(reader.u8()?);
            ((both & 0x1F) + 1, (both >> 5) + 1)
        }
        LONG_PATCHES => return Err(unknown("group head", u64::from(head))),
        _ => (u32::from(reader.u8()?), u32::from(reader.u8()?)),
    };
    if patches as usize > VALUES_PER_GROUP || width + patch_bits > 32 {
        return Err(unknown("patches of a group", u64::from(patch_bits)));
    }
    Ok(Group { width, patches, patch_bits, bits: 0 })
}

const fn bad_patch(offset: usize, position: u32) -> CodecError {
    CodecError::Unknown { field: "patch position", offset, found: position as u64, known: "positions within the group" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Gather(Vec<u32>);

    impl GroupSink for Gather {
        fn lanes(&mut self, lanes: &mut Lanes, count: usize) {
            let mut out = [0; 128];
            lanes::write_values(lanes, [0; 4], &mut out, |unit| unit);
            self.0.extend_from_slice(&out[..count]);
        }
    }

    proptest! {
        #[test]
        fn skewed_units_come_back_and_the_estimate_is_the_size(
            units in prop::collection::vec(prop_oneof![30 => 0_u32..40, 1 => any::<u32>(), 3 => 0_u32..2000], 0..1025)
        ) {
            for effort in [Effort::Thorough, Effort::Fast] {
                let mut out = Vec::new();
                encode(&units, effort, &mut out);
                let estimate = encoded_bits(&units, effort).div_ceil(8);
                let least = if effort == Effort::Fast { 0 } else { estimate };
                prop_assert!(out.len() >= least && out.len() <= estimate + 2, "{} bytes, estimated {}", out.len(), estimate);
                let mut back = Gather(Vec::new());
                let mut reader = ByteReader::new(&out);
                decode(&mut reader, units.len(), &mut back).unwrap();
                prop_assert_eq!(reader.remaining(), 0);
                prop_assert_eq!(&back.0, &units);
            }
        }

        #[test]
        fn any_bytes_give_units_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600), count in 0_usize..1100) {
            let mut back = Gather(Vec::new());
            if decode(&mut ByteReader::new(&bytes), count, &mut back).is_ok() {
                prop_assert_eq!(back.0.len(), count);
            }
        }
    }

    #[test]
    fn one_outlier_is_patched_and_does_not_widen_its_group() {
        let mut units = vec![3_u32; 128];
        units[77] = 1 << 30;
        for effort in [Effort::Thorough, Effort::Fast] {
            let mut out = Vec::new();
            encode(&units, effort, &mut out);
            assert_eq!(out[0] & WIDTH_BITS, 2, "width of the many");
            assert!(out.len() <= 3 + 32 + 5, "{} bytes", out.len());
        }
    }

    #[test]
    fn a_patch_that_saves_little_is_left_out_where_speed_counts() {
        let units: Vec<u32> = (0..128).map(|row| if row % 12 == 0 { 12 } else { 3 }).collect();
        let plan = |effort| plan(&units, surcharge(effort));
        let (small, quick) = (plan(Effort::Thorough), plan(Effort::Fast));
        assert_eq!((small.width, small.patches, quick.width, quick.patches), (2, 11, 4, 0));
    }
}
