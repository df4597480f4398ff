//! Signed integers of one block: the cheapest of constant, frame of reference, deltas from their least and zigzag deltas, after division
//! by a common divisor or after replacing values by their ranks in a dictionary.

mod bits;
mod decode;
mod dictionary;
mod lanes;
mod mode;
mod narrow;
mod units;
mod wide;

pub(super) use decode::{Sink, decode};
pub(super) use lanes::{Begins, Lanes, write_values};
pub use mode::Effort;

use crate::base::bytes::put_varint;
use mode::{CONSTANT, DICTIONARY, DIVISOR, FRAME};
use units::{Origin, Units, encode_wide, low_word};

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
    let divisor = shared_divisor(values, first.value);
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

/// The greatest common divisor of all differences from the first value.
fn shared_divisor(values: &[i64], first: i64) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::bytes::ByteReader;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Gather(Vec<i64>);

    impl Sink for Gather {
        fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
            let mut out = [0; 128];
            write_values(lanes, begins, &mut out, |value| i64::from(value.cast_signed()));
            self.0.extend_from_slice(&out[..count]);
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
    fn a_shared_divisor_costs_no_bits() {
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
