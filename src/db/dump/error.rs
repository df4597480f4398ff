//! What can be wrong with a dump.

use crate::base::escape::Line;
use crate::base::limits::DUMP_ARRIVALS_BYTES_MAX;
use crate::base::lines::LineFault;
use crate::store::RejectReason;

/// A dump that cannot be restored: where, why, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the dump: {problem}")]
pub struct DumpError {
    /// The line, from 1.
    pub line: u64,
    /// The problem of that line.
    pub problem: DumpProblem,
}

/// A problem of a line of a dump.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpProblem {
    /// Another kind of file.
    #[error("this is not a dump of vocdb, which begins with `vocdb dump 1`: check the path")]
    NotADump,
    /// A dump of another release.
    #[error("the dump has format {}, but this release reads format 1: restore it with the release that wrote it", Line(.0))]
    Format(String),
    /// The last line is not there.
    #[error("the dump ends without its `end` line, so it is truncated; nothing was restored: copy it again")]
    Torn,
    /// More than the dump itself says.
    #[error("text follows the `end` line: remove it, for example if two files were joined")]
    Behind,
    /// Another number of lines or other bytes than were written.
    #[error("the lines before it are corrupt ({found}, but `{}` was written): copy the dump again", Line(said))]
    Checksum {
        /// Lines and CRC-32C that the dump states.
        said: String,
        /// Lines and CRC-32C of the lines read.
        found: String,
    },
    /// The system refused to read on.
    #[error("cannot be read: {0}")]
    Io(std::io::Error),
    /// More than any line needs.
    #[error("the line is longer than 128 MiB")]
    TooLong,
    /// Bytes that are no UTF-8.
    #[error("the line is not UTF-8 text")]
    NotText,
    /// A line that is none of the known ones, or stands where it may not.
    #[error("{0}")]
    Line(&'static str),
    /// A ledger record that cannot be understood.
    #[error("the record cannot be read: {}", Line(.0))]
    Record(String),
    /// A row that a store does not take.
    #[error("the row cannot be stored: {0}")]
    Row(RejectReason),
    /// A row for an instant that has one.
    #[error("the row repeats another one")]
    Repeated,
    /// More frames that rules have not seen than a log may hold.
    #[error("more than {DUMP_ARRIVALS_BYTES_MAX} bytes of arrivals")]
    TooManyArrivals,
}

impl From<LineFault> for DumpProblem {
    fn from(fault: LineFault) -> Self {
        match fault {
            LineFault::Io(error) => Self::Io(error),
            LineFault::TooLong => Self::TooLong,
            LineFault::NotText => Self::NotText,
            LineFault::Unfinished => Self::Torn,
        }
    }
}
