//! The progress of one source, judged by the arrival of its own frames.

use super::live::Live;
use crate::base::limits::FUTURE_MS_MAX;
use crate::model::{InstrumentId, Timestamp};
use serde::{Deserialize, Serialize};

/// Frames count as equally late when their lags differ by at most this, or by the source's interval where that is longer.
const LAG_TOLERANCE_MS: i64 = 60_000;
/// Frames that are later or earlier than this, and than two intervals, are no matter of transport.
const LAG_MS_MAX: i64 = 300_000;
/// Rising frames with a changed lag after which the change is no mistake of a single frame.
const SHIFT_FRAMES: u32 = 3;
/// Rising frames ahead of the host's clock after which the source is believed, however its lag changes meanwhile.
const AHEAD_FRAMES: u32 = 5;

/// How far a source has come, and by how much its frames arrive behind their own time.
///
/// A single wrong frame, and a host clock that is wrong for a while, must not stop the rules of a source. So a frame ahead of the host's clock
/// moves nothing until others confirm it, and progress is taken back when the frames that go on arriving are older than the newest one.
#[derive(Debug, Clone)]
pub(in super::super) struct SourceProgress {
    /// Time of the newest frame that counts.
    pub(in super::super) newest: Option<Timestamp>,
    /// Host time at which that frame arrived.
    pub(in super::super) arrived: Timestamp,
    /// Milliseconds from the time of a frame to its arrival, as far as that is settled: the sum of delay and clock error.
    lag_ms: i64,
    /// Frames with another lag that have arrived since.
    shift: Option<Shift>,
    /// For how long frames have arrived with the same lag.
    pace: Pace,
    /// Milliseconds from frame to frame.
    interval_ms: i64,
    /// Whether it sends, or only its history is appended.
    pub(in super::super) live: Live,
}

/// Rising frames that arrive with another lag than the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Shift {
    first: Timestamp,
    /// Time of the newest frame before the first: up to there, everything was evaluated for its frames.
    before: Timestamp,
    last: Timestamp,
    lag_ms: i64,
    frames: u32,
}

/// Frames that arrive with the same lag one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Pace {
    lag_ms: i64,
    /// Host time at which the first arrived.
    since_ms: i64,
    frames: u32,
}

/// What a frame says of the progress of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// Nothing new, or nothing that is sure yet.
    None,
    /// The next frame of a source that sends at its usual pace, with the time of the newest frame before it.
    Usual { before: Timestamp },
    /// The source sends at its usual pace: if evaluation is ahead of its frames, only the host's clock has brought it there.
    Confirmed(Frames),
    /// The newest frame was wrong: the source stands at a time before it.
    TakenBack(Frames),
}

impl Step {
    /// The frames that count, if any do, where the last of them is of a time.
    pub(in super::super) const fn frames(self, time: Timestamp) -> Option<Frames> {
        match self {
            Self::None => None,
            Self::Usual { before } => Some(Frames { first: time, last: time, before }),
            Self::Confirmed(frames) | Self::TakenBack(frames) => Some(frames),
        }
    }

    /// The earliest time from which evaluation may go on, where the frame is of a time.
    #[inline]
    pub(in super::super) fn earliest(self, time: Timestamp) -> Timestamp {
        match self {
            Self::None | Self::Usual { .. } => time,
            Self::Confirmed(frames) | Self::TakenBack(frames) => frames.first.min(time),
        }
    }
}

/// The frames of a source that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Frames {
    /// Time of the first of them.
    pub(in super::super) first: Timestamp,
    /// Time of the last.
    pub(in super::super) last: Timestamp,
    /// Time of the newest frame before the last; the beginning of time where that was wrong.
    pub(in super::super) before: Timestamp,
}

impl Frames {
    fn confirmed(first: Timestamp, last: Timestamp, before: Timestamp) -> Step {
        Step::Confirmed(Self { first, last, before })
    }

    fn taken_back(first: Timestamp, last: Timestamp) -> Step {
        Step::TakenBack(Self { first, last, before: Timestamp::MIN })
    }
}

impl Shift {
    /// The first instant that was not evaluated for the frames before.
    fn unsure_since(&self) -> Timestamp {
        self.first.max(self.before.plus_ms(1))
    }
}

impl SourceProgress {
    pub(in super::super) const fn new(interval_ms: i64) -> Self {
        let pace = Pace { lag_ms: 0, since_ms: 0, frames: 0 };
        Self { newest: None, arrived: Timestamp::MIN, lag_ms: 0, shift: None, pace, interval_ms, live: Live::Not }
    }

