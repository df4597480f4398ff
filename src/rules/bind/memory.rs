//! The memory that the windows of rules take once they are full, estimated before any of them is filled.

use super::channels::mistake;
use crate::model::InstrumentId;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Rule, Series, Strand, WindowFunction};
use crate::rules::plan::{Plan, WindowSpec};
use crate::verdict::Place;
use std::collections::BTreeMap;

/// Bytes of one sample. All windows over one channel share its samples.
const SAMPLE_BYTES: u64 = 16;
/// Bytes that a quantile keeps for each sample besides, in order of value; its pieces are three quarters full.
const SORTED_BYTES: u64 = 12;
/// Bytes that a minimum or maximum keeps at worst for each sample besides.
const EXTREME_BYTES: u64 = 16;
/// Bytes of one evaluation time that is counted.
const COUNTED_BYTES: u64 = 8;
/// Bytes of one rule above which `check` warns.
const WARNED_BYTES: u64 = 256 << 20;

/// The memory that the windows of a rule set take once they are full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::rules) struct WindowMemory {
    /// Bytes, estimated from the lengths of the windows and the intervals of the instruments.
    bytes: u64,
    /// The rule that takes the most: where its longest window stands, and its bytes.
    largest: Option<(Place, u64)>,
}

/// The samples that windows share, and what they keep besides.
#[derive(Default)]
struct Need {
    samples: BTreeMap<(InstrumentId, usize, Strand), u64>,
    besides: u64,
}

impl Need {
    fn add(&mut self, plan: &Plan) {
        let windows = plan
            .members
            .iter()
            .flat_map(|member| member.windows.iter().enumerate().map(|(slot, window)| (window, member.reach_ms(slot))));
        for (window, reach_ms) in windows {
            let strand = window.function.strand();
            // Silence looks at frames, whichever channel it is asked of.
            let channel = if strand == Strand::Frames { 0 } else { window.channel };
            let samples = self.samples.entry((window.instrument, channel, strand)).or_default();
            *samples = (*samples).max(samples_of(window, reach_ms));
            let besides = besides(window.function).saturating_mul(samples_of(window, window.width_ms));
            self.besides = self.besides.saturating_add(besides);
        }
        for count in plan.members.iter().flat_map(|member| &member.counts) {
            let times = u64::try_from(count.width_ms / plan.step_ms.max(1)).unwrap_or(0);
            self.besides = self.besides.saturating_add(times.saturating_mul(COUNTED_BYTES));
        }
    }

    fn bytes(&self) -> u64 {
        let samples = self.samples.values().fold(0_u64, |sum, samples| sum.saturating_add(*samples));
        samples.saturating_mul(SAMPLE_BYTES).saturating_add(self.besides)
    }
}

fn samples_of(window: &WindowSpec, reach_ms: i64) -> u64 {
    u64::try_from(reach_ms / window.interval_ms.max(1)).unwrap_or(0).saturating_add(1)
}

const fn besides(function: WindowFunction) -> u64 {
    match function {
        WindowFunction::Baseline { .. } | WindowFunction::Percentile { .. } => SORTED_BYTES,
        WindowFunction::Min | WindowFunction::Max => EXTREME_BYTES,
        _ => 0,
    }
}

/// Estimates the memory of bound rules, and warns about each rule that takes much.
pub(in crate::rules) fn estimate(rules: &[Rule], plans: &[Plan]) -> (WindowMemory, Vec<Diagnostic>) {
    let (mut all, mut of_rules) = (Need::default(), BTreeMap::<&str, Need>::new());
    for plan in plans {
        all.add(plan);
        of_rules.entry(&plan.spec.rule).or_default().add(plan);
    }
    let mut memory = WindowMemory { bytes: all.bytes(), largest: None };
    let mut warnings = Vec::new();
    for rule in rules {
        let bytes = of_rules.get(rule.name.as_str()).map_or(0, Need::bytes);
        if memory.largest.as_ref().is_none_or(|(_, most)| *most < bytes) {
            memory.largest = Some((longest(rule), bytes));
        }
        if bytes > WARNED_BYTES {
            let message = format!("the windows of `{}` take about {} once they are full", rule.name, bytes_text(bytes));
            warnings.push(Diagnostic { is_warning: true, ..mistake(&longest(rule), message, SHORTEN) });
        }
    }
    (memory, warnings)
}

