//! One field of a row: a number in its channel's unit, with the mark that it may carry, or a quality flag.

mod flag;
mod plain;

pub(in crate::interop) use flag::{Flag, FlagReader};

use super::report::RejectReason;
use crate::model::{DIRECTIONS_DEG, Line, Quality, Sample, turned_direction};
use std::fmt::{self, Write};

/// How far a factor may be from a power of ten and still count as one: a few roundings of the division that made it.
const POWER_OF_TEN_TOLERANCE: f64 = 1e-13;
/// The largest power of ten between two units of one dimension, with room to spare.
const POWER_OF_TEN_MAX: i32 = 18;

/// From the unit of the column to the unit of the channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::interop) enum Scale {
    /// The same unit: the bits stay.
    Same,
    /// Ten to this power: the decimal point moves in the text, so that a decimal stays the decimal it is on paper.
    Decimal(i32),
    /// Any other factor.
    Factor(f64),
    /// Another unit of the same dimension, such as one with another zero.
    Linear(Line),
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

    /// The power of ten by which the decimal point of a text moves.
    const fn power(self) -> i32 {
        if let Self::Decimal(power) = self { power } else { 0 }
    }

    /// The value of a number whose decimal point was moved; `None` if it is too great.
    fn finish(self, number: f64) -> Option<f64> {
        let value = match self {
            Self::Same | Self::Decimal(_) => number,
            Self::Factor(factor) => number * factor,
            Self::Linear(line) => line.convert(number),
        };
        value.is_finite().then_some(value)
    }

    /// The scale between two units of one dimension.
    pub(super) fn of_line(line: Line) -> Self {
        match Self::new(line.factor()) {
            Self::Factor(_) => Self::Linear(line),
            _ if line.is_shifted() => Self::Linear(line),
            scale => scale,
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("same"),
            Self::Decimal(power) => write!(f, "x 1e{power}"),
            Self::Factor(factor) => write!(f, "x {factor}"),
            Self::Linear(line) if line.is_shifted() => {
                write!(f, "x {} + {}", line.factor(), line.convert(0.0))
            }
            Self::Linear(line) => write!(f, "x {}", line.factor()),
        }
    }
}

/// Marks that every file may use, after those that the spec declares.
const MARKS: [(&str, Quality); 2] = [("<", Quality::BelowDetection), (">", Quality::OverRange)];

/// What a value field says: a number or none, and the flag of its mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::interop) struct Reading {
    pub(in crate::interop) value: Option<f64>,
    pub(in crate::interop) quality: Quality,
}

impl Reading {
    const MISSING: Self = Self { value: None, quality: Quality::Normal };

    /// The sample of a reading whose field has a flag. A flag other than normal counts more than a mark.
    pub(in crate::interop) fn flagged(self, flag: Quality) -> Sample {
        Sample { value: self.value, quality: if flag == Quality::Normal { self.quality } else { flag } }
    }
}

/// The sample of a direction: turned by a full turn if the host wants that.
///
/// # Errors
/// [`RejectReason::NotADirection`] for a valid value outside 0 to 360 degrees.
pub(in crate::interop) fn direction(sample: Sample, is_turned: bool) -> Result<Sample, RejectReason> {
    let value = if is_turned { sample.value.map(turned_direction) } else { sample.value };
    let sample = Sample { value, ..sample };
    let is_outside = sample.valid().is_some_and(|degrees| !DIRECTIONS_DEG.contains(&degrees));
    if is_outside { Err(RejectReason::NotADirection) } else { Ok(sample) }
}

/// A field without the space and NUL padding around it.
pub(in crate::interop) fn trim(field: &[u8]) -> &[u8] {
    // Most fields have none: all that is cut off comes before the space or is one.
    if let (Some(b'!'..), Some(b'!'..)) = (field.first(), field.last()) {
        return field;
    }
    let mut field = field.trim_ascii();
    while let [0, rest @ ..] | [rest @ .., 0] = field {
        field = rest.trim_ascii();
    }
    field
}

/// Whether a field is a negative number of nines or eights such as `-999`, `-99.9`, `-9999.0` or `-88.88`.
pub(in crate::interop) fn is_mark_like(field: &[u8]) -> bool {
    let [b'-', digit @ (b'8' | b'9'), text @ ..] = field else { return false };
    let whole = text.iter().take_while(|byte| *byte == digit).count();
    match text.get(whole..) {
        _ if whole == 0 => false,
        None | Some([]) => true,
        Some([b'.' | b',', decimals @ ..]) => {
            decimals.iter().all(|decimal| decimal == digit) || decimals.iter().all(|decimal| *decimal == b'0')
        }
        Some(_) => false,
    }
}

/// Reads numbers as this file writes them. Its two buffers are kept from value to value.
#[derive(Debug)]
pub(in crate::interop) struct NumberReader {
    missing: Vec<String>,
    marks: Vec<(String, Quality)>,
    decimal_comma: bool,
    dotted: String,
    shifted: String,
}

impl NumberReader {
    pub(in crate::interop) fn new(missing: Vec<String>, marks: Vec<(String, Quality)>, decimal_comma: bool) -> Self {
        Self { missing, marks, decimal_comma, dotted: String::new(), shifted: String::new() }
    }

