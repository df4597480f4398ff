//! Odour reports: what somebody smelled, where and when.

use crate::model::{ModelError, Timestamp, check_length, check_line};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Intensity of an odour on the seven-point scale of VDI 3882 part 1: 0 not perceptible, 1 very weak, 2 weak, 3 distinct, 4 strong, 5 very
/// strong, 6 extremely strong.
///
/// ```
/// use vocdb::trace::OdourIntensity;
/// assert_eq!(OdourIntensity::new(4)?.name(), "strong");
/// assert!(OdourIntensity::new(7).is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OdourIntensity(u8);

impl OdourIntensity {
    const NAMES: [&str; 7] =
        ["not perceptible", "very weak", "weak", "distinct", "strong", "very strong", "extremely strong"];

    /// An intensity from 0 to 6.
    ///
    /// # Errors
    /// [`ModelError::Words`] above 6.
    pub fn new(level: u8) -> Result<Self, ModelError> {
        if usize::from(level) < Self::NAMES.len() {
            return Ok(Self(level));
        }
        let reason = "it is above 6: write 0 (not perceptible) to 6 (extremely strong), the scale of VDI 3882";
        Err(ModelError::Words { what: "odour intensity", reason })
    }

    /// The number on the scale, 0 to 6.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.0
    }

    /// The intensity in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.get(usize::from(self.0)).copied().unwrap_or("unknown")
    }
}

impl fmt::Display for OdourIntensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

/// Kind 73: somebody reported an odour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OdourReport {
    /// Time at which the odour was perceived.
    pub time: Timestamp,
    /// Latitude in degrees north (WGS 84).
    pub latitude_deg: f64,
    /// Longitude in degrees east (WGS 84).
    pub longitude_deg: f64,
    /// Intensity.
    pub intensity: OdourIntensity,
    /// Description in the reporter's words, which may have several lines; may be empty.
    pub words: String,
    /// Name of the reporter, if it was given.
    pub reporter: Option<String>,
    /// Host time of the record. `Database::report_odour` sets it.
    pub at: Timestamp,
}

impl OdourReport {
    /// Checks position and text.
    ///
    /// # Errors
    /// [`ModelError::Words`] for a position that is none, and for text that the ledger does not keep.
    pub fn check(&self) -> Result<(), ModelError> {
        let is_within = |number: f64, bound: f64| (-bound..=bound).contains(&number);
        if !is_within(self.latitude_deg, 90.0) || !is_within(self.longitude_deg, 180.0) {
            let reason = "write the latitude as -90 to 90 and the longitude as -180 to 180 degrees (WGS 84)";
            return Err(ModelError::Words { what: "position of an odour report", reason });
        }
        // A record that was written by other means may hold any number.
        OdourIntensity::new(self.intensity.level())?;
        check_length("description of an odour", &self.words)?;
        self.reporter.as_deref().map_or(Ok(()), |reporter| check_line("name of a person", reporter))
    }
}
