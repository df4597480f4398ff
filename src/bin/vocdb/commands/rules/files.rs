//! Reads rule files and formats their errors.

use super::draw;
use crate::failure::Failure;
use std::path::Path;
use vocdb::base::escape::Line;
use vocdb::rules::{Diagnostics, RuleFile, read_folder, read_tests};

/// The rule files of a folder.
pub(crate) fn rules_of(dir: &Path) -> Result<Vec<RuleFile>, Failure> {
    let files = read_folder(dir).map_err(Failure::from_error)?;
    if files.is_empty() {
        let dir = Line(dir.display());
        return Err(Failure::Says(format!("`{dir}` contains no .rhai files with rules; check the path")));
    }
    Ok(files)
}

/// The tests of a folder.
pub(super) fn tests_of(dir: &Path) -> Result<Vec<RuleFile>, Failure> {
    read_tests(dir).map_err(Failure::from_error)
}

/// Wraps an error of a backtest; errors in rules are drawn.
pub(crate) fn failed(error: vocdb::Error, files: &[RuleFile]) -> Failure {
    match error {
        vocdb::Error::Rules(Diagnostics(found)) => {
            Failure::Says(format!("the rules have errors; correct them as shown:\n{}", draw::all(&found, files, false)))
        }
        other => Failure::from_error(other),
    }
}
