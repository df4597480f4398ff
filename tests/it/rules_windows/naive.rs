//! Rules evaluated from a plain list of all frames, anew at each instant: slow, and simple enough to be believed.
#![cfg(test)]

use super::language::{Amount, Claim, FAST_S, Look, RandomRule, SLOW_S, instrument_id, interval_ms};
use super::values::{finite, mean_of, plain, value_of};
use std::collections::BTreeMap;
use vocdb::rules::Plan;
use vocdb::rules::expr::{Strand, WindowFunction};
use vocdb::rules::plan::WindowSpec;
use vocdb::rules::verdict::{Evidence, FlagCount, TermValue, Truth};
use vocdb::{InstrumentId, Quality, Sample};

/// Every frame that was pushed, the newest at each instant, in no order; and how far each instrument has come.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<(InstrumentId, i64, Vec<Sample>)>, BTreeMap<InstrumentId, NaiveSource>);

/// How far an instrument has come, from its frames and when they arrived.
#[derive(Debug, Clone)]
struct NaiveSource {
    newest_ms: i64,
    arrived_ms: i64,
    /// By how much its frames usually are late.
    usual_ms: i64,
    /// Times of rising frames that were otherwise late since, and by how much the first was.
    odd: Vec<(i64, i64)>,
}

impl NaiveSource {
    /// Takes a frame. Returns from when on its frames count, where only the clock was ahead of them.
    fn take(&mut self, (ms, now_ms): (i64, i64), near_ms: i64) -> Option<i64> {
        let late_ms = now_ms - ms;
        if (late_ms - self.usual_ms).abs() <= near_ms {
            self.odd.clear();
            return self.follow((ms, now_ms), ms);
        }
        let is_from_the_future = late_ms < self.usual_ms && late_ms < -near_ms;
        if late_ms < self.usual_ms && !is_from_the_future {
            self.odd.clear();
            return self.follow((ms, now_ms), ms);
        }
        let is_alike = self.odd.first().is_some_and(|(_, first_ms)| {
            (late_ms - first_ms).abs() <= near_ms || is_from_the_future && *first_ms < -near_ms
        });
        if !is_alike || self.odd.last().is_some_and(|(last_ms, _)| *last_ms >= ms) {
            self.odd.clear();
        }
        self.odd.push((ms, late_ms));
        let first_ms = self.odd[0].0;
        let is_long = self.odd.len() >= 3 && ms - first_ms >= 2 * near_ms;
        if is_long || is_from_the_future && self.odd.len() >= 5 {
            self.odd.clear();
            (self.newest_ms, self.arrived_ms, self.usual_ms) = (ms, now_ms, late_ms);
            return Some(first_ms);
        }
        if !is_from_the_future && ms > self.newest_ms {
            (self.newest_ms, self.arrived_ms) = (ms, now_ms);
        }
        None
    }

    fn follow(&mut self, (ms, now_ms): (i64, i64), from_ms: i64) -> Option<i64> {
        let is_newer = ms > self.newest_ms;
        if is_newer {
            (self.newest_ms, self.arrived_ms, self.usual_ms) = (ms, now_ms, now_ms - ms);
        }
        is_newer.then_some(from_ms)
    }

    /// Whether its next frame is overdue by a grace period.
    fn is_overdue(&self, interval_ms: i64, grace_ms: i64, now_ms: i64) -> bool {
        self.arrived_ms + interval_ms + grace_ms <= now_ms
    }

    fn late_ms(&self) -> i64 {
        self.arrived_ms - self.newest_ms
    }

    fn clock_ms(&self, now_ms: i64) -> i64 {
        self.newest_ms + now_ms - self.arrived_ms
    }
}

impl Frames {
    /// Takes a frame and when it arrives. Returns from when on the frames of its instrument count, where only the clock was ahead of them.
    pub(crate) fn put(
        &mut self,
        instrument: InstrumentId,
        (ms, now_ms): (i64, i64),
        samples: Vec<Sample>,
    ) -> Option<i64> {
        self.0.retain(|(of, at, _)| (*of, *at) != (instrument, ms));
        self.0.push((instrument, ms, samples));
        let near_ms = interval_ms(instrument).max(60_000);
        match self.1.get_mut(&instrument) {
            Some(source) => source.take((ms, now_ms), near_ms),
            None => {
                let (arrived_ms, usual_ms) = (now_ms, now_ms - ms);
                self.1.insert(instrument, NaiveSource { newest_ms: ms, arrived_ms, usual_ms, odd: Vec::new() });
                None
            }
        }
    }

