//! Runs test files: their calls leave steps, and nothing else happens.

use super::notation::parse_series;
use super::steps::{Expected, RuleTest, TestAction, TestStep};
use crate::base::limits::{CHANNELS_PER_INSTRUMENT_MAX, NAME_BYTES_MAX, RULE_OPERATIONS_MAX};
use crate::model::{Interval, Unit};
use crate::rules::nearest::nearest;
use crate::rules::script::{
    DURATIONS, Limits, RuleFile, bounded_engine, duration_ms, operations_of, refusals, refused, weigh,
};
use crate::verdict::{Place, Priority};
use parking_lot::Mutex;
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Position};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a test file may do and hold. A series may be a long text.
const LIMITS: Limits = Limits {
    operations: RULE_OPERATIONS_MAX,
    call_levels: 16,
    string_bytes: 64 << 10,
    elements: 4_000,
    functions: 500,
    variables: 200,
    modules: 0,
};
/// Samples that all tests of one file may feed together.
const FED_MAX: usize = 4_000_000;
/// Letters of one message, which may repeat a text of the file.
const MESSAGE_LETTERS_MAX: usize = 600;
/// The calls of a test, for messages.
const CALLS: &str = "t.instrument(\"park/S1\", \"gc\", 1.minute, #{ benzene: \"ppb\" }), t.feed(\"park/S1\", \"benzene\", \"12x10 45x20\"), \
                     t.at(25.minutes), and after it .expect_open(\"rule\"), .expect_closed(..), .expect_normal(..), \
                     .expect_pending(..), .expect_unknown(..), \
                     .expect_priority(\"rule\", \"high\"), .expect_sent(\"contact\", 1), .ack(\"rule\")";
/// The methods of a test, each with an example.
const METHODS: [(&str, &str); 11] = [
    ("instrument", "t.instrument(\"park/S1\", \"gc\", 1.minute, #{ benzene: \"ppb\" })"),
    ("feed", "t.feed(\"park/S1\", \"benzene\", \"12x10 45x20\")"),
    ("at", "t.at(25.minutes)"),
    ("expect_open", "t.at(25.minutes).expect_open(\"rule\")"),
    ("expect_closed", "t.at(25.minutes).expect_closed(\"rule\")"),
    ("expect_normal", "t.at(25.minutes).expect_normal(\"rule\")"),
    ("expect_pending", "t.at(25.minutes).expect_pending(\"rule\")"),
    ("expect_unknown", "t.at(25.minutes).expect_unknown(\"rule\")"),
    ("expect_priority", "t.at(25.minutes).expect_priority(\"rule\", \"high\")"),
    ("expect_sent", "t.at(25.minutes).expect_sent(\"contact\", 1)"),
    ("ack", "t.at(25.minutes).ack(\"rule\")"),
];
/// Tests of one file.
const TESTS_MAX: usize = 1_000;
/// Steps of all tests of one file together.
const STEPS_MAX: usize = 100_000;
/// Instruments that all tests of one file register together.
const INSTRUMENTS_MAX: usize = 2_000;

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Duration(i64);

/// `t`: the test under construction.
#[derive(Debug, Clone)]
struct Test {
    file: Arc<str>,
    steps: Arc<Mutex<Vec<TestStep>>>,
    /// The time that the test has come to.
    now_ms: Arc<Mutex<i64>>,
    /// What the tests of the file have done so far.
    totals: Arc<Mutex<Totals>>,
}

/// What all tests of one file have done together.
#[derive(Debug, Default)]
struct Totals {
    samples: usize,
    steps: usize,
    instruments: usize,
}

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Runs test files and gives every test in them, in order of file and line. A file that cannot be run is a test with a problem.
#[must_use]
pub fn trace_tests(files: &[RuleFile]) -> Vec<RuleTest> {
    let mut sorted: Vec<&RuleFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted.into_iter().flat_map(trace_file).collect()
}

fn trace_file(file: &RuleFile) -> Vec<RuleTest> {
    let name: Arc<str> = file.name.as_str().into();
    let found = Arc::new(Mutex::new(Vec::new()));
    let failed = match refusals(file).into_iter().next() {
        Some(refusal) => Some((refusal.place, format!("{}; {}", refusal.message, refusal.help))),
        None => run_file(file, &name, &found),
    };
    let mut tests = std::mem::take(&mut *found.lock());
    if failed.is_some() || tests.is_empty() {
        let place = failed.as_ref().map_or_else(|| place_of(&name, Position::NONE), |(place, _)| place.clone());
        let none = (place.clone(), "the file has no test(\"name\", |t| { .. })".to_owned());
        tests.push(RuleTest { name: file.name.clone(), place, steps: Vec::new(), problem: failed.or(Some(none)) });
    }
    tests
}

