//! The ledger's file: commits of records, each durable before it is acknowledged.

use super::error::{LedgerError, at};
use super::lock::LedgerLock;
use super::record::{Kind, Record};
use crate::base::bytes::{ByteReader, BytesError, put_varint};
use crate::base::limits::{LEDGER_COMMIT_BYTES_MAX, LEDGER_RECORD_BYTES_MAX};
use crate::io::log::{
    FRAME_HEAD_BYTES, HEADER_BYTES, LogContent, LogKind, begin_frame, file_header, finish_frame, put_frame, read_log,
};
use crate::io::{LogFile, Storage};
use std::path::{Path, PathBuf};

const KIND: LogKind = LogKind { name: "vocdb ledger", magic: *b"VOCDBLGR", version: 1 };

/// An open ledger: appends, and nothing else.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    log: Box<dyn LogFile>,
    bytes: u64,
    commits: u64,
    records: u64,
    /// The frame of the last commit; its memory serves the next.
    frame: Vec<u8>,
    /// Whether that frame is durable in the write-ahead log and not here yet.
    is_owed: bool,
    is_poisoned: bool,
    /// Of a ledger that is opened without its store.
    lock: Option<LedgerLock>,
}

/// Bytes of a frame beyond which its memory is given back.
const FRAME_BYTES_KEPT_MAX: usize = 1 << 20;

/// What opening a ledger found.
#[derive(Debug)]
pub struct LedgerContent {
    /// All records, in order of their indices from 0.
    pub records: Vec<Record>,
    /// How many commits they came in.
    pub commits: u64,
    /// Bytes of a torn tail that were cut off.
    pub torn_bytes: u64,
}

impl LedgerContent {
    /// Adds a commit that stands elsewhere, if it is the next one and can be read. Says whether it is.
    pub(crate) fn add(&mut self, number: u64, payload: &[u8]) -> bool {
        let mut added = Vec::new();
        let is_next = number == self.commits + 1 && read_commit(payload, self.records.len() as u64, &mut added).is_ok();
        if is_next {
            self.records.append(&mut added);
            self.commits = number;
        }
        is_next
    }
}

/// A ledger file, read whole.
struct Parsed {
    records: Vec<Record>,
    commits: u64,
    valid_bytes: u64,
    torn_bytes: u64,
    /// Whether anything stands behind the valid bytes: a torn tail, or room.
    has_tail: bool,
}

fn parse(storage: &dyn Storage, path: &Path) -> Result<Parsed, LedgerError> {
    let bytes = storage.read(path).map_err(at("read", path))?;
    let content = read_log(&bytes, KIND)
        .and_then(LogContent::without_stranded)
        .map_err(|source| LedgerError::Log { path: path.to_owned(), source })?;
    let mut records = Vec::new();
    for (number, frame) in (1..).zip(&content.frames) {
        let corrupt = |reason| LedgerError::Corrupt { path: path.to_owned(), offset: frame.offset, reason };
        if frame.sequence != number {
            return Err(corrupt(format!("commit {} follows commit {}", frame.sequence, number - 1)));
        }
        read_commit(frame.payload, records.len() as u64, &mut records).map_err(corrupt)?;
    }
    let (valid_bytes, torn_bytes) = (content.valid_bytes as u64, content.torn_bytes as u64);
    let has_tail = content.valid_bytes < bytes.len();
    Ok(Parsed { records, commits: content.frames.len() as u64, valid_bytes, torn_bytes, has_tail })
}

impl Ledger {
    /// Opens the ledger at `path`, created if missing, and reads it whole. The ledger stays locked until it is dropped. To read the ledger of
    /// a store that is open, use [`Ledger::read`].
    ///
    /// # Errors
    /// [`LedgerError::Locked`] if a store or another handle has the ledger open; nothing is changed then. [`LedgerError::Log`] and
    /// [`LedgerError::Corrupt`] for damage before the end; a torn tail is cut off and reported.
    pub fn open(storage: &dyn Storage, path: &Path) -> Result<(Self, LedgerContent), LedgerError> {
        let held = LedgerLock::acquire(path)?;
        let (mut ledger, content) = Self::open_unlocked(storage, path)?;
        ledger.lock = held;
        if content.records.is_empty() {
            // A file without a header was replaced by one with it.
            ledger.lock = None;
            ledger.lock = LedgerLock::acquire(path)?;
        }
        Ok((ledger, content))
    }

