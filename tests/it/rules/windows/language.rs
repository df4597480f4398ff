//! Random rules as trees: written out as rule text, and read by the naive evaluation beside this file.
#![cfg(test)]

use super::local::offset;
use super::steps::RandomStep;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;
use vocdb::rules::{RuleFile, Site, compile};
use vocdb::{Channel, Instrument, InstrumentId, Interval, StationId, Unit};

/// The stations of every random rule set.
pub(crate) const STATIONS: u32 = 4;
/// The interval of the instrument with the channels `x` and `y`.
pub(crate) const FAST_S: i64 = 10;
/// The interval of the instrument with the channel `z`.
pub(crate) const SLOW_S: i64 = 20;

/// What is looked at over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Function {
    Avg,
    Min,
    Max,
    Last,
    Baseline(Option<u32>),
    Percentile(u32),
    Sum,
    Delta,
    Increase,
    Stddev,
    Rate,
    Coverage,
    Count,
}

/// A windowed term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) function: Function,
    pub(crate) channel: char,
    pub(crate) width_s: Option<i64>,
    /// Looks at the last whole day of a clock so many minutes ahead of UTC.
    pub(crate) day_ahead_min: Option<i64>,
    pub(crate) coverage_percent: Option<u32>,
    /// Valid samples that it needs.
    pub(crate) at_least: Option<u32>,
    /// By how many seconds it looks further back.
    pub(crate) ago_s: i64,
}

/// A number in ppm.
#[derive(Debug, Clone)]
pub(crate) enum Amount {
    Look(Look),
    Plus(Box<Amount>, Box<Amount>),
    Minus(Box<Amount>, Box<Amount>),
    Times(f64, Box<Amount>),
    Over(Box<Amount>, f64),
    /// Greatest less least over the stations.
    Spread(Look),
    /// The mean of so many values, of which so many percent must be known; of spreads, or of one station's values.
    MeanOf(Look, u32, u32, bool),
}

