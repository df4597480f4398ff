//! Sums that do not depend on the order of their terms.

mod direction;
mod moments;

pub use direction::ExactDirection;
pub use moments::ExactMoments;

use super::limits::VALUE_MAGNITUDE_MAX;

/// Decimal places that the decimal part of the sum keeps.
const DECIMALS: u32 = 9;
const DECIMAL_SCALE: f64 = 1e9;
/// 1.5 * 2^52: adding and taking it away again rounds to a whole number, up to 2^51.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
const ROUNDED_MAX: f64 = 2_251_799_813_685_248.0;
/// 2^60: one unit of the binary part.
const BINARY_SCALE: f64 = 1_152_921_504_606_846_976.0;

/// Values that are summed as one.
const CHUNK: usize = 64;
/// 2^45: 64 whole numbers of at most this magnitude have a sum that a double holds.
const CHUNK_MAGNITUDE_MAX: f64 = 35_184_372_088_832.0;

/// The sum of values in thousandths, where all are whole thousandths of a moderate magnitude.
#[expect(clippy::cast_possible_truncation, reason = "64 whole numbers of at most 2^45 have a sum of at most 2^51")]
fn thousandths(values: &[f64]) -> Option<i64> {
    let (mut sums, mut are_whole) = ([0.0_f64; 8], [true; 8]);
    for lanes in values.as_chunks::<8>().0 {
        for ((sum, is_whole), value) in sums.iter_mut().zip(&mut are_whole).zip(lanes) {
            let scaled = value * 1e3;
            let rounded = (scaled + ROUNDER) - ROUNDER;
            *is_whole &= (scaled.abs() <= CHUNK_MAGNITUDE_MAX) & (rounded / 1e3 == *value);
            *sum += rounded;
        }
    }
    are_whole.iter().all(|is_whole| *is_whole).then(|| sums.iter().sum::<f64>() as i64)
}

/// An order-independent, reversible sum of finite `f64` values with a magnitude of at most 1e15.
///
/// A value that is a decimal of at most nine places (almost every reading is) is counted in integers of 1e-9; any other is rounded
/// once to a multiple of 2^-60. Both parts are 128-bit integers, so adding and removing in any order leaves the same bits, and
/// no sum of fewer than 2^64 values can overflow.
///
/// ```
/// use vocdb::base::ExactSum;
/// let mut sum = ExactSum::default();
/// for value in [0.1, 0.2, 1e12] { sum.add(value); }
/// sum.remove(1e12);
/// assert_eq!(sum.total(), 0.3); // the f64 expression 0.1 + 0.2 is 0.30000000000000004
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactSum {
    decimal: i128,
    binary: i128,
}

impl ExactSum {
    /// The sum of nothing.
    pub const ZERO: Self = Self { decimal: 0, binary: 0 };

    /// Adds one value. Non-finite values and magnitudes above 1e15 count as the nearest bound (NaN as zero); the store refuses them.
    pub fn add(&mut self, value: f64) {
        let (decimal, binary) = Self::parts(value);
        self.decimal = self.decimal.wrapping_add(decimal);
        // What is not written need not be waited for when the sum is asked.
        if binary != 0 {
            self.binary = self.binary.wrapping_add(binary);
        }
    }

    /// Adds values, as [`ExactSum::add`] would one by one, several at a time.
    ///
    /// ```
    /// use vocdb::base::ExactSum;
    /// let (mut together, mut apart) = (ExactSum::ZERO, ExactSum::ZERO);
    /// let values = [0.1, 0.2, 1e12, 0.123456789];
    /// together.add_all(&values);
    /// values.iter().for_each(|value| apart.add(*value));
    /// assert_eq!(together, apart);
    /// ```
    pub fn add_all(&mut self, values: &[f64]) {
        let mut chunks = values.chunks_exact(CHUNK);
        for chunk in &mut chunks {
            match thousandths(chunk) {
                Some(sum) => self.decimal = self.decimal.wrapping_add(i128::from(sum) * 1_000_000),
                None => chunk.iter().for_each(|value| self.add(*value)),
            }
        }
        chunks.remainder().iter().for_each(|value| self.add(*value));
    }

    /// Takes back one value that was added before.
    pub fn remove(&mut self, value: f64) {
        let (decimal, binary) = Self::parts(value);
        self.decimal = self.decimal.wrapping_sub(decimal);
        if binary != 0 {
            self.binary = self.binary.wrapping_sub(binary);
        }
    }

    /// Adds everything that another sum holds.
    pub fn merge(&mut self, other: &Self) {
        self.decimal = self.decimal.wrapping_add(other.decimal);
        self.binary = self.binary.wrapping_add(other.binary);
    }

    /// Adds a sum of decimals: `sum / 10^decimals`, for at most nine decimals. With more, nothing is added.
    ///
    /// ```
    /// use vocdb::base::ExactSum;
    /// let mut sum = ExactSum::ZERO;
    /// sum.add_decimals(1234, 2);
    /// assert_eq!(sum.total(), 12.34);
    /// ```
    pub fn add_decimals(&mut self, sum: i64, decimals: u8) {
        if let Some(places) = DECIMALS.checked_sub(u32::from(decimals)) {
            self.decimal = self.decimal.wrapping_add(i128::from(sum) * 10_i128.pow(places));
        }
    }

    /// The two integers that make up the sum: multiples of 1e-9 and of 2^-60.
    #[must_use]
    pub const fn to_parts(&self) -> [i128; 2] {
        [self.decimal, self.binary]
    }

