//! The Rhai engine of one rule file: nothing but what rules need, and a bound on everything.

use super::bounds::{Limits, bounded_engine, refused, weigh};
use super::call::{Call, Signature};
use super::draft::Part;
use super::missing::{self, Unknown};
use super::operators::{self, ARITHMETIC, COMPARISONS, LOGIC, Operation, REFUSED};
use super::symbol::{self, DURATIONS, Poison, Symbol};
use super::tracer::{self, Fault, Outcome, Tracer};
use super::words;
use crate::base::limits::RULE_OPERATIONS_MAX;
use crate::rules::expr::Series;
use crate::rules::getter::{UNITS, number_text};
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext, Position};
use std::any::TypeId;
use std::sync::Arc;

/// What a rule file may do and hold. Its longest text is a guidance, and its longest list is one of stations or contacts.
const LIMITS: Limits = Limits {
    operations: RULE_OPERATIONS_MAX,
    call_levels: 8,
    string_bytes: 8 << 10,
    elements: 2_000,
    functions: 500,
    variables: 1_000,
    modules: 100,
};
/// Arguments that a wrong call may have and still be explained.
const ARGUMENTS_MAX: usize = 6;
/// Unknown names that are explained one by one.
const NAMES_MAX: usize = 500;
/// Precedence of `and`: above `or`, below the comparisons (90 and 110 in Rhai).
const AND_PRECEDENCE: u8 = 60;
/// Precedence of `or`.
const OR_PRECEDENCE: u8 = 30;

/// The engine for a file.
pub(super) fn engine(tracer: &Arc<Tracer>) -> Engine {
    let mut engine = bounded_engine(LIMITS);
    engine.set_fast_operators(false);
    let counter = Arc::clone(tracer);
    engine.on_progress(move |_| if counter.count_operation() { None } else { Some(Dynamic::UNIT) });
    engine.register_iterator::<Poison>();
    add_getters(&mut engine, tracer);
    add_missing_getters(&mut engine, tracer);
    add_operators(&mut engine, tracer);
    for signature in words::functions().chain(words::methods()) {
        add_signature(&mut engine, tracer, signature);
    }
    for name in tracer.source.called_names().into_iter().filter(|name| is_foreign(name)).take(NAMES_MAX) {
        add_fallback(&mut engine, tracer, &name);
    }
    add_variables(&mut engine, tracer);
    engine
}

/// Whether a name is a function or method of rules.
pub(super) fn is_own(name: &str) -> bool {
    words::functions().chain(words::methods()).any(|signature| signature.name == name)
}

fn is_foreign(name: &str) -> bool {
    !is_own(name) && !missing::SYNTACTIC.contains(&name) && !LOGIC.contains(&name)
}

fn add_getters(engine: &mut Engine, tracer: &Arc<Tracer>) {
    for (name, unit) in UNITS {
        let getter = format!("get${name}");
        for of in [TypeId::of::<i64>(), TypeId::of::<f64>()] {
            let tracer = Arc::clone(tracer);
            engine.register_raw_fn(&getter, [of], move |context, args| {
                let value = args.first().and_then(|value| symbol::number(value)).unwrap_or_default();
                let (place, _) = tracer.locate(context.call_source(), context.call_position());
                let quantity = Series::Number { value, unit: Some(unit), is_per_hour: false, place };
                Ok(Dynamic::from(Symbol::Series(Arc::new(quantity), 1)))
            });
        }
    }
    for (name, unit_ms) in DURATIONS {
        let getter = format!("get${name}");
        for of in [TypeId::of::<i64>(), TypeId::of::<f64>()] {
            let tracer = Arc::clone(tracer);
            engine.register_raw_fn(&getter, [of], move |context, args| {
                let count = args.first().and_then(|value| symbol::number(value)).unwrap_or_default();
                let too_long = || {
                    let (place, _) = tracer.locate(context.call_source(), context.call_position());
                    tracer::fault(place, "this duration is far too long", "write at most 400.days")
                };
                let duration = symbol::duration_ms(count, unit_ms)
                    .map_or_else(too_long, |ms| Ok(Dynamic::from(Symbol::Duration(ms))));
                settle(&tracer, &context, duration)
            });
        }
    }
}

