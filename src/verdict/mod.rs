//! What the rule layer says to the alarm layer, and the words that both share.

use crate::base::checksum::Digest;
use crate::base::escape::Line;
use crate::model::{Quality, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Name of the rule of alarms that open when the deadline of an incident has passed; no rule file may use it.
pub const DEADLINE_RULE: &str = "incident deadline";

/// Where something stands in a rule file: line and column count from 1. What no rule file holds has line 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file's name within the rules folder.
    pub file: Arc<str>,
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}", Line(&self.file));
        }
        write!(f, "{}:{}:{}", Line(&self.file), self.line, self.column)
    }
}

/// Three-valued truth (Kleene): with data missing, a condition may be neither true nor false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It cannot be said.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// True only if both are, false if one is.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// True if one is, false only if both are.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The contrary; unknown stays unknown.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

/// How urgent an alarm is (ISA-18.2 priorities), least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Priority {
    /// Worth a look.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Prompt action.
    High,
    /// Immediate action.
    Urgent,
}

impl Priority {
    /// All, least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The word that rules use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The notification channels that rules know.
pub(crate) const ROUTES: [&str; 4] = ["app", "sms", "email", "phone"];

/// Whether rules know a notification channel: one of [`ROUTES`], with the name of a gateway behind a colon where there are several.
pub(crate) fn is_route(way: &str) -> bool {
    let (kind, gateway) = way.split_once(':').unwrap_or((way, "any"));
    ROUTES.contains(&kind) && !gateway.trim().is_empty()
}

/// What a rule makes of missing data, once it has been missing for the time that the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum MissingPolicy {
    /// The condition becomes *unknown*, as a recorded transition; an open alarm stays open. The default: no data is never normal.
    #[default]
    Unknown,
    /// The condition stays as it was.
    Keep,
    /// Missing data trips the alarm.
    Alarm,
}

impl MissingPolicy {
    /// The word that rules use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Keep => "keep",
            Self::Alarm => "alarm",
        }
    }
}

/// What a rule makes of readings that come too late, where they change what it would have said of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LatePolicy {
    /// It goes on record as an amendment, and nobody is told. The default.
    #[default]
    Record,
    /// Those of the first step are told, too, where an alarm would have opened of which nobody knows.
    Tell,
}

impl LatePolicy {
    /// The word that rules use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Tell => "tell",
        }
    }
}

/// What a rule asks of acknowledgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AcknowledgementPolicy {
    /// For how many milliseconds one lasts while the alarm is open; for good where absent.
    pub expires_ms: Option<i64>,
    /// How many people must acknowledge the alarm before its chain stops; 0 and 1 both stand for one.
    pub needed: u32,
}

/// A person or a desk that is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contact(pub String);

/// Somebody to tell, and what to try where a way to them turns out to be dead.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Who.
    pub contact: Contact,
    /// Further ways to them, best first, tried one after the other when a gateway refuses or keeps failing.
    pub fallback: Vec<String>,
}

/// Hours of the week at which certain people are on duty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shift {
    /// The days on which it begins: bit 0 is Monday, bit 6 Sunday.
    pub weekdays: u8,
    /// Minute of the local day at which it begins.
    pub from_minute: u16,
    /// Minute of the local day at which it ends, not included; not after `from_minute` where it ends on the next day.
    pub to_minute: u16,
    /// Who is on duty.
    pub parties: Vec<Party>,
}

/// A contact whose members depend on the local time of day and on the weekday.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Roster {
    /// The time zone: a name of the IANA database, or an offset like `+08:00`.
    pub zone: String,
    /// Shifts; the first that fits counts.
    pub shifts: Vec<Shift>,
    /// Who is on duty when no shift is.
    pub otherwise: Vec<Party>,
}

/// One step of an escalation chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Step {
    /// Milliseconds from the opening of the alarm.
    pub after_ms: i64,
    /// Who is told: a person, a desk, or the name of a roster.
    pub contact: Contact,
    /// Over which channels of delivery (`app`, `sms`, `email`, `phone`), all at once.
    pub ways: Vec<String>,
    /// Further ways to the contact, tried where one of `ways` turns out to be dead.
    pub fallback: Vec<String>,
    /// Who the contact is at which time, where it is a roster.
    pub roster: Option<Arc<Roster>>,
}

/// Everybody told so far is told again, until the alarm is acknowledged or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remind {
    /// Milliseconds from the last step to the first reminder, and from one reminder to the next.
    pub every_ms: i64,
    /// How often at most.
    pub times: u32,
}

/// Who is told when: steps in rising order of time. Frozen into an alarm when it opens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chain {
    /// The chain's name.
    pub name: String,
    /// Its steps, shared by all rules and alarms that use the chain.
    pub steps: Arc<[Step]>,
    /// What follows the last step.
    pub remind: Option<Remind>,
}

/// A higher priority that an open alarm has while a further condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityStep {
    /// Priority of the alarm while the step holds.
    pub priority: Priority,
    /// Milliseconds for which the condition must have been false before the step ends.
    pub fall_ms: i64,
    /// The condition as the operator wrote it.
    pub condition: String,
}

