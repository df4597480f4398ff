//! `cargo bench --manifest-path benches/peers/Cargo.toml -- --quick`: see `README.md` beside this file.

use std::process::ExitCode;

fn main() -> ExitCode {
    vocdb_peers::run(std::env::args().skip(1))
}
