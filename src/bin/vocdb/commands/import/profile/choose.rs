//! The mapping of an import: a shipped profile or a mapping file, with the options of the command line.

use super::super::Import;
use crate::failure::Failure;
use crate::values;
use std::path::Path;
use vocdb::base::escape::Line;
use vocdb::interop::mapping::{Mapping, shipped};

/// Bytes of a mapping file.
const MAPPING_BYTES_MAX: u64 = 1 << 20;

/// Reads the mapping, and puts the options of the command line in the place of its own.
pub(super) fn mapping(import: &Import, profile: &str) -> Result<Mapping, Failure> {
    let mut mapping = load(profile)?;
    let layout = &import.layout;
    if let Some(station) = &import.station {
        mapping = mapping.station(station);
    }
    if let Some(prefix) = &import.prefix {
        mapping = mapping.prefix(prefix);
    }
    if let Some(instrument) = &import.instrument {
        mapping = mapping.instrument(instrument);
    }
    if let Some(interval) = import.interval {
        mapping = mapping.interval(interval);
    }
    if let Some(reference) = import.reference {
        mapping = mapping.reference(reference);
    }
    if let Some(zone) = &layout.zone {
        mapping = mapping.zone(zone);
    }
    let mapping = layout.missing.iter().fold(mapping, Mapping::missing);
    let mapping = layout.only.iter().fold(mapping, |mapping, (column, text)| mapping.only(column, text));
    let mapping = layout.flag.iter().fold(mapping, |mapping, (text, quality)| mapping.flag(text, *quality));
    Ok(layout.mark.iter().fold(mapping, |mapping, (mark, quality)| mapping.mark(mark, *quality)))
}

/// A shipped profile by name, or a mapping file by its path.
fn load(profile: &str) -> Result<Mapping, Failure> {
    if let Some(mapping) = Mapping::shipped(profile) {
        return mapping.map_err(Failure::from_error);
    }
    let path = Path::new(profile);
    let is_path = path.extension().is_some() || path.components().count() > 1 || path.exists();
    if !is_path {
        let names: Vec<&str> = shipped().iter().map(|profile| profile.name).collect();
        return Err(Failure::Says(format!(
            "no shipped profile is named `{}`; shipped are {}; for a mapping file of your own, give its path, such as my.toml",
            Line(profile),
            names.join(", ")
        )));
    }
    let text = values::text_file_up_to(path, MAPPING_BYTES_MAX)?;
    Mapping::parse(profile, &text).map_err(Failure::from_error)
}