/// Runs a file, which leaves its tests; gives why it could not be run to its end.
fn run_file(file: &RuleFile, name: &Arc<str>, found: &Arc<Mutex<Vec<RuleTest>>>) -> Option<(Place, String)> {
    let mut engine = engine();
    let (tests, of_file, totals) = (Arc::clone(found), Arc::clone(name), Arc::<Mutex<Totals>>::default());
    engine.register_fn("test", move |context: NativeCallContext<'_>, title: &str, body: FnPtr| -> Outcome<()> {
        if tests.lock().len() >= TESTS_MAX {
            return fault(&context, format!("a file has {TESTS_MAX} tests at most: split the file"));
        }
        let title = short(&context, title)?;
        let place = place_of(&of_file, context.call_position());
        let (steps, now_ms) = (Arc::default(), Arc::default());
        let test = Test { file: Arc::clone(&of_file), steps, now_ms, totals: Arc::clone(&totals) };
        let run = body.call_within_context::<Dynamic>(&context, (test.clone(),));
        let problem = run.err().map(|error| explain(&of_file, &error));
        let steps = std::mem::take(&mut *test.steps.lock());
        tests.lock().push(RuleTest { name: title, place, steps, problem });
        Ok(())
    });
    // A fault of the interpreter itself is a problem of the file like any other: the host goes on.
    match catch_unwind(AssertUnwindSafe(|| engine.run(&file.text))) {
        Ok(ended) => ended.err().map(|error| explain(name, &error)),
        Err(_) => Some((place_of(name, Position::NONE), "the interpreter failed on this file".to_owned())),
    }
}

fn place_of(file: &Arc<str>, position: Position) -> Place {
    let narrow = |number: Option<usize>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or(1);
    Place { file: Arc::clone(file), line: narrow(position.line()), column: narrow(position.position()) }
}

/// Where an error stands and what it says.
fn explain(file: &Arc<str>, error: &EvalAltResult) -> (Place, String) {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, deeper, _) = inner {
        inner = deeper;
    }
    let message = match inner {
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        EvalAltResult::ErrorCustomSyntax(message, ..) => message.clone(),
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => {
            format!("the file takes more than {RULE_OPERATIONS_MAX} operations")
        }
        EvalAltResult::ErrorFunctionNotFound(call, _) => unknown_call(call),
        other => other.to_string().split(" (line ").next().unwrap_or_default().to_owned(),
    };
    (place_of(file, inner.position()), message.chars().take(MESSAGE_LETTERS_MAX).collect())
}

/// What is wrong with a call that fits no method; Rhai describes it as `name (types)`.
fn unknown_call(call: &str) -> String {
    let name = call.split([' ', '(']).next().unwrap_or_default();
    if let Some((_, example)) = METHODS.iter().find(|(known, _)| *known == name) {
        return format!("`{name}` cannot be used in this way; write {example}");
    }
    match nearest(name, METHODS.iter().map(|(known, _)| *known)) {
        Some(close) => format!("there is no method `{name}`; did you mean `{close}`?"),
        None => format!("there is no function `{name}`; the calls of a test are {CALLS}"),
    }
}

fn engine() -> Engine {
    let mut engine = bounded_engine(LIMITS);
    let counted = Arc::new(AtomicU64::new(0));
    // Rhai's own count leaves out what closures do that functions of lists, and `test`, call.
    let counter = Arc::clone(&counted);
    engine.on_progress(move |_| {
        (counter.fetch_add(1, Ordering::Relaxed) >= RULE_OPERATIONS_MAX).then_some(Dynamic::UNIT)
    });
    #[expect(deprecated, reason = "Rhai marks it as volatile, not as deprecated, and its version is pinned")]
    engine.on_var(move |name, _, context| {
        if let Some(value) = context.scope().get(name) {
            let bytes = weigh(value).map_err(|message| refused(message, Position::NONE))?;
            counted.fetch_add(operations_of(bytes), Ordering::Relaxed);
        }
        Ok(None)
    });
    engine.register_type_with_name::<Test>("t").register_type_with_name::<Duration>("duration");
    for (name, unit_ms) in DURATIONS {
        engine.register_get(name, move |count: &mut i64| Duration(ms_of(*count as f64, unit_ms)));
        engine.register_get(name, move |count: &mut f64| Duration(ms_of(*count, unit_ms)));
    }
    engine.register_fn("+", |left: Duration, right: Duration| Duration(left.0.saturating_add(right.0)));
    engine.register_fn("-", |left: Duration, right: Duration| Duration(left.0.saturating_sub(right.0)));
    add_steps(&mut engine);
    engine
}

