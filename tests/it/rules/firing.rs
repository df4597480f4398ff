//! Rules that can never open, and rules that look at part of their readings only: what `check` says of them, against what they do with the best
//! readings there can be.
#![cfg(test)]

use proptest::prelude::*;
use proptest::sample::select;
use vocdb::alarm::{Machine, RuleSetRef};
use vocdb::rules::{Engine, Plan, Report, RuleFile, check, compile, sites_of};
use vocdb::verdict::MissingPolicy;
use vocdb::{
    AlarmEvent, Batch, Channel, Instrument, InstrumentId, Interval, Registry, Station, StationId, Timestamp, Unit,
};

const GC: InstrumentId = InstrumentId::new(1);
const PID: InstrumentId = InstrumentId::new(2);
const MINUTE_MS: i64 = 60_000;
/// Lengths of time in these rules are multiples of this.
const GRAIN_MIN: i64 = 5;
/// How long readings come.
const HOURS: i64 = 8;

/// One station with benzene every `gc_min` minutes and total VOC every `pid_min` minutes.
fn registry(gc_min: i64, pid_min: i64) -> Registry {
    let (mut registry, station) = (Registry::default(), StationId::new(1));
    registry.insert_station(station, Station::new("p/S1").unwrap());
    for (id, name, minutes, channel) in [
        (GC, "gc", gc_min, Channel::species("benzene", Unit::Ppb)),
        (PID, "pid", pid_min, Channel::quantity("tvoc", Unit::Ppb)),
    ] {
        let interval = Interval::from_ms(minutes * MINUTE_MS).unwrap();
        registry.insert_instrument(id, station, Instrument::new(name, interval, vec![channel.unwrap()]).unwrap());
    }
    registry
}

fn file(text: &str) -> [RuleFile; 1] {
    [RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]
}

fn checked(text: &str, (gc_min, pid_min): (i64, i64)) -> Report {
    check(&file(text), &registry(gc_min, pid_min))
}

