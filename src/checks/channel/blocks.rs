//! Tests of blocks of some hours against the blocks before them: attenuated signal, few distinct values, smooth signal.

use crate::checks::chance::Past;
use crate::checks::facts::{Facts, HOUR_MS, digits, length};
use crate::checks::finding::{Finding, QualityTest};
use crate::model::Timestamp;

/// Shortest block.
const BLOCK_MS_MIN: i64 = 6 * HOUR_MS;
/// Fewest values of a block.
const BLOCK_VALUES_MIN: i64 = 24;
/// Most values of a block that are compared to count the different ones.
const DISTINCT_VALUES_MAX: usize = 4_096;
/// Different values of a usual block under which a channel is too coarse for these tests.
const DISTINCT_VALUES_MIN: f64 = 12.0;
/// Share of a block's values that must be valid.
const COVERAGE_MIN: f64 = 0.75;
/// Share of its usual size under which a statistic is worth a finding.
const RATIO_MAX: f64 = 0.5;

/// Statistics of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::checks) struct BlockStatistics {
    pub(in crate::checks) from: Timestamp,
    pub(in crate::checks) to: Timestamp,
    /// Number of the block since 1970.
    pub(in crate::checks) number: i64,
    /// Greatest value minus least value.
    range: f64,
    /// Values that were compared.
    count: f64,
    /// Different values for each value.
    distinct: f64,
    /// Mean distance of a value from the mean of its neighbours in time.
    pub(in crate::checks) roughness: f64,
}

/// The block that is being filled.
#[derive(Debug, Clone)]
struct Block {
    number: i64,
    from: Timestamp,
    to: Timestamp,
    count: f64,
    min: f64,
    max: f64,
    values: Vec<u64>,
    before: [Option<f64>; 2],
    roughness: f64,
    roughness_count: f64,
}

/// The tests, and the past of their statistics.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    block: Option<Block>,
    pasts: [Past; 3],
    /// Different values of the blocks.
    distinct: Past,
    open: [Option<Finding>; 3],
}

/// Length of the blocks of a channel.
pub(in crate::checks) fn block_ms(interval_ms: i64) -> i64 {
    (interval_ms.saturating_mul(BLOCK_VALUES_MIN)).max(BLOCK_MS_MIN)
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { block: None, pasts: Default::default(), distinct: Past::default(), open: Default::default() }
    }

    /// Takes a value; returns the statistics of the block that ended before it.
    pub(super) fn push(
        &mut self,
        facts: &Facts,
        (time, value): (Timestamp, f64),
        found: &mut Vec<Finding>,
    ) -> Option<BlockStatistics> {
        let number = time.as_ms().saturating_sub(1).div_euclid(block_ms(facts.interval_ms));
        let ended =
            if self.block.as_ref().is_some_and(|block| block.number != number) { self.block.take() } else { None };
        let statistics = ended.and_then(|block| block.statistics(facts));
        if let Some(statistics) = &statistics {
            self.compare(facts, statistics, found);
        }
        self.block.get_or_insert_with(|| Block::new(number, time)).push(time, value);
        statistics
    }

    /// Ends the block and the findings that are still open.
    pub(super) fn finish(&mut self, facts: &Facts, found: &mut Vec<Finding>) -> Option<BlockStatistics> {
        let statistics = self.block.take().and_then(|block| block.statistics(facts));
        if let Some(statistics) = &statistics {
            self.compare(facts, statistics, found);
        }
        found.extend(self.open.iter_mut().filter_map(Option::take));
        statistics
    }

    fn compare(&mut self, facts: &Facts, block: &BlockStatistics, found: &mut Vec<Finding>) {
        let smoothness = if block.range > 0.0 { block.roughness / block.range } else { 0.0 };
        let tests = [
            (QualityTest::AttenuatedSignal, block.range),
            (QualityTest::FewDistinctValues, block.distinct),
            (QualityTest::SmoothSignal, smoothness),
        ];
        self.distinct.push(block.distinct * block.count, false);
        if self.distinct.usual(0.4).is_some_and(|usual| usual.median < DISTINCT_VALUES_MIN) {
            return;
        }
        for (((test, value), past), open) in tests.into_iter().zip(&mut self.pasts).zip(&mut self.open) {
            let finding = judge(facts, (test, value), block, past);
            join(open, finding, found, block_ms(facts.interval_ms));
        }
    }
}

/// Compares one statistic with its past. Ratios count: logarithms are compared.
fn judge(
    facts: &Facts,
    (test, value): (QualityTest, f64),
    block: &BlockStatistics,
    past: &mut Past,
) -> Option<Finding> {
    let blocks_per_month = facts.values_per_month / facts.values_in(block_ms(facts.interval_ms));
    let usual = past.usual(facts.tail(blocks_per_month));
    if value <= 0.0 && usual.is_none() {
        return None;
    }
    let floor = usual.map_or(f64::MIN, |usual| usual.low.min(usual.median + RATIO_MAX.ln()));
    let logarithm = if value > 0.0 { value.ln() } else { f64::MIN };
    let is_low = logarithm < floor;
    past.push(logarithm, is_low);
    if !is_low {
        return None;
    }
    let (usual, bound) = (usual?.median.exp(), floor.exp());
    let span = length(block_ms(facts.interval_ms));
    let reason = match test {
        QualityTest::AttenuatedSignal => {
            format!("the values of {span} span {}, usually {}", facts.show(value), facts.show(usual))
        }
        QualityTest::FewDistinctValues => {
            format!("{} of 100 values of {span} differ, usually {}", digits(value * 100.0), digits(usual * 100.0))
        }
        _ => format!(
            "from value to value the signal varies by {} % of its range within {span}, usually by {} %",
            digits(value * 100.0),
            digits(usual * 100.0)
        ),
    };
    Some(facts.finding(test, (block.from, block.to), (value, bound), reason))
}

/// Joins findings of blocks side by side; ends the open one if the next block has none.
pub(in crate::checks) fn join(
    open: &mut Option<Finding>,
    next: Option<Finding>,
    found: &mut Vec<Finding>,
    block_ms: i64,
) {
    match (open.as_mut(), next) {
        (Some(one), Some(next)) if next.from.since_ms(one.to) < block_ms => one.to = next.to,
        (_, next) => found.extend(std::mem::replace(open, next)),
    }
}

impl Block {
    fn new(number: i64, time: Timestamp) -> Self {
        Self {
            number,
            from: time,
            to: time,
            count: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            values: Vec::new(),
            before: [None; 2],
            roughness: 0.0,
            roughness_count: 0.0,
        }
    }

    fn push(&mut self, time: Timestamp, value: f64) {
        (self.to, self.count) = (time, self.count + 1.0);
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
        if self.values.len() < DISTINCT_VALUES_MAX {
            self.values.push(value.to_bits());
        }
        if let [Some(first), Some(middle)] = self.before {
            self.roughness += (middle - f64::midpoint(first, value)).abs();
            self.roughness_count += 1.0;
        }
        self.before = [self.before[1], Some(value)];
    }

    fn statistics(mut self, facts: &Facts) -> Option<BlockStatistics> {
        if self.count < COVERAGE_MIN * facts.values_in(block_ms(facts.interval_ms)) {
            return None;
        }
        let count = self.values.len() as f64;
        self.values.sort_unstable();
        self.values.dedup();
        Some(BlockStatistics {
            from: self.from,
            to: self.to,
            number: self.number,
            range: self.max - self.min,
            count,
            distinct: self.values.len() as f64 / count,
            roughness: self.roughness / self.roughness_count.max(1.0),
        })
    }
}
