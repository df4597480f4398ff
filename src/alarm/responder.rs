//! People who answer alarms on a script: for backtests, exercises and examples.

use super::state::Alarm;
use crate::base::escape::Line;
use crate::model::{Interval, Timestamp};
use std::fmt;
use std::str::FromStr;

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

/// An operator who answers every alarm alike.
///
/// ```
/// use vocdb::alarm::Scripted;
/// let operator: Scripted = "after:12m".parse()?;
/// assert_eq!(operator, Scripted::After(vocdb::Interval::minutes(12)?));
/// assert_eq!(operator.to_string(), "after:12m");
/// assert!("soon".parse::<Scripted>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scripted {
    /// Nobody ever answers.
    #[default]
    Never,
    /// Every alarm that somebody is told of is acknowledged so long after its opening, or as soon as somebody is told where that is later. So is
    /// a latched alarm that trips again, counted from there.
    After(Interval),
}

impl Responder for Scripted {
    fn acknowledge(&self, alarm: &Alarm) -> Option<PlannedAcknowledgement> {
        let Self::After(after) = self else { return None };
        let is_told = alarm.steps_taken > 0 && !alarm.told.is_empty();
        let first = alarm.opened.chain.steps.first().filter(|_| is_told)?;
        let told = alarm.begun_at.plus_ms(first.after_ms).plus_ms(alarm.paused_ms);
        let at = alarm.begun_at.plus_ms(after.as_ms()).max(told);
        Some(PlannedAcknowledgement { at, by: "responder".to_owned(), comment: self.to_string() })
    }
}

impl FromStr for Scripted {
    type Err = String;

    /// Reads `never` and `after:12m`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let Some(after) = text.strip_prefix("after:") else {
            return Err(format!("`{}` is no responder: write never, or after:12m", Line(text)));
        };
        after.parse().map(Self::After).map_err(|error: crate::model::ModelError| error.to_string())
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::After(after) => {
                let ms = after.as_ms();
                let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
                let (unit_ms, unit) = units.into_iter().find(|(unit_ms, _)| ms % unit_ms == 0).unwrap_or((1, "ms"));
                write!(f, "after:{}{unit}", ms / unit_ms)
            }
        }
    }
}
