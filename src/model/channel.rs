//! One measured quantity of an instrument.

use super::error::ModelError;
use super::species::{self, Species};
use super::station::check_name;
use super::unit::{Dimension, ReferenceState, Unit};
use crate::base::limits::DECIMALS_MAX;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Directions that exist, in degrees, with north at both ends.
pub(crate) const DIRECTIONS_DEG: RangeInclusive<f64> = 0.0..=360.0;
/// Directions that are a turn off at most. What lies beyond is no direction but a mark such as 990 or -999.
#[cfg(feature = "csv")]
const TURNED_DEG: RangeInclusive<f64> = -360.0..=720.0;

/// A direction of 0 to 360 degrees that is a turn away at most; anything else as it is.
#[cfg(feature = "csv")]
pub(crate) fn turned_direction(degrees: f64) -> f64 {
    if DIRECTIONS_DEG.contains(&degrees) || !TURNED_DEG.contains(&degrees) {
        return degrees;
    }
    let turned = if degrees < 0.0 { degrees + 360.0 } else { degrees - 360.0 };
    // The decimals of the text come back: 361.2 becomes 1.2.
    (turned * 1e9).round() / 1e9
}

/// A column of an instrument: a species or another quantity, in a unit, at a reference state.
///
/// ```
/// use vocdb::{Channel, Unit};
/// let benzene = Channel::species("benzene", Unit::Ppb)?.with_decimals(2)?;
/// assert_eq!(benzene.name(), "benzene");
/// assert!((benzene.molar_mass_g_per_mol().unwrap() - 78.114).abs() < 0.001);
/// let wind = Channel::quantity("wind speed", Unit::MetrePerSecond)?;
/// assert_eq!(wind.molar_mass_g_per_mol(), None);
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    name: String,
    species: Option<String>,
    unit: Unit,
    reference: ReferenceState,
    decimals: u8,
    detection_limit: Option<f64>,
    /// Stands in the ledger beside the instrument, not within: segments know only which channels they have.
    #[serde(skip)]
    is_retired: bool,
}

impl Channel {
    /// A channel that measures a species of the table and bears its name.
    ///
    /// # Errors
    /// [`ModelError::UnknownSpecies`] names the nearest species there is; [`ModelError::NoConcentration`] refuses a unit such as `degC`.
    pub fn species(name: &str, unit: Unit) -> Result<Self, ModelError> {
        let species = species::find(name)?;
        if !unit.is_concentration() {
            return Err(ModelError::NoConcentration { species: species.name().to_owned(), unit: unit.symbol() });
        }
        let channel = Self::quantity(species.name(), unit)?;
        Ok(Self { species: Some(species.name().to_owned()), ..channel })
    }

    /// A channel that measures something else: wind, temperature, total VOC, a run state.
    ///
    /// # Errors
    /// [`ModelError::Name`] says what is wrong with the name.
    pub fn quantity(name: impl Into<String>, unit: Unit) -> Result<Self, ModelError> {
        let name = name.into();
        check_name("channel", &name)?;
        let (reference, is_retired) = (ReferenceState::C25, false);
        Ok(Self { name, species: None, unit, reference, decimals: 3, detection_limit: None, is_retired })
    }

    /// The same channel under another name (two benzene channels of one instrument, say).
    ///
    /// # Errors
    /// [`ModelError::Name`] says what is wrong with the name.
    pub fn named(mut self, name: impl Into<String>) -> Result<Self, ModelError> {
        self.name = name.into();
        check_name("channel", &self.name)?;
        Ok(self)
    }

    /// The same channel at another reference state (mass concentrations only; 25 °C unless told).
    #[must_use]
    pub const fn with_reference(mut self, reference: ReferenceState) -> Self {
        self.reference = reference;
        self
    }

    /// The same channel with the decimal places that its instrument reports; storage keeps every bit whatever is said here.
    ///
    /// # Errors
    /// [`ModelError::Decimals`] above the limit of 12.
    pub fn with_decimals(mut self, decimals: u8) -> Result<Self, ModelError> {
        if decimals > DECIMALS_MAX {
            return Err(ModelError::Decimals { channel: self.name, decimals, max: DECIMALS_MAX });
        }
        self.decimals = decimals;
        Ok(self)
    }

    /// The same channel with a detection limit in its unit.
    #[must_use]
    pub const fn with_detection_limit(mut self, limit: f64) -> Self {
        self.detection_limit = Some(limit);
        self
    }

    pub(super) const fn with_retirement(mut self, is_retired: bool) -> Self {
        self.is_retired = is_retired;
        self
    }

    pub(super) const fn with_limit_of(mut self, other: &Self) -> Self {
        self.detection_limit = other.detection_limit;
        self
    }

    /// Returns the name, unique within the instrument.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The species it measures, where it measures one.
    #[must_use]
    pub fn species_entry(&self) -> Option<&'static Species> {
        self.species.as_deref().and_then(|name| species::find(name).ok())
    }

    /// The molar mass of its species in g/mol.
    #[must_use]
    pub fn molar_mass_g_per_mol(&self) -> Option<f64> {
        self.species_entry().map(Species::molar_mass_g_per_mol)
    }

    /// Returns the unit.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// The state of the gas that its mass concentrations refer to.
    #[must_use]
    pub const fn reference(&self) -> ReferenceState {
        self.reference
    }

    /// The decimal places that its instrument reports.
    #[must_use]
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// Returns the detection limit in the channel's unit.
    #[must_use]
    pub const fn detection_limit(&self) -> Option<f64> {
        self.detection_limit
    }

    /// Returns whether a valid value is possible: a direction lies between 0 and 360 degrees.
    pub(crate) fn is_possible(&self, valid: Option<f64>) -> bool {
        let is_direction = self.unit.dimension() == Dimension::Direction;
        !is_direction || valid.is_none_or(|degrees| DIRECTIONS_DEG.contains(&degrees))
    }

    /// Returns whether the channel is retired: it keeps its place in a frame, where its sample is missing.
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        self.is_retired
    }
}
