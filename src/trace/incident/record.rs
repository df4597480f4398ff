//! The ledger records of a case.

use crate::alarm::event::{AlarmId, GroupId};
use crate::base::escape::Line;
use crate::model::{ModelError, Timestamp, Zone};
use crate::verdict::Chain;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of an incident in its store, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "incident {}", self.0)
    }
}

/// A day of a calendar, without a time zone.
///
/// ```
/// use vocdb::trace::incident::CalendarDate;
/// let date: CalendarDate = "2026-03-31".parse()?;
/// assert_eq!(date.to_string(), "2026-03-31");
/// assert!("2026-02-30".parse::<CalendarDate>().is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalendarDate(String);

impl CalendarDate {
    /// The date of a local day, counted from 1970-01-01.
    pub(crate) fn of_day(zone: &Zone, day: i64) -> Self {
        // Noon is in the day whatever the clocks did at midnight.
        let noon = zone.show(zone.day_start(day).plus_ms(43_200_000)).to_string();
        Self(noon.split('T').next().unwrap_or_default().to_owned())
    }
}

impl FromStr for CalendarDate {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        // Text without a time of day stands for midnight.
        format!("{text}T00:00:00Z").parse::<Timestamp>()?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Kind 70: a case was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentOpened {
    /// Number of the incident.
    pub incident: IncidentId,
    /// Title of the case, on one line.
    pub title: String,
    /// Alarm group that the case is about; `None` if it was opened without alarms.
    pub group: Option<GroupId>,
    /// Alarms of the group at the opening, by number. Alarms that join the group later belong to the case too.
    pub alarms: Vec<AlarmId>,
    /// Names of the stations that the case is about, in order.
    pub stations: Vec<String>,
    /// Event time at which it began.
    pub from: Timestamp,
    /// Event time at which it ended, if that is known.
    pub to: Option<Timestamp>,
    /// Host time of the deadline.
    pub due: Timestamp,
    /// Milliseconds from the opening to the deadline.
    pub allowed_ms: i64,
    /// Escalation chain of the alarm that opens when the deadline has passed. Without steps the alarm notifies nobody.
    pub chain: Chain,
    /// Author.
    pub by: String,
    /// Reason of the opening; may be empty.
    pub reason: String,
    /// Host time.
    pub at: Timestamp,
}

/// Kind 71: somebody did something about a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentStep {
    /// Number of the incident.
    pub incident: IncidentId,
    /// Step that was taken.
    pub step: Step,
    /// Author.
    pub by: String,
    /// Comment; may be empty, and have several lines.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// Kind 72: the deadline of a case has passed, and an alarm opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentOverdue {
    /// Number of the incident.
    pub incident: IncidentId,
    /// Alarm that opened.
    pub alarm: AlarmId,
    /// Host time of the deadline.
    pub due: Timestamp,
    /// Host time.
    pub at: Timestamp,
}

/// A step in a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Step {
    /// A site is suspected. A suspect of the same name replaces the earlier one.
    Suspected(Suspect),
    /// Somebody found something out.
    Found(Finding),
    /// The cause was removed.
    Rectified(Rectification),
    /// The case is closed.
    Closed(Outcome),
    /// A closed case is open again, with a new deadline.
    Reopened {
        /// Milliseconds from the reopening to the new deadline.
        allowed_ms: i64,
    },
    /// Nothing but the comment.
    Commented,
    /// An alarm of another group belongs to the case, too.
    AlarmAdded {
        /// Number of the alarm.
        alarm: AlarmId,
    },
}

/// A site that may be the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Name of the site.
    pub site: String,
    /// Probability that it is the source, 0 to 1, if one was computed or estimated.
    pub probability: Option<f64>,
    /// Factors behind the probability.
    pub factors: Vec<Factor>,
}

/// One factor behind a suspicion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Name of the factor, such as `position`, `fingerprint` or `evidence`.
    pub name: String,
    /// Value, if the factor has one.
    pub value: Option<f64>,
    /// Explanation; may be empty.
    pub text: String,
}

/// A result of an investigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Description, which may have several lines.
    pub text: String,
    /// Site that it is about, if any. A finding about a site locates the incident.
    pub site: Option<String>,
    /// Name of the person who found it, if that is not the author of the record.
    pub found_by: Option<String>,
    /// Time at which it was found, if that is not the time of the record.
    pub found_at: Option<Timestamp>,
}

/// The removal of a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectification {
    /// Description of the work, which may have several lines.
    pub text: String,
    /// Person or company that did it.
    pub rectified_by: String,
    /// Day on which it was done.
    pub rectified_on: CalendarDate,
    /// Site at which it was done, if any.
    pub site: Option<String>,
}

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Outcome {
    /// A violation was established.
    Violation {
        /// Kind of the violation, as the authority names it.
        kind: String,
        /// Site, if one was named.
        site: Option<String>,
        /// Penalty, if one was imposed.
        penalty: Option<Penalty>,
        /// Day on which the cause was removed, if it was.
        rectified_on: Option<CalendarDate>,
    },
    /// The source was found, and there was no violation.
    NoViolation,
    /// The source was not found.
    SourceNotFound,
}

impl Outcome {
    /// The word of JSON and of the tool.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Violation { .. } => "violation",
            Self::NoViolation => "no-violation",
            Self::SourceNotFound => "source-not-found",
        }
    }
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Penalty {
    /// Amount, not negative.
    pub amount: f64,
    /// Currency as three letters (ISO 4217), such as `CNY`.
    pub currency: String,
}

impl fmt::Display for Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, Line(&self.currency))
    }
}
