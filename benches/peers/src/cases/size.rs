//! Bytes for each present value once a store has settled.

use super::{Run, check};
use crate::engines::{Durability, bytes_of_bare_integers};
use crate::failure::Failure;
use crate::load::{Load, district_hour, tables};

/// As many rows as come in well-filled batches; sizes do not depend on it.
const ROWS_PER_BATCH: usize = 100;

type Source = fn() -> Result<Load, Failure>;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    let cases: [(&str, Source); 4] = [
        ("size/district-hour", || Ok(district_hour::load())),
        ("size/uci", tables::uci),
        ("size/aqroadside", tables::aqroadside),
        ("size/metec", tables::metec),
    ];
    for (case, load) in cases {
        if run.options.wants(case) {
            one(run, case, &load()?)?;
        }
    }
    Ok(())
}

fn one(run: &mut Run, case: &'static str, load: &Load) -> Result<(), Failure> {
    let expected = load.tally(load.rows());
    for engine in run.engines() {
        let dir = run.folder()?;
        let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
        load.feed(0..load.rows(), ROWS_PER_BATCH, |batch| store.append(batch))?;
        store.close()?;
        engine.settle(dir.path(), &load.shape)?;
        let bytes = engine.reading_bytes(dir.path())?;
        let store = engine.open(dir.path(), &load.shape, Durability::Interval)?;
        check(case, engine, expected, store.scan()?)?;
        store.close()?;
        run.add(case, engine.name(), bytes as f64 / expected.count as f64, "bytes/value");
    }
    if run.options.wants_engine("pco") {
        let bytes = bytes_of_bare_integers(load)?;
        run.add(case, "pco", bytes as f64 / expected.count as f64, "bytes/value");
    }
    let places = load.rows() * load.values_per_instant();
    run.note(
        case,
        format!(
            "{} present values of {places}; all files that hold readings, after settling and closing",
            expected.count
        ),
    );
    Ok(())
}
