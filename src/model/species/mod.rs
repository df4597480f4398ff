//! The species that air-quality stations measure: names, formulas, registry numbers, codes and molar masses.
//!
//! ```
//! use vocdb::model::species;
//! let benzene = species::find("Benzene")?;
//! assert_eq!(benzene.cas(), "71-43-2");
//! assert_eq!(species::find("71-43-2")?, benzene);
//! assert!(species::find("benzine").unwrap_err().to_string().contains("nearest name is `benzene`"));
//! # Ok::<(), vocdb::model::ModelError>(())
//! ```

mod cas;
mod entry;
mod formula;
mod table;

pub use cas::is_cas_number;
pub use entry::{Group, Species};
pub use formula::{FormulaError, molar_mass_g_per_mol};

use super::error::ModelError;
use crate::base::edits::distance as edit_distance;

/// Characters of an unknown name that an error repeats and compares; the rest is cut off.
const SHOWN_CHARS_MAX: usize = 60;

/// Every species of the table.
///
/// ```
/// use vocdb::model::species::{self, Group};
/// assert!(species::all().iter().any(|species| species.group() == Group::Alkyne));
/// ```
#[must_use]
pub fn all() -> &'static [Species] {
    &table::TABLE
}

/// The species of a name or CAS number; upper and lower case are the same.
///
/// # Errors
/// [`ModelError::UnknownSpecies`] with the species whose name or number takes the fewest edits, and with those of which it is the formula.
///
/// ```
/// use vocdb::model::species;
/// assert_eq!(species::find("MEK")?.name(), "2-butanone");
/// assert_eq!(species::find("108-88-3")?.name(), "toluene");
/// assert!(species::find("phlogiston").is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
pub fn find(name: &str) -> Result<&'static Species, ModelError> {
    all().iter().find(|species| species.is_called(name)).ok_or_else(|| {
        let name: String = name.chars().take(SHOWN_CHARS_MAX).collect();
        let is_formula = |species: &&Species| species.formula().eq_ignore_ascii_case(&name);
        let of_formula = all().iter().filter(is_formula).map(Species::name).collect();
        ModelError::UnknownSpecies { nearest: nearest(&name).to_owned(), of_formula, name }
    })
}

/// The species of an HJ 212-2017 factor code; upper and lower case are the same. `None` for a code of no species, of a group of
/// species (`a25005`, all xylenes) or of another quantity.
///
/// ```
/// use vocdb::model::species;
/// assert_eq!(species::find_by_hj212("a25002").map(|species| species.name()), Some("benzene"));
/// assert_eq!(species::find_by_hj212("a01001"), None); // temperature
/// ```
#[must_use]
pub fn find_by_hj212(code: &str) -> Option<&'static Species> {
    all().iter().find(|species| species.hj212_code().is_some_and(|own| own.eq_ignore_ascii_case(code)))
}

/// The name of the species that has a name or number nearest to `text`; the first of several. Empty if more than a third of the letters differ.
fn nearest(text: &str) -> &'static str {
    let wanted = text.to_lowercase();
    let distance = |species: &Species| species.names().map(|own| edit_distance(&own.to_lowercase(), &wanted)).min();
    let nearest = all().iter().min_by_key(|species| distance(species));
    // Among so many names, one is always near. Two letters that changed places are two edits, also in a name of five.
    let edits_max = wanted.chars().count() * 2 / 5;
    let is_close = |species: &&Species| distance(species).is_some_and(|edits| edits <= edits_max);
    nearest.filter(is_close).map_or("", Species::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest_to(name: &str) -> String {
        match find(name) {
            Err(ModelError::UnknownSpecies { nearest, .. }) => nearest,
            other => panic!("{name} gave {other:?}"),
        }
    }

    #[test]
    fn a_species_is_found_by_each_of_its_names_in_any_case() {
        for species in all() {
            for name in species.names() {
                assert_eq!(find(name).unwrap(), species);
                assert_eq!(find(&name.to_uppercase()).unwrap(), species);
                assert_eq!(find(&name.to_lowercase()).unwrap(), species);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        assert_eq!(nearest_to("Benzine"), "benzene");
        assert_eq!(nearest_to("tolune"), "toluene");
        assert_eq!(nearest_to("2,2-dimethylbutan"), "2,2-dimethylbutane");
        assert_eq!(nearest_to("71-43-3"), "benzene");
        assert_eq!(nearest_to("methyl ethyl keton"), "2-butanone");
    }

    #[test]
    fn a_distant_name_is_not_offered_and_a_formula_names_its_species() {
        assert_eq!(nearest_to("phlogiston"), "");
        assert_eq!(find("phlogiston").unwrap_err().to_string(), "`phlogiston` is not a known species");
        let text = |name: &str| find(name).unwrap_err().to_string();
        assert_eq!(text("C6H6"), "`C6H6` is the formula of benzene: write benzene");
        assert_eq!(
            text("C8H10"),
            "`C8H10` is the formula of ethylbenzene, m-xylene, p-xylene, o-xylene: write one of them"
        );
    }

    #[test]
    fn an_endless_name_is_cut_in_the_error() {
        let Err(ModelError::UnknownSpecies { name, .. }) = find(&"苯".repeat(100_000)) else {
            panic!("a name of 100 000 characters was found");
        };
        assert_eq!(name.chars().count(), SHOWN_CHARS_MAX);
    }

    #[test]
    fn a_species_is_found_by_its_hj212_code() {
        for species in all() {
            if let Some(code) = species.hj212_code() {
                assert_eq!(find_by_hj212(code), Some(species));
                assert_eq!(find_by_hj212(&code.to_uppercase()), Some(species));
            }
        }
        assert_eq!(find_by_hj212("a25005"), None);
        assert_eq!(find_by_hj212(""), None);
    }

    #[test]
    fn edit_distances_are_those_of_the_textbook() {
        for (from, to, distance) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("", "", 0), ("苯", "苯乙", 1)]
        {
            assert_eq!(edit_distance(from, to), distance, "{from} to {to}");
            assert_eq!(edit_distance(to, from), distance, "{to} to {from}");
        }
    }
}
