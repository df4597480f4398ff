//! Where files stand: nothing dead, nothing stray, nothing missing.

use super::modules::Crate;
use super::tables::{EXAMPLE_FOLDERS, FORMAT_DOCUMENTS, REACHED_FOLDERS, TOP_LEVEL};
use super::tree::Tree;
use std::collections::BTreeSet;

/// Rust files that no `mod` reaches.
pub(crate) fn dead_files(tree: &Tree) -> Vec<String> {
    let is_test_root = |path: &&String| path.starts_with("tests/") && path.ends_with("/main.rs");
    let mut roots = Crate::roots(tree);
    roots.extend(tree.files.iter().map(|file| &file.path).filter(is_test_root).cloned());
    let grown: Vec<Crate> = roots.iter().map(|root| Crate::grow(tree, root)).collect();
    let reached: BTreeSet<&str> =
        grown.iter().flat_map(|grown| grown.modules.values()).map(|module| module.file.as_str()).collect();
    let must_be = |path: &str| path.ends_with(".rs") && REACHED_FOLDERS.iter().any(|folder| path.starts_with(folder));
    let dead = tree.paths.iter().filter(|path| must_be(path) && !reached.contains(path.as_str()));
    dead.map(|path| format!("{path}:1: no `mod` declaration reaches this file")).collect()
}

/// What lies in `examples/` and is neither an example, nor a crate of its own, nor what examples need.
pub(crate) fn stray_examples(tree: &Tree) -> Vec<String> {
    let stray = |inner: &str| match inner.split_once('/') {
        Some((folder, _)) => {
            let is_of_an_example = tree.paths.iter().any(|path| *path == format!("examples/{folder}.rs"));
            let is_crate = tree.paths.iter().any(|path| *path == format!("examples/{folder}/Cargo.toml"));
            !EXAMPLE_FOLDERS.contains(&folder) && !is_of_an_example && !is_crate
        }
        None => !inner.ends_with(".rs"),
    };
    let inner = |path: &&String| path.strip_prefix("examples/").is_some_and(stray);
    tree.paths
        .iter()
        .filter(inner)
        .map(|path| format!("{path}:1: neither an example nor data or rules of one"))
        .collect()
}

/// What lies at the top of the project and has no place there.
pub(crate) fn stray_at_the_top(tree: &Tree) -> Vec<String> {
    let tops: BTreeSet<&str> = tree.paths.iter().filter_map(|path| path.split('/').next()).collect();
    let stray = tops.into_iter().filter(|top| !TOP_LEVEL.contains(top));
    stray.map(|top| format!("{top}:1: has no place at the top of the project")).collect()
}

/// Format documents that are not there.
pub(crate) fn missing_formats(tree: &Tree) -> Vec<String> {
    let missing = FORMAT_DOCUMENTS.iter().filter(|document| !tree.paths.iter().any(|path| path == **document));
    missing.map(|document| format!("{document}:1: missing: no bytes without their format document")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn a_file_that_no_mod_reaches_fires() {
        let found = dead_files(&Tree::of(&[
            ("src/lib.rs", "mod a; mod b { mod c; } #[cfg(test)] mod tests; #[path = \"odd/name.rs\"] mod d;"),
            ("src/a.rs", "mod inner;"),
            ("src/a/inner.rs", ""),
            ("src/a/parked.rs", ""),
            ("src/b/c/mod.rs", ""),
            ("src/tests.rs", ""),
            ("src/odd/name.rs", ""),
            ("src/inner.rs", ""),
            ("src/bin/vocdb/main.rs", "mod table;"),
            ("src/bin/vocdb/table.rs", ""),
            ("tests/it/main.rs", "mod tidy;"),
            ("tests/it/tidy/mod.rs", "mod names;"),
            ("tests/it/tidy/names.rs", ""),
            ("tests/it/old.rs", ""),
        ]));
        assert_eq!(places(&found), ["src/a/parked.rs:1", "src/inner.rs:1", "tests/it/old.rs:1"]);
    }

    #[test]
    fn a_stray_file_fires_among_examples_and_at_the_top() {
        let tree = Tree::of(&[
            ("examples/district.rs", ""),
            ("examples/data/a.csv", ""),
            ("examples/rules/a.rhai", ""),
            ("examples/gateway/Cargo.toml", ""),
            ("examples/gateway/src/lib.rs", ""),
            ("examples/notes.md", ""),
            ("examples/old/a.rs", ""),
            ("CHANGELOG.md", ""),
            ("scripts/x.sh", ""),
            (".ci/run", ""),
        ]);
        assert_eq!(places(&stray_examples(&tree)), ["examples/notes.md:1", "examples/old/a.rs:1"]);
        assert_eq!(places(&stray_at_the_top(&tree)), ["CHANGELOG.md:1", "scripts:1"]);
    }

    #[test]
    fn a_format_document_that_is_not_there_fires() {
        let mut files: Vec<(&str, &str)> = FORMAT_DOCUMENTS.iter().map(|document| (*document, "")).collect();
        assert_eq!(missing_formats(&Tree::of(&files)), Vec::<String>::new());
        files.pop();
        assert_eq!(missing_formats(&Tree::of(&files)).len(), 1);
    }
}