    /// As [`Ledger::open`], for a store that holds the lock of its directory and takes that of the ledger itself.
    pub(crate) fn open_unlocked(storage: &dyn Storage, path: &Path) -> Result<(Self, LedgerContent), LedgerError> {
        let mut log = storage.open_log(path).map_err(at("open", path))?;
        let Parsed { records, commits, valid_bytes, torn_bytes, has_tail } = parse(storage, path)?;
        let mut valid_bytes = valid_bytes;
        if valid_bytes == 0 {
            // The header appears whole or not at all: one that a crash left in pieces would look like damage.
            storage.publish(path, &file_header(KIND.magic, KIND.version)).map_err(at("begin", path))?;
            log = storage.open_log(path).map_err(at("open", path))?;
            valid_bytes = HEADER_BYTES as u64;
        } else if has_tail {
            log.truncate(valid_bytes).map_err(at("cut the tail of", path))?;
        }
        log.sync().map_err(at("sync", path))?;
        let ledger = Self {
            path: path.to_owned(),
            log,
            bytes: valid_bytes,
            commits,
            records: records.len() as u64,
            frame: Vec::new(),
            is_owed: false,
            is_poisoned: false,
            lock: None,
        };
        Ok((ledger, LedgerContent { records, commits, torn_bytes }))
    }

    /// Reads the ledger at `path` and changes nothing, whoever is writing to it.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn read(storage: &dyn Storage, path: &Path) -> Result<LedgerContent, LedgerError> {
        let Parsed { records, commits, torn_bytes, .. } = parse(storage, path)?;
        Ok(LedgerContent { records, commits, torn_bytes })
    }

    /// Appends records and makes them durable together: after a crash all of them are there, or none.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`]; [`LedgerError::Io`], after which nothing of the commit stands; [`LedgerError::Poisoned`] after a
    /// failed sync, until the store is opened again.
    pub fn commit(&mut self, records: &[Record]) -> Result<(), LedgerError> {
        self.settle()?;
        if records.is_empty() {
            return Ok(());
        }
        self.begin(records)?;
        let written = self.write();
        if written.is_ok() {
            self.count(records.len());
        }
        written
    }

    /// The number and the payload of a commit, for a log that is to hold it first. Nothing stands here before [`Ledger::owe`].
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub(crate) fn begin(&mut self, records: &[Record]) -> Result<(u64, &[u8]), LedgerError> {
        self.settle()?;
        self.frame.clear();
        self.frame.shrink_to(FRAME_BYTES_KEPT_MAX);
        begin_frame(&mut self.frame);
        encode_commit(self.records, records, &mut self.frame)?;
        finish_frame(&mut self.frame, self.commits + 1);
        Ok((self.commits + 1, self.frame.get(FRAME_HEAD_BYTES..).unwrap_or_default()))
    }

    /// The commit of so many records that was begun last is durable elsewhere: it counts from now on, and stands here once it is settled.
    pub(crate) const fn owe(&mut self, records: usize) {
        self.is_owed = true;
        self.count(records);
    }

    const fn count(&mut self, records: usize) {
        self.bytes += self.frame.len() as u64;
        self.commits += 1;
        self.records += records as u64;
    }

    /// Writes the commit that is owed, if there is one. What fails is tried again before anything else is written.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub(crate) fn settle(&mut self) -> Result<(), LedgerError> {
        self.check()?;
        if !self.is_owed {
            return Ok(());
        }
        self.write()?;
        self.is_owed = false;
        Ok(())
    }

    /// Goes on with a commit that a log holds and that did not come to stand here before a crash. One without content is known to have stood
    /// here.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] where commits before it are missing, or it cannot be read. As [`Ledger::commit`].
    pub(crate) fn take_over(&mut self, number: u64, payload: &[u8]) -> Result<Vec<Record>, LedgerError> {
        let corrupt = |path: &Path, bytes: u64, reason| {
            let offset = usize::try_from(bytes).unwrap_or(usize::MAX);
            LedgerError::Corrupt { path: path.to_owned(), offset, reason }
        };
        if number != self.commits + 1 || payload.is_empty() {
            let reason = behind(self.commits, number);
            return Err(corrupt(&self.path, self.bytes, reason));
        }
        let mut records = Vec::new();
        read_commit(payload, self.records, &mut records).map_err(|reason| corrupt(&self.path, self.bytes, reason))?;
        self.frame.clear();
        put_frame(&mut self.frame, number, payload);
        self.write()?;
        self.count(records.len());
        Ok(records)
    }

    /// Appends the frame and syncs.
    fn write(&mut self) -> Result<(), LedgerError> {
        // One that is owed counts already.
        let end = self.bytes - if self.is_owed { self.frame.len() as u64 } else { 0 };
        if let Err(error) = self.log.append(&self.frame) {
            self.is_poisoned = self.log.truncate(end).is_err();
            return Err(at("append to", &self.path)(error));
        }
        if let Err(error) = self.log.sync() {
            self.is_poisoned = true;
            return Err(at("sync", &self.path)(error));
        }
        Ok(())
    }

    /// Makes no commit any more: the one that was begun last may be durable elsewhere, or not.
    pub(crate) const fn shut(&mut self) {
        self.is_poisoned = true;
    }

    /// Whether commits can still be made.
    ///
    /// # Errors
    /// [`LedgerError::Poisoned`] after a failed sync.
    pub fn check(&self) -> Result<(), LedgerError> {
        if self.is_poisoned { Err(LedgerError::Poisoned { path: self.path.clone() }) } else { Ok(()) }
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many commits it holds.
    pub(crate) const fn commits(&self) -> u64 {
        self.commits
    }

    /// How many records it holds.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Reads all records again from the file.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn read_all(&self, storage: &dyn Storage) -> Result<Vec<Record>, LedgerError> {
        self.view().read_all(storage)
    }

    /// What it holds now, to be read while others commit.
    pub(crate) fn view(&self) -> LedgerView {
        // One that is owed may stand there already, where only its sync has failed.
        let owed = self.is_owed.then(|| self.frame.get(FRAME_HEAD_BYTES..).unwrap_or_default().to_vec());
        let owed_bytes = if self.is_owed { self.frame.len() as u64 } else { 0 };
        LedgerView { path: self.path.clone(), bytes: self.bytes - owed_bytes, owed }
    }
}

