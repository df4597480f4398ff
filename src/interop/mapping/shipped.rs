//! The profiles that the crate ships.

use super::description::Mapping;
use super::error::MappingError;

/// A mapping file that is part of the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Name for [`Mapping::shipped`] and `vocdb import --profile`.
    pub name: &'static str,
    /// The mapping file, in TOML.
    pub text: &'static str,
}

const SHIPPED: [Shipped; 11] = [
    Shipped { name: "airnow-hourly", text: include_str!("profiles/airnow-hourly.toml") },
    Shipped { name: "aqs", text: include_str!("profiles/aqs.toml") },
    Shipped { name: "aurn", text: include_str!("profiles/aurn.toml") },
    Shipped { name: "china-sites", text: include_str!("profiles/china-sites.toml") },
    Shipped { name: "openair", text: include_str!("profiles/openair.toml") },
    Shipped { name: "openaq", text: include_str!("profiles/openaq.toml") },
    Shipped { name: "purpleair", text: include_str!("profiles/purpleair.toml") },
    Shipped { name: "query", text: include_str!("profiles/query.toml") },
    Shipped { name: "spod", text: include_str!("profiles/spod.toml") },
    Shipped { name: "toa5", text: include_str!("profiles/toa5.toml") },
    Shipped { name: "uci", text: include_str!("profiles/uci.toml") },
];

/// The shipped profiles by name.
///
/// ```
/// use vocdb::interop::mapping::{Mapping, shipped};
/// assert!(shipped().iter().any(|profile| profile.name == "toa5"));
/// for profile in shipped() {
///     assert_eq!(Mapping::parse(profile.name, profile.text)?.name(), profile.name);
/// }
/// # Ok::<(), vocdb::interop::mapping::MappingError>(())
/// ```
#[must_use]
pub const fn shipped() -> &'static [Shipped] {
    &SHIPPED
}

impl Mapping {
    /// The shipped profile of a name; none if there is none.
    ///
    /// # Errors
    /// None in practice: all shipped profiles are tested.
    pub fn shipped(name: &str) -> Option<Result<Self, MappingError>> {
        let found = SHIPPED.iter().find(|profile| profile.name == name)?;
        Some(Self::parse(found.name, found.text))
    }
}
