//! Group commit: many threads that wait for the write-ahead log share one sync.

use super::error::JournalError;
use crate::base::observe::{self, Count, Level, Timing, Work};
use crate::io::LogFile;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The longest that a thread waits for others before it syncs.
const GATHERING_MAX: Duration = Duration::from_millis(1);

/// Makes the write-ahead log durable, for many threads at once.
///
/// Whoever comes first leads: it waits until as many threads have come as wanted the sync before, at most half as long as that sync
/// took, and syncs for all of them. A thread alone never waits, and neither does one that syncs before anybody wants it. Without the wait threads that come back one after the other fall into two
/// groups of which each waits for the other's sync.
#[derive(Debug)]
pub struct WalSync {
    dir: PathBuf,
    current: Mutex<SyncState>,
    /// Told when a sync has ended.
    ended: Condvar,
    /// Told when the group that a leader waits for is complete.
    complete: Condvar,
    written_lsn: AtomicU64,
    /// Frames of the log since it was opened, and those that it had then; not all of them have sequence numbers of their own.
    written_frames: AtomicU64,
    synced_frames: AtomicU64,
    /// Kept beside the lock, so that an append never waits for a sync that is under way.
    synced_lsn: AtomicU64,
    poisoned: AtomicBool,
}

#[derive(Debug)]
struct SyncState {
    path: PathBuf,
    log: Arc<dyn LogFile>,
    phase: Phase,
    /// Threads in the group that gathers now, its leader among them.
    gathered: usize,
    /// Threads that have come since the sync that runs now began.
    late: usize,
    /// Threads that wanted the sync before.
    expected: usize,
    /// How long the sync before took.
    took: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Gathering,
    Syncing,
}

impl WalSync {
    /// For the file at `path`, in the folder `dir`, which is durable up to `lsn` and holds so many frames of the log.
    pub(crate) fn new(dir: &Path, path: &Path, log: Arc<dyn LogFile>, (lsn, frames): (u64, u64)) -> Self {
        let current = SyncState {
            path: path.to_owned(),
            log,
            phase: Phase::Idle,
            gathered: 0,
            late: 0,
            expected: 1,
            took: Duration::ZERO,
        };
        Self {
            dir: dir.to_owned(),
            current: Mutex::new(current),
            ended: Condvar::new(),
            complete: Condvar::new(),
            written_lsn: AtomicU64::new(lsn),
            written_frames: AtomicU64::new(frames),
            synced_frames: AtomicU64::new(frames),
            synced_lsn: AtomicU64::new(lsn),
            poisoned: AtomicBool::new(false),
        }
    }

    /// Returns once every frame up to `lsn` would survive a power failure.
    ///
    /// # Errors
    /// [`JournalError::Io`] where the sync fails, and [`JournalError::Poisoned`] ever after: what is on disk is then unknown until the
    /// store is opened again. [`JournalError::NotWritten`] for a frame that nobody has written yet.
    pub fn wait_durable(&self, lsn: u64) -> Result<(), JournalError> {
        self.wait_for(lsn, 0)
    }

    /// Returns once every frame up to `lsn`, and so many frames of the log, would survive a power failure.
    fn wait_for(&self, lsn: u64, frames: u64) -> Result<(), JournalError> {
        self.check()?;
        let is_durable = || self.synced_lsn() >= lsn && self.synced_frames() >= frames;
        if is_durable() {
            return Ok(());
        }
        let last_lsn = self.written_lsn.load(Ordering::Acquire);
        if last_lsn < lsn {
            return Err(JournalError::NotWritten { lsn, last_lsn });
        }
        let mut current = self.current.lock();
        loop {
            self.check()?;
            if is_durable() {
                return Ok(());
            }
            match current.phase {
                Phase::Idle => break,
                Phase::Gathering => {
                    current.gathered += 1;
                    if current.gathered >= current.expected {
                        self.complete.notify_one();
                    }
                }
                Phase::Syncing => current.late += 1,
            }
            self.ended.wait(&mut current);
        }
        self.gather(&mut current);
        self.sync_for(current, |ended| ended.gathered + ended.late)
    }

