//! Reading the write-ahead log back.

use super::error::JournalError;
use super::file::{KIND, files, first_lsn_of};
use super::payload::{Entry, LedgerCommit, Origin, decode_payload};
use crate::io::Storage;
use crate::io::log::{LogError, LogFrame};
use crate::io::pieces::LogPieces;
use crate::model::Batch;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// One WAL file, read back.
pub(crate) struct WalContent {
    /// Batches with the sequence number of their first frame.
    pub(crate) batches: Vec<(u64, Batch)>,
    /// What it spans.
    pub(crate) span: WalSpan,
}

/// What a WAL file spans.
#[derive(Debug, Clone, Default)]
pub(crate) struct WalSpan {
    /// The sequence numbers of its first row and behind its last; `None` without rows.
    pub(crate) lsns: Option<(u64, u64)>,
    /// Sequence numbers that are missing among them, from the one in its name on.
    pub(crate) gaps: Vec<(u64, u64)>,
    /// How many frames it has.
    pub(crate) frames: u64,
    pub(crate) valid_bytes: u64,
    pub(crate) torn_bytes: u64,
    /// The number of the last commit of the ledger in it; 0 for none.
    pub(crate) last_commit: u64,
}

impl WalSpan {
    /// The sequence number behind its last frame, in a file whose name says that it begins with `begin`.
    pub(crate) fn end(&self, begin: u64) -> u64 {
        self.lsns.map_or(begin, |(_, behind)| behind)
    }

    /// The frames that are missing between the file before it, which ends at `end`, and its own: no crash takes a file away that is durable
    /// before the next one has a frame. Frames that segments hold are not missing.
    pub(crate) fn gap_before(&self, begin: u64, end: Option<u64>, sealed_lsn: u64) -> Option<(u64, u64)> {
        let first_missing = end?.max(sealed_lsn + 1);
        (self.lsns.is_some() && first_missing < begin).then(|| (first_missing, begin - 1))
    }

    /// Takes down that the next entry begins with a row, in a file whose next one should be `next`.
    fn note_begin(&mut self, next: u64, begin: u64) {
        if next < begin {
            self.gaps.push((next, begin - 1));
        }
    }
}

/// Reads a WAL file and keeps all of its batches.
pub(crate) fn read(storage: &dyn Storage, path: &Path) -> Result<WalContent, JournalError> {
    let mut batches = Vec::new();
    let span = go_through(storage, path, |first_lsn, entry| {
        if let Entry::Batch(batch, _) = entry {
            batches.push((first_lsn, batch));
        }
    })?;
    Ok(WalContent { batches, span })
}

/// Goes through a WAL file and keeps nothing.
pub(crate) fn span(storage: &dyn Storage, path: &Path) -> Result<WalSpan, JournalError> {
    go_through(storage, path, |_, _| {})
}

/// The commits of the ledger behind its first `commits` ones that the files of a folder hold, in order. Of what a crash has left behind
/// these are one or none: each stands in the ledger before the next is written.
pub(crate) fn commits(storage: &dyn Storage, dir: &Path, commits: u64) -> Result<Vec<LedgerCommit>, JournalError> {
    let mut found: Vec<LedgerCommit> = Vec::new();
    for (_, path) in files(storage, dir)? {
        go_through(storage, &path, |_, entry| {
            if let Entry::Commit(commit) = entry
                && commit.number > found.last().map_or(commits, |last| last.number)
            {
                found.push(commit);
            }
        })?;
    }
    Ok(found)
}

