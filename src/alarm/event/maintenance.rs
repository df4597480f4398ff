//! Maintenance windows: times in which nobody is notified, because somebody works there.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// The recurrence of a maintenance window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recurrence {
    /// Every day at the same local times.
    Daily,
    /// Every week on the same weekday at the same local times.
    Weekly,
}

impl Recurrence {
    /// Days from one to the next.
    pub(crate) const fn days(self) -> i64 {
        match self {
            Self::Daily => 1,
            Self::Weekly => 7,
        }
    }
}

/// A planned time in which alarms keep their state and nobody is notified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// The rule; every rule where absent.
    pub rule: Option<String>,
    /// Stations, and scopes of rules with a quorum: a glob as in rules, or a scope as it is written there.
    pub stations: String,
    /// Host time of the first begin.
    pub from: Timestamp,
    /// Host time of the first end.
    pub to: Timestamp,
    /// Recurrence; once if absent.
    pub recurrence: Option<Recurrence>,
    /// The time zone of its days: a name of the IANA database; UTC where empty.
    pub zone: String,
    /// Host time from which on it does not begin again; never where absent.
    pub until: Option<Timestamp>,
}

/// A maintenance window was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenancePlanned {
    /// Number of the window, from 1.
    pub number: u64,
    /// When, and of what.
    pub window: MaintenanceWindow,
    /// Author of the plan.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Host time.
    pub at: Timestamp,
}

/// A change of a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaintenanceStep {
    /// It began: nobody is notified. Its occurrence, from 0.
    Begun(u32),
    /// It ended: people are notified again. Its occurrence.
    Ended(u32),
    /// It does not recur any more, and is forgotten.
    Over,
    /// An operator cancelled it.
    Cancelled {
        /// Who.
        by: String,
        /// Comment of the operator.
        comment: String,
    },
}

/// A maintenance window began, ended or was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceChanged {
    /// Number of the window.
    pub number: u64,
    /// Change of the window.
    pub step: MaintenanceStep,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was noticed; later than due after downtime.
    pub at: Timestamp,
}
