//! One row of the species table.

use super::cas::is_cas_number;
use super::formula::molar_mass_g_per_mol;
use std::fmt;

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
    pub(super) const fn new(name: &'static str, formula: &'static str, cas: &'static str, group: Group) -> Self {
        let molar_mass_g_per_mol = match molar_mass_g_per_mol(formula) {
            Ok(mass) => mass,
            Err(_) => f64::NAN,
        };
        assert!(molar_mass_g_per_mol > 0.0, "a formula of the table cannot be read");
        assert!(is_cas_number(cas), "a CAS number of the table has a wrong check digit");
        Self { name, other_names: &[], formula, cas, group, hj212_code: None, aqs_code: None, molar_mass_g_per_mol }
    }

    pub(super) const fn also(mut self, other_names: &'static [&'static str]) -> Self {
        self.other_names = other_names;
        self
    }

    pub(super) const fn hj212(mut self, code: &'static str) -> Self {
        self.hj212_code = Some(code);
        self
    }

    pub(super) const fn aqs(mut self, code: &'static str) -> Self {
        self.aqs_code = Some(code);
        self
    }

    /// Returns the usual English name, unique in the table, such as `n-hexane`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Other names under which [`find`](super::find) knows it, such as `MEK` for 2-butanone; often none.
    #[must_use]
    pub const fn other_names(&self) -> &'static [&'static str] {
        self.other_names
    }

    /// Returns the molecular formula, such as `C6H14`. Isomers share it.
    #[must_use]
    pub const fn formula(&self) -> &'static str {
        self.formula
    }

    /// Returns the CAS registry number with hyphens, unique in the table.
    #[must_use]
    pub const fn cas(&self) -> &'static str {
        self.cas
    }

    /// Returns the chemical family.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// Returns the factor code of HJ 212-2017 (annex B, air), such as `a25002`; `None` if the standard has none.
    #[must_use]
    pub const fn hj212_code(&self) -> Option<&'static str> {
        self.hj212_code
    }

    /// Returns the five-digit parameter code of the US EPA's Air Quality System; `None` if the table has none.
    ///
    /// m-Xylene and p-xylene share 45109, because they are reported as one.
    #[must_use]
    pub const fn aqs_code(&self) -> Option<&'static str> {
        self.aqs_code
    }

    /// Returns the molar mass in g/mol, from the formula by [`molar_mass_g_per_mol`].
    #[must_use]
    pub const fn molar_mass_g_per_mol(&self) -> f64 {
        self.molar_mass_g_per_mol
    }

    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own.eq_ignore_ascii_case(name))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.cas].into_iter().chain(self.other_names.iter().copied())
    }
}

impl fmt::Display for Species {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
