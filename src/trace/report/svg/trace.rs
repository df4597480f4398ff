//! The line of a series, with at most two points for each pixel column.

use super::canvas::Coordinate;
use crate::model::Timestamp;
use std::fmt::Write;

/// The samples of one pixel column: the lowest and the highest.
struct Column {
    key: i64,
    begins: bool,
    low: (Timestamp, f64),
    high: (Timestamp, f64),
}

/// The path of a line through values in order of time. It breaks where nothing was measured for longer than `gap_ms`. Extremes are kept
/// whatever the number of values.
pub(in crate::trace::report) fn line_path(
    values: impl Iterator<Item = (Timestamp, f64)>,
    gap_ms: i64,
    place: impl Fn(Timestamp, f64) -> (f64, f64),
) -> String {
    let mut path = String::new();
    let mut column: Option<Column> = None;
    let mut before: Option<Timestamp> = None;
    for (time, value) in values {
        let key = whole(place(time, value).0);
        let begins = before.is_none_or(|before| time.since_ms(before) > gap_ms);
        before = Some(time);
        match column.as_mut().filter(|column| column.key == key) {
            Some(column) => {
                column.low = if value < column.low.1 { (time, value) } else { column.low };
                column.high = if value > column.high.1 { (time, value) } else { column.high };
            }
            None => {
                let next = Column { key, begins, low: (time, value), high: (time, value) };
                if let Some(done) = column.replace(next) {
                    done.write(&place, &mut path);
                }
            }
        }
    }
    if let Some(done) = column {
        done.write(&place, &mut path);
    }
    path
}

impl Column {
    fn write(&self, place: impl Fn(Timestamp, f64) -> (f64, f64), path: &mut String) {
        let (first, last) = if self.low.0 <= self.high.0 { (self.low, self.high) } else { (self.high, self.low) };
        let (x, y) = place(first.0, first.1);
        // A line of no length makes a lonely value visible as a dot.
        let _ = match self.begins {
            true => write!(path, "M{} {}h0", Coordinate(x), Coordinate(y)),
            false => write!(path, "L{} {}", Coordinate(x), Coordinate(y)),
        };
        if first != last {
            let (x, y) = place(last.0, last.1);
            let _ = write!(path, "L{} {}", Coordinate(x), Coordinate(y));
        }
    }
}

/// The whole part of a coordinate.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
const fn whole(value: f64) -> i64 {
    value.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(values: &[(i64, f64)]) -> String {
        let values = values.iter().map(|(at, value)| (Timestamp::from_ms(*at), *value));
        line_path(values, 2_000, |time, value| (time.as_ms() as f64 / 1_000.0, value))
    }

    #[test]
    fn a_peak_within_one_pixel_is_kept_and_a_gap_breaks_the_line() {
        assert_eq!(path(&[(0, 1.0), (1_000, 2.0)]), "M0 1h0L1 2");
        assert_eq!(path(&[(0, 1.0), (10, 9.0), (20, 1.0), (1_000, 2.0)]), "M0 1h0L0 9L1 2");
        assert_eq!(path(&[(0, 1.0), (9_000, 2.0)]), "M0 1h0M9 2h0");
        assert_eq!(path(&[]), "");
    }

    #[test]
    fn many_samples_give_a_path_as_long_as_the_plot_is_wide() {
        let many: Vec<(i64, f64)> = (0..100_000).map(|at| (at, (at % 97) as f64)).collect();
        assert!(path(&many).matches('L').count() <= 2 * 101);
    }
}
