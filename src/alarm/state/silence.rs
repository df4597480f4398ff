//! Why nobody is told of a condition, though its state goes on.

use crate::alarm::event::Shelving;
use crate::model::Timestamp;

/// Who put something out of use, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub by: String,
    /// What they said.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// A shelving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// For how long.
    pub shelving: Shelving,
    /// Who shelved it.
    pub standing: Standing,
}

/// Everything that keeps people from being told of one rule over one scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Silence {
    /// An operator shelved it.
    pub shelved: Option<Shelved>,
    /// The rule's own `.suppress_when` holds: what suppresses it.
    pub suppressed: Option<String>,
    /// An operator took it out of service.
    pub out_of_service: Option<Standing>,
}

impl Silence {
    /// Whether nothing keeps people from being told.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.shelved.is_none() && self.suppressed.is_none() && self.out_of_service.is_none()
    }

    /// The host time at which it ends by itself, if it does.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        match self.shelved.as_ref()?.shelving {
            Shelving::Until(until) => Some(until),
            Shelving::UntilNormal => None,
        }
    }
}
