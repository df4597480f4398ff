//! What one species rose by.

use crate::model::species::Species;
use crate::model::{Channel, ModelError, Unit};

/// The enhancement of one species: its concentration above the background.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeciesEnhancement {
    /// The species.
    pub species: &'static Species,
    /// Enhancement in ug/m3; below zero it counts as zero.
    pub ug_m3: f64,
    /// Standard uncertainty of the enhancement in ug/m3, if it is known: noise, detection limit and changes of the background together.
    pub uncertainty_ug_m3: Option<f64>,
}

impl SpeciesEnhancement {
    /// Creates the enhancement of a channel from values in the channel's unit, which are converted to ug/m3 at the reference state of the
    /// channel with the molar mass of its species. `None` for a channel that measures no species of the table.
    ///
    /// # Errors
    /// [`ModelError::Inconvertible`] for a unit that is no concentration of one species.
    ///
    /// ```
    /// use vocdb::trace::SpeciesEnhancement;
    /// use vocdb::{Channel, Unit};
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let enhancement = SpeciesEnhancement::of_channel(&benzene, 2.0, Some(0.1))?.unwrap();
    /// assert!((enhancement.ug_m3 - 6.386).abs() < 0.001);
    /// assert!(SpeciesEnhancement::of_channel(&Channel::quantity("total VOC", Unit::Ppb)?, 2.0, None)?.is_none());
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    pub fn of_channel(channel: &Channel, value: f64, uncertainty: Option<f64>) -> Result<Option<Self>, ModelError> {
        let Some(species) = channel.species_entry() else { return Ok(None) };
        let mass = Some(species.molar_mass_g_per_mol());
        let convert = |value| channel.unit().convert(value, Unit::MicrogramPerM3, mass, channel.reference());
        let uncertainty_ug_m3 = uncertainty.map(convert).transpose()?;
        Ok(Some(Self { species, ug_m3: convert(value)?, uncertainty_ug_m3 }))
    }
}
