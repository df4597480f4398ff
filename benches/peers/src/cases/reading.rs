//! One load, read in every way: whole, by the hour, the newest value.

use super::{Run, check, check_value};
use crate::engines::{Durability, Engine, Store};
use crate::failure::Failure;
use crate::load::{Load, Tally, district_hour};
use crate::measure::{best, microseconds_each, rate};
use std::time::Duration;

const FRESH: &str = "scan/all/fresh";
const SETTLED: &str = "scan/all/settled";
const HOURLY: &str = "window/hourly-mean";
const LATEST: &str = "latest";
const ROWS_PER_BATCH: usize = 100;
const ROUNDS_MAX: usize = 7;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants_any(&[FRESH, SETTLED, HOURLY, LATEST]) {
        return Ok(());
    }
    let load = district_hour::load();
    let rows = run.either(28_800, 7_200);
    let expected = load.tally(rows);
    let means = load.hourly_means(rows);
    for engine in run.engines() {
        read(run, engine, &load, rows, [expected, means])?;
    }
    let values = expected.count;
    run.note(
        FRESH,
        format!("{values} values as they lie after the last append, nothing waited for; one thread, best of up to 7"),
    );
    run.note(SETTLED, format!("{values} values, settled and opened again; one thread, best of up to 7"));
    run.note(
        HOURLY,
        format!(
            "{} hourly means over {values} values, settled; values covered by a second; best of up to 7",
            means.count
        ),
    );
    run.note(LATEST, "newest value of one channel, 432 channels in turn, settled, then the hour's last rows appended; best of up to 7");
    Ok(())
}

fn read(
    run: &mut Run,
    engine: &dyn Engine,
    load: &Load,
    rows: usize,
    [expected, means]: [Tally; 2],
) -> Result<(), Failure> {
    let dir = run.folder()?;
    let budget = Duration::from_secs(run.either(20, 2));
    let name = engine.name();
    let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
    load.feed(0..rows, ROWS_PER_BATCH, |batch| store.append(batch))?;
    if run.options.wants(FRESH) {
        let scan = best(ROUNDS_MAX, budget, || store.scan())?;
        check(FRESH, engine, expected, scan.answer)?;
        run.add(FRESH, name, rate(expected.count, scan.time), "values/s");
    }
    store.close()?;
    engine.settle(dir.path(), &load.shape)?;
    let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
    if run.options.wants(SETTLED) {
        let scan = best(ROUNDS_MAX, budget, || store.scan())?;
        check(SETTLED, engine, expected, scan.answer)?;
        run.add(SETTLED, name, rate(expected.count, scan.time), "values/s");
    }
    if run.options.wants(HOURLY) {
        let hourly = best(ROUNDS_MAX, budget, || store.hourly_means())?;
        check(HOURLY, engine, means, hourly.answer)?;
        run.add(HOURLY, name, rate(expected.count, hourly.time), "values/s");
    }
    if run.options.wants(LATEST) {
        load.feed(rows..rows + 60, ROWS_PER_BATCH, |batch| store.append(batch))?;
        let microseconds = latest(LATEST, engine, &*store, load, rows + 60)?;
        run.add(LATEST, name, microseconds, "us");
    }
    store.close()
}

/// Microseconds for the newest value of a channel, over all channels in turn; each answer is checked against the source.
pub(super) fn latest(
    case: &str,
    engine: &dyn Engine,
    store: &dyn Store,
    load: &Load,
    rows: usize,
) -> Result<f64, Failure> {
    let newest = |station| load.row(station, rows - 1).ok_or_else(|| Failure::says("no such station"));
    let now_ms = newest(0)?.time_ms;
    let channels = || {
        let stations = 0..load.shape.stations;
        stations.flat_map(|station| (0..load.shape.channels.len()).map(move |channel| (station, channel)))
    };
    for (station, channel) in channels() {
        let row = newest(station)?;
        let expected = row.values.get(channel).copied().flatten().unwrap_or_default();
        let found = store.latest(station, channel, now_ms)?;
        check_value(case, engine, row.time_ms as f64, found.map(|(time_ms, _)| time_ms as f64))?;
        check_value(case, engine, expected, found.map(|(_, value)| value))?;
    }
    let round = best(ROUNDS_MAX, Duration::from_secs(2), || {
        let mut sum = 0.0;
        for (station, channel) in channels() {
            sum += store.latest(station, channel, now_ms)?.map_or(0.0, |(_, value)| value);
        }
        Ok(sum)
    })?;
    Ok(microseconds_each(round.time, load.values_per_instant()))
}
