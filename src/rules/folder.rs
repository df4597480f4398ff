//! Reads a rules folder, and nothing outside it.

use super::script::RuleFile;
use crate::base::escape::Line;
use crate::base::limits::{RULE_FILE_BYTES_MAX, RULE_FILES_MAX};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a rules folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The system refuses.
    #[error("{}: {source}", Line(path.display()))]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no such folder.
    #[error("folder `{}` does not exist; check the path", Line(path.display()))]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The path is that of a file.
    #[error("`{}` is a file: give its folder `{}`", Line(path.display()), Line(folder_of(path).display()))]
    NotFolder {
        /// The file.
        path: PathBuf,
    },
    /// A link leads out of the folder.
    #[error("{}: this link leads out of the rules folder; copy the file into the folder", Line(path.display()))]
    Outside {
        /// The link.
        path: PathBuf,
    },
    /// A file is larger than rule files may be.
    #[error("{}: the file is larger than {RULE_FILE_BYTES_MAX} bytes; split it into several", Line(path.display()))]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The folder has more files than a rule set may have.
    #[error("{}: the folder has more than {RULE_FILES_MAX} rule files; merge some of them", Line(path.display()))]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// A file's name or text is not UTF-8.
    #[error("{}: the file is not UTF-8; save it as UTF-8", Line(path.display()))]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// The end of the names of files that hold tests of rules.
const TESTS: &str = "_test.rhai";
/// The end of the names of files that are for editors.
const DEFINITIONS: &str = ".d.rhai";

/// Reads all rule files of a folder, in order of their names: `*.rhai` without tests (`*_test.rhai`) and definitions for editors
/// (`*.d.rhai`). Folders inside it are not entered.
///
/// # Errors
/// [`FolderError`] names the file and what is wrong with it.
pub fn read_folder(dir: &Path) -> Result<Vec<RuleFile>, FolderError> {
    let mut files = read_all(dir)?;
    files.retain(|file| !file.name.ends_with(TESTS) && !file.name.ends_with(DEFINITIONS));
    Ok(files)
}

/// Reads the files of a folder that hold tests of its rules, `*_test.rhai`, in order of their names.
///
/// # Errors
/// As for [`read_folder`].
pub fn read_tests(dir: &Path) -> Result<Vec<RuleFile>, FolderError> {
    let mut files = read_all(dir)?;
    files.retain(|file| file.name.ends_with(TESTS));
    Ok(files)
}

fn read_all(dir: &Path) -> Result<Vec<RuleFile>, FolderError> {
    let root = dir.canonicalize().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => FolderError::Missing { path: dir.to_owned() },
        _ => io_error(dir, source),
    })?;
    if root.is_file() {
        return Err(FolderError::NotFolder { path: dir.to_owned() });
    }
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

/// The folder of a file; `.` for a bare name.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn io_error(path: &Path, source: io::Error) -> FolderError {
    FolderError::Io { path: path.to_owned(), source }
}

/// One file; `None` for a folder, a pipe or whatever else has such a name.
fn read_file(root: &Path, path: &Path) -> Result<Option<RuleFile>, FolderError> {
    let real = path.canonicalize().map_err(|source| io_error(path, source))?;
    if !real.starts_with(root) {
        return Err(FolderError::Outside { path: path.to_owned() });
    }
    // Asked before it is opened too: to open a pipe waits for somebody who writes.
    if !real.metadata().map_err(|source| io_error(path, source))?.is_file() {
        return Ok(None);
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
    let mut text = String::from_utf8(bytes).map_err(|_| not_text())?;
    // Some editors begin every file with a byte order mark.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(not_text)?;
    Ok(Some(RuleFile { name: name.to_owned(), text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> RuleFile {
        RuleFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_folder_gives_its_rule_files_by_name_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| fs::write(dir.path().join(name), text).unwrap();
        write("b.rhai", b"2");
        write("a.rhai", b"1");
        write("c.txt", b"3");
        fs::create_dir(dir.path().join("d.rhai")).unwrap();
        write("a_test.rhai", b"4");
        write("vocdb.d.rhai", b"5");
        let read = read_folder(dir.path()).unwrap();
        assert_eq!(read, [file("a.rhai", "1"), file("b.rhai", "2")]);
        assert_eq!(read_tests(dir.path()).unwrap(), [file("a_test.rhai", "4")]);
        write("a_mark.rhai", b"\xef\xbb\xbf1");
        assert_eq!(read_folder(dir.path()).unwrap().get(1), Some(&file("a_mark.rhai", "1")));
        write("e.rhai", b"\xff");
        assert!(matches!(read_folder(dir.path()), Err(FolderError::NotText { path }) if path.ends_with("e.rhai")));
        let size = usize::try_from(RULE_FILE_BYTES_MAX).unwrap() + 1;
        write("e.rhai", &vec![b' '; size]);
        assert!(matches!(read_folder(dir.path()), Err(FolderError::TooLarge { path }) if path.ends_with("e.rhai")));
        let missing = dir.path().join("missing");
        assert!(matches!(read_folder(&missing), Err(FolderError::Missing { path }) if path == missing));
        let file = dir.path().join("a.rhai");
        assert!(matches!(read_folder(&file), Err(FolderError::NotFolder { path }) if path == file));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_is_called_like_a_rule_file_is_left_alone_and_waited_for_by_nobody() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.rhai"), "1").unwrap();
        let pipe = dir.path().join("x.rhai");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (said, heard) = std::sync::mpsc::channel();
        let folder = dir.path().to_owned();
        std::thread::spawn(move || said.send(read_folder(&folder).map_err(|error| error.to_string())));
        let read = heard.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(read, Ok(vec![file("a.rhai", "1")]));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("x.rhai"), "1").unwrap();
        fs::write(dir.path().join("a.rhai"), "1").unwrap();
        std::os::unix::fs::symlink(dir.path().join("a.rhai"), dir.path().join("b.rhai")).unwrap();
        assert_eq!(read_folder(dir.path()).unwrap().len(), 2);
        std::os::unix::fs::symlink(outside.path().join("x.rhai"), dir.path().join("c.rhai")).unwrap();
        assert!(matches!(read_folder(dir.path()), Err(FolderError::Outside { path }) if path.ends_with("c.rhai")));
    }
}
