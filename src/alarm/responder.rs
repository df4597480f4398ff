//! People who answer alarms on a script: for backtests, exercises and examples.

use super::state::Alarm;
use crate::model::Timestamp;

/// When and by whom an alarm will be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAcknowledgement {
    /// Host time.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What they say.
    pub comment: String,
}

/// A scripted operator. The answer must depend on the alarm alone: then it is the same in every run and after every restart.
pub trait Responder: Send + Sync {
    /// When an open alarm will be acknowledged, if at all.
    fn acknowledge(&self, alarm: &Alarm) -> Option<PlannedAcknowledgement>;
}

impl<F> Responder for F
where
    F: Fn(&Alarm) -> Option<PlannedAcknowledgement> + Send + Sync,
{
    fn acknowledge(&self, alarm: &Alarm) -> Option<PlannedAcknowledgement> {
        self(alarm)
    }
}