const SHORTEN: &str = "shorten the window, or cover fewer stations";

impl WindowMemory {
    /// The error that keeps the rules from loading, where they take more than `bytes_max`.
    pub(in crate::rules) fn over(&self, bytes_max: u64) -> Option<Diagnostic> {
        let (place, bytes) = self.largest.as_ref().filter(|_| self.bytes > bytes_max)?;
        let message = format!(
            "the windows of all rules would take about {} of memory, of which this rule takes {}; the limit is {}",
            bytes_text(self.bytes),
            bytes_text(*bytes),
            bytes_text(bytes_max)
        );
        Some(mistake(place, message, "shorten the window, cover fewer stations, or raise Config::window_bytes_max"))
    }
}

/// Bytes as people read them: `1.5 GB`.
fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Where the term stands that looks back furthest.
fn longest(rule: &Rule) -> Place {
    let mut longest = (0, rule.places.when.clone());
    let mut note = |reach_ms: i64, place: &Place| {
        if reach_ms > longest.0 {
            longest = (reach_ms, place.clone());
        }
    };
    rule.conditions().for_each(|condition| in_condition(condition, &mut note));
    longest.1
}

fn in_condition(condition: &Condition, note: &mut dyn FnMut(i64, &Place)) {
    match condition {
        Condition::Compare { left, right, .. } => {
            in_series(left, note);
            in_series(right, note);
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            in_condition(left, note);
            in_condition(right, note);
        }
        Condition::Not(inner) => in_condition(inner, note),
        Condition::Exceedances { inner, width_ms, .. } => {
            in_condition(inner, &mut |reach_ms, place| note(reach_ms.saturating_add(*width_ms), place));
        }
        Condition::Script { terms, .. } => terms.iter().for_each(|(_, series)| in_series(series, note)),
        Condition::Stuck { width_ms, place, .. } | Condition::Silent { width_ms, place, .. } => note(*width_ms, place),
        Condition::Flag { width_ms, place, .. } | Condition::RunState { width_ms, place, .. } => {
            note(width_ms.unwrap_or(0), place);
        }
        Condition::WithinHours { .. } | Condition::Broken => {}
    }
}