    /// Stands where stored frames end, as if the newest one had arrived without delay.
    pub(in super::super) fn stand(&mut self, newest: Option<Timestamp>) {
        if newest.is_some() {
            *self = Self { newest, arrived: newest.unwrap_or(Timestamp::MIN), ..Self::new(self.interval_ms) };
        }
    }

    const fn tolerance_ms(&self) -> i64 {
        if self.interval_ms > LAG_TOLERANCE_MS { self.interval_ms } else { LAG_TOLERANCE_MS }
    }

    /// Takes note of a frame that arrives at host time `now`.
    #[inline]
    pub(in super::super) fn note(&mut self, time: Timestamp, now: Timestamp) -> Step {
        let lag_ms = now.since_ms(time);
        let tolerance_ms = self.tolerance_ms().unsigned_abs();
        let is_usual =
            lag_ms.abs_diff(self.lag_ms) <= tolerance_ms && lag_ms.abs_diff(self.pace.lag_ms) <= tolerance_ms;
        match self.newest {
            Some(newest) if is_usual && time > newest && self.shift.is_none() => {
                self.pace.frames = self.pace.frames.saturating_add(1);
                (self.newest, self.arrived, self.lag_ms) = (Some(time), now, lag_ms);
                Step::Usual { before: newest }
            }
            _ => self.note_unusual(time, now, lag_ms),
        }
    }

    /// Takes note of a frame that is the first, is earlier or later than the source's frames usually are, or comes out of order.
    #[cold]
    fn note_unusual(&mut self, time: Timestamp, now: Timestamp, lag_ms: i64) -> Step {
        self.note_pace(lag_ms, now);
        let Some(newest) = self.newest else {
            self.reach(time, now, lag_ms);
            return Step::None;
        };
        if lag_ms.abs_diff(self.lag_ms) > self.tolerance_ms().unsigned_abs() {
            return self.note_shifted(time, now, newest);
        }
        self.shift = None;
        if time > newest {
            self.reach(time, now, lag_ms);
            return Frames::confirmed(time, time, newest);
        }
        // As late as ever and yet older than the newest frame by far: the host's clock was ahead when that one arrived.
        if time < newest.plus_ms(-self.tolerance_ms()) {
            self.reach(time, now, lag_ms);
            return Frames::taken_back(time, time);
        }
        Step::None
    }

    fn note_pace(&mut self, lag_ms: i64, now: Timestamp) {
        if lag_ms.abs_diff(self.pace.lag_ms) <= self.tolerance_ms().unsigned_abs() {
            self.pace.frames = self.pace.frames.saturating_add(1);
        } else {
            self.pace = Pace { lag_ms, since_ms: now.as_ms(), frames: 1 };
        }
    }

    /// The lag with which so many frames have arrived one after the other, over so long a time.
    pub(in super::super) fn lasting_lag_ms(&self, frames: u32, lasting_ms: i64) -> Option<i64> {
        let Pace { lag_ms, since_ms, .. } = self.pace;
        let has_lasted = self.arrived.as_ms().saturating_sub(since_ms) >= lasting_ms;
        (self.pace.frames >= frames && has_lasted).then_some(lag_ms)
    }

    /// Milliseconds by which its frames may be early or late without anything being wrong.
    pub(in super::super) fn lag_ms_max(&self) -> i64 {
        LAG_MS_MAX.max(self.interval_ms.saturating_mul(2))
    }

    /// Takes note of a frame that is earlier or later than its source's frames usually are.
    fn note_shifted(&mut self, time: Timestamp, now: Timestamp, newest: Timestamp) -> Step {
        let lag_ms = now.since_ms(time);
        let is_less_late = lag_ms < self.lag_ms;
        let is_ahead = is_less_late && lag_ms < -self.tolerance_ms();
        if is_less_late && !is_ahead {
            // It catches up with the host's clock.
            self.shift = None;
            if time <= newest {
                return Step::None;
            }
            self.reach(time, now, lag_ms);
            return Frames::confirmed(time, time, newest);
        }
        let shift = self.shifted((time, newest), lag_ms, is_ahead);
        let has_lasted = shift.last.since_ms(shift.first) >= self.tolerance_ms().saturating_mul(2);
        let is_settled = shift.frames >= SHIFT_FRAMES && has_lasted || is_ahead && shift.frames >= AHEAD_FRAMES;
        if is_settled {
            self.reach(time, now, lag_ms);
            let is_behind = time < newest;
            return if is_behind {
                Frames::taken_back(shift.first, time)
            } else {
                Frames::confirmed(shift.unsure_since(), time, newest)
            };
        }
        self.shift = Some(shift);
        if !is_ahead && time > newest {
            // In order, though late: frames that were held up.
            (self.newest, self.arrived) = (Some(time), now);
        }
        Step::None
    }

