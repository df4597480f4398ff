//! Molar masses from chemical formulas.

/// The greatest count that may follow an element.
const COUNT_MAX: u64 = 9_999;

/// An error in a chemical formula. Offsets count bytes from the start of the formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormulaError {
    /// The formula has no character.
    #[error("the formula is empty")]
    Empty,
    /// Something else than the symbol of an element whose atomic weight is known here.
    #[error("at byte {offset} of the formula there is none of the elements H C N O F Si P S Cl Br I")]
    UnknownElement {
        /// Offset where the symbol should begin.
        offset: usize,
    },
    /// A count of zero, with a leading zero, or above 9999.
    #[error("at byte {offset} of the formula there is a count that is not 1 to 9999 without leading zeros")]
    Count {
        /// Offset where the count begins.
        offset: usize,
    },
}

/// The molar mass in g/mol of a formula such as `C2H3Cl`: element symbols, each with an optional count, in any order.
///
/// Atomic weights are the abridged standard values of IUPAC (2021) for H, C, N, O, F, Si, P, S, Cl, Br and I, summed exactly in
/// thousandths of a gram. Brackets, charges, isotopes and hydrate dots are refused.
///
/// # Errors
/// [`FormulaError`] says which byte of the formula cannot be read.
///
/// ```
/// use vocdb::model::species::{FormulaError, molar_mass_g_per_mol};
/// assert_eq!(molar_mass_g_per_mol("C2H3Cl"), Ok(62.496));
/// assert_eq!(molar_mass_g_per_mol("CH3CH2OH"), molar_mass_g_per_mol("C2H6O"));
/// assert_eq!(molar_mass_g_per_mol("C2Xx"), Err(FormulaError::UnknownElement { offset: 2 }));
/// ```
pub const fn molar_mass_g_per_mol(formula: &str) -> Result<f64, FormulaError> {
    let mut rest = formula.as_bytes();
    if rest.is_empty() {
        return Err(FormulaError::Empty);
    }
    let mut total_mg = 0_u64;
    while !rest.is_empty() {
        let offset = formula.len() - rest.len();
        let Some((weight_mg, after)) = element(rest) else {
            return Err(FormulaError::UnknownElement { offset });
        };
        let offset = formula.len() - after.len();
        let Some((count, after)) = count(after) else {
            return Err(FormulaError::Count { offset });
        };
        total_mg = total_mg.saturating_add(weight_mg * count);
        rest = after;
    }
    Ok(total_mg as f64 / 1000.0)
}

/// The weight in mg/mol of the element at the front, and what follows its symbol.
const fn element(text: &[u8]) -> Option<(u64, &[u8])> {
    let (first, second, rest) = match text {
        [first @ b'A'..=b'Z', second @ b'a'..=b'z', rest @ ..] => (*first, *second, rest),
        [first @ b'A'..=b'Z', rest @ ..] => (*first, b' ', rest),
        _ => return None,
    };
    let weight_mg = match (first, second) {
        (b'H', b' ') => 1_008,
        (b'C', b' ') => 12_011,
        (b'N', b' ') => 14_007,
        (b'O', b' ') => 15_999,
        (b'F', b' ') => 18_998,
        (b'S', b'i') => 28_085,
        (b'P', b' ') => 30_974,
        (b'S', b' ') => 32_060,
        (b'C', b'l') => 35_450,
        (b'B', b'r') => 79_904,
        (b'I', b' ') => 126_900,
        _ => return None,
    };
    Some((weight_mg, rest))
}

/// The count at the front (one where there is no digit), and what follows it.
const fn count(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        value = value * 10 + (*digit - b'0') as u64;
        if value == 0 || value > COUNT_MAX {
            return None;
        }
        rest = after;
    }
    Some((if value == 0 { 1 } else { value }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_formula_sums_its_atomic_weights_exactly() {
        assert_eq!(molar_mass_g_per_mol("H"), Ok(1.008));
        assert_eq!(molar_mass_g_per_mol("C6H6"), Ok(78.114));
        assert_eq!(molar_mass_g_per_mol("CCl4"), Ok(153.811));
        assert_eq!(molar_mass_g_per_mol("CS2"), Ok(76.131));
        assert_eq!(molar_mass_g_per_mol("C9999"), Ok(120_097.989));
    }

    #[test]
    fn a_symbol_of_two_letters_is_never_read_as_one_letter() {
        assert_eq!(molar_mass_g_per_mol("Co"), Err(FormulaError::UnknownElement { offset: 0 }));
        assert_eq!(molar_mass_g_per_mol("CO"), Ok(28.010));
        assert_eq!(molar_mass_g_per_mol("CHBrCl2").map(|mass| (mass * 1000.0).round()), Ok(163_823.0));
    }

    #[test]
    fn what_is_no_formula_is_refused_with_its_place() {
        assert_eq!(molar_mass_g_per_mol(""), Err(FormulaError::Empty));
        for (formula, offset) in [("c6h6", 0), ("Ca(OH)2", 0), ("CH3(CH2)4", 3), ("H2O ", 3), ("6C", 0), ("C6H6é", 4)]
        {
            assert_eq!(molar_mass_g_per_mol(formula), Err(FormulaError::UnknownElement { offset }), "{formula}");
        }
        for (formula, offset) in [("C0", 1), ("C02", 1), ("H2C10000", 3), ("C99999999999999999999999", 1)] {
            assert_eq!(molar_mass_g_per_mol(formula), Err(FormulaError::Count { offset }), "{formula}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_positive_mass_or_an_error(text in "[CHNOSPBrFISil0-9()é ]{0,40}") {
            if let Ok(mass) = molar_mass_g_per_mol(&text) {
                prop_assert!(mass.is_finite() && mass >= 1.008);
            }
        }
    }
}