fn ms_of(count: f64, unit_ms: i64) -> i64 {
    duration_ms(count, unit_ms).unwrap_or(0)
}

fn add_steps(engine: &mut Engine) {
    engine.register_fn(
        "instrument",
        |context: NativeCallContext<'_>, t: &mut Test, station: &str, name: &str, interval: Duration, units: Map| {
            instrument(&context, t, (station, name), interval, units)
        },
    );
    engine.register_fn("feed", feed);
    engine.register_fn("at", at);
    add_expectations(engine);
}

fn add_expectations(engine: &mut Engine) {
    for (name, wanted) in [
        ("expect_open", Expected::Open),
        ("expect_closed", Expected::Closed),
        ("expect_normal", Expected::Normal),
        ("expect_pending", Expected::Pending),
        ("expect_unknown", Expected::Unknown),
    ] {
        engine.register_fn(name, move |context: NativeCallContext<'_>, t: &mut Test, rule: &str| {
            let rule = short(&context, rule)?;
            t.push(&context, |at_ms| TestAction::Expect { at_ms, rule, scope: None, wanted })
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, t: &mut Test, rule: &str, scope: &str| {
            let (rule, scope) = (short(&context, rule)?, Some(short(&context, scope)?));
            t.push(&context, |at_ms| TestAction::Expect { at_ms, rule, scope, wanted })
        });
    }
    add_priorities(engine);
    engine.register_fn("ack", |context: NativeCallContext<'_>, t: &mut Test, rule: &str| {
        let rule = short(&context, rule)?;
        t.push(&context, |at_ms| TestAction::Acknowledge { at_ms, rule })
    });
    engine.register_fn("expect_sent", |context: NativeCallContext<'_>, t: &mut Test, contact: &str, count: i64| {
        let (contact, count) = (short(&context, contact)?, u64::try_from(count).unwrap_or(0));
        t.push(&context, |at_ms| TestAction::Sent { at_ms, contact, count })
    });
}

fn add_priorities(engine: &mut Engine) {
    let name = "expect_priority";
    engine.register_fn(name, |context: NativeCallContext<'_>, t: &mut Test, rule: &str, priority: &str| {
        let (rule, priority) = (short(&context, rule)?, priority_named(&context, priority)?);
        t.push(&context, |at_ms| TestAction::Priority { at_ms, rule, scope: None, priority })
    });
    engine.register_fn(
        name,
        |context: NativeCallContext<'_>, t: &mut Test, rule: &str, scope: &str, priority: &str| {
            let (rule, scope) = (short(&context, rule)?, Some(short(&context, scope)?));
            let priority = priority_named(&context, priority)?;
            t.push(&context, |at_ms| TestAction::Priority { at_ms, rule, scope, priority })
        },
    );
}

fn priority_named(context: &NativeCallContext<'_>, name: &str) -> Outcome<Priority> {
    let found = Priority::ALL.into_iter().find(|priority| priority.name() == name);
    found.map_or_else(|| fault(context, "the priorities are low, medium, high and urgent".to_owned()), Ok)
}

impl Test {
    /// Takes a step down; the test is the result, so that calls can be chained.
    fn push(&mut self, context: &NativeCallContext<'_>, action: impl FnOnce(i64) -> TestAction) -> Outcome<Self> {
        let place = place_of(&self.file, context.call_position());
        let mut totals = self.totals.lock();
        totals.steps += 1;
        if totals.steps > STEPS_MAX {
            return fault(
                context,
                format!("the tests of a file have {STEPS_MAX} steps together at most: split the file"),
            );
        }
        let action = action(*self.now_ms.lock());
        self.steps.lock().push(TestStep { place, action });
        Ok(self.clone())
    }
}

fn fault<T>(context: &NativeCallContext<'_>, message: String) -> Outcome<T> {
    Err(EvalAltResult::ErrorRuntime(message.into(), context.call_position()).into())
}

/// A name.
fn short(context: &NativeCallContext<'_>, name: &str) -> Outcome<String> {
    if name.len() > NAME_BYTES_MAX {
        return fault(context, format!("a name has {NAME_BYTES_MAX} bytes at most"));
    }
    Ok(name.to_owned())
}

