//! Rules that can never open, whatever readings come, and rules that look at a part of their readings only.
//!
//! An instrument is taken at its word: it sends one frame per interval and no more. What is found is certain then; a rule about which nothing
//! is said may still never open, where its conditions exclude each other in a way that is not looked into.

mod grid;
mod possible;

use super::channels::mistake;
use super::hysteresis;
use super::windows::Looked;
use crate::model::Interval;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Comparison, Rule, WindowFunction};
use crate::rules::getter::number_text;
use crate::rules::plan::{Member, Node, Plan, Program, WindowSpec};
use crate::verdict::MissingPolicy;
use grid::{Demand, Outcome, is_always_known, is_even};
use possible::{range_of, samples_max, settled, truths};

/// What is wrong at one station.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Why the rule can never trip there; `None` where it can.
    pub(super) never: Option<Diagnostic>,
    /// What deserves a look.
    pub(super) warnings: Vec<Diagnostic>,
}

/// One station of a plan.
#[derive(Clone, Copy)]
struct Case<'a> {
    rule: &'a Rule,
    plan: &'a Plan,
    member: &'a Member,
    looked: &'a [Looked],
}

/// What is wrong with a rule at one station of a plan. `looked` says of each window where it is asked for.
pub(super) fn findings(rule: &Rule, plan: &Plan, member: &Member, looked: &[Looked]) -> Findings {
    let case = Case { rule, plan, member, looked };
    let mut found = Findings::default();
    let outcome = case.outcome();
    found.never = case.never(outcome);
    found.warnings.extend(case.gaps());
    if found.never.is_none() && found.warnings.is_empty() {
        found.warnings.extend(case.sometimes(outcome));
    }
    found.warnings.extend(case.unseen());
    found.warnings.extend(case.settled(found.never.is_some()));
    if found.never.is_none() {
        found.warnings.extend(case.never_clears(outcome));
    }
    found.warnings.extend(case.auto_close());
    let never = found.never.as_ref().map(|never| &never.place);
    found.warnings.retain(|warning| Some(&warning.place) != never);
    found
}

/// Whether two stations of a rule are alike but for their instruments' numbers, so that what is found at one holds at the other.
pub(super) fn is_alike(a: &Member, b: &Member) -> bool {
    let shape = |spec: &WindowSpec| {
        let WindowSpec { channel, width_ms, lag_ms, interval_ms, expected, .. } = *spec;
        (channel, width_ms, lag_ms, interval_ms, expected)
    };
    let is_like = |(a, b): (&WindowSpec, &WindowSpec)| {
        let is_same_term =
            (a.function, &a.label, &a.unit, a.samples_min) == (b.function, &b.label, &b.unit, b.samples_min);
        is_same_term && shape(a) == shape(b) && a.coverage_min.to_bits() == b.coverage_min.to_bits()
    };
    let changes = |member: &Member| -> Vec<bool> {
        member.windows.windows(2).map(|pair| matches!(pair, [one, next] if one.instrument == next.instrument)).collect()
    };
    (&a.when, &a.clear, &a.spreads, &a.priority_steps) == (&b.when, &b.clear, &b.spreads, &b.priority_steps)
        && (&a.hours, &a.counts) == (&b.hours, &b.counts)
        && a.windows.len() == b.windows.len()
        && a.windows.iter().zip(&b.windows).all(is_like)
        && changes(a) == changes(b)
}

