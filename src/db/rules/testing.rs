//! Runs tests of rules: the rules' engine and the alarm machine together, on frames and a clock that a test makes up, without a store.

use super::course::Course;
use crate::alarm::{Alarm, AlarmEvent, AlarmId, Condition, Machine, RuleSetRef};
use crate::model::{
    Batch, Channel, Instrument, InstrumentId, Interval, ModelError, Registry, Sample, Station, StationId, Timestamp,
    Unit,
};
use crate::rules::nearest::nearest;
use crate::rules::testing::{Expected, RuleTest, TestAction, TestStep, trace_tests};
use crate::rules::verdict::{Place, Priority};
use crate::rules::{Engine, RuleFile, compile_part, sites_of};
use std::collections::{BTreeMap, BTreeSet};

/// When tests begin: 2024-01-18T00:00:00Z, a Thursday and a multiple of 14 and of 30 days since the epoch.
const BEGIN: Timestamp = Timestamp::from_ms(19_740 * 86_400_000);
/// Milliseconds from one look at the clock to the next, at most.
const TICK_MS_MAX: i64 = 60_000;
/// Looks at the clock that one test may take; longer tests look less often.
const TICKS_MAX: i64 = 200_000;
/// Message of a test that was stopped.
const STOPPED: &str = "the test was stopped before its end; run fewer tests at a time, or shorter ones";

/// A failed expectation, or the reason why a test could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// Place of the expectation.
    pub place: Place,
    /// Expected and actual state, or the error in the test.
    pub message: String,
    /// Whether the test itself has an error, so that it could not run to its end.
    pub is_error: bool,
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// Name of the test.
    pub name: String,
    /// Place of the test.
    pub place: Place,
    /// Failures; empty if the test passed.
    pub failures: Vec<TestFailure>,
}

/// Runs every test of the test files (`*_test.rhai`) against the rule files, each with an empty history. The
/// stations are those of the registry and those that the test itself registers with `t.instrument(..)`. A rule that needs a further station,
/// instrument or channel is left out of the test; an expectation about it fails and names what is missing.
///
/// ```
/// use vocdb::rules::RuleFile;
/// let file = |name: &str, text: &str| RuleFile { name: name.to_owned(), text: text.to_owned() };
/// let rules = [file("park.rhai", r#"
///     alarm("high").scope(stations("park/*")).when(avg("benzene", 5.minutes) > 30.ppb).hold(2.minutes)
///         .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));
/// "#)];
/// let tests = [file("park_test.rhai", r#"
///     test("a plume opens the alarm", |t| {
///         t.instrument("park/S1", "gc", 1.minute, #{ benzene: "ppb" });
///         t.feed("park/S1", "benzene", "12x10 _x3 90x20");
///         t.at(10.minutes).expect_normal("high");
///         t.at(25.minutes).expect_open("high").expect_sent("duty", 1);
///     });
/// "#)];
/// let outcomes = vocdb::run_rule_tests(&rules, &tests, &vocdb::Registry::default());
/// assert_eq!(outcomes[0].failures, []);
/// ```
#[must_use]
pub fn run_rule_tests(rules: &[RuleFile], tests: &[RuleFile], registry: &Registry) -> Vec<TestOutcome> {
    run_rule_tests_until(rules, tests, registry, &|| false)
}

/// Runs tests like [`run_rule_tests`], until `is_stopped` returns true: the test under way and those behind it fail as tests that were
/// stopped. It is called between evaluation steps, at least once a minute of each test's clock.
#[must_use]
pub fn run_rule_tests_until(
    rules: &[RuleFile],
    tests: &[RuleFile],
    registry: &Registry,
    is_stopped: &dyn Fn() -> bool,
) -> Vec<TestOutcome> {
    trace_tests(tests).into_iter().map(|test| run(rules, test, registry, is_stopped)).collect()
}

