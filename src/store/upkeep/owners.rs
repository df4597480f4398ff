//! Whose readings a segment holds: its footer names stations and instruments, and the ledger must know them by the same numbers.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::read::Reader;
use super::super::segment::{InstrumentEntry, Lineage, Segment};
use crate::model::Registry;
use std::sync::Arc;

/// What is to be done where they are not the same.
const ADVICE: &str = "the ledger was removed, cut short or replaced, or the file is another store's: restore the ledger from a backup, or let \
                      `repair` set the file aside";

/// Says why the readings of an instrument are not those of the instrument that the ledger knows by its number, if they are not. One that
/// it does not know at all is no contradiction.
fn contradiction(entry: &InstrumentEntry, registry: &Registry) -> Option<String> {
    let (station, known) = registry.instrument(entry.id)?;
    let station = registry.station(station).map_or("", |station| station.name());
    let held = &entry.instrument;
    // Channels are added behind the others, and never leave their places.
    let are_same = held.channels().iter().zip(known.channels()).all(|(one, other)| one.name() == other.name());
    if station == entry.station && known.name() == held.name() && are_same {
        return None;
    }
    let (id, of, name) = (entry.id, &entry.station, held.name());
    Some(format!(
        "it holds readings of `{of}` by `{name}` as {id}, which the ledger knows as `{station}`, `{}`",
        known.name()
    ))
}

/// Refuses a segment with readings of other instruments than the ledger knows by their numbers.
pub(super) fn check_same(segment: &Segment, registry: &Registry) -> Result<(), StoreError> {
    let opened = segment.open()?;
    match opened.instruments().iter().find_map(|entry| contradiction(entry, registry)) {
        Some(reason) => {
            Err(StoreError::Foreign { path: segment.path().to_owned(), reason: format!("{reason}: {ADVICE}") })
        }
        None => Ok(()),
    }
}

/// As [`check_same`], and refuses one with readings of instruments that the ledger does not know.
pub(super) fn check_known(segment: &Segment, registry: &Registry) -> Result<(), StoreError> {
    check_same(segment, registry)?;
    let opened = segment.open()?;
    let is_known = |entry: &InstrumentEntry| {
        let known = registry.instrument(entry.id);
        known.is_some_and(|(_, known)| known.channels().len() >= entry.instrument.channels().len())
    };
    let Some(entry) = opened.instruments().iter().find(|entry| !is_known(entry)) else { return Ok(()) };
    let (id, of, name) = (entry.id, &entry.station, entry.instrument.name());
    let reason = format!(
        "it holds readings of `{of}` by `{name}` as {id}, which the ledger does not know, or not all of its channels: {ADVICE}"
    );
    Err(StoreError::Foreign { path: segment.path().to_owned(), reason })
}

/// Checks the segments that are not in the ledger: what a crash has left unrecorded is of instruments that it knows.
fn check_unrecorded(
    segments: &[Arc<Segment>],
    (lineage, registry): (&Lineage, &Registry),
    check: fn(&Segment, &Registry) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut unrecorded = segments.iter().filter(|segment| !lineage.is_live(&segment.file_name()));
    unrecorded.try_for_each(|segment| check(segment, registry))
}

impl Store {
    /// Refuses segments that are not in the ledger and whose instruments are not either.
    pub(crate) fn check_owners(&self, lineage: &Lineage, registry: &Registry) -> Result<(), StoreError> {
        check_unrecorded(&self.segments(), (lineage, registry), check_known)
    }
}

/// As [`Store::check_owners`], beside a writer, which may have registered more since the ledger was read.
pub(crate) fn check_owners(reader: &Reader, lineage: &Lineage, registry: &Registry) -> Result<(), StoreError> {
    check_unrecorded(&reader.segments(), (lineage, registry), check_same)
}
