//! Which stored frames were appended as history while no rule ran.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// Runs that are kept of one instrument. Frames of an older one count as if they had been sent, so that they may notify.
const RUNS_MAX: usize = 64;

/// Frames of one instrument that came one after the other and were all appended as history: the first and the last time of each such run. A
/// frame that was sent before a run, with a time inside it, counts as part of the run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::db) struct HistoryRuns {
    runs: Vec<(Timestamp, Timestamp)>,
    /// Whether the last frame was of the last run.
    goes_on: bool,
}

impl HistoryRuns {
    pub(in crate::db) fn note(&mut self, time: Timestamp, is_history: bool) {
        match (is_history, self.runs.last_mut().filter(|_| self.goes_on)) {
            (true, Some((first, last))) => (*first, *last) = ((*first).min(time), (*last).max(time)),
            (true, None) => self.runs.push((time, time)),
            (false, _) => self.split_at(time),
        }
        self.goes_on = is_history;
        let excess = self.runs.len().saturating_sub(RUNS_MAX);
        self.runs.drain(..excess);
    }

    pub(in crate::db) fn contains(&self, time: Timestamp) -> bool {
        self.runs.iter().any(|(first, last)| (*first..=*last).contains(&time))
    }

    /// A frame was sent at a time.
    fn split_at(&mut self, time: Timestamp) {
        let parts = |(first, last): (Timestamp, Timestamp)| {
            let (before, behind) = (last.min(time.plus_ms(-1)), first.max(time.plus_ms(1)));
            [(first, before), (behind, last)].into_iter().filter(|(first, last)| first <= last)
        };
        let is_apart = |(first, last): &(Timestamp, Timestamp)| time < *first || *last < time;
        let runs = std::mem::take(&mut self.runs);
        for run in runs {
            if is_apart(&run) {
                self.runs.push(run);
            } else {
                self.runs.extend(parts(run));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_is_of_history_where_it_was_appended_so_last(frames in prop::collection::vec((0_i64..60, any::<bool>()), 0..40)) {
            let mut runs = HistoryRuns::default();
            for (ms, is_history) in &frames {
                runs.note(Timestamp::from_ms(*ms), *is_history);
            }
            for (ms, is_history) in &frames {
                let last = frames.iter().rfind(|(at, _)| at == ms).map(|(_, is_history)| *is_history);
                if *is_history && last == Some(true) {
                    prop_assert!(runs.contains(Timestamp::from_ms(*ms)));
                }
            }
            if frames.iter().all(|(_, is_history)| !is_history) {
                prop_assert!(frames.iter().all(|(ms, _)| !runs.contains(Timestamp::from_ms(*ms))));
            }
        }
    }

    #[test]
    fn what_is_sent_behind_a_run_is_no_part_of_it() {
        let at = Timestamp::from_ms;
        let mut runs = HistoryRuns::default();
        for (ms, is_history) in [(1, true), (9, true), (5, false), (20, true), (12, false), (30, true), (28, true)] {
            runs.note(at(ms), is_history);
        }
        let of_history = (0..40).filter(|ms| runs.contains(at(*ms))).collect::<Vec<i64>>();
        assert_eq!(of_history, [1, 2, 3, 4, 6, 7, 8, 9, 20, 28, 29, 30]);
    }
}
