//! The same small questions to a store of one, ten and a hundred million values: none of them may cost more as it grows.

use super::reading::latest;
use super::{Run, check, check_value};
use crate::engines::{Durability, Engine, Store};
use crate::failure::Failure;
use crate::load::{Load, Tally, district_hour};
use crate::measure::{best, microseconds_each, milliseconds, rate, timed};
use std::ops::Range;
use std::time::Duration;

const OPEN_ALL: &str = "open/100M-values";
const SIZES: [(&str, usize); 3] = [("1M", 1_000_000), ("10M", 10_000_000), ("100M", 100_000_000)];
const SIZES_QUICK: [(&str, usize); 2] = [("1M", 1_000_000), ("4M", 4_000_000)];
/// Rows of a batch while a store grows between two sizes, which is not measured.
const ROWS_PER_FILLING_BATCH: usize = 500;
const ROWS_PER_BATCH: usize = 10;
/// Rows of each station that are appended under the clock, each time; of a quick run.
const ROWS_MEASURED: [usize; 2] = [2_000, 500];
/// Ten minutes at 1 Hz.
const MEAN_ROWS: usize = 600;
const ROUNDS_MAX: usize = 5;
/// Appends are not measured once more where they have taken so long.
const APPEND_BUDGET: Duration = Duration::from_secs(2);

/// A store that grows.
struct Growing<'a> {
    engine: &'static dyn Engine,
    load: &'a Load,
    dir: &'a std::path::Path,
    rows: usize,
    tally: Tally,
}

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    let sizes = run.either(&SIZES[..], &SIZES_QUICK[..]);
    let cases: Vec<String> = sizes.iter().flat_map(|(size, _)| questions().map(move |q| case(q, size))).collect();
    if !run.options.wants(OPEN_ALL) && !cases.iter().any(|case| run.options.wants(case)) {
        return Ok(());
    }
    let load = district_hour::load();
    for engine in run.engines() {
        let dir = run.folder()?;
        let mut growing = Growing { engine, load: &load, dir: dir.path(), rows: 0, tally: Tally::default() };
        for (size, values) in sizes {
            growing.grow(values / load.values_per_instant())?;
            growing.measure(run, size)?;
        }
    }
    let largest = if run.options.is_quick { "; quick: 4 M values instead of 100 M" } else { "" };
    run.note(
        OPEN_ALL,
        format!("settled, files in the system's cache, until the first answer; best of up to 5{largest}"),
    );
    for (size, values) in sizes {
        let text = "settled; append: 2,000 rows of each of 12 stations (quick: 500) in batches of 10 (interval durability, not closed), best of up to 5; latest and mean of the last ten \
                    minutes of one channel, 432 channels in turn; open: as open/100M-values";
        run.note(&case("append", size), format!("{values} values, {text}"));
    }
    Ok(())
}

fn questions() -> impl Iterator<Item = &'static str> {
    ["append", "latest", "mean-10min", "open"].into_iter()
}

fn case(question: &str, size: &str) -> String {
    format!("growth/{question}/{size}")
}