    fn source(&self, instrument: InstrumentId) -> Option<&NaiveSource> {
        self.1.get(&instrument)
    }

    /// The samples of a channel behind `from` and up to `to`, in order of time.
    fn samples(&self, instrument: InstrumentId, channel: usize, from: i64, to: i64) -> Vec<(i64, Sample)> {
        let inside = self.0.iter().filter(|(of, at, _)| *of == instrument && from < *at && *at <= to);
        let mut found: Vec<(i64, Sample)> = inside.map(|(_, at, samples)| (*at, samples[channel])).collect();
        found.sort_by_key(|(at, _)| *at);
        found
    }

    /// The valid values of a channel behind `from` and up to `to`, in order of time.
    fn valid(&self, instrument: InstrumentId, channel: usize, from: i64, to: i64) -> Vec<(i64, f64)> {
        let samples = self.samples(instrument, channel, from, to);
        samples.into_iter().filter_map(|(at, sample)| Some((at, sample.valid()? + 0.0))).collect()
    }
}

/// One station at one instant, among the stations of the rule.
#[derive(Clone, Copy)]
struct Site<'a> {
    frames: &'a Frames,
    stations: &'a [u32],
    station: u32,
    ms: i64,
}

impl Site<'_> {
    fn look(&self, look: &Look) -> Option<f64> {
        let width_s = look.width_s.unwrap_or(look.interval_s());
        let channel = usize::from(look.channel == 'y');
        let instrument = instrument_id(self.station, look.is_slow());
        let end = self.ms - look.ago_s * 1_000;
        let values = self.frames.valid(instrument, channel, end - width_s * 1_000, end);
        let coverage = values.len() as f64 / (width_s / look.interval_s()).max(1) as f64;
        let is_covered = coverage >= f64::from(look.coverage_percent.unwrap_or(0)) / 100.0;
        value_of(look.function, &values, coverage).filter(|_| is_covered)
    }

    /// The same look by all stations.
    fn spread(&self, look: &Look) -> Option<f64> {
        let of_station = |station: &u32| Site { station: *station, ..*self }.look(look);
        let known: Vec<f64> = self.stations.iter().filter_map(of_station).collect();
        let most = known.iter().copied().reduce(f64::max)?;
        let least = known.iter().copied().reduce(f64::min)?;
        (known.len() > 1).then_some(most - least)
    }

    fn mean_of(&self, look: &Look, count: u32, percent: u32, is_spread: bool) -> Option<f64> {
        let step_ms = look.width_s? * 1_000;
        let values: Vec<Option<f64>> = (0..i64::from(count))
            .map(|back| {
                let then = Site { ms: self.ms - back * step_ms, ..*self };
                if is_spread { then.spread(look) } else { then.look(look) }
            })
            .collect();
        mean_of(&values, percent)
    }

    fn flagged(&self, flag: &str, channel: char, width_s: Option<i64>) -> Option<bool> {
        let is_slow = channel == 'z';
        let width_s = width_s.unwrap_or(if is_slow { SLOW_S } else { FAST_S });
        let instrument = instrument_id(self.station, is_slow);
        let samples = self.frames.samples(instrument, usize::from(channel == 'y'), self.ms - width_s * 1_000, self.ms);
        let is_flagged = samples.iter().any(|(_, sample)| sample.quality.name() == flag);
        (!samples.is_empty()).then_some(is_flagged)
    }

    fn silent(&self, instrument: Option<bool>, width_s: i64) -> bool {
        let is_silent = |is_slow: bool| {
            let instrument = instrument_id(self.station, is_slow);
            self.frames.samples(instrument, 0, self.ms - width_s * 1_000, self.ms).is_empty()
        };
        instrument.map_or_else(|| is_silent(false) && is_silent(true), is_silent)
    }

    fn stuck(&self, channel: char, width_s: i64, percent: u32) -> Option<bool> {
        let is_slow = channel == 'z';
        let instrument = instrument_id(self.station, is_slow);
        let samples = self.frames.samples(instrument, usize::from(channel == 'y'), self.ms - width_s * 1_000, self.ms);
        let normal = samples.iter().filter(|(_, sample)| sample.quality == Quality::Normal);
        let values: Vec<f64> = normal.filter_map(|(_, sample)| sample.value).collect();
        let expected = (width_s / if is_slow { SLOW_S } else { FAST_S }).max(1);
        let is_covered = values.len() as f64 / expected as f64 >= f64::from(percent) / 100.0;
        (is_covered && values.len() > 1).then(|| values.iter().all(|value| *value == values[0]))
    }

    fn amount(&self, amount: &Amount) -> Option<f64> {
        match amount {
            Amount::Look(look) => self.look(look),
            Amount::Plus(left, right) => finite(self.amount(left)? + self.amount(right)?),
            Amount::Minus(left, right) => finite(self.amount(left)? - self.amount(right)?),
            Amount::Times(factor, inner) => finite(factor * self.amount(inner)?),
            Amount::Over(inner, divisor) => finite(self.amount(inner)? / divisor),
            Amount::Spread(look) => self.spread(look),
            Amount::MeanOf(look, count, percent, is_spread) => self.mean_of(look, *count, *percent, *is_spread),
        }
    }

    fn ratio(&self, over: &Amount, under: &Amount) -> Option<f64> {
        finite(self.amount(over)? / self.amount(under)?)
    }

    /// `None` where it cannot be said.
    fn claim(&self, claim: &Claim) -> Option<bool> {
        match claim {
            Claim::Limit(left, by, limit) => compare(self.amount(left), by, Some(*limit)),
            Claim::LimitAt(left, by, limit, (station, other)) => {
                let limit = if self.station == *station { other } else { limit };
                compare(self.amount(left), by, Some(*limit))
            }
            Claim::Pair(left, by, right) => compare(self.amount(left), by, self.amount(right)),
            Claim::Ratio(over, under, by, limit) => compare(self.ratio(over, under), by, Some(*limit)),
            Claim::Counted(look, by, limit) | Claim::Covered(look, by, limit) => {
                compare(self.look(look), by, Some(f64::from(*limit)))
            }
            Claim::Rated(look, by, limit) => compare(self.look(look), by, Some(*limit)),
            Claim::Flagged(flag, channel, width_s) => self.flagged(flag, (*channel)?, *width_s),
            Claim::Silent(instrument, width_s) => Some(self.silent(*instrument, *width_s)),
            Claim::Stuck(channel, width_s, percent) => self.stuck(*channel, *width_s, *percent),
            Claim::And(left, right) => match (self.claim(left), self.claim(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Claim::Or(left, right) => match (self.claim(left), self.claim(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Claim::Not(inner) => self.claim(inner).map(|holds| !holds),
        }
    }

    /// The left side of the first comparison.
    fn shown(&self, claim: &Claim) -> Option<f64> {
        match claim {
            Claim::Limit(left, ..) | Claim::LimitAt(left, ..) | Claim::Pair(left, ..) => self.amount(left),
            Claim::Ratio(over, under, ..) => self.ratio(over, under),
            Claim::Counted(look, ..) | Claim::Covered(look, ..) | Claim::Rated(look, ..) => self.look(look),
            Claim::And(left, right) | Claim::Or(left, right) => {
                if compares(left) {
                    self.shown(left)
                } else {
                    self.shown(right)
                }
            }
            Claim::Flagged(..) | Claim::Silent(..) | Claim::Stuck(..) => None,
            Claim::Not(inner) => self.shown(inner),
        }
    }

    fn term(&self, spec: &WindowSpec) -> TermValue {
        let end = self.ms - spec.lag_ms;
        let samples = self.frames.samples(spec.instrument, spec.channel, end - spec.width_ms, end);
        let counts = |sample: &Sample| match spec.function.strand() {
            Strand::Valid => sample.valid().is_some(),
            Strand::Normal => sample.value.is_some() && sample.quality == Quality::Normal,
            Strand::Flags | Strand::Frames => true,
        };
        let count = samples.iter().filter(|(_, sample)| counts(sample)).count();
        let coverage = count as f64 / f64::from(spec.expected);
        let is_slow = spec.expected > 0 && spec.instrument == instrument_id(self.station, true);
        let channel = if is_slow { 'z' } else { ['x', 'y'][spec.channel] };
        let value = match spec.function {
            WindowFunction::Flagged(quality) => {
                self.flagged(quality.name(), channel, Some(spec.width_ms / 1_000)).map(f64::from)
            }
            WindowFunction::Silent => Some(f64::from(self.silent(Some(is_slow), spec.width_ms / 1_000))),
            WindowFunction::Stuck => self.stuck(channel, spec.width_ms / 1_000, 0).map(f64::from),
            function => {
                let values = self.frames.valid(spec.instrument, spec.channel, end - spec.width_ms, end);
                value_of(plain(function), &values, coverage)
            }
        };
        let value = value.filter(|_| coverage >= spec.coverage_min);
        let flags = if spec.function.strand() == Strand::Frames { Vec::new() } else { flags_of(&samples) };
        TermValue { label: spec.label.clone(), value, coverage, unit: spec.unit.clone(), flags }
    }
}

/// The flags of some samples, counted.
fn flags_of(samples: &[(i64, Sample)]) -> Vec<FlagCount> {
    let of = |flag: Quality| {
        let samples = samples.iter().filter(|(_, sample)| sample.quality == flag).count();
        let samples = u32::try_from(samples).unwrap();
        (flag != Quality::Normal && samples > 0).then_some(FlagCount { flag, samples })
    };
    Quality::ALL.into_iter().filter_map(of).collect()
}

/// Whether any comparison is in a condition.
fn compares(claim: &Claim) -> bool {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => compares(left) || compares(right),
        Claim::Not(inner) => compares(inner),
        Claim::Flagged(..) | Claim::Silent(..) | Claim::Stuck(..) => false,
        _ => true,
    }
}

fn compare(left: Option<f64>, by: &str, right: Option<f64>) -> Option<bool> {
    let (left, right) = (left?, right?);
    let order = left.partial_cmp(&right)?;
    Some(match by {
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "==" => order.is_eq(),
        _ => order.is_ne(),
    })
}

/// What one rule says of one scope at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    pub(crate) ms: i64,
    pub(crate) watermark_ms: i64,
    pub(crate) trip: Truth,
    pub(crate) clear: Truth,
    pub(crate) absent: Vec<String>,
    pub(crate) is_suppressed: bool,
    pub(crate) evidence: Vec<Evidence>,
}

impl Saying {
    /// Whether it is the same as another.
    pub(crate) fn says_no_more_than(&self, other: &Self) -> bool {
        let verdict = |saying: &Self| (saying.trip, saying.clear, saying.absent.clone(), saying.is_suppressed);
        verdict(self) == verdict(other)
    }
}

/// Since when each station is unknown, and whether it was clear when that was last known.
type Standing = (Vec<Option<i64>>, Vec<Option<bool>>);

/// One rule over one scope, and since when each of its stations is unknown.
#[derive(Debug)]
pub(crate) struct NaivePlan {
    pub(crate) plan: Plan,
    rule: RandomRule,
    stations: Vec<u32>,
    unknown_since: Vec<Option<i64>>,
    /// Whether each station was clear when that was last known.
    was_clear: Vec<Option<bool>>,
    next_ms: Option<i64>,
    /// How stations stood after each instant.
    stood: Vec<(i64, Standing)>,
    /// When time first passed without any frame.
    waits_since_ms: Option<i64>,
    /// What it said last.
    pub(crate) last: Option<Saying>,
}

impl NaivePlan {
    /// The rule is told by its name, `r` and a number; the stations by their numbers, from 1.
    pub(crate) fn new(plan: Plan, rules: &[RandomRule]) -> Self {
        let rule = rules[plan.spec.rule[1..].parse::<usize>().unwrap()].clone();
        let stations: Vec<u32> = plan.members.iter().map(|member| member.station.number() - 1).collect();
        let count = stations.len();
        Self {
            unknown_since: vec![None; count],
            was_clear: vec![None; count],
            plan,
            rule,
            stations,
            next_ms: None,
            stood: Vec::new(),
            waits_since_ms: None,
            last: None,
        }
    }

    fn instruments(&self, member: usize) -> impl Iterator<Item = InstrumentId> + '_ {
        self.plan.members[member].windows.iter().map(|window| window.instrument)
    }

    pub(crate) fn reads(&self, instrument: InstrumentId) -> bool {
        (0..self.stations.len()).any(|member| self.instruments(member).any(|one| one == instrument))
    }

    /// The grid of the fastest instrument that the rule looks at.
    fn step_ms(&self) -> i64 {
        if let Some(every_s) = self.rule.every_s {
            return every_s * 1_000;
        }
        let is_fast = |instrument: InstrumentId| self.stations.iter().any(|at| instrument == instrument_id(*at, false));
        if self.instruments(0).any(is_fast) { FAST_S * 1_000 } else { SLOW_S * 1_000 }
    }

    /// Whether an instant may be evaluated at a time: each instrument has come so far, or has no frame due before the next instant, or is not
    /// waited for. Frames may be late.
    fn is_due(&self, frames: &Frames, instant_ms: i64, now_ms: i64) -> bool {
        let instant_ms = instant_ms + self.rule.lateness_s * 1_000;
        let (clock_ms, late_ms_max) = (self.clock_ms(frames, now_ms), self.late_ms_max(frames, now_ms));
        let mut all = (0..self.stations.len()).flat_map(|member| self.instruments(member));
        all.all(|one| match frames.source(one).filter(|source| !self.is_overdue(one, source, now_ms)) {
            Some(source) if source.late_ms() <= late_ms_max => {
                let is_there = instant_ms <= source.newest_ms;
                let is_not_due = instant_ms + self.step_ms() <= source.newest_ms + interval_ms(one);
                is_there || is_not_due && instant_ms < clock_ms
            }
            _ if self.asks_silence() => {
                instant_ms < clock_ms && instant_ms - self.rule.lateness_s * 1_000 + self.step_ms() <= clock_ms
            }
            _ => instant_ms < clock_ms,
        })
    }

    fn is_overdue(&self, instrument: InstrumentId, source: &NaiveSource, now_ms: i64) -> bool {
        source.is_overdue(interval_ms(instrument), self.patience_ms(), now_ms)
    }

    /// The instruments that have sent anything: first those that are not overdue, then the others.
    fn sources<'a>(&self, frames: &'a Frames, now_ms: i64) -> [Vec<&'a NaiveSource>; 2] {
        let mut all: Vec<InstrumentId> = (0..self.stations.len()).flat_map(|one| self.instruments(one)).collect();
        all.sort_unstable();
        all.dedup();
        let heard = all.iter().filter_map(|one| Some((*one, frames.source(*one)?)));
        let (overdue, present): (Vec<_>, Vec<_>) =
            heard.partition(|(one, source)| self.is_overdue(*one, source, now_ms));
        [present, overdue].map(|list| list.into_iter().map(|(_, source)| source).collect())
    }

    /// What time the foremost instrument thinks it is; where all are overdue, the last one that was not.
    fn clock_ms(&self, frames: &Frames, now_ms: i64) -> i64 {
        let [present, overdue] = self.sources(frames, now_ms);
        let foremost = present.iter().map(|source| source.clock_ms(now_ms)).max();
        let last = overdue.iter().map(|source| (source.arrived_ms, source.clock_ms(now_ms))).max();
        foremost.or(last.map(|(_, clock_ms)| clock_ms)).unwrap_or(now_ms)
    }

    /// How late frames of an instrument may be for it to be waited for: not later than those of half of them by more than the rule waits.
    fn late_ms_max(&self, frames: &Frames, now_ms: i64) -> i64 {
        let [present, _] = self.sources(frames, now_ms);
        let mut late_ms: Vec<i64> = present.iter().map(|source| source.late_ms()).collect();
        late_ms.sort_unstable();
        let usual_ms = late_ms.len().checked_sub(1).map_or(0, |last| late_ms[last / 2]);
        usual_ms.max(0) + self.patience_ms()
    }

    fn asks_silence(&self) -> bool {
        let asks =
            [Some(&self.rule.when), self.rule.clear.as_ref().map(|(claim, _)| claim), self.rule.suppress.as_ref()];
        asks.into_iter().flatten().any(asks_silence)
    }

    /// For how long an instant waits for a frame that is due.
    fn patience_ms(&self) -> i64 {
        let waits_ms = if self.asks_silence() { self.step_ms() } else { self.rule.missing.1 * 1_000 };
        waits_ms.max(self.rule.lateness_s * 1_000)
    }

    /// How far evaluation may go.
    fn frontier_ms(&self, frames: &Frames, now_ms: i64) -> Option<i64> {
        self.next_ms?;
        // The latest of which that can be said: it is so of all before it.
        let (mut due_ms, mut not_due_ms) = (now_ms - 100_000_000, now_ms + 100_000_000);
        while due_ms + 1 < not_due_ms {
            let middle_ms = due_ms + (not_due_ms - due_ms) / 2;
            if self.is_due(frames, middle_ms, now_ms) { due_ms = middle_ms } else { not_due_ms = middle_ms }
        }
        Some(due_ms)
    }

    /// Goes back to the frames of an instrument that count from a time on, where only the clock was ahead of them.
    pub(crate) fn go_back(&mut self, frames: &Frames, (instrument, now_ms): (InstrumentId, i64), from_ms: Option<i64>) {
        let (Some(from_ms), Some(next_ms), step_ms) = (from_ms, self.next_ms, self.step_ms()) else { return };
        let others =
            (0..self.stations.len()).flat_map(|member| self.instruments(member)).filter(|one| *one != instrument);
        let newest = others.filter_map(|one| Some(frames.source(one)?.newest_ms));
        let confirmed_ms = newest.filter(|ms| *ms <= now_ms + 600_000).max();
        let to_ms = confirmed_ms.map_or(from_ms, |ms| from_ms.max(ms + 1));
        let to_ms = (to_ms + step_ms - 1).div_euclid(step_ms) * step_ms;
        if to_ms < next_ms {
            self.next_ms = Some(to_ms);
            self.stood.retain(|(ms, _)| *ms < to_ms);
            let none = || (vec![None; self.stations.len()], vec![None; self.stations.len()]);
            (self.unknown_since, self.was_clear) = self.stood.last().map_or_else(none, |(_, stood)| stood.clone());
        }
    }

    /// Notes a frame for any of the rule's instruments: the first one begins the grid.
    pub(crate) fn begin(&mut self, ms: i64) {
        let step_ms = self.step_ms();
        self.next_ms.get_or_insert((ms + step_ms - 1).div_euclid(step_ms) * step_ms);
    }

    /// Time passes before the first frame: a rule that asks for silence begins when its longest silence is over.
    pub(crate) fn wait(&mut self, now_ms: i64) {
        let asked =
            [Some(&self.rule.when), self.rule.clear.as_ref().map(|(claim, _)| claim), self.rule.suppress.as_ref()];
        let longest_s = asked.into_iter().flatten().filter_map(longest_silence_s).max();
        let (None, Some(longest_s)) = (self.next_ms, longest_s) else { return };
        let since_ms = *self.waits_since_ms.get_or_insert(now_ms);
        let step_ms = self.step_ms();
        let begin_ms = (since_ms + longest_s * 1_000 + step_ms - 1).div_euclid(step_ms) * step_ms;
        if begin_ms + step_ms.max(self.rule.lateness_s * 1_000) <= now_ms {
            self.next_ms = Some(begin_ms);
        }
    }

    /// Everything that can be said now and was not yet, instant by instant.
    pub(crate) fn due(&mut self, frames: &Frames, now_ms: i64) -> Vec<Saying> {
        let mut said = Vec::new();
        let (Some(mut ms), Some(frontier_ms)) = (self.next_ms, self.frontier_ms(frames, now_ms)) else { return said };
        while ms <= frontier_ms {
            said.push(Saying { watermark_ms: frontier_ms, ..self.say(frames, ms) });
            self.stood.push((ms, (self.unknown_since.clone(), self.was_clear.clone())));
            ms += self.step_ms();
        }
        self.next_ms = Some(ms);
        said
    }

    /// Whether too few stations are left that are not clear. Those that are gone count as they were when that was last known.
    fn joint_clear(&self, quorum: usize, clears: &[Option<bool>], gone: &[bool]) -> Option<bool> {
        let mut unclear = 0;
        let mut perhaps = 0;
        for ((clear, was_clear), gone) in clears.iter().zip(&self.was_clear).zip(gone) {
            let clear = if *gone { was_clear.or(Some(true)) } else { *clear };
            unclear += usize::from(clear == Some(false));
            perhaps += usize::from(clear != Some(true));
        }
        if unclear >= quorum {
            return Some(false);
        }
        (perhaps < quorum && !gone.iter().all(|gone| *gone)).then_some(true)
    }

    fn say(&mut self, frames: &Frames, ms: i64) -> Saying {
        let at = |station: &u32| Site { frames, stations: &self.stations, station: *station, ms };
        let trips: Vec<Option<bool>> = self.stations.iter().map(|one| at(one).claim(&self.rule.when)).collect();
        let clears: Vec<Option<bool>> = match &self.rule.clear {
            Some((clear, _)) => self.stations.iter().map(|one| at(one).claim(clear)).collect(),
            None => trips.iter().map(|trip| trip.map(|trips| !trips)).collect(),
        };
        for (since, trip) in self.unknown_since.iter_mut().zip(&trips) {
            *since = if trip.is_none() { since.or(Some(ms)) } else { None };
        }
        let is_gone = |since: &Option<i64>| since.is_some_and(|since| ms - since >= self.rule.missing.1 * 1_000);
        let gone: Vec<bool> =
            self.unknown_since.iter().map(|since| self.stations.len() > 1 && is_gone(since)).collect();
        let names = self.plan.members.iter().map(|member| member.station_name.clone());
        let absent = names.zip(&gone).filter(|(_, gone)| **gone).map(|(name, _)| name).collect();
        let evidence = self.plan.members.iter().zip(&self.stations).zip(&trips).map(|((member, station), trip)| {
            let site = at(station);
            let terms = member.windows.iter().map(|spec| site.term(spec)).collect();
            let value = site.shown(&self.rule.when);
            Evidence { station: member.station_name.clone(), trip: truth(*trip), value, terms }
        });
        let evidence = evidence.collect();
        let quorum = self.rule.quorum.unwrap_or(1).min(self.rule.scope) as usize;
        let trip = truth(joint_trip(quorum, &trips, &gone));
        self.was_clear.iter_mut().zip(&clears).for_each(|(was, clear)| *was = clear.or(*was));
        let clear = truth(self.joint_clear(quorum, &clears, &gone));
        let is_suppressed = self.rule.suppress.as_ref().is_some_and(|claim| {
            let is_quiet: Vec<bool> = self.stations.iter().map(|one| at(one).claim(claim) == Some(true)).collect();
            let is_meant = |trip: &Option<bool>| !trips.contains(&Some(true)) || *trip == Some(true);
            let meant = trips.iter().filter(|trip| is_meant(trip)).count();
            trips.iter().zip(is_quiet).filter(|(trip, is_quiet)| is_meant(trip) && !is_quiet).count()
                < quorum.min(meant)
        });
        Saying { ms, watermark_ms: ms, trip, clear, absent, is_suppressed, evidence }
    }
}