/// The stations and instruments that test files register, each once: what the rules beside them are meant for where there is no store.
#[must_use]
pub fn stations_of_tests(tests: &[RuleFile]) -> Registry {
    let mut registry = Registry::default();
    for step in trace_tests(tests).into_iter().flat_map(|test| test.steps) {
        let TestAction::Instrument { station, instrument, .. } = &step.action else { continue };
        let known = registry.station_named(station).and_then(|id| registry.instrument_named(id, instrument));
        if let Some(more) = registered(&[step], &registry).ok().filter(|_| known.is_none()) {
            registry = more;
        }
    }
    registry
}

fn run(rules: &[RuleFile], test: RuleTest, registry: &Registry, is_stopped: &dyn Fn() -> bool) -> TestOutcome {
    let RuleTest { name, place, steps, problem } = test;
    if is_stopped() {
        let failures = vec![stopped(&place)];
        return TestOutcome { name, place, failures };
    }
    let failures = match TestCourse::new(rules, &steps, registry, &place) {
        Ok(mut course) => course.run(&steps, is_stopped),
        Err(failure) => vec![failure],
    };
    let problem = problem.map(|(place, message)| TestFailure { place, message, is_error: true });
    TestOutcome { name, place, failures: failures.into_iter().chain(problem).collect() }
}

/// The failure of a test that was stopped before its end.
fn stopped(place: &Place) -> TestFailure {
    TestFailure { place: place.clone(), message: STOPPED.to_owned(), is_error: true }
}

/// A test under way.
struct TestCourse {
    engine: Engine,
    machine: Machine,
    rules: BTreeSet<String>,
    /// Rules that cannot run with the stations of this test, and what each lacks.
    left_out: BTreeMap<String, String>,
    /// All frames in order of time, and how many of them have come.
    frames: Batch,
    order: Vec<usize>,
    come: usize,
    now_ms: i64,
    tick_ms: i64,
    was_open: BTreeSet<(String, String)>,
    sent: BTreeMap<String, u64>,
}

impl TestCourse {
    fn new(rules: &[RuleFile], steps: &[TestStep], registry: &Registry, place: &Place) -> Result<Self, TestFailure> {
        let registry = registered(steps, registry)?;
        let at_test = |message: String| TestFailure { place: place.clone(), message, is_error: true };
        let compiled = compile_part(rules, &sites_of(&registry)).map_err(|found| at_test(found.to_string()))?;
        let (compiled, left_out) = compiled;
        let frames = frames(steps, &registry)?;
        let mut order: Vec<usize> = (0..frames.len()).collect();
        order.sort_by_key(|index| frames.frame(*index).map(|frame| (frame.time, frame.instrument)));
        let specs: Vec<_> = compiled.plans.iter().map(|plan| plan.spec.clone()).collect();
        let mut machine = Machine::default();
        let rules = specs.iter().map(|spec| spec.rule.clone()).collect();
        machine.install(specs, RuleSetRef::default());
        let least_ms = registry.instruments().map(|(.., one)| one.interval().as_ms()).min().unwrap_or(TICK_MS_MAX);
        let end_ms = steps.iter().map(|step| at_ms(&step.action)).max().unwrap_or(0);
        Ok(Self {
            engine: Engine::new(compiled.plans),
            machine,
            rules,
            left_out: left_out.into_iter().collect(),
            frames,
            order,
            come: 0,
            now_ms: 0,
            tick_ms: least_ms.min(TICK_MS_MAX).max(end_ms / TICKS_MAX),
            was_open: BTreeSet::new(),
            sent: BTreeMap::new(),
        })
    }

    /// Takes all steps, or those before the stop; returns what is wrong.
    fn run(&mut self, steps: &[TestStep], is_stopped: &dyn Fn() -> bool) -> Vec<TestFailure> {
        let mut failures = Vec::new();
        for step in steps {
            if !self.advance(at_ms(&step.action), is_stopped) {
                failures.push(stopped(&step.place));
                return failures;
            }
            let place = || step.place.clone();
            failures.extend(self.take(step).map(|message| TestFailure { place: place(), message, is_error: false }));
        }
        failures
    }

