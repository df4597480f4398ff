//! Frames by their log sequence numbers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Frames by their log sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LsnRange {
    /// The first.
    pub first: u64,
    /// The last, if that is known: behind the end of what can be read nobody can tell.
    pub last: Option<u64>,
}

impl fmt::Display for LsnRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) => write!(f, "frames {} to {last}", self.first),
            None => write!(f, "frames from {} on", self.first),
        }
    }
}