/// What the alarm layer must know of a rule for one scope: everything but the expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlarmSpec {
    /// The rule's name.
    pub rule: String,
    /// The station's name, or the glob where the rule has a quorum: with the rule's name the alarm's identity.
    pub scope_key: String,
    /// Template of what people read.
    pub title: String,
    /// What to do about it; empty where the rule does not say.
    pub guidance: String,
    /// How urgent, while no priority step holds.
    pub priority: Priority,
    /// Priority steps, in rising order.
    pub priority_steps: Vec<PriorityStep>,
    /// How long the trip condition must hold.
    pub hold_ms: i64,
    /// How long the clear condition must hold.
    pub clear_hold_ms: i64,
    /// What missing data means.
    pub on_missing: MissingPolicy,
    /// After how long.
    pub on_missing_ms: i64,
    /// An open alarm closes once the trip condition has been false for so long, whatever the clear condition says.
    pub auto_close_ms: Option<i64>,
    /// Whether a cleared alarm stays until somebody resets it.
    pub is_latching: bool,
    /// What late readings mean.
    pub on_late: LatePolicy,
    /// What it asks of acknowledgements.
    pub acknowledgement: AcknowledgementPolicy,
    /// Who is told when.
    pub chain: Chain,
    /// The channels that the rule looks at: alarms that share one may be of one incident.
    pub channels: Vec<String>,
    /// SHA-256 over everything that decides the verdict: two rules of one logic give equal verdicts.
    pub logic: Digest,
    /// Unit of the rule's first comparison, as a symbol: that of the values on record where none made the rule trip.
    pub unit: String,
    /// Where the rule stands.
    pub place: Place,
}

/// What one windowed term was at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermValue {
    /// The term as the operator wrote it: `avg(methane, 15 min)`.
    pub label: String,
    /// Its value in the channel's unit; `None` where coverage was too small.
    pub value: Option<f64>,
    /// Valid samples over expected ones; 0 for hours of the day and for counts of exceedances, which are of no samples themselves.
    pub coverage: f64,
    /// The channel's unit, as a symbol.
    pub unit: String,
    /// The quality flags within the window other than normal, in order of their codes. Samples without a value count too, and so do flags that
    /// the term itself leaves out. None for `silent`, which looks at frames and at no channel.
    pub flags: Vec<FlagCount>,
}

/// So many samples have a quality flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagCount {
    /// The flag.
    pub flag: Quality,
    /// How many samples have it.
    pub samples: u32,
}

impl fmt::Display for FlagCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.samples, self.flag)
    }
}

/// Why a verdict is what it is, at one station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The station's name.
    pub station: String,
    /// Whether the trip condition held there.
    pub trip: Truth,
    /// Value of the comparison that the alarm shows (see [`Shown`]), in the unit of the alarm. `None` where it is unknown, or where what
    /// tripped is no comparison.
    pub value: Option<f64>,
    /// Every windowed term.
    pub terms: Vec<TermValue>,
}

/// What made a rule trip, as its alarm shows it.
///
/// A comparison is shown by its measured side. Where several comparisons made the condition true, the first one in the rule counts; where several
/// stations trip by it, the most extreme value does: the greatest of a comparison that holds above its limit, the least of one that holds below.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shown {
    /// The value, in `unit`; `None` where no comparison made the rule trip.
    pub value: Option<f64>,
    /// Unit of the value, as a symbol.
    pub unit: String,
    /// What tripped where it is no comparison: `silent(gc, 10 min)`.
    pub label: String,
    /// Every term of the trip condition, by tripping station (by unknown station where none trips).
    pub terms: Vec<(String, Vec<TermValue>)>,
}

/// What one rule says of one scope at one instant of its grid.
#[derive(Clone, Copy)]
pub struct Verdict<'a> {
    /// Index of the [`AlarmSpec`] in the compiled rule set.
    pub spec: usize,
    /// The instant.
    pub instant: Timestamp,
    /// Up to where all readings that count were in when it was said: what comes later with an earlier time is late.
    pub watermark: Timestamp,
    /// Whether a reading of this instant or an earlier one has come since readings were last appended as history, from any instrument of the
    /// rule.
    pub is_live: bool,
    /// Whether the rule trips.
    pub trip: Truth,
    /// Whether it clears.
    pub clear: Truth,
    /// Whether the condition of each priority step is true: at as many stations as the quorum asks for, where there is one.
    pub priority_steps: &'a [Truth],
    /// The stations that have been unknown for longer than the rule waits: they no longer count towards its quorum.
    pub absent: &'a [String],
    /// The suppress condition as the operator wrote it, while it holds: the alarm goes on as ever and tells nobody. For a scope with a
    /// quorum it holds while fewer of the stations that trip (of all, where none does) are free of it than the quorum asks.
    pub suppressed: Option<&'a str>,
    /// Why an interpreted closure could not answer, where that made the verdict unknown.
    pub fault: Option<&'a str>,
    /// Collects the values behind the verdict; called only when they go on record.
    pub evidence: &'a dyn Fn() -> Vec<Evidence>,
    /// Finds what made the rule trip; called only when an alarm opens.
    pub shown: &'a dyn Fn() -> Shown,
}

/// Which instants are of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The first one that is not too old to notify.
    pub current_since: Timestamp,
    /// Whether readings are appended as history, which notify nobody.
    pub takes_history: bool,
}

impl Default for Present {
    fn default() -> Self {
        Self { current_since: Timestamp::MIN, takes_history: false }
    }
}

/// A station that a rule's scope has and that the rule cannot be bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncovered {
    /// The rule.
    pub rule: String,
    /// The station; the whole scope where its quorum has too few stations.
    pub station: String,
    /// Why.
    pub reason: String,
}
