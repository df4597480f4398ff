//! Further clauses of alarms: when they are suppressed, what to do about them, their grid, and interpreted conditions.

use super::super::builder::{misplaced, word};
use super::super::call::{Call, Signature};
use super::super::draft::{Part, SharedAlarm};
use super::super::symbol::{self, Symbol};
use super::super::tracer::{Fault, Outcome, fault, mistake};
use super::closure::{self, Surroundings};
use crate::base::limits::{NAME_BYTES_MAX, RULE_STEP_MS_MIN};
use crate::rules::expr::{Condition, PriorityClause, Series};
use crate::verdict::{LatePolicy, Priority};
use rhai::Dynamic;
use std::sync::Arc;

/// Bytes of a guidance text.
const GUIDANCE_BYTES_MAX: usize = 4_000;
/// Bytes of a condition that verdicts and records repeat.
const CONDITION_BYTES_MAX: usize = 200;
/// Bytes of a closure's text, which every plan that asks it knows.
const CLOSURE_BYTES_MAX: usize = 8 << 10;
/// Numbers that one closure may be given.
const TERMS_MAX: usize = 64;

const ALARM: &str = "an alarm";

/// All of them.
pub(super) static METHODS: [Signature; 9] = [
    Signature {
        name: "priority_when",
        receiver: Some(ALARM),
        takes: "a priority, a condition and optionally a duration",
        example: ".priority_when(\"urgent\", avg(\"benzene\", 10.minutes) > 120.ppb, 5.minutes)",
        counts: &[2, 3],
    },
    method("suppress_when", "a condition", ".suppress_when(flag(\"calibration\") or flag(\"maintenance\"))", &[1]),
    method("guidance", "a text", ".guidance(\"Check tank farm B; playbook 4.2\")", &[1]),
    method("every", "a duration", ".every(1.minute)", &[1]),
    method("lateness", "a duration", ".lateness(2.minutes)", &[1]),
    method("ack_expires", "a duration", ".ack_expires(2.hours)", &[1]),
    method("ack_by", "a number of people from 1 to 100", ".ack_by(2)", &[1]),
    method("on_late", "record or tell", ".on_late(\"tell\")", &[1]),
    method(
        "when_script",
        "a map of plain numbers and a closure over it",
        ".when_script(#{ b: avg(\"benzene\", 10.minutes) / 1.ppb }, |s| s.b > 30.0)",
        &[2],
    ),
];

const fn method(name: &'static str, takes: &'static str, example: &'static str, counts: &'static [usize]) -> Signature {
    Signature { name, receiver: Some(ALARM), takes, example, counts }
}

/// Runs a call of one of these; the alarm is the result, so that the chain goes on.
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    let Some(Symbol::Alarm(alarm)) = symbol::symbol(call.arg(0)) else { return misplaced(call) };
    match call.signature.name {
        "suppress_when" => {
            let (condition, text) = (call.condition(1)?, text_of_argument(call, 0, "its suppress condition"));
            alarm.lock().suppress_when = Some((condition, text));
        }
        "priority_when" => priority_when(call, &alarm)?,
        "guidance" => {
            let text = call.name(1, GUIDANCE_BYTES_MAX)?;
            alarm.lock().guidance = text;
        }
        "every" => {
            let every_ms = call.duration(1, 1)?;
            if every_ms < RULE_STEP_MS_MIN {
                let (given, least) = (symbol::duration_text(every_ms), symbol::duration_text(RULE_STEP_MS_MIN));
                let message = format!("an evaluation step of {given} is shorter than {least}");
                return fault(call.place_of(1), message, "write .every(1.second) or a longer step");
            }
            alarm.lock().every_ms = Some(every_ms);
        }
        "lateness" => {
            let lateness_ms = call.duration(1, 0)?;
            alarm.lock().lateness_ms = lateness_ms;
        }
        "ack_expires" => {
            let expires_ms = call.duration(1, 1)?;
            alarm.lock().acknowledgement.expires_ms = Some(expires_ms);
        }
        "ack_by" => {
            let count = call.arg(1).as_int().ok().and_then(|count| u32::try_from(count).ok());
            let Some(needed) = count.filter(|count| (1..=100).contains(count)) else { return call.wrong(1) };
            alarm.lock().acknowledgement.needed = needed;
        }
        "on_late" => {
            let policy = word(call, &[LatePolicy::Record, LatePolicy::Tell].map(|policy| (policy.name(), policy)))?;
            alarm.lock().on_late = policy;
        }
        _ => when_script(call, &alarm)?,
    }
    Ok(Symbol::Alarm(alarm))
}

/// Refuses a clause that the alarm has already: of two only one could be in force. The conditions have words of their own.
pub(super) fn check_once(call: &Call<'_>) -> Outcome<()> {
    let name = call.signature.name;
    let Some(Symbol::Alarm(alarm)) = symbol::symbol(call.arg(0)) else { return Ok(()) };
    let is_clause = call.signature.receiver == Some(ALARM) && !matches!(name, "when" | "when_script" | "priority_when");
    if !is_clause || alarm.lock().given.insert(name) {
        return Ok(());
    }
    let help = match name {
        "suppress_when" | "clear_when" => "join the conditions in one, with `and` or `or`",
        "escalate" => "write all steps into one escalation",
        _ => "write it once",
    };
    fault(call.place.clone(), format!("the alarm already has a `.{name}`"), help)
}

