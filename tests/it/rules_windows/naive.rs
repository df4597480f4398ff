//! Rules evaluated from a plain list of all frames, anew at each instant: slow, and simple enough to be believed.
#![cfg(test)]

use super::language::{Amount, Claim, FAST_S, Function, Look, RandomRule, SLOW_S, instrument_id};
use vocdb::rules::Plan;
use vocdb::rules::expr::WindowFunction;
use vocdb::rules::plan::WindowSpec;
use vocdb::rules::verdict::{Evidence, TermValue, Truth};
use vocdb::{InstrumentId, Sample};

/// Every frame that was pushed, the newest at each instant, in no order.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<(InstrumentId, i64, Vec<Sample>)>);

impl Frames {
    pub(crate) fn put(&mut self, instrument: InstrumentId, ms: i64, samples: Vec<Sample>) {
        self.0.retain(|(of, at, _)| (*of, *at) != (instrument, ms));
        self.0.push((instrument, ms, samples));
    }

    pub(crate) fn newest(&self, instrument: InstrumentId) -> Option<i64> {
        self.0.iter().filter(|(of, ..)| *of == instrument).map(|(_, at, _)| *at).max()
    }

    /// The valid values of a channel behind `from` and up to `to`, in order of time.
    fn valid(&self, instrument: InstrumentId, channel: usize, from: i64, to: i64) -> Vec<f64> {
        let inside = self.0.iter().filter(|(of, at, _)| *of == instrument && from < *at && *at <= to);
        let mut found: Vec<(i64, f64)> =
            inside.filter_map(|(_, at, samples)| Some((*at, samples[channel].valid()? + 0.0))).collect();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, value)| value).collect()
    }
}

/// The value of a window from the values in it, which are thousandths.
#[expect(clippy::cast_possible_truncation, reason = "thousandths below a million, and places in a short list")]
fn value_of(function: Function, values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    if function == Function::Count {
        return Some(count);
    }
    let newest = *values.last()?;
    Some(match function {
        Function::Avg => {
            let thousandths: i128 = values.iter().map(|value| (value * 1_000.0).round() as i128).sum();
            thousandths as f64 / (1_000.0 * count)
        }
        Function::Min => values.iter().rev().fold(newest, |least, value| if *value < least { *value } else { least }),
        Function::Max => values.iter().rev().fold(newest, |most, value| if *value > most { *value } else { most }),
        Function::Baseline(percent) => {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let place = f64::from(percent.unwrap_or(10)) / 100.0 * (count - 1.0);
            let below = place.floor();
            let (low, high) = (sorted[below as usize], sorted[(place.ceil() as usize).min(values.len() - 1)]);
            low + (high - low) * (place - below)
        }
        Function::Last | Function::Count => newest,
    })
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// One station at one instant.
struct Site<'a> {
    frames: &'a Frames,
    station: u32,
    ms: i64,
}

