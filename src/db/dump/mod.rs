//! A store as text, and a store from text. The lines are described in `FORMAT.md` beside this file.

mod error;
mod read;
mod restore;
mod text;
mod write;

pub use error::{DumpError, DumpProblem};

use crate::model::TimeRange;
use serde::Serialize;
use std::path::PathBuf;

/// The contents of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpScope {
    /// Names of the stations; all where none is named.
    pub stations: Vec<String>,
    /// The times of the readings.
    pub range: TimeRange,
}

impl DumpScope {
    /// The whole store: readings, rules, alarms and everything else that the ledger has.
    pub const WHOLE: Self = Self { stations: Vec::new(), range: TimeRange::ALL };

    /// Returns whether the scope is the whole store. A part contains readings with registrations and corrections, but no rules or alarms.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }
}

/// The progress of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DumpProgress {
    /// Instruments that are done.
    pub instruments: u64,
    /// Instruments in all.
    pub instruments_total: u64,
    /// Rows written.
    pub rows: u64,
}

/// The result of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DumpReport {
    /// Ledger records.
    pub records: u64,
    /// Rows of readings.
    pub rows: u64,
    /// Frames that the rules of the store have not seen for good, in order of arrival.
    pub arrivals: u64,
    /// Bytes of text.
    pub bytes: u64,
    /// Segments that do not check: their readings are not in the dump.
    pub segments_left_out: Vec<PathBuf>,
}

/// The result of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RestoreReport {
    /// Lines read.
    pub lines: u64,
    /// Ledger records.
    pub records: u64,
    /// Rows of readings.
    pub rows: u64,
    /// Frames that the rules will see when the store is opened.
    pub arrivals: u64,
    /// Whether an unfinished restore, left behind by a killed process, was removed first.
    pub replaced_unfinished: bool,
}
