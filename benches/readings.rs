//! `cargo bench --bench readings`: codec, CSV, append, seal, scan, window, latest, open, recovery. Each bench checks its answer first.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where its answer is wrong")]

mod cases;
mod setup;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    cases::codec::run(&mut criterion);
    cases::csv::run(&mut criterion);
    cases::append::run(&mut criterion);
    cases::read::run(&mut criterion);
    cases::open::run(&mut criterion);
    criterion.final_summary();
}
