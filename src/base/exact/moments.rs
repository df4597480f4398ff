//! Variances that do not depend on the order of their terms.

/// One step of the fixed point that values are counted in: 1e-9.
const SCALE: f64 = 1e9;
/// Values are split at this bit, so that squares fit into 128 bits.
const HALF_BITS: u32 = 40;
const HALF_MASK: i128 = (1 << HALF_BITS) - 1;

/// An order-independent, reversible variance of finite `f64` values with a magnitude of at most 1e15.
///
/// Each value is rounded once to a multiple of 1e-9 and counted in integers; sums of squares are kept in three 128-bit parts, so adding and
/// removing in any order leaves the same bits.
///
/// ```
/// use vocdb::base::ExactMoments;
/// let mut moments = ExactMoments::default();
/// for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, 1e6] { moments.add(value); }
/// moments.remove(1e6);
/// assert_eq!(moments.stddev(8), Some((32.0_f64 / 7.0).sqrt()));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactMoments {
    sum: i128,
    /// Sums of `high * high`, `high * low` and `low * low`, where a value is `high * 2^40 + low`.
    squares: [i128; 3],
}

impl ExactMoments {
    /// The moments of nothing.
    pub const ZERO: Self = Self { sum: 0, squares: [0; 3] };

    /// Adds one value. NaN counts as zero.
    pub fn add(&mut self, value: f64) {
        let (whole, squares) = Self::parts(value);
        self.sum = self.sum.wrapping_add(whole);
        self.squares.iter_mut().zip(squares).for_each(|(sum, square)| *sum = sum.wrapping_add(square));
    }

    /// Takes back one value that was added before.
    pub fn remove(&mut self, value: f64) {
        let (whole, squares) = Self::parts(value);
        self.sum = self.sum.wrapping_sub(whole);
        self.squares.iter_mut().zip(squares).for_each(|(sum, square)| *sum = sum.wrapping_sub(square));
    }

    /// The sample standard deviation (divisor n - 1) of `count` values; `None` for fewer than two.
    #[must_use]
    pub fn stddev(&self, count: u64) -> Option<f64> {
        if count < 2 {
            return None;
        }
        let n = i128::from(count);
        let (mean, rest) = (self.sum.div_euclid(n), self.sum.rem_euclid(n));
        let (high, low) = (mean >> HALF_BITS, mean & HALF_MASK);
        // Around the whole mean, so that little is left: sum (a - m)^2 = sum a^2 - n m^2 - 2 m rest.
        let [top, middle, bottom] = self.squares;
        let top = top.wrapping_sub(n * high * high);
        let middle = middle.wrapping_sub(n * high * low);
        let bottom = bottom.wrapping_sub(n * low * low).wrapping_sub(2 * mean * rest);
        // The same number as top * 2^80 + middle * 2^41 + bottom with both lower parts in their bounds.
        let middle = middle + (bottom >> (HALF_BITS + 1));
        let bottom = bottom & ((1 << (HALF_BITS + 1)) - 1);
        let top = top + (middle >> (HALF_BITS - 1));
        let below = ((middle & ((1 << (HALF_BITS - 1)) - 1)) << (HALF_BITS + 1)) | bottom;
        let whole = if top == 0 && n < 1 << 40 {
            (n * below - rest * rest) as f64 / count as f64
        } else {
            top as f64 * 2_f64.powi(80) + below as f64
        };
        Some((whole / (count - 1) as f64).max(0.0).sqrt() / SCALE)
    }

    #[expect(clippy::cast_possible_truncation, reason = "magnitudes are at most 1e15 * 1e9 < 2^80")]
    fn parts(value: f64) -> (i128, [i128; 3]) {
        let bounded = if value.is_nan() { 0.0 } else { value.clamp(-1e15, 1e15) };
        let whole = (bounded * SCALE).round() as i128;
        let (high, low) = (whole >> HALF_BITS, whole & HALF_MASK);
        (whole, [high * high, high * low, low * low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
    }

    proptest! {
        #[test]
        fn order_and_removal_leave_the_same_spread(
            values in prop::collection::vec(-1e6_f64..1e6, 2..100), extra in prop::collection::vec(-1e12_f64..1e12, 0..30)
        ) {
            let mut forward = ExactMoments::default();
            values.iter().for_each(|v| forward.add(*v));
            let mut shuffled = ExactMoments::default();
            extra.iter().chain(values.iter().rev()).for_each(|v| shuffled.add(*v));
            extra.iter().for_each(|v| shuffled.remove(*v));
            prop_assert_eq!(forward, shuffled);
            let (found, wanted) = (forward.stddev(values.len() as u64).unwrap(), naive(&values));
            prop_assert!((found - wanted).abs() <= 1e-9 * (1.0 + wanted), "{found} {wanted}");
        }

        #[test]
        fn a_great_offset_does_not_swallow_a_small_spread(thousandths in prop::collection::vec(0_i64..2_000, 2..100)) {
            let small: Vec<f64> = thousandths.iter().map(|t| *t as f64 / 1e3).collect();
            let (mut near, mut far) = (ExactMoments::default(), ExactMoments::default());
            for value in &small {
                near.add(*value);
                far.add(value + 1e4);
            }
            let count = small.len() as u64;
            prop_assert!((near.stddev(count).unwrap() - far.stddev(count).unwrap()).abs() < 1e-8);
        }
    }

    #[test]
    fn equal_values_have_no_spread_and_one_value_has_none_to_speak_of() {
        let mut moments = ExactMoments::default();
        moments.add(0.1);
        assert_eq!(moments.stddev(1), None);
        (0..9).for_each(|_| moments.add(0.1));
        assert_eq!(moments.stddev(10), Some(0.0));
    }
}
