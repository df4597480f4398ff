//! How integers stand for doubles: a number of decimals or a factor, found for each block, with what noise leaves over.

use crate::base::limits::DECIMALS_MAX;

/// Integers beyond this are no longer exact in `f64`.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;
/// 1.5 * 2^52: adding and taking it away again rounds to a whole number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Values that a scale is looked for in before it is tried on all.
pub(super) const SAMPLED: usize = 64;
/// One in so many values may be an exception.
const EXCEPTIONS_SHARE: usize = 16;
/// Noise that an adjustment may take, in units of the last place.
const ADJUSTMENT_MAX: u64 = 64;
/// Steps of a factor that the greatest value may hold: 24 bits of a converter.
const FACTOR_STEPS_MAX: f64 = 33_554_432.0;

const POWERS: [f64; DECIMALS_MAX as usize + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/// What an integer is multiplied with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// `integer / 10^decimals`, correctly rounded.
    Decimals(u8),
    /// `integer * factor`: counts of a converter.
    Factor(f64),
}

impl Scale {
    pub(super) const fn power(decimals: u8) -> Option<f64> {
        match decimals {
            0..=DECIMALS_MAX => Some(10_u64.pow(decimals as u32) as f64),
            _ => None,
        }
    }

    /// Whether it has few enough decimals to be what somebody wrote down.
    const fn is_short(self) -> bool {
        matches!(self, Self::Decimals(0..=Split::DECIMALS_MAX))
    }

    /// The double of an integer.
    #[inline]
    pub(super) fn value(self, integer: i64) -> f64 {
        match self {
            Self::Decimals(decimals) => integer as f64 / POWERS.get(usize::from(decimals)).copied().unwrap_or(1.0),
            Self::Factor(factor) => integer as f64 * factor,
        }
    }

    /// The integer nearest to a double.
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude is checked to be below 2^53")]
    fn nearest(self, value: f64) -> Option<i64> {
        let scaled = match self {
            Self::Decimals(decimals) => value * POWERS.get(usize::from(decimals)).copied().unwrap_or(1.0),
            Self::Factor(factor) => value / factor,
        };
        let rounded = scaled.round();
        (rounded.abs() < INTEGER_MAX).then_some(rounded as i64)
    }

    /// The integer that gives back a double's bits.
    fn exact(self, value: f64) -> Option<i64> {
        self.nearest(value).filter(|integer| self.value(*integer).to_bits() == value.to_bits())
    }

    /// The nearest integer, and what is left over in units of the last place.
    fn close(self, value: f64) -> Option<(i64, i64)> {
        let integer = self.nearest(value)?;
        let over = value.to_bits().wrapping_sub(self.value(integer).to_bits()).cast_signed();
        (over.unsigned_abs() <= ADJUSTMENT_MAX).then_some((integer, over))
    }
}

/// Multiplication in two parts that equals division by a power of ten to the bit, for integers of 32 bits and up to six decimals.
///
/// The high part has 21 bits, so that its product with 32 bits is exact; the low part is the rest of the reciprocal to 53 bits.
/// The sum of both products is off by less than 2^-73 of itself before its one rounding. The exact quotient is either a double or at least
/// `1 / (5^6 * 2^54) > 2^-68` of itself away from the middle between two, so the rounding falls on the same side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Split {
    pub(super) const DECIMALS_MAX: u8 = 6;

    pub(super) fn new(decimals: u8) -> Option<Self> {
        let power = Scale::power(decimals).filter(|_| decimals <= Self::DECIMALS_MAX)?;
        let high = f64::from_bits((1.0 / power).to_bits() & !((1 << 32) - 1));
        Some(Self { high, low: (1.0 - high * power) / power })
    }

    #[inline(always)]
    pub(super) fn value(self, integer: i32) -> f64 {
        let integer = f64::from(integer);
        integer * self.high + integer * self.low
    }
}

/// A block's values as integers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaled {
    pub(super) scale: Scale,
    pub(super) integers: Vec<i64>,
    /// Rows and values that no integer gives back; their integers repeat the one before.
    pub(super) exceptions: Vec<(usize, f64)>,
    /// What is to be added to each value's bits; empty where nothing is.
    pub(super) adjustments: Vec<i64>,
}

/// Finds integers for a block's values; `None` where the values themselves are as good. The hint is tried first.
pub(super) fn scale(values: &[f64], hint: Option<Scale>) -> Option<Scaled> {
    if let Some(scaled) = hint.and_then(|hint| all_exact(values, hint)) {
        return Some(scaled);
    }
    let stride = (values.len() / SAMPLED).max(1);
    let sample: Vec<f64> = values.iter().step_by(stride).copied().collect();
    let of_sample = best_exact(&sample);
    if of_sample.is_none_or(|scale| !scale.is_short())
        && let Some(scaled) = factor(&sample).and_then(|factor| all_exact(values, Scale::Factor(factor)))
    {
        return Some(scaled);
    }
    if let Some(scale) = of_sample {
        // The sample may have missed the values with the most decimals.
        if let Some(scaled) = all_exact(values, scale).or_else(|| with_exceptions(values, best_exact(values)?)) {
            return Some(scaled);
        }
    }
    let noisy = (0..=9).map(Scale::Decimals).find(|scale| is_close(&sample, *scale));
    let noisy = noisy.or_else(|| factor(&sample).map(Scale::Factor).filter(|scale| is_close(&sample, *scale)))?;
    adjusted(values, noisy)
}