    /// The value of a field without the space around it, and the flag of its mark.
    pub(in crate::interop) fn read(&mut self, field: &[u8], scale: Scale) -> Result<Reading, RejectReason> {
        if field.is_empty() || self.missing.iter().any(|mark| mark.as_bytes() == field) {
            return Ok(Reading::MISSING);
        }
        let (power, point) = (scale.power(), if self.decimal_comma { b',' } else { b'.' });
        if let Some(number) = plain::read(field, power, point).and_then(|number| scale.finish(number)) {
            return Ok(Reading { value: Some(number), quality: Quality::Normal });
        }
        let text = std::str::from_utf8(field).map_err(|_| RejectReason::NotUtf8)?;
        match self.number(text, scale) {
            Ok(value) => Ok(Reading { value: Some(value), quality: Quality::Normal }),
            Err(reason) => self.marked(text, scale).unwrap_or(Err(reason)),
        }
    }

    fn number(&mut self, text: &str, scale: Scale) -> Result<f64, RejectReason> {
        if !self.decimal_comma {
            return scaled(text, scale, &mut self.shifted);
        }
        if text.contains('.') {
            return Err(RejectReason::NotANumber);
        }
        self.dotted.clear();
        self.dotted.extend(text.chars().map(|c| if c == ',' { '.' } else { c }));
        scaled(&self.dotted, scale, &mut self.shifted)
    }

    /// The number beside a mark, such as 0.5 in `<0.5`; no number where the mark is alone. `None` where there is no mark.
    fn marked(&mut self, text: &str, scale: Scale) -> Option<Result<Reading, RejectReason>> {
        let own = self.marks.iter().map(|(mark, quality)| (mark.as_str(), *quality));
        let found = own.chain(MARKS).find_map(|(mark, quality)| {
            let rest = text.strip_prefix(mark).or_else(|| text.strip_suffix(mark))?;
            Some((rest.trim_ascii().to_owned(), mark.to_owned(), quality))
        });
        let (rest, mark, quality) = found?;
        if rest.is_empty() {
            // A bare `<` says nothing; a text that was declared, such as `ND`, does.
            let is_declared = self.marks.iter().any(|(own, _)| *own == mark);
            return is_declared.then_some(Ok(Reading { value: None, quality }));
        }
        Some(self.number(&rest, scale).map(|value| Reading { value: Some(value), quality }))
    }
}

fn scaled(text: &str, scale: Scale, shifted: &mut String) -> Result<f64, RejectReason> {
    let value: f64 = text.parse().map_err(|_| RejectReason::NotANumber)?;
    if !value.is_finite() {
        return Err(RejectReason::NotFinite);
    }
    let value = match scale {
        Scale::Decimal(power) => moved_point(text, power, shifted).unwrap_or(value * 10_f64.powi(power)),
        Scale::Same | Scale::Factor(_) | Scale::Linear(_) => value,
    };
    scale.finish(value).ok_or(RejectReason::NotFinite)
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
        let missing = vec!["-200".to_owned(), "NA".to_owned()];
        let reading = NumberReader::new(missing, Vec::new(), false).read(text.as_bytes(), scale)?;
        assert_eq!(reading.quality, Quality::Normal, "{text}");
        Ok(reading.value)
    }

    #[test]
    fn marks_beside_a_number_give_its_flag_and_declared_ones_come_first() {
        let marks = vec![("#".to_owned(), Quality::Suspect), ("ND".to_owned(), Quality::BelowDetection)];
        let read = |text: &str, marks: &[(String, Quality)], comma| {
            let mut numbers = NumberReader::new(Vec::new(), marks.to_vec(), comma);
            numbers.read(text.as_bytes(), Scale::Decimal(3)).map(|reading| (reading.value, reading.quality))
        };
        for (text, value, quality) in [
            ("<0.5", Some(500.0), Quality::BelowDetection),
            ("> 500", Some(500_000.0), Quality::OverRange),
            ("3.5#", Some(3_500.0), Quality::Suspect),
            ("# 3.5", Some(3_500.0), Quality::Suspect),
            ("ND", None, Quality::BelowDetection),
        ] {
            assert_eq!(read(text, &marks, false), Ok((value, quality)), "{text}");
        }
        assert_eq!(read("<0,5", &[], true), Ok((Some(500.0), Quality::BelowDetection)));
        let own = vec![("<".to_owned(), Quality::Suspect)];
        assert_eq!(read("<1", &own, false), Ok((Some(1_000.0), Quality::Suspect)));
        for text in ["<", ">", "3.5#", "ND", "<<1", "<NA", "<nan"] {
            let refused = read(text, &[], false).unwrap_err();
            assert!(matches!(refused, RejectReason::NotANumber | RejectReason::NotFinite), "{text}");
        }
    }

    #[test]
    fn padding_of_space_and_nul_is_no_part_of_a_field() {
        for (field, expected) in [(&b" \0\0 1.5\0 "[..], &b"1.5"[..]), (b"\0\0", b""), (b"", b""), (b"a\0b", b"a\0b")] {
            assert_eq!(trim(field), expected);
        }
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
    fn negative_numbers_of_nines_or_eights_are_like_marks_and_other_numbers_are_not() {
        for text in ["-99", "-999", "-9999", "-99.9", "-999.00", "-99,99", "-88.88", "-8888", "-888.0"] {
            assert!(is_mark_like(text.as_bytes()), "{text}");
        }
        for text in [
            "", "-9", "-9.9", "99", "-990", "-99.5", "-1999", "-99e9", "-99.90", "-8.8", "-98", "-89.89", "-88.99",
            "-77",
        ] {
            assert!(!is_mark_like(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn with_a_decimal_comma_a_point_is_no_decimal_sign() {
        let mut numbers = NumberReader::new(Vec::new(), Vec::new(), true);
        for (text, scale, value) in
            [("1,5", Scale::Same, 1.5), ("-0,001802", Scale::Decimal(3), -1.802), ("7", Scale::Same, 7.0)]
        {
            assert_eq!(numbers.read(text.as_bytes(), scale).unwrap().value, Some(value), "{text}");
        }
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