    /// The sum of two integers: multiples of 1e-9 and of 2^-60.
    #[must_use]
    pub const fn from_parts([decimal, binary]: [i128; 2]) -> Self {
        Self { decimal, binary }
    }

    /// The sum as the nearest `f64` of each part, added.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.over(1.0)
    }

    /// The mean over `count` values; `None` for a count of zero.
    #[must_use]
    pub fn mean(&self, count: u64) -> Option<f64> {
        (count > 0).then(|| self.over(count as f64))
    }

    /// The sum over a divisor. Nearly every sum is of decimals alone and fits 64 bits, which the processor turns into a double by
    /// itself; the same double as by way of 128 bits, and a binary part of zero would add nothing to it.
    fn over(&self, divisor: f64) -> f64 {
        match i64::try_from(self.decimal) {
            Ok(decimal) if self.binary == 0 => decimal as f64 / (DECIMAL_SCALE * divisor),
            _ => self.over_wide(divisor),
        }
    }

    #[cold]
    fn over_wide(&self, divisor: f64) -> f64 {
        self.decimal as f64 / (DECIMAL_SCALE * divisor) + self.binary as f64 / (BINARY_SCALE * divisor)
    }

    #[expect(clippy::cast_possible_truncation, reason = "magnitudes are at most 1e15 * 2^60 < 2^110")]
    fn parts(value: f64) -> (i128, i128) {
        // Three places cover most readings, and a half unit is never taken for a whole one: dividing again would tell.
        let thousandths = value * 1e3;
        let rounded = (thousandths + ROUNDER) - ROUNDER;
        if thousandths.abs() <= ROUNDED_MAX && rounded / 1e3 == value {
            return (i128::from(rounded as i64) * 1_000_000, 0);
        }
        Self::other_parts(value)
    }

    #[expect(clippy::cast_possible_truncation, reason = "magnitudes are at most 1e15 * 2^60 < 2^110")]
    #[cold]
    fn other_parts(value: f64) -> (i128, i128) {
        let bounded = if value.is_nan() { 0.0 } else { value.clamp(-VALUE_MAGNITUDE_MAX, VALUE_MAGNITUDE_MAX) };
        for (scale, factor) in [(1e3, 1_000_000_i128), (DECIMAL_SCALE, 1)] {
            let scaled = (bounded * scale).round();
            if scaled.abs() <= 9_007_199_254_740_992.0 && scaled / scale == bounded {
                return (scaled as i128 * factor, 0);
            }
        }
        (0, (bounded * BINARY_SCALE).round() as i128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_and_removal_leave_the_same_bits(
            values in prop::collection::vec(-1e6_f64..1e6, 1..200), extra in prop::collection::vec(-1e9_f64..1e9, 0..50)
        ) {
            let mut forward = ExactSum::default();
            values.iter().for_each(|v| forward.add(*v));
            let mut shuffled = ExactSum::default();
            extra.iter().for_each(|v| shuffled.add(*v));
            values.iter().rev().for_each(|v| shuffled.add(*v));
            extra.iter().for_each(|v| shuffled.remove(*v));
            prop_assert_eq!(forward, shuffled);
            let naive: f64 = values.iter().sum();
            prop_assert!((forward.total() - naive).abs() <= 1e-6 * (1.0 + naive.abs()));
        }

        #[test]
        fn values_added_together_leave_the_bits_of_values_added_apart(
            units in prop::collection::vec(-4_000_000_i64..4_000_000, 0..300),
            strays in prop::collection::vec((0_usize..300, prop_oneof![
                -1e15_f64..1e15, -1e-6_f64..1e-6, Just(4e10), Just(-0.0), Just(1e15), Just(0.000_5), Just(f64::NAN),
            ]), 0..4),
        ) {
            let mut values: Vec<f64> = units.iter().map(|units| *units as f64 / 1000.0).collect();
            for (place, stray) in strays {
                if let Some(value) = values.get_mut(place) {
                    *value = stray;
                }
            }
            let (mut together, mut apart) = (ExactSum::ZERO, ExactSum::ZERO);
            together.add_all(&values);
            values.iter().for_each(|value| apart.add(*value));
            prop_assert_eq!(together, apart);
        }

        #[test]
        fn the_short_way_to_a_mean_gives_the_bits_of_the_long_one(
            decimal in prop_oneof![any::<i64>().prop_map(i128::from), -(1_i128 << 110)..1_i128 << 110],
            binary in prop_oneof![3 => Just(0_i128), 1 => -(1_i128 << 110)..1_i128 << 110],
            count in 1_u64..1 << 40,
        ) {
            let sum = ExactSum::from_parts([decimal, binary]);
            prop_assert_eq!(sum.mean(count).map(f64::to_bits), Some(sum.over_wide(count as f64).to_bits()));
            prop_assert_eq!(sum.total().to_bits(), sum.over_wide(1.0).to_bits());
        }

        #[test]
        fn decimals_of_three_places_sum_as_on_paper(units in prop::collection::vec(-4_000_000_i64..4_000_000, 1..300)) {
            let mut sum = ExactSum::default();
            units.iter().for_each(|u| sum.add(*u as f64 / 1000.0));
            let on_paper = units.iter().sum::<i64>() as f64 / 1000.0;
            prop_assert_eq!(sum.total(), on_paper);
        }
    }

    #[test]
    fn the_mean_of_nothing_is_nothing() {
        assert_eq!(ExactSum::default().mean(0), None);
    }
}