/// The fewest decimals, at most those that are declared, under which all of some values survive.
pub(super) fn fewest_decimals(values: impl Iterator<Item = f64> + Clone, declared: u8) -> u8 {
    let survives = |decimals: &u8| values.clone().all(|value| Scale::Decimals(*decimals).exact(value).is_some());
    (0..declared).find(survives).unwrap_or(declared)
}

/// All values as integers of a scale, if each gives back its bits.
fn all_exact(values: &[f64], scale: Scale) -> Option<Scaled> {
    let split = match scale {
        Scale::Decimals(decimals) => Split::new(decimals).zip(Scale::power(decimals)),
        Scale::Factor(_) => None,
    };
    let narrow = split.and_then(|(split, power)| narrow_exact(values, split, power));
    let integers = match narrow {
        Some(integers) => integers,
        None => values.iter().map(|value| scale.exact(*value)).collect::<Option<Vec<i64>>>()?,
    };
    Some(Scaled { scale, integers, exceptions: Vec::new(), adjustments: Vec::new() })
}

/// The usual case without a branch a value: integers of 32 bits, few decimals.
fn narrow_exact(values: &[f64], split: Split, power: f64) -> Option<Vec<i64>> {
    let mut integers = Vec::with_capacity(values.len());
    let mut narrow = [0; 128];
    for chunk in values.chunks(128) {
        let narrow = narrow.get_mut(..chunk.len()).unwrap_or_default();
        if !is_exactly(chunk, split, power, narrow) {
            return None;
        }
        integers.extend(narrow.iter().map(|integer| i64::from(*integer)));
    }
    Some(integers)
}

/// The nearest integer of 32 bits for each value, and whether all of them give back the bits of their values.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "low bits of the rounded double; a wrong integer fails the comparison"
)]
pub(super) fn is_exactly(values: &[f64], split: Split, power: f64, integers: &mut [i32]) -> bool {
    let mut is_exact = true;
    for (place, value) in integers.iter_mut().zip(values) {
        let integer = (value * power + ROUNDER).to_bits() as i32;
        is_exact &= split.value(integer).to_bits() == value.to_bits();
        *place = integer;
    }
    is_exact
}

/// The fewest decimals under which all values survive; failing that, those under which the most do, if they are most of all.
fn best_exact(values: &[f64]) -> Option<Scale> {
    let mut best: Option<(usize, Scale)> = None;
    for scale in (0..=DECIMALS_MAX).map(Scale::Decimals) {
        let failures = values.iter().filter(|value| scale.exact(**value).is_none()).count();
        if best.is_none_or(|(fewest, _)| failures < fewest) {
            best = Some((failures, scale));
        }
        if failures == 0 {
            break;
        }
    }
    best.filter(|(failures, _)| failures * EXCEPTIONS_SHARE <= values.len()).map(|(_, scale)| scale)
}

fn with_exceptions(values: &[f64], scale: Scale) -> Option<Scaled> {
    let mut scaled =
        Scaled { scale, integers: Vec::with_capacity(values.len()), exceptions: Vec::new(), adjustments: Vec::new() };
    let mut before = 0;
    for (row, value) in values.iter().enumerate() {
        match scale.exact(*value) {
            Some(integer) => before = integer,
            None => scaled.exceptions.push((row, *value)),
        }
        scaled.integers.push(before);
    }
    (scaled.exceptions.len() * EXCEPTIONS_SHARE <= values.len()).then_some(scaled)
}

fn is_close(values: &[f64], scale: Scale) -> bool {
    let strangers = values.iter().filter(|value| scale.close(**value).is_none()).count();
    strangers * EXCEPTIONS_SHARE <= values.len()
}

fn adjusted(values: &[f64], scale: Scale) -> Option<Scaled> {
    let mut scaled =
        Scaled { scale, integers: Vec::with_capacity(values.len()), exceptions: Vec::new(), adjustments: Vec::new() };
    let mut before = 0;
    for (row, value) in values.iter().enumerate() {
        let over = match scale.close(*value) {
            Some((integer, over)) => {
                before = integer;
                over
            }
            None => {
                scaled.exceptions.push((row, *value));
                0
            }
        };
        scaled.integers.push(before);
        scaled.adjustments.push(over);
    }
    if scaled.adjustments.iter().all(|over| *over == 0) {
        scaled.adjustments.clear();
    }
    (scaled.exceptions.len() * EXCEPTIONS_SHARE <= values.len()).then_some(scaled)
}

