//! Windows that are read one by one take the memory of one window, however many there are.

use super::store;
use allocation_counter::measure;
use vocdb::query::{Readings, Window, WindowFunction, WindowQuery};
use vocdb::{Batch, InstrumentId, Interval, TimeRange, Timestamp};

const WINDOWS: i64 = 100_000;
const ROWS: i64 = 2 * WINDOWS;
/// Far less than the values of so many windows, and more than a block.
const GROWTH_BYTES_MAX: i64 = 256 << 10;

fn minute(number: i64) -> Timestamp {
    Timestamp::from_ms(number * 60_000)
}

/// The greatest number of bytes in use at once, and the windows.
fn peak(readings: &Readings, query: &WindowQuery) -> (i64, i64) {
    let mut windows = 0;
    let used = measure(|| {
        for window in readings.windows(query).unwrap() {
            windows += i64::from(window.unwrap().valid > 0);
        }
    });
    (i64::try_from(used.bytes_max).unwrap(), windows)
}

fn filled(dir: &std::path::Path) -> (vocdb::Database, InstrumentId) {
    let (db, id) = store(dir);
    for begin in (0..ROWS).step_by(10_000) {
        let mut batch = Batch::new();
        for row in begin..begin + 10_000 {
            batch.push_values(id, minute(row + 1), &[Some((row % 360) as f64), Some((row * 7 % 1_000) as f64 / 10.0)]);
        }
        assert!(db.append(&batch).unwrap().rejections.is_empty());
    }
    db.seal().unwrap();
    (db, id)
}

#[test]
fn twice_as_many_windows_take_no_more_memory() {
    let dir = crate::support::scratch::dir();
    let (db, id) = filled(dir.path());
    let readings = db.readings();
    let side_by_side = Window::side_by_side(Interval::MINUTE);
    let sliding = Window { width: Interval::HOUR, ..side_by_side.clone() };
    let in_zone = Window { zone: Some("America/Denver".parse().unwrap()), ..side_by_side.clone() };
    for (channel, function, window) in [
        (1, WindowFunction::Mean, &side_by_side),
        (1, WindowFunction::Mean, &in_zone),
        (0, WindowFunction::Mean, &side_by_side),
        (1, WindowFunction::Mean, &sliding),
        (1, WindowFunction::Max, &sliding),
        (1, WindowFunction::Percentile(95.0), &sliding),
        (1, WindowFunction::StdDev, &sliding),
        (0, WindowFunction::Mean, &sliding),
    ] {
        let query = WindowQuery::new((id, channel), window.clone(), function);
        let until = |windows: i64| {
            let ends = TimeRange::new(minute(1), minute(windows + 1));
            peak(&readings, &WindowQuery { ends, ..query.clone() })
        };
        until(2 * WINDOWS); // Pages that are kept for the next reader count once.
        let ((few, of_few), (many, of_many)) = (until(WINDOWS), until(2 * WINDOWS));
        assert_eq!((of_few, of_many), (WINDOWS, 2 * WINDOWS), "{function:?}");
        assert!(many - few < GROWTH_BYTES_MAX, "{function:?}, {window:?}: {few} bytes, then {many}");
    }
}