/// The commits that a ledger held at one moment: they never change.
#[derive(Debug)]
pub(crate) struct LedgerView {
    path: PathBuf,
    /// Where they end in the file.
    bytes: u64,
    /// A commit that is durable elsewhere and not in the file yet.
    owed: Option<Vec<u8>>,
}

impl LedgerView {
    /// Reads their records.
    pub(crate) fn read_all(&self, storage: &dyn Storage) -> Result<Vec<Record>, LedgerError> {
        let corrupt = |offset, reason| LedgerError::Corrupt { path: self.path.clone(), offset, reason };
        let mut bytes = storage.read(&self.path).map_err(at("read", &self.path))?;
        let end = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        if bytes.len() < end {
            return Err(corrupt(bytes.len(), format!("the file was cut: it had {end} bytes")));
        }
        bytes.truncate(end);
        let content = read_log(&bytes, KIND).map_err(|source| LedgerError::Log { path: self.path.clone(), source })?;
        let mut records = Vec::new();
        for frame in &content.frames {
            read_commit(frame.payload, records.len() as u64, &mut records)
                .map_err(|reason| corrupt(frame.offset, reason))?;
        }
        if let Some(owed) = &self.owed {
            read_commit(owed, records.len() as u64, &mut records).map_err(|reason| corrupt(end, reason))?;
        }
        Ok(records)
    }
}

/// Why a ledger of so many commits is not whole, where the log knows this one.
pub(crate) fn behind(commits: u64, known: u64) -> String {
    format!(
        "the ledger ends with commit {commits}, and the write-ahead log knows commit {known}: restore it from a backup that is as new, or with \
         the log of the same backup; where there is none and `verify` finds no frames in the log, move the files of `wal` away, and what was \
         committed behind the ledger's end is lost"
    )
}

