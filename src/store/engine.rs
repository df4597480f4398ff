//! The store: appends to the write-ahead log and the head, seals the head into segments.

use super::catalog::{self, Catalog};
use super::counters::Counters;
use super::error::StoreError;
use super::ingest::{FlagChange, FlagCount, Staged, stage, stage_correction, stage_flags};
use super::lock::DirectoryLock;
use super::read::{IsCut, LateBlocks, Reader, State};
use super::recovery::{Expected, Layout, OpenReport, find_segments, quarantine, read_wal};
use super::segment::{self, Lineage, Segment, SegmentSummary};
use crate::base::checksum::Digest;
use crate::base::limits::{FRAMES_PER_BATCH_MAX, HEAD_BYTES_MAX, WAL_BYTES_MAX, WAL_FRAME_BYTES_MAX};
use crate::base::observe::{Count, count};
use crate::io::Storage;
use crate::journal::{self, JournalError, LedgerCommit, Replay, Wal, WalSync};
use crate::model::{Batch, Instrument, InstrumentId, Registry, Sample, Timestamp};
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes on disk by kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FileBytes {
    /// Sealed segments.
    pub segments: u64,
    /// The write-ahead log.
    pub wal: u64,
    /// The catalog: an index that can be rebuilt.
    pub catalog: u64,
    /// The ledger.
    pub ledger: u64,
}

/// The write side. One per directory; reads go through [`Reader`].
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) layout: Layout,
    pub(super) state: Arc<RwLock<State>>,
    pub(super) wal: Wal,
    pub(super) sync: Arc<WalSync>,
    pub(super) next_lsn: u64,
    counters: Counters,
    pub(super) catalog: Box<dyn Catalog>,
    pub(super) replay: Replay,
    /// Blocks that late frames have touched.
    pub(super) late: Mutex<LateBlocks>,
    /// The last frame that segments hold.
    pub(super) sealed_lsn: u64,
    /// The first frame that no segment holds. Behind a gap where a segment was set aside, so that no other takes its numbers.
    pub(super) unsealed_lsn: u64,
    /// The last frame of the rows that wait to become a segment.
    pub(super) frozen_lsn: u64,
    /// Sequence numbers of segments that must be there and are not: they may come back from a backup.
    pub(super) absent_lsns: Vec<(u64, u64)>,
    pub(super) head_bytes_max: usize,
    /// The number of the last commit of the ledger that the log held when it was opened; 0 for none.
    last_commit: u64,
    /// Logs of which every row was in segments when they were opened.
    done_logs: Vec<PathBuf>,
    lock: DirectoryLock,
}

impl Store {
    /// Makes the directory of a store if it is missing, and locks it.
    pub(crate) fn lock(storage: &dyn Storage, dir: &Path) -> Result<DirectoryLock, StoreError> {
        storage.create_dirs(dir).map_err(StoreError::io("make the directory", dir))?;
        DirectoryLock::acquire(dir)
    }

    /// Opens or makes the store in the locked `dir`. The frames of the write-ahead log wait for [`Store::next_replay`].
    ///
    /// A segment that does not check is set aside, or in strict mode refused.
    pub(crate) fn open(
        storage: Arc<dyn Storage>,
        (dir, lock): (&Path, DirectoryLock),
        expected: &Expected,
    ) -> Result<(Self, OpenReport), StoreError> {
        let layout = Layout::new(dir);
        layout.create(&*storage)?;
        let mut report = OpenReport { is_strict: expected.is_strict, ..OpenReport::default() };
        let (catalog, note) = catalog::open(&layout.catalog);
        report.catalog_note = note;
        let segments = find_segments(&storage, &layout, &*catalog, &mut report)?;
        let sealed_lsn = segments.iter().map(|segment| segment.summary().last_lsn).max().unwrap_or(0);
        let tail = read_wal(&*storage, &layout, (expected, sealed_lsn), &mut report)?;
        let last_lsn = tail.next_lsn - 1;
        let sync = WalSync::new(&layout.wal, tail.wal.path(), tail.wal.log(), (last_lsn, tail.frames));
        let first_of_log = tail.first_lsn;
        let state = State::new(segments);
        let store = Self {
            storage,
            layout,
            state: Arc::new(RwLock::new(state)),
            wal: tail.wal,
            sync: Arc::new(sync),
            next_lsn: tail.next_lsn,
            counters: Counters::default(),
            catalog,
            replay: tail.replay,
            late: Mutex::default(),
            sealed_lsn,
            unsealed_lsn: first_of_log.unwrap_or(tail.next_lsn),
            frozen_lsn: sealed_lsn,
            absent_lsns: Vec::new(),
            head_bytes_max: HEAD_BYTES_MAX,
            last_commit: tail.last_commit,
            done_logs: tail.done,
            lock,
        };
        Ok((store, report))
    }

