//! A channel against the same channel elsewhere.

use super::hours::HourMeans;
use crate::checks::chance::Past;
use crate::checks::channel::{BlockStatistics, block_ms, join};
use crate::checks::facts::{Facts, HOUR_MS, digits, length};
use crate::checks::finding::{Finding, QualityTest};
use crate::model::{Dimension, Timestamp};
use std::collections::BTreeMap;

/// Fewest channels of a group: one, and two neighbours to compare it with.
const MEMBERS_MIN: usize = 3;
/// Share of its usual size under which variation has collapsed.
const RATIO_MAX: f64 = 0.5;

/// Channels of one name, interval and unit.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Group {
    members: Vec<Member>,
    block_ms: i64,
    /// Number of the block of which roughness is known of some members.
    block: i64,
}

/// One channel of a group.
#[derive(Debug, Clone)]
struct Member {
    /// Number of the channel.
    index: usize,
    /// Hourly differences from the median of the neighbours, in the current block.
    differences: Vec<f64>,
    /// First and last hour of the current block, and the number of the block.
    hours: Option<(Timestamp, Timestamp, i64)>,
    levels: Past,
    level_open: Option<Finding>,
    /// Statistics of the block whose roughness is compared.
    statistics: Option<BlockStatistics>,
    roughness: Past,
    roughness_open: Option<Finding>,
}

/// The groups of channels that can be compared.
pub(in crate::checks) fn groups<'a>(channels: impl Iterator<Item = &'a Facts>) -> Vec<Group> {
    let mut found: BTreeMap<(String, i64, String), (Vec<usize>, i64)> = BTreeMap::new();
    for (index, facts) in channels.enumerate() {
        let is_number = facts.channel.unit().dimension() == Dimension::Number;
        if facts.is_linear() && !is_number {
            let unit = facts.channel.unit().symbol().to_owned();
            let key = (facts.channel.name().to_lowercase(), facts.interval_ms, unit);
            found.entry(key).or_insert((Vec::new(), facts.interval_ms)).0.push(index);
        }
    }
    let large = found.into_values().filter(|(members, _)| members.len() >= MEMBERS_MIN);
    large.map(|(members, interval_ms)| Group::new(members, interval_ms)).collect()
}

impl Group {
    fn new(members: Vec<usize>, interval_ms: i64) -> Self {
        let member = |index| Member {
            index,
            differences: Vec::new(),
            hours: None,
            levels: Past::default(),
            level_open: None,
            statistics: None,
            roughness: Past::default(),
            roughness_open: None,
        };
        Self { members: members.into_iter().map(member).collect(), block_ms: block_ms(interval_ms), block: i64::MIN }
    }

    /// Numbers of the channels.
    pub(in crate::checks) fn members(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().map(|member| member.index)
    }

    /// Takes the means of an hour.
    pub(in crate::checks) fn push_hour(&mut self, means: &HourMeans, facts: &[&Facts], found: &mut Vec<Finding>) {
        let block = means.end.as_ms().saturating_sub(1).div_euclid(self.block_ms);
        let of = |member: &Member| means.mean(member.index, facts.get(member.index)?.interval_ms);
        let values: Vec<Option<f64>> = self.members.iter().map(of).collect();
        for (place, member) in self.members.iter_mut().enumerate() {
            let Some(facts) = facts.get(member.index) else { continue };
            if member.hours.is_some_and(|(_, _, number)| number != block) {
                member.end_level(facts, self.block_ms, found);
            }
            let Some((value, neighbours)) = values.get(place).copied().flatten().zip(median_of_others(&values, place))
            else {
                continue;
            };
            member.differences.push(value - neighbours);
            let first = member.hours.map_or(means.end, |(first, ..)| first);
            member.hours = Some((first, means.end, block));
        }
    }

    /// Takes the statistics of a block of one channel.
    pub(in crate::checks) fn push_block(
        &mut self,
        channel: usize,
        statistics: BlockStatistics,
        facts: &[&Facts],
        found: &mut Vec<Finding>,
    ) {
        if statistics.number < self.block {
            return;
        }
        if statistics.number > self.block {
            self.end_roughness(facts, found);
            self.block = statistics.number;
        }
        if let Some(member) = self.members.iter_mut().find(|member| member.index == channel) {
            member.statistics = Some(statistics);
        }
    }

