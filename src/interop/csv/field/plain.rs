//! Plain decimals such as `-12.34`, which most fields are, without the general parser.

/// Digits of a number that an `f64` holds exactly, whichever they are.
const DIGITS_MAX: usize = 15;
/// Powers of ten that an `f64` holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The number of a plain decimal with this decimal point, times ten to a power; `None` for any other text.
///
/// Digits and power of ten are exact, so that the one rounding is that of the product or quotient: the result is the nearest `f64`, as
/// of the general parser.
pub(super) fn read(field: &[u8], power: i32, point: u8) -> Option<f64> {
    let (is_negative, text) = match field {
        [b'-', text @ ..] => (true, text),
        text => (false, text),
    };
    // With one point at most, so that the loop below cannot overflow.
    if text.len() > DIGITS_MAX + 1 {
        return None;
    }
    let (mut mantissa, mut digits, mut whole) = (0_u64, 0_usize, None);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
            digits += 1;
        } else if *byte == point && whole.is_none() {
            whole = Some(digits);
        } else {
            return None;
        }
    }
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    let places = i32::try_from(digits - whole.unwrap_or(digits)).ok()?;
    let exponent = power - places;
    let ten = *POWERS_OF_TEN.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "15 digits are less than 2^53")]
    let mantissa = mantissa as f64;
    let value = if exponent < 0 { mantissa / ten } else { mantissa * ten };
    Some(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plain_decimal_is_the_number_of_the_general_parser(
            text in "-?[0-9]{0,9}\\.?[0-9]{0,9}",
            power in -18..=18_i32,
        ) {
            if let Some(value) = read(text.as_bytes(), power, b'.') {
                let general: f64 = format!("{text}e{power}").parse().unwrap();
                prop_assert_eq!(value.to_bits(), general.to_bits(), "{}", text);
                prop_assert_eq!(read(text.replace('.', ",").as_bytes(), power, b','), Some(value));
            }
        }
    }

    #[test]
    fn plain_decimals_are_read_and_all_else_is_left_to_the_general_parser() {
        for (text, value) in
            [("0", 0.0), ("-0.50", -0.5), ("7.", 7.0), (".5", 0.5), ("123456789.012345", 123_456_789.012_345)]
        {
            assert_eq!(read(text.as_bytes(), 0, b'.'), Some(value), "{text}");
        }
        for text in ["", "-", ".", "-.", "1.2.3", "1,5", "+1", "1e3", " 1", "--1", "1234567890123456", "\u{663}"] {
            assert_eq!(read(text.as_bytes(), 0, b'.'), None, "{text}");
        }
        assert!(read(b"-0", 0, b'.').is_some_and(|zero| zero.is_sign_negative()));
    }
}