    /// Sets a segment aside that turned out not to check, before the store is opened again.
    pub(crate) fn set_segment_aside(&self, error: &StoreError, report: &mut OpenReport) -> Result<bool, StoreError> {
        let StoreError::Corrupt { path, .. } = error else { return Ok(false) };
        if report.is_strict || path.parent() != Some(&self.layout.segments) {
            return Ok(false);
        }
        let segments = self.segments();
        let summary = segments.iter().find(|segment| segment.path() == path).map(|segment| segment.summary());
        quarantine(&*self.storage, path, (error, summary), report).map(|()| true)
    }

    /// Decides what becomes of each frame that arrives now, or of frames that a store has taken before; writes nothing.
    pub(crate) fn stage(
        &self,
        registry: &Registry,
        batch: &Batch,
        now: Option<Timestamp>,
    ) -> Result<Staged, StoreError> {
        self.check_frames(batch.len())?;
        Ok(stage(&self.state.read(), &mut self.late.lock(), registry, batch, now))
    }

    /// Decides what becomes of stored samples that somebody corrects; writes nothing.
    pub(crate) fn stage_correction(
        &self,
        of: (InstrumentId, &Instrument),
        channel: usize,
        samples: &BTreeMap<Timestamp, Sample>,
    ) -> Result<Staged, StoreError> {
        self.check_frames(samples.len())?;
        stage_correction(&self.state.read(), &mut self.late.lock(), of, channel, samples)
    }

    /// Decides what becomes of the stored samples of some rows that get another quality flag; writes nothing.
    pub(crate) fn stage_flags(
        &self,
        change: &FlagChange,
        times: &[Timestamp],
    ) -> Result<(Staged, FlagCount), StoreError> {
        self.check_frames(times.len())?;
        stage_flags(&self.state.read(), &mut self.late.lock(), change, times)
    }

    fn check_frames(&self, frames: usize) -> Result<(), StoreError> {
        self.sync.check()?;
        let (frames_max, bytes_max) = (FRAMES_PER_BATCH_MAX, WAL_FRAME_BYTES_MAX);
        if frames > frames_max {
            return Err(JournalError::BatchTooLarge { frames, bytes: 0, frames_max, bytes_max }.into());
        }
        Ok(())
    }

    /// Writes what was staged, and shows it to readers. Gives the sequence number of the first and of the last frame; the last is one less where
    /// nothing was accepted.
    pub(crate) fn write(&mut self, staged: &Staged) -> Result<(u64, u64), StoreError> {
        let written = self.write_log(staged)?;
        self.show(&staged.batch, 0..staged.batch.len());
        Ok(written)
    }

    /// Writes what was staged into the log alone: readers see nothing of it until [`Store::show`], which must follow.
    pub(crate) fn write_log(&mut self, staged: &Staged) -> Result<(u64, u64), StoreError> {
        let first_lsn = self.next_lsn;
        if !staged.batch.is_empty() {
            if let Err(error) = self.wal.append(first_lsn, self.sync.synced_frames(), (&staged.batch, &staged.origin)) {
                if self.wal.is_poisoned() {
                    self.sync.poison();
                }
                return Err(error.into());
            }
            self.next_lsn += staged.batch.len() as u64;
            self.sync.set_written(self.next_lsn - 1);
            self.sync.note_frame();
        }
        self.counters.add(&staged.counters);
        Ok((first_lsn, self.next_lsn - 1))
    }

    /// Puts written frames of a batch into the head, where readers see them.
    pub(crate) fn show(&self, batch: &Batch, frames: Range<usize>) {
        if !frames.is_empty() {
            self.state.write().head.extend(batch, frames);
        }
    }

    /// Writes a commit of the ledger into the log, where it is durable with the frames before it by the next sync.
    pub(crate) fn write_commit(&mut self, number: u64, payload: &[u8]) -> Result<(), StoreError> {
        self.sync.check()?;
        if let Err(error) = self.wal.append_commit(self.next_lsn - 1, self.sync.synced_frames(), (number, payload)) {
            if self.wal.is_poisoned() {
                self.sync.poison();
            }
            return Err(error.into());
        }
        self.sync.note_frame();
        Ok(())
    }

    /// Notes in the log that the ledger has so many commits, and makes that durable: a ledger that is cut short later is noticed, also where
    /// nothing else is in the log. A commit without content stands for one that the ledger has.
    pub(crate) fn note_ledger(&mut self, commits: u64) -> Result<(), StoreError> {
        if commits <= self.last_commit {
            return Ok(());
        }
        self.write_commit(commits, &[])?;
        self.last_commit = commits;
        Ok(self.sync.sync_written()?)
    }

    /// The commits of the ledger behind its first `commits` ones that the log held when it was opened, in order.
    pub(crate) fn ledger_commits(&self, commits: u64) -> Result<Vec<LedgerCommit>, StoreError> {
        if self.last_commit <= commits {
            return Ok(Vec::new());
        }
        Ok(journal::commits(&*self.storage, &self.layout.wal, commits)?)
    }

    /// Removes the logs of which every row is in segments, once the ledger has their commits.
    pub(crate) fn remove_done_logs(&mut self) {
        for path in std::mem::take(&mut self.done_logs) {
            // One that stays is met again.
            let _ = self.storage.remove(&path);
        }
    }

