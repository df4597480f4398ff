//! What operators may not do.

use crate::alarm::event::{AlarmId, AlarmKey};
use crate::base::escape::Line;
use crate::model::{ModelError, Timestamp, check_length, check_line};

/// An operator's action that makes no sense now.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AlarmError {
    /// Nobody is named who does it, or to whom an alarm is handed over.
    #[error("nobody is named: the ledger must say who it was")]
    Nobody,
    /// A name or comment that the ledger does not keep.
    #[error(transparent)]
    Words(#[from] ModelError),
    /// No rule can notify anybody over such a channel.
    #[error(
        "there is no notification channel `{}`: it is `app`, `sms`, `email` or `phone`, with the name of a gateway behind a colon where \
         there are several, such as `sms:north`",
        Line(.0)
    )]
    NoChannel(String),
    /// No such alarm is open.
    #[error("alarm {0} is not open: it has closed, or there never was one of this number")]
    NotOpen(AlarmId),
    /// Somebody was faster.
    #[error("alarm {alarm} was acknowledged by {} at {at} already", Line(by))]
    AlreadyAcknowledged {
        /// The alarm.
        alarm: AlarmId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// There is no acknowledgement to take back.
    #[error("alarm {0} is not acknowledged: there is nothing to take back")]
    NotAcknowledged(AlarmId),
    /// Its condition has not cleared, or its rule does not latch.
    #[error("alarm {0} is not latched: it closes by itself once it clears")]
    NotLatched(AlarmId),
    /// No rule covers such a scope.
    #[error("no rule in force is {0}: look at the list of conditions for rules and scopes")]
    NoCondition(AlarmKey),
    /// It is in that state already.
    #[error("{key} is {state} already")]
    Already {
        /// The rule and scope.
        key: AlarmKey,
        /// Which state.
        state: &'static str,
    },
    /// It is not in the state that is to end.
    #[error("{key} is not {state}")]
    Not {
        /// The rule and scope.
        key: AlarmKey,
        /// Which state.
        state: &'static str,
    },
    /// A maintenance window that makes no sense.
    #[error("the maintenance window cannot be planned: {problem}")]
    Maintenance {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No such maintenance window is planned or under way.
    #[error("no maintenance window {0} is planned or under way: look at the list of them")]
    NoMaintenance(u64),
    /// A shelving that would be over before it begins.
    #[error("{key} cannot be shelved until {until}: it is {now} already")]
    ShelvedUntilPast {
        /// The rule and scope.
        key: AlarmKey,
        /// Until when.
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
