//! The tests of the rules, kept in a file beside the store: the rule set in the ledger holds rules only.

use super::draft::is_tests;
use crate::accounts::{AccountError, Entry};
use crate::failure::Failure;
use crate::files::replace;
use crate::platform::Platform;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use vocdb::rules::RuleFile;

/// The file of the tests beside a store.
fn path_of(store: &Path) -> PathBuf {
    let name = store.file_name().unwrap_or_default().to_string_lossy();
    store.with_file_name(format!("{name}-rule-tests.json"))
}

/// The tests that are kept.
pub(super) fn tests(platform: &Platform) -> Result<Vec<RuleFile>, Failure> {
    let path = path_of(&platform.store);
    let wrong = |error: &dyn std::fmt::Display| Failure::Internal(format!("rule tests `{}`: {error}", path.display()));
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|error| wrong(&error))?,
    };
    let pairs: Vec<(String, String)> = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    Ok(pairs.into_iter().map(|(name, text)| RuleFile { name, text }).filter(is_tests).collect())
}

/// Keeps tests in place of those before. The log of administration records a change.
pub(super) fn keep(platform: &Platform, tests: &[RuleFile], (by, reason): (&str, &str)) -> Result<(), Failure> {
    if self::tests(platform)? == tests {
        return Ok(());
    }
    let what = format!("rule tests changed, files: {}", tests.len());
    let entry = Entry { at: platform.now(), by: by.to_owned(), what, reason: reason.to_owned() };
    let failed =
        |error: std::io::Error| Failure::Internal(format!("the rules are loaded, but not their tests: {error}"));
    let written: Result<_, AccountError> = platform.accounts.log().record(entry, || keep_tests(&platform.store, tests));
    written?.map_err(failed)
}

/// Writes the tests beside a store.
pub(crate) fn keep_tests(store: &Path, tests: &[RuleFile]) -> std::io::Result<()> {
    let pairs: Vec<(&str, &str)> = tests.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    replace(&path_of(store), &serde_json::to_vec_pretty(&pairs)?)
}
