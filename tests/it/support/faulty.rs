//! Files in memory that fail as they are told: no right to write, no space, a sync that fails, the power gone at any change.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::io::{LogFile, SealedFile, Storage};

/// How the files fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Every change is refused with this error.
    Denied(ErrorKind),
    /// So many more appends and published files find space; of the next ones half is written before they fail.
    SpaceFor(u64),
    /// So many more syncs succeed; the one after them fails.
    SyncsBefore(u64),
    /// So many more appends and published files succeed; the one after them fails half way, and all is well again.
    WritesBefore(u64),
    /// As above for space, and what was half written cannot be cut off again.
    SpaceForAndNoCut(u64),
    /// So many more changes are made; the power goes during the next one, which is on the medium if `is_done`, or it is not.
    PowerFor { changes: u64, is_done: bool },
}

/// What a power failure leaves of the bytes of a file that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Lost,
    Kept,
    /// Everything up to some byte.
    Torn(u64),
    /// Everything up to some byte, and zeros behind it.
    Zeroed(u64),
    /// Some pages, in any pattern: a later one may be there and an earlier one of zeros.
    Pieces(u64),
}

impl Unsynced {
    /// Nothing, everything, and `seeds` cuts of both kinds and patterns of pages.
    pub(crate) fn all(seeds: std::ops::Range<u64>) -> Vec<Self> {
        let cuts = seeds.flat_map(|seed| [Self::Torn(seed), Self::Zeroed(seed), Self::Pieces(seed)]);
        [Self::Lost, Self::Kept].into_iter().chain(cuts).collect()
    }
}

/// Bytes of the pages that a medium keeps or loses: small, so that the small files of tests have many.
const PAGES_BYTES: [usize; 4] = [16, 48, 128, 512];

#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// How many of them a power failure leaves.
    synced: usize,
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<PathBuf, Content>,
    fault: Fault,
    is_off: bool,
    /// Appends and published files that found no space.
    refused: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Takes space.
    Append,
    /// Takes space.
    Publish,
    Sync,
    Truncate,
    /// A new, renamed or removed name.
    Name,
}

/// What becomes of a change.
struct Strike {
    error: Option<io::Error>,
    /// Whether the change is made all the same.
    is_done: bool,
    /// Whether bytes are written half.
    is_half: bool,
}

impl Strike {
    fn result(self) -> io::Result<()> {
        self.error.map_or(Ok(()), Err)
    }
}

impl Disk {
    fn strike(&mut self, change: Change) -> Strike {
        let refused = |error: io::Error| Strike { error: Some(error), is_done: false, is_half: false };
        let off = || io::Error::other("the power is off");
        let takes_space = matches!(change, Change::Append | Change::Publish);
        if self.is_off {
            return refused(off());
        }
        match &mut self.fault {
            Fault::Denied(kind) => refused((*kind).into()),
            Fault::SpaceFor(0) | Fault::SpaceForAndNoCut(0) if takes_space => {
                self.refused += 1;
                Strike { error: Some(ErrorKind::StorageFull.into()), is_done: false, is_half: true }
            }
            Fault::WritesBefore(0) if takes_space => {
                self.fault = Fault::None;
                Strike { error: Some(io::Error::other("the write failed")), is_done: false, is_half: true }
            }
            Fault::SpaceForAndNoCut(0) if change == Change::Truncate => refused(io::Error::other("no cut")),
            Fault::SyncsBefore(0) if change == Change::Sync => {
                self.fault = Fault::None;
                refused(io::Error::other("the sync failed"))
            }
            Fault::PowerFor { changes: 0, is_done } => {
                self.is_off = true;
                Strike { error: Some(off()), is_done: *is_done, is_half: true }
            }
            fault => {
                fault.pass(change);
                Strike { error: None, is_done: true, is_half: false }
            }
        }
    }
}

impl Fault {
    /// Counts a change that is made.
    fn pass(&mut self, change: Change) {
        match self {
            Self::SpaceFor(left) | Self::WritesBefore(left) | Self::SpaceForAndNoCut(left)
                if matches!(change, Change::Append | Change::Publish) =>
            {
                *left -= 1;
            }
            Self::SyncsBefore(left) if change == Change::Sync => *left -= 1,
            Self::PowerFor { changes, .. } => *changes -= 1,
            _ => {}
        }
    }
}

/// The files of any number of stores. Directories are real, because lock and catalog lie in them whatever the storage.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultyStorage(Arc<Mutex<Disk>>);