/// A condition.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    Limit(Amount, &'static str, f64),
    /// The same with a limit of its own for one station, by its index.
    LimitAt(Amount, &'static str, f64, (u32, f64)),
    Pair(Amount, &'static str, Amount),
    Ratio(Amount, Amount, &'static str, f64),
    Counted(Look, &'static str, u32),
    Covered(Look, &'static str, u32),
    Rated(Look, &'static str, f64),
    /// A flag by its name, of a channel, so many seconds back.
    Flagged(&'static str, Option<char>, Option<i64>),
    /// No frame for so many seconds, of the slow instrument, the fast one or both.
    Silent(Option<bool>, i64),
    /// Hours of the day by a clock so many minutes ahead of UTC.
    Hours(i64, u8, u8),
    /// The condition was true so often within so many seconds.
    Exceeds(Box<Claim>, u32, i64),
    /// No change of a channel for so many seconds, with so many percent of the samples.
    Stuck(char, i64, u32),
    And(Box<Claim>, Box<Claim>),
    Or(Box<Claim>, Box<Claim>),
    Not(Box<Claim>),
}

/// A rule over all stations.
#[derive(Debug, Clone)]
pub(crate) struct RandomRule {
    pub(crate) when: Claim,
    pub(crate) clear: Option<(Claim, i64)>,
    pub(crate) suppress: Option<Claim>,
    pub(crate) every_s: Option<i64>,
    pub(crate) lateness_s: i64,
    pub(crate) hold_s: i64,
    pub(crate) missing: (&'static str, i64),
    pub(crate) quorum: Option<u32>,
    /// How many stations it speaks of: the first ones.
    pub(crate) scope: u32,
    /// After how many seconds whom, and over which way.
    pub(crate) chain: Vec<(i64, &'static str, &'static str)>,
    /// What becomes of its alarms; no verdict depends on it.
    pub(crate) life: Life,
    /// When its alarms are of a higher priority than low.
    pub(crate) steps: Vec<RandomStep>,
}

/// What a rule says of its alarms once they are open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    latches: bool,
    auto_close_s: Option<i64>,
    /// Every so many seconds, so often.
    remind: Option<(i64, u32)>,
    /// Whether the chain tells whoever is on duty at the hour.
    has_roster: bool,
}

/// A desk with shifts of a few minutes' difference to the beginning of every run.
const ROSTER: &str = "roster(\"? desk\", \"UTC\").shift(\"daily\", \"06:00-22:15\", contact(\"?\", [\"phone\"]))\
                      .otherwise(contact(\"night\"))";

impl Look {
    pub(crate) const fn is_slow(&self) -> bool {
        self.channel == 'z'
    }

    pub(crate) const fn interval_s(&self) -> i64 {
        if self.is_slow() { SLOW_S } else { FAST_S }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.function {
            Function::Avg => "avg",
            Function::Min => "min",
            Function::Max => "max",
            Function::Last => "last",
            Function::Baseline(_) => "baseline",
            Function::Percentile(_) => "percentile",
            Function::Sum => "sum",
            Function::Delta => "delta",
            Function::Increase => "increase",
            Function::Stddev => "stddev",
            Function::Rate => "rate",
            Function::Coverage => "coverage",
            Function::Count => "count",
        };
        write!(f, "{name}(\"{}\"", self.channel)?;
        if let Some(width_s) = self.width_s {
            write!(f, ", {width_s}.seconds")?;
        }
        if let Some(ahead_min) = self.day_ahead_min {
            write!(f, ", day(\"{}\")", offset(ahead_min))?;
        }
        if let Function::Baseline(Some(percent)) | Function::Percentile(percent) = self.function {
            write!(f, ", {percent}.percent")?;
        }
        f.write_str(")")?;
        if let Some(percent) = self.coverage_percent {
            write!(f, ".coverage({percent}.percent)")?;
        }
        if let Some(count) = self.at_least {
            write!(f, ".at_least({count})")?;
        }
        if self.ago_s > 0 { write!(f, ".ago({}.seconds)", self.ago_s) } else { Ok(()) }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Look(look) => look.fmt(f),
            Self::Plus(left, right) => write!(f, "({left} + {right})"),
            Self::Minus(left, right) => write!(f, "({left} - {right})"),
            Self::Times(factor, inner) => write!(f, "({factor:?} * {inner})"),
            Self::Over(inner, divisor) => write!(f, "({inner} / {divisor:?})"),
            Self::Spread(look) => write!(f, "spread({look})"),
            Self::MeanOf(look, count, percent, is_spread) => {
                let term = if *is_spread { format!("spread({look})") } else { look.to_string() };
                write!(f, "{term}.mean_of({count}).coverage({percent}.percent)")
            }
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(left, operator, limit) => write!(f, "{left} {operator} {limit}.ppm"),
            Self::LimitAt(left, operator, limit, (station, other)) => {
                let name = station_name(*station);
                write!(f, "{left} {operator} param(\"p\", {limit}.ppm).at(\"{name}\", {other}.ppm)")
            }
            Self::Pair(left, operator, right) => write!(f, "{left} {operator} {right}"),
            Self::Ratio(over, under, operator, limit) => write!(f, "{over} / {under} {operator} {limit:?}"),
            Self::Counted(look, operator, limit) => write!(f, "{look} {operator} {limit}"),
            Self::Covered(look, operator, percent) => write!(f, "{look} {operator} {percent}.percent"),
            Self::Rated(look, operator, limit) => write!(f, "{look} {operator} {limit}.ppm / 1.hour"),
            Self::Flagged(flag, channel, width_s) => {
                write!(f, "flag(\"{flag}\"")?;
                channel.map_or(Ok(()), |channel| write!(f, ", \"{channel}\""))?;
                width_s.filter(|_| channel.is_some()).map_or(Ok(()), |width_s| write!(f, ", {width_s}.seconds"))?;
                f.write_str(")")
            }
            Self::Silent(instrument, width_s) => {
                let name = instrument.map_or("", |slow| if slow { "\"aux\", " } else { "\"pid\", " });
                write!(f, "silent({name}{width_s}.seconds)")
            }
            Self::Stuck(channel, width_s, percent) => {
                write!(f, "stuck(\"{channel}\", {width_s}.seconds, {percent}.percent)")
            }
            Self::Hours(ahead_min, from, to) => {
                write!(f, "within_hours(\"{}\", {from}, {to})", offset(*ahead_min))
            }
            Self::Exceeds(inner, count, width_s) => write!(f, "exceedances({inner}, {count}, {width_s}.seconds)"),
            Self::And(left, right) => write!(f, "({left} and {right})"),
            Self::Or(left, right) => write!(f, "({left} or {right})"),
            Self::Not(inner) => write!(f, "not({inner})"),
        }
    }
}

impl RandomRule {
    /// All of its conditions.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &Claim> {
        let clear = self.clear.iter().map(|(claim, _)| claim);
        std::iter::once(&self.when).chain(clear).chain(self.steps.iter().map(|step| &step.claim)).chain(&self.suppress)
    }

    /// The rule as an operator would write it.
    fn text(&self, name: &str) -> String {
        let glob = "in/".repeat((STATIONS - self.scope) as usize) + "**";
        let mut text = format!(
            "alarm(\"{name}\").title(\"{{rule}} {{value}} {{stations}}\").scope(\"{glob}\")\n .when({})",
            self.when
        );
        text += &format!(
            "\n .hold({}.seconds).on_missing(\"{}\", {}.seconds)",
            self.hold_s, self.missing.0, self.missing.1
        );
        if let Some(quorum) = self.quorum {
            text += &format!(".quorum({})", quorum.min(self.scope));
        }
        if let Some((clear, hold_s)) = &self.clear {
            text += &format!("\n .clear_when({clear}, {hold_s}.seconds)");
        }
        text += &super::steps::text(&self.steps);
        if let Some(suppress) = &self.suppress {
            text += &format!("\n .suppress_when({suppress})");
        }
        if let Some(every_s) = self.every_s {
            text += &format!(".every({every_s}.seconds)");
        }
        if self.lateness_s > 0 {
            text += &format!(".lateness({}.seconds)", self.lateness_s);
        }
        if !self.chain.is_empty() {
            text += "\n .escalate(escalation(\"chain\")";
            for (after_s, contact, way) in &self.chain {
                let whom =
                    if self.life.has_roster { ROSTER.replace('?', contact) } else { format!("contact(\"{contact}\")") };
                text += &format!(".step({after_s}.seconds, {whom}, \"{way}\")");
            }
            if let Some((every_s, times)) = self.life.remind {
                text += &format!(".remind({every_s}.seconds, {times})");
            }
            text += ")";
        }
        if self.life.latches {
            text += ".latch()";
        }
        if let Some(auto_close_s) = self.life.auto_close_s {
            text += &format!(".auto_close({auto_close_s}.seconds)");
        }
        text + ";\n"
    }
}

/// All rules in one file.
pub(crate) fn file_of(rules: &[RandomRule]) -> RuleFile {
    let text = rules.iter().enumerate().map(|(number, rule)| rule.text(&format!("r{number}"))).collect();
    RuleFile { name: "random.rhai".to_owned(), text }
}

/// Stations are nested, the first one deepest, so that a glob can reach the first few of them.
pub(crate) fn station_name(index: u32) -> String {
    format!("{}S{index}", "in/".repeat((STATIONS - 1 - index) as usize))
}

/// The instrument with `x` and `y`, or the one with `z`.
pub(crate) fn instrument(is_slow: bool) -> Instrument {
    let channel = |name: &str| Channel::quantity(name, Unit::Ppm).unwrap();
    if is_slow {
        Instrument::new("aux", Interval::from_ms(SLOW_S * 1_000).unwrap(), vec![channel("z")]).unwrap()
    } else {
        Instrument::new("pid", Interval::from_ms(FAST_S * 1_000).unwrap(), vec![channel("x"), channel("y")]).unwrap()
    }
}

/// The number that a database gives the instrument when stations are registered in order, the fast instrument first.
pub(crate) const fn instrument_id(station: u32, is_slow: bool) -> InstrumentId {
    InstrumentId::new(2 * station + 1 + is_slow as u32)
}

/// Every how many milliseconds an instrument of that number sends.
pub(crate) fn interval_ms(instrument: InstrumentId) -> i64 {
    1_000 * if instrument.number().is_multiple_of(2) { SLOW_S } else { FAST_S }
}

/// The stations as binding knows them.
pub(crate) fn sites() -> Vec<Site> {
    let of_station = |station| [false, true].map(|slow| (instrument_id(station, slow), instrument(slow))).to_vec();
    let site =
        |index| Site { id: StationId::new(index + 1), name: station_name(index), instruments: of_station(index) };
    (0..STATIONS).map(site).collect()
}

const OPERATORS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];

fn any_look(functions: Vec<Function>) -> impl Strategy<Value = Look> {
    let widths = select(vec![5_i64, 10, 10, 15, 20, 30, 30, 35, 60, 60, 90]);
    let shares = prop::option::of(select(vec![10_u32, 33, 50, 70, 75, 100]));
    let channels = prop_oneof![4 => Just('x'), 2 => Just('y'), 1 => Just('z')];
    let ago = prop_oneof![6 => Just(0_i64), 1 => select(vec![5_i64, 10, 45])];
    let at_least = prop::option::weighted(0.1, 1_u32..4);
    (select(functions), channels, widths, shares, ago, prop::bool::weighted(0.3), at_least).prop_map(
        |(function, channel, width_s, coverage_percent, ago_s, is_bare, at_least)| {
            let width_s = (function != Function::Last || !is_bare).then_some(width_s);
            Look { function, channel, width_s, day_ahead_min: None, coverage_percent, at_least, ago_s }
        },
    )
}

/// A look at the last whole day. The random frames begin thirteen minutes after an hour: by these clocks a day begins soon after.
fn any_day(functions: Vec<Function>) -> impl Strategy<Value = Look> {
    (any_look(functions), select(vec![104_i64, 105, 100]), prop::bool::weighted(0.2)).prop_map(
        |(look, ahead_min, is_before)| {
            let ago_s = if is_before { 86_400 } else { 0 };
            Look { width_s: None, day_ahead_min: Some(ahead_min), coverage_percent: None, ago_s, ..look }
        },
    )
}

fn any_amount() -> impl Strategy<Value = Amount> {
    let quantiles = [None, Some(0), Some(10), Some(50), Some(100)].map(Function::Baseline);
    let percentiles = [0, 50, 95, 100].map(Function::Percentile);
    let plain = [Function::Avg, Function::Avg, Function::Min, Function::Max, Function::Last];
    let others =
        [Function::Sum, Function::Delta, Function::Stddev, Function::Increase, Function::Increase, Function::Stddev];
    let functions: Vec<Function> = plain.into_iter().chain(others).chain(quantiles).chain(percentiles).collect();
    let factor = || select(vec![0.5, 1.25, 2.0, 3.0]);
    let mean = (any_look(vec![Function::Avg, Function::Max]), 2_u32..5, select(vec![0_u32, 50, 100]), any::<bool>());
    let look = prop_oneof![
        12 => any_look(functions.clone()).prop_map(Amount::Look),
        1 => any_day(functions).prop_map(Amount::Look),
        1 => any_look(plain.to_vec()).prop_map(Amount::Spread),
        1 => mean.prop_map(|(look, count, percent, is_spread)| Amount::MeanOf(look, count, percent, is_spread)),
    ];
    look.prop_recursive(2, 4, 2, move |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            pair().prop_map(|(left, right)| Amount::Plus(left, right)),
            pair().prop_map(|(left, right)| Amount::Minus(left, right)),
            (factor(), inner.clone()).prop_map(|(factor, inner)| Amount::Times(factor, Box::new(inner))),
            (factor(), inner.clone()).prop_map(|(divisor, inner)| Amount::Over(Box::new(inner), divisor)),
        ]
    })
}

/// Conditions that compare nothing.
fn any_state() -> impl Strategy<Value = Claim> {
    let flags = select(vec!["normal", "calibration", "suspect", "link fault", "below detection"]);
    let channel = || select(vec!['x', 'y', 'z']);
    let width = || select(vec![10_i64, 15, 30, 60]);
    prop_oneof![
        2 => (flags, channel(), prop::option::of(width()))
            .prop_map(|(flag, channel, width_s)| Claim::Flagged(flag, Some(channel), width_s)),
        1 => (prop::option::of(any::<bool>()), width()).prop_map(|(slow, width_s)| Claim::Silent(slow, width_s)),
        1 => (channel(), width(), select(vec![0_u32, 50, 100]))
            .prop_map(|(channel, width_s, percent)| Claim::Stuck(channel, width_s, percent)),
        // The random frames begin thirteen minutes after an hour: by these clocks an hour begins soon after.
        1 => (select(vec![345_i64, 44, -221, -1]), select(vec![(22_u8, 4_u8), (4, 5), (18, 23), (23, 18), (0, 23)]))
            .prop_map(|(ahead_min, (from, to))| Claim::Hours(ahead_min, from, to)),
    ]
}

/// A random condition.
pub(crate) fn any_claim() -> impl Strategy<Value = Claim> {
    let operator = || select(OPERATORS.to_vec());
    let limit = || (0_i32..1_200).prop_map(|thousandths| f64::from(thousandths) / 1_000.0);
    let ratio = select(vec![0.5, 1.0, 1.5, 3.0]);
    let single = prop_oneof![
        5 => (any_amount(), operator(), limit()).prop_map(|(left, by, limit)| Claim::Limit(left, by, limit)),
        1 => (any_amount(), operator(), limit(), (0..STATIONS, limit()))
            .prop_map(|(left, by, limit, other)| Claim::LimitAt(left, by, limit, other)),
        1 => (any_amount(), operator(), any_amount()).prop_map(|(left, by, right)| Claim::Pair(left, by, right)),
        1 => (any_amount(), any_amount(), operator(), ratio)
            .prop_map(|(over, under, by, limit)| Claim::Ratio(over, under, by, limit)),
        2 => (any_look(vec![Function::Count]), operator(), 0_u32..5)
            .prop_map(|(look, by, limit)| Claim::Counted(look, by, limit)),
        1 => (any_look(vec![Function::Coverage]), operator(), 0_u32..110)
            .prop_map(|(look, by, percent)| Claim::Covered(look, by, percent)),
        1 => (any_look(vec![Function::Rate]), operator(), select(vec![0.0, 30.0, 120.0]))
            .prop_map(|(look, by, limit)| Claim::Rated(look, by, limit)),
        2 => any_state(),
    ];
    let single = single.boxed();
    let counted = (single.clone().prop_map(Box::new), 1_u32..4, select(vec![20_i64, 30, 65, 120]));
    let single = prop_oneof![
        12 => single,
        2 => counted.prop_map(|(inner, count, width_s)| Claim::Exceeds(inner, count, width_s)),
    ];
    single.prop_recursive(2, 4, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            pair().prop_map(|(left, right)| Claim::And(left, right)),
            pair().prop_map(|(left, right)| Claim::Or(left, right)),
            inner.clone().prop_map(|inner| Claim::Not(Box::new(inner))),
        ]
    })
}

