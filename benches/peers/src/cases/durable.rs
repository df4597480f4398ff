//! One row an append, each on the medium before the next: from one thread, and from eight at a time.

use super::{Run, check};
use crate::engines::{Durability, Store};
use crate::failure::Failure;
use crate::load::{Load, Tally, district_hour};
use crate::measure::rate;
use std::time::{Duration, Instant};

const ONE: &str = "ingest/row/always";
const EIGHT: &str = "ingest/row/always/8-threads";
const THREADS: usize = 8;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    let load = district_hour::load();
    let time = Duration::from_millis(run.either(8_000, 1_500));
    for (case, threads) in [(ONE, 1), (EIGHT, THREADS)] {
        if !run.options.wants(case) {
            continue;
        }
        for engine in run.engines() {
            let dir = run.folder()?;
            let store = engine.open(dir.path(), &load.shape, Durability::EachAppend)?;
            let begun = Instant::now();
            let rows = append_for(&*store, &load, threads, time)?;
            let elapsed = begun.elapsed();
            check(case, engine, tally(&load, &rows), store.scan()?)?;
            store.close()?;
            run.add(case, engine.name(), rate(rows.iter().sum::<usize>() as u64, elapsed), "rows/s");
        }
        let threads = if threads == 1 { "one thread" } else { "8 threads, a station each" };
        run.note(case, format!("one row of 36 values an append, {threads}, for {:.1} s", time.as_secs_f64()));
    }
    Ok(())
}

/// Appends rows until the time is over; says how many each thread did. Thread and station are one.
fn append_for(store: &dyn Store, load: &Load, threads: usize, time: Duration) -> Result<Vec<usize>, Failure> {
    let begun = Instant::now();
    let work = |station: usize| {
        let mut done = 0;
        while begun.elapsed() < time {
            let row = load.row(station, done).ok_or_else(|| Failure::says("no such station"))?;
            store.append(&[row])?;
            done += 1;
        }
        Ok(done)
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|station| scope.spawn(move || work(station))).collect();
        let failed = |_| Failure::says("a thread that appends has panicked");
        running.into_iter().map(|thread| thread.join().map_err(failed)?).collect()
    })
}

fn tally(load: &Load, rows: &[usize]) -> Tally {
    let mut tally = Tally::default();
    for (station, rows) in rows.iter().enumerate() {
        for row in (0..*rows).filter_map(|at| load.row(station, at)) {
            row.values.iter().flatten().for_each(|value| tally.add(*value));
        }
    }
    tally
}
