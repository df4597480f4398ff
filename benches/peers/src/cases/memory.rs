//! Resident memory of a process that does nothing but take in a large site: 48 stations, 36 species, one row a second.

use super::{Run, check};
use crate::child;
use crate::engines::{Durability, Engine};
use crate::failure::{Failure, of};
use crate::load::district_hour::{SPECIES, Species, T0_MS, shape};
use crate::load::{Row, Tally};
use std::path::Path;

const CASE: &str = "memory/steady";
const STATIONS: usize = 48;
/// Seconds of the site's time between two looks.
const SECONDS_PER_LOOK: u64 = 20;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants(CASE) {
        return Ok(());
    }
    let seconds = run.either(7_200, 1_100);
    for engine in run.engines() {
        let dir = run.folder()?;
        let answer = child::answer(engine, "memory", seconds, dir.path())?;
        let &[bytes] = answer.as_slice() else { return Err(Failure::says("the child process says too little")) };
        run.add(CASE, engine.name(), bytes as f64, "bytes");
    }
    run.note(
        CASE,
        format!(
            "greatest resident set (VmRSS, mapped files included) in the second half of {seconds} s of 48 stations x 36 species x \
             1 Hz, appended as fast as it goes, a row an append, interval durability; each engine in a process of its own"
        ),
    );
    Ok(())
}

/// Takes in so many seconds of the site; gives the greatest resident set of the second half in bytes.
pub(crate) fn steady(engine: &dyn Engine, dir: &Path, seconds: u64) -> Result<Vec<u64>, Failure> {
    let store = engine.open(dir, &shape(STATIONS), Durability::Interval)?;
    let species = |station| (0..SPECIES as u64).map(move |species| Species::new(station, species)).collect();
    let mut site: Vec<Vec<Species>> = (0..STATIONS as u64).map(species).collect();
    let mut values = Vec::with_capacity(SPECIES);
    let (mut greatest, mut tally) = (0, Tally::default());
    for second in 0..seconds {
        let time_ms = T0_MS + i64::try_from(second).unwrap_or_default() * 1_000;
        for (station, species) in site.iter_mut().enumerate() {
            values.clear();
            values.extend(species.iter_mut().map(Species::next));
            values.iter().flatten().for_each(|value| tally.add(*value));
            store.append(&[Row { station, time_ms, values: &values }])?;
        }
        if second >= seconds / 2 && second % SECONDS_PER_LOOK == 0 {
            greatest = greatest.max(resident_bytes("VmRSS:")?);
        }
    }
    check(CASE, engine, tally, store.scan()?)?;
    store.close()?;
    Ok(vec![greatest])
}

/// The resident set of this process, now (`VmRSS:`) or at its greatest (`VmHWM:`).
pub(crate) fn resident_bytes(kind: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(of("read /proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(kind));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| Failure::says("/proc/self/status has no resident set"))
}