/// Shows every entry of a WAL file, in order.
///
/// Frames behind a bad one are what a crash may leave of appends that no sync covered. If one of them says that the bad one had been
/// synced, that is damage.
fn go_through(storage: &dyn Storage, path: &Path, mut show: impl FnMut(u64, Entry)) -> Result<WalSpan, JournalError> {
    let length = storage.length(path).map_err(JournalError::io("read", path))?;
    let mut frames = WalFrames::open(storage, path, length)?;
    let mut found = WalSpan::default();
    let mut next_lsn = first_lsn_of(path);
    while let Some((sequence, entry)) = frames.next(storage)? {
        found.frames += 1;
        let begin = entry.begin(sequence);
        found.note_begin(next_lsn.unwrap_or(begin), begin);
        match &entry {
            Entry::Batch(batch, _) => {
                let (first_lsn, _) = found.lsns.unwrap_or((sequence, sequence));
                found.lsns = Some((first_lsn, sequence + batch.len() as u64));
            }
            Entry::Commit(commit) => found.last_commit = commit.number,
        }
        next_lsn = Some((begin + entry.rows()).max(next_lsn.unwrap_or(0)));
        show(sequence, entry);
    }
    let WalFrames { path, pieces } = frames;
    let in_log = |source| JournalError::Log { path: path.clone(), source };
    let tail = pieces.tail().map_err(in_log)?;
    let proves_loss =
        |frame: &&LogFrame<'_>| decode_payload(frame.payload).is_ok_and(|(synced, _)| synced > found.frames);
    let valid_bytes = pieces.valid_bytes();
    if let Some(witness) = tail.stranded.iter().find(proves_loss) {
        let offset = usize::try_from(valid_bytes).unwrap_or(usize::MAX);
        return Err(in_log(LogError::Damaged { offset, next_offset: witness.offset }));
    }
    Ok(WalSpan { valid_bytes, torn_bytes: tail.torn_bytes as u64, ..found })
}

/// The entries of a WAL file, one after the other with their first sequence number. However long the file, only a piece of it is
/// in memory.
#[derive(Debug)]
struct WalFrames {
    path: PathBuf,
    pieces: LogPieces,
}

impl WalFrames {
    /// Those up to `end`, which is a place in the file.
    fn open(storage: &dyn Storage, path: &Path, end: u64) -> Result<Self, JournalError> {
        let mut pieces = LogPieces::open(storage, path, end).map_err(JournalError::io("read", path))?;
        pieces.check_header(KIND).map_err(|source| JournalError::Log { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), pieces })
    }

    fn next(&mut self, storage: &dyn Storage) -> Result<Option<(u64, Entry)>, JournalError> {
        let path = &self.path;
        let Some(frame) = self.pieces.next(storage).map_err(JournalError::io("read", path))? else { return Ok(None) };
        let decoded = decode_payload(frame.payload);
        let (_, entry) = decoded.map_err(|error| JournalError::corrupt(path, frame.offset, error))?;
        Ok(Some((frame.sequence, entry)))
    }
}

/// Frames of the write-ahead log that are not in the head yet, as they arrived together.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Sequence number of the first.
    pub(crate) first_lsn: u64,
    /// The frames.
    pub(crate) batch: Batch,
    /// Where they come from.
    pub(crate) origin: Origin,
}

/// Frames of the write-ahead log that are not in the head yet.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// Files, and where their frames end.
    files: VecDeque<(PathBuf, u64)>,
    current: Option<WalFrames>,
    /// What is left of a batch of which only the first frames were asked for.
    pub(crate) rest: Option<Arrival>,
    /// The first frame of the last batch: a file that was given another name, and that a crash has left under both, is read once.
    last_lsn: Option<u64>,
    /// Whether a file holds frames that a segment holds, and others: what ends this way begins in the middle of replaying.
    pub(crate) is_partly_sealed: bool,
}

impl Replay {
    /// Of files that hold frames no segment holds, and where these end, in order.
    pub(crate) fn of(files: Vec<(PathBuf, u64)>, is_partly_sealed: bool) -> Self {
        Self { files: files.into(), is_partly_sealed, ..Self::default() }
    }

    /// Whether there is no such frame.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The next batch, or what was put back of one.
    pub(crate) fn next(&mut self, storage: &dyn Storage) -> Result<Option<Arrival>, JournalError> {
        if let Some(rest) = self.rest.take() {
            return Ok(Some(rest));
        }
        loop {
            let next = self.current.as_mut().map(|current| current.next(storage)).transpose()?.flatten();
            if let Some((first_lsn, entry)) = next {
                // The ledger has its commits by now.
                let Entry::Batch(batch, origin) = entry else { continue };
                if self.last_lsn.is_some_and(|last_lsn| first_lsn <= last_lsn) {
                    continue;
                }
                self.last_lsn = Some(first_lsn);
                return Ok(Some(Arrival { first_lsn, batch, origin }));
            }
            self.current = None;
            let Some((path, end)) = self.files.pop_front() else { return Ok(None) };
            self.current = Some(WalFrames::open(storage, &path, end)?);
        }
    }
}
