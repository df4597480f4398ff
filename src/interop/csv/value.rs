//! One field of a row as a number in its channel's unit.

use super::report::RejectReason;
use std::fmt::Write;

/// How far a factor may be from a power of ten and still count as one: a few roundings of the division that made it.
const POWER_OF_TEN_TOLERANCE: f64 = 1e-13;
/// The largest power of ten between two units of one dimension, with room to spare.
const POWER_OF_TEN_MAX: i32 = 18;

/// From the unit of the column to the unit of the channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// The same unit: the bits stay.
    Same,
    /// Ten to this power: the decimal point moves in the text, so that a decimal stays the decimal it is on paper.
    Decimal(i32),
    /// Any other factor.
    Factor(f64),
}

impl Scale {
    pub(super) fn new(factor: f64) -> Self {
        let is_near = |power: &i32| {
            let ten = 10_f64.powi(*power);
            (factor - ten).abs() <= ten * POWER_OF_TEN_TOLERANCE
        };
        match (-POWER_OF_TEN_MAX..=POWER_OF_TEN_MAX).find(is_near) {
            Some(0) => Self::Same,
            Some(power) => Self::Decimal(power),
            None => Self::Factor(factor),
        }
    }
}

/// Reads numbers as this file writes them. Its two buffers are kept from value to value.
#[derive(Debug)]
pub(super) struct NumberReader {
    missing: Vec<String>,
    decimal_comma: bool,
    dotted: String,
    shifted: String,
}

impl NumberReader {
    pub(super) fn new(missing: Vec<String>, decimal_comma: bool) -> Self {
        Self { missing, decimal_comma, dotted: String::new(), shifted: String::new() }
    }

    /// The value of a field without the space around it; `None` where it is missing.
    pub(super) fn read(&mut self, field: &[u8], scale: Scale) -> Result<Option<f64>, RejectReason> {
        let text = std::str::from_utf8(field).map_err(|_| RejectReason::NotUtf8)?;
        if text.is_empty() || self.missing.iter().any(|mark| mark == text) {
            return Ok(None);
        }
        if !self.decimal_comma {
            return scaled(text, scale, &mut self.shifted).map(Some);
        }
        if text.contains('.') {
            return Err(RejectReason::NotANumber);
        }
        self.dotted.clear();
        self.dotted.extend(text.chars().map(|c| if c == ',' { '.' } else { c }));
        scaled(&self.dotted, scale, &mut self.shifted).map(Some)
    }
}

fn scaled(text: &str, scale: Scale, shifted: &mut String) -> Result<f64, RejectReason> {
    let value: f64 = text.parse().map_err(|_| RejectReason::NotANumber)?;
    if !value.is_finite() {
        return Err(RejectReason::NotFinite);
    }
    let value = match scale {
        Scale::Same => value,
        Scale::Factor(factor) => value * factor,
        Scale::Decimal(power) => moved_point(text, power, shifted).unwrap_or(value * 10_f64.powi(power)),
    };
    if value.is_finite() { Ok(value) } else { Err(RejectReason::NotFinite) }
}

/// The number with its decimal point moved: the nearest `f64` to the decimal in the other unit.
fn moved_point(text: &str, power: i32, shifted: &mut String) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.parse::<i32>().ok()?.checked_add(power)?;
    shifted.clear();
    write!(shifted, "{mantissa}e{exponent}").ok()?;
    shifted.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, scale: Scale) -> Result<Option<f64>, RejectReason> {
        NumberReader::new(vec!["-200".to_owned(), "NA".to_owned()], false).read(text.as_bytes(), scale)
    }

    #[test]
    fn every_ppm_of_three_places_is_the_whole_number_of_ppb_that_it_is_on_paper() {
        let scale = Scale::new(1_000.000_000_000_000_1);
        assert_eq!(scale, Scale::Decimal(3));
        let mut products_off = 0;
        for ppb in 0..20_000_u32 {
            let text = format!("{}.{:03}", ppb / 1_000, ppb % 1_000);
            assert_eq!(read(&text, scale), Ok(Some(f64::from(ppb))), "{text}");
            products_off += u32::from(text.parse::<f64>().unwrap() * 1_000.0 != f64::from(ppb));
        }
        assert!(products_off > 0, "a plain product would do, and this test could not fail");
    }

    #[test]
    fn a_power_of_ten_moves_the_point_of_numbers_with_an_exponent_too() {
        for (text, power, expected) in
            [("1.802E-3", 3, 1.802), ("18.02e2", -6, 0.001_802), ("-.5", -3, -0.000_5), ("0e99999999999", 3, 0.0)]
        {
            assert_eq!(read(text, Scale::Decimal(power)), Ok(Some(expected)), "{text}");
        }
        assert_eq!(read("1e308", Scale::Decimal(3)), Err(RejectReason::NotFinite));
    }

    #[test]
    fn a_factor_of_one_is_no_conversion_and_others_are_products() {
        assert_eq!(Scale::new(1.0), Scale::Same);
        assert_eq!(Scale::new(1e-9), Scale::Decimal(-9));
        assert_eq!(Scale::new(999.99), Scale::Factor(999.99));
        assert_eq!(read("2.5", Scale::Factor(3.2)), Ok(Some(8.0)));
        assert_eq!(read("1e308", Scale::Factor(3.2)), Err(RejectReason::NotFinite));
    }

    #[test]
    fn empty_fields_and_marks_are_missing_and_other_words_are_not() {
        for text in ["", "-200", "NA"] {
            assert_eq!(read(text, Scale::Same), Ok(None), "{text}");
        }
        assert_eq!(read("-200.0", Scale::Same), Ok(Some(-200.0)));
        for text in ["na", "1,5", "1.5 ppb", "0x10", "1.2.3", "-", "O.5", "--1", "1e"] {
            assert_eq!(read(text, Scale::Same), Err(RejectReason::NotANumber), "{text}");
            assert_eq!(read(text, Scale::Decimal(3)), Err(RejectReason::NotANumber), "{text}");
        }
        for text in ["NaN", "inf", "-Infinity", "1e999"] {
            assert_eq!(read(text, Scale::Same), Err(RejectReason::NotFinite), "{text}");
        }
    }

    #[test]
    fn with_a_decimal_comma_a_point_is_no_decimal_sign() {
        let mut numbers = NumberReader::new(Vec::new(), true);
        assert_eq!(numbers.read(b"1,5", Scale::Same), Ok(Some(1.5)));
        assert_eq!(numbers.read(b"-0,001802", Scale::Decimal(3)), Ok(Some(-1.802)));
        assert_eq!(numbers.read(b"7", Scale::Same), Ok(Some(7.0)));
        for text in ["1.5", "1.234,5", "1,2,3"] {
            assert_eq!(numbers.read(text.as_bytes(), Scale::Same), Err(RejectReason::NotANumber), "{text}");
        }
    }

    proptest! {
        #[test]
        fn without_conversion_every_finite_number_keeps_its_bits(value in prop::num::f64::ANY.prop_filter("finite", |v| v.is_finite())) {
            let back = read(&format!("{value:e}"), Scale::Same).unwrap().unwrap();
            prop_assert_eq!(back.to_bits(), value.to_bits());
        }
    }
}
