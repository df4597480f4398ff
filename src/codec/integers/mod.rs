//! Signed integers of one block: the cheapest of constant, frame of reference, deltas from their least and zigzag deltas, after division
//! by a common divisor or after replacing values by their ranks in a dictionary.

mod bits;
mod decode;
mod dictionary;
mod lanes;
mod narrow;
mod wide;

pub(super) use decode::{Sink, decode};
pub(super) use lanes::{Lanes, write_values};

use crate::base::bytes::{put_varint, put_zigzag, zigzag};
use crate::base::limits::VALUES_PER_GROUP;

/// Bits of the mode byte that hold the kind.
const KIND_BITS: u8 = 0x03;
const CONSTANT: u8 = 0;
const FRAME: u8 = 1;
const DELTA: u8 = 2;
const ZIGZAG: u8 = 3;
/// The integers below are ranks in a dictionary.
const DICTIONARY: u8 = 0x04;
/// Integers beyond 32 bits.
const WIDE: u8 = 0x08;
/// The first value is not written: whoever reads the block knows it from elsewhere.
const FIRST_KNOWN: u8 = 0x10;
/// Values are the first one plus multiples of a divisor.
const DIVISOR: u8 = 0x20;
const KNOWN_BITS: u8 = 0x3F;

/// How hard an encoder tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Estimates from a sample: for blocks that are sealed while readings stream in.
    Fast,
    /// Tries everything: for compaction.
    Thorough,
}

