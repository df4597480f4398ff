//! Frames that the ledger rests on and no file holds: the log was removed, cut short or replaced by an older copy.

use super::error::StoreError;
use super::segment;
use crate::io::Storage;
use crate::journal::{self, LsnRange, WalSpan};
use std::path::{Path, PathBuf};

/// What the ledger knows of frames. A log that does not reach as far is not the one that the ledger was written beside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct KnownFrames {
    /// Commits of the ledger. A store has a log before its ledger has the first.
    pub(crate) commits: u64,
    /// Last frame that a record rests on.
    pub(crate) last_lsn: u64,
    /// Last frame of the segments that were recorded, in use or not.
    pub(crate) sealed_lsn: u64,
    /// Frames whose loss is recorded.
    pub(crate) lost: Vec<LsnRange>,
}

/// One file of the log.
#[derive(Debug)]
pub(super) struct FoundLog {
    /// First frame, by its name.
    pub(super) begin: u64,
    pub(super) path: PathBuf,
    pub(super) span: WalSpan,
}

impl FoundLog {
    /// The frame behind its last one.
    pub(super) fn end(&self) -> u64 {
        self.span.end(self.begin)
    }
}

/// What is missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    /// Frames that are known to have been durable.
    pub(super) lost: Vec<LsnRange>,
    /// First frame of a log that is not there: nobody can tell whether it held any.
    pub(super) missing_log: Option<u64>,
}

impl Gaps {
    pub(super) fn of(known: &KnownFrames, logs: &[FoundLog], segment_names: &[String]) -> Self {
        let last_commit = logs.iter().map(|log| log.span.last_commit).max().unwrap_or(0);
        if last_commit > known.commits + 1 {
            // It is the ledger that is too old, which its owner reports.
            return Self::default();
        }
        let first_of_logs = logs.iter().map(|log| log.begin).min();
        let first_needed = if known.commits > 0 { Some(known.sealed_lsn + 1) } else { first_of_logs };
        let Some(first_needed) = first_needed else { return Self::default() };
        let ends = logs.iter().filter_map(|log| log.span.lsns.map(|(_, behind)| behind.saturating_sub(1)));
        let last_needed = ends.max().unwrap_or(0).max(known.last_lsn);
        let covered = covered(known, logs, segment_names);
        let mut lost = uncovered(covered, first_needed, last_needed);
        if known.commits == 0 {
            return Self { lost, missing_log: None };
        }
        let is_missing = logs.iter().all(|log| log.span.valid_bytes == 0);
        let is_older = !is_missing && logs.iter().all(|log| log.end() <= known.sealed_lsn);
        if is_older && lost.is_empty() {
            lost.push(LsnRange { first: known.sealed_lsn + 1, last: None });
        }
        let last_of_names = segment_names.iter().filter_map(|name| segment::lsns(name)).map(|(_, last)| last).max();
        let behind = last_needed.max(known.sealed_lsn).max(last_of_names.unwrap_or(0)).saturating_add(1);
        let missing_log = (is_missing && lost.is_empty()).then_some(behind);
        Self { lost, missing_log }
    }

    /// All that is missing, or may be.
    pub(super) fn ranges(self) -> Vec<LsnRange> {
        let Self { mut lost, missing_log } = self;
        lost.extend(missing_log.map(|first| LsnRange { first, last: None }));
        lost
    }

    /// What is missing as an error, where it is known to be: the file behind the gap names it, if there is one.
    pub(super) fn error(&self, dir: &Path, logs: &[FoundLog]) -> Option<StoreError> {
        let LsnRange { first: first_lsn, last: last_lsn } = *self.lost.first()?;
        let begins_behind = |log: &&FoundLog| log.span.lsns.is_some_and(|(begin, _)| Some(begin - 1) == last_lsn);
        if let Some((log, last_lsn)) = logs.iter().find(begins_behind).zip(last_lsn) {
            return Some(StoreError::MissingFrames { path: log.path.clone(), first_lsn, last_lsn });
        }
        let ends_before = logs.iter().rev().find(|log| log.end() <= first_lsn).map(|log| log.path.clone());
        let path = ends_before.unwrap_or_else(|| dir.to_owned());
        Some(StoreError::LostFrames { path, frames: LsnRange { first: first_lsn, last: last_lsn } })
    }
}

