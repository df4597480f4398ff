//! Runs test files: their calls leave steps, and nothing else happens.

use super::notation::parse_series;
use super::steps::{Expected, RuleTest, TestAction, TestStep};
use crate::base::limits::RULE_OPERATIONS_MAX;
use crate::model::{Interval, Unit};
use crate::rules::script::{DURATIONS, RuleFile, duration_ms};
use crate::rules::verdict::Place;
use parking_lot::Mutex;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Position};
use std::sync::Arc;

/// Bytes of one text: a series may be long.
const STRING_BYTES_MAX: usize = 1 << 20;
/// Values of one list or map.
const ELEMENTS_MAX: usize = 10_000;
/// Samples that all tests of one file may feed together.
const FED_MAX: usize = 4_000_000;
/// Calls within calls.
const CALL_LEVELS_MAX: usize = 32;

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
    /// Samples that the file's tests have fed so far.
    fed: Arc<Mutex<usize>>,
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
    let mut engine = engine();
    let (tests, of_file, fed) = (Arc::clone(&found), Arc::clone(&name), Arc::<Mutex<usize>>::default());
    engine.register_fn("test", move |context: NativeCallContext<'_>, title: &str, body: FnPtr| {
        let place = place_of(&of_file, context.call_position());
        let test =
            Test { file: Arc::clone(&of_file), steps: Arc::default(), now_ms: Arc::default(), fed: Arc::clone(&fed) };
        let run = body.call_within_context::<Dynamic>(&context, (test.clone(),));
        let problem = run.err().map(|error| explain(&of_file, &error));
        let steps = std::mem::take(&mut *test.steps.lock());
        tests.lock().push(RuleTest { name: title.to_owned(), place, steps, problem });
    });
    let failed = engine.run(&file.text).err().map(|error| explain(&name, &error));
    let mut tests = std::mem::take(&mut *found.lock());
    if failed.is_some() || tests.is_empty() {
        let place = failed.as_ref().map_or_else(|| place_of(&name, Position::NONE), |(place, _)| place.clone());
        let none = (place.clone(), "the file has no test(\"name\", |t| { .. })".to_owned());
        tests.push(RuleTest { name: file.name.clone(), place, steps: Vec::new(), problem: failed.or(Some(none)) });
    }
    tests
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
        EvalAltResult::ErrorTooManyOperations(_) => {
            format!("the file takes more than {RULE_OPERATIONS_MAX} operations")
        }
        EvalAltResult::ErrorFunctionNotFound(call, _) => {
            format!("nothing fits {call}; the guide's chapter on rules lists what tests can say")
        }
        other => other.to_string().split(" (line ").next().unwrap_or_default().to_owned(),
    };
    (place_of(file, inner.position()), message)
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(ArithmeticPackage::new().as_shared_module());
    engine.register_global_module(LogicPackage::new().as_shared_module());
    engine.register_global_module(BasicMathPackage::new().as_shared_module());
    engine.register_global_module(BasicStringPackage::new().as_shared_module());
    engine.register_global_module(MoreStringPackage::new().as_shared_module());
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_global_module(BasicArrayPackage::new().as_shared_module());
    engine.register_global_module(BasicMapPackage::new().as_shared_module());
    engine.register_global_module(BasicFnPackage::new().as_shared_module());
    engine.set_max_operations(RULE_OPERATIONS_MAX);
    engine.set_max_call_levels(CALL_LEVELS_MAX);
    engine.set_max_expr_depths(128, 64);
    engine.set_max_string_size(STRING_BYTES_MAX);
    engine.set_max_array_size(ELEMENTS_MAX);
    engine.set_max_map_size(ELEMENTS_MAX);
    engine.set_max_modules(0);
    engine.disable_symbol("eval");
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
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
    for (name, wanted) in [
        ("expect_open", Expected::Open),
        ("expect_closed", Expected::Closed),
        ("expect_normal", Expected::Normal),
        ("expect_pending", Expected::Pending),
        ("expect_unknown", Expected::Unknown),
    ] {
        engine.register_fn(name, move |context: NativeCallContext<'_>, t: &mut Test, rule: &str| {
            t.push(&context, |at_ms| TestAction::Expect { at_ms, rule: rule.to_owned(), scope: None, wanted })
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, t: &mut Test, rule: &str, scope: &str| {
            let (rule, scope) = (rule.to_owned(), Some(scope.to_owned()));
            t.push(&context, |at_ms| TestAction::Expect { at_ms, rule, scope, wanted })
        });
    }
    engine.register_fn("ack", |context: NativeCallContext<'_>, t: &mut Test, rule: &str| {
        t.push(&context, |at_ms| TestAction::Acknowledge { at_ms, rule: rule.to_owned() })
    });
    engine.register_fn("expect_sent", |context: NativeCallContext<'_>, t: &mut Test, contact: &str, count: i64| {
        let count = u64::try_from(count).unwrap_or(0);
        t.push(&context, |at_ms| TestAction::Sent { at_ms, contact: contact.to_owned(), count })
    });
}

impl Test {
    /// Takes a step down; the test is the result, so that calls can be chained.
    fn push(&mut self, context: &NativeCallContext<'_>, action: impl FnOnce(i64) -> TestAction) -> Self {
        let place = place_of(&self.file, context.call_position());
        let action = action(*self.now_ms.lock());
        self.steps.lock().push(TestStep { place, action });
        self.clone()
    }
}

fn fault<T>(context: &NativeCallContext<'_>, message: String) -> Outcome<T> {
    Err(EvalAltResult::ErrorRuntime(message.into(), context.call_position()).into())
}

fn instrument(
    context: &NativeCallContext<'_>,
    t: &mut Test,
    (station, name): (&str, &str),
    interval: Duration,
    units: Map,
) -> Outcome<Test> {
    let mut channels = Vec::new();
    for (channel, unit) in units {
        match unit.to_string().parse::<Unit>() {
            Ok(unit) => channels.push((channel.to_string(), unit)),
            Err(error) => return fault(context, error.to_string()),
        }
    }
    let interval_ms = match Interval::from_ms(interval.0) {
        Ok(interval) => interval.as_ms(),
        Err(error) => return fault(context, error.to_string()),
    };
    let (station, instrument) = (station.to_owned(), name.to_owned());
    Ok(t.push(context, |_| TestAction::Instrument { station, instrument, interval_ms, channels }))
}

fn feed(context: NativeCallContext<'_>, t: &mut Test, station: &str, channel: &str, series: &str) -> Outcome<Test> {
    match parse_series(series) {
        Ok(samples) => {
            let mut fed = t.fed.lock();
            *fed += samples.len();
            if *fed > FED_MAX {
                return fault(
                    &context,
                    format!("the tests of a file feed {FED_MAX} samples together at most: split the file"),
                );
            }
            drop(fed);
            let (station, channel) = (station.to_owned(), channel.to_owned());
            Ok(t.push(&context, |_| TestAction::Feed { station, channel, samples }))
        }
        Err(error) => fault(&context, error.to_string()),
    }
}

/// Goes on to a time; what is called on the result happens or is expected then.
fn at(context: NativeCallContext<'_>, t: &mut Test, time: Duration) -> Outcome<Test> {
    let mut now_ms = t.now_ms.lock();
    if time.0 < *now_ms {
        let message = format!("time goes on only: the test has come to {} ms already", *now_ms);
        return fault(&context, message);
    }
    *now_ms = time.0;
    Ok(t.clone())
}