/// A random rule.
pub(crate) fn any_rule() -> impl Strategy<Value = RandomRule> {
    let clear = prop::option::of((any_claim(), select(vec![0_i64, 10, 15, 30, 60])));
    let hold = select(vec![0_i64, 0, 5, 10, 15, 20, 40]);
    let policy = select(vec!["unknown", "keep", "alarm"]);
    let missing = (policy, select(vec![1_i64, 10, 15, 30, 60, 120]));
    let step = (0_i64..40, select(vec!["duty", "boss"]), select(vec!["app", "sms"]));
    let chain = prop::collection::vec(step, 0..4);
    let scope = (prop::option::of(1..=STATIONS), 1..=STATIONS);
    let suppress = prop::option::weighted(0.3, any_claim());
    let grid =
        (prop::option::weighted(0.2, select(vec![5_i64, 20, 30])), prop_oneof![3 => Just(0_i64), 1 => 1_i64..40]);
    let remind = prop::option::weighted(0.3, (select(vec![5_i64, 20, 60]), 1_u32..4));
    let life =
        (prop::bool::weighted(0.2), prop::option::weighted(0.2, select(vec![10_i64, 30, 60])), remind, any::<bool>());
    (any_claim(), clear, suppress, hold, missing, (scope, grid), (chain, life))
        .prop_map(|(when, clear, suppress, hold_s, missing, (scope, grid), (mut chain, life))| {
            let (latches, auto_close_s, remind, has_roster) = life;
            let life = Life { latches, auto_close_s, remind, has_roster };
            chain.sort_unstable_by_key(|(after_s, ..)| *after_s);
            let ((quorum, scope), (every_s, lateness_s)) = (scope, grid);
            // What clears is written so that loading cannot see whether it does so where the rule trips.
            let twice = |claim: Claim| Claim::Not(Box::new(Claim::Not(Box::new(claim))));
            let clear = clear.map(|(claim, hold_s)| (twice(claim), hold_s));
            let steps = Vec::new();
            RandomRule {
                when,
                clear,
                suppress,
                every_s,
                lateness_s,
                hold_s,
                missing,
                quorum,
                scope,
                chain,
                life,
                steps,
            }
        })
        .prop_filter("the rule can open", |rule| compile(&[file_of(std::slice::from_ref(rule))], &sites()).is_ok())
}
