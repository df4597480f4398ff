//! The ledger as text: one JSON object a line.

use super::core::Database;
use super::records::{
    Checkpoint, Corrected, DeletionCompleted, FlagsSet, FramesLost, FramesUnseen, InstrumentChanged,
    InstrumentRegistered, ReadingsDeleted, ReadingsDropped, RuleSetLoaded, RulesBound, SegmentSealed, SegmentsReplaced,
    StationChanged, StationRegistered,
};
use crate::alarm::AlarmEvent;
use crate::error::Error;
use crate::ledger::{Kind, LedgerError, Record};
use crate::trace::OdourReport;
use crate::trace::incident::{IncidentOpened, IncidentOverdue, IncidentStep};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::sync::Arc;

/// The records that an export contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportScope {
    /// What depends on readings, rules and operators alone: equal inputs in equal order give equal bytes, whatever the batches and
    /// restarts. See [`Kind::is_history`].
    History,
    /// All records: also deliveries, segments and checkpoints of this machine.
    Everything,
}

#[derive(Serialize)]
struct Line<'a> {
    index: u64,
    kind: &'static str,
    body: &'a serde_json::Value,
}

#[derive(Serialize)]
struct CheckpointPart {
    part: u64,
    parts: u64,
    bytes: usize,
}

impl Database {
    /// All records of the ledger. They are read without the lock: a ledger grows for years, and frames come meanwhile.
    pub(super) fn ledger_records(&self) -> Result<Vec<Record>, Error> {
        let (ledger, storage) = {
            let inner = self.inner.lock();
            (inner.ledger.view(), Arc::clone(&inner.config.storage))
        };
        Ok(ledger.read_all(&*storage)?)
    }

    /// Writes the ledger as JSON, one object a line: `index` (counted over the exported records), `kind`, `body`. Times are
    /// RFC 3339, UTC. Gives the number of lines.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read, [`Error::Io`] where `to` cannot be written.
    pub fn export_ledger(&self, scope: ExportScope, to: &mut dyn Write) -> Result<u64, Error> {
        let records = self.ledger_records()?;
        let wanted = |record: &&Record| scope == ExportScope::Everything || record.kind().is_history();
        let mut lines = 0;
        for record in records.iter().filter(wanted) {
            let body = body_of(record, lines)?;
            let line = Line { index: lines, kind: record.kind().name(), body: &body };
            let text = serde_json::to_string(&line).map_err(|error| unreadable(record, lines, &error))?;
            writeln!(to, "{text}").map_err(|source| Error::Io { action: "write the export", source })?;
            lines += 1;
        }
        Ok(lines)
    }
}

/// The body of a record for people and other programs. Whatever cannot be read is an error.
pub(super) fn body_of(record: &Record, index: u64) -> Result<serde_json::Value, LedgerError> {
    match record.kind() {
        Kind::StationRegistered => json::<StationRegistered>(record, index),
        Kind::StationChanged => json::<StationChanged>(record, index),
        Kind::FlagsSet => json::<FlagsSet>(record, index),
        Kind::InstrumentRegistered => json::<InstrumentRegistered>(record, index),
        Kind::InstrumentChanged => json::<InstrumentChanged>(record, index),
        Kind::RuleSetLoaded => json::<RuleSetLoaded>(record, index),
        Kind::RulesBound => json::<RulesBound>(record, index),
        Kind::FramesUnseen => json::<FramesUnseen>(record, index),
        Kind::Correction => json::<Corrected>(record, index),
        Kind::SegmentSealed => json::<SegmentSealed>(record, index),
        Kind::Checkpoint => checkpoint(record, index),
        Kind::SegmentsReplaced => json::<SegmentsReplaced>(record, index),
        Kind::ReadingsDeleted => deletion(record, index),
        Kind::DeletionCompleted => json::<DeletionCompleted>(record, index),
        Kind::ReadingsDropped => json::<ReadingsDropped>(record, index),
        Kind::FramesLost => json::<FramesLost>(record, index),
        Kind::IncidentOpened => json::<IncidentOpened>(record, index),
        Kind::IncidentStep => json::<IncidentStep>(record, index),
        Kind::IncidentOverdue => json::<IncidentOverdue>(record, index),
        Kind::OdourReported => json::<OdourReport>(record, index),
        _ => match AlarmEvent::from_record(record, index)? {
            Some(event) => event.to_json().map_err(|error| unreadable(record, index, &error)),
            None => Ok(serde_json::Value::Null),
        },
    }
}

/// A checkpoint; of one in several records, which of them this is.
fn checkpoint(record: &Record, index: u64) -> Result<serde_json::Value, LedgerError> {
    let (parts, part) = record.part(index)?;
    if parts > 1 {
        return written(&CheckpointPart { part, parts, bytes: record.body_bytes() }, record, index);
    }
    written(&Checkpoint::newest(std::slice::from_ref(record))?, record, index)
}

/// A deletion, but for the sequence number up to which it reaches: that is a matter of this machine.
fn deletion(record: &Record, index: u64) -> Result<serde_json::Value, LedgerError> {
    let body = serde_json::to_value(record.body::<ReadingsDeleted>(index)?);
    let mut body = body.map_err(|error| unreadable(record, index, &error))?;
    if let Some(fields) = body.as_object_mut() {
        fields.remove("until_lsn");
    }
    Ok(body)
}

fn json<T: Serialize + DeserializeOwned>(record: &Record, index: u64) -> Result<serde_json::Value, LedgerError> {
    written(&record.body::<T>(index)?, record, index)
}

fn written<T: Serialize>(body: &T, record: &Record, index: u64) -> Result<serde_json::Value, LedgerError> {
    serde_json::to_value(body).map_err(|error| unreadable(record, index, &error))
}

fn unreadable(record: &Record, index: u64, error: &serde_json::Error) -> LedgerError {
    LedgerError::Body { index, kind: record.kind().name(), reason: error.to_string() }
}
