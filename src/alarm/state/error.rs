//! What operators may not do.

use crate::alarm::event::{AlarmId, AlarmKey};
use crate::base::escape::Line;
use crate::model::{ModelError, Timestamp, check_length, check_line};

/// An operator's action that makes no sense now.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AlarmError {
    /// The author, or the new owner of an alarm, is missing.
    #[error("the author is missing: give the name of the person, which the ledger records")]
    Nobody,
    /// A name or comment that the ledger does not keep.
    #[error(transparent)]
    Words(#[from] ModelError),
    /// No rule can notify anybody over such a channel.
    #[error(
        "`{}` is not a notification channel: use `app`, `sms`, `email` or `phone`, or append the name of a gateway, \
         such as `sms:north`",
        Line(.0)
    )]
    NoChannel(String),
    /// No such alarm is open.
    #[error("alarm {0} is not open: it has closed, or no alarm has this number")]
    NotOpen(AlarmId),
    /// The alarm is already acknowledged.
    #[error("alarm {alarm} is already acknowledged, by {} at {at}", Line(by))]
    AlreadyAcknowledged {
        /// The alarm.
        alarm: AlarmId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// There is no acknowledgement to take back.
    #[error("alarm {0} is not acknowledged, so its acknowledgement cannot be removed")]
    NotAcknowledged(AlarmId),
    /// Its condition has not cleared, or its rule does not latch.
    #[error("alarm {0} is not latched, so it cannot be reset: it closes when it clears")]
    NotLatched(AlarmId),
    /// No rule covers such a scope.
    #[error("no rule in force is {0}: list rules and scopes with `vocdb alarms conditions`")]
    NoCondition(AlarmKey),
    /// It is in that state already.
    #[error("{key} is already {state}")]
    Already {
        /// The rule and scope.
        key: AlarmKey,
        /// Name of the state.
        state: &'static str,
    },
    /// It is not in the state that is to end.
    #[error("{key} is not {state}")]
    Not {
        /// The rule and scope.
        key: AlarmKey,
        /// Name of the state.
        state: &'static str,
    },
    /// A maintenance window that makes no sense.
    #[error("the maintenance window cannot be planned: {problem}")]
    Maintenance {
        /// Problem of the window.
        problem: &'static str,
    },
    /// No such maintenance window is planned or under way.
    #[error("no maintenance window {0} is planned or in progress: list them with `vocdb alarms maintenance`")]
    NoMaintenance(u64),
    /// A shelving that would be over before it begins.
    #[error("{key} cannot be shelved until {until}, which is before now ({now})")]
    ShelvedUntilPast {
        /// The rule and scope.
        key: AlarmKey,
        /// End of the shelving.
        until: Timestamp,
        /// Host time.
        now: Timestamp,
    },
}

impl AlarmError {
    /// Refuses an action without a name, or with a name that is not one line of plain text.
    ///
    /// # Errors
    /// [`AlarmError::Nobody`], [`AlarmError::Words`].
    pub fn unless_named(by: &str) -> Result<(), Self> {
        if by.trim().is_empty() { Err(Self::Nobody) } else { Ok(check_line("name of a person", by)?) }
    }

    /// As [`AlarmError::unless_named`], and refuses a comment that is too long. A comment may be empty and may have several lines.
    pub(crate) fn unless_said(by: &str, comment: &str) -> Result<(), Self> {
        Self::unless_named(by)?;
        Ok(check_length("comment", comment)?)
    }
}
