//! The checksum of HJ 212, and the one of Modbus, which some senders compute instead.

/// Polynomial of both, with the lowest bit first.
const POLYNOMIAL: u16 = 0xA001;
/// Bytes that are taken at once.
const LANES: usize = 8;

/// What the register becomes from each of the 256 bytes that enter it.
static TABLE: [u16; 256] = table();
/// The upper byte of the register after one more byte, and after up to seven zeros behind it.
static AHEAD: [[u8; 256]; LANES] = ahead();

const fn shifted(byte: u16) -> u16 {
    let (mut register, mut bit) = (byte, 0);
    while bit < 8 {
        register = if register & 1 == 1 { (register >> 1) ^ POLYNOMIAL } else { register >> 1 };
        bit += 1;
    }
    register
}

#[expect(clippy::indexing_slicing, reason = "at compile time, below the length of the array")]
const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        table[byte as usize] = shifted(byte);
        byte += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "at compile time, below the lengths of the arrays")]
const fn ahead() -> [[u8; 256]; LANES] {
    let table = table();
    let mut ahead = [[0; 256]; LANES];
    let mut byte = 0;
    while byte < 256 {
        let (mut lane, mut upper) = (0, byte);
        while lane < LANES {
            upper = (table[upper] >> 8) as usize;
            ahead[lane][byte] = table_byte(upper);
            lane += 1;
        }
        byte += 1;
    }
    ahead
}

#[expect(clippy::cast_possible_truncation, reason = "the upper byte of a register of 16 bits is below 256")]
const fn table_byte(upper: usize) -> u8 {
    upper as u8
}

fn upper(register: u16) -> u8 {
    let [upper, _] = register.to_be_bytes();
    upper
}

fn stepped(byte: u8) -> u16 {
    TABLE.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The checksum of HJ 212 (annex A of the edition of 2017): of a register of 16 bits only the upper byte enters the next step, so that it
/// has 256 values only.
///
/// It detects every change of one byte.
///
/// ```
/// use vocdb::interop::hj212::checksum;
/// let segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&";
/// assert_eq!(checksum(segment), 0x1C80);
/// ```
#[must_use]
pub fn checksum(segment: &[u8]) -> u16 {
    let Some((last, before)) = segment.split_last() else { return u16::MAX };
    let (eights, rest) = before.as_chunks::<LANES>();
    let mut state = u8::MAX;
    for bytes in eights {
        let mut next = 0;
        let [first, ..] = bytes;
        let entering = std::iter::once(first ^ state).chain(bytes.iter().skip(1).copied());
        for (byte, lane) in entering.zip(AHEAD.iter().rev()) {
            next ^= lane.get(usize::from(byte)).copied().unwrap_or_default();
        }
        state = next;
    }
    for byte in rest {
        state = upper(stepped(state ^ byte));
    }
    stepped(state ^ last)
}

/// The checksum of Modbus over the same bytes.
#[must_use]
pub(super) fn modbus_checksum(segment: &[u8]) -> u16 {
    segment.iter().fold(u16::MAX, |register, byte| {
        let [high, low] = register.to_be_bytes();
        u16::from(high) ^ stepped(low ^ byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The steps of the standard's annex, one bit after the other.
    fn by_the_standard(segment: &[u8]) -> u16 {
        let mut register = 0xFFFF_u16;
        for byte in segment {
            register = (register >> 8) ^ u16::from(*byte);
            for _ in 0..8 {
                let lowest = register & 1;
                register >>= 1;
                if lowest == 1 {
                    register ^= 0xA001;
                }
            }
        }
        register
    }

    #[test]
    fn the_checksum_of_modbus_has_its_published_check_value() {
        assert_eq!(modbus_checksum(b"123456789"), 0x4B37);
        assert_eq!(modbus_checksum(b""), 0xFFFF);
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_give_what_single_bits_give(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(checksum(&bytes), by_the_standard(&bytes));
        }

        #[test]
        fn a_change_of_one_byte_changes_the_checksum(mut bytes in prop::collection::vec(any::<u8>(), 1..80), at in 0..80_usize, by in 1..=255_u8) {
            let before = checksum(&bytes);
            let at = at % bytes.len();
            bytes[at] ^= by;
            prop_assert_ne!(checksum(&bytes), before);
        }
    }
}