/// Which frames are in a file, were in one that was set aside, or are known to be lost.
fn covered(known: &KnownFrames, logs: &[FoundLog], segment_names: &[String]) -> Vec<(u64, u64)> {
    let mut covered: Vec<(u64, u64)> = segment_names.iter().filter_map(|name| segment::lsns(name)).collect();
    covered.extend(known.lost.iter().filter_map(|range| Some((range.first, range.last?))));
    for WalSpan { lsns, gaps, .. } in logs.iter().map(|log| &log.span) {
        let Some((mut first, behind)) = *lsns else { continue };
        for (gap, gap_end) in gaps {
            if *gap > first {
                covered.push((first, gap - 1));
                first = gap_end + 1;
            }
        }
        covered.push((first, behind.saturating_sub(1)));
    }
    covered.sort_unstable();
    covered
}

/// What of the frames from `next` to `last` is in none of the ranges, which are sorted.
fn uncovered(ranges: Vec<(u64, u64)>, mut next: u64, last: u64) -> Vec<LsnRange> {
    let mut missing = Vec::new();
    for (from, to) in ranges {
        if from > next && next <= last {
            missing.push(LsnRange { first: next, last: Some(last.min(from - 1)) });
        }
        next = next.max(to.saturating_add(1));
    }
    if next <= last {
        missing.push(LsnRange { first: next, last: Some(last) });
    }
    missing
}

/// All files of a log with what they span, in order.
pub(super) fn find_logs(storage: &dyn Storage, dir: &Path) -> Result<Vec<FoundLog>, StoreError> {
    let found = |(begin, path): (u64, PathBuf)| {
        let span = journal::span(storage, &path)?;
        Ok(FoundLog { begin, path, span })
    };
    journal::files(storage, dir)?.into_iter().map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(begin: u64, lsns: Option<(u64, u64)>, gaps: &[(u64, u64)]) -> FoundLog {
        let span = WalSpan { lsns, gaps: gaps.to_vec(), frames: 1, valid_bytes: 16, torn_bytes: 0, last_commit: 0 };
        FoundLog { begin, path: PathBuf::from(format!("{begin}.wal")), span }
    }

    fn known(sealed_lsn: u64, last_lsn: u64, lost: &[(u64, u64)]) -> KnownFrames {
        let lost = lost.iter().map(|(first, last)| LsnRange { first: *first, last: Some(*last) }).collect();
        KnownFrames { commits: 5, last_lsn, sealed_lsn, lost }
    }

    #[test]
    fn frames_that_no_file_holds_are_named_from_the_first_to_the_last() {
        let names = |names: &[(u64, u64)]| -> Vec<String> {
            names.iter().map(|(first, last)| format!("{first:020}-{last:020}.seg")).collect()
        };
        let lost = |known: &KnownFrames, logs: &[FoundLog], held: &[(u64, u64)]| -> Vec<(u64, Option<u64>)> {
            Gaps::of(known, logs, &names(held)).lost.iter().map(|range| (range.first, range.last)).collect()
        };
        let log_to = |behind| [log(101, Some((101, behind)), &[])];
        assert_eq!(lost(&known(100, 150, &[]), &log_to(151), &[(1, 100)]), []);
        assert_eq!(lost(&known(100, 150, &[]), &log_to(121), &[(1, 100)]), [(121, Some(150))], "cut");
        assert_eq!(lost(&known(100, 150, &[]), &[log(101, None, &[])], &[(1, 100)]), [(101, Some(150))], "emptied");
        assert_eq!(lost(&known(100, 150, &[]), &[], &[(1, 100)]), [(101, Some(150))], "removed");
        assert_eq!(lost(&known(100, 150, &[(121, 150)]), &log_to(121), &[(1, 100)]), [], "known to be lost");
        assert_eq!(lost(&known(100, 150, &[]), &log_to(121), &[(1, 100), (121, 150)]), [], "sealed and not recorded");
        assert_eq!(lost(&known(100, 100, &[]), &[log(1, Some((1, 51)), &[])], &[(1, 100)]), [(101, None)], "older");
        assert_eq!(lost(&known(100, 100, &[]), &[log(101, None, &[])], &[(1, 100)]), []);
        let holes = [log(101, Some((101, 151)), &[(111, 115)]), log(161, Some((161, 171)), &[])];
        assert_eq!(lost(&known(100, 0, &[]), &holes, &[]), [(111, Some(115)), (151, Some(160))]);
    }

    #[test]
    fn a_log_that_is_not_there_at_all_is_noticed_though_nothing_rests_on_it() {
        let missing = |known: &KnownFrames, logs: &[FoundLog]| Gaps::of(known, logs, &[]).missing_log;
        assert_eq!(missing(&known(100, 100, &[]), &[]), Some(101));
        assert_eq!(missing(&known(100, 100, &[]), &[log(101, None, &[])]), None);
        assert_eq!(missing(&KnownFrames::default(), &[]), None, "a new store");
    }
}
