//! Where readings come from.

use super::error::ModelError;
use crate::base::escape::is_plain;
use crate::base::limits::{NAME_BYTES_MAX, WORDS_BYTES_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of a station in its store, given at registration in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StationId(u32);

impl StationId {
    /// Creates an id from its number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for StationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "station {}", self.0)
    }
}

/// A place: degrees on the WGS 84 ellipsoid and metres in the district's own frame, whichever is known.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Longitude in degrees east and latitude in degrees north.
    pub lon_lat_deg: Option<(f64, f64)>,
    /// Metres east and north of the district's reference point.
    pub east_north_m: Option<(f64, f64)>,
    /// Height of the inlet above ground in metres.
    pub height_m: Option<f64>,
}

impl Position {
    /// Checks that degrees lie on the globe, and that every number is finite.
    ///
    /// # Errors
    /// [`ModelError::Position`] says which number is wrong.
    ///
    /// ```
    /// use vocdb::Position;
    /// let swapped = Position { lon_lat_deg: Some((31.2, 121.5)), ..Position::default() };
    /// assert!(swapped.check().unwrap_err().to_string().contains("latitude"));
    /// ```
    pub fn check(&self) -> Result<(), ModelError> {
        let (longitude, latitude) = self.lon_lat_deg.unwrap_or_default();
        let (east, north) = self.east_north_m.unwrap_or_default();
        let height = self.height_m.unwrap_or_default();
        let reason = if !(-180.0..=180.0).contains(&longitude) {
            "the longitude must be -180 to 180 degrees east"
        } else if !(-90.0..=90.0).contains(&latitude) {
            "the latitude must be -90 to 90 degrees north"
        } else if !(east.is_finite() && north.is_finite() && height.is_finite()) {
            "metres must be finite numbers"
        } else {
            return Ok(());
        };
        Err(ModelError::Position { reason })
    }
}

/// A monitoring station.
///
/// ```
/// use vocdb::{Position, Station};
/// let station = Station::new("park/S1")?.at(Position { height_m: Some(2.4), ..Position::default() });
/// assert_eq!(station.name(), "park/S1");
/// assert!(Station::new("a*b").is_err()); // `*` belongs to globs
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Station {
    name: String,
    position: Position,
}

impl Station {
    /// A station with a name such as `park/S1`: letters, digits and `/ - _ . # ( )` or spaces inside, at most 200 bytes.
    ///
    /// # Errors
    /// [`ModelError::Name`] says what is wrong with the name.
    pub fn new(name: impl Into<String>) -> Result<Self, ModelError> {
        let name = name.into();
        check_name("station", &name)?;
        Ok(Self { name, position: Position::default() })
    }

    /// The same station at a place.
    #[must_use]
    pub const fn at(mut self, position: Position) -> Self {
        self.position = position;
        self
    }

    /// Returns the name, unique in the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the position.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }
}

/// Checks a name of anything that rules or files refer to.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), ModelError> {
    let wrong = |reason| Err(ModelError::Name { what, name: name.chars().take(60).collect(), reason });
    if name.is_empty() {
        return wrong("it is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return wrong("it is longer than 200 bytes");
    }
    if name.trim() != name {
        return wrong("it begins or ends with a space");
    }
    if !name.chars().all(|c| c.is_alphanumeric() || "/-_.,#()+' ".contains(c)) || !is_plain(name) {
        return wrong("only letters, digits, spaces and / - _ . , # ( ) + ' may stand in it");
    }
    Ok(())
}

/// Checks a name of a person, a route or a reason that reports show on one line.
pub(crate) fn check_line(what: &'static str, text: &str) -> Result<(), ModelError> {
    if !is_plain(text) {
        let reason = "it has control or invisible characters, or several lines: write it on one line";
        return Err(ModelError::Words { what, reason });
    }
    check_length(what, text)
}

/// Checks a name of a person or a reason that must be there.
pub(crate) fn check_words(what: &'static str, text: &str) -> Result<(), ModelError> {
    if text.trim().is_empty() {
        return Err(ModelError::Words { what, reason: "it is empty: the ledger records who changes what, and why" });
    }
    check_line(what, text)
}

/// Checks a comment, which may have several lines.
pub(crate) fn check_length(what: &'static str, text: &str) -> Result<(), ModelError> {
    let is_long = text.len() > WORDS_BYTES_MAX;
    if is_long { Err(ModelError::Words { what, reason: "it is longer than 64 KiB: shorten it" }) } else { Ok(()) }
}
