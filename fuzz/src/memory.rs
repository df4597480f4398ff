//! Files in memory, so that an attempt costs no disk.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::io::{LogFile, SealedFile, Storage};

/// The files by their paths.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The files of a store; lock and catalog are real all the same.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<Files>>);

impl MemoryStorage {
    /// A storage that holds these files.
    pub fn new(files: Files) -> Self {
        Self(Arc::new(Mutex::new(files)))
    }

    /// The files as they are.
    pub fn files(&self) -> Files {
        self.0.lock().clone()
    }
}

impl Storage for MemoryStorage {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let files = self.0.lock();
        let inside = files.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.lock().get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        self.0.lock().entry(path.to_owned()).or_default();
        Ok(Box::new(MemoryLog { files: Arc::clone(&self.0), path: path.to_owned() }))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        self.read(path).map(SealedFile::owned)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.0.lock();
        let bytes = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.lock().remove(path).map(|_| ()).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

#[derive(Debug)]
struct MemoryLog {
    files: Arc<Mutex<Files>>,
    path: PathBuf,
}

impl LogFile for MemoryLog {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = self.files.lock().get_mut(&self.path) {
            file.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if let Some(file) = self.files.lock().get_mut(&self.path) {
            file.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Ok(())
    }
}
