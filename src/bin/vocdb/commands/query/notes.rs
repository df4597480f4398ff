//! Why an answer is empty: notes on standard error.

use super::coverage::Coverage;
use super::range::{Range, shown};
use super::series::Series;
use crate::store;
use vocdb::base::escape::Line;
use vocdb::query::{Readings, WindowQuery};
use vocdb::{Interval, TimeRange};

/// What is noted about the answer for one series.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    notes: Vec<String>,
}

impl Outcome {
    fn of(note: String) -> Self {
        Self { notes: vec![note] }
    }

    /// Nothing is stored in the range.
    pub(super) fn none_read(readings: &Readings, series: &Series, asked: Range<'_>) -> Self {
        let of_instrument = Line(&series.measured.0);
        let Some(newest) = readings.newest(series.instrument) else {
            return Self::of(format!("instrument {of_instrument} has no readings"));
        };
        let first = readings.scan(series.instrument, &[], TimeRange::ALL).ok().and_then(|scan| scan.next_time());
        let [first, last] = [first.unwrap_or(newest), newest].map(|time| shown(asked.zone, time));
        let words = asked.words();
        Self::of(format!("instrument {of_instrument} has no readings {words}: its readings are from {first} to {last}"))
    }

    /// No window lies in the range.
    pub(super) fn no_window(readings: &Readings, series: &Series, (asked, query): (Range<'_>, &WindowQuery)) -> Self {
        let width = query.window.width;
        if let (Some(from), Some(to)) = asked.closed()
            && query.ends.from >= query.ends.to
        {
            let [from, to, end] = [from, to, query.ends.from].map(|time| shown(asked.zone, time));
            return Self::of(format!(
                "no window of {width} lies from {from} to {to}: the first that begins in this range ends at {end}; widen the range, \
                 or choose a shorter --window or --step"
            ));
        }
        let mut scan = readings.scan(series.instrument, &[], asked.range).ok();
        if scan.as_mut().is_some_and(|scan| scan.next_time().is_none()) {
            return Self::none_read(readings, series, asked);
        }
        let words = asked.words();
        Self::of(format!(
            "no whole window of {width} with readings lies in the range, {words}: widen it, or choose a shorter --window"
        ))
    }

    /// There are windows, and none has a value.
    pub(super) fn no_value(count: u64, best: (f64, u32), wanted: &Coverage) -> Self {
        if wanted.is_reached(best) {
            return Self::of(format!("none of {count} windows has a value, although their coverage is sufficient"));
        }
        let (best, valid) = ((best.0 * 1_000.0).round() / 10.0, best.1);
        let found = match wanted {
            Coverage::Percent(_) => format!("{best} % of the expected samples"),
            Coverage::Count { .. } => format!("{valid} samples"),
        };
        Self::of(format!(
            "none of {count} windows has a value: at most {found} are valid, and --coverage asks for {wanted}"
        ))
    }

    /// A window that is shorter than the interval holds a sample now and then.
    pub(super) fn note_interval(&mut self, width: Interval, series: &Series) {
        let (instrument, interval) = &series.measured;
        if width < *interval {
            self.notes.push(format!(
                "a window of {width} is shorter than the interval of instrument {}, which is {interval}: most windows hold no sample; \
                 choose {interval} or longer",
                Line(instrument)
            ));
        }
    }
}

/// Prints the notes of one series to standard error, with its name where several were asked for.
pub(super) fn print(outcome: &Outcome, series: Option<&Series>, is_json: bool) {
    for note in &outcome.notes {
        let text = match series {
            Some(series) => format!("{}, {}: {note}", Line(&series.station), Line(&series.channel)),
            None => note.clone(),
        };
        store::note(&text, is_json);
    }
}