/// An argument as it stands in the file, on one line.
fn text_of_argument(call: &Call<'_>, index: usize, otherwise: &str) -> String {
    let source = &call.tracer.source;
    let text = call.token.and_then(|token| source.text_of_argument(token, index)).unwrap_or_default();
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        line = otherwise.to_owned();
    }
    while line.len() > CONDITION_BYTES_MAX {
        line.pop();
    }
    line
}

/// A step to a higher priority. Whether steps rise is checked once the whole alarm is known.
fn priority_when(call: &Call<'_>, alarm: &SharedAlarm) -> Outcome<()> {
    let priority = word(call, &Priority::ALL.map(|priority| (priority.name(), priority)));
    let condition = call.condition(2);
    let fall_ms = if call.count() > 2 { call.duration(3, 0)? } else { 0 };
    let (priority, condition) = (priority?, condition?);
    let text = text_of_argument(call, 1, "its condition");
    let (place, condition_place) = (call.place_of(1), call.place_of(2));
    let step = PriorityClause { priority, condition, fall_ms, text, place, condition_place };
    let mut alarm = alarm.lock();
    if alarm.priority_steps.iter().any(|step| step.priority == priority) {
        let message = format!("the alarm already has a priority step to {priority}");
        return fault(step.place, message, "join the conditions in one step, with `and` or `or`");
    }
    alarm.priority_steps.push(step);
    Ok(())
}

fn when_script(call: &Call<'_>, alarm: &SharedAlarm) -> Outcome<()> {
    let mut alarm = alarm.lock();
    if !matches!(alarm.when, Part::Missing) {
        let help = "write one of `.when` and `.when_script`";
        return fault(call.place.clone(), "the alarm already has a condition", help);
    }
    alarm.when = Part::Broken;
    let terms = terms(call)?;
    let Some(closure) = call.arg(2).clone().try_cast::<rhai::FnPtr>() else { return call.wrong(2) };
    if let Some(what) = closure.curry().iter().find_map(closure::not_plain) {
        let message = format!("the closure uses {what} from outside, but it can use plain numbers only");
        return fault(call.place_of(2), message, "divide quantities by their unit, as in 30.ppb / 1.ppb");
    }
    let text = call.token.and_then(|token| call.tracer.source.text_of_argument(token, 1)).unwrap_or_default();
    if text.len() > CLOSURE_BYTES_MAX {
        let message = format!("the closure is longer than {CLOSURE_BYTES_MAX} bytes");
        return fault(call.place_of(2), message, "write functions, and call them in the closure");
    }
    let names: Vec<String> = terms.iter().map(|(name, _)| name.clone()).collect();
    let (source, statement) = (&call.tracer.source, call.tracer.statement());
    // A captured list may hold a function.
    let may_hold_functions = |value: &Dynamic| value.is::<rhai::FnPtr>() || value.is_array() || value.is_map();
    let texts = match call.token.filter(|_| !closure.curry().iter().any(may_hold_functions)) {
        Some(token) => source.functions_called(token, 1, statement),
        None => source.all_functions(statement),
    };
    let around = Surroundings { functions: call.tracer.script_functions(), texts };
    let script = closure::script(&closure, around, names, text.to_owned());
    let tried = vec![1.0; terms.len()];
    if let Err(reason) = (script.ask)(&tried) {
        let message = format!("the closure fails: {reason}");
        let help = "it receives a map of numbers and must return true or false";
        call.tracer.report(mistake(call.place_of(2), message, help));
        return Err(Fault::Silent);
    }
    let condition = Condition::Script { script, terms, place: call.place.clone() };
    alarm.when = Part::Given(Arc::new(condition));
    alarm.when_place = Some(call.place_of(2));
    Ok(())
}

/// The numbers that a closure is given, by name.
fn terms(call: &Call<'_>) -> Outcome<Vec<(String, Series)>> {
    let Some(map) = call.arg(1).clone().try_cast::<rhai::Map>() else { return call.wrong(1) };
    let mut terms = Vec::new();
    for (name, value) in map {
        terms.push((name.to_string(), term(call, &name, &value)?));
    }
    if terms.is_empty() || terms.len() > TERMS_MAX || terms.iter().any(|(name, _)| name.len() > NAME_BYTES_MAX) {
        let message = format!("a closure is given 1 to {TERMS_MAX} numbers");
        return fault(call.place_of(1), message, format!("write {}", call.signature.example));
    }
    Ok(terms)
}

fn term(call: &Call<'_>, name: &str, value: &Dynamic) -> Outcome<Series> {
    match symbol::symbol(value) {
        Some(Symbol::Series(series, nodes)) if !matches!(*series, Series::Number { unit: Some(_), .. }) => {
            call.tracer.spend(nodes)?;
            Ok((*series).clone())
        }
        _ if symbol::is_poison(value) => Err(Fault::Silent),
        _ => {
            let message = format!("`{name}` is {}, not a measurement", symbol::describe(value));
            fault(call.place_of(1), message, format!("write {}", call.signature.example))
        }
    }
}
