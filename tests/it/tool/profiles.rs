//! `import --profile` and `profiles`: files of other formats, of one station or of many.

mod advice;
mod answers;
mod field;
mod mistakes;
mod portals;
mod shipped;

use super::{Ended, run};
use std::path::{Path, PathBuf};

/// A file under `tests/it/fixtures/profiles`.
fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/profiles").join(path)
}

/// Imports a file by a profile into the store `S`.
fn import(dir: &Path, profile: &str, file: &str, more: &[&str]) -> Ended {
    run(dir, &[&["import", "S", file, "--profile", profile], more].concat())
}

/// Writes a file and imports it by a mapping.
fn import_text(dir: &Path, mapping: &str, text: impl AsRef<[u8]>, more: &[&str]) -> Ended {
    std::fs::write(dir.join("own.toml"), mapping).unwrap();
    std::fs::write(dir.join("f.csv"), text).unwrap();
    import(dir, "own.toml", "f.csv", more)
}

/// Everything that a store holds, as `query` prints it: `station,instrument/channel,unit,time,value,quality`.
fn everything(dir: &Path) -> String {
    let store = vocdb::ReadOnly::open(dir.join("S")).unwrap();
    let registry = store.registry();
    let mut channels: Vec<String> = Vec::new();
    for (_, _, instrument) in registry.instruments() {
        let names = instrument.channels().iter().map(|channel| format!("{}/{}", instrument.name(), channel.name()));
        channels.extend(names);
    }
    channels.sort();
    channels.dedup();
    let named = channels.iter().flat_map(|channel| ["--channel", channel.as_str()]);
    let arguments: Vec<&str> = ["query", "S", "--station", "**"].into_iter().chain(named).collect();
    let mut lines: Vec<String> = run(dir, &arguments).printed().lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The values of a channel as `TIME,VALUE,QUALITY`, without `,normal`.
fn values(dir: &Path, station: &str, channel: &str) -> Vec<String> {
    let printed = run(dir, &["query", "S", "--station", station, "--channel", channel]).printed();
    let short = |line: &str| line.strip_suffix(",normal").unwrap_or(line).replace(":00Z", "Z");
    printed.lines().skip(1).map(short).collect()
}

/// Compares what the store holds with a golden file.
fn assert_answers(dir: &Path, golden: &str) {
    let found = everything(dir);
    let wanted = std::fs::read_to_string(fixture(golden)).unwrap_or_default();
    assert_eq!(found, wanted, "{golden} is another now:\n{found}");
}
