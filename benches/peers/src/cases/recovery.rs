//! Opening after a process ended without closing, with a write-ahead log of 64 MiB.

use super::memory::resident_bytes;
use super::{Run, check};
use crate::child;
use crate::engines::{Durability, Engine};
use crate::failure::Failure;
use crate::load::district_hour;
use crate::measure::timed;
use std::path::Path;

const CASE: &str = "recovery/64MiB-wal";
const MEMORY: &str = "recovery/64MiB-wal/memory";
const ROWS_PER_BATCH: usize = 10;
/// Batches between two looks at the log's size.
const BATCHES_PER_LOOK: usize = 16;
/// Where an engine folds its log in before it is as long as asked, it is filled to this share of what it was.
const SHARE_OF_PEAK: (u64, u64) = (9, 10);

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants_any(&[CASE, MEMORY]) {
        return Ok(());
    }
    let load = district_hour::load();
    let log_bytes = run.either(64_u64, 8) << 20;
    let mut found = Vec::new();
    for engine in run.engines() {
        let dir = run.folder()?;
        let answer = child::answer(engine, "fill-log", log_bytes, dir.path())?;
        let &[rows, batches, _] = answer.as_slice() else {
            return Err(Failure::says("the child process says too little"));
        };
        let log = engine.log_bytes(dir.path())?;
        let answer = child::answer(engine, "recover", log_bytes, dir.path())?;
        let &[micros, resident] = answer.as_slice() else {
            return Err(Failure::says("the child process says too little"));
        };
        let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
        check(CASE, engine, tally_of_batches(&load, batches), store.scan()?)?;
        store.close()?;
        run.add(CASE, engine.name(), micros as f64 / 1e3, "ms");
        run.add(MEMORY, engine.name(), resident as f64, "bytes");
        found.push(format!("{} {:.1} MiB of log, {rows} rows in all", engine.name(), log as f64 / f64::from(1 << 20)));
    }
    run.note(
        MEMORY,
        "greatest resident set (VmHWM) of the process that opens, until its first answer; the logs are those of the case above",
    );
    run.note(
        CASE,
        format!(
            "asked for {} MiB: {}; a child process appends and exits without closing, another one opens; the clock runs until \
             the first answer, once; the log is in the system's cache",
            log_bytes >> 20,
            found.join("; ")
        ),
    );
    Ok(())
}

/// Opens what a process has left without closing it, as far as the first answer: microseconds, and the greatest resident set in bytes.
pub(crate) fn recover(engine: &dyn Engine, dir: &Path) -> Result<Vec<u64>, Failure> {
    let shape = district_hour::shape(district_hour::STATIONS);
    let (store, time) = timed(|| {
        let store = engine.open(dir, &shape, Durability::Interval)?;
        store.latest(0, 0, district_hour::T0_MS)?;
        Ok(store)
    })?;
    let resident = resident_bytes("VmHWM:")?;
    std::mem::forget(store);
    Ok(vec![u64::try_from(time.as_micros()).unwrap_or(u64::MAX), resident])
}

/// The right answer where only so many batches were fed.
fn tally_of_batches(load: &crate::load::Load, batches: u64) -> crate::load::Tally {
    let mut tally = crate::load::Tally::default();
    let mut left = batches;
    let mut begin = 0;
    while left > 0 {
        for station in 0..load.shape.stations.min(usize::try_from(left).unwrap_or(usize::MAX)) {
            for row in (begin..begin + ROWS_PER_BATCH).filter_map(|at| load.row(station, at)) {
                row.values.iter().flatten().for_each(|value| tally.add(*value));
            }
            left -= 1;
        }
        begin += ROWS_PER_BATCH;
    }
    tally
}

/// Appends until the log is so long, and leaves the store open: rows and batches that were appended, and the log's bytes.
pub(crate) fn fill_log(engine: &dyn Engine, dir: &Path, log_bytes: u64) -> Result<Vec<u64>, Failure> {
    let load = district_hour::load();
    let store = engine.open_for_log(dir, &load.shape, log_bytes)?;
    let (mut batches, mut rows) = (0_u64, 0_u64);
    let (mut peak, mut target) = (0, log_bytes);
    loop {
        for _ in 0..BATCHES_PER_LOOK {
            let stations = load.shape.stations as u64;
            let station = usize::try_from(batches % stations).unwrap_or_default();
            let begin = usize::try_from(batches / stations).unwrap_or_default() * ROWS_PER_BATCH;
            let batch: Vec<_> = (begin..begin + ROWS_PER_BATCH).filter_map(|at| load.row(station, at)).collect();
            store.append(&batch)?;
            batches += 1;
            rows += batch.len() as u64;
        }
        let log = engine.log_bytes(dir)?;
        if log >= target {
            // Never closed, never dropped: the process ends as if it were killed.
            std::mem::forget(store);
            return Ok(vec![rows, batches, log]);
        }
        if log < peak / 2 {
            target = target.min(peak / SHARE_OF_PEAK.1 * SHARE_OF_PEAK.0);
        }
        peak = peak.max(log);
    }
}
