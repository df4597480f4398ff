//! One site.

use super::outline::Outline;
use super::profile::Profile;

/// A site that may be the source of an emission.
///
/// ```
/// use vocdb::trace::{GeoPoint, Outline, Profile, Site};
/// let stack = Site {
///     name: "boiler house".to_owned(),
///     outline: Outline::Point(GeoPoint { latitude_deg: 31.25, longitude_deg: 121.5 }),
///     height_m: Some(30.0),
///     profile: Some(Profile::new([("benzene", 12.0)])?),
/// };
/// assert!(stack.outline.check().is_ok());
/// # Ok::<(), vocdb::trace::ProfileError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name of the site, unique in its list.
    pub name: String,
    /// Place of the site.
    pub outline: Outline,
    /// Height above ground at which the site emits, in metres.
    pub height_m: Option<f64>,
    /// Species that the site emits, if they are known.
    pub profile: Option<Profile>,
}