impl Case<'_> {
    /// What an alarm can do with the best readings.
    fn outcome(&self) -> Outcome {
        let (rule, plan) = (self.rule, self.plan);
        if self.member.windows.iter().all(is_even) {
            let trip = self.truths(&self.member.when);
            let clear = self.member.clear.as_ref().map_or(trip.fails, |clear| self.truths(clear).holds);
            let closes = rule.auto_close_ms.is_some() && trip.fails;
            return Outcome { opens: trip.holds, always_opens: trip.holds, clears: clear || closes };
        }
        let demand = Demand {
            when: &self.member.when,
            clear: self.member.clear.as_ref(),
            hold_ms: rule.hold_ms,
            clear_hold_ms: plan.spec.clear_hold_ms,
            auto_close_ms: rule.auto_close_ms,
            on_missing: (rule.on_missing, rule.on_missing_ms),
            step_ms: plan.step_ms,
        };
        grid::outcome(self.member, plan.members.len(), &demand)
    }

    /// The truths of a condition while every window is as full as it ever can be.
    fn truths(&self, program: &Program) -> possible::Truths {
        truths(program, self.member, self.plan.members.len(), &samples_max)
    }

    fn look(&self, slot: usize) -> Option<(&WindowSpec, &Looked)> {
        Some((self.member.windows.get(slot)?, self.looked.get(slot)?))
    }

    /// The windows that a program reads, each once.
    fn windows_of(&self, program: &Program) -> Vec<usize> {
        let mut slots: Vec<usize> = Vec::new();
        for node in &program.0 {
            match node {
                Node::Window(slot) | Node::Holds(slot) => slots.push(usize::from(*slot)),
                Node::Spread(place) => {
                    let inner = self.member.spreads.get(usize::from(*place));
                    slots.extend(inner.into_iter().flat_map(|inner| self.windows_of(inner)));
                }
                Node::Counted(place) => {
                    let inner = self.member.counts.get(usize::from(*place));
                    slots.extend(inner.into_iter().flat_map(|inner| self.windows_of(&inner.program)));
                }
                _ => {}
            }
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Why the rule can never trip.
    fn never(&self, outcome: Outcome) -> Option<Diagnostic> {
        let rule = self.rule;
        if rule.on_missing == MissingPolicy::Alarm {
            return None;
        }
        if let Some((above, below)) = hysteresis::contradiction(self.member) {
            let message = format!("the alarm `{}` can never open: {above} excludes {below}", rule.name);
            return Some(mistake(&rule.places.when, message, "join the two with `or`, or reverse one of them"));
        }
        if outcome.opens && self.truths(&self.member.when).holds {
            return None;
        }
        Some(self.never_known().or_else(|| self.out_of_range()).unwrap_or_else(|| self.too_short()))
    }

    /// A term of the trip condition that is unknown whatever comes.
    fn never_known(&self) -> Option<Diagnostic> {
        if self.truths(&self.member.when).holds {
            return None;
        }
        if self.plan.members.len() < 2 && self.member.when.0.iter().any(|node| matches!(node, Node::Spread(_))) {
            let message = format!(
                "the alarm `{}` can never open: a spread needs two stations, and `{}` has one",
                self.rule.name, self.rule.scope
            );
            let help = "widen the scope, or compare the term itself";
            return Some(mistake(&self.rule.places.scope, message, help));
        }
        let mut slots = self.windows_of(&self.member.when).into_iter();
        slots.find_map(|slot| self.look(slot).filter(|(spec, _)| is_never_known(spec))).map(|(spec, looked)| {
            let message = format!("the alarm `{}` can never open: {}", self.rule.name, never_known(spec, looked));
            mistake(&looked.place, message, widen(spec))
        })
    }

    /// A comparison with a number that its window cannot reach.
    fn out_of_range(&self) -> Option<Diagnostic> {
        if self.truths(&self.member.when).holds {
            return None;
        }
        let rule = self.rule;
        let settled = settled(&self.member.when, self.member);
        let said = settled.iter().find_map(|one| {
            let (spec, looked) = self.look(usize::from(one.slot))?;
            let message = format!("the alarm `{}` can never open: {}", rule.name, settled_text(one, spec));
            Some(mistake(&looked.place, message, settled_help(spec)))
        });
        let message = || format!("the alarm `{}` can never open: no readings make its condition true", rule.name);
        let help = "compare with numbers that the terms can reach";
        Some(said.unwrap_or_else(|| mistake(&rule.places.when, message(), help)))
    }

    /// A condition that is not known for as long as it must hold.
    fn too_short(&self) -> Diagnostic {
        let (rule, hold) = (self.rule, duration(self.rule.hold_ms));
        let why = match self.known_text(&self.member.when).or_else(|| self.held_text()) {
            Some(known) if rule.hold_ms > 0 => format!("{known}, and its condition must hold for {hold}"),
            _ => format!("its terms are never known at one evaluation time, every {}", duration(self.plan.step_ms)),
        };
        let message = format!("the alarm `{}` can never open at `{}`: {why}", rule.name, self.member.station_name);
        let place = if rule.hold_ms > 0 { &rule.places.hold } else { &rule.places.when };
        mistake(place, message, self.wider())
    }

    /// For how long the term of a program is known that is known the least; `None` where all are always known.
    fn known_text(&self, program: &Program) -> Option<String> {
        let windows = self.windows_of(program).into_iter().filter_map(|slot| self.member.windows.get(slot));
        let partly = windows.filter(|spec| !is_always_known(spec));
        let spec = partly.min_by(|a, b| known_share(a).total_cmp(&known_share(b)))?;
        let (known, interval) = (duration(known_ms(spec)), duration(spec.interval_ms));
        Some(format!("`{}` is known for {known} of every {interval} only", spec.label))
    }

    /// How many readings a window holds, where that depends on when they come.
    fn held_text(&self) -> Option<String> {
        let spec = self.member.windows.iter().find(|spec| !is_even(spec))?;
        let most = samples_max(spec);
        Some(format!("`{}` holds {} or {most} readings, depending on their times", spec.label, most - 1))
    }

    /// What to write so that every window is always known.
    fn wider(&self) -> String {
        let partly = self.member.windows.iter().filter(|spec| !is_even(spec));
        let widest = partly.map(|spec| spec.samples_needed().max(1).saturating_mul(spec.interval_ms)).max();
        let width = in_rules(widest.unwrap_or(self.plan.step_ms));
        format!("write windows of at least {width}, so that they always hold a reading")
    }

    /// Windows that are known, or look at anything, for a part of the time only.
    fn gaps(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (spec, looked) in self.member.windows.iter().zip(self.looked) {
            let is_short = spec.width_ms < spec.interval_ms;
            let (interval, sends) = (duration(spec.interval_ms), sends(spec, looked));
            if spec.function == WindowFunction::Silent && is_short {
                let message = format!("`{}` holds between any two frames: {sends}", spec.label);
                let help = format!("write a silence of at least {}", in_rules(spec.interval_ms.saturating_mul(2)));
                found.push(warning(mistake(&looked.place, message, help)));
            } else if is_never_known(spec) {
                found.push(warning(mistake(&looked.place, never_known(spec, looked), widen(spec))));
            } else if !is_always_known(spec) {
                let message = format!(
                    "`{}` is known for {} of every {interval} only: {}{sends}",
                    spec.label,
                    duration(known_ms(spec)),
                    needs(spec)
                );
                found.push(warning(mistake(&looked.place, message, widen(spec))));
            } else if is_short && spec.function != WindowFunction::Silent {
                let nothing = duration(spec.interval_ms - spec.width_ms);
                let message = format!("`{}` is 0 for {nothing} of every {interval}: {sends}", spec.label);
                found.push(warning(mistake(&looked.place, message, widen(spec))));
            }
        }
        found
    }

    /// Readings open the alarm only if they come at certain times, because a window holds now more and now fewer of them.
    fn sometimes(&self, outcome: Outcome) -> Option<Diagnostic> {
        if outcome.always_opens || self.rule.on_missing == MissingPolicy::Alarm {
            return None;
        }
        let (spec, looked) = self.member.windows.iter().zip(self.looked).find(|(spec, _)| !is_even(spec))?;
        let (alarm, station, held) = (&self.rule.name, &self.member.station_name, self.held_text()?);
        let message =
            format!("the alarm `{alarm}` does not always open at `{station}`: {held}; {}", sends(spec, looked));
        let even_ms = spec.width_ms / spec.interval_ms * spec.interval_ms;
        let help = format!("write a window of {}, or compare with fewer readings", in_rules(even_ms));
        Some(warning(mistake(&looked.place, message, help)))
    }

    /// Channels of which some readings come into no window of the trip condition, because the grid is too wide.
    fn unseen(&self) -> Vec<Diagnostic> {
        let step_ms = self.plan.step_ms;
        let is_state = |slot: usize| self.member.when.0.contains(&Node::Holds(u16::try_from(slot).unwrap_or(u16::MAX)));
        let slots: Vec<usize> =
            self.windows_of(&self.member.when).into_iter().filter(|slot| !is_state(*slot)).collect();
        let mut found = Vec::new();
        for slot in &slots {
            let Some((spec, looked)) = self.look(*slot) else { continue };
            let others = slots.iter().filter_map(|slot| self.member.windows.get(*slot));
            let same = others.filter(|other| (other.instrument, other.channel) == (spec.instrument, spec.channel));
            let seen_ms = seen_ms(same.collect());
            // What a window shorter than its interval misses on the instruments' own grid is warned of as a gap.
            let is_chosen = self.rule.every_ms.is_some() || spec.width_ms >= spec.interval_ms;
            let is_snapshot = matches!(spec.function, WindowFunction::Last) && range_of(spec).1.is_finite();
            if seen_ms < step_ms && is_chosen && !is_snapshot && seen_ms == spec.width_ms {
                let percent = (100.0 * seen_ms as f64 / step_ms as f64).round();
                let message = format!(
                    "the rule looks at {percent} % of the readings only: it is evaluated every {}, and `{}` holds {}",
                    duration(step_ms),
                    spec.label,
                    duration(seen_ms)
                );
                let help =
                    format!("write a window of at least {}, or .every({})", in_rules(step_ms), in_rules(seen_ms));
                found.push(warning(mistake(&looked.place, message, help)));
            }
        }
        found
    }

    /// Comparisons whose outcome is always the same.
    fn settled(&self, is_never: bool) -> Vec<Diagnostic> {
        let beside = self.member.clear.iter().chain(&self.member.priority_steps);
        let beside = beside.flat_map(|program| settled(program, self.member));
        let of_trip = settled(&self.member.when, self.member);
        let all = of_trip.into_iter().filter(|one| one.holds || !is_never).chain(beside);
        let said = all.filter_map(|one| {
            let (spec, looked) = self.look(usize::from(one.slot))?;
            Some(warning(mistake(&looked.place, settled_text(&one, spec), settled_help(spec))))
        });
        said.collect()
    }

    fn never_clears(&self, outcome: Outcome) -> Option<Diagnostic> {
        let (rule, station) = (self.rule, &self.member.station_name);
        if outcome.clears {
            return None;
        }
        let hold_ms = self.plan.spec.clear_hold_ms;
        let (why, help) = match self.known_text(self.member.clear.as_ref().unwrap_or(&self.member.when)) {
            Some(known) if hold_ms > 0 => {
                (format!("{known}, and its clear condition must hold for {}", duration(hold_ms)), self.wider())
            }
            Some(known) => (known, self.wider()),
            None => {
                let help = "write a clear condition that readings can make true";
                ("no readings make its clear condition true".to_owned(), help.to_owned())
            }
        };
        let message = format!("the alarm `{}` can never clear at `{station}`: {why}", rule.name);
        Some(warning(mistake(&rule.places.clear_when, message, help)))
    }

    fn auto_close(&self) -> Option<Diagnostic> {
        let (rule, step_ms) = (self.rule, self.plan.step_ms);
        let auto_close_ms = rule.auto_close_ms.filter(|auto_close_ms| *auto_close_ms < step_ms)?;
        let [auto_close, step] = [auto_close_ms, step_ms].map(duration);
        let message = format!("`.auto_close` after {auto_close} is shorter than the {step} between evaluations");
        let help = format!(
            "write at least .auto_close({}): now it closes one evaluation after the last trip",
            in_rules(step_ms)
        );
        Some(warning(mistake(&rule.place, message, help)))
    }
}

/// Whether no number of frames that an instrument sends fills a window as far as its term needs.
fn is_never_known(spec: &WindowSpec) -> bool {
    samples_max(spec) < spec.samples_needed()
}

/// For how long of every interval a window that is partly known has the samples that it needs.
fn known_ms(spec: &WindowSpec) -> i64 {
    if is_never_known(spec) { 0 } else { spec.width_ms % spec.interval_ms }
}

fn known_share(spec: &WindowSpec) -> f64 {
    known_ms(spec) as f64 / spec.interval_ms as f64
}

/// How far windows of one channel reach back without a hole, from the newest one on.
fn seen_ms(mut windows: Vec<&WindowSpec>) -> i64 {
    windows.sort_by_key(|spec| spec.lag_ms);
    let begin_ms = windows.first().map_or(0, |spec| spec.lag_ms);
    let reach = |reached: i64, spec: &WindowSpec| {
        if spec.lag_ms <= reached { reached.max(spec.lag_ms.saturating_add(spec.width_ms)) } else { reached }
    };
    windows.into_iter().fold(begin_ms, reach) - begin_ms
}

fn never_known(spec: &WindowSpec, looked: &Looked) -> String {
    format!("`{}` is never known: {}{}", spec.label, needs(spec), sends(spec, looked))
}

/// The samples that a term needs, where it needs several.
fn needs(spec: &WindowSpec) -> String {
    let needed = spec.samples_needed();
    if needed > 1 { format!("it needs {needed} readings, and ") } else { String::new() }
}

fn sends(spec: &WindowSpec, looked: &Looked) -> String {
    let interval = duration(spec.interval_ms);
    format!("`{}` at `{}` sends one every {interval}", looked.instrument, looked.station)
}

fn widen(spec: &WindowSpec) -> String {
    let width_ms = spec.samples_needed().max(1).saturating_mul(spec.interval_ms);
    format!("write a window of at least {}", in_rules(width_ms))
}

fn settled_text(one: &possible::Settled, spec: &WindowSpec) -> String {
    let (least, most) = range_of(spec);
    let sign = match one.comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
    };
    let ever = if one.holds { "always" } else { "never" };
    let range = if most.is_finite() {
        format!("lies between {} and {}", number_text(least), number_text(most))
    } else {
        format!("is never below {}", number_text(least))
    };
    format!("`{}` is {ever} {sign} {}: it {range}", spec.label, number_text(one.number))
}

fn settled_help(spec: &WindowSpec) -> String {
    match (range_of(spec), spec.function) {
        ((least, most), _) if most.is_finite() => {
            format!("write a number between {} and {}", number_text(least), number_text(most))
        }
        ((least, _), _) => format!("write a number above {}", number_text(least)),
    }
}

fn warning(of: Diagnostic) -> Diagnostic {
    Diagnostic { is_warning: true, ..of }
}

/// A duration in words: `10 min`.
fn duration(ms: i64) -> String {
    Interval::from_ms(ms).map_or_else(|_| format!("{ms} ms"), |interval| interval.to_string())
}

/// A duration as rules write it: `10.minutes`.
fn in_rules(ms: i64) -> String {
    let units = [(86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds")];
    let whole = units.into_iter().find(|(size, _)| ms > 0 && ms % size == 0);
    match whole {
        Some((size, word)) if ms == size => format!("1.{}", word.trim_end_matches('s')),
        Some((size, word)) => format!("{}.{word}", ms / size),
        None => format!("{}.seconds", number_text(ms as f64 / 1_000.0)),
    }
}
