//! From files to plans: reads a rules folder, traces it, binds it, and tells every mistake at once.

use super::bind::bind;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::plan::{Plan, Site};
use super::script::{RuleFile, trace};
use crate::base::checksum::sha256;
use crate::base::limits::{RULE_FILE_BYTES_MAX, RULE_FILES_MAX};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A rule set, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// A plan per rule with a quorum, and a plan per rule and station without one.
    pub plans: Vec<Plan>,
    /// What deserves a look.
    pub warnings: Diagnostics,
    /// SHA-256 over names and texts of the files: which rule set this is.
    pub hash: [u8; 32],
}

/// Compiles rule files for stations.
///
/// # Errors
/// Every mistake of every file, warnings included, in order of file, line and column, if any of them is an error.
pub fn compile(files: &[RuleFile], sites: &[Site]) -> Result<Compiled, Diagnostics> {
    let (rules, mut found) = trace(files);
    let (plans, bound) = bind(&rules, sites);
    found.extend(bound);
    let found = sorted(found);
    if found.errors().next().is_some() {
        return Err(found);
    }
    Ok(Compiled { plans, warnings: found, hash: hash(files) })
}

/// In order, and one mistake per place: the first that was found, errors before warnings.
fn sorted(mut found: Vec<Diagnostic>) -> Diagnostics {
    found.sort_by(|a, b| (&a.place, a.is_warning).cmp(&(&b.place, b.is_warning)));
    found.dedup_by(|later, earlier| later.place == earlier.place);
    Diagnostics(found)
}

/// SHA-256 over the files in order of their names, each name and text after its length as a little-endian `u64`.
fn hash(files: &[RuleFile]) -> [u8; 32] {
    let mut sorted: Vec<&RuleFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bytes = Vec::new();
    for text in sorted.iter().flat_map(|file| [&file.name, &file.text]) {
        bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    sha256(&bytes).0
}

/// Why a rules folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A link leads out of the folder.
    #[error("{}: this link leads out of the rules folder; copy the file into it", path.display())]
    Outside {
        /// The link.
        path: PathBuf,
    },
    /// A file is larger than rule files may be.
    #[error("{}: the file is larger than {RULE_FILE_BYTES_MAX} bytes; split it into several", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The folder has more files than a rule set may have.
    #[error("{}: there are more than {RULE_FILES_MAX} rule files", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// A file's name or text is not UTF-8.
    #[error("{}: this is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// Reads all `*.rhai` files of a folder, in order of their names. Folders inside it are not entered.
///
/// # Errors
/// [`FolderError`] names the file and what is wrong with it.
pub fn read_folder(dir: &Path) -> Result<Vec<RuleFile>, FolderError> {
    let root = dir.canonicalize().map_err(|source| io_error(dir, source))?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(&root).map_err(|source| io_error(&root, source))? {
        let path = entry.map_err(|source| io_error(&root, source))?.path();
        if path.extension().is_some_and(|extension| extension == "rhai") {
            paths.push(path);
        }
        if paths.len() > RULE_FILES_MAX {
            return Err(FolderError::TooMany { path: root });
        }
    }
    paths.sort();
    paths.iter().filter_map(|path| read_file(&root, path).transpose()).collect()
}

fn io_error(path: &Path, source: io::Error) -> FolderError {
    FolderError::Io { path: path.to_owned(), source }
}

/// One file; `None` for a folder with such a name.
fn read_file(root: &Path, path: &Path) -> Result<Option<RuleFile>, FolderError> {
    let real = path.canonicalize().map_err(|source| io_error(path, source))?;
    if !real.starts_with(root) {
        return Err(FolderError::Outside { path: path.to_owned() });
    }
    let file = File::open(&real).map_err(|source| io_error(path, source))?;
    if !file.metadata().map_err(|source| io_error(path, source))?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(RULE_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|source| io_error(path, source))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > RULE_FILE_BYTES_MAX {
        return Err(FolderError::TooLarge { path: path.to_owned() });
    }
    let not_text = || FolderError::NotText { path: path.to_owned() };
    let text = String::from_utf8(bytes).map_err(|_| not_text())?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(not_text)?;
    Ok(Some(RuleFile { name: name.to_owned(), text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probe() {
        let text = std::fs::read_to_string("/tmp/h4/probe.rhai").unwrap();
        let contacts = "export const DUTY = contact(\"park-duty\");\nexport const BUREAU = contact(\"bureau\");\nexport const LEADER = contact(\"leader\");".to_owned();
        let files = [RuleFile { name: "park.rhai".to_owned(), text }, RuleFile { name: "contacts.rhai".to_owned(), text: contacts }];
        use crate::model::*;
        let gc = Instrument::new("gc", Interval::minutes(1), vec![
            Channel::species("benzene", Unit::Ppb).unwrap(), Channel::species("toluene", Unit::Ppm).unwrap(),
            Channel::quantity("voc", Unit::Ppm).unwrap(), Channel::quantity("wind direction", Unit::Degree).unwrap()]).unwrap();
        let sites: Vec<Site> = (1..=3).map(|n| Site { id: StationId::new(n), name: format!("park/S{n}"), instruments: vec![(InstrumentId::new(n), gc.clone())] }).collect();
        match compile(&files, &sites) {
            Ok(compiled) => println!("{:#?}", compiled),
            Err(e) => println!("{e}"),
        }
    }
}