/// What is said of a rule, without the advice that any rule gets.
fn said(rule: &str, intervals: (i64, i64)) -> String {
    let report = checked(rule, intervals);
    let found = report.errors.iter().chain(&report.warnings).filter(|one| !one.message.contains("has no `."));
    found.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn rule_of(condition: &str, clauses: &str) -> String {
    format!("alarm(\"a\").scope(\"p/*\").when({condition}){clauses};")
}

/// What is said of a condition over benzene every 30 minutes and total VOC every minute.
fn said_of(condition: &str, clauses: &str) -> String {
    said(&rule_of(condition, clauses), (30, 1))
}

#[test]
fn a_hold_that_outlasts_what_the_window_knows_is_an_error() {
    let found = said_of("avg(\"benzene\", 10.minutes) > 30.ppb", ".every(5.minutes).hold(15.minutes)");
    assert_eq!(
        found.lines().next().unwrap(),
        "r.rhai:1:89: error: the alarm `a` can never open at `p/S1`: `avg(benzene, 10 min)` is known for 10 min of every 30 min only, \
         and its condition must hold for 15 min; write windows of at least 30.minutes, so that they always hold a reading"
    );
    let both = "avg(\"benzene\", 10.minutes) > 30.ppb and avg(\"tvoc\", 5.minutes) > 100.ppb";
    assert!(said_of(both, ".hold(15.minutes)").contains("error: the alarm `a` can never open at `p/S1`"));
    assert!(!said_of(both, ".hold(5.minutes)").contains("error"));
    // A condition that becomes unknown only briefly stays pending for as long as `.on_missing` says.
    assert!(!said_of(both, ".hold(15.minutes).on_missing(\"unknown\", 30.minutes)").contains("error"));
    assert!(!said_of(&both.replace("and", "or"), ".hold(15.minutes)").contains("error"));
    assert_eq!(said_of(&both.replace("10.minutes", "30.minutes"), ".hold(15.minutes)"), "");
}

#[test]
fn a_window_shorter_than_the_interval_and_a_grid_wider_than_the_window_are_warned_of() {
    let gap = "warning: `avg(benzene, 10 min)` is known for 10 min of every 30 min only: `gc` at `p/S1` sends one every 30 min; \
               write a window of at least 30.minutes";
    assert!(said_of("avg(\"benzene\", 10.minutes) > 30.ppb", "").contains(gap));
    let unseen = "warning: the rule looks at 50 % of the readings only: it is evaluated every 20 min, and `max(benzene, 10 min)` \
                  holds 10 min; write a window of at least 20.minutes, or .every(10.minutes)";
    let grid = rule_of("max(\"benzene\", 10.minutes) > 30.ppb", ".every(20.minutes)");
    assert!(said(&grid, (10, 1)).contains(unseen), "{}", said(&grid, (10, 1)));
    // What another window of the channel sees, and a direction of the moment, is no loss.
    for condition in [
        "max(\"tvoc\", 10.minutes) > 30.ppb and max(\"tvoc\", 20.minutes) > 10.ppb",
        "max(\"tvoc\", 10.minutes) > 30.ppb or max(\"tvoc\", 10.minutes).ago(10.minutes) > 30.ppb",
        "max(\"tvoc\", 30.minutes) > 30.ppb and flag(\"suspect\", \"tvoc\")",
    ] {
        assert_eq!(said_of(condition, ".every(20.minutes)"), "", "{condition}");
    }
}

#[test]
fn terms_that_need_more_readings_than_a_window_can_hold_are_an_error() {
    for (condition, needs) in [
        (
            "rate(\"benzene\", 20.minutes) > 3.ppb / 1.hour",
            "`rate(benzene, 20 min)` is never known: it needs 2 readings",
        ),
        ("delta(\"benzene\", 30.minutes) > 3.ppb", "`delta(benzene, 30 min)` is never known: it needs 2 readings"),
        ("stddev(\"benzene\", 10.minutes) > 3.ppb", "`stddev(benzene, 10 min)` is never known: it needs 2 readings"),
        ("stuck(\"benzene\", 30.minutes, 50.percent)", "`stuck(benzene, 30 min)` is never known: it needs 2 readings"),
    ] {
        let found = said_of(condition, "");
        assert!(found.contains(&format!("error: the alarm `a` can never open: {needs}")), "{found}");
        assert!(found.ends_with("write a window of at least 1.hour"), "{found}");
        let either = said_of(&format!("{condition} or last(\"tvoc\") > 3.ppb"), "");
        assert!(!either.contains("error") && either.contains(needs), "{either}");
    }
    let partly = said_of("rate(\"benzene\", 45.minutes) > 3.ppb / 1.hour", "");
    assert!(
        partly
            .contains("warning: `rate(benzene, 45 min)` is known for 15 min of every 30 min only: it needs 2 readings")
    );
    assert_eq!(said_of("rate(\"benzene\", 1.hour).coverage(100.percent) > 3.ppb / 1.hour", ".hold(3.hours)"), "");
}

#[test]
fn numbers_that_a_term_cannot_reach_and_limits_that_exclude_each_other_are_an_error() {
    for (condition, why) in [
        ("count(\"tvoc\", 10.minutes) > 10", "`count(tvoc, 10 min)` is never > 10: it lies between 0 and 10"),
        ("coverage(\"tvoc\", 1.hour) > 100.percent", "`coverage(tvoc, 1 h)` is never > 100: it lies between 0 and 100"),
        ("coverage(\"tvoc\", 1.hour) < 0.percent", "`coverage(tvoc, 1 h)` is never < 0"),
        ("stddev(\"tvoc\", 1.hour) < 0.ppb", "`stddev(tvoc, 1 h)` is never < 0: it is never below 0"),
        ("2 * count(\"tvoc\", 10.minutes) - 1 > 19", "no readings make its condition true"),
        ("not count(\"tvoc\", 10.minutes) < 11", "`count(tvoc, 10 min)` is always < 11"),
        ("spread(avg(\"tvoc\", 10.minutes)) > 3.ppb", "a spread needs two stations, and `p/*` has one"),
        (
            "avg(\"tvoc\", 10.minutes) > 30.ppb and avg(\"tvoc\", 10.minutes) < 20.ppb",
            "`avg(tvoc, 10 min)` above 30 ppb excludes `avg(tvoc, 10 min)` below 20 ppb",
        ),
    ] {
        let found = said_of(condition, "");
        assert!(found.contains("error: the alarm `a` can never open: ") && found.contains(why), "{condition}: {found}");
    }
    for condition in [
        "count(\"tvoc\", 10.minutes) >= 10",
        "coverage(\"tvoc\", 1.hour) >= 100.percent",
        "avg(\"tvoc\", 10.minutes) > 20.ppb and avg(\"tvoc\", 10.minutes) < 30.ppb",
        "avg(\"tvoc\", 10.minutes) > 30.ppb or avg(\"tvoc\", 10.minutes) < 20.ppb",
        "avg(\"tvoc\", 10.minutes) > 30.ppb and avg(\"tvoc\", 20.minutes) < 20.ppb",
    ] {
        assert_eq!(said_of(condition, ""), "", "{condition}");
    }
    let dead = said_of("last(\"tvoc\") > 3.ppb or count(\"tvoc\", 10.minutes) > 20", "");
    assert_eq!(
        dead,
        "r.rhai:1:54: warning: `count(tvoc, 10 min)` is never > 20: it lies between 0 and 10; write a number between 0 and 10"
    );
}

#[test]
fn conditions_that_hold_between_any_two_frames_or_never_clear_are_warned_of() {
    let silent = said_of("silent(\"gc\", 20.minutes)", "");
    assert!(silent.contains("warning: `silent(gc, 20 min)` holds between any two frames: `gc` at `p/S1` sends one every 30 min; write a silence of at least 1.hour"), "{silent}");
    let patchy = said_of("coverage(\"benzene\", 10.minutes) < 75.percent", "");
    assert!(patchy.contains("warning: `coverage(benzene, 10 min)` is 0 for 20 min of every 30 min"), "{patchy}");
    let stays = said_of("last(\"tvoc\") > 30.ppb", ".clear_when(avg(\"benzene\", 10.minutes) < 25.ppb, 15.minutes)");
    assert!(stays.contains("warning: the alarm `a` can never clear at `p/S1`: `avg(benzene, 10 min)` is known for 10 min of every 30 min only, and its clear condition must hold for 15 min"), "{stays}");
    let closes = said_of(
        "last(\"tvoc\") > 30.ppb",
        ".clear_when(avg(\"benzene\", 10.minutes) < 25.ppb, 15.minutes).auto_close(1.hour)",
    );
    assert!(!closes.contains("never clear"), "{closes}");
    let short = said_of("last(\"benzene\") > 30.ppb", ".auto_close(10.minutes)");
    assert!(
        short.contains("warning: `.auto_close` after 10 min is shorter than the 30 min between evaluations"),
        "{short}"
    );
}

#[test]
fn a_count_that_depends_on_when_readings_come_is_looked_into() {
    let never = said(
        "alarm(\"a\").scope(\"p/*\").when(count(\"benzene\", 5.minutes) > 0).every(5.minutes).hold(5.minutes);",
        (20, 5),
    );
    assert!(
        never.contains(
            "error: the alarm `a` can never open at `p/S1`: `count(benzene, 5 min)` holds 0 or 1 readings, depending on their times, \
             and its condition must hold for 5 min; write windows of at least 20.minutes"
        ),
        "{never}"
    );
    let sometimes = said_of("count(\"benzene\", 45.minutes) > 1", ".every(30.minutes)");
    assert_eq!(
        sometimes,
        "r.rhai:1:30: warning: the alarm `a` does not always open at `p/S1`: `count(benzene, 45 min)` holds 1 or 2 readings, depending on \
         their times; `gc` at `p/S1` sends one every 30 min; write a window of 30.minutes, or compare with fewer readings"
    );
    assert_eq!(said_of("count(\"benzene\", 45.minutes) > 1", ".every(15.minutes)"), "");
    assert_eq!(said_of("count(\"benzene\", 45.minutes) > 0", ".every(30.minutes)"), "");
}

#[test]
fn a_quorum_can_open_while_enough_of_its_stations_can() {
    let mut registry = registry(30, 1);
    for (number, minutes) in [(2, 1), (3, 1)] {
        let station = StationId::new(number);
        registry.insert_station(station, Station::new(format!("p/S{number}")).unwrap());
        let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
        let gc = Instrument::new("gc", Interval::minutes(minutes).unwrap(), channels).unwrap();
        registry.insert_instrument(InstrumentId::new(10 + number), station, gc);
    }
    let errors = |clauses: &str| {
        let rule = rule_of("rate(\"benzene\", 20.minutes) > 3.ppb / 1.hour", clauses);
        check(&file(&rule), &registry).errors.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(errors(".quorum(2)"), Vec::<String>::new());
    assert_eq!(errors(".quorum(3)").len(), 1);
    let alone = errors("");
    assert!(alone.len() == 1 && alone[0].contains("`gc` at `p/S1` sends one every 30 min"), "{alone:?}");
}

/// A rule as text and as numbers, in minutes.
#[derive(Debug, Clone)]
struct Tried {
    gc_min: i64,
    pid_min: i64,
    condition: String,
    every_min: Option<i64>,
    hold_min: i64,
    missing_min: i64,
}

impl Tried {
    fn text(&self, policy: &str) -> String {
        let every = self.every_min.map_or_else(String::new, |minutes| format!(".every({minutes}.minutes)"));
        let clauses =
            format!("{every}.hold({}.minutes).on_missing(\"{policy}\", {}.minutes)", self.hold_min, self.missing_min);
        rule_of(&self.condition, &clauses)
    }

    /// The plan, whatever `check` says of the rule.
    fn plan(&self) -> Plan {
        let sites = sites_of(&registry(self.gc_min, self.pid_min));
        let mut plan =
            compile(&file(&self.text("alarm")), &sites).unwrap_or_else(|found| panic!("{found}")).plans.remove(0);
        plan.spec.on_missing = MissingPolicy::Unknown;
        plan
    }

    /// Whether an alarm opens where frames of the two instruments come so many minutes after the beginning of each interval, and every value
    /// is far above every limit and changes all the time.
    fn opens(&self, gc_after_min: i64, pid_after_min: i64) -> bool {
        let plan = self.plan();
        let mut machine = Machine::default();
        machine.install(vec![plan.spec.clone()], RuleSetRef::default());
        let mut engine = Engine::new(vec![plan]);
        let mut opened = false;
        let end_min = HOURS * 60;
        for minute in 0..end_min {
            for (id, every, after) in [(GC, self.gc_min, gc_after_min), (PID, self.pid_min, pid_after_min)] {
                if minute % every != after {
                    continue;
                }
                let turn = minute / every;
                let value = 1_000.0 + 1_000.0 * turn as f64 + if turn % 2 == 0 { 0.0 } else { 300.0 };
                let mut batch = Batch::new();
                let now = Timestamp::from_ms(minute * MINUTE_MS);
                batch.push_values(id, now, &[Some(value)]);
                engine.push(batch.frame(0).unwrap(), now, &mut |verdict| {
                    let events = machine.verdict(verdict, verdict.instant);
                    opened |= events.iter().any(|event| matches!(event, AlarmEvent::Opened(_)));
                });
            }
        }
        opened
    }
}

fn any_term() -> impl Strategy<Value = String> {
    let widths = select(vec![5_i64, 10, 15, 20, 30, 35, 45, 60, 90]);
    let functions = select(vec!["avg", "max", "last", "rate", "delta", "stddev", "count"]);
    let coverage = prop::option::of(select(vec![50_i64, 75, 100]));
    let channel = select(vec!["benzene", "benzene", "tvoc"]);
    (functions, channel, widths, coverage, 0_i64..4, select(vec![0_i64, 0, 0, 10, 20])).prop_map(
        |(function, channel, width, coverage, limit, ago)| {
            let coverage = coverage.map_or_else(String::new, |percent| format!(".coverage({percent}.percent)"));
            let ago = if ago > 0 { format!(".ago({ago}.minutes)") } else { String::new() };
            let limit = match function {
                "count" => format!("{limit}"),
                "rate" => format!("{limit}.ppb / 1.hour"),
                _ => format!("{limit}.ppb"),
            };
            format!("{function}(\"{channel}\", {width}.minutes){coverage}{ago} > {limit}")
        },
    )
}

fn any_tried() -> impl Strategy<Value = Tried> {
    let intervals = || select(vec![5_i64, 10, 20, 30]);
    let join = select(vec![None, Some("and"), Some("or")]);
    let condition = (any_term(), join, any_term()).prop_map(|(left, join, right)| match join {
        Some(join) => format!("{left} {join} {right}"),
        None => left,
    });
    let every = prop::option::of(select(vec![5_i64, 10, 20, 30, 40]));
    let times = (every, select(vec![0_i64, 0, 5, 10, 15, 20, 30, 60]), select(vec![5_i64, 15, 30, 60]));
    (intervals(), intervals(), condition, times).prop_map(
        |(gc_min, pid_min, condition, (every_min, hold_min, missing_min))| Tried {
            gc_min,
            pid_min,
            condition,
            every_min,
            hold_min,
            missing_min,
        },
    )
}

proptest! {
    #![proptest_config(crate::rules::windows::cases(96))]

    #[test]
    fn a_rule_opens_with_the_best_readings_unless_check_says_that_it_never_can(tried in any_tried()) {
        let report = checked(&tried.text("unknown"), (tried.gc_min, tried.pid_min));
        let is_never = report.errors.iter().any(|error| error.message.contains("can never open"));
        prop_assert!(is_never || report.errors.is_empty(), "{:?}", report.errors);
        let times = |interval_min: i64| (0..interval_min).step_by(usize::try_from(GRAIN_MIN).unwrap());
        let all = times(tried.gc_min).flat_map(|gc| times(tried.pid_min).map(move |pid| (gc, pid)));
        let opened: Vec<bool> = all.map(|(gc, pid)| tried.opens(gc, pid)).collect();
        prop_assert_eq!(opened.contains(&true), !is_never, "{}", report.draw(&file(&tried.text("unknown"))));
        let is_partly = |message: &str| ["is known for", "is never", "is 0 for", "does not always open"].iter().any(|words| message.contains(words));
        let is_always_known = !report.warnings.iter().any(|warning| is_partly(&warning.message));
        if !is_never && is_always_known {
            prop_assert!(!opened.contains(&false), "nothing is said of a rule that opens at some times of frames only: {}", tried.text("unknown"));
        }
    }
}
