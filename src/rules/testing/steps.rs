//! What a test of rules says, as plain steps.

use crate::model::{Sample, Unit};
use crate::verdict::{Place, Priority};

/// One `test("name", |t| { .. })`.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTest {
    /// Its name; the file's name where the file itself cannot be run.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it says, in order.
    pub steps: Vec<TestStep>,
    /// Why it could not be read to its end.
    pub problem: Option<(Place, String)>,
}

/// One call on `t`.
#[derive(Debug, Clone, PartialEq)]
pub struct TestStep {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub action: TestAction,
}

/// What a test does or expects. Times are milliseconds from the beginning of the test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestAction {
    /// `t.instrument(station, instrument, interval, #{ channel: "unit" })`: registers what the test feeds.
    Instrument {
        /// The station.
        station: String,
        /// The instrument.
        instrument: String,
        /// One frame in so many milliseconds.
        interval_ms: i64,
        /// Its channels and their units. A channel that bears a species' name is of that species.
        channels: Vec<(String, Unit)>,
    },
    /// `t.feed(station, channel, series)`: further samples of a channel, one an interval. `None` where no frame comes.
    Feed {
        /// The station.
        station: String,
        /// The channel.
        channel: String,
        /// The samples.
        samples: Vec<Option<Sample>>,
    },
    /// What `rule` is expected to be at `at_ms`.
    Expect {
        /// When.
        at_ms: i64,
        /// The rule.
        rule: String,
        /// The station or scope; any of the rule's where absent.
        scope: Option<String>,
        /// What it shall be.
        wanted: Expected,
    },
    /// The priority that an open alarm of `rule` is expected to have at `at_ms`.
    Priority {
        /// When.
        at_ms: i64,
        /// The rule.
        rule: String,
        /// The station or scope; any of the rule's where absent.
        scope: Option<String>,
        /// The priority.
        priority: Priority,
    },
    /// How many messages `contact` is expected to have been sent by `at_ms`.
    Sent {
        /// When.
        at_ms: i64,
        /// Who.
        contact: String,
        /// How many.
        count: u64,
    },
    /// Somebody acknowledges all open alarms of `rule` at `at_ms`.
    Acknowledge {
        /// When.
        at_ms: i64,
        /// The rule.
        rule: String,
    },
}

/// What a rule shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// An alarm is open.
    Open,
    /// No alarm is open, and one was.
    Closed,
    /// No alarm is open, and the condition is known not to hold.
    Normal,
    /// The condition holds, but not yet for long enough.
    Pending,
    /// There has been no data for longer than the rule allows.
    Unknown,
}

impl Expected {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Normal => "normal",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}
