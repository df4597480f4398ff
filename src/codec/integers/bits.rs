//! Unsigned integers of any bit width, packed one behind the other, least significant bit first.

/// Bytes that `count` values of `width` bits take.
pub(super) const fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Appends the low `width` bits (0 to 32) of each value.
pub(super) fn pack(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut writer = BitWriter::new(out);
    values.iter().for_each(|value| writer.put(u64::from(*value), width));
    writer.finish();
}

/// Appends bits to bytes.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    buffer: u128,
    filled: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, buffer: 0, filled: 0 }
    }

    /// Appends the low `width` bits (0 to 64) of a value.
    #[expect(clippy::cast_possible_truncation, reason = "whole low words are cut off on purpose")]
    pub(super) fn put(&mut self, value: u64, width: u32) {
        self.buffer |= u128::from(value & low_bits(width)) << self.filled;
        self.filled += width;
        while self.filled >= 32 {
            self.out.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.filled -= 32;
        }
    }

    /// Writes the last bits, filled up with zeros to a whole byte.
    #[expect(clippy::cast_possible_truncation, reason = "whole low bytes are cut off on purpose")]
    pub(super) fn finish(mut self) {
        while self.filled > 0 {
            self.out.push(self.buffer as u8);
            self.buffer >>= 8;
            self.filled = self.filled.saturating_sub(8);
        }
    }
}

/// Takes bits from bytes; behind the last byte all bits are zero.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits taken so far.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `width` bits (0 to 64).
    #[inline]
    pub(super) fn take(&mut self, width: u32) -> u64 {
        let (low, rest) = (width.min(32), width.saturating_sub(32));
        let value = self.take_word(low);
        if rest == 0 { value } else { value | (self.take_word(rest) << 32) }
    }

    /// The next `width` bits, at most 57: with the bits of a begun byte they fit one word.
    #[inline]
    pub(super) fn take_word(&mut self, width: u32) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_le_bytes(*word),
            None => last_word(self.bytes, rest.len()),
        };
        let value = (word >> (self.at % 8)) & low_bits(width);
        self.at += width as usize;
        value
    }
}

/// The last bytes of some, fewer than eight, filled up with zeros. Without a turn a byte where there are eight.
fn last_word(bytes: &[u8], left: usize) -> u64 {
    if let Some(last) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*last).checked_shr(u64::BITS - 8 * u32::try_from(left).unwrap_or(0)).unwrap_or(0);
    }
    let mut word = [0; 8];
    let last = bytes.get(bytes.len() - left..).unwrap_or_default();
    word.iter_mut().zip(last).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// The low `width` bits set.
pub(super) const fn low_bits(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1_u64 << width) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_of_mixed_widths_come_back(values in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..200)) {
            let mut out = Vec::new();
            let mut writer = BitWriter::new(&mut out);
            values.iter().for_each(|(value, width)| writer.put(*value, *width));
            writer.finish();
            prop_assert_eq!(out.len(), values.iter().map(|(_, width)| *width as usize).sum::<usize>().div_ceil(8));
            let mut reader = BitReader::new(&out);
            for (value, width) in values {
                prop_assert_eq!(reader.take(width), value & low_bits(width));
            }
        }
    }
}
