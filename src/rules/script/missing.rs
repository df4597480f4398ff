//! What is said about names that mean nothing: functions, methods, getters and variables.

use super::symbol::{self, DURATIONS, Poison};
use super::tracer::{Tracer, mistake};
use super::words::{functions, methods};
use crate::rules::getter::{UNITS, number_text};
use crate::rules::nearest::nearest;
use crate::verdict::Place;
use rhai::Dynamic;

/// Where all words stand.
const LISTED: &str = "all words are in the guide's chapter on rules, and in vocdb.d.rhai for editors";

/// Functions of Rhai's own that scripts may call.
const PLAIN: [&str; 72] = [
    "abs",
    "append",
    "bytes",
    "ceiling",
    "chars",
    "chop",
    "clear",
    "contains",
    "crop",
    "dedup",
    "drain",
    "ends_with",
    "extend",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "floor",
    "for_each",
    "get",
    "index_of",
    "insert",
    "int",
    "is_empty",
    "is_even",
    "is_odd",
    "is_zero",
    "keys",
    "len",
    "make_lower",
    "make_upper",
    "map",
    "mixin",
    "order",
    "pad",
    "parse_float",
    "parse_int",
    "pop",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "round",
    "set",
    "shift",
    "sign",
    "some",
    "all",
    "sort",
    "sort_desc",
    "splice",
    "split",
    "split_rev",
    "starts_with",
    "sub_string",
    "to_chars",
    "to_debug",
    "to_float",
    "to_int",
    "to_lower",
    "to_string",
    "to_upper",
    "trim",
    "truncate",
    "values",
    "zip",
    "sqrt",
];

/// What other languages call the functions of rules.
const SYNONYMS: [(&str, &str); 6] = [
    ("average", "avg"),
    ("mean", "avg"),
    ("maximum", "max"),
    ("minimum", "min"),
    ("latest", "last"),
    ("current", "last"),
];

/// Names that Rhai itself answers for, whatever their arguments.
pub(super) const SYNTACTIC: [&str; 16] = [
    "print",
    "debug",
    "type_of",
    "call",
    "curry",
    "Fn",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "eval",
    "if",
    "while",
    "switch",
    "return",
    "for",
    "in",
];

/// A call that nothing answers to.
pub(super) struct Unknown<'a> {
    /// For whom.
    pub(super) tracer: &'a Tracer,
    /// Its name.
    pub(super) name: &'a str,
    /// Where its name stands.
    pub(super) place: Place,
    /// Whether it is called on something.
    pub(super) is_method: bool,
    /// What it is given.
    pub(super) args: &'a [Dynamic],
}

/// Reports an unknown call; the value is what it was called on, so that the rest of the chain is checked too.
pub(super) fn call(unknown: &Unknown<'_>) -> Dynamic {
    let receiver = unknown.args.first().filter(|_| unknown.is_method);
    if receiver.is_some_and(symbol::is_poison) {
        return Dynamic::from(Poison);
    }
    let is_builtin = PLAIN.contains(&unknown.name);
    let is_silent = is_builtin && unknown.args.iter().any(symbol::is_poison);
    if !is_silent {
        let (message, help) = explain(unknown);
        unknown.tracer.report(mistake(unknown.place.clone(), message, help));
    }
    match receiver.and_then(symbol::symbol) {
        Some(kept) => Dynamic::from(kept),
        None => Dynamic::from(Poison),
    }
}

fn explain(unknown: &Unknown<'_>) -> (String, String) {
    let name = unknown.name;
    let dot = if unknown.is_method { "." } else { "" };
    if unknown.tracer.source.function_names().contains(name) {
        let count = unknown.args.len();
        return (format!("`{name}` does not take {count} values"), format!("pass the parameters of `fn {name}(..)`"));
    }
    if PLAIN.contains(&name) {
        let given: Vec<&str> = unknown.args.iter().map(symbol::describe).collect();
        let message = if given.is_empty() { "nothing".to_owned() } else { given.join(" and ") };
        return (format!("`{dot}{name}` cannot be used with {message}"), "check its arguments".to_owned());
    }
    if is_getter(name) {
        let number = unknown.args.first().and_then(symbol::number).map_or_else(|| "30".to_owned(), number_text);
        return (format!("`{dot}{name}` is a unit, not a function"), format!("write {number}.{name}"));
    }
    let (kind, help) =
        if unknown.is_method { ("method", of_methods(name)) } else { ("function", of_functions(unknown, name)) };
    (format!("there is no {kind} `{dot}{name}`"), help)
}

/// Whether a name makes a quantity or duration of a number.
pub(super) fn is_getter(name: &str) -> bool {
    getters().any(|known| known == name)
}

fn getters() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(name, _)| *name).chain(DURATIONS.iter().map(|(name, _)| *name))
}

fn of_methods(name: &str) -> String {
    let own = methods().map(|signature| signature.name);
    match nearest(name, own.chain(PLAIN)) {
        Some(close) => format!("did you mean `.{close}`?"),
        None => LISTED.to_owned(),
    }
}

fn of_functions(unknown: &Unknown<'_>, name: &str) -> String {
    let own = functions().map(|signature| signature.name);
    if name == "test" {
        return "write tests in a file whose name ends in _test.rhai".to_owned();
    }
    if let Some((_, known)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == name) {
        return format!("did you mean `{known}`?");
    }
    match nearest(name, own.chain(unknown.tracer.source.function_names().iter().map(String::as_str)).chain(PLAIN)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => LISTED.to_owned(),
    }
}

/// Reports a getter that does not exist.
pub(super) fn property(tracer: &Tracer, name: &str, place: Place, target: &Dynamic) -> Dynamic {
    let signature = methods().find(|signature| signature.name == name);
    let (message, help) = match signature {
        _ if symbol::is_poison(target) => return Dynamic::from(Poison),
        Some(signature) => (format!("`.{name}` needs a value"), format!("write {}", signature.example)),
        None if symbol::number(target).is_some() => {
            let otherwise = || {
                let units: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
                format!("there are .{}, and .ms .seconds .minutes .hours .days", units.join(" ."))
            };
            let help = nearest(name, getters()).map_or_else(otherwise, |close| format!("did you mean `.{close}`?"));
            (format!("there is no unit `.{name}`"), help)
        }
        None if is_getter(name) => {
            let what = symbol::describe(target);
            (
                format!("`.{name}` makes a quantity of a number, not of {what}"),
                format!("write it after a number: 30.{name}"),
            )
        }
        None => (format!("{} has no `.{name}`", symbol::describe(target)), of_methods(name)),
    };
    tracer.report(mistake(place, message, help));
    Dynamic::from(Poison)
}

/// Reports a variable that does not exist, at the first place in the running statement where it is read.
pub(super) fn variable(tracer: &Tracer, name: &str, known: &[String], in_function: bool) {
    let Some(token) = tracer.first_use(name, in_function) else { return };
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None if in_function => "functions see only what they are given, and constants as global::NAME".to_owned(),
        None => format!("write `let {name} = ..;` before it, or import the file that has it"),
    };
    tracer.report(mistake(tracer.source.place(token), format!("there is no variable `{name}`"), help));
}
