//! Whether the rules in force run, and for which stations.

use crate::base::checksum::Digest;
use crate::base::escape::Line;
use crate::model::Timestamp;
use crate::verdict::Uncovered;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of the rules in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesState {
    /// They run for every station of their scopes.
    Running,
    /// They run, but not for every station of their scopes.
    PartlyBound,
    /// They do not run: no new alarm opens. Open alarms stay open and escalate.
    Suspended,
    /// No rule set is in force any more, by an operator's wish.
    Unloaded,
}

impl RulesState {
    /// The state in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::PartlyBound => "partly bound",
            Self::Suspended => "suspended",
            Self::Unloaded => "unloaded",
        }
    }
}

impl fmt::Display for RulesState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A change of whether the rules in force run: a system alarm unless they run for every station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesStateChange {
    /// State from now on.
    pub state: RulesState,
    /// Cause of the change.
    pub reason: String,
    /// Rules and stations of their scopes that they cannot be bound to.
    pub uncovered: Vec<Uncovered>,
    /// Frames stored while the rules were suspended, and after a crash those since the checkpoint before; evaluated now where the rules run
    /// again.
    pub frames_unseen: u64,
    /// Hash of the rule set in force.
    pub rule_set: Digest,
    /// Host time.
    pub at: Timestamp,
}

impl RulesStateChange {
    /// Returns whether the state needs attention.
    #[must_use]
    pub const fn is_alarming(&self) -> bool {
        matches!(self.state, RulesState::Suspended | RulesState::PartlyBound)
    }
}

impl fmt::Display for RulesStateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rules {}: {}", self.state, Line(&self.reason))?;
        for Uncovered { rule, station, reason } in &self.uncovered {
            let (rule, station, reason) = (Line(rule), Line(station), Line(reason));
            write!(f, "; rule `{rule}` does not cover `{station}`: {reason}")?;
        }
        if self.frames_unseen > 0 && self.state != RulesState::Suspended {
            write!(f, "; {} frames stored meanwhile were evaluated", self.frames_unseen)?;
        }
        Ok(())
    }
}
