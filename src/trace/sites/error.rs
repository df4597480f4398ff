//! What can be wrong with a file of sites.

use super::fault::OutlineFault;
use super::profile::ProfileError;
use crate::base::escape::Line;
use crate::trace::sheet::SheetError;
use std::fmt;

/// The part of a file that describes a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteAt {
    /// Feature of a GeoJSON file, from 1.
    Feature(usize),
    /// Line of a CSV file, from 1.
    Line(u64),
}

impl fmt::Display for SiteAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature(number) => write!(f, "feature {number}"),
            Self::Line(number) => write!(f, "line {number}"),
        }
    }
}

/// A file of sites, or of source profiles, that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// A text longer than a file of sites may be.
    #[error("the file has {bytes} bytes, and a file of sites may have {max}: simplify the outlines or split the file")]
    TooLarge {
        /// Bytes of the text.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A CSV file that is not the table that was expected.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A text that is no GeoJSON.
    #[error("this is no GeoJSON feature collection: {reason}")]
    Syntax {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// Coordinates of another system than WGS 84.
    #[error(
        "the file names the coordinate system `{}`: export it as WGS 84 longitude and latitude (EPSG:4326), as RFC 7946 asks",
        Line(name)
    )]
    OtherSystem {
        /// Name of the system.
        name: String,
    },
    /// A file without a site.
    #[error("the file has no site: add at least one feature or row")]
    NoSites,
    /// More sites than a file may have.
    #[error("the file has more than {max} sites: split it")]
    TooManySites {
        /// The limit.
        max: usize,
    },
    /// A site without a name, or with one that is no line of text.
    #[error("{at}: the site has no usable `name`: give it a name of one line and at most 200 bytes")]
    NoName {
        /// Part of the file.
        at: SiteAt,
    },
    /// Two sites of one name.
    #[error("{at}: site `{}` is already at {first}: names must differ", Line(name))]
    Duplicate {
        /// Part of the file with the second site.
        at: SiteAt,
        /// Part of the file with the first site.
        first: SiteAt,
        /// Name of both.
        name: String,
    },
    /// A broken outline.
    #[error("{at}: site `{}`: {fault}", Line(name))]
    Outline {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site.
        name: String,
        /// What is wrong.
        fault: Box<OutlineFault>,
    },
    /// Latitude and longitude that only fit the other sites when they are swapped.
    #[error(
        "{at}: site `{}` is {km:.0} km from the other sites, but near them with latitude and longitude swapped: swap them",
        Line(name)
    )]
    Swapped {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site.
        name: String,
        /// Distance from the middle of the sites in kilometres.
        km: f64,
    },
    /// A geometry that is no point, polygon or multi-polygon.
    #[error("{at}: site `{}` has {found}: give a Point, Polygon or MultiPolygon", Line(name))]
    Geometry {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site.
        name: String,
        /// Geometry that it has.
        found: String,
    },
    /// A property or cell that is not what it must be.
    #[error("{at}: site `{}`: `{property}` must be {wanted}", Line(name))]
    Property {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site.
        name: String,
        /// Name of the property.
        property: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A source profile that cannot be used.
    #[error("{at}: profile of `{}`: {fault}", Line(name))]
    Profile {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site or profile.
        name: String,
        /// What is wrong.
        fault: Box<ProfileError>,
    },
    /// A site that names a profile that is not given.
    #[error("{at}: site `{}` names the profile `{}`, which is not given; given are: {}", Line(name), Line(profile), if known.is_empty() { "none" } else { known })]
    UnknownProfile {
        /// Part of the file.
        at: SiteAt,
        /// Name of the site.
        name: String,
        /// Name of the profile.
        profile: String,
        /// The first names that are given.
        known: String,
    },
}
