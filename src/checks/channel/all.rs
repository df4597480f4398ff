//! All tests of one channel.

use super::blocks::{BlockStatistics, Blocks};
use super::calibration::Calibrations;
use super::limits::UnderLimit;
use super::repeats::Repeats;
use super::steps::{Changes, FlatLine, Gap, GrossRange};
use crate::checks::facts::Facts;
use crate::checks::finding::Finding;
use crate::checks::options::CheckOptions;
use crate::model::{Sample, Timestamp};

/// The tests of one channel, and what they remember.
#[derive(Debug, Clone)]
pub(in crate::checks) struct ChannelTests {
    pub(in crate::checks) facts: Facts,
    gap: Gap,
    range: GrossRange,
    changes: Changes,
    flat: FlatLine,
    repeats: Repeats,
    long_repeats: Repeats,
    blocks: Blocks,
    limit: UnderLimit,
    calibrations: Calibrations,
}

impl ChannelTests {
    pub(in crate::checks) fn new(facts: Facts, options: &CheckOptions) -> Self {
        Self {
            gap: Gap::new(options),
            range: GrossRange::new(&facts),
            changes: Changes::new(&facts),
            flat: FlatLine::new(options),
            repeats: Repeats::new(&facts, false),
            long_repeats: Repeats::new(&facts, true),
            blocks: Blocks::new(),
            limit: UnderLimit::default(),
            calibrations: Calibrations::default(),
            facts,
        }
    }

    /// The smallest change from one value to the next; zero if the values never changed.
    pub(in crate::checks) fn step(&self) -> f64 {
        Some(self.changes.step_min()).filter(|step| step.is_finite()).unwrap_or_default()
    }

    /// Whether the hour that ends had a flag of calibration or maintenance.
    pub(in crate::checks) fn end_hour(&mut self) -> bool {
        self.calibrations.end_hour()
    }

    /// The level of an hour, as the share of lower hours at this time of day.
    pub(in crate::checks) fn rank(&self, time: Timestamp, level: f64) -> Option<f64> {
        self.calibrations.rank(time, level).filter(|_| self.facts.is_concentration())
    }

    /// Takes the level of the other channels in an hour that had a flag.
    pub(in crate::checks) fn push_companions(&mut self, rank: f64) {
        self.calibrations.push_companions(rank);
    }

    /// Takes a sample; returns the statistics of a block that ended before it.
    pub(in crate::checks) fn push(
        &mut self,
        time: Timestamp,
        sample: Sample,
        found: &mut Vec<Finding>,
    ) -> Option<BlockStatistics> {
        let facts = &self.facts;
        found.extend(self.gap.push(facts, time, sample));
        if facts.is_concentration() {
            found.extend(self.calibrations.push(facts, time, sample));
        }
        let value = sample.valid()?;
        found.extend(self.range.push(facts, time, value));
        if !facts.is_linear() {
            found.extend(self.flat.push(facts, time, sample));
            return None;
        }
        found.extend(self.changes.push(facts, time, value).into_iter().flatten());
        found.extend(self.flat.push(facts, time, sample));
        found.extend(self.repeats.push(facts, time, value));
        let long = self.long_repeats.push(facts, time, value);
        found.extend(long.filter(|finding| !self.repeats.covers(finding)));
        found.extend(self.limit.push(facts, time, value));
        self.blocks.push(facts, (time, value), found)
    }

    /// Ends everything that is open.
    pub(in crate::checks) fn finish(&mut self, found: &mut Vec<Finding>) -> Option<BlockStatistics> {
        let facts = &self.facts;
        found.extend(self.range.finish(facts));
        found.extend(self.flat.finish(facts));
        found.extend(self.repeats.finish(facts));
        found.extend(self.long_repeats.finish(facts).filter(|finding| !self.repeats.covers(finding)));
        found.extend(self.limit.finish(facts));
        self.blocks.finish(facts, found)
    }
}
