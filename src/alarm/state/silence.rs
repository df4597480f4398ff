//! Why nobody is told of a condition, though its state goes on.

use crate::alarm::event::Shelving;
use crate::model::Timestamp;

/// The author, the comment and the time of a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub by: String,
    /// Comment of the author.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// A shelving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Length of the shelving.
    pub shelving: Shelving,
    /// Author, comment and time of the shelving.
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
    /// Returns whether nothing silences notifications.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.shelved.is_none() && self.suppressed.is_none() && self.out_of_service.is_none()
    }

    /// The host's clock was set by so much, and shows `now`. A shelving that was begun in what is the future now was meant by the wrong clock.
    pub(crate) fn rebase(&mut self, by_ms: i64, now: Timestamp) {
        let Some(shelved) = self.shelved.as_mut().filter(|shelved| shelved.standing.at > now) else { return };
        shelved.standing.at = shelved.standing.at.plus_ms(by_ms);
        if let Shelving::Until(until) = &mut shelved.shelving {
            *until = until.plus_ms(by_ms);
        }
    }

    /// The host time at which it ends by itself, if it does.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        match self.shelved.as_ref()?.shelving {
            Shelving::Until(until) => Some(until),
            Shelving::UntilNormal => None,
        }
    }
}
