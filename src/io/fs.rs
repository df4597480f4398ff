//! The operating system's files.

use super::directory::sync_parent;
use super::room::FsLog;
use super::{LogFile, SealedFile, Storage};
use crate::base::background::{BYTES_AT_A_TIME, let_others_go_first};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The operating system's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct FsStorage;

/// Suffix of a file that is not yet whole.
const TEMPORARY: &str = "tmp";

impl Storage for FsStorage {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.create_dirs(parent)?;
        }
        match fs::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_parent(dir),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        names(dir, |entry| {
            let kind = entry.file_type()?;
            Ok(kind.is_file() || kind.is_symlink() && entry.path().is_file())
        })
    }

    fn list_all(&self, dir: &Path) -> io::Result<Vec<String>> {
        names(dir, |_| Ok(true))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        check_file(path)?;
        fs::read(path)
    }

    fn read_at(&self, path: &Path, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        check_file(path)?;
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let left = file.metadata()?.len().saturating_sub(offset).min(length);
        let mut bytes = Vec::with_capacity(usize::try_from(left).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        check_file(path).map(|of_file| of_file.len())
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let is_new = match check_file(path) {
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        let log = FsLog::open(path)?;
        if is_new {
            log.sync_all()?;
            sync_parent(path)?;
        }
        Ok(Box::new(log))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = path.with_extension(TEMPORARY);
        let mut file = File::create(&temporary)?;
        let mut pieces = bytes.chunks(BYTES_AT_A_TIME);
        let written = pieces.try_for_each(|piece| {
            let_others_go_first();
            file.write_all(piece)
        });
        let written = written.and_then(|()| file.sync_all());
        drop(file);
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        sync_parent(path)
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        check_file(path)?;
        SealedFile::open(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        // Of a symbolic link its file: the link itself may lead nowhere from there.
        fs::hard_link(fs::canonicalize(from)?, to)?;
        sync_parent(to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync_parent(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)?;
        sync_parent(path)
    }
}

/// The operating system's file system, with segments mapped into memory: the system decides what of them stays there.
///
/// Only for stores whose files nobody else changes, on media that do not fail: a mapped file that is cut from outside, or of which a page
/// cannot be read, ends the process with a signal.
#[derive(Debug, Clone, Copy, Default)]
pub struct MappedStorage;

impl Storage for MappedStorage {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        FsStorage.create_dirs(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        FsStorage.list(dir)
    }

    fn list_all(&self, dir: &Path) -> io::Result<Vec<String>> {
        FsStorage.list_all(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        FsStorage.read(path)
    }

    fn read_at(&self, path: &Path, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        FsStorage.read_at(path, offset, length)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        FsStorage.length(path)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        FsStorage.open_log(path)
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        FsStorage.publish(path, bytes)
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        check_file(path)?;
        SealedFile::map(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        FsStorage.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        FsStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        FsStorage.remove(path)
    }
}

/// The names in a directory that are wanted, sorted.
fn names(dir: &Path, is_wanted: impl Fn(&fs::DirEntry) -> io::Result<bool>) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if is_wanted(&entry)? {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Refuses what is no file, before it is opened: opening a pipe waits for somebody to write to it. A symbolic link stands for its file.
fn check_file(path: &Path) -> io::Result<fs::Metadata> {
    let refused = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("it is {what}, not a file"));
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(found),
        Ok(found) if found.is_dir() => Err(refused("a directory")),
        Ok(_) => Err(refused("a pipe, a socket or a device")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
            Err(refused("a symbolic link that leads nowhere"))
        }
        Err(error) => Err(error),
    }
}
