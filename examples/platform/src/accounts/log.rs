//! The log of administration: what people changed that the ledger of the store has no record for.
//!
//! One JSON object a line, only ever appended. The line is durable before the act; an act that fails has a second line.

use super::AccountError;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use vocdb::Timestamp;

/// Bytes at the end of the file that are read for a list.
const LISTED_BYTES_MAX: u64 = 1_024 * 1_024;

/// An act that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Host time.
    pub at: Timestamp,
    /// Author.
    pub by: String,
    /// The act in words.
    pub what: String,
    /// Reason; may be empty.
    #[serde(default)]
    pub reason: String,
}

/// The log, in a file.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Records an act, and then runs it. One act runs at a time, in this and in other processes.
    ///
    /// # Errors
    /// [`AccountError::File`] if the log cannot be written: the act is not run then.
    pub(crate) fn record<T, E: Display>(
        &self,
        entry: Entry,
        act: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>, AccountError> {
        self.record_after(|| Ok((entry, act)))
    }

    /// Runs a check, records the act that it returns, and runs that.
    pub(super) fn record_after<T, E: Display, A: FnOnce() -> Result<T, E>>(
        &self,
        check: impl FnOnce() -> Result<(Entry, A), AccountError>,
    ) -> Result<Result<T, E>, AccountError> {
        let failed = |source| AccountError::File { path: self.path.clone(), source };
        let mut file = open(&self.path).map_err(failed)?;
        // Held until the file is closed.
        file.lock().map_err(failed)?;
        let (entry, act) = check()?;
        append(&mut file, &entry).map_err(failed)?;
        let done = act();
        if let Err(error) = &done {
            let what = format!("this failed: {}", entry.what);
            append(&mut file, &Entry { what, reason: error.to_string(), ..entry }).map_err(failed)?;
        }
        Ok(done)
    }

    /// The newest acts, oldest first. Lines that cannot be read are left out.
    ///
    /// # Errors
    /// [`AccountError::File`].
    pub fn newest(&self) -> Result<Vec<Entry>, AccountError> {
        let text = match tail(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(|source| AccountError::File { path: self.path.clone(), source })?,
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

/// Opens the file to append to it; only its owner may read it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Appends a line. A line that a kill has cut off is ended first.
fn append(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = if is_cut_off(file)? { "\n".to_owned() } else { String::new() };
    line.push_str(&serde_json::to_string(entry).map_err(io::Error::other)?);
    line.push('\n');
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

fn is_cut_off(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// The text at the end of the file.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(LISTED_BYTES_MAX);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LISTED_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(what: &str) -> Entry {
        let (by, reason) = ("ada".to_owned(), "line\nbreak \"quoted\"".to_owned());
        Entry { at: Timestamp::from_ms(1_773_499_200_000), by, what: what.to_owned(), reason }
    }

    fn log() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path().join("acts.log"));
        (folder, log)
    }

    fn acts(log: &Log) -> Vec<String> {
        log.newest().unwrap().into_iter().map(|entry| entry.what).collect()
    }

    #[test]
    fn acts_are_recorded_before_they_run_and_failures_after_them() {
        let (_folder, log) = log();
        assert_eq!(log.newest().unwrap(), []);
        let seen = log.record(entry("one"), || Ok::<_, AccountError>(acts(&log))).unwrap().unwrap();
        assert_eq!(seen, ["one"], "the line is there when the act runs");
        assert!(log.record(entry("two"), || Err::<(), _>(AccountError::Name)).unwrap().is_err());
        assert_eq!(acts(&log), ["one", "two", "this failed: two"]);
        assert_eq!(log.newest().unwrap().first(), Some(&entry("one")), "texts come back as they were");
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other_line() {
        let (_folder, log) = log();
        log.record(entry("one"), || Ok::<_, AccountError>(())).unwrap().unwrap();
        let whole = std::fs::read(&log.path).unwrap();
        std::fs::write(&log.path, [whole.as_slice(), whole.split_at(whole.len() / 2).0].concat()).unwrap();
        log.record(entry("two"), || Ok::<_, AccountError>(())).unwrap().unwrap();
        assert_eq!(acts(&log), ["one", "two"]);
    }

    #[test]
    fn a_check_that_fails_leaves_no_line() {
        type Act = fn() -> Result<(), AccountError>;
        let (_folder, log) = log();
        assert!(log.record_after(|| Err::<(Entry, Act), _>(AccountError::Name)).is_err());
        assert_eq!(log.newest().unwrap(), []);
    }
}