    pub(crate) const fn last_lsn(&self) -> u64 {
        self.next_lsn - 1
    }

    /// The last frame that segments hold.
    pub(crate) const fn sealed_lsn(&self) -> u64 {
        self.sealed_lsn
    }

    /// Counts a segment that could not be written.
    pub(crate) fn note_failed_seal(&mut self) {
        self.counters.seals_failed += 1;
        count(Count::SealsFailed, 1);
    }

    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.state))
    }

    pub(crate) fn sync(&self) -> Arc<WalSync> {
        Arc::clone(&self.sync)
    }

    /// Sets the bytes of rows above which the head is sealed.
    pub(crate) const fn set_head_bytes_max(&mut self, bytes: usize) {
        self.head_bytes_max = bytes;
    }

    /// Whether the head has grown so large that it should be sealed.
    pub(crate) fn is_head_full(&self) -> bool {
        self.state.read().head.bytes() >= self.head_bytes_max || self.wal.bytes() >= WAL_BYTES_MAX
    }

    /// The segments in order of arrival.
    pub(super) fn segments(&self) -> Vec<Arc<Segment>> {
        self.state.read().segments().to_vec()
    }

    pub(super) fn replace_segments(&self, segments: Vec<Arc<Segment>>, is_cut: IsCut<'_>) {
        self.state.write().replace_segments(segments, is_cut);
    }

    pub(super) fn remember_segment(&self, file_name: &str, summary: &SegmentSummary) {
        self.catalog.put(file_name, summary);
    }

    /// Refuses where an earlier failure has made the state of the files unknown.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        Ok(self.sync.check()?)
    }

    /// As [`Store::check`], and where the directory is not the one that was opened: before files are written by name.
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        self.sync.check()?;
        self.lock.check()
    }

    pub(super) const fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) const fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Lets go of segments that others stand for, as the ledger knows, and of rewritten ones that it does not know while what they were
    /// made of is there: a crash has left both behind. Gives their names.
    pub(crate) fn settle(&self, lineage: &Lineage) -> Vec<String> {
        let (mut kept, mut gone) = lineage.part(self.segments());
        let unrecorded = lineage.unrecorded(&kept);
        kept.retain(|segment| !unrecorded.iter().any(|one| Arc::ptr_eq(one, segment)));
        gone.extend(unrecorded);
        for segment in &kept {
            lineage.sha256(&segment.file_name()).into_iter().for_each(|sha256| segment.note_recorded(*sha256));
        }
        if !gone.is_empty() {
            self.replace_segments(kept, &|_, _, _| true);
            gone.iter().for_each(|segment| segment.doom());
        }
        gone.iter().map(|segment| segment.file_name()).collect()
    }

    /// Notes the checksum of a segment that has just been recorded.
    pub(crate) fn note_recorded(&self, file_name: &str, sha256: Digest) {
        let segments = self.segments();
        segments.iter().filter(|segment| segment.file_name() == file_name).for_each(|one| one.note_recorded(sha256));
    }

    /// Remembers which segments are missing: nothing is merged across their sequence numbers, so that they can come back in their place.
    pub(crate) fn set_absent(&mut self, names: &[String]) {
        self.absent_lsns = names.iter().filter_map(|name| segment::lsns(name)).collect();
    }

    /// All segments' names, summaries and checksums, for whoever records them.
    pub(crate) fn segment_files(&self) -> Vec<(String, PathBuf, SegmentSummary)> {
        let of_segment = |segment: &Arc<Segment>| {
            let name = segment.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (name, segment.path().to_owned(), segment.summary().clone())
        };
        self.state.read().segments().iter().map(of_segment).collect()
    }

    pub(crate) fn read_file(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        self.storage.read(path).map_err(StoreError::io("read", path))
    }

    /// Bytes of the files that hold readings, and of the catalog.
    pub(crate) fn file_bytes(&self) -> Result<FileBytes, StoreError> {
        // A segment's temporary file may get its name meanwhile; it then counts for nothing until the next look.
        let total = |dir: &Path| -> Result<u64, StoreError> {
            let names = self.storage.list(dir).map_err(StoreError::io("list", dir))?;
            Ok(names.iter().map(|name| self.storage.length(&dir.join(name)).unwrap_or_default()).sum())
        };
        let catalog = total(&self.layout.catalog).unwrap_or_default();
        Ok(FileBytes { segments: total(&self.layout.segments)?, wal: total(&self.layout.wal)?, catalog, ledger: 0 })
    }

    /// Writes the catalog out.
    pub(crate) fn flush_catalog(&self) {
        self.catalog.flush();
    }
}

/// The commits of the ledger behind its first `commits` ones that the logs of a store hold, whoever is writing to it. Where the logs cannot be
/// read there are none: whoever asks for readings is told why.
pub(crate) fn ledger_commits(storage: &dyn Storage, dir: &Path, commits: u64) -> Vec<LedgerCommit> {
    journal::commits(storage, &Layout::new(dir).wal, commits).unwrap_or_default()
}
