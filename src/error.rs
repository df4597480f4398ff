//! The one error of the crate's surface. Every layer has its own; here they meet.

use crate::alarm::AlarmError;
use crate::base::checksum::Digest;
use crate::base::escape::Line;
use crate::db::DumpError;
use crate::ledger::LedgerError;
use crate::model::{InstrumentId, ModelError, StationId, Timestamp};
use crate::query::QueryError;
use crate::rules::{Diagnostics, FolderError};
use crate::store::StoreError;
use crate::trace::PlaceError;
use crate::trace::incident::IncidentError;

/// Anything that a [`Database`](crate::Database) can refuse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name, unit or number that makes no sense.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Files of readings.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Frames of a batch were rejected.
    #[error("{count} frames of the batch were rejected; the first is number {index}, counted from 0: {reason}")]
    Rejected {
        /// Number of rejected frames.
        count: usize,
        /// Place of the first in the batch, from 0.
        index: usize,
        /// Reason of the rejection, and what to do.
        reason: String,
    },
    /// A question.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A rules folder that cannot be read.
    #[error("the rules cannot be read: {0}")]
    RuleFolder(#[from] FolderError),
    /// Mistakes in rule files, all of them.
    #[error("the rules have errors; nothing has changed:\n{0}")]
    Rules(#[from] Diagnostics),
    /// The rule set in force does not compile with this release.
    #[error(
        "the rule set in force ({rule_set}) does not compile with this release, so the store was not opened; load rules that do \
         (`vocdb rules load`), unload it (`vocdb rules unload`), or open with `RulesOnOpen::Suspended`:\n{found}"
    )]
    RulesNotRunnable {
        /// Hash of the rule set.
        rule_set: Digest,
        /// Every mistake that this release finds in it.
        found: Diagnostics,
    },
    /// Rule files without a single rule: more likely a wrong folder than a wish to watch nothing.
    #[error("the rule files contain no `alarm(...)`: check the folder")]
    NoRules,
    /// A backtest that its condition stopped.
    #[error("the backtest was stopped at {reached}, before its end: choose a shorter range")]
    BacktestStopped {
        /// Time that it had come to.
        reached: Timestamp,
    },
    /// An operator's action that makes no sense now.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
    /// A step of an incident that makes no sense now.
    #[error(transparent)]
    Incident(#[from] IncidentError),
    /// A station that is not registered.
    #[error("no station is named `{}`; registered are: {known}", Line(name))]
    UnknownStation {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// An instrument that the station does not have.
    #[error("station `{}` has no instrument `{}`; it has: {known}", Line(station), Line(name))]
    UnknownInstrument {
        /// Name of the station.
        station: String,
        /// Name that was given.
        name: String,
        /// Names of the station's instruments.
        known: String,
    },
    /// A channel that a frame names twice.
    #[error("channel `{}` is named twice in one frame: give it one value", Line(channel))]
    NamedTwice {
        /// Name of the channel.
        channel: String,
    },
    /// A station that is not registered, by number.
    #[error("{0} is not registered; register it first")]
    NoStation(StationId),
    /// An instrument that is not registered.
    #[error("{0} is not registered; register it first")]
    NoInstrument(InstrumentId),
    /// A channel that an instrument does not have, by its place in a frame.
    #[error("{instrument} has no channel with index {channel}: indexes count from 0 in the order of its channels")]
    NoChannel {
        /// The instrument.
        instrument: InstrumentId,
        /// The place.
        channel: usize,
    },
    /// A change of stored readings that selects none.
    #[error("the change selects nothing: {reason}")]
    NothingSelected {
        /// What is empty, and what to write instead.
        reason: &'static str,
    },
    /// A channel that no instrument of the station has.
    #[error("station `{station}` has no channel `{}`; it has: {known}", Line(channel))]
    UnknownChannel {
        /// The station.
        station: String,
        /// The channel.
        channel: String,
        /// All channels of the station.
        known: String,
    },
    /// A change of a station that would give it another name.
    #[error(
        "station `{}` keeps its name, which rules and alarms refer to; it cannot become `{}`",
        Line(name),
        Line(wanted)
    )]
    StationRenamed {
        /// Its name.
        name: String,
        /// The other name.
        wanted: String,
    },
    /// A name that is taken by something else.
    #[error(
        "{what} `{name}` is already registered with other properties: use another name, or change an instrument's channels with \
         `change_instrument`"
    )]
    Conflict {
        /// Station or instrument.
        what: &'static str,
        /// Name that is registered.
        name: String,
    },
    /// A segment that the ledger knows is not there, in strict mode.
    #[error("segment `{}` is missing: restore it from a backup, or open without `is_strict`", Line(name))]
    MissingSegment {
        /// File name of the segment.
        name: String,
    },
    /// A list of stations with positions that cannot be imported.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A dump that cannot be restored.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A file of a backup is corrupt.
    #[error("nothing was restored: {} is corrupt: {}; restore an older backup, or open this one and let `repair` set the file aside", Line(path.display()), Line(reason))]
    Unsound {
        /// The file.
        path: std::path::PathBuf,
        /// Problem of the file.
        reason: String,
    },
    /// The system refused something else.
    #[error("cannot {action}: {source}")]
    Io {
        /// Operation that failed.
        action: &'static str,
        /// Error of the operating system.
        source: std::io::Error,
    },
}
