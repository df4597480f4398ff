//! What the ledger's records tell of segments.

use crate::db::records::{SegmentSealed, SegmentsReplaced};
use crate::ledger::{Kind, Ledger, LedgerError, Record};
use crate::store::Lineage;
use crate::store::io::Storage;
use std::path::Path;

/// Takes down what a record tells of segments, if it does.
pub(in crate::db) fn note_segments(lineage: &mut Lineage, record: &Record, index: u64) -> Result<(), LedgerError> {
    match record.kind() {
        Kind::SegmentSealed => {
            let SegmentSealed { file_name, sha256, .. } = record.body(index)?;
            lineage.seal(file_name, sha256);
        }
        Kind::SegmentsReplaced => {
            let SegmentsReplaced { removed, added, .. } = record.body(index)?;
            lineage.replace(removed, added);
        }
        _ => {}
    }
    Ok(())
}

/// What all records tell.
pub(in crate::db) fn lineage_of(records: &[Record]) -> Result<Lineage, LedgerError> {
    let mut lineage = Lineage::default();
    for (index, record) in (0..).zip(records) {
        note_segments(&mut lineage, record, index)?;
    }
    Ok(lineage)
}

/// What the ledger of a store tells now.
pub(in crate::db) fn read_lineage(storage: &dyn Storage, dir: &Path) -> Result<Lineage, LedgerError> {
    lineage_of(&Ledger::read(storage, &dir.join("ledger"))?.records)
}
