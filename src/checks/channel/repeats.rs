//! Sequences of values that occurred before.

use super::information::{Steps, mixed};
use crate::checks::facts::{Facts, HOUR_MS};
use crate::checks::finding::{Finding, QualityTest};
use crate::model::Timestamp;
use std::collections::{HashMap, VecDeque};

/// Length of the shortest sequence that is looked for.
const SEQUENCE_MS: i64 = 3 * HOUR_MS;
/// Values of the shortest sequence, whatever the interval.
const SEQUENCE_VALUES: (usize, usize) = (6, 60);
/// Times the shortest sequence: longer ones are looked for in channels whose values hold little information.
const LONG: usize = 3;
/// Intervals to the next value of a sequence at most: single missing values do not end it.
const INTERVALS_MAX: i64 = 3;
/// Sequences that a channel remembers.
const REMEMBERED_MAX: usize = 65_536;
/// Multiplier of the rolling hash, odd (that of Knuth's MMIX).
const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// One value of the current sequence.
#[derive(Debug, Clone, Copy)]
struct Link {
    time: Timestamp,
    value: f64,
    symbol: u64,
    /// Information of the step to this value, in tenths of a bit.
    information: u32,
}

/// A sequence by its hash.
#[derive(Debug, Clone, Copy)]
struct Window {
    number: u64,
    hash: u64,
    from: Timestamp,
    to: Timestamp,
    information: u32,
}

/// Sequences that equal earlier ones at one distance.
#[derive(Debug, Clone, Copy)]
struct Match {
    offset_ms: i64,
    from: Timestamp,
    to: Timestamp,
    bits: f64,
    bits_min: f64,
}

/// The test. It keeps hashes of sequences of `k` values: all of them for slow instruments, and of fast ones the least hash of each `w`
/// in a row (winnowing), so that every copy of `k + w - 1` values or more is found.
#[derive(Debug, Clone)]
pub(super) struct Repeats {
    values: usize,
    every: u64,
    /// `MULTIPLIER` to the power of `values`.
    power: u64,
    chain: VecDeque<Link>,
    hash: u64,
    information: u32,
    /// Candidates for the least hash, the hashes rising.
    candidates: VecDeque<Window>,
    windows: u64,
    chosen: Option<u64>,
    first_seen: HashMap<u64, Timestamp>,
    order: VecDeque<u64>,
    steps: Steps,
    current: Option<Match>,
    /// First and last time of the repeats that were found last.
    found: Option<(Timestamp, Timestamp)>,
}