impl Growing<'_> {
    /// Adds rows up to so many of each station, and settles.
    fn grow(&mut self, rows: usize) -> Result<(), Failure> {
        let store = self.open()?;
        self.feed(&*store, self.rows..rows.max(self.rows), ROWS_PER_FILLING_BATCH)?;
        store.close()?;
        self.engine.settle(self.dir, &self.load.shape)
    }

    fn feed(&mut self, store: &dyn Store, rows: Range<usize>, rows_per_batch: usize) -> Result<(), Failure> {
        self.rows = rows.end;
        let tally = &mut self.tally;
        self.load.feed(rows, rows_per_batch, |batch| {
            batch.iter().for_each(|row| row.values.iter().flatten().for_each(|value| tally.add(*value)));
            store.append(batch)
        })
    }

    fn open(&self) -> Result<Box<dyn Store>, Failure> {
        self.engine.open(self.dir, &self.load.shape, Durability::Interval)
    }

    fn measure(&mut self, run: &mut Run, size: &str) -> Result<(), Failure> {
        let name = self.engine.name();
        let now_ms = self.load.row(0, self.rows - 1).map_or(0, |row| row.time_ms);
        let mut opened = None;
        let mut times = Vec::new();
        for _ in 0..ROUNDS_MAX {
            opened.take().map_or(Ok(()), |store: Box<dyn Store>| store.close())?;
            let (store, time) = timed(|| {
                let store = self.open()?;
                store.latest(0, 0, now_ms)?;
                Ok(store)
            })?;
            opened = Some(store);
            times.push(time);
            if times.iter().sum::<Duration>() > Duration::from_secs(5) {
                break;
            }
        }
        let store = opened.ok_or_else(|| Failure::says("nothing was opened"))?;
        let open_ms = milliseconds(times.into_iter().min().unwrap_or_default());
        run.add(&case("open", size), name, open_ms, "ms");
        let [rows_measured, rows_quick] = ROWS_MEASURED;
        let rows_measured = run.either(rows_measured, rows_quick);
        let values = (rows_measured * self.load.values_per_instant()) as u64;
        let (mut appended, mut total) = (Duration::MAX, Duration::ZERO);
        for _ in 0..ROUNDS_MAX {
            let (rows, begun) = (self.rows..self.rows + rows_measured, std::time::Instant::now());
            self.rows = rows.end;
            self.load.feed(rows.clone(), ROWS_PER_BATCH, |batch| store.append(batch))?;
            let took = begun.elapsed();
            (appended, total) = (appended.min(took), total + took);
            rows.for_each(|at| self.count_row(at));
            if total > APPEND_BUDGET {
                break;
            }
        }
        run.add(&case("append", size), name, rate(values, appended), "values/s");
        let case_of_latest = case("latest", size);
        let microseconds = latest(&case_of_latest, self.engine, &*store, self.load, self.rows)?;
        run.add(&case_of_latest, name, microseconds, "us");
        let microseconds = self.mean(&*store, &case("mean-10min", size))?;
        run.add(&case("mean-10min", size), name, microseconds, "us");
        let is_largest = size == run.either("100M", "4M");
        if is_largest {
            check(OPEN_ALL, self.engine, self.tally, store.scan()?)?;
            run.add(OPEN_ALL, name, open_ms, "ms");
        }
        store.close()
    }

    fn count_row(&mut self, at: usize) {
        for row in (0..self.load.shape.stations).filter_map(|station| self.load.row(station, at)) {
            row.values.iter().flatten().for_each(|value| self.tally.add(*value));
        }
    }

    /// Microseconds for the mean of a channel's last ten minutes, over all channels in turn; each is checked.
    fn mean(&self, store: &dyn Store, case: &str) -> Result<f64, Failure> {
        let to_ms = self.load.row(0, self.rows - 1).map_or(0, |row| row.time_ms);
        let from_ms = to_ms - MEAN_ROWS as i64 * self.load.shape.interval_ms;
        let width = self.load.shape.channels.len();
        let channels = || (0..self.load.values_per_instant()).map(|at| (at / width, at % width));
        for (station, channel) in channels() {
            let expected = self.load.mean(station, channel, self.rows - MEAN_ROWS..self.rows);
            let found = store.mean(station, channel, from_ms, to_ms)?;
            check_value(case, self.engine, expected.sum / expected.count as f64, found)?;
        }
        let round = best(ROUNDS_MAX, Duration::from_secs(2), || {
            let mut sum = 0.0;
            for (station, channel) in channels() {
                sum += store.mean(station, channel, from_ms, to_ms)?.unwrap_or_default();
            }
            Ok(sum)
        })?;
        Ok(microseconds_each(round.time, self.load.values_per_instant()))
    }
}
