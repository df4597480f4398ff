//! Ranges of instants that readings which came late have reached.

use crate::base::limits::LATE_RANGES_MAX;
use crate::model::Timestamp;

/// Instants of one plan, in ranges that rise and keep apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct LateRanges(pub(in super::super) Vec<LateRange>);

/// Instants from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct LateRange {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Up to where it has been gone through, where the condition was not as it was then.
    pub(super) upto: Option<Timestamp>,
    /// Whether all readings that reach it were appended as history.
    pub(super) is_history: bool,
}

impl LateRanges {
    /// None.
    pub(in super::super) const NONE: Self = Self(Vec::new());

    /// Adds a range; those that are nearer to each other than `apart_ms` become one. Of too many, the two nearest do.
    pub(super) fn add(&mut self, (from, to): (Timestamp, Timestamp), apart_ms: i64, is_history: bool) {
        let begin = self.0.partition_point(|range| range.end().plus_ms(apart_ms) < from);
        let end = self.0.partition_point(|range| range.from <= to.plus_ms(apart_ms));
        let near = self.0.splice(begin..end.max(begin), []);
        let alone = LateRange { from, to, upto: None, is_history };
        let joined = near.fold(alone, LateRange::joined);
        self.0.insert(begin, joined);
        if self.0.len() > LATE_RANGES_MAX {
            self.join_nearest();
        }
    }

    /// Drops everything after an evaluation time: those times are evaluated again as they come.
    pub(in super::super) fn cut(&mut self, last: Timestamp) {
        self.0.retain(|range| range.from <= last);
        for range in &mut self.0 {
            (range.to, range.upto) = (range.to.min(last), range.upto.filter(|upto| *upto <= last));
        }
    }

    fn join_nearest(&mut self) {
        let gaps = self.0.iter().zip(self.0.iter().skip(1)).map(|(one, next)| next.from.since_ms(one.end()));
        let Some((place, _)) = gaps.enumerate().min_by_key(|(_, gap_ms)| *gap_ms) else { return };
        let next = self.0.remove(place + 1);
        self.0.iter_mut().skip(place).take(1).for_each(|range| *range = range.joined(next));
    }
}

impl LateRange {
    fn end(&self) -> Timestamp {
        self.upto.map_or(self.to, |upto| upto.max(self.to))
    }

    /// Both, to be gone through from the beginning.
    fn joined(self, other: Self) -> Self {
        let is_history = self.is_history && other.is_history;
        Self { from: self.from.min(other.from), to: self.to.max(other.to), upto: None, is_history }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_rise_keep_apart_and_cover_every_instant(
            added in prop::collection::vec((0_i64..5_000, 0_i64..80, any::<bool>()), 1..80), apart_ms in 0_i64..60
        ) {
            let mut ranges = LateRanges::default();
            let (mut covered, mut sent) = (BTreeSet::new(), BTreeSet::new());
            for (from, length, is_history) in added {
                covered.extend(from..=from + length);
                sent.extend((from..=from + length).filter(|_| !is_history));
                ranges.add((Timestamp::from_ms(from), Timestamp::from_ms(from + length)), apart_ms, is_history);
                prop_assert!(ranges.0.len() <= LATE_RANGES_MAX);
                prop_assert!(ranges.0.iter().all(|range| range.from <= range.to));
                let pairs = ranges.0.iter().zip(ranges.0.iter().skip(1));
                prop_assert!(pairs.clone().all(|(one, next)| one.to.plus_ms(apart_ms) < next.from));
            }
            for range in &ranges.0 {
                let has_any = sent.range(range.from.as_ms()..=range.to.as_ms()).next().is_some();
                prop_assert_eq!(range.is_history, !has_any, "one reading that was sent is enough");
            }
            let is_in = |ms: i64| ranges.0.iter().any(|range| (range.from.as_ms()..=range.to.as_ms()).contains(&ms));
            prop_assert!(covered.iter().all(|ms| is_in(*ms)));
            let ends = ranges.0.iter().flat_map(|range| [range.from.as_ms(), range.to.as_ms()]);
            prop_assert!(ends.into_iter().all(|ms| covered.contains(&ms)), "no range goes beyond what was added");
        }
    }
}
