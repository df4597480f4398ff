//! Names of channels: species of the table, sums and particles, and other quantities.

use super::description::UnitAt;
use crate::model::{Channel, Dimension, ModelError, Unit, species};

/// Quantities in concentration units that are no species, such as sums and particles; lower case.
const QUANTITIES: [&str; 19] = [
    "voc",
    "vocs",
    "tvoc",
    "total voc",
    "nmvoc",
    "nmhc",
    "thc",
    "total hydrocarbons",
    "btex",
    "nox",
    "nitrogen oxides",
    "pm1",
    "pm2.5",
    "pm10",
    "tsp",
    "black carbon",
    "bc",
    "dust",
    "total dust",
];

/// Whether a name is that of a quantity in concentration units that is no species, such as `PM10` or `total VOC`.
///
/// ```
/// assert!(vocdb::interop::mapping::is_known_quantity("PM10"));
/// assert!(!vocdb::interop::mapping::is_known_quantity("benzine"));
/// ```
#[must_use]
pub fn is_known_quantity(name: &str) -> bool {
    QUANTITIES.contains(&name.to_lowercase().as_str())
}

/// Refuses a concentration whose name is neither a species nor a known quantity, which probably is a slip.
pub(super) fn check_species(name: &str, unit: Option<UnitAt>, is_quantity: bool) -> Result<(), String> {
    let words = |error: ModelError| error.to_string();
    let probe = unit.map_or(Unit::One, |unit| unit.unit);
    match species::find(name) {
        Ok(_) => unit.map_or(Ok(()), |unit| Channel::species(name, unit.unit).map(|_| ()).map_err(words)),
        Err(unknown) if probe.is_concentration() && !is_quantity && !is_known_quantity(name) => {
            Err(format!("{unknown}; correct the name, or add quantity = true"))
        }
        Err(_) => Channel::quantity(name, probe).map(|_| ()).map_err(words),
    }
}

/// Whether values are mass concentrations of a gas, which depend on a reference temperature.
pub(super) fn is_species_of_mass(name: &str, unit: UnitAt) -> bool {
    unit.unit.dimension() == Dimension::MassConcentration && is_species(name)
}

/// Whether a name is that of a species, without a search for the nearest one.
fn is_species(name: &str) -> bool {
    species::all().iter().any(|species| species.is_called(name))
}

/// The channel of a name: a species of the table, or another quantity.
pub(super) fn channel(name: &str, unit: UnitAt) -> Result<Channel, ModelError> {
    let channel = match is_species(name) {
        true => Channel::species(name, unit.unit)?.named(name)?,
        false => Channel::quantity(name, unit.unit)?,
    };
    Ok(unit.reference.map_or(channel.clone(), |reference| channel.with_reference(reference)))
}
