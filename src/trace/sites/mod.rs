//! Sites that may emit: a name, an outline, and the species that they emit.

mod check;
mod error;
mod fault;
#[cfg(feature = "geojson")]
mod geojson;
#[cfg(any(feature = "csv", feature = "geojson"))]
mod list;
mod local;
mod outline;
mod profile;
#[cfg(all(feature = "csv", feature = "geojson"))]
mod reader;
mod site;
#[cfg(feature = "csv")]
mod table;

pub use error::{SiteAt, SitesError};
pub use fault::OutlineFault;
#[cfg(feature = "geojson")]
pub use geojson::read_sites_geojson;
pub use local::LocalOutline;
pub use outline::{GeoPoint, Outline, Polygon};
pub use profile::{Profile, ProfileError};
#[cfg(all(feature = "csv", feature = "geojson"))]
pub use reader::read_sites;
pub use site::Site;
#[cfg(feature = "csv")]
pub use table::{read_profiles, read_sites_csv};
