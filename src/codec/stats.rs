//! What is known of a block without decoding it: count, least, greatest, first, last and exact sum of its valid values.

use super::CodecError;
use super::scale::Scale;
use crate::base::ExactSum;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};

/// Integers up to here (as multiples of 1e-9) sum to what [`ExactSum`] makes of their doubles, whatever the number of decimals.
const EXACT_NANO_MAX: i128 = 1 << 50;

/// Statistics of the valid values of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BlockStats {
    /// No valid value.
    Empty,
    /// Of decimals: integers to be divided by `10^decimals`.
    Decimal(DecimalStats),
    /// Of doubles that are no decimals.
    Double(DoubleStats),
}

/// Statistics in integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalStats {
    /// The first value.
    pub first: i64,
    /// The last value.
    pub last: i64,
    /// The least value.
    pub least: i64,
    /// The greatest value.
    pub greatest: i64,
    /// The sum.
    pub sum: i64,
    /// What all of them are to be divided by, as a power of ten.
    pub decimals: u8,
}

/// Statistics in doubles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoubleStats {
    /// The first value.
    pub first: f64,
    /// The last value.
    pub last: f64,
    /// The least value.
    pub least: f64,
    /// The greatest value.
    pub greatest: f64,
    /// The sum.
    pub sum: ExactSum,
}

impl BlockStats {
    /// Adds the block's sum to another.
    pub fn add_to(&self, sum: &mut ExactSum) {
        match self {
            Self::Empty => {}
            Self::Decimal(stats) => sum.add_decimals(stats.sum, stats.decimals),
            Self::Double(stats) => sum.merge(&stats.sum),
        }
    }

    /// The same in doubles.
    pub(super) fn in_doubles(&self) -> Self {
        let Some([first, last, least, greatest]) = self.values() else { return Self::Empty };
        let mut sum = ExactSum::ZERO;
        self.add_to(&mut sum);
        Self::Double(DoubleStats { first, last, least, greatest, sum })
    }

    /// First, last, least and greatest value.
    #[must_use]
    pub fn values(&self) -> Option<[f64; 4]> {
        match self {
            Self::Empty => None,
            Self::Decimal(stats) => {
                let value = |integer| Scale::Decimals(stats.decimals).value(integer);
                Some([stats.first, stats.last, stats.least, stats.greatest].map(value))
            }
            Self::Double(stats) => Some([stats.first, stats.last, stats.least, stats.greatest]),
        }
    }
}

/// Statistics of valid integers; `None` where their sum could differ from that of the doubles.
pub(super) fn of_integers(mut valid: impl Iterator<Item = i64>, decimals: u8) -> Option<BlockStats> {
    let Some(first) = valid.next() else { return Some(BlockStats::Empty) };
    let mut stats = DecimalStats { first, last: first, least: first, greatest: first, sum: first, decimals };
    for value in valid {
        stats.last = value;
        stats.least = stats.least.min(value);
        stats.greatest = stats.greatest.max(value);
        stats.sum = stats.sum.wrapping_add(value);
    }
    let greatest = i128::from(stats.least.unsigned_abs().max(stats.greatest.unsigned_abs()));
    let places = if decimals <= 3 { 3 } else { 9 };
    let scaled = greatest * 10_i128.pow(u32::from(places.max(decimals) - decimals));
    (decimals <= 9 && scaled <= EXACT_NANO_MAX).then_some(BlockStats::Decimal(stats))
}

/// Statistics of valid doubles.
pub(super) fn of_doubles(mut valid: impl Iterator<Item = f64>) -> BlockStats {
    let Some(first) = valid.next() else { return BlockStats::Empty };
    let mut stats = DoubleStats { first, last: first, least: first, greatest: first, sum: ExactSum::ZERO };
    stats.sum.add(first);
    for value in valid {
        stats.last = value;
        stats.least = stats.least.min(value);
        stats.greatest = stats.greatest.max(value);
        stats.sum.add(value);
    }
    BlockStats::Double(stats)
}