/// Answers to getters that do not exist. Rhai takes an indexer for any name of a type of one's own, but not of a number.
fn add_missing_getters(engine: &mut Engine, tracer: &Arc<Tracer>) {
    let is_known = |name: &String| {
        UNITS.iter().any(|(known, _)| known == name) || DURATIONS.iter().any(|(known, _)| known == name)
    };
    for name in tracer.source.property_names().into_iter().filter(|name| !is_known(name)).take(NAMES_MAX) {
        for of in [TypeId::of::<i64>(), TypeId::of::<f64>()] {
            let (tracer, wanted) = (Arc::clone(tracer), name.clone());
            engine.register_raw_fn(format!("get${name}"), [of], move |context, args| {
                let (place, _) = tracer.locate(context.call_source(), context.call_position());
                let target = args.first().map_or(Dynamic::UNIT, |target| (**target).clone());
                Ok(missing::property(&tracer, &wanted, place, &target))
            });
        }
    }
    for pair in
        [[TypeId::of::<Symbol>(), TypeId::of::<ImmutableString>()], [TypeId::of::<Poison>(), TypeId::of::<Dynamic>()]]
    {
        let tracer = Arc::clone(tracer);
        engine.register_raw_fn("index$get$", pair, move |context, args| {
            let (_, dot) = tracer.locate(context.call_source(), context.call_position());
            let name = args.get(1).map(|name| name.to_string()).unwrap_or_default();
            let token = dot.map_or(0, |dot| if tracer.source.word(dot) == name { dot } else { dot + 1 });
            let target = args.first().map_or(Dynamic::UNIT, |target| (**target).clone());
            Ok(missing::property(&tracer, &name, tracer.source.place(token), &target))
        });
    }
}

/// Turns an outcome into what Rhai goes on with, and puts its mistake on the list.
fn settle(
    tracer: &Tracer,
    context: &NativeCallContext<'_>,
    outcome: Outcome<Dynamic>,
) -> Result<Dynamic, Box<EvalAltResult>> {
    match outcome {
        Ok(value) => Ok(value),
        Err(Fault::Exhausted) => Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, context.call_position()).into()),
        Err(Fault::Silent) => Ok(Dynamic::from(Poison)),
        Err(Fault::Said(diagnostic)) => {
            tracer.report(diagnostic);
            Ok(Dynamic::from(Poison))
        }
    }
}

fn add_operators(engine: &mut Engine, tracer: &Arc<Tracer>) {
    engine.disable_symbol("&&");
    engine.disable_symbol("||");
    for (name, precedence) in
        [("and", AND_PRECEDENCE), ("&&", AND_PRECEDENCE), ("or", OR_PRECEDENCE), ("||", OR_PRECEDENCE)]
    {
        let registered = engine.register_custom_operator(name, precedence).is_ok();
        debug_assert!(registered, "{name} is no reserved word");
    }
    let any = TypeId::of::<Dynamic>();
    let (own, poison) = (TypeId::of::<Symbol>(), TypeId::of::<Poison>());
    let (text, nothing, truth) = (TypeId::of::<ImmutableString>(), TypeId::of::<()>(), TypeId::of::<bool>());
    for name in ARITHMETIC.iter().chain(&REFUSED) {
        for of in [own, poison] {
            let pairs = [
                [of, any],
                [any, of],
                [of, text],
                [text, of],
                [of, TypeId::of::<Array>()],
                [TypeId::of::<Array>(), of],
            ];
            pairs.into_iter().for_each(|pair| add_operator(engine, tracer, name, pair));
        }
    }
    for name in COMPARISONS {
        for of in [own, poison, text, nothing, truth] {
            [[of, any], [any, of]].into_iter().for_each(|pair| add_operator(engine, tracer, name, pair));
        }
        for of in [TypeId::of::<Array>(), TypeId::of::<Map>()] {
            for other in [own, poison] {
                [[of, other], [other, of]].into_iter().for_each(|pair| add_operator(engine, tracer, name, pair));
            }
        }
    }
    for name in LOGIC {
        add_operator(engine, tracer, name, [any, any]);
    }
    for (name, of) in [("-", own), ("+", own), ("-", poison), ("+", poison), ("!", own), ("!", poison)] {
        add_prefix(engine, tracer, name, of);
    }
    for name in ["to_string", "to_debug"] {
        for of in [own, poison] {
            add_text(engine, tracer, name, of);
        }
    }
}