/// The step that all values are multiples of, but for noise: Euclid's algorithm on doubles, then the quotient that gives back the most
/// values to the bit.
fn factor(values: &[f64]) -> Option<f64> {
    let greatest = values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let tolerance = greatest / FACTOR_STEPS_MAX;
    if tolerance == 0.0 || !tolerance.is_normal() {
        return None;
    }
    let step = values.iter().fold(0.0, |step, value| shared_step(step, value.abs(), tolerance));
    if step <= tolerance {
        return None;
    }
    let multiples = |factor: f64| values.iter().filter(|value| Scale::Factor(factor).exact(**value).is_some()).count();
    let candidates = values.iter().filter(|value| value.abs() >= greatest / 2.0);
    let of_value = |value: &f64| (*value / (*value / step).round()).abs();
    let best = candidates.take(16).map(of_value).map(|factor| (multiples(factor), factor));
    best.max_by(|(a, x), (b, y)| a.cmp(b).then(y.total_cmp(x))).map(|(_, factor)| factor)
}

fn shared_step(a: f64, b: f64, tolerance: f64) -> f64 {
    let (mut a, mut b) = if a > b { (a, b) } else { (b, a) };
    // A remainder at least halves with every turn: 60 turns are more than two doubles need.
    for _ in 0..60 {
        if b <= tolerance {
            return a;
        }
        let rest = (a - (a / b).round() * b).abs();
        (a, b) = (b, rest);
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn multiplying_in_two_parts_equals_dividing_to_the_bit(integer: i32, small in -100_000_i32..100_000, decimals in 0_u8..=6) {
            for integer in [integer, small, i32::MIN, i32::MAX] {
                let divided = f64::from(integer) / Scale::power(decimals).unwrap();
                prop_assert_eq!(Split::new(decimals).unwrap().value(integer).to_bits(), divided.to_bits());
            }
        }
    }

    fn bits_of(scaled: &Scaled) -> Vec<u64> {
        let mut bits: Vec<u64> = scaled.integers.iter().map(|i| scaled.scale.value(*i).to_bits()).collect();
        for (bits, over) in bits.iter_mut().zip(&scaled.adjustments) {
            *bits = bits.wrapping_add(over.cast_unsigned());
        }
        scaled.exceptions.iter().for_each(|(row, value)| bits[*row] = value.to_bits());
        bits
    }

    fn assert_exact(values: &[f64]) -> Scaled {
        let scaled = scale(values, None).unwrap();
        assert_eq!(bits_of(&scaled), values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        scaled
    }

    #[test]
    fn counts_of_a_converter_are_multiples_of_its_step() {
        for step in [5.0 / 4096.0 * 1.37, 0.152_587_890_625, 1.0 / 3.0, 0.017_453_292_519_943_295] {
            let values: Vec<f64> = (0..1000).map(|i| f64::from((i * 7919) % 4096) * step).collect();
            let scaled = assert_exact(&values);
            assert!(scaled.integers.iter().all(|i| i.abs() <= 4096), "{step}: {:?}", scaled.scale);
        }
    }

    #[test]
    fn noise_of_a_conversion_is_kept_beside_the_decimals() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(500 + (i * 37) % 400) / 10.0 * 1.1 / 1.1).collect();
        let scaled = assert_exact(&values);
        assert_eq!(scaled.scale, Scale::Decimals(1));
        assert!(!scaled.adjustments.is_empty());
    }

    #[test]
    fn random_doubles_have_no_scale() {
        let values: Vec<f64> =
            (1..500_u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / 9.0e15).collect();
        assert_eq!(scale(&values, None), None);
    }

    #[test]
    fn declared_decimals_that_no_value_has_are_left_out() {
        let values: Vec<f64> = (0..500).map(|i| f64::from(i * 37 % 400) / 100.0).collect();
        assert_eq!(fewest_decimals(values.iter().copied(), 5), 2);
        assert_eq!(fewest_decimals(values.iter().copied(), 1), 1, "more than declared are found block by block");
        assert_eq!(fewest_decimals([0.5, f64::NAN].into_iter(), 3), 3);
        assert_eq!(fewest_decimals(std::iter::empty(), 3), 0);
    }

    #[test]
    fn a_hint_that_does_not_fit_is_given_up() {
        let scaled = scale(&[0.125, 0.25, -0.0, 17.0], Some(Scale::Decimals(1)));
        assert_eq!(scaled, None, "one of four values, minus zero, is too many exceptions");
        let mut values: Vec<f64> = (0..100).map(f64::from).collect();
        values[50] = 0.125;
        assert_eq!(scale(&values, Some(Scale::Decimals(0))).unwrap().scale, Scale::Decimals(3));
    }
}
