//! What the ledger's records tell of segments.

use crate::db::records::{Checkpoint, FramesLost, SegmentSealed, SegmentsReplaced};
use crate::io::Storage;
use crate::ledger::{Kind, Ledger, LedgerContent, LedgerError, Record};
use crate::store::{KnownFrames, Lineage};
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

/// Which frames must be in the files of a store.
pub(in crate::db) fn known_frames(content: &LedgerContent, lineage: &Lineage) -> Result<KnownFrames, LedgerError> {
    let mut known =
        KnownFrames { commits: content.commits, sealed_lsn: lineage.sealed_lsn(), ..KnownFrames::default() };
    for (index, record) in (0..).zip(&content.records) {
        if record.kind() == Kind::FramesLost {
            known.lost.push(record.body::<FramesLost>(index)?.frames);
        }
    }
    let checkpoint = Checkpoint::newest(&content.records)?;
    known.last_lsn = checkpoint.map_or(0, |checkpoint| checkpoint.lsn).max(known.sealed_lsn);
    Ok(known)
}

/// What the ledger of a store tells now.
pub(in crate::db) fn read_lineage(storage: &dyn Storage, dir: &Path) -> Result<Lineage, LedgerError> {
    lineage_of(&Ledger::read(storage, &dir.join("ledger"))?.records)
}