    /// Waits for a group.
    fn gather(&self, current: &mut MutexGuard<'_, SyncState>) {
        (current.phase, current.gathered) = (Phase::Gathering, 1);
        let until = Instant::now() + (current.took / 2).min(GATHERING_MAX);
        while current.gathered < current.expected {
            if self.complete.wait_until(current, until).timed_out() {
                break;
            }
        }
    }

    /// Syncs; `expected` says how many threads are expected next time.
    fn sync_for(
        &self,
        mut current: MutexGuard<'_, SyncState>,
        expected: impl FnOnce(&SyncState) -> usize,
    ) -> Result<(), JournalError> {
        (current.phase, current.late) = (Phase::Syncing, 0);
        let (log, path) = (Arc::clone(&current.log), current.path.clone());
        drop(current);
        let _work = observe::begin(Work::Sync);
        let begun = Instant::now();
        let written = self.written_lsn.load(Ordering::Acquire);
        let frames = self.written_frames();
        let result = log.sync();
        match &result {
            Ok(()) => {
                self.synced_lsn.store(written, Ordering::Release);
                self.synced_frames.store(frames, Ordering::Release);
                observe::level(Level::DurableLag, self.written_lsn.load(Ordering::Acquire).saturating_sub(written));
            }
            Err(_) => self.poison(),
        }
        let took = begun.elapsed();
        observe::took(Timing::Sync, took);
        observe::count(Count::Syncs, 1);
        observe::count(Count::SyncsFailed, u64::from(result.is_err()));
        let mut current = self.current.lock();
        (current.phase, current.took) = (Phase::Idle, took);
        current.expected = expected(&current);
        drop(current);
        self.ended.notify_all();
        result.map_err(JournalError::io("sync", &path))
    }

    /// Goes on with another file, once nobody is syncing the one before. Everything up to `synced_lsn` is durable elsewhere.
    pub(crate) fn switch_to(&self, path: &Path, log: Arc<dyn LogFile>, synced_lsn: u64) {
        let mut current = self.current.lock();
        while current.phase == Phase::Syncing {
            self.ended.wait(&mut current);
        }
        (current.log, current.path) = (log, path.to_owned());
        self.synced_lsn.store(synced_lsn, Ordering::Release);
        drop(current);
        self.ended.notify_all();
    }

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// As [`WalSync::wait_durable`].
    pub fn sync_written(&self) -> Result<(), JournalError> {
        self.wait_for(self.written_lsn.load(Ordering::Acquire), self.written_frames())
    }

    /// Whether everything written so far is known to be durable.
    pub(crate) fn is_all_synced(&self) -> bool {
        self.synced_frames() >= self.written_frames()
    }

    /// The last frame that is known to be durable.
    #[must_use]
    pub fn synced_lsn(&self) -> u64 {
        self.synced_lsn.load(Ordering::Acquire)
    }

    /// Frames of the log that have been written.
    pub(crate) fn written_frames(&self) -> u64 {
        self.written_frames.load(Ordering::Acquire)
    }

    /// Frames of the log that are known to be durable.
    pub(crate) fn synced_frames(&self) -> u64 {
        self.synced_frames.load(Ordering::Acquire)
    }

    /// Says that the log has one more frame.
    pub(crate) fn note_frame(&self) {
        self.written_frames.fetch_add(1, Ordering::AcqRel);
    }

    /// Says that the log has been written up to a frame.
    pub(crate) fn set_written(&self, lsn: u64) {
        self.written_lsn.store(lsn, Ordering::Release);
    }

    /// Refuses once a sync has failed.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(JournalError::Poisoned { path: self.dir.clone() });
        }
        Ok(())
    }

    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::Release);
    }
}
