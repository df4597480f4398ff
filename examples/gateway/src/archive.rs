//! Frames as they were received, one file a day.
//!
//! A line has the time of receipt, the sender, a hash and the frame. The hash is the SHA-256 of the hash of the line before and of the rest
//! of this line, so that a line that is changed, removed or moved afterwards breaks the chain. `vocdb hj212 decode --tolerant` reads the files.

use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vocdb::Timestamp;

/// Bytes of the digits of a hash.
const HASH_DIGITS: usize = 64;

/// A folder of received frames.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    /// Day and file that is written.
    open: Option<(String, File)>,
    hash: String,
}

/// A file of an archive whose chain is broken.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line does not continue the chain.
    #[error("`{}`, line {line}: the hash does not continue the chain: a line was changed, removed or moved", path.display())]
    Broken {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
}

impl Archive {
    /// Opens a folder, which is created if missing, and continues its chain. A last line without its end, which a crash has left, is cut off:
    /// its frame was not answered.
    ///
    /// # Errors
    /// The error of the system, and [`ArchiveError::Broken`] if the newest file is not a chain.
    pub fn open(folder: &Path) -> Result<Self, ArchiveError> {
        std::fs::create_dir_all(folder)?;
        let mut archive = Self { folder: folder.to_owned(), open: None, hash: "0".repeat(HASH_DIGITS) };
        let mut files = archive.files()?;
        while let Some(path) = files.pop() {
            let bytes = std::fs::read(&path)?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            if whole == 0 {
                // Not even its first line was written: the file before it is the newest.
                std::fs::remove_file(&path)?;
                continue;
            }
            if whole < bytes.len() {
                OpenOptions::new().write(true).open(&path)?.set_len(whole as u64)?;
            }
            let start = first_hash(bytes.get(..whole).unwrap_or_default());
            archive.hash = check(&path, bytes.get(..whole).unwrap_or_default(), start.as_deref())?;
            break;
        }
        Ok(archive)
    }

    /// The files, oldest first.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            paths.extend((path.extension().is_some_and(|extension| extension == "frames")).then_some(path));
        }
        paths.sort();
        Ok(paths)
    }

    /// Appends frames with their time of receipt and sender, and returns once they are durable.
    ///
    /// # Errors
    /// The error of the system; none of the frames counts as kept.
    pub fn append<'a>(&mut self, frames: impl Iterator<Item = (Timestamp, &'a str, &'a [u8])>) -> io::Result<()> {
        let mut lines = Vec::new();
        let (mut hash, mut day) = (self.hash.clone(), None);
        for (received, peer, raw) in frames {
            day.get_or_insert_with(|| received.to_string().chars().take(10).collect::<String>());
            let frame = raw.strip_suffix(b"\r\n").unwrap_or(raw);
            let mut rest = format!("{received} {peer} ").into_bytes();
            for byte in frame {
                // Ciphertext may contain any byte; the tolerant mode reads them in this form.
                if byte.is_ascii_control() {
                    rest.extend(format!("{{0x{byte:02X}}}").bytes());
                } else {
                    rest.push(*byte);
                }
            }
            hash = chained(&hash, &rest);
            lines.extend_from_slice(hash.as_bytes());
            lines.push(b' ');
            lines.append(&mut rest);
            lines.extend_from_slice(b"\r\n");
        }
        let Some(day) = day else { return Ok(()) };
        let file = self.file(day)?;
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(&lines).and_then(|()| file.sync_data()) {
            // A part of a line would break the chain.
            let _ = file.set_len(before);
            return Err(error);
        }
        self.hash = hash;
        Ok(())
    }

    fn file(&mut self, day: String) -> io::Result<&mut File> {
        let file = match self.open.take() {
            Some((open, file)) if open == day => file,
            _ => {
                let path = self.folder.join(format!("{day}.frames"));
                let is_new = !path.exists();
                let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                if is_new {
                    // The chain goes on from the file before: its last hash is the first line.
                    writeln!(file, "{}", self.hash)?;
                    File::open(&self.folder)?.sync_all()?;
                }
                file
            }
        };
        Ok(&mut self.open.insert((day, file)).1)
    }

    /// Checks the chain over all files of a folder, and returns the number of frames.
    ///
    /// # Errors
    /// [`ArchiveError`] with the file and line at which the chain breaks.
    pub fn verify(folder: &Path) -> Result<usize, ArchiveError> {
        let archive = Self { folder: folder.to_owned(), open: None, hash: String::new() };
        let (mut hash, mut frames) = (None, 0);
        for path in archive.files()? {
            let bytes = std::fs::read(&path)?;
            let start = hash.or_else(|| first_hash(&bytes));
            hash = Some(check(&path, &bytes, start.as_deref())?);
            frames += bytes.split(|byte| *byte == b'\n').count().saturating_sub(2);
        }
        Ok(frames)
    }
}

fn first_hash(bytes: &[u8]) -> Option<String> {
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    String::from_utf8(first.trim_ascii_end().to_vec()).ok()
}

/// Checks a file that begins with the last hash of the file before, and returns its own last hash.
fn check(path: &Path, bytes: &[u8], start: Option<&str>) -> Result<String, ArchiveError> {
    let broken = |line| ArchiveError::Broken { path: path.to_owned(), line };
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let first = lines.next().unwrap_or_default();
    if start.is_none_or(|start| start.as_bytes() != first) {
        return Err(broken(1));
    }
    let mut hash = String::from_utf8_lossy(first).into_owned();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let (own, rest) = line.split_at_checked(HASH_DIGITS).ok_or_else(|| broken(number))?;
        hash = chained(&hash, rest.strip_prefix(b" ").unwrap_or_default());
        if own != hash.as_bytes() {
            return Err(broken(number));
        }
    }
    Ok(hash)
}

fn chained(before: &str, rest: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(before.as_bytes());
    hasher.update(rest);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