/// Appends the payload of a commit to the head of its frame.
fn encode_commit(first_index: u64, records: &[Record], frame: &mut Vec<u8>) -> Result<(), LedgerError> {
    put_varint(frame, first_index);
    put_varint(frame, records.len() as u64);
    for record in records {
        frame.extend_from_slice(&record.kind.code().to_le_bytes());
        frame.push(record.version);
        put_varint(frame, record.body.len() as u64);
        frame.extend_from_slice(&record.body);
    }
    let bytes = frame.len() - FRAME_HEAD_BYTES;
    if bytes > LEDGER_COMMIT_BYTES_MAX {
        return Err(LedgerError::TooLarge { what: "commit", bytes, bytes_max: LEDGER_COMMIT_BYTES_MAX });
    }
    Ok(())
}

/// Reads the payload of a commit that so many records precede.
fn read_commit(payload: &[u8], before: u64, records: &mut Vec<Record>) -> Result<(), String> {
    let reason = |error: BytesError| error.to_string();
    let mut reader = ByteReader::new(payload);
    let first_index = reader.varint().map_err(reason)?;
    if first_index != before {
        return Err(format!("the commit begins with record {first_index}, but {before} records precede it"));
    }
    let count = reader.varint().map_err(reason)?;
    for _ in 0..count {
        let code = reader.u16().map_err(reason)?;
        let kind = Kind::from_code(code).ok_or_else(|| format!("record kind {code} is of a later release"))?;
        let version = reader.u8().map_err(reason)?;
        let length = usize::try_from(reader.varint().map_err(reason)?).unwrap_or(usize::MAX);
        if length > LEDGER_RECORD_BYTES_MAX {
            return Err(format!("a record of {length} bytes"));
        }
        let body = reader.take(length).map_err(reason)?.to_vec();
        records.push(Record { kind, version, body });
    }
    if reader.remaining() > 0 {
        return Err(format!("{} bytes behind the last record", reader.remaining()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::FsStorage;

    fn record(text: &str) -> Record {
        Record::new(Kind::Correction, &text).unwrap()
    }

    fn ledger_of_three_commits(path: &Path) -> Vec<Record> {
        let (mut ledger, content) = Ledger::open(&FsStorage, path).unwrap();
        assert!(content.records.is_empty());
        let all = vec![record("a"), record("b"), record("c"), record("d")];
        ledger.commit(&all[..1]).unwrap();
        ledger.commit(&all[1..3]).unwrap();
        ledger.commit(&all[3..]).unwrap();
        assert_eq!(ledger.read_all(&FsStorage).unwrap(), all);
        all
    }

    #[test]
    fn every_truncation_leaves_whole_commits_and_reopening_goes_on_behind_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let all = ledger_of_three_commits(&path);
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (mut ledger, content) = Ledger::open(&FsStorage, &path).unwrap();
            assert!(
                [0, 1, 3].contains(&content.records.len()),
                "{} records after a cut at {cut}",
                content.records.len()
            );
            assert!(all.starts_with(&content.records));
            ledger.commit(&[record("z")]).unwrap();
            drop(ledger);
            let (_, again) = Ledger::open(&FsStorage, &path).unwrap();
            assert_eq!(again.records.len(), content.records.len() + 1);
            assert_eq!(again.records.last(), Some(&record("z")));
        }
    }

    #[test]
    fn a_ledger_has_one_writer_and_any_number_of_readers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let (mut ledger, _) = Ledger::open(&FsStorage, &path).unwrap();
        ledger.commit(&[record("a")]).unwrap();
        // Another thread makes room at the end of an open log: zeros, as many as it has come to.
        let frames = || String::from_utf8_lossy(&std::fs::read(&path).unwrap()).trim_end_matches('\0').to_owned();
        let before = frames();
        let refused = Ledger::open(&FsStorage, &path).map(|_| ());
        assert!(matches!(refused, Err(LedgerError::Locked { .. })), "{refused:?}");
        assert_eq!(frames(), before);
        assert_eq!(Ledger::read(&FsStorage, &path).unwrap().records, [record("a")]);
        drop(ledger);
        assert_eq!(Ledger::open(&FsStorage, &path).unwrap().1.records, [record("a")]);
    }

    #[test]
    fn every_changed_byte_is_an_error_or_costs_only_the_last_commit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let all = ledger_of_three_commits(&path);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x41;
            std::fs::write(&path, &changed).unwrap();
            if let Ok((_, content)) = Ledger::open(&FsStorage, &path) {
                assert_eq!(content.records, all[..3], "byte {at}");
                assert!(content.torn_bytes > 0);
            }
        }
    }
}
