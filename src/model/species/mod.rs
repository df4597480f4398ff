//! The species that air-quality stations measure: names, formulas, registry numbers, codes and molar masses.
//!
//! ```
//! use vocdb::model::species;
//! let benzene = species::find("Benzene")?;
//! assert_eq!(benzene.cas(), "71-43-2");
//! assert_eq!(species::find("71-43-2")?, benzene);
//! assert!(species::find("benzine").unwrap_err().to_string().contains("nearest name there is `benzene`"));
//! # Ok::<(), vocdb::model::ModelError>(())
//! ```

mod cas;
mod formula;
mod table;

pub use cas::is_cas_number;
pub use formula::{FormulaError, molar_mass_g_per_mol};

use super::error::ModelError;
use std::fmt;

/// Characters of an unknown name that an error repeats and compares; the rest is cut off.
const SHOWN_CHARS_MAX: usize = 60;

/// The chemical family of a species, as the species table sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Saturated hydrocarbons, cyclic ones too.
    Alkane,
    /// Hydrocarbons with a double bond, dienes too.
    Alkene,
    /// Hydrocarbons with a triple bond.
    Alkyne,
    /// Hydrocarbons with a benzene ring.
    Aromatic,
    /// Organic compounds with chlorine, bromine or fluorine, aromatic or not.
    Halogenated,
    /// Alcohols, aldehydes, ketones, esters, ethers and other organic compounds of carbon, hydrogen and oxygen.
    Oxygenated,
    /// Organic compounds with nitrogen.
    Nitrogenous,
    /// Sulfur compounds, inorganic ones too.
    Sulfur,
    /// Inorganic gases without sulfur.
    Inorganic,
}

impl Group {
    /// The group in one lower-case word, as the species table spells it.
    ///
    /// ```
    /// use vocdb::model::species;
    /// assert_eq!(species::find("toluene")?.group().name(), "aromatic");
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alkane => "alkane",
            Self::Alkene => "alkene",
            Self::Alkyne => "alkyne",
            Self::Aromatic => "aromatic",
            Self::Halogenated => "halogenated",
            Self::Oxygenated => "oxygenated",
            Self::Nitrogenous => "nitrogenous",
            Self::Sulfur => "sulfur",
            Self::Inorganic => "inorganic",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row of the species table.
///
/// ```
/// use vocdb::model::species;
/// let vinyl_chloride = species::find("vinyl chloride")?;
/// assert_eq!(vinyl_chloride.formula(), "C2H3Cl");
/// assert_eq!(vinyl_chloride.hj212_code(), Some("a24046"));
/// assert_eq!(vinyl_chloride.molar_mass_g_per_mol(), 62.496);
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Species {
    name: &'static str,
    other_names: &'static [&'static str],
    formula: &'static str,
    cas: &'static str,
    group: Group,
    hj212_code: Option<&'static str>,
    aqs_code: Option<&'static str>,
    molar_mass_g_per_mol: f64,
}

impl Species {
    /// A row of the table. Runs at compile time only: a wrong formula or check digit in the table does not build.
    const fn new(name: &'static str, formula: &'static str, cas: &'static str, group: Group) -> Self {
        let molar_mass_g_per_mol = match molar_mass_g_per_mol(formula) {
            Ok(mass) => mass,
            Err(_) => f64::NAN,
        };
        assert!(molar_mass_g_per_mol > 0.0, "a formula of the table cannot be read");
        assert!(is_cas_number(cas), "a CAS number of the table has a wrong check digit");
        Self { name, other_names: &[], formula, cas, group, hj212_code: None, aqs_code: None, molar_mass_g_per_mol }
    }

    const fn also(mut self, other_names: &'static [&'static str]) -> Self {
        self.other_names = other_names;
        self
    }

    const fn hj212(mut self, code: &'static str) -> Self {
        self.hj212_code = Some(code);
        self
    }

    const fn aqs(mut self, code: &'static str) -> Self {
        self.aqs_code = Some(code);
        self
    }

    /// Its name, unique in the table: the usual English one, such as `n-hexane`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Other names under which [`find`] knows it, such as `MEK` for 2-butanone; often none.
    #[must_use]
    pub const fn other_names(&self) -> &'static [&'static str] {
        self.other_names
    }

    /// Its molecular formula, such as `C6H14`. Isomers share it.
    #[must_use]
    pub const fn formula(&self) -> &'static str {
        self.formula
    }

    /// Its CAS registry number with hyphens, unique in the table.
    #[must_use]
    pub const fn cas(&self) -> &'static str {
        self.cas
    }

    /// Its chemical family.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// Its factor code in HJ 212-2017 (annex B, air), such as `a25002`; `None` where that standard has none.
    #[must_use]
    pub const fn hj212_code(&self) -> Option<&'static str> {
        self.hj212_code
    }

    /// Its five-digit parameter code in the US EPA's Air Quality System; `None` where the table holds none.
    ///
    /// m-Xylene and p-xylene share 45109, because they are reported as one.
    #[must_use]
    pub const fn aqs_code(&self) -> Option<&'static str> {
        self.aqs_code
    }

    /// Its molar mass in g/mol, from its formula by [`molar_mass_g_per_mol`].
    #[must_use]
    pub const fn molar_mass_g_per_mol(&self) -> f64 {
        self.molar_mass_g_per_mol
    }

    fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own.eq_ignore_ascii_case(name))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.cas].into_iter().chain(self.other_names.iter().copied())
    }
}

impl fmt::Display for Species {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

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
/// [`ModelError::UnknownSpecies`] with the species whose name or number takes the fewest edits.
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
        ModelError::UnknownSpecies { nearest: nearest(&name).to_owned(), name }
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
    all().iter().find(|species| species.hj212_code.is_some_and(|own| own.eq_ignore_ascii_case(code)))
}

/// The name of the species that has a name or number nearest to `text`; the first of several.
fn nearest(text: &str) -> &'static str {
    let wanted = text.to_lowercase();
    let distance = |species: &Species| species.names().map(|own| edit_distance(&own.to_lowercase(), &wanted)).min();
    all().iter().min_by_key(|species| distance(species)).map_or("", Species::name)
}

/// The least number of inserted, removed and replaced characters that turn one text into the other (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (1..=to.chars().count()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (cell, b) in row.iter_mut().zip(to.chars()) {
            left = (diagonal + usize::from(a != b)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or_else(|| from.chars().count())
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