fn add_operator(engine: &mut Engine, tracer: &Arc<Tracer>, name: &'static str, pair: [TypeId; 2]) {
    let tracer = Arc::clone(tracer);
    engine.register_raw_fn(name, pair, move |context, args| {
        let (place, token) = tracer.locate(context.call_source(), context.call_position());
        let at = |index: usize| args.get(index).map_or(Dynamic::UNIT, |value| (**value).clone().flatten());
        let operation = Operation { tracer: &tracer, name, token, place, left: at(0), right: at(1) };
        settle(&tracer, &context, operators::binary(&operation))
    });
}

fn add_prefix(engine: &mut Engine, tracer: &Arc<Tracer>, name: &'static str, of: TypeId) {
    let tracer = Arc::clone(tracer);
    engine.register_raw_fn(name, [of], move |context, args| {
        let (place, token) = tracer.locate(context.call_source(), context.call_position());
        let operand = args.first().map_or(Dynamic::UNIT, |value| (**value).clone().flatten());
        let outcome = match words::functions().find(|signature| name == "!" && signature.name == "not") {
            Some(signature) => {
                let call = Call { signature, tracer: &tracer, token, place, args: vec![operand] };
                words::run(&call).map(Dynamic::from)
            }
            None => operators::sign(name, place, &operand),
        };
        settle(&tracer, &context, outcome)
    });
}

fn add_text(engine: &mut Engine, tracer: &Arc<Tracer>, name: &'static str, of: TypeId) {
    let tracer = Arc::clone(tracer);
    engine.register_raw_fn(name, [of], move |context, args| {
        let value = args.first().and_then(|value| symbol::symbol(value));
        let text = match value {
            Some(Symbol::Duration(ms)) => symbol::duration_text(ms),
            Some(Symbol::Contact(party)) => party.contact.0.clone(),
            Some(Symbol::Stations(glob)) => glob,
            Some(Symbol::Series(series, _)) => match &*series {
                Series::Number { value, unit, .. } => {
                    format!("{} {}", number_text(*value), unit.map_or("", |unit| unit.symbol()))
                }
                _ => without_text(&tracer, &context),
            },
            Some(_) => without_text(&tracer, &context),
            None => String::new(),
        };
        Ok(Dynamic::from(text))
    });
}

fn without_text(tracer: &Tracer, context: &NativeCallContext<'_>) -> String {
    let (place, _) = tracer.locate(context.call_source(), context.call_position());
    let help = "write {value} in the title, which is filled in when the alarm opens";
    tracer.report(tracer::mistake(place, "a measurement has no text while the rules load", help));
    String::new()
}

fn add_signature(engine: &mut Engine, tracer: &Arc<Tracer>, signature: &'static Signature) {
    for count in 0..=ARGUMENTS_MAX {
        let tracer = Arc::clone(tracer);
        engine.register_raw_fn(signature.name, vec![TypeId::of::<Dynamic>(); count], move |context, args| {
            let (place, token) = tracer.locate(context.call_source(), context.call_position());
            let args = args.iter().map(|value| (**value).clone().flatten()).collect();
            let call = Call { signature, tracer: &tracer, token, place, args };
            settle(&tracer, &context, answer(&call))
        });
    }
}

