//! What every script engine of the crate may do and hold: packages, limits, and the weight of values.
//!
//! Rhai counts operations, not bytes, and one operation may copy a list. So the limits keep single values small, and the memory that
//! values take is charged as operations: the work and the memory of a script are both bounded by the number of its operations.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, OptimizationLevel, Position};
use std::any::TypeId;

/// Lists within lists, and maps.
const DEPTH_MAX: usize = 32;
/// Bytes of one element of a list.
const ELEMENT_BYTES: usize = 16;
/// Bytes of one entry of a map.
pub(super) const ENTRY_BYTES: usize = 64;
/// Bytes for each byte of a text: one operation may turn it into a list of its characters.
const LETTER_BYTES: usize = ELEMENT_BYTES;
/// Bytes that count as one operation.
const BYTES_PER_OPERATION: usize = 64;

/// The limits of one kind of script.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Limits {
    /// Operations.
    pub(in crate::rules) operations: u64,
    /// Calls within calls.
    pub(in crate::rules) call_levels: usize,
    /// Bytes of one text.
    pub(in crate::rules) string_bytes: usize,
    /// Values of one list or map, those of lists and maps within it included.
    pub(in crate::rules) elements: usize,
    /// Functions.
    pub(in crate::rules) functions: usize,
    /// Variables that one function, or the file outside of functions, has at a time.
    pub(in crate::rules) variables: usize,
    /// Imported files.
    pub(in crate::rules) modules: usize,
}

/// An engine with plain arithmetic, texts, lists and maps, and these limits. Each is set: several defaults differ between builds.
pub(in crate::rules) fn bounded_engine(limits: Limits) -> Engine {
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
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_operations(limits.operations);
    engine.set_max_call_levels(limits.call_levels);
    engine.set_max_expr_depths(128, 64);
    engine.set_max_string_size(limits.string_bytes);
    engine.set_max_array_size(limits.elements);
    engine.set_max_map_size(limits.elements);
    engine.set_max_functions(limits.functions);
    engine.set_max_variables(limits.variables);
    engine.set_max_modules(limits.modules);
    engine.disable_symbol("eval");
    engine.disable_symbol("curry");
    // What waits for a value in use fails after a while: a loop that goes on after that waits for hours.
    engine.disable_symbol("try");
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
    without_padding(&mut engine);
    engine
}

/// Takes `pad` out: one operation would make the largest value there may be.
fn without_padding(engine: &mut Engine) {
    let (text, any, whole) = (TypeId::of::<ImmutableString>(), TypeId::of::<Dynamic>(), TypeId::of::<i64>());
    for kinds in [[TypeId::of::<Array>(), whole, any], [text, whole, TypeId::of::<char>()], [text, whole, text]] {
        engine.register_raw_fn("pad", kinds, |context, _| {
            Err::<Dynamic, _>(refused("`pad` is not allowed in rules", context.call_position()))
        });
    }
}

/// An error of a script that is not thrown by it: Rhai has no kind for it, and custom syntax, which has its own, is not used.
pub(in crate::rules) fn refused(message: &str, position: Position) -> Box<EvalAltResult> {
    EvalAltResult::ErrorCustomSyntax(message.to_owned(), Vec::new(), position).into()
}

/// How many operations as many bytes count for.
pub(in crate::rules) fn operations_of(bytes: usize) -> u64 {
    u64::try_from(bytes / BYTES_PER_OPERATION).unwrap_or(u64::MAX)
}

/// The bytes that a copy of a value may take.
///
/// # Errors
/// Why the value is not allowed: it is nested too deeply, or holds a function that holds values.
pub(in crate::rules) fn weigh(value: &Dynamic) -> Result<usize, &'static str> {
    weigh_at(value, 0, LETTER_BYTES)
}

/// The bytes that a copy of a value takes, where its texts are shared with the original; the most where the value is not allowed.
pub(super) fn copied(value: &Dynamic) -> usize {
    weigh_at(value, 0, 0).unwrap_or(usize::MAX)
}

fn weigh_at(value: &Dynamic, depth: usize, letter_bytes: usize) -> Result<usize, &'static str> {
    if depth > DEPTH_MAX {
        return Err("lists and maps are nested too deeply");
    }
    let sum = |inner: Result<usize, &'static str>, own: usize, total: usize| inner.map(|bytes| total + own + bytes);
    if let Some(list) = value.read_lock::<Array>() {
        list.iter().try_fold(0, |total, inner| sum(weigh_at(inner, depth + 1, letter_bytes), ELEMENT_BYTES, total))
    } else if let Some(map) = value.read_lock::<Map>() {
        map.iter().try_fold(0, |total, (key, inner)| {
            sum(weigh_at(inner, depth + 1, letter_bytes), ENTRY_BYTES + key.len(), total)
        })
    } else if let Some(text) = value.read_lock::<ImmutableString>() {
        Ok(text.len() * letter_bytes)
    } else if value.read_lock::<FnPtr>().is_some_and(|function| function.is_curried()) {
        Err("a closure that uses values from outside cannot be kept in a variable")
    } else {
        Ok(0)
    }
}
