//! How a store is opened.

use crate::alarm::{Heartbeat, LastResort, Responder};
use crate::base::clock::{Clock, SystemClock};
use crate::base::limits::{HEAD_BYTES_MAX, WINDOW_BYTES_MAX};
use crate::io::{FsStorage, Storage};
use crate::model::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Age up to which a condition notifies where the host says nothing else: a day.
const NOTIFY_AGE_MAX: Duration = Duration::from_hours(24);

/// What an answered [`append`](crate::Database::append) promises about power failures. A killed process loses nothing under any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The frames are with the operating system.
    Buffered,
    /// The frames will be on the medium within this time.
    Interval(Duration),
    /// The frames are on the medium. Threads that append at the same time share one sync.
    Always,
}

/// The clock that escalation steps follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timers {
    /// The host's clock, for stations and platforms.
    #[default]
    Clock,
    /// The time of the newest frame, for replaying recorded readings. Equal frames in equal order then give equal ledgers.
    Frames,
}

/// The treatment of the rule set in force at opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RulesOnOpen {
    /// The rules go on where they were, and evaluate every frame that they have not seen. A rule set that does not compile with this
    /// release is an error ([`Error::RulesNotRunnable`](crate::Error::RulesNotRunnable)).
    #[default]
    Resume,
    /// The rules neither compile nor run: no rule can keep the store from opening. No new alarm opens; open alarms escalate. The suspension
    /// is recorded and published as a system alarm ([`RulesStateChange`](crate::alarm::event::RulesStateChange)). The next opening with
    /// [`RulesOnOpen::Resume`] evaluates the frames stored meanwhile.
    Suspended,
    /// As [`RulesOnOpen::Suspended`], for upkeep without a running station: the suspension is recorded once a frame is appended or
    /// [`Database::advance`](crate::Database::advance) is called, and not before.
    Maintenance,
}

/// Options for opening a store. [`Config::default`] suits a station: every append durable, the system's clock, the system's files.
///
/// ```
/// use vocdb::{Config, Durability};
/// let config = Config { durability: Durability::Interval(std::time::Duration::from_millis(200)), ..Config::default() };
/// # assert_eq!(config.is_strict, false);
/// ```
#[derive(Clone)]
pub struct Config {
    /// Durability of an append.
    pub durability: Durability,
    /// The host's clock: it guards against frames from the future, and stamps what operators do. Beside a clock that cannot be set
    /// ([`Clock::steady_ms`]) the store notices when it is set ahead or stands still; without one, only when it is set back.
    pub clock: Arc<dyn Clock>,
    /// The clock that escalation steps follow.
    pub timers: Timers,
    /// A scripted operator, for replays and exercises.
    pub responder: Option<Arc<dyn Responder>>,
    /// A message at an interval that says that the station is alive, if one is wanted. Its contact also receives system alarms.
    pub heartbeat: Option<Heartbeat>,
    /// Contact that is notified if no channel reaches a recipient of an alarm.
    pub last_resort: Option<LastResort>,
    /// The treatment of the rule set in force at opening.
    pub rules: RulesOnOpen,
    /// Refuses to open a store of which a segment does not check, instead of setting the segment aside, or whose log is missing.
    pub is_strict: bool,
    /// Bytes of rows in memory above which they are sealed into a segment, by a thread of their own. While it seals, as much again may
    /// arrive; then appending waits. Every value counts as a double; of decimals most take a quarter of that. The default is 16 MiB, which
    /// holds an hour of 12 stations with 36 species at 1 Hz.
    pub head_bytes_max: usize,
    /// Bytes of memory that the windows of all rules may take once they are full, as estimated from their lengths, the intervals of the
    /// instruments and the number of stations. Rules that would take more are refused when they are loaded. The default is 2 GiB.
    pub window_bytes_max: u64,
    /// Age of an instant, against the host's clock, up to which a condition that holds at it notifies. An alarm that opens at an older instant is
    /// recorded as history and notifies nobody, unless its condition turns out to hold at one that is not so old. The default is a day. With
    /// [`Timers::Frames`] host time follows the readings, and nothing is old.
    pub notify_age_max: Duration,
    /// Number of stations with alarms of one alarm group at which an incident is opened for the group, by `vocdb`, with a deadline of 24 hours;
    /// `None` leaves that to people. Alarms that are recorded as history do not count.
    pub incident_stations_min: Option<usize>,
    /// Storage of the files.
    pub storage: Arc<dyn Storage>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            durability: Durability::Always,
            clock: Arc::new(SystemClock),
            timers: Timers::default(),
            responder: None,
            heartbeat: None,
            last_resort: None,
            rules: RulesOnOpen::default(),
            is_strict: false,
            head_bytes_max: HEAD_BYTES_MAX,
            window_bytes_max: WINDOW_BYTES_MAX,
            notify_age_max: NOTIFY_AGE_MAX,
            incident_stations_min: None,
            storage: Arc::new(FsStorage),
        }
    }
}

impl Timestamp {
    /// The host's time now, by the system's clock. For times that a host gives to the store: inside, every part takes its time from
    /// [`Config::clock`] or as an argument.
    ///
    /// ```
    /// use std::time::Duration;
    /// use vocdb::{TimeRange, Timestamp};
    /// let now = Timestamp::now();
    /// let last_hour = TimeRange::new(now - Duration::from_secs(3_600), now);
    /// assert_eq!(last_hour.to.since_ms(last_hour.from), 3_600_000);
    /// ```
    #[must_use]
    pub fn now() -> Self {
        Self::from_ms(SystemClock.now_ms())
    }
}

impl Config {
    /// The age up to which conditions notify, in milliseconds; `None` where nothing is ever old.
    pub(crate) fn notify_age_max_ms(&self) -> Option<i64> {
        let age_max_ms = i64::try_from(self.notify_age_max.as_millis()).unwrap_or(i64::MAX);
        (self.timers == Timers::Clock).then_some(age_max_ms)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("durability", &self.durability)
            .field("timers", &self.timers)
            .field("rules", &self.rules)
            .field("is_strict", &self.is_strict)
            .field("head_bytes_max", &self.head_bytes_max)
            .field("window_bytes_max", &self.window_bytes_max)
            .field("notify_age_max", &self.notify_age_max)
            .field("incident_stations_min", &self.incident_stations_min)
            .field("has_responder", &self.responder.is_some())
            .finish_non_exhaustive()
    }
}
