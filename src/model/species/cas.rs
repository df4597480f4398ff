//! The check digit of CAS registry numbers.

/// Returns whether `text` is a CAS registry number: two to seven digits, two digits and a valid check digit.
///
/// The check digit is the sum of the other digits, each times its place counted from the right, modulo ten (CAS, "Check digit
/// verification"). It finds every single wrong digit but those whose weighted difference is a multiple of ten.
///
/// ```
/// use vocdb::model::species::is_cas_number;
/// assert!(is_cas_number("71-43-2"));
/// assert!(!is_cas_number("71-43-3"));
/// ```
#[must_use]
pub const fn is_cas_number(text: &str) -> bool {
    let [front @ .., b'-', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'-', check @ b'0'..=b'9'] = text.as_bytes() else {
        return false;
    };
    if front.len() < 2 || front.len() > 7 || matches!(front, [b'0', ..]) {
        return false;
    }
    let mut sum = (*ones - b'0') as u32 + 2 * (*tens - b'0') as u32;
    let mut place = 3;
    let mut left = front;
    while let [before @ .., digit] = left {
        if !digit.is_ascii_digit() {
            return false;
        }
        sum += place * (*digit - b'0') as u32;
        place += 1;
        left = before;
    }
    sum % 10 == (*check - b'0') as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrupted_check_digit_is_found() {
        for digit in 0..10 {
            assert_eq!(is_cas_number(&format!("7732-18-{digit}")), digit == 5);
        }
    }

    #[test]
    fn two_swapped_digits_are_found() {
        assert!(is_cas_number("108-88-3"));
        assert!(!is_cas_number("180-88-3"));
    }

    #[test]
    fn what_has_not_the_shape_of_a_number_is_refused() {
        for text in
            ["", "-", "71432", "71-432", "1-43-2", "071-43-2", "12345678-12-1", "7a-43-2", "71-43-2 ", "é1-43-2"]
        {
            assert!(!is_cas_number(text), "{text}");
        }
    }
}
