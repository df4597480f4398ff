//! Rules evaluated from a plain list of all frames, anew at each instant: slow, and simple enough to be believed.
#![cfg(test)]

pub(super) mod site;
mod sources;

use self::site::Site;
pub(crate) use self::sources::Frames;
use self::sources::NaiveSource;
use super::causes::Causes;
use super::language::{Claim, FAST_S, RandomRule, SLOW_S, instrument_id, interval_ms};
use super::steps::{PriorityCourse, RandomStep};
use vocdb::InstrumentId;
use vocdb::rules::Plan;
use vocdb::verdict::{Evidence, Shown, Truth};

/// What one rule says of one scope at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    pub(crate) ms: i64,
    pub(crate) watermark_ms: i64,
    pub(crate) trip: Truth,
    pub(crate) clear: Truth,
    /// What the priority steps say.
    pub(crate) steps: Vec<Truth>,
    pub(crate) absent: Vec<String>,
    pub(crate) is_suppressed: bool,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) shown: Shown,
}

impl Saying {
    /// Whether it is the same as another.
    pub(crate) fn says_no_more_than(&self, other: &Self) -> bool {
        let verdict = |saying: &Self| {
            (saying.trip, saying.clear, saying.steps.clone(), saying.absent.clone(), saying.is_suppressed)
        };
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
    /// The priority of its open alarm.
    pub(crate) course: PriorityCourse,
}

impl NaivePlan {
    /// The rule is told by its name, `r` and a number; the stations by their numbers, from 1.
    pub(crate) fn new(plan: Plan, rules: &[RandomRule]) -> Self {
        let rule = rules[plan.spec.rule[1..].parse::<usize>().unwrap()].clone();
        let stations: Vec<u32> = plan.members.iter().map(|member| member.station.number() - 1).collect();
        let (count, course) = (stations.len(), PriorityCourse::new(&rule.steps));
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
            course,
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
        let over_ms = instant_ms + self.patience_ms();
        let instant_ms = instant_ms + self.rule.lateness_s * 1_000;
        let (clock_ms, late_ms_max) = (self.clock_ms(frames, now_ms), self.late_ms_max(frames, now_ms));
        let mut all = (0..self.stations.len()).flat_map(|member| self.instruments(member));
        all.all(|one| match frames.source(one).filter(|source| !self.is_overdue(one, source, now_ms)) {
            Some(source) if source.late_ms() <= late_ms_max => {
                let is_there = instant_ms <= source.newest_ms;
                let is_not_due = instant_ms + self.step_ms() <= source.newest_ms + interval_ms(one);
                is_there || is_not_due && instant_ms < clock_ms || over_ms <= source.clock_ms(now_ms)
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
        self.rule.claims().any(asks_silence)
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
    pub(crate) fn go_back(
        &mut self,
        frames: &Frames,
        (instrument, now_ms): (InstrumentId, i64),
        counts: Option<[i64; 3]>,
    ) {
        let (Some([first_ms, last_ms, before_ms]), Some(next_ms), step_ms) = (counts, self.next_ms, self.step_ms())
        else {
            return;
        };
        let from_ms = if next_ms - step_ms <= before_ms { last_ms } else { first_ms };
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
        let longest_s = self.rule.claims().filter_map(longest_silence_s).max();
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
        let step_ms = self.step_ms();
        let at = |station: &u32| Site { frames, stations: &self.stations, station: *station, ms, step_ms };
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
        let sites: Vec<Site<'_>> = self.stations.iter().map(at).collect();
        let causes = Causes::of(&self.rule.when, &sites);
        let evidence = self.plan.members.iter().zip(&self.stations).zip(&trips).map(|((member, station), trip)| {
            let site = at(station);
            let hours = member.hours.iter().map(|spec| site.hours(&spec.label));
            let counts = member.counts.iter().map(|spec| site.count(spec, &self.rule));
            let terms = member.windows.iter().map(|spec| site.term(spec)).chain(hours).chain(counts).collect();
            let value = causes.value(&site);
            Evidence { station: member.station_name.clone(), trip: truth(*trip), value, terms }
        });
        let evidence = evidence.collect();
        let shown = causes.shown(&sites, &self.plan.members[0].terms);
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
        let step = |step: &RandomStep| {
            let said: Vec<Option<bool>> = self.stations.iter().map(|one| at(one).claim(&step.claim)).collect();
            let surely = said.iter().filter(|truth| **truth == Some(true)).count();
            let perhaps = said.iter().filter(|truth| **truth != Some(false)).count();
            truth(if surely >= quorum { Some(true) } else { (perhaps < quorum).then_some(false) })
        };
        let steps = self.rule.steps.iter().map(step).collect();
        Saying { ms, watermark_ms: ms, trip, clear, steps, absent, is_suppressed, evidence, shown }
    }
}

fn truth(holds: Option<bool>) -> Truth {
    holds.map_or(Truth::Unknown, Truth::from)
}

/// Whether a condition asks for silence.
fn asks_silence(claim: &Claim) -> bool {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => asks_silence(left) || asks_silence(right),
        Claim::Not(inner) | Claim::Exceeds(inner, ..) => asks_silence(inner),
        Claim::Silent(..) => true,
        _ => false,
    }
}

/// The longest silence that a condition asks for, if it asks for any.
fn longest_silence_s(claim: &Claim) -> Option<i64> {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => longest_silence_s(left).max(longest_silence_s(right)),
        Claim::Not(inner) | Claim::Exceeds(inner, ..) => longest_silence_s(inner),
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
