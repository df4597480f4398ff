//! What a station's programs ask of clocks: the hours of the day at a place, and where its days begin and end.

use super::super::window::Window;
use crate::model::{LocalHours, Timestamp};
use crate::query::LocalDays;
use crate::rules::plan::{Member, WindowSpec};

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;

/// A time for which what a clock says stays the same: from, and up to but not including.
#[derive(Debug, Clone, Copy)]
struct Span {
    since: Timestamp,
    until: Timestamp,
}

impl Span {
    const NONE: Self = Self { since: Timestamp::MAX, until: Timestamp::MIN };

    fn contains(self, time: Timestamp) -> bool {
        self.since <= time && time < self.until
    }
}

/// Hours of the day, and whether it is one of them.
#[derive(Debug, Clone)]
struct Hours {
    hours: LocalHours,
    holds: bool,
    span: Span,
}

/// A window over a day that is over.
#[derive(Debug, Clone)]
struct Day {
    days: LocalDays,
    /// How many days before the last one.
    ago: i64,
    /// Place of its window.
    slot: usize,
    interval_ms: i64,
    coverage_min: f64,
    samples_min: u32,
    begin: Timestamp,
    end: Timestamp,
    span: Span,
}

/// The clocks of one station. An instant within the span of what was found last costs a comparison.
#[derive(Debug, Clone)]
pub(in super::super) struct Clocks {
    hours: Vec<Hours>,
    days: Vec<Day>,
    /// Place of the first one of the hours among the station's values.
    first_slot: usize,
    /// Whether anything has changed at the last instant.
    pub(in super::super) has_turned: bool,
}

impl Clocks {
    pub(super) fn new(member: &Member) -> Self {
        let hours = member.hours.iter().map(|spec| Hours { hours: spec.hours.clone(), holds: false, span: Span::NONE });
        let windows = member.windows.iter().enumerate();
        let days = windows.filter_map(|(slot, spec)| Day::of(slot, spec));
        Self { hours: hours.collect(), days: days.collect(), first_slot: member.windows.len(), has_turned: false }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.hours.is_empty() && self.days.is_empty()
    }

    /// What the clocks say at an instant goes among the values, and the windows over days go where these are.
    pub(super) fn turn(&mut self, instant: Timestamp, windows: &mut [Window], values: &mut [f64]) {
        self.has_turned = false;
        for (hours, value) in self.hours.iter_mut().zip(values.iter_mut().skip(self.first_slot)) {
            if !hours.span.contains(instant) {
                hours.span = Span { since: instant, until: hours.hours.unchanged_until(instant) };
                hours.holds = hours.hours.contain(instant);
                self.has_turned = true;
            }
            *value = f64::from(u8::from(hours.holds));
        }
        for day in &mut self.days {
            if !day.span.contains(instant) {
                day.turn(instant);
                self.has_turned = true;
            }
            if let Some(window) = windows.get_mut(day.slot) {
                day.put(window, instant);
            }
        }
    }

    /// A time after the last instant up to which no clock changes anything.
    pub(super) fn next_turn(&self) -> Option<Timestamp> {
        let (hours, days) = (self.hours.iter().map(|hours| hours.span), self.days.iter().map(|day| day.span));
        hours.chain(days).map(|span| span.until).min()
    }
}

impl Day {
    /// `None` for a window that is of no day.
    fn of(slot: usize, spec: &WindowSpec) -> Option<Self> {
        let days = LocalDays::of(spec.day.as_ref()?);
        let WindowSpec { interval_ms, coverage_min, samples_min, lag_ms, .. } = *spec;
        let (begin, end, span) = (Timestamp::MIN, Timestamp::MIN, Span::NONE);
        Some(Self { days, ago: lag_ms / DAY_MS, slot, interval_ms, coverage_min, samples_min, begin, end, span })
    }

    fn turn(&mut self, instant: Timestamp) {
        let last = self.days.last_end(instant);
        self.span = Span { since: last, until: self.days.next_end(instant) };
        self.end = (0..self.ago).fold(last, |end, _| self.days.begin(end));
        self.begin = self.days.begin(self.end);
    }

    fn put(&self, window: &mut Window, instant: Timestamp) {
        let width_ms = self.end.since_ms(self.begin);
        let expected = (width_ms / self.interval_ms.max(1)).max(1) as f64;
        window.stand((instant.since_ms(self.end), width_ms), expected, (self.coverage_min, self.samples_min));
    }
}
