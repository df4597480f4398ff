//! Sizes and zeros of units within their dimension, and the lines that convert one into another.

/// How large a unit is, and where its zero lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    /// Power of ten between this unit and the dimension's smallest one of a power of ten.
    pub(super) power: i8,
    /// The unit is so many times ten to that power,
    numerator: f64,
    /// divided by this: two whole numbers or finite decimals, so that conversions carry no noise.
    denominator: f64,
    /// The value in this unit of the dimension's common zero (0 °C for temperatures).
    zero: f64,
}

impl Size {
    /// A unit that is a power of ten of its dimension's smallest one.
    pub(super) const fn of_power(power: i8) -> Self {
        Self { power, numerator: 1.0, denominator: 1.0, zero: 0.0 }
    }

    /// A unit that is a fraction of another one, which is the dimension's smallest of a power of ten.
    pub(super) const fn of_fraction(numerator: f64, denominator: f64) -> Self {
        Self { power: 0, numerator, denominator, zero: 0.0 }
    }

    /// The same size, counted from another zero: the value in this unit of the dimension's common zero.
    pub(super) const fn with_zero(self, zero: f64) -> Self {
        Self { zero, ..self }
    }
}

/// The conversion of values of one unit into another of the same dimension: a factor, and a shift where they count from different zeros.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    zero_before: f64,
    numerator: f64,
    denominator: f64,
    zero_behind: f64,
}

impl Line {
    /// The conversion between two units of one dimension.
    pub(super) fn between(from: Size, to: Size) -> Self {
        let ten_to = |power: i8| 10_f64.powi(i32::from(power.max(0)));
        let (up, down) = (ten_to(from.power.saturating_sub(to.power)), ten_to(to.power.saturating_sub(from.power)));
        let (zero_before, zero_behind) = if from == to { (0.0, 0.0) } else { (from.zero, to.zero) };
        let is_same_size = (from.numerator, from.denominator) == (to.numerator, to.denominator);
        let [numerator, denominator] = match is_same_size {
            true => [up, down],
            false => [up * from.numerator * to.denominator, down * from.denominator * to.numerator],
        };
        Self { zero_before, numerator, denominator, zero_behind }
    }

    /// A value in the other unit.
    pub(crate) fn convert(self, value: f64) -> f64 {
        if self.is_shifted() {
            return (value - self.zero_before) * self.numerator / self.denominator + self.zero_behind;
        }
        value * self.numerator / self.denominator
    }

    /// Whether the units count from different zeros.
    pub(crate) fn is_shifted(self) -> bool {
        self.zero_before != 0.0 || self.zero_behind != 0.0
    }

    /// Both parts of the factor, above zero; a power of ten has a part that is one.
    pub(super) const fn fraction(self) -> (f64, f64) {
        (self.numerator, self.denominator)
    }

    /// The factor, which is all that counts for differences of values.
    pub(crate) fn factor(self) -> f64 {
        self.numerator / self.denominator
    }

    /// What is to be added to a value that was multiplied by the factor.
    pub(crate) fn shift(self) -> f64 {
        self.zero_behind - self.zero_before * self.numerator / self.denominator
    }
}
