//! Every decoder, and what is asked of it.

mod csv;
mod dump;
mod files;
mod hj212;
mod log;
mod mapping;
mod model;
mod pages;
mod rules;
mod sites;
mod specimens;
mod times;
mod values;

use crate::Target;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// All targets.
pub const TARGETS: &[Target] = &[
    target("pages", pages::run_fast, pages::seeds, (MIB, 64)),
    target("small-pages", pages::run_small, pages::seeds, (4 * MIB, 64)),
    target("times", times::run, times::seeds, (512 * KIB, 64)),
    target("values", values::run, values::seeds, (4 * MIB, 4 * KIB)),
    target("log", log::run, log::seeds, (64 * KIB, 64)),
    of_files("wal", files::run_wal, files::wal_seeds, (10 * MIB, 256)),
    of_files("segment", files::run_segment, files::segment_seeds, (10 * MIB, 256)),
    of_files("ledger", files::run_ledger, files::ledger_seeds, (10 * MIB, 256)),
    of_files("catalog", files::run_catalog, files::catalog_seeds, (10 * MIB, 256)),
    target("csv", csv::run, csv::seeds, (4 * MIB, KIB)),
    target("hj212", hj212::run, hj212::seeds, (MIB, 64)),
    // Bases of a parsed TOML document and of the tables of a station's zone.
    target("mapping", mapping::run, mapping::seeds, (16 * MIB, 16 * KIB)),
    target("dump", dump::run, dump::seeds, (32 * MIB, 4 * KIB)),
    target("sites", sites::run, sites::seeds, (4 * MIB, 4 * KIB)),
    target("rules", rules::run, rules::seeds, (128 * MIB, 64)),
    // Twice the base of the others: a backup is opened beside its store.
    target("model", model::run, model::seeds, (32 * MIB, 64 * KIB)),
];

const fn target(
    name: &'static str,
    run: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
    (base_bytes, bytes_per_byte): (usize, usize),
) -> Target {
    Target { name, run, seeds, is_file: false, base_bytes, bytes_per_byte }
}

const fn of_files(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>, limits: (usize, usize)) -> Target {
    Target { is_file: true, ..target(name, run, seeds, limits) }
}
