//! The files of the log, and the one that is being written.

use super::error::JournalError;
use super::payload::{self, Origin};
use crate::base::bytes::put_varint;
use crate::base::limits::WAL_FRAME_BYTES_MAX;
use crate::io::log::{FRAME_HEAD_BYTES, HEADER_BYTES, LogKind, begin_frame, file_header, finish_frame};
use crate::io::{LogFile, Storage};
use crate::model::Batch;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const KIND: LogKind = LogKind { name: "vocdb WAL", magic: *b"VOCDBWAL", version: 1 };

/// File name suffix.
const SUFFIX: &str = ".wal";

/// The log files of a folder with the sequence number of their first frame, in order. Whatever has another name is not the store's to touch:
/// somebody may have set it aside.
pub(crate) fn files(storage: &dyn Storage, dir: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let names = storage.list_all(dir).map_err(JournalError::io("list", dir))?;
    let mut files: Vec<(u64, PathBuf)> =
        names.iter().filter_map(|name| Some((lsn_of_name(name)?, dir.join(name)))).collect();
    files.sort_unstable();
    Ok(files)
}

/// The sequence number of a file that is named as this crate names them.
fn lsn_of_name(name: &str) -> Option<u64> {
    let lsn = name.strip_suffix(SUFFIX)?.parse().ok()?;
    (file_name(lsn) == name).then_some(lsn)
}

pub(crate) fn file_name(first_lsn: u64) -> String {
    format!("{first_lsn:020}{SUFFIX}")
}

/// The WAL file that is being written.
#[derive(Debug)]
pub(crate) struct Wal {
    path: PathBuf,
    log: Arc<dyn LogFile>,
    bytes: u64,
    /// Frames of the log in files before this one.
    frames_before: u64,
    buffer: Vec<u8>,
    /// Whether a failed append could not be cut off: the end of the file is unknown.
    is_poisoned: bool,
}

impl Wal {
    /// Begins a file whose first frame will have the sequence number `first_lsn`. It appears with its header or not at all: a header
    /// that a crash or a full disk left in pieces would look like damage, and a file in front of the one in use like a newer one.
    pub(crate) fn create(storage: &dyn Storage, dir: &Path, first_lsn: u64) -> Result<Self, JournalError> {
        let path = dir.join(file_name(first_lsn));
        if storage.length(&path).is_ok_and(|bytes| bytes > HEADER_BYTES as u64) {
            return Err(JournalError::corrupt(&path, 0, "a file of this name is there already; set it aside"));
        }
        Self::begin_again(storage, &path)
    }

    /// Begins a file in the place of one without frames.
    pub(crate) fn begin_again(storage: &dyn Storage, path: &Path) -> Result<Self, JournalError> {
        let header = file_header(KIND.magic, KIND.version);
        storage.publish(path, &header).map_err(JournalError::io("begin", path))?;
        Self::open(storage, path.to_owned(), HEADER_BYTES as u64)
    }

    /// Goes on with a file, of which `valid_bytes` are kept.
    pub(crate) fn resume(storage: &dyn Storage, path: PathBuf, valid_bytes: u64) -> Result<Self, JournalError> {
        let wal = Self::open(storage, path, valid_bytes)?;
        wal.log.truncate(valid_bytes).map_err(JournalError::io("cut the torn tail of", &wal.path))?;
        wal.log.sync().map_err(JournalError::io("sync", &wal.path))?;
        Ok(wal)
    }

    fn open(storage: &dyn Storage, path: PathBuf, bytes: u64) -> Result<Self, JournalError> {
        let log: Arc<dyn LogFile> = storage.open_log(&path).map_err(JournalError::io("open", &path))?.into();
        Ok(Self { path, log, bytes, frames_before: 0, buffer: Vec::new(), is_poisoned: false })
    }

    /// The same, behind files with so many frames.
    pub(crate) fn behind(self, frames_before: u64) -> Self {
        Self { frames_before, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, for whoever syncs it.
    pub(crate) fn log(&self) -> Arc<dyn LogFile> {
        Arc::clone(&self.log)
    }

    /// Whether nothing may be appended until the store is opened again.
    pub(crate) const fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a batch as one frame, with its origin; `synced_frames` says how many frames of the log are known to be durable. On failure the file is cut back to what it was, so that writing can go on later.
    pub(crate) fn append(
        &mut self,
        first_lsn: u64,
        synced_frames: u64,
        (batch, origin): (&Batch, &Origin),
    ) -> Result<(), JournalError> {
        self.append_frame(first_lsn, synced_frames, batch.len(), |out| payload::encode_rows(batch, origin, out))
    }

    /// Appends a commit of the ledger in the same way, behind the row of a sequence number.
    pub(crate) fn append_commit(
        &mut self,
        last_lsn: u64,
        synced_frames: u64,
        commit: (u64, &[u8]),
    ) -> Result<(), JournalError> {
        let (number, payload) = commit;
        self.append_frame(last_lsn, synced_frames, 0, |out| payload::encode_commit(number, payload, out))
    }

    fn append_frame(
        &mut self,
        sequence: u64,
        synced_frames: u64,
        frames: usize,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), JournalError> {
        self.buffer.clear();
        begin_frame(&mut self.buffer);
        put_varint(&mut self.buffer, synced_frames.saturating_sub(self.frames_before));
        encode(&mut self.buffer);
        let payload_bytes = self.buffer.len() - FRAME_HEAD_BYTES;
        if payload_bytes > WAL_FRAME_BYTES_MAX {
            return Err(JournalError::BatchTooLarge {
                frames,
                bytes: payload_bytes,
                frames_max: crate::base::limits::FRAMES_PER_BATCH_MAX,
                bytes_max: WAL_FRAME_BYTES_MAX,
            });
        }
        finish_frame(&mut self.buffer, sequence);
        if let Err(error) = self.log.append(&self.buffer) {
            self.is_poisoned = self.log.truncate(self.bytes).is_err();
            return Err(JournalError::io("append to", &self.path)(error));
        }
        self.bytes += self.buffer.len() as u64;
        Ok(())
    }
}

/// The sequence number that a file's name says its first frame has.
pub(super) fn first_lsn_of(path: &Path) -> Option<u64> {
    lsn_of_name(path.file_name()?.to_str()?)
}

/// The header of a log file.
pub(crate) fn header() -> Vec<u8> {
    file_header(KIND.magic, KIND.version).to_vec()
}