/// Appends the integers of a block, at most 1,024; their number is not written. `known_first` is the first value where the reader will
/// know it.
pub(super) fn encode(values: &[i64], known_first: Option<i64>, effort: Effort, out: &mut Vec<u8>) {
    let Some((first, rest)) = values.split_first() else { return };
    let first = Origin { value: *first, is_known: known_first == Some(*first) };
    if rest.iter().all(|value| *value == first.value) {
        first.put(CONSTANT, out);
        return;
    }
    let (least, greatest) = values.iter().fold((i64::MAX, i64::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
    let is_narrow = i32::try_from(least).is_ok() && i32::try_from(greatest).is_ok();
    if !is_narrow {
        encode_wide(values, first, out);
        return;
    }
    let divisor = common_divisor(values, first.value);
    let plain: Vec<i32> = match divisor {
        1 => values.iter().map(|value| low_word(*value)).collect(),
        _ => values.iter().map(|value| low_word((value - first.value) / divisor.cast_signed())).collect(),
    };
    let units = Units::best(&plain, effort);
    let ranked = dictionary::Ranked::new(values, effort).map(|ranked| {
        let units = Units::best(ranked.ranks(), effort);
        (ranked, units)
    });
    if let Some((ranked, by_rank)) = ranked
        && by_rank.bits + ranked.bits() < units.bits
    {
        out.push(by_rank.kind | DICTIONARY);
        ranked.encode(effort, out);
        if by_rank.kind != FRAME {
            put_varint(out, ranked.ranks().first().map_or(0, |rank| u64::from(rank.unsigned_abs())));
        }
        by_rank.put(out);
        return;
    }
    let with_divisor = if divisor > 1 { DIVISOR } else { 0 };
    match units.kind {
        FRAME if divisor == 1 => out.push(FRAME),
        kind => first.put(kind | with_divisor, out),
    }
    if divisor > 1 {
        put_varint(out, divisor);
    }
    units.put(out);
}

/// The first value, and whether it goes without saying.
#[derive(Clone, Copy)]
struct Origin {
    value: i64,
    is_known: bool,
}

impl Origin {
    fn put(self, mode: u8, out: &mut Vec<u8>) {
        if self.is_known {
            out.push(mode | FIRST_KNOWN);
        } else {
            out.push(mode);
            put_zigzag(out, self.value);
        }
    }
}

/// What is packed of a block.
struct Units {
    kind: u8,
    /// Of frames the least value, of deltas the least step.
    least: i64,
    units: Vec<u32>,
    /// Size, estimated.
    bits: usize,
}

impl Units {
    fn new(kind: u8, least: i64, units: Vec<u32>, effort: Effort) -> Self {
        let bits = estimate(&units, effort) + 8;
        Self { kind, least, units, bits }
    }

    fn best(values: &[i32], effort: Effort) -> Self {
        let least = values.iter().copied().min().unwrap_or_default();
        let frame = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned()).collect();
        let mut best = Self::new(FRAME, i64::from(least), frame, effort);
        let mut before = values.first().copied().unwrap_or_default();
        let steps: Vec<i32> = values
            .iter()
            .map(|value| {
                let step = value.wrapping_sub(before);
                before = *value;
                step
            })
            .collect();
        let zigzags = steps.iter().map(|step| (step.wrapping_shl(1) ^ (step >> 31)).cast_unsigned()).collect();
        best = best.or(Self::new(ZIGZAG, 0, zigzags, effort));
        let inner = steps.get(1..).unwrap_or_default();
        let (low, high) = inner.iter().fold((i32::MAX, i32::MIN), |(a, b), step| (a.min(*step), b.max(*step)));
        let is_worth_it = effort == Effort::Thorough || low > 0 || high < 0;
        // Steps that wrapped around are as good as any: the decoder wraps them back.
        if is_worth_it && low <= high {
            let mut deltas: Vec<u32> = steps.iter().map(|step| step.wrapping_sub(low).cast_unsigned()).collect();
            if let Some(first) = deltas.first_mut() {
                *first = 0;
            }
            best = best.or(Self::new(DELTA, i64::from(low), deltas, effort));
        }
        best
    }

    fn or(self, other: Self) -> Self {
        if other.bits < self.bits { other } else { self }
    }

    fn put(&self, out: &mut Vec<u8>) {
        if self.kind != ZIGZAG {
            put_zigzag(out, self.least);
        }
        narrow::encode(&self.units, out);
    }
}

/// Bits that units will take; from two groups of them where it has to be quick.
fn estimate(units: &[u32], effort: Effort) -> usize {
    let groups = units.len() / VALUES_PER_GROUP;
    if effort == Effort::Thorough || groups < 4 {
        return narrow::encoded_bits(units);
    }
    let sample = [groups / 4, groups * 3 / 4];
    let of_group = |group: &usize| {
        let begin = group * VALUES_PER_GROUP;
        narrow::encoded_bits(units.get(begin..begin + VALUES_PER_GROUP).unwrap_or_default())
    };
    sample.iter().map(of_group).sum::<usize>() * units.len() / (2 * VALUES_PER_GROUP)
}

fn encode_wide(values: &[i64], first: Origin, out: &mut Vec<u8>) {
    let least = values.iter().copied().min().unwrap_or_default();
    let frame: Vec<u64> = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned()).collect();
    let mut before = first.value;
    let step_to = |value: &i64| {
        let step = value.wrapping_sub(before);
        before = *value;
        step
    };
    let steps: Vec<i64> = values.iter().map(step_to).collect();
    let least_step = steps.iter().skip(1).copied().min().unwrap_or_default();
    let mut deltas: Vec<u64> = steps.iter().map(|step| step.wrapping_sub(least_step).cast_unsigned()).collect();
    if let Some(first) = deltas.first_mut() {
        *first = 0;
    }
    let zigzags: Vec<u64> = steps.iter().map(|step| zigzag(*step)).collect();
    let candidates = [(FRAME, Some(least), frame), (DELTA, Some(least_step), deltas), (ZIGZAG, None, zigzags)];
    let best = candidates.into_iter().min_by_key(|(_, _, units)| wide::encoded_bytes(units));
    let Some((kind, least, units)) = best else { return };
    match kind {
        FRAME => out.push(FRAME | WIDE),
        kind => first.put(kind | WIDE, out),
    }
    if let Some(least) = least {
        put_zigzag(out, least);
    }
    wide::encode(&units, out);
}

