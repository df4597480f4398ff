//! Closures that are interpreted at each evaluation time: an engine with nothing in it but plain arithmetic, and a bound on everything.

use super::super::bounds::{Limits, bounded_engine};
use crate::base::checksum::{Digest, sha256};
use crate::rules::interpreted::{Script, ScriptAnswer};
use crate::verdict::Truth;
use rhai::{AST, Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map};
use std::any::TypeId;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// Operations that one answer may take.
const OPERATIONS_MAX: u64 = 10_000;
/// What one evaluation may do and hold. A closure weighs a handful of numbers.
const LIMITS: Limits = Limits {
    operations: OPERATIONS_MAX,
    call_levels: 12,
    string_bytes: 1 << 10,
    elements: 256,
    functions: 500,
    variables: 64,
    modules: 0,
};

thread_local! {
    /// Operations of the evaluation that runs on this thread. Rhai's own count leaves out what closures do that functions of lists call.
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// A number that is not known: whatever is tried with it is not known either.
#[derive(Debug, Clone, Copy)]
struct Unknown;

/// What a closure stands in: the functions of its statement and of its file, and the texts of those that it may call.
pub(super) struct Surroundings {
    /// As Rhai reads them.
    pub(super) functions: Arc<AST>,
    /// As they are written.
    pub(super) texts: Vec<String>,
}

/// A closure of a rule file, ready to be asked; its captured values are plain.
pub(super) fn script(closure: &FnPtr, around: Surroundings, names: Vec<String>, text: String) -> Script {
    let Surroundings { functions, texts } = around;
    // What it has captured is copied for each answer, so that no answer depends on the ones before.
    let captured: Vec<Dynamic> = closure.curry().iter().map(|value| value.clone().flatten()).collect();
    let surroundings = digest(&captured, &texts);
    let keys: Vec<ImmutableString> = names.iter().map(|name| name.as_str().into()).collect();
    let mut closure = closure.clone();
    closure.set_curry(std::iter::empty::<Dynamic>());
    let ask = move |numbers: &[f64]| {
        let mut given = Map::new();
        for (key, number) in keys.iter().zip(numbers) {
            let value = if number.is_nan() { Dynamic::from(Unknown) } else { Dynamic::from(*number) };
            given.insert(key.as_str().into(), value);
        }
        let mut closure = closure.clone();
        closure.set_curry(captured.iter().cloned());
        OPERATIONS.set(0);
        // A fault of the interpreter itself is an answer like any other: the host goes on.
        let outcome = catch_unwind(AssertUnwindSafe(|| closure.call::<Dynamic>(engine(), &functions, (given,))));
        outcome.map_or_else(|_| Err("the interpreter failed".to_owned()), answer)
    };
    Script { names: names.into(), text: text.into(), surroundings, ask: Arc::new(ask) }
}

/// Why a captured value is no use to a closure; `None` for numbers, texts, truths, functions by name, and lists and maps of them.
pub(super) fn not_plain(value: &Dynamic) -> Option<&'static str> {
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().find_map(not_plain);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.values().find_map(not_plain);
    }
    super::super::symbol::symbol(value).map(|_| super::super::symbol::describe(value))
}

/// A digest of values and functions. Each text stands after its length, each list after its count, so that no two give the same bytes.
fn digest(captured: &[Dynamic], texts: &[String]) -> Digest {
    let mut bytes = Vec::new();
    put_count(&mut bytes, captured.len());
    // A stack of its own: lists may lie in lists as deep as they like.
    let mut left: Vec<Dynamic> = captured.iter().rev().cloned().collect();
    while let Some(value) = left.pop() {
        put_text(&mut bytes, value.type_name());
        if let Ok(number) = value.as_float() {
            bytes.extend(number.to_bits().to_le_bytes());
        } else if let Some(list) = value.read_lock::<Array>() {
            put_count(&mut bytes, list.len());
            left.extend(list.iter().rev().map(|value| value.clone().flatten()));
        } else if let Some(map) = value.read_lock::<Map>() {
            put_count(&mut bytes, map.len());
            map.keys().for_each(|key| put_text(&mut bytes, key));
            left.extend(map.values().rev().map(|value| value.clone().flatten()));
        } else if let Some(function) = value.read_lock::<FnPtr>() {
            put_text(&mut bytes, if function.is_anonymous() { "" } else { function.fn_name() });
            put_count(&mut bytes, function.curry().len());
            left.extend(function.curry().iter().rev().map(|value| value.clone().flatten()));
        } else {
            put_text(&mut bytes, &format!("{value:?}"));
        }
    }
    put_count(&mut bytes, texts.len());
    texts.iter().for_each(|text| put_text(&mut bytes, text));
    sha256(&bytes)
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn answer(outcome: Result<Dynamic, Box<EvalAltResult>>) -> ScriptAnswer {
    match outcome {
        Ok(value) if value.is::<Unknown>() => Ok(Truth::Unknown),
        Ok(value) => value.as_bool().map(Truth::from).map_err(|kind| format!("it gives {kind}, not true or false")),
        Err(error) => match innermost(&error) {
            EvalAltResult::ErrorRuntime(value, _) if value.is::<Unknown>() => Ok(Truth::Unknown),
            EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => {
                Err(format!("it takes more than {OPERATIONS_MAX} operations"))
            }
            EvalAltResult::ErrorCustomSyntax(message, ..) => Err(message.clone()),
            other => {
                let text = other.to_string();
                Err(text.split(" (line ").next().unwrap_or_default().to_owned())
            }
        },
    }
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => innermost(inner),
        other => other,
    }
}

/// The engine of all closures: it has no state, and holds a thousand functions.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(new_engine)
}

fn new_engine() -> Engine {
    let mut engine = bounded_engine(LIMITS);
    engine.set_fail_on_invalid_map_property(true);
    engine.on_progress(|_| {
        let operations = OPERATIONS.get() + 1;
        OPERATIONS.set(operations);
        (operations > OPERATIONS_MAX).then_some(Dynamic::UNIT)
    });
    for name in ["and", "&&"] {
        engine.register_fn(name, |left: bool, right: bool| left && right);
    }
    for name in ["or", "||"] {
        engine.register_fn(name, |left: bool, right: bool| left || right);
    }
    engine.register_fn("not", |truth: bool| !truth);
    engine.register_fn("is_known", |value: Dynamic| !value.is::<Unknown>());
    add_unknowns(&mut engine);
    engine
}

/// Comparisons and arithmetic with an unknown number end the closure, which then says unknown; with nothing they are an error.
fn add_unknowns(engine: &mut Engine) {
    let (unknown, any, nothing) = (TypeId::of::<Unknown>(), TypeId::of::<Dynamic>(), TypeId::of::<()>());
    for name in [">", ">=", "<", "<=", "==", "!=", "+", "-", "*", "/", "%", "**"] {
        for pair in [[unknown, any], [any, unknown]] {
            engine.register_raw_fn(name, pair, |context, _| {
                Err::<Dynamic, _>(EvalAltResult::ErrorRuntime(Dynamic::from(Unknown), context.call_position()).into())
            });
        }
    }
    for name in [">", ">=", "<", "<="] {
        for pair in [[nothing, any], [any, nothing]] {
            engine.register_raw_fn(name, pair, |context, _| {
                let message = Dynamic::from("nothing cannot be compared".to_owned());
                Err::<Dynamic, _>(EvalAltResult::ErrorRuntime(message, context.call_position()).into())
            });
        }
    }
}