impl Repeats {
    pub(super) fn new(facts: &Facts, is_long: bool) -> Self {
        let wanted = usize::try_from(SEQUENCE_MS / facts.interval_ms).unwrap_or(SEQUENCE_VALUES.1);
        let values = wanted.clamp(SEQUENCE_VALUES.0, SEQUENCE_VALUES.1) * if is_long { LONG } else { 1 };
        let every = if facts.interval_ms * 4 >= HOUR_MS { 1 } else { values as u64 };
        Self {
            values,
            every,
            power: (0..values).fold(1_u64, |power, _| power.wrapping_mul(MULTIPLIER)),
            chain: VecDeque::with_capacity(values + 1),
            hash: 0,
            information: 0,
            candidates: VecDeque::new(),
            windows: 0,
            chosen: None,
            first_seen: HashMap::new(),
            order: VecDeque::new(),
            steps: Steps::new(),
            current: None,
            found: None,
        }
    }

    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, value: f64) -> Option<Finding> {
        let is_next = |last: &Link| time.since_ms(last.time) <= facts.interval_ms * INTERVALS_MAX;
        if !self.chain.back().is_some_and(is_next) {
            self.restart();
        }
        let before = self.chain.back().map(|last| last.value);
        let information = before.map_or(0, |before| self.steps.information(before, value));
        self.enter(Link { time, value, symbol: mixed(value.to_bits()), information });
        let window = self.window()?;
        let chosen = self.choose(window)?;
        self.compare(facts, chosen)
    }

    fn restart(&mut self) {
        self.chain.clear();
        self.candidates.clear();
        (self.hash, self.information, self.chosen) = (0, 0, None);
    }

    fn enter(&mut self, link: Link) {
        self.hash = self.hash.wrapping_mul(MULTIPLIER).wrapping_add(link.symbol);
        self.information += link.information;
        self.chain.push_back(link);
        if self.chain.len() > self.values
            && let Some(old) = self.chain.pop_front()
        {
            self.hash = self.hash.wrapping_sub(old.symbol.wrapping_mul(self.power));
            self.information -= old.information;
        }
    }

    /// The sequence that ends with the newest value.
    fn window(&mut self) -> Option<Window> {
        if self.chain.len() < self.values {
            return None;
        }
        let (first, last) = (self.chain.front()?, self.chain.back()?);
        self.windows += 1;
        // The step to the first value comes from outside.
        let information = self.information - first.information;
        Some(Window { number: self.windows, hash: self.hash, from: first.time, to: last.time, information })
    }

    /// The least hash of the last windows, if it was not chosen before.
    fn choose(&mut self, window: Window) -> Option<Window> {
        while self.candidates.back().is_some_and(|last| last.hash >= window.hash) {
            self.candidates.pop_back();
        }
        self.candidates.push_back(window);
        while self.candidates.front().is_some_and(|first| first.number + self.every <= window.number) {
            self.candidates.pop_front();
        }
        let least = *self.candidates.front()?;
        (self.chosen.replace(least.number) != Some(least.number)).then_some(least)
    }

    fn compare(&mut self, facts: &Facts, window: Window) -> Option<Finding> {
        let bits = f64::from(window.information) / 10.0;
        // Expected repeats by chance: one for each pair of sequences, with the probability of the sequence.
        let bits_min = ((self.windows as f64 + 1.0) * facts.values_per_month / (2.0 * facts.rate)).log2();
        if bits < bits_min {
            return None;
        }
        let Some(seen) = self.first_seen.get(&window.hash).copied() else {
            self.remember(window);
            return None;
        };
        let offset_ms = window.to.since_ms(seen);
        if offset_ms <= window.to.since_ms(window.from) {
            return None;
        }
        let reach_ms = 2 * facts.interval_ms * (self.values as i64 + i64::try_from(self.every).unwrap_or(i64::MAX));
        match &mut self.current {
            Some(one) if one.offset_ms == offset_ms && window.from.since_ms(one.to) <= reach_ms => {
                one.to = window.to;
                one.bits = one.bits.max(bits);
                None
            }
            _ => {
                let found = self.finish(facts);
                let (from, to) = (window.from, window.to);
                self.current = Some(Match { offset_ms, from, to, bits, bits_min });
                found
            }
        }
    }

    fn remember(&mut self, window: Window) {
        self.first_seen.insert(window.hash, window.to);
        self.order.push_back(window.hash);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.first_seen.remove(&oldest);
        }
    }

    /// Whether readings of a time are part of the last repeats that were found.
    pub(super) fn covers(&self, finding: &Finding) -> bool {
        let current = self.current.as_ref().map(|one| (one.from, one.to));
        let meets = |(from, to): (Timestamp, Timestamp)| from <= finding.to && to >= finding.from;
        current.into_iter().chain(self.found).any(meets)
    }

    pub(super) fn finish(&mut self, facts: &Facts) -> Option<Finding> {
        let Match { offset_ms, from, to, bits, bits_min } = self.current.take()?;
        self.found = Some((from, to));
        let values = to.since_ms(from) / facts.interval_ms + 1;
        let reason = format!(
            "about {values} values are equal, one by one, to those from {} to {}; {} of them hold {bits:.0} bits of \
             information, and {bits_min:.0} bits are too much for chance",
            from.plus_ms(-offset_ms),
            to.plus_ms(-offset_ms),
            self.values
        );
        let numbers = (values as f64, self.values as f64);
        Some(facts.finding(QualityTest::RepeatedSequence, (from, to), numbers, reason))
    }
}