    /// Takes a step whose time has come; says what is wrong.
    fn take(&mut self, step: &TestStep) -> Option<String> {
        match &step.action {
            TestAction::Expect { rule, scope, wanted, .. } => self.expect(rule, scope.as_deref(), *wanted),
            TestAction::Priority { rule, scope, priority, .. } => {
                self.expect_priority(rule, scope.as_deref(), *priority)
            }
            TestAction::Sent { contact, count, .. } => {
                let sent = self.sent.get(contact).copied().unwrap_or(0);
                let others: Vec<String> = self.sent.iter().map(|(who, count)| format!("{who} {count}")).collect();
                let found = if others.is_empty() { "no messages were sent".to_owned() } else { others.join(", ") };
                (sent != *count).then(|| format!("expected {count} messages to `{contact}`, found {sent} ({found})"))
            }
            TestAction::Acknowledge { rule, .. } => self.acknowledge(rule),
            TestAction::Instrument { .. } | TestAction::Feed { .. } => None,
        }
    }

    /// Lets time pass: frames come at their times, and the clock is looked at in between. Returns false if it was stopped on the way.
    fn advance(&mut self, to_ms: i64, is_stopped: &dyn Fn() -> bool) -> bool {
        while self.now_ms < to_ms {
            if is_stopped() {
                return false;
            }
            let next_ms = (self.now_ms / self.tick_ms + 1).saturating_mul(self.tick_ms).min(to_ms);
            while let Some(frame) = self.order.get(self.come).and_then(|index| self.frames.frame(*index)) {
                if frame.time > BEGIN.plus_ms(next_ms) {
                    break;
                }
                self.come += 1;
                let (engine, machine) = (&mut self.engine, &mut self.machine);
                let events = Course { engine, machine, responder: None }.frame(frame, frame.time, frame.time);
                self.note(&events);
            }
            self.now_ms = next_ms;
            let now = BEGIN.plus_ms(next_ms);
            let (engine, machine) = (&mut self.engine, &mut self.machine);
            let events = Course { engine, machine, responder: None }.time(now);
            self.note(&events);
        }
        true
    }

