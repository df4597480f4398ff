//! Little-endian and varint cursors over untrusted bytes: every read is bounds-checked and nothing is allocated.
pub(crate) mod runs;

/// What a cursor can run into. The offset counts from the start of the slice that was given to [`ByteReader::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// The bytes end before the value does.
    #[error("the bytes end at offset {offset}, {missing_bytes} too early")]
    Truncated {
        /// Where the value began.
        offset: usize,
        /// How many more bytes it needs.
        missing_bytes: usize,
    },
    /// A varint runs over 64 bits.
    #[error("a variable-length integer at offset {offset} does not end within 64 bits")]
    VarintTooLong {
        /// Where it began.
        offset: usize,
    },
}

/// Reads little-endian integers from a slice, front to back.
#[derive(Debug, Clone)]
pub(crate) struct ByteReader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> ByteReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], BytesError> {
        let end = self.offset.checked_add(count);
        let Some(slice) = end.and_then(|end| self.bytes.get(self.offset..end)) else {
            let missing_bytes = count.saturating_sub(self.remaining());
            return Err(BytesError::Truncated { offset: self.offset, missing_bytes });
        };
        self.offset = self.offset.saturating_add(count);
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BytesError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, BytesError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, BytesError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BytesError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BytesError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i128(&mut self) -> Result<i128, BytesError> {
        self.array().map(i128::from_le_bytes)
    }

    pub(crate) fn f64(&mut self) -> Result<f64, BytesError> {
        self.array().map(f64::from_le_bytes)
    }

    /// LEB128, at most ten bytes.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, BytesError> {
        const LAST: u64 = 0x8080_8080_8080_8080;
        let word = self.bytes.get(self.offset..).and_then(|rest| rest.first_chunk::<8>());
        let word = word.map_or(LAST, |word| u64::from_le_bytes(*word));
        // The usual case without a turn a byte, whose number nobody foresees: it ends within eight bytes, and so many follow.
        match !word & LAST {
            0 => self.varint_by_byte(),
            ends => {
                let bits = ends.trailing_zeros() + 1;
                self.offset += bits as usize / 8;
                Ok(join_sevens(word & (u64::MAX >> (u64::BITS - bits))))
            }
        }
    }

    fn varint_by_byte(&mut self) -> Result<u64, BytesError> {
        let begin = self.offset;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let part = u64::from(byte & 0x7F);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BytesError::VarintTooLong { offset: begin })
    }

    pub(crate) fn zigzag(&mut self) -> Result<i64, BytesError> {
        self.varint().map(unzigzag)
    }
}

/// The low seven bits of each byte, side by side.
const fn join_sevens(word: u64) -> u64 {
    let sevens = word & 0x7F7F_7F7F_7F7F_7F7F;
    let pairs = (sevens & 0x007F_007F_007F_007F) | ((sevens & 0x7F00_7F00_7F00_7F00) >> 1);
    let fours = (pairs & 0x0000_3FFF_0000_3FFF) | ((pairs & 0x3FFF_0000_3FFF_0000) >> 2);
    (fours & 0x0FFF_FFFF) | ((fours & 0x0FFF_FFFF_0000_0000) >> 4)
}

/// Appends LEB128.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}

/// Appends a signed integer as a zigzag varint.
pub(crate) fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

/// Maps small magnitudes of either sign to small unsigned integers.
pub(crate) const fn zigzag(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Integers of all lengths alike.
    fn any_length() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift)
    }

    proptest! {
        #[test]
        fn varints_and_zigzags_come_back(value in any_length(), signed in any_length(), behind in 0_usize..9) {
            let signed = signed.cast_signed();
            let mut out = Vec::new();
            put_varint(&mut out, value);
            put_zigzag(&mut out, signed);
            out.extend_from_slice(&vec![0xFF; behind]);
            let mut reader = ByteReader::new(&out);
            prop_assert_eq!(reader.varint(), Ok(value));
            prop_assert_eq!(reader.zigzag(), Ok(signed));
            prop_assert_eq!(reader.remaining(), behind);
        }
    }

    #[test]
    fn a_varint_without_an_end_is_refused_with_its_offset() {
        let mut reader = ByteReader::new(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(reader.varint(), Ok(1));
        assert_eq!(reader.varint(), Err(BytesError::VarintTooLong { offset: 1 }));
    }

    #[test]
    fn a_cut_integer_says_how_much_is_missing() {
        let mut reader = ByteReader::new(&[1, 2, 3]);
        assert_eq!(reader.u64(), Err(BytesError::Truncated { offset: 0, missing_bytes: 5 }));
    }
}