    /// Ends blocks and findings that are open.
    pub(in crate::checks) fn finish(&mut self, facts: &[&Facts], found: &mut Vec<Finding>) {
        self.end_roughness(facts, found);
        for member in &mut self.members {
            if let Some(facts) = facts.get(member.index) {
                member.end_level(facts, self.block_ms, found);
            }
            found.extend(member.level_open.take());
            found.extend(member.roughness_open.take());
        }
    }

    fn end_roughness(&mut self, facts: &[&Facts], found: &mut Vec<Finding>) {
        let blocks: Vec<Option<BlockStatistics>> =
            self.members.iter_mut().map(|member| member.statistics.take()).collect();
        let logarithm = |block: &BlockStatistics| if block.roughness > 0.0 { block.roughness.ln() } else { f64::MIN };
        let roughness: Vec<Option<f64>> = blocks.iter().map(|block| block.as_ref().map(logarithm)).collect();
        for (place, (member, block)) in self.members.iter_mut().zip(&blocks).enumerate() {
            let (Some(facts), Some(block)) = (facts.get(member.index), block) else { continue };
            let usable = median_of_others(&roughness, place).filter(|median| *median > f64::MIN);
            let (Some(own), Some(neighbours)) = (roughness.get(place).copied().flatten(), usable) else { continue };
            let ratio = if own > f64::MIN { own - neighbours } else { f64::MIN };
            let finding = member.judge_roughness(facts, block, ratio, self.block_ms);
            join(&mut member.roughness_open, finding, found, self.block_ms);
        }
    }
}

impl Member {
    /// Compares the level of the block that ended with that of the blocks before.
    fn end_level(&mut self, facts: &Facts, block_ms: i64, found: &mut Vec<Finding>) {
        let (hours, mut differences) = (self.hours.take(), std::mem::take(&mut self.differences));
        let Some((from, to, _)) = hours.filter(|_| differences.len() as i64 * 2 * HOUR_MS >= block_ms) else {
            return;
        };
        let Some(level) = median(&mut differences) else { return };
        let tail = facts.tail(2.0 * facts.values_per_month / facts.values_in(block_ms));
        let usual = self.levels.usual(tail).filter(|usual| usual.high > usual.low);
        let passed = usual.and_then(|usual| {
            let bound = if level > usual.high { usual.high } else { usual.low };
            (level > usual.high || level < usual.low).then_some((usual.median, bound))
        });
        self.levels.push(level, passed.is_some());
        let finding = passed.map(|(mean, bound)| {
            let reason = format!(
                "over {} the hourly means differ by {} from the median of the same channel elsewhere, usually by {}, and honest blocks by \
                 {} at most",
                length(block_ms),
                facts.show(level),
                facts.show(mean),
                facts.show(bound)
            );
            facts.finding(QualityTest::Neighbour, (from, to), (level, bound), reason)
        });
        join(&mut self.level_open, finding, found, block_ms);
    }

    fn judge_roughness(
        &mut self,
        facts: &Facts,
        block: &BlockStatistics,
        ratio: f64,
        block_ms: i64,
    ) -> Option<Finding> {
        let tail = facts.tail(facts.values_per_month / facts.values_in(block_ms));
        let usual = self.roughness.usual(tail);
        if ratio <= f64::MIN && usual.is_none() {
            return None;
        }
        let floor = usual.map_or(f64::MIN, |usual| usual.low.min(usual.median + RATIO_MAX.ln()));
        let is_low = usual.is_some() && ratio < floor;
        self.roughness.push(ratio, is_low);
        let mean = usual.filter(|_| is_low)?.median;
        let reason = format!(
            "from value to value the signal varies {} times as much as the same channel elsewhere within {}, usually {} times",
            digits(ratio.exp()),
            length(block_ms),
            digits(mean.exp())
        );
        let numbers = (ratio.exp(), floor.exp());
        Some(facts.finding(QualityTest::SmoothAgainstNeighbours, (block.from, block.to), numbers, reason))
    }
}

/// The median of all present values but one; `None` if fewer than two are present.
fn median_of_others(values: &[Option<f64>], place: usize) -> Option<f64> {
    let others = values.iter().enumerate().filter(|(other, _)| *other != place);
    let mut others: Vec<f64> = others.filter_map(|(_, value)| *value).collect();
    if others.len() + 1 < MEMBERS_MIN { None } else { median(&mut others) }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let lower = if values.len().is_multiple_of(2) { *values.get(middle.checked_sub(1)?)? } else { upper };
    Some(f64::midpoint(lower, upper))
}