fn in_series(series: &Series, note: &mut dyn FnMut(i64, &Place)) {
    match series {
        Series::Window(term) => note(term.width_ms.unwrap_or(0).saturating_add(term.lag_ms), &term.place),
        Series::Spread { inner, .. } => in_series(inner, note),
        Series::Mean { inner, count, step_ms, .. } => {
            let further_ms = i64::from(*count).saturating_mul(*step_ms);
            in_series(inner, &mut |reach_ms, place| note(reach_ms.saturating_add(further_ms), place));
        }
        Series::Binary { left, right, .. } => {
            in_series(left, note);
            in_series(right, note);
        }
        Series::Number { .. } | Series::Param(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::bind;
    use crate::model::{Batch, Channel, Instrument, Interval, StationId, Timestamp, Unit};
    use crate::rules::Engine;
    use crate::rules::plan::Site;
    use crate::rules::script::{RuleFile, trace};
    use crate::verdict::Verdict;
    use allocation_counter::measure;

    const STATIONS: u32 = 3;

    fn sites(interval: Interval) -> Vec<Site> {
        let site = |n: u32| {
            let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
            let gc = Instrument::new("gc", interval, channels).unwrap();
            let name = format!("park/S{n}");
            Site { id: StationId::new(n), name, instruments: vec![(InstrumentId::new(n), gc)] }
        };
        (1..=STATIONS).map(site).collect()
    }

    fn estimated(condition: &str, interval: Interval) -> (WindowMemory, Vec<Diagnostic>, Vec<Plan>) {
        let text = format!("alarm(\"a\").scope(\"park/*\").every(1.hour)\n.when({condition});");
        let (rules, found) = trace(&[RuleFile { name: "r.rhai".to_owned(), text }]);
        assert_eq!(found, [], "{condition}");
        let plans = bind(&rules, &sites(interval)).0;
        let (memory, warnings) = estimate(&rules, &plans);
        (memory, warnings, plans)
    }

    /// A day and more of readings every five seconds.
    fn fill(engine: &mut Engine) {
        let mut ignore = |_: &Verdict<'_>| {};
        for number in 0..26 * 720 {
            let mut batch = Batch::new();
            // A falling value is the worst for a maximum: each may be the greatest one day.
            let value = 1e6 - number as f64;
            for n in 1..=STATIONS {
                batch.push_values(InstrumentId::new(n), Timestamp::from_ms(number * 5_000), &[Some(value)]);
            }
            for at in 0..batch.len() {
                engine.push(batch.frame(at).unwrap(), Timestamp::from_ms(number * 5_000), &mut ignore);
            }
        }
    }

    /// What is estimated is what full windows take, within a factor of two: lists grow by doubling.
    #[test]
    fn full_windows_take_what_is_estimated() {
        for condition in [
            "avg(\"benzene\", 12.hours) > 30.ppb",
            "percentile(\"benzene\", 12.hours, 95.percent) > 30.ppb",
            "max(\"benzene\", 12.hours) > 30.ppb",
            "avg(\"benzene\", 12.hours) > avg(\"benzene\", 1.hour)",
            "avg(\"benzene\", 6.hours).ago(6.hours) > 30.ppb",
            "exceedances(avg(\"benzene\", 1.hour) > 30.ppb, 3, 12.hours)",
        ] {
            let (memory, _, plans) = estimated(condition, Interval::seconds(5).unwrap());
            let mut engine = Engine::new(plans);
            let taken = measure(|| fill(&mut engine));
            let taken = u64::try_from(taken.bytes_current).unwrap();
            println!("{condition}: {} estimated, {taken} taken", memory.bytes);
            assert!(
                (memory.bytes / 2..=memory.bytes * 2 + 100_000).contains(&taken),
                "{condition}: {memory:?}, {taken}"
            );
        }
    }

    #[test]
    fn a_year_at_one_hertz_is_warned_about_and_refused_where_its_term_stands() {
        let condition = "percentile(\"benzene\", 365.days, 95.percent) > 30.ppb";
        let (memory, warnings, _) = estimated(condition, Interval::SECOND);
        assert_eq!(warnings.len(), 1);
        assert_eq!(
            warnings[0].to_string(),
            format!("r.rhai:2:7: warning: the windows of `a` take about 2.6 GB once they are full; {SHORTEN}")
        );
        let error = memory.over(2 << 30).unwrap();
        assert_eq!((error.is_warning, error.place.to_string().as_str()), (false, "r.rhai:2:7"));
        assert!(error.message.contains("about 2.6 GB") && error.message.contains("the limit is 2.1 GB"), "{error}");
        assert_eq!(memory.over(3_000_000_000), None);
        let (memory, warnings, _) = estimated(condition, Interval::MINUTE);
        assert_eq!((memory.over(2 << 30), warnings), (None, Vec::new()));
    }

    #[test]
    fn the_furthest_term_is_named_wherever_it_stands() {
        for (condition, term) in [
            ("last(\"benzene\") > 30.ppb and not avg(\"benzene\", 300.days) > 1.ppb", "avg"),
            ("stuck(\"benzene\", 300.days) or last(\"benzene\") > 30.ppb", "stuck"),
            ("spread(avg(\"benzene\", 14.days)).mean_of(26) > 1.ppb or max(\"benzene\", 300.days) > 1.ppb", "avg"),
        ] {
            let (memory, ..) = estimated(condition, Interval::SECOND);
            let column = ".when(".len() + condition.find(term).unwrap() + 1;
            assert_eq!(memory.largest.unwrap().0.to_string(), format!("r.rhai:2:{column}"), "{condition}");
        }
    }

    #[test]
    fn bytes_are_told_in_units_of_a_thousand() {
        assert_eq!([0, 999_999, 1_000_000, 1_540_000_000].map(bytes_text), ["0 kB", "999 kB", "1 MB", "1.5 GB"]);
    }
}
