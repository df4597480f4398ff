//! What alarms are called.

use crate::base::escape::Line;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an alarm in its store: one for each opening, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlarmId(pub u64);

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The number of a group: that of the alarm with which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub u64);

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group {}", self.0)
    }
}

/// The key of an alarm: a rule over a scope, the same for every opening.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlarmKey {
    /// The rule.
    pub rule: String,
    /// The station or, with a quorum, the scope.
    pub scope_key: String,
}

impl AlarmKey {
    /// The key of a rule over a station or scope.
    pub fn new(rule: impl Into<String>, scope_key: impl Into<String>) -> Self {
        Self { rule: rule.into(), scope_key: scope_key.into() }
    }
}

impl fmt::Display for AlarmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at `{}`", Line(&self.rule), Line(&self.scope_key))
    }
}