    /// The frames with another lag, with one more of them. A backlog is none of them: its lag falls from frame to frame.
    fn shifted(&self, (time, newest): (Timestamp, Timestamp), lag_ms: i64, is_ahead: bool) -> Shift {
        let tolerance_ms = self.tolerance_ms();
        let goes_on = |shift: &Shift| {
            let off_ms = lag_ms.saturating_sub(shift.lag_ms).saturating_abs();
            time > shift.last && (off_ms <= tolerance_ms || is_ahead && shift.lag_ms < -tolerance_ms)
        };
        match self.shift.filter(goes_on) {
            Some(shift) => Shift { last: time, frames: shift.frames.saturating_add(1), ..shift },
            None => Shift { first: time, before: newest, last: time, lag_ms, frames: 1 },
        }
    }

    fn reach(&mut self, time: Timestamp, now: Timestamp, lag_ms: i64) {
        (self.newest, self.arrived, self.lag_ms, self.shift) = (Some(time), now, lag_ms, None);
    }

    /// The host's clock has been set back to `now`: nothing has arrived later than that.
    pub(in super::super) fn set_back(&mut self, now: Timestamp) {
        self.arrived = self.arrived.min(now);
    }

    /// The host's clock has been set, by so much: what has arrived is as long ago as before.
    pub(in super::super) fn rebase(&mut self, by_ms: i64) {
        self.arrived = self.arrived.plus_ms(by_ms);
        self.pace.since_ms = self.pace.since_ms.saturating_add(by_ms);
    }

    /// Whether its next frame is overdue at host time `now`, by a grace period.
    pub(in super::super) fn is_overdue(&self, now: Timestamp, grace_ms: i64) -> bool {
        self.newest.is_none() || now.since_ms(self.arrived) >= self.interval_ms.saturating_add(grace_ms)
    }

    /// From where on frames have another lag than before: evaluation may go back to there.
    pub(in super::super) fn unsure_since(&self) -> Option<Timestamp> {
        self.shift.as_ref().map(Shift::unsure_since)
    }

    /// By how much its newest frame was late.
    pub(in super::super) fn late_ms(&self) -> i64 {
        self.newest.map_or(0, |newest| self.arrived.since_ms(newest))
    }

    /// What its own clock shows at host time `now`; no more than what a frame may show.
    pub(in super::super) fn clock(&self, now: Timestamp) -> Option<Timestamp> {
        let clock = self.newest?.plus_ms(now.since_ms(self.arrived).max(0));
        Some(clock.min(now.plus_ms(FUTURE_MS_MAX)))
    }

    /// The last evaluation time of a grid before its next frame is due.
    pub(in super::super) fn before_next(&self, newest: Timestamp, step_ms: i64) -> Timestamp {
        newest.plus_ms(self.interval_ms.saturating_sub(step_ms).max(0))
    }
}

/// The progress of one source, as a checkpoint remembers it: times relative to a host time, which makes them short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct SourceState {
    instrument: InstrumentId,
    newest_ms: i64,
    arrived_ms: i64,
    lag_ms: i64,
    shift: Option<Shift>,
    pace: Pace,
    live: Live,
}

impl SourceState {
    /// `None` for a source that has sent nothing.
    pub(in super::super) fn of(instrument: InstrumentId, source: &SourceProgress, base: Timestamp) -> Option<Self> {
        Some(Self {
            instrument,
            newest_ms: source.newest?.as_ms().wrapping_sub(base.as_ms()),
            arrived_ms: source.arrived.as_ms().wrapping_sub(base.as_ms()),
            lag_ms: source.lag_ms,
            shift: source.shift,
            pace: source.pace,
            live: source.live,
        })
    }

    pub(in super::super) const fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    pub(in super::super) fn restore(&self, source: &mut SourceProgress, base: Timestamp) {
        let [newest, arrived] =
            [self.newest_ms, self.arrived_ms].map(|ms| Timestamp::from_ms(base.as_ms().wrapping_add(ms)));
        let Self { lag_ms, shift, pace, live, .. } = *self;
        *source = SourceProgress { newest: Some(newest), arrived, lag_ms, shift, pace, live, ..*source };
    }
}

/// The progress of all sources, which does not follow from the stored frames: when the newest ones arrived, and which of them were wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceStates {
    /// The last host time that the engine was given.
    pub(in super::super) now: Timestamp,
    pub(in super::super) sources: Vec<SourceState>,
}