    fn note(&mut self, events: &[AlarmEvent]) {
        for event in events {
            match event {
                AlarmEvent::Opened(opened) => {
                    self.was_open.insert((opened.rule.clone(), opened.scope_key.clone()));
                }
                AlarmEvent::Notification(notification) => {
                    *self.sent.entry(notification.contact.0.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    fn acknowledge(&mut self, rule: &str) -> Option<String> {
        let open: Vec<AlarmId> =
            self.machine.alarms().filter(|(_, alarm)| alarm.opened.rule == rule).map(|(id, _)| id).collect();
        if open.is_empty() {
            return Some(format!("no alarm of `{rule}` is open to be acknowledged; {}", self.found(rule, None)));
        }
        let now = BEGIN.plus_ms(self.now_ms);
        let faults = open.into_iter().filter_map(|id| self.machine.acknowledge(id, "test", "", now).err());
        faults.map(|error| error.to_string()).next()
    }

    /// Says so if a test cannot ask for a rule, or for this scope of it.
    fn unknown(&self, rule: &str, scope: Option<&str>) -> Option<String> {
        if let Some(lack) = self.left_out.get(rule) {
            return Some(format!(
                "`{rule}` does not run in this test: {lack}; add what is missing with t.instrument(..)"
            ));
        }
        if !self.rules.contains(rule) {
            let known: Vec<&str> = self.rules.iter().map(String::as_str).collect();
            let help = match nearest(rule, known.iter().copied()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("rules in this test: {}", known.join(", ")),
            };
            return Some(format!("there is no rule `{rule}`; {help}"));
        }
        scope.and_then(|scope| self.unknown_scope(rule, scope))
    }

    fn expect_priority(&self, rule: &str, scope: Option<&str>, wanted: Priority) -> Option<String> {
        let is_meant =
            |alarm: &Alarm| alarm.opened.rule == rule && scope.is_none_or(|scope| scope == alarm.opened.scope_key);
        let is_so = self.machine.alarms().any(|(_, alarm)| is_meant(alarm) && alarm.priority == wanted);
        self.unknown(rule, scope).or_else(|| {
            (!is_so).then(|| format!("expected `{rule}` open with priority {wanted}, {}", self.found(rule, scope)))
        })
    }

    fn expect(&self, rule: &str, scope: Option<&str>, wanted: Expected) -> Option<String> {
        if let Some(wrong) = self.unknown(rule, scope) {
            return Some(wrong);
        }
        let is_meant = |key: &str| scope.is_none_or(|scope| scope == key);
        let open = self.machine.alarms().any(|(_, one)| one.opened.rule == rule && is_meant(&one.opened.scope_key));
        let was_open = self.was_open.iter().any(|(of, key)| of == rule && is_meant(key));
        let of_rule = || self.machine.conditions().filter(|(spec, _)| spec.rule == rule && is_meant(&spec.scope_key));
        let any = |condition: Condition| of_rule().any(|(_, state)| state.condition() == condition);
        let holds = match wanted {
            Expected::Open => open,
            Expected::Closed => !open && was_open,
            Expected::Normal => !open && of_rule().all(|(_, state)| state.condition() == Condition::Normal),
            Expected::Pending => any(Condition::Pending),
            Expected::Unknown => any(Condition::Unknown),
        };
        (!holds).then(|| format!("expected `{rule}` {}, {}", wanted.name(), self.found(rule, scope)))
    }

    /// Says so if a rule has no such scope: then it would be neither open nor anything else.
    fn unknown_scope(&self, rule: &str, scope: &str) -> Option<String> {
        let of_rule = self.machine.conditions().filter(|(spec, _)| spec.rule == rule);
        let known: BTreeSet<&str> = of_rule.map(|(spec, _)| spec.scope_key.as_str()).collect();
        if known.contains(scope) || self.was_open.contains(&(rule.to_owned(), scope.to_owned())) {
            return None;
        }
        let help = match nearest(scope, known.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("it has: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        };
        Some(format!("`{rule}` has no station or scope `{scope}` in this test; {help}"))
    }

    /// What a rule is instead, scope by scope.
    fn found(&self, rule: &str, scope: Option<&str>) -> String {
        let of_rule = self.machine.conditions().filter(|(spec, _)| spec.rule == rule);
        let meant = of_rule.filter(|(spec, _)| scope.is_none_or(|scope| scope == spec.scope_key));
        let told: Vec<String> = meant
            .map(|(spec, state)| {
                let open = self
                    .machine
                    .alarms()
                    .find(|(_, one)| one.opened.rule == rule && one.opened.scope_key == spec.scope_key);
                let since = open.map_or_else(String::new, |(_, alarm)| {
                    let minutes = alarm.opened.opened_at.since_ms(BEGIN) as f64 / 60_000.0;
                    let priority = if spec.priority_steps.is_empty() {
                        String::new()
                    } else {
                        format!(" with priority {}", alarm.priority)
                    };
                    format!(", open since minute {minutes}{priority}")
                });
                format!("{} {:?}{since}", spec.scope_key, state.condition())
            })
            .collect();
        let minutes = self.now_ms as f64 / 60_000.0;
        if told.is_empty() {
            format!("found no such scope at minute {minutes}")
        } else {
            format!("found at minute {minutes}: {}", told.join("; "))
        }
    }
}

const fn at_ms(action: &TestAction) -> i64 {
    match action {
        TestAction::Expect { at_ms, .. }
        | TestAction::Priority { at_ms, .. }
        | TestAction::Sent { at_ms, .. }
        | TestAction::Acknowledge { at_ms, .. } => *at_ms,
        TestAction::Instrument { .. } | TestAction::Feed { .. } => 0,
    }
}

/// The registry with what the test registers.
fn registered(steps: &[TestStep], registry: &Registry) -> Result<Registry, TestFailure> {
    let mut registry = registry.clone();
    for step in steps {
        let TestAction::Instrument { station, instrument, interval_ms, channels } = &step.action else { continue };
        let failed =
            |error: ModelError| TestFailure { place: step.place.clone(), message: error.to_string(), is_error: true };
        let id = match registry.station_named(station) {
            Some(id) => id,
            None => add_station(&mut registry, station).map_err(failed)?,
        };
        let channels: Result<Vec<Channel>, ModelError> =
            channels.iter().map(|(name, unit)| channel(name, *unit)).collect();
        let interval = Interval::from_ms(*interval_ms).map_err(failed)?;
        let instrument =
            channels.and_then(|channels| Instrument::new(instrument, interval, channels)).map_err(failed)?;
        registry.insert_instrument(registry.next_instrument_id(), id, instrument);
    }
    Ok(registry)
}

fn add_station(registry: &mut Registry, name: &str) -> Result<StationId, ModelError> {
    let id = registry.next_station_id();
    registry.insert_station(id, Station::new(name)?);
    Ok(id)
}

/// A channel of the species that bears its name, or else of another quantity.
fn channel(name: &str, unit: Unit) -> Result<Channel, ModelError> {
    match Channel::species(name, unit) {
        Ok(channel) if channel.name() == name => Ok(channel),
        Ok(channel) => channel.named(name),
        Err(_) => Channel::quantity(name, unit),
    }
}

/// Why a series cannot be fed, and the nearest registered name.
fn not_registered(registry: &Registry, station: &str, channel: &str) -> String {
    let meant = |close: Option<&str>| {
        let mistyped = close.map_or_else(String::new, |close| format!("did you mean `{close}`? Otherwise "));
        format!("{mistyped}register it with t.instrument(..)")
    };
    let Some(id) = registry.station_named(station) else {
        let stations = registry.stations().map(|(_, station)| station.name());
        return format!("there is no station `{station}`; {}", meant(nearest(station, stations)));
    };
    let of_station = registry.instruments().filter(|(_, at, _)| *at == id);
    let channels = of_station.flat_map(|(.., instrument)| instrument.channels()).map(Channel::name);
    format!("station `{station}` has no channel `{channel}`; {}", meant(nearest(channel, channels)))
}

/// Samples of one instrument by place in time and channel.
type Columns = BTreeMap<InstrumentId, Vec<Vec<Option<Sample>>>>;

/// The frames that a test feeds: the first of an instrument comes one interval after the beginning.
fn frames(steps: &[TestStep], registry: &Registry) -> Result<Batch, TestFailure> {
    let mut columns = Columns::new();
    for step in steps {
        let TestAction::Feed { station, channel, samples } = &step.action else { continue };
        let of_station = registry.station_named(station).into_iter().flat_map(|id| {
            registry.instruments().filter(move |(_, at, _)| *at == id).map(|(id, _, instrument)| (id, instrument))
        });
        let found = of_station.into_iter().find_map(|(id, one)| Some((id, one, one.channel_index(channel)?)));
        let Some((id, instrument, index)) = found else {
            let message = not_registered(registry, station, channel);
            return Err(TestFailure { place: step.place.clone(), message, is_error: true });
        };
        let of_instrument = columns.entry(id).or_insert_with(|| vec![Vec::new(); instrument.channels().len()]);
        if let Some(column) = of_instrument.get_mut(index) {
            column.extend(samples.iter().copied());
        }
    }
    let mut batch = Batch::new();
    for (id, of_instrument) in &columns {
        let interval_ms = registry.instrument(*id).map_or(1, |(_, instrument)| instrument.interval().as_ms());
        let rows = of_instrument.iter().map(Vec::len).max().unwrap_or(0);
        let mut time = BEGIN;
        for row in 0..rows {
            time = time.plus_ms(interval_ms);
            let samples: Vec<Option<Sample>> =
                of_instrument.iter().map(|column| column.get(row).copied().flatten()).collect();
            if samples.iter().any(Option::is_some) {
                batch.push_samples(*id, time, samples.into_iter().map(|sample| sample.unwrap_or(Sample::MISSING)));
            }
        }
    }
    Ok(batch)
}
