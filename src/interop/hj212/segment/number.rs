//! Numbers of factors.

/// Digits whose number is exact in an `f64`, and powers of ten that are.
const EXACT_DIGITS_MAX: usize = 15;
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number of a factor's value; `None` for a text that is not a finite decimal number.
///
/// ```
/// use vocdb::interop::hj212::number;
/// assert_eq!(number("-0.041"), Some(-0.041));
/// assert_eq!((number(""), number("NaN"), number("1,5"), number("1e999")), (None, None, None, None));
/// ```
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    plain(text.as_bytes()).or_else(|| general(text))
}

/// A number of few digits without an exponent: the quotient of two exact numbers is the nearest one.
fn plain(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut mantissa, mut count, mut decimals) = (0_u64, 0, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' if count < EXACT_DIGITS_MAX => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if decimals.is_none() => decimals = Some(count),
            _ => return None,
        }
    }
    let power = POWERS.get(count - decimals.unwrap_or(count)).filter(|_| count > 0)?;
    #[expect(clippy::cast_precision_loss, reason = "15 digits are below 2^53")]
    let value = mantissa as f64 / power;
    Some(if is_negative { -value } else { value })
}

fn general(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| is_decimal && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_is_read_as_the_standard_library_reads_it(text in "-?[0-9]{0,18}\\.?[0-9]{0,18}([eE][0-9]{1,3})?") {
            let parsed = text.parse::<f64>().ok().filter(|value| value.is_finite());
            prop_assert_eq!(number(&text).map(f64::to_bits), parsed.map(f64::to_bits), "{}", text);
        }
    }

    #[test]
    fn words_and_infinities_are_no_numbers() {
        for text in ["inf", "nan", "-", ".", "1 ", "0x10", "1_0", "--1", "1e400"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
