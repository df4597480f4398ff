//! All targets under libFuzzer: `VOCDB_FUZZ_TARGET` names the one that runs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vocdb_fuzz::Target;
use vocdb_fuzz::run::attempt;
use vocdb_fuzz::targets::TARGETS;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("VOCDB_FUZZ_TARGET").unwrap_or_default();
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let wanted = TARGETS.iter().find(|target| target.name == name);
    let wanted = wanted.unwrap_or_else(|| panic!("VOCDB_FUZZ_TARGET must be one of {}", names.join(", ")));
    // What is made once counts for no input.
    drop((wanted.seeds)());
    wanted
});

fuzz_target!(|input: &[u8]| {
    if let (_, Err(reason)) = attempt(&TARGET, input) {
        panic!("{reason}");
    }
});
