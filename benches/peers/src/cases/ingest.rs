//! Batches of ten rows from one caller, until everything is sealed.

use super::{Run, check};
use crate::engines::Durability;
use crate::failure::Failure;
use crate::load::{Load, district_hour};
use crate::measure::{best, rate};
use std::time::Duration;

const CASE: &str = "ingest/batch-10/interval";
const ROWS_PER_BATCH: usize = 10;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants(CASE) {
        return Ok(());
    }
    let load = district_hour::load();
    let rows = run.either(28_800, 3_600);
    let values = (rows * load.values_per_instant()) as u64;
    for engine in run.engines() {
        let mut dir = run.folder()?;
        let best = best(3, Duration::from_secs(run.either(20, 3)), || {
            dir = run.folder()?;
            let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
            load.feed(0..rows, ROWS_PER_BATCH, |batch| store.append(batch))?;
            store.close()
        })?;
        check_stored(engine, dir.path(), &load, rows)?;
        run.add(CASE, engine.name(), rate(values, best.time), "values/s");
    }
    run.note(
        CASE,
        format!(
            "{values} values, {ROWS_PER_BATCH} rows of 36 values an append, 12 stations in turn; the clock runs from opening an \
             empty store until it is closed, so that flushing, sealing and checkpoints are in it; best of up to 3"
        ),
    );
    Ok(())
}

fn check_stored(
    engine: &dyn crate::engines::Engine,
    dir: &std::path::Path,
    load: &Load,
    rows: usize,
) -> Result<(), Failure> {
    let store = engine.open(dir, &load.shape, Durability::Interval)?;
    check(CASE, engine, load.tally(rows), store.scan()?)?;
    store.close()
}