fn instrument(
    context: &NativeCallContext<'_>,
    t: &mut Test,
    (station, name): (&str, &str),
    interval: Duration,
    units: Map,
) -> Outcome<Test> {
    t.totals.lock().instruments += 1;
    if t.totals.lock().instruments > INSTRUMENTS_MAX {
        let message =
            format!("the tests of a file register {INSTRUMENTS_MAX} instruments together at most: split the file");
        return fault(context, message);
    }
    if units.len() > CHANNELS_PER_INSTRUMENT_MAX {
        return fault(context, format!("an instrument has {CHANNELS_PER_INSTRUMENT_MAX} channels at most"));
    }
    let mut channels = Vec::new();
    for (channel, unit) in units {
        match unit.to_string().parse::<Unit>() {
            Ok(unit) => channels.push((short(context, &channel)?, unit)),
            Err(error) => return fault(context, error.to_string()),
        }
    }
    let interval_ms = match Interval::from_ms(interval.0) {
        Ok(interval) => interval.as_ms(),
        Err(error) => return fault(context, error.to_string()),
    };
    let (station, instrument) = (short(context, station)?, short(context, name)?);
    t.push(context, |_| TestAction::Instrument { station, instrument, interval_ms, channels })
}

fn feed(context: NativeCallContext<'_>, t: &mut Test, station: &str, channel: &str, series: &str) -> Outcome<Test> {
    match parse_series(series) {
        Ok(samples) => {
            let mut totals = t.totals.lock();
            totals.samples += samples.len();
            if totals.samples > FED_MAX {
                return fault(
                    &context,
                    format!("the tests of a file feed {FED_MAX} samples together at most: split the file"),
                );
            }
            drop(totals);
            let (station, channel) = (short(&context, station)?, short(&context, channel)?);
            t.push(&context, |_| TestAction::Feed { station, channel, samples })
        }
        Err(error) => fault(&context, error.to_string()),
    }
}

/// Goes on to a time; what is called on the result happens or is expected then.
fn at(context: NativeCallContext<'_>, t: &mut Test, time: Duration) -> Outcome<Test> {
    let mut now_ms = t.now_ms.lock();
    if time.0 < *now_ms {
        let message = format!("time cannot go back: the test is already at minute {}", *now_ms as f64 / 60_000.0);
        return fault(&context, message);
    }
    *now_ms = time.0;
    Ok(t.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use allocation_counter::measure;

    fn problem(text: &str) -> Option<String> {
        let tests = trace_tests(&[RuleFile { name: "a_test.rhai".to_owned(), text: text.to_owned() }]);
        tests.into_iter().find_map(|test| test.problem).map(|(_, message)| message)
    }

    #[test]
    fn hostile_test_files_have_a_problem_and_take_little() {
        const BYTES_MAX: u64 = 160 << 20;
        let wide = format!(
            "let m = #{{ {} }}; test(\"a\", |t| {{ loop {{ t.instrument(\"S\", \"gc\", 1.minute, m); }} }});",
            (0..500).map(|n| format!("c{n}: \"ppb\"")).collect::<Vec<_>>().join(", ")
        );
        let texts = [
            "test(\"a\", |t| { loop { t.instrument(\"S\", \"gc\", 1.minute, #{ benzene: \"ppb\" }); } });",
            &wide,
            "loop { test(\"a\", |t| { t.at(1.minute); }); }",
            "loop { test(\"a\", |t| { throw 1; }); }",
            "test(\"a\", |t| { loop { t.expect_open(\"r\"); } });",
            "let s = \"x\"; while s.len() < 50000 { s += s; } test(\"a\", |t| { loop { t.expect_open(s); } });",
            "let s = \"x\"; while s.len() < 50000 { s += s; } test(s, |t| { t.at(1.minute); });",
            "test(\"a\", |t| { loop { t.ack(\"r\"); } });",
            "test(\"a\", |t| { loop { t.feed(\"S\", \"c\", \"1x1000\"); } });",
            "let f = Fn(\"len\"); for i in 0..40 { f = f.curry(f); }",
            "let f = |x| x; for i in 0..50000 { let g = f; f = |x| g.call(x); }",
            "fn test(a, f) { f } let g = 1; loop { g = test(\"a\", |x| g); }",
            "let a = []; loop { a = [a]; }",
            "test(\"a\", |t| { let s = \"x\"; loop { s += s; } });",
            "let l = []; for i in 0..1000 { l.push(i); } let k = l; let j = l; l.map(|a| k.map(|b| j.map(|c| 1)));",
        ];
        assert_eq!(problem("test(\"a\", |t| { let s = 3; t.at(s.minutes).expect_open(\"r\"); });"), None);
        for text in texts {
            let head: String = text.chars().take(100).collect();
            let mut found = None;
            let taken = measure(|| found = problem(text));
            println!("{:>6} KiB: {head}: {found:?}", taken.bytes_max >> 10);
            assert!(found.is_some_and(|message| message.len() < 2_000), "{head}");
            assert!(taken.bytes_max < BYTES_MAX && taken.bytes_current < 1 << 18, "{head}: {taken:?}");
        }
    }
}
