//! One station at one instant: what each expression of a rule says of it.

use super::super::language::{Amount, Claim, FAST_S, Look, RandomRule, SLOW_S, instrument_id};
use super::super::local::minutes_of;
use super::super::values::{finite, mean_of, plain, value_of};
use super::sources::Frames;
use vocdb::model::Zone;
use vocdb::rules::expr::{Strand, WindowFunction};
use vocdb::rules::plan::{CountSpec, WindowSpec};
use vocdb::verdict::{FlagCount, TermValue};
use vocdb::{Quality, Sample};

/// Bytes of a condition that evidence shows.
const COUNTED_TEXT_BYTES_MAX: usize = 200;
/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// One station at one instant, among the stations of the rule.
#[derive(Clone, Copy)]
pub(in super::super) struct Site<'a> {
    pub(super) frames: &'a Frames,
    pub(super) stations: &'a [u32],
    pub(super) station: u32,
    pub(super) ms: i64,
    /// From one evaluation time of the rule to the next.
    pub(super) step_ms: i64,
}

impl Site<'_> {
    pub(in super::super) fn look(&self, look: &Look) -> Option<f64> {
        let width_s = look.width_s.unwrap_or(look.day_ahead_min.map_or(look.interval_s(), |_| DAY_S));
        let channel = usize::from(look.channel == 'y');
        let instrument = instrument_id(self.station, look.is_slow());
        let end = look.day_ahead_min.map_or(self.ms, |ahead_min| self.day_end(ahead_min)) - look.ago_s * 1_000;
        let values = self.frames.valid(instrument, channel, end - width_s * 1_000, end);
        let coverage = values.len() as f64 / (width_s / look.interval_s()).max(1) as f64;
        let is_covered = coverage >= f64::from(look.coverage_percent.unwrap_or(0)) / 100.0
            && values.len() >= look.at_least.unwrap_or(0) as usize;
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

    fn is_within(&self, ahead_min: i64, from: u8, to: u8) -> bool {
        let mut hour = from;
        while hour != to % 24 {
            if (self.ms + ahead_min * 60_000).div_euclid(3_600_000).rem_euclid(24) == i64::from(hour) {
                return true;
            }
            hour = (hour + 1) % 24;
        }
        false
    }

    /// The last millisecond of the last day that is over.
    fn day_end(&self, ahead_min: i64) -> i64 {
        let (day_ms, ahead_ms) = (DAY_S * 1_000, ahead_min * 60_000);
        (self.ms + ahead_ms + 1).div_euclid(day_ms) * day_ms - ahead_ms - 1
    }

    /// At how many evaluation times within so many seconds a claim was true; `None` where it cannot be said now, and it was not often enough.
    fn exceeds(&self, inner: &Claim, count: u32, width_s: i64) -> Option<u32> {
        let times = (0..).map(|back| self.ms - back * self.step_ms).take_while(|ms| self.ms - ms < width_s * 1_000);
        let found = times.filter(|ms| Site { ms: *ms, ..*self }.claim(inner) == Some(true)).count();
        let found = u32::try_from(found).unwrap();
        (found >= count || self.claim(inner).is_some()).then_some(found)
    }

    /// The evidence of a count, which is one of these claims.
    pub(super) fn count(&self, spec: &CountSpec, rule: &RandomRule) -> TermValue {
        let mut claims = Vec::new();
        rule.claims().for_each(|claim| note_counts(claim, &mut claims));
        let is_it = |(inner, count, width_s): &(&Claim, u32, i64)| {
            let mut text = inner.to_string();
            text.truncate(COUNTED_TEXT_BYTES_MAX);
            let label = format!("exceedances({text}, {count}, ");
            spec.width_ms == width_s * 1_000 && spec.label.starts_with(&label)
        };
        let (inner, count, width_s) = *claims.iter().find(|claim| is_it(claim)).unwrap();
        let value = self.exceeds(inner, count, width_s).map(f64::from);
        let (label, unit) = (spec.label.clone(), "1".to_owned());
        TermValue { label, value, coverage: 0.0, unit, flags: Vec::new() }
    }

    /// The evidence of hours, found by their label.
    pub(super) fn hours(&self, label: &str) -> TermValue {
        let inner = label.strip_prefix("within_hours(").unwrap().strip_suffix(')').unwrap();
        let parts: Vec<&str> = inner.split(", ").collect();
        let is_within = self.is_within(minutes_of(parts[0]), parts[1].parse().unwrap(), parts[2].parse().unwrap());
        let (label, unit) = (label.to_owned(), "1".to_owned());
        TermValue { label, value: Some(f64::from(is_within)), coverage: 0.0, unit, flags: Vec::new() }
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

    pub(in super::super) fn amount(&self, amount: &Amount) -> Option<f64> {
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

    pub(in super::super) fn ratio(&self, over: &Amount, under: &Amount) -> Option<f64> {
        finite(self.amount(over)? / self.amount(under)?)
    }

    /// `None` where it cannot be said.
    pub(in super::super) fn claim(&self, claim: &Claim) -> Option<bool> {
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
            Claim::Exceeds(inner, count, width_s) => self.exceeds(inner, *count, *width_s).map(|found| found >= *count),
            Claim::Hours(ahead_min, from, to) => Some(self.is_within(*ahead_min, *from, *to)),
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

    pub(super) fn term(&self, spec: &WindowSpec) -> TermValue {
        let of_day = |zone: &Zone| self.day_end(minutes_of(&zone.to_string()));
        let end = spec.day.as_ref().map_or(self.ms, of_day) - spec.lag_ms;
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
        let value = value.filter(|_| coverage >= spec.coverage_min && count >= spec.samples_min as usize);
        let flags = if spec.function.strand() == Strand::Frames { Vec::new() } else { flags_of(&samples) };
        TermValue { label: spec.label.clone(), value, coverage, unit: spec.unit.clone(), flags }
    }
}

/// What a claim counts, from left to right.
fn note_counts<'c>(claim: &'c Claim, found: &mut Vec<(&'c Claim, u32, i64)>) {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => {
            note_counts(left, found);
            note_counts(right, found);
        }
        Claim::Not(inner) => note_counts(inner, found),
        Claim::Exceeds(inner, count, width_s) => found.push((inner, *count, *width_s)),
        _ => {}
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
