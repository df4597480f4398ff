//! Closures that are interpreted at each instant: an engine of their own with nothing in it but plain arithmetic, and a bound on everything.

use crate::rules::interpreted::{Script, ScriptAnswer};
use crate::rules::verdict::Truth;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, Package,
};
use rhai::{AST, Dynamic, Engine, EvalAltResult, FnPtr, Map};
use std::any::TypeId;
use std::sync::Arc;

/// Operations that one answer may take.
const OPERATIONS_MAX: u64 = 10_000;
/// Calls within calls.
const CALL_LEVELS_MAX: usize = 16;
/// Bytes of one text.
const STRING_BYTES_MAX: usize = 4 << 10;
/// Values of one list or map.
const ELEMENTS_MAX: usize = 1_000;
/// Variables.
const VARIABLES_MAX: usize = 100;

/// A number that is not known: whatever is tried with it is not known either.
#[derive(Debug, Clone, Copy)]
struct Unknown;

/// A closure of a rule file, ready to be asked; `functions` are those of its statement and of its file.
pub(super) fn script(closure: &FnPtr, functions: &AST, names: Vec<String>, text: String) -> Script {
    let (engine, functions) = (engine(), functions.clone());
    // What it has captured is copied for each answer, so that no answer depends on the ones before.
    let captured: Vec<Dynamic> = closure.curry().iter().map(|value| value.clone().flatten()).collect();
    let (closure, keys) = (closure.clone(), names.clone());
    let ask = move |numbers: &[f64]| {
        let mut given = Map::new();
        for (key, number) in keys.iter().zip(numbers) {
            let value = if number.is_nan() { Dynamic::from(Unknown) } else { Dynamic::from(*number) };
            given.insert(key.as_str().into(), value);
        }
        let mut closure = closure.clone();
        closure.set_curry(captured.iter().cloned());
        answer(closure.call::<Dynamic>(&engine, &functions, (given,)))
    };
    Script { names, text, ask: Arc::new(ask) }
}

fn answer(outcome: Result<Dynamic, Box<EvalAltResult>>) -> ScriptAnswer {
    match outcome {
        Ok(value) if value.is::<Unknown>() => Ok(Truth::Unknown),
        Ok(value) => value.as_bool().map(Truth::from).map_err(|kind| format!("it gives {kind}, not true or false")),
        Err(error) => match innermost(&error) {
            EvalAltResult::ErrorRuntime(value, _) if value.is::<Unknown>() => Ok(Truth::Unknown),
            EvalAltResult::ErrorTooManyOperations(_) => Err(format!("it takes more than {OPERATIONS_MAX} operations")),
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

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(ArithmeticPackage::new().as_shared_module());
    engine.register_global_module(LogicPackage::new().as_shared_module());
    engine.register_global_module(BasicMathPackage::new().as_shared_module());
    engine.register_global_module(BasicStringPackage::new().as_shared_module());
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_global_module(BasicArrayPackage::new().as_shared_module());
    engine.register_global_module(BasicMapPackage::new().as_shared_module());
    engine.register_global_module(BasicFnPackage::new().as_shared_module());
    engine.set_max_operations(OPERATIONS_MAX);
    engine.set_max_call_levels(CALL_LEVELS_MAX);
    engine.set_max_string_size(STRING_BYTES_MAX);
    engine.set_max_array_size(ELEMENTS_MAX);
    engine.set_max_map_size(ELEMENTS_MAX);
    engine.set_max_variables(VARIABLES_MAX);
    engine.set_max_modules(0);
    engine.set_fail_on_invalid_map_property(true);
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
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
