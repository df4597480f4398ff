//! System alarms: what is wrong with the system itself, apart from what it measures.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The subject of a system alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SystemKind {
    /// The host's clock was set, stands still, or differs from those of most stations.
    HostClock,
    /// The frames of an instrument are permanently early or late.
    StationClock,
    /// Frames of an instrument are refused because they lie in the future.
    FutureFrames,
}

impl fmt::Display for SystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostClock => "host clock",
            Self::StationClock => "station clock",
            Self::FutureFrames => "frames of the future",
        })
    }
}

/// A system alarm was raised or cleared. There is at most one of a kind and subject at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCondition {
    /// Subject of the system alarm.
    pub kind: SystemKind,
    /// Station and instrument that it is about; empty for the host.
    pub subject: String,
    /// Whether the system alarm is raised; otherwise it is cleared.
    pub is_raised: bool,
    /// Description of the fault, or of its end.
    pub text: String,
    /// Milliseconds by which the host's clock was set, negative for a clock set back: everything that waits for a host time waits as long as
    /// it would have without that. 0 where it was not set.
    pub clock_set_by_ms: i64,
    /// Host time.
    pub at: Timestamp,
}
