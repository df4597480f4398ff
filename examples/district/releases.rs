//! The known releases.

use super::{Outcome, site};
use vocdb::Timestamp;

/// One controlled release.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) unit: String,
    pub(crate) rate_kg_h: f64,
}

/// Reads the list of releases.
pub(crate) fn read() -> Outcome<Vec<Release>> {
    let mut releases = Vec::new();
    for row in csv::Reader::from_path(site::path("releases.csv"))?.records() {
        let row = row?;
        let field = |index: usize| row.get(index).unwrap_or_default();
        releases.push(Release {
            start: field(1).parse()?,
            end: field(2).parse()?,
            unit: field(4).to_owned(),
            rate_kg_h: field(7).parse()?,
        });
    }
    Ok(releases)
}
