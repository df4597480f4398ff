//! Roles and what each may do.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The role of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees what every visitor sees.
    Public,
    /// Watches stations and acknowledges alarms.
    Operator,
    /// Directs the response: hands over, shelves, opens and closes incidents.
    DutyOfficer,
    /// Investigates incidents.
    Department,
    /// Sees everything and comments.
    Leader,
    /// Does everything; loads rules, registers stations and manages accounts.
    Administrator,
}

/// Something that a role may permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See alarms, incidents, rules and odour reports.
    See,
    /// See the audit trail.
    Audit,
    /// Comment on alarms and incidents.
    Comment,
    /// Acknowledge alarms.
    Acknowledge,
    /// Hand over and shelve alarms; open, close and reopen incidents.
    Direct,
    /// Record suspects and findings of incidents.
    Investigate,
    /// Plan and cancel maintenance.
    PlanMaintenance,
    /// Check and load rules.
    LoadRules,
    /// Register and move stations.
    ManageStations,
    /// Add, change and remove accounts.
    ManageAccounts,
    /// Send readings.
    SendReadings,
}

impl Role {
    /// All roles, in the order of their rights.
    pub const ALL: [Self; 6] =
        [Self::Public, Self::Operator, Self::DutyOfficer, Self::Department, Self::Leader, Self::Administrator];

    /// The role that has these words.
    #[must_use]
    pub fn of_words(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.words() == words)
    }

    /// Returns whether the role permits something.
    #[must_use]
    pub const fn may(self, right: Right) -> bool {
        use Right::{
            Acknowledge, Audit, Comment, Investigate, LoadRules, ManageAccounts, ManageStations, See, SendReadings,
        };
        match self {
            Self::Public => false,
            Self::Operator => matches!(right, See | Comment | Acknowledge | Investigate | SendReadings),
            Self::DutyOfficer => !matches!(right, LoadRules | ManageStations | ManageAccounts | SendReadings),
            Self::Department => matches!(right, See | Audit | Comment | Investigate),
            Self::Leader => matches!(right, See | Audit | Comment),
            Self::Administrator => true,
        }
    }

    /// The role in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Operator => "operator",
            Self::DutyOfficer => "duty officer",
            Self::Department => "department",
            Self::Leader => "leader",
            Self::Administrator => "administrator",
        }
    }
}

impl Right {
    /// What the right permits, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::See => "see this page",
            Self::Audit => "see the audit trail",
            Self::Comment => "comment",
            Self::Acknowledge => "acknowledge alarms",
            Self::Direct => "direct alarms and incidents",
            Self::Investigate => "record findings",
            Self::PlanMaintenance => "plan maintenance",
            Self::LoadRules => "check and load rules",
            Self::ManageStations => "register and move stations",
            Self::ManageAccounts => "manage accounts",
            Self::SendReadings => "send readings",
        }
    }
}
