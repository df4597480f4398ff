//! The system's files, which stop a process at a change of its choice, to be killed there.

use parking_lot::Mutex;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use vocdb::io::{FsStorage, LogFile, SealedFile, Storage};

/// What of a change is made before the process stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Half the bytes. Changes without bytes do not count.
    Half,
    /// All of it; whoever asked for it does not hear so.
    Behind,
}

/// Where a process stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Halt {
    /// So many changes are made before.
    pub(super) changes: usize,
    pub(super) moment: Moment,
}

/// The system's files. Whoever changes one after the process has stopped waits.
#[derive(Debug, Clone, Default)]
pub(super) struct HaltingStorage(Arc<Mutex<Option<Halt>>>);

impl HaltingStorage {
    /// From now on, stops there.
    pub(super) fn arm(&self, halt: Option<Halt>) {
        *self.0.lock() = halt;
    }

    fn change<T>(
        &self,
        half: Option<&mut dyn FnMut() -> io::Result<()>>,
        make: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let mut armed = self.0.lock();
        if let Some(halt) = armed.as_mut().filter(|halt| halt.moment == Moment::Behind || half.is_some()) {
            if halt.changes == 0 {
                match (halt.moment, half) {
                    (Moment::Half, Some(half)) => half().unwrap(),
                    _ => drop(make().unwrap()),
                }
                say("halted");
                loop {
                    std::thread::park();
                }
            }
            halt.changes -= 1;
        }
        drop(armed);
        make()
    }
}

/// Tells the parent a line.
pub(super) fn say(line: &str) {
    let mut out = io::stdout().lock();
    write!(out, "\n{line}\n").unwrap();
    out.flush().unwrap();
}

impl Storage for HaltingStorage {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        FsStorage.create_dirs(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        FsStorage.list(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        FsStorage.read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        FsStorage.length(path)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let open = || FsStorage.open_log(path);
        let log = if path.exists() { open() } else { self.change(None, open) };
        Ok(Box::new(HaltingLog { log: log?, storage: self.clone() }))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut half = || std::fs::write(path.with_extension("tmp"), &bytes[..bytes.len() / 2]);
        self.change(Some(&mut half), || FsStorage.publish(path, bytes))
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        FsStorage.open_sealed(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(None, || FsStorage.link(from, to))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(None, || FsStorage.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(None, || FsStorage.remove(path))
    }
}

#[derive(Debug)]
struct HaltingLog {
    log: Box<dyn LogFile>,
    storage: HaltingStorage,
}

impl LogFile for HaltingLog {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut half = || self.log.append(&bytes[..bytes.len() / 2]);
        self.storage.change(Some(&mut half), || self.log.append(bytes))
    }

    fn sync(&self) -> io::Result<()> {
        self.storage.change(None, || self.log.sync())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.storage.change(None, || self.log.truncate(length))
    }
}
