//! The state of the air that mass concentrations refer to.

use super::super::error::ModelError;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The molar gas constant in J/(mol K), exact since the SI of 2019 to the digits given (CODATA 2018).
const GAS_CONSTANT_J_PER_MOL_K: f64 = 8.314_462_618;
/// 0 °C in kelvin.
const ZERO_CELSIUS_K: f64 = 273.15;
/// Temperatures that a reference state may have: -100 to 500 °C.
const TEMPERATURES_K: RangeInclusive<f64> = ZERO_CELSIUS_K - 100.0..=ZERO_CELSIUS_K + 500.0;
/// Pressures that a reference state may have: 100 to 2000 hPa.
const PRESSURES_PA: RangeInclusive<f64> = 10_000.0..=200_000.0;

/// The temperature and pressure of the air whose volume a mass concentration refers to.
///
/// ```
/// use vocdb::model::ReferenceState;
/// assert_eq!(ReferenceState::new(25.0, 1013.25)?, ReferenceState::C25);
/// assert!(ReferenceState::new(25.0, 101_325.0).is_err()); // pascals are not hectopascals
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredState")]
pub struct ReferenceState {
    temperature_k: f64,
    pressure_pa: f64,
}

/// A reference state as read, before it is checked.
#[derive(Deserialize)]
#[serde(rename = "ReferenceState")]
struct StoredState {
    temperature_k: f64,
    pressure_pa: f64,
}

impl ReferenceState {
    /// 25 °C and 1013.25 hPa: GB 3095-2012 for gases (amended 2018), US EPA.
    pub const C25: Self = Self { temperature_k: 298.15, pressure_pa: 101_325.0 };
    /// 20 °C and 1013.25 hPa: European Union, ambient air.
    pub const C20: Self = Self { temperature_k: 293.15, pressure_pa: 101_325.0 };
    /// 0 °C and 1013.25 hPa: emissions, and ambient air in China before 2018.
    pub const C0: Self = Self { temperature_k: ZERO_CELSIUS_K, pressure_pa: 101_325.0 };

    /// From degrees Celsius, -100 to 500, and hectopascals, 100 to 2000.
    ///
    /// # Errors
    /// [`ModelError::ReferenceState`] outside of these ranges and for NaN.
    pub fn new(temperature_c: f64, pressure_hpa: f64) -> Result<Self, ModelError> {
        let state = Self { temperature_k: temperature_c + ZERO_CELSIUS_K, pressure_pa: pressure_hpa * 100.0 };
        if TEMPERATURES_K.contains(&state.temperature_k) && PRESSURES_PA.contains(&state.pressure_pa) {
            Ok(state)
        } else {
            Err(ModelError::ReferenceState { temperature_c, pressure_hpa })
        }
    }

    /// The temperature in kelvin.
    #[must_use]
    pub const fn temperature_k(self) -> f64 {
        self.temperature_k
    }

    /// The pressure in pascals.
    #[must_use]
    pub const fn pressure_pa(self) -> f64 {
        self.pressure_pa
    }

    /// The volume of one mole of an ideal gas in litres, from R = 8.314462618 J/(mol K).
    ///
    /// ```
    /// use vocdb::model::ReferenceState;
    /// assert!((ReferenceState::C25.molar_volume_l_per_mol() - 24.465).abs() < 0.001);
    /// ```
    #[must_use]
    pub const fn molar_volume_l_per_mol(self) -> f64 {
        GAS_CONSTANT_J_PER_MOL_K * self.temperature_k * 1000.0 / self.pressure_pa
    }
}

impl TryFrom<StoredState> for ReferenceState {
    type Error = ModelError;

    fn try_from(stored: StoredState) -> Result<Self, ModelError> {
        let StoredState { temperature_k, pressure_pa } = stored;
        if TEMPERATURES_K.contains(&temperature_k) && PRESSURES_PA.contains(&pressure_pa) {
            return Ok(Self { temperature_k, pressure_pa });
        }
        Err(ModelError::ReferenceState {
            temperature_c: temperature_k - ZERO_CELSIUS_K,
            pressure_hpa: pressure_pa / 100.0,
        })
    }
}