fn truth(holds: Option<bool>) -> Truth {
    holds.map_or(Truth::Unknown, Truth::from)
}

/// Whether a condition asks for silence.
fn asks_silence(claim: &Claim) -> bool {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => asks_silence(left) || asks_silence(right),
        Claim::Not(inner) => asks_silence(inner),
        Claim::Silent(..) => true,
        _ => false,
    }
}

/// The longest silence that a condition asks for, if it asks for any.
fn longest_silence_s(claim: &Claim) -> Option<i64> {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => longest_silence_s(left).max(longest_silence_s(right)),
        Claim::Not(inner) => longest_silence_s(inner),
        Claim::Silent(_, width_s) => Some(*width_s),
        _ => None,
    }
}

/// Whether so many of those that are not gone trip, whatever the unknown ones may turn out to be.
fn joint_trip(quorum: usize, trips: &[Option<bool>], gone: &[bool]) -> Option<bool> {
    let present: Vec<Option<bool>> =
        trips.iter().zip(gone).filter(|(_, gone)| !**gone).map(|(trip, _)| *trip).collect();
    if present.len() < quorum {
        return None;
    }
    let surely = present.iter().filter(|trip| **trip == Some(true)).count();
    let perhaps = present.iter().filter(|trip| **trip != Some(false)).count();
    if surely >= quorum { Some(true) } else { (perhaps < quorum).then_some(false) }
}