/// Appends statistics of `valid` values; `before` is the last value of the block before, in the same decimals.
pub(super) fn encode(stats: &BlockStats, valid: usize, before: i64, out: &mut Vec<u8>) {
    match stats {
        BlockStats::Empty => {}
        BlockStats::Decimal(stats) => {
            put_zigzag(out, stats.first.wrapping_sub(before));
            put_zigzag(out, stats.last.wrapping_sub(stats.first));
            put_varint(out, stats.first.min(stats.last).wrapping_sub(stats.least).cast_unsigned());
            put_varint(out, stats.greatest.wrapping_sub(stats.first.max(stats.last)).cast_unsigned());
            put_zigzag(out, stats.sum.wrapping_sub(trapezium(stats, valid)));
        }
        BlockStats::Double(stats) => {
            for value in [stats.first, stats.last, stats.least, stats.greatest] {
                out.extend_from_slice(&value.to_le_bytes());
            }
            for part in stats.sum.to_parts() {
                out.extend_from_slice(&part.to_le_bytes());
            }
        }
    }
}

/// What the sum would be if the values lay on the line from the first to the last.
const fn trapezium(stats: &DecimalStats, valid: usize) -> i64 {
    let middle = stats.first.wrapping_add(stats.last.wrapping_sub(stats.first) / 2);
    middle.wrapping_mul(valid as i64)
}

/// Reads statistics in integers.
pub(super) fn decode_integers(
    reader: &mut ByteReader<'_>,
    valid: usize,
    before: i64,
    decimals: u8,
) -> Result<BlockStats, CodecError> {
    let first = before.wrapping_add(reader.zigzag()?);
    let last = first.wrapping_add(reader.zigzag()?);
    let least = first.min(last).wrapping_sub(reader.varint()?.cast_signed());
    let greatest = first.max(last).wrapping_add(reader.varint()?.cast_signed());
    let mut stats = DecimalStats { first, last, least, greatest, sum: 0, decimals };
    stats.sum = trapezium(&stats, valid).wrapping_add(reader.zigzag()?);
    Ok(BlockStats::Decimal(stats))
}

/// Reads statistics in doubles.
pub(super) fn decode_doubles(reader: &mut ByteReader<'_>) -> Result<BlockStats, CodecError> {
    let [first, last, least, greatest] = [reader.f64()?, reader.f64()?, reader.f64()?, reader.f64()?];
    let sum = ExactSum::from_parts([reader.i128()?, reader.i128()?]);
    Ok(BlockStats::Double(DoubleStats { first, last, least, greatest, sum }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn statistics_in_integers_are_those_of_the_doubles(
            units in prop::collection::vec(prop_oneof![-5_000_000_i64..5_000_000, -(1_i64 << 52)..(1_i64 << 52)], 1..300), decimals in 0_u8..=9
        ) {
            let doubles = || units.iter().map(|unit| Scale::Decimals(decimals).value(*unit));
            if let Some(stats) = of_integers(units.iter().copied(), decimals) {
                let of_doubles = of_doubles(doubles());
                prop_assert_eq!(stats.values(), of_doubles.values());
                let (mut a, mut b) = (ExactSum::ZERO, ExactSum::ZERO);
                stats.add_to(&mut a);
                of_doubles.add_to(&mut b);
                prop_assert_eq!(a, b);
            }
        }

        #[test]
        fn statistics_come_back(units in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 1..300), before: i64) {
            let stats = of_integers(units.iter().copied(), 2).unwrap();
            let mut out = Vec::new();
            encode(&stats, units.len(), before, &mut out);
            prop_assert_eq!(decode_integers(&mut ByteReader::new(&out), units.len(), before, 2).unwrap(), stats);
            let doubles = of_doubles(units.iter().map(|unit| *unit as f64 / 7.0));
            let mut out = Vec::new();
            encode(&doubles, units.len(), before, &mut out);
            prop_assert_eq!(decode_doubles(&mut ByteReader::new(&out)).unwrap(), doubles);
        }
    }
}