/// Runs a call; a method that fails leaves what it was called on, so that the rest of the chain is checked too.
fn answer(call: &Call<'_>) -> Outcome<Dynamic> {
    let is_method = call.signature.receiver.is_some();
    if is_method && symbol::is_poison(call.arg(0)) {
        return Err(Fault::Silent);
    }
    let outcome = if !call.signature.counts.contains(&call.count()) { call.wrong_count() } else { words::run(call) };
    match (outcome, symbol::symbol(call.arg(0))) {
        (Ok(value), _) => Ok(Dynamic::from(value)),
        (Err(Fault::Exhausted), _) => Err(Fault::Exhausted),
        (Err(fault), Some(kept)) if is_method && is_kept(&kept, call.signature.name) => {
            if let Fault::Said(diagnostic) = fault {
                call.tracer.report(diagnostic);
            }
            mark_broken(&kept, call.signature.name);
            Ok(Dynamic::from(kept))
        }
        (Err(fault), _) => Err(fault),
    }
}

/// Whether a call that failed leaves what it was called on: unless that was the mistake.
fn is_kept(receiver: &Symbol, method: &str) -> bool {
    match receiver {
        Symbol::Alarm(_) | Symbol::Chain(_) | Symbol::Roster(_) => true,
        Symbol::Series(series, _) => {
            let is_term = matches!(**series, Series::Window(_) | Series::Spread { .. } | Series::Mean { .. });
            is_term && matches!(method, "coverage" | "at_least" | "ago" | "at" | "mean_of")
        }
        _ => false,
    }
}

/// A part that was given wrongly is not missing.
fn mark_broken(kept: &Symbol, part: &str) {
    let Symbol::Alarm(alarm) = kept else { return };
    let mut alarm = alarm.lock();
    if (part == "when" || part == "when_script") && matches!(alarm.when, Part::Missing) {
        alarm.when = Part::Broken;
    }
    if part == "scope" && matches!(alarm.scope, Part::Missing) {
        alarm.scope = Part::Broken;
    }
}

/// Registers an answer to a name for all arguments that nothing else answers to.
fn add_fallback(engine: &mut Engine, tracer: &Arc<Tracer>, name: &str) {
    for count in 0..=ARGUMENTS_MAX {
        let tracer = Arc::clone(tracer);
        engine.register_raw_fn(name, vec![TypeId::of::<Dynamic>(); count], move |context, args| {
            let (place, token) = tracer.locate(context.call_source(), context.call_position());
            let is_method = token.is_some_and(|token| matches!(tracer.source.word_before(token), "." | "?."));
            let args: Vec<Dynamic> = args.iter().map(|value| (**value).clone().flatten()).collect();
            let unknown = Unknown { tracer: &tracer, name: context.fn_name(), place, is_method, args: &args };
            Ok(missing::call(&unknown))
        });
    }
}

fn add_variables(engine: &mut Engine, tracer: &Arc<Tracer>) {
    let tracer = Arc::clone(tracer);
    #[expect(deprecated, reason = "Rhai marks it as volatile, not as deprecated, and its version is pinned")]
    engine.on_var(move |name, index, context| {
        let scope = context.scope();
        if let Some(value) = scope.get(name) {
            tracer.charge(weigh(value).map_err(|message| refused(message, Position::NONE))?);
            return Ok(None);
        }
        if index > 0 || tracer.source.function_names().contains(name) {
            return Ok(None);
        }
        let known: Vec<String> = scope.iter_raw().map(|(name, ..)| name.to_owned()).collect();
        missing::variable(&tracer, name, &known, context.source() == Some(tracer::FUNCTIONS));
        Ok(Some(Dynamic::from(Poison)))
    });
}
