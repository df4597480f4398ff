//! Files beside the store: the sites of the district, and the limits that days are compared with.

use std::collections::BTreeMap;
use std::path::Path;
use vocdb::trace::attainment::Limits;
use vocdb::trace::{Site, read_sites};

/// Bytes of a file.
const FILE_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// Reads a file of sites, as GeoJSON or CSV.
///
/// # Errors
/// A text for the operator, with the file and the place in it.
pub fn sites_of(path: &Path) -> Result<Vec<Site>, String> {
    read_sites(&text_of(path)?, &BTreeMap::new()).map_err(|error| format!("`{}`: {error}", path.display()))
}

/// Reads a file of limits, as `vocdb attainment` takes it.
///
/// # Errors
/// A text for the operator, with the file and the line in it.
pub fn limits_of(path: &Path) -> Result<Limits, String> {
    Limits::parse(&text_of(path)?).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn text_of(path: &Path) -> Result<String, String> {
    let says = |error: std::io::Error| format!("`{}`: {error}", path.display());
    if std::fs::metadata(path).map_err(says)?.len() > FILE_BYTES_MAX {
        return Err(format!("`{}`: the file is larger than 64 MiB", path.display()));
    }
    std::fs::read_to_string(path).map_err(says)
}