/// The greatest common divisor of all differences from the first value.
fn common_divisor(values: &[i64], first: i64) -> u64 {
    let mut divisor = 0;
    for value in values {
        divisor = gcd(value.wrapping_sub(first).unsigned_abs(), divisor);
        if divisor == 1 {
            break;
        }
    }
    divisor.max(1)
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[expect(clippy::cast_possible_truncation, reason = "callers have checked that the value fits 32 bits")]
const fn low_word(value: i64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::bytes::ByteReader;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Gather(Vec<i64>);

    impl Sink for Gather {
        fn lanes(&mut self, lanes: &Lanes) {
            let mut out = [0; 128];
            write_values(lanes, &mut out, |value| i64::from(value.cast_signed()));
            self.0.extend_from_slice(&out);
        }

        fn run(&mut self, values: &[i64]) {
            self.0.extend_from_slice(values);
        }
    }

    fn round_trip(values: &[i64], known_first: Option<i64>, effort: Effort) -> (Vec<i64>, usize) {
        let mut out = Vec::new();
        encode(values, known_first, effort, &mut out);
        let mut reader = ByteReader::new(&out);
        let mut back = Gather::default();
        decode(&mut reader, values.len(), known_first, &mut back).unwrap();
        assert_eq!(reader.remaining(), 0);
        (back.0, out.len())
    }

    fn any_effort() -> impl Strategy<Value = Effort> {
        prop_oneof![Just(Effort::Fast), Just(Effort::Thorough)]
    }

    proptest! {
        #[test]
        fn any_integers_come_back(values in prop::collection::vec(any::<i64>(), 0..300), effort in any_effort()) {
            prop_assert_eq!(round_trip(&values, None, effort).0, values);
        }

        #[test]
        fn any_words_come_back(values in prop::collection::vec(any::<i32>().prop_map(i64::from), 1..1025), effort in any_effort()) {
            prop_assert_eq!(&round_trip(&values, Some(values[0]), effort).0, &values);
        }

        #[test]
        fn walks_and_steps_come_back(
            start in -1_000_000_i64..1_000_000, steps in prop::collection::vec(-3_i64..40, 1..1024), factor in 1_i64..50, effort in any_effort()
        ) {
            let values: Vec<i64> = steps.iter().scan(start, |v, s| { *v += s * factor; Some(*v) }).collect();
            prop_assert_eq!(round_trip(&values, None, effort).0, values);
        }

        #[test]
        fn few_strange_values_come_back_from_a_dictionary(
            levels in prop::collection::vec(any::<i32>(), 1..40), picks in prop::collection::vec(any::<prop::sample::Index>(), 1..1025), effort in any_effort()
        ) {
            let values: Vec<i64> = picks.iter().map(|pick| i64::from(levels[pick.index(levels.len())])).collect();
            prop_assert_eq!(round_trip(&values, None, effort).0, values);
        }

        #[test]
        fn any_bytes_give_integers_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..1025, first: Option<i64>) {
            let mut back = Gather::default();
            if decode(&mut ByteReader::new(&bytes), count, first, &mut back).is_ok() {
                prop_assert_eq!(back.0.len(), count);
            }
        }
    }

    #[test]
    fn a_common_divisor_costs_no_bits() {
        let tens: Vec<i64> = (0..1024).map(|i| (i * 7 % 3600) * 10).collect();
        let ones: Vec<i64> = tens.iter().map(|v| v / 10).collect();
        let (of_tens, of_ones) = (round_trip(&tens, None, Effort::Fast).1, round_trip(&ones, None, Effort::Fast).1);
        assert!(
            of_tens <= of_ones + 4,
            "{of_tens} bytes against {of_ones}: only first value and divisor may be longer"
        );
    }

    #[test]
    fn a_few_levels_far_apart_are_kept_as_ranks() {
        let levels = [3, 1_000_003, 77_777, 123_456_789];
        let values: Vec<i64> = (0..1024_usize).map(|i| levels[(i * i + i / 7) % 4]).collect();
        let bytes = round_trip(&values, None, Effort::Fast).1;
        assert!(bytes < 1024 * 3 / 8 + 40, "two bits a value and the dictionary, not {bytes} bytes");
    }

    #[test]
    fn a_constant_column_takes_a_few_bytes_whatever_its_length() {
        assert!(round_trip(&[123_456; 1024], None, Effort::Fast).1 <= 4);
        assert_eq!(round_trip(&[123_456; 1024], Some(123_456), Effort::Fast).1, 1);
    }
}