impl FaultyStorage {
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.0.lock().fault = fault;
    }

    /// The power fails, if it has not yet, and comes back: the bytes that were not synced are what `unsynced` leaves of them.
    pub(crate) fn restart(&self, unsynced: Unsynced) {
        let mut disk = self.0.lock();
        for (file, number) in disk.files.values_mut().zip(0_u64..) {
            let tail = file.bytes.len() - file.synced;
            let cut = |seed: u64| usize::try_from(scrambled(seed ^ (number << 32)) % (tail as u64 + 1)).unwrap();
            let whole = file.bytes.len();
            match unsynced {
                Unsynced::Lost => file.bytes.truncate(file.synced),
                Unsynced::Kept => {}
                Unsynced::Torn(seed) => file.bytes.truncate(file.synced + cut(seed)),
                Unsynced::Zeroed(seed) => {
                    file.bytes.truncate(file.synced + cut(seed));
                    file.bytes.resize(whole, 0);
                }
                Unsynced::Pieces(seed) => {
                    let page_bytes = PAGES_BYTES[usize::try_from(seed % PAGES_BYTES.len() as u64).unwrap()];
                    for (page, place) in file.bytes[file.synced..].chunks_mut(page_bytes).zip(1_u64..) {
                        let is_lost = scrambled(seed ^ (number << 32) ^ (place << 48)).is_multiple_of(2);
                        page.iter_mut().filter(|_| is_lost).for_each(|byte| *byte = 0);
                    }
                }
            }
            file.synced = file.bytes.len();
        }
        (disk.fault, disk.is_off) = (Fault::None, false);
    }

    /// How often something has found no space.
    pub(crate) fn refused(&self) -> u64 {
        self.0.lock().refused
    }

    /// Whether the power has gone.
    pub(crate) fn is_off(&self) -> bool {
        self.0.lock().is_off
    }

    /// All files with their bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.0.lock().files.iter().map(|(path, file)| (path.clone(), file.bytes.clone())).collect()
    }

    /// Puts these files, synced, in place of all others.
    pub(crate) fn replace(&self, files: &[(PathBuf, Vec<u8>)]) {
        let content = |bytes: &Vec<u8>| Content { bytes: bytes.clone(), synced: bytes.len() };
        self.0.lock().files = files.iter().map(|(path, bytes)| (path.clone(), content(bytes))).collect();
    }
}

/// A number that has nothing to do with the one given, and is the same every time (SplitMix64).
pub(crate) const fn scrambled(seed: u64) -> u64 {
    let a = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ (c >> 31)
}

impl Storage for FaultyStorage {
    fn create_dirs(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        match self.0.lock().fault {
            Fault::Denied(kind) => Err(kind.into()),
            _ => std::fs::create_dir_all(dir),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let disk = self.0.lock();
        let inside = disk.files.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.lock().files.get(path).map(|file| file.bytes.clone()).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let mut disk = self.0.lock();
        if !disk.files.contains_key(path) {
            let strike = disk.strike(Change::Name);
            if strike.is_done {
                disk.files.insert(path.to_owned(), Content::default());
            }
            strike.result()?;
        }
        Ok(Box::new(FaultyLog { disk: Arc::clone(&self.0), path: path.to_owned() }))
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock();
        let strike = disk.strike(Change::Publish);
        if strike.is_done {
            disk.files.insert(path.to_owned(), Content { bytes: bytes.to_vec(), synced: bytes.len() });
        } else if disk.is_off && strike.is_half {
            let half = Content { bytes: bytes[..bytes.len() / 2].to_vec(), synced: 0 };
            disk.files.insert(path.with_extension("tmp"), half);
        }
        strike.result()
    }

    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile> {
        self.read(path).map(SealedFile::owned)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let strike = disk.strike(Change::Name);
        if strike.is_done {
            let file = disk.files.remove(from).ok_or(ErrorKind::NotFound)?;
            disk.files.insert(to.to_owned(), file);
        }
        strike.result()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let strike = disk.strike(Change::Name);
        if strike.is_done {
            disk.files.remove(path).ok_or(ErrorKind::NotFound)?;
        }
        strike.result()
    }
}

/// A file that grows; one that has been removed takes everything and keeps nothing.
#[derive(Debug)]
struct FaultyLog {
    disk: Arc<Mutex<Disk>>,
    path: PathBuf,
}

impl FaultyLog {
    fn change(&self, change: Change, make: impl FnOnce(&mut Content, &Strike)) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let strike = disk.strike(change);
        if let Some(file) = disk.files.get_mut(&self.path) {
            make(file, &strike);
        }
        strike.result()
    }
}

impl LogFile for FaultyLog {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.change(Change::Append, |file, strike| {
            let written = if strike.is_done { bytes.len() } else { bytes.len() / 2 };
            let written = if strike.is_done || strike.is_half { written } else { 0 };
            file.bytes.extend_from_slice(&bytes[..written]);
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.change(Change::Sync, |file, strike| {
            file.synced = if strike.is_done { file.bytes.len() } else { file.synced };
        })
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.change(Change::Truncate, |file, strike| {
            if strike.is_done {
                file.bytes.truncate(usize::try_from(length).unwrap());
                file.synced = file.synced.min(file.bytes.len());
            }
        })
    }
}
