//! Run states, and how long each lasted.

use super::channel::StateChannel;
use crate::model::{Interval, TimeRange, Timestamp};
use crate::query::{QueryError, Readings};
use std::fmt;

/// Intervals of an instrument after which its last report says nothing any more: one report may come late.
const HOLD_INTERVALS: i64 = 2;

/// The state of a treatment unit, as HJ 212 command 2021 reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunState {
    /// 0: off.
    Off,
    /// 1: running. Only this state counts as treating.
    Running,
    /// 2: calibrating.
    Calibrating,
    /// 3: under maintenance.
    Maintenance,
    /// 4: the unit reports an alarm.
    Alarm,
    /// 5: blow-back.
    BlowBack,
}

impl RunState {
    /// The state of a stored number; `None` for a number that stands for none.
    ///
    /// ```
    /// use vocdb::trace::RunState;
    /// assert_eq!(RunState::from_number(1.0), Some(RunState::Running));
    /// assert_eq!(RunState::from_number(7.0), None);
    /// ```
    #[must_use]
    pub fn from_number(number: f64) -> Option<Self> {
        let states = [Self::Off, Self::Running, Self::Calibrating, Self::Maintenance, Self::Alarm, Self::BlowBack];
        states.into_iter().zip(0_u8..).find(|(_, own)| f64::from(*own) == number).map(|(state, _)| state)
    }

    /// The state in a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Running => "running",
            Self::Calibrating => "calibrating",
            Self::Maintenance => "maintenance",
            Self::Alarm => "alarm",
            Self::BlowBack => "blow-back",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A time in which a unit had one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateSpan {
    /// The time, from the first report of the state.
    pub range: TimeRange,
    /// State; `None` where no report says it.
    pub state: Option<RunState>,
}

/// The states of a unit over a range, without gaps between the spans: see [`state_spans`].
///
/// # Errors
/// [`QueryError`] where the readings cannot be read.
pub fn run_states(readings: &Readings, channel: &StateChannel, range: TimeRange) -> Result<Vec<StateSpan>, QueryError> {
    let before_ms = HOLD_INTERVALS.saturating_mul(channel.interval.as_ms());
    let around = TimeRange::new(range.from.plus_ms(-before_ms), range.to);
    let rows = readings.rows(channel.instrument, &[channel.place], around)?;
    let reports = rows.samples(0).map(|(time, sample)| (time, sample.valid().and_then(RunState::from_number)));
    Ok(state_spans(&reports.collect::<Vec<_>>(), channel.interval, range))
}

/// Turns reports of a state, in order of time, into spans that cover a range.
///
/// A report holds until the next one. If the next one is more than two intervals away, it holds for one interval, and the state is unknown from
/// then on: a unit that reports nothing is never taken to be running. A report that stands for no state makes it unknown too.
///
/// ```
/// use vocdb::trace::{RunState, state_spans};
/// use vocdb::{Interval, TimeRange, Timestamp};
/// let minute = |minute: i64| Timestamp::from_ms(minute * 60_000);
/// let reports = [(minute(0), Some(RunState::Running)), (minute(1), Some(RunState::Off)), (minute(9), Some(RunState::Off))];
/// let spans = state_spans(&reports, Interval::MINUTE, TimeRange::new(minute(0), minute(10)));
/// let found: Vec<_> = spans.iter().map(|span| (span.range.from, span.state)).collect();
/// let off = Some(RunState::Off);
/// assert_eq!(found, [(minute(0), Some(RunState::Running)), (minute(1), off), (minute(2), None), (minute(9), off)]);
/// ```
#[must_use]
pub fn state_spans(reports: &[(Timestamp, Option<RunState>)], interval: Interval, range: TimeRange) -> Vec<StateSpan> {
    let mut spans = Spans { range, spans: Vec::new() };
    if range.from >= range.to {
        return spans.spans;
    }
    let first = reports.first().map_or(range.to, |(time, _)| *time);
    spans.push(range.from, first, None);
    for (place, (time, state)) in reports.iter().enumerate() {
        let next = reports.get(place + 1).map(|(next, _)| *next);
        let own_end = time.plus_ms(interval.as_ms());
        let is_near = |next: &Timestamp| next.since_ms(*time) <= HOLD_INTERVALS.saturating_mul(interval.as_ms());
        let end = next.filter(is_near).unwrap_or(own_end);
        spans.push(*time, end, *state);
        spans.push(end, next.unwrap_or(range.to), None);
    }
    spans.spans
}

/// Spans side by side within a range.
struct Spans {
    range: TimeRange,
    spans: Vec<StateSpan>,
}

impl Spans {
    /// Adds a span, cut at the range, or makes the last one longer.
    fn push(&mut self, from: Timestamp, to: Timestamp, state: Option<RunState>) {
        let (from, to) = (from.max(self.range.from), to.min(self.range.to));
        if from >= to {
            return;
        }
        match self.spans.last_mut().filter(|last| last.state == state) {
            Some(last) => last.range.to = to,
            None => self.spans.push(StateSpan { range: TimeRange::new(from, to), state }),
        }
    }
}
