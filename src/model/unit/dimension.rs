//! What units measure.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a unit measures. Units of one dimension convert into each other.
///
/// New ones go to the end of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// Moles of a species per mole of air.
    MixingRatio,
    /// Mass of a species per volume of air, at a [`ReferenceState`](crate::ReferenceState).
    MassConcentration,
    /// Speed, of wind mostly.
    Speed,
    /// Direction that the wind comes from, clockwise from north.
    Direction,
    /// Temperature.
    Temperature,
    /// A share of a whole that the channel names: relative humidity, oxygen, explosion limit.
    Ratio,
    /// Pressure.
    Pressure,
    /// A sensor's raw signal.
    Voltage,
    /// A number without a unit.
    Number,
    /// Odour concentration (EN 13725).
    Odour,
    /// Radiant power on a surface, such as solar radiation.
    Irradiance,
    /// Depth of rain or snow water.
    Precipitation,
    /// Level of sound pressure, on a logarithmic scale.
    SoundLevel,
    /// Luminous flux on a surface.
    Illuminance,
    /// Number of particles per volume of air.
    NumberConcentration,
    /// Radioactive decays per second and volume of air.
    ActivityConcentration,
    /// Moles of carbon per mole of air.
    CarbonMixingRatio,
}

impl Dimension {
    /// The dimension in words.
    ///
    /// ```
    /// use vocdb::model::Unit;
    /// assert_eq!(Unit::Ppb.dimension().name(), "mixing ratio");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MixingRatio => "mixing ratio",
            Self::MassConcentration => "mass concentration",
            Self::Speed => "speed",
            Self::Direction => "direction",
            Self::Temperature => "temperature",
            Self::Ratio => "ratio",
            Self::Pressure => "pressure",
            Self::Voltage => "voltage",
            Self::Number => "number",
            Self::Odour => "odour concentration",
            Self::Irradiance => "irradiance",
            Self::Precipitation => "precipitation",
            Self::SoundLevel => "sound level",
            Self::Illuminance => "illuminance",
            Self::NumberConcentration => "number concentration",
            Self::ActivityConcentration => "activity concentration",
            Self::CarbonMixingRatio => "mixing ratio of carbon",
        }
    }

    /// Why nothing of this dimension converts to another one, where that is for a reason of its own.
    pub(super) const fn obstacle(self) -> Option<&'static str> {
        Some(match self {
            Self::Odour => {
                "an odour unit counts dilutions down to a panel's threshold, which differs for every mixture"
            }
            Self::Voltage => "a voltage is a raw signal: register a channel that holds the calibrated reading",
            Self::Ratio => {
                "a percentage may be of humidity, of volume or of an explosion limit, so no factor is right for all"
            }
            Self::CarbonMixingRatio => {
                "ppbC counts carbon atoms, and how many a molecule has is not known for a mixture: register the channel in ppbC"
            }
            Self::Number => "a plain number has no unit: register the channel with the unit that its numbers are in",
            _ => return None,
        })
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