impl Site<'_> {
    fn look(&self, look: &Look) -> Option<f64> {
        let width_s = look.width_s.unwrap_or(look.interval_s());
        let channel = usize::from(look.channel == 'y');
        let instrument = instrument_id(self.station, look.is_slow());
        let values = self.frames.valid(instrument, channel, self.ms - width_s * 1_000, self.ms);
        let expected = (width_s / look.interval_s()).max(1) as f64;
        let is_covered = values.len() as f64 / expected >= f64::from(look.coverage_percent.unwrap_or(0)) / 100.0;
        value_of(look.function, &values).filter(|_| is_covered)
    }

    fn amount(&self, amount: &Amount) -> Option<f64> {
        match amount {
            Amount::Look(look) => self.look(look),
            Amount::Plus(left, right) => finite(self.amount(left)? + self.amount(right)?),
            Amount::Minus(left, right) => finite(self.amount(left)? - self.amount(right)?),
            Amount::Times(factor, inner) => finite(factor * self.amount(inner)?),
            Amount::Over(inner, divisor) => finite(self.amount(inner)? / divisor),
        }
    }

    fn ratio(&self, over: &Amount, under: &Amount) -> Option<f64> {
        finite(self.amount(over)? / self.amount(under)?)
    }

    /// `None` where it cannot be said.
    fn claim(&self, claim: &Claim) -> Option<bool> {
        match claim {
            Claim::Limit(left, by, limit) => compare(self.amount(left), by, Some(*limit)),
            Claim::Pair(left, by, right) => compare(self.amount(left), by, self.amount(right)),
            Claim::Ratio(over, under, by, limit) => compare(self.ratio(over, under), by, Some(*limit)),
            Claim::Counted(look, by, limit) => compare(self.look(look), by, Some(f64::from(*limit))),
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
            Claim::Limit(left, ..) | Claim::Pair(left, ..) => self.amount(left),
            Claim::Ratio(over, under, ..) => self.ratio(over, under),
            Claim::Counted(look, ..) => self.look(look),
            Claim::And(left, _) | Claim::Or(left, _) => self.shown(left),
            Claim::Not(inner) => self.shown(inner),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    fn term(&self, spec: &WindowSpec) -> TermValue {
        let values = self.frames.valid(spec.instrument, spec.channel, self.ms - spec.width_ms, self.ms);
        let coverage = values.len() as f64 / f64::from(spec.expected);
        let function = match spec.function {
            WindowFunction::Avg => Function::Avg,
            WindowFunction::Min => Function::Min,
            WindowFunction::Max => Function::Max,
            WindowFunction::Last => Function::Last,
            WindowFunction::Count => Function::Count,
            WindowFunction::Baseline { quantile } => Function::Baseline(Some((quantile * 100.0).round() as u32)),
        };
        let value = value_of(function, &values).filter(|_| coverage >= spec.coverage_min);
        TermValue { label: spec.label.clone(), value, coverage, unit: spec.unit.clone() }
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
    pub(crate) trip: Truth,
    pub(crate) clear: Truth,
    pub(crate) absent: Vec<String>,
    pub(crate) evidence: Vec<Evidence>,
}

impl Saying {
    /// Whether it is said of empty windows and is the same as another.
    pub(crate) fn says_no_more_than(&self, other: &Self) -> bool {
        let verdict = |saying: &Self| (saying.trip, saying.clear, saying.absent.clone());
        let mut terms = self.evidence.iter().flat_map(|one| &one.terms);
        terms.all(|term| term.coverage == 0.0) && verdict(self) == verdict(other)
    }
}

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
        let is_fast = |instrument: InstrumentId| self.stations.iter().any(|at| instrument == instrument_id(*at, false));
        if self.instruments(0).any(is_fast) { FAST_S * 1_000 } else { SLOW_S * 1_000 }
    }

    /// How far evaluation may go: all instruments have come so far, or the newest has gone ahead by what the rule waits.
    fn frontier_ms(&self, frames: &Frames, now_ms: Option<i64>) -> Option<i64> {
        let patience_ms = self.rule.missing.1 * 1_000;
        let of_member = |member| self.instruments(member).map(|one| frames.newest(one)).min().flatten();
        let everybody = (0..self.stations.len()).map(of_member).min().flatten();
        let all = (0..self.stations.len()).flat_map(|member| self.instruments(member));
        let fastest = all.filter_map(|one| frames.newest(one)).max().map(|ms| ms - patience_ms);
        everybody.max(fastest).max(now_ms.filter(|_| self.next_ms.is_some()).map(|ms| ms - patience_ms))
    }

    /// Notes a frame for any of the rule's instruments: the first one begins the grid.
    pub(crate) fn begin(&mut self, ms: i64) {
        let step_ms = self.step_ms();
        self.next_ms.get_or_insert((ms + step_ms - 1).div_euclid(step_ms) * step_ms);
    }

    /// Everything that can be said now and was not yet, instant by instant.
    pub(crate) fn due(&mut self, frames: &Frames, now_ms: Option<i64>) -> Vec<Saying> {
        let mut said = Vec::new();
        let (Some(mut ms), Some(frontier_ms)) = (self.next_ms, self.frontier_ms(frames, now_ms)) else { return said };
        while ms <= frontier_ms {
            said.push(self.say(frames, ms));
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
        let at = |station: &u32| Site { frames, station: *station, ms };
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
        Saying { ms, trip, clear, absent, evidence }
    }
}

fn truth(holds: Option<bool>) -> Truth {
    holds.map_or(Truth::Unknown, Truth::from)
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
