//! The words of rules as a definitions file for editors, written from the tables that register them.

use super::super::call::Signature;
use super::super::symbol::DURATIONS;
use super::tables::{functions, methods};
use crate::rules::getter::UNITS;
use std::fmt::Write;

const HEAD: &str = "// Words of vocdb rules, for editors. Written by the crate itself: do not edit.\nmodule static;\n";

/// The function that shares its name with a method.
const COVERAGE: &str = "fn coverage(string1: String, duration2: Duration) -> Measurement";

/// The words of rule tests, with what they do.
const TEST_WORDS: &[(&str, &str)] = &[
    (
        "Defines a test, in a file named `*_test.rhai`: `test(\"name\", |t| { .. })`",
        "fn test(name: String, body: FnPtr)",
    ),
    (
        "Registers an instrument: `t.instrument(\"park/S1\", \"gc\", 1.minute, #{ benzene: \"ppb\" })`",
        "fn instrument(t: Test, station: String, name: String, interval: Duration, units: Map) -> Test",
    ),
    (
        "Adds one value per interval: `t.feed(\"park/S1\", \"benzene\", \"12x10 _x3 45x20\")`",
        "fn feed(t: Test, station: String, channel: String, series: String) -> Test",
    ),
    ("Moves the time forward: `t.at(25.minutes)`", "fn at(t: Test, time: Duration) -> Test"),
    ("Expects an open alarm: `.expect_open(\"rule\")`", "fn expect_open(t: Test, rule: String) -> Test"),
    (
        "Expects an open alarm of a scope: `.expect_open(\"rule\", \"park/S1\")`",
        "fn expect_open(t: Test, rule: String, scope: String) -> Test",
    ),
    ("Expects an alarm that has closed: `.expect_closed(\"rule\")`", "fn expect_closed(t: Test, rule: String) -> Test"),
    (
        "Expects an alarm of a scope that has closed: `.expect_closed(\"rule\", \"park/S1\")`",
        "fn expect_closed(t: Test, rule: String, scope: String) -> Test",
    ),
    ("Expects no alarm: `.expect_normal(\"rule\")`", "fn expect_normal(t: Test, rule: String) -> Test"),
    (
        "Expects no alarm of a scope: `.expect_normal(\"rule\", \"park/S1\")`",
        "fn expect_normal(t: Test, rule: String, scope: String) -> Test",
    ),
    ("Expects a running hold time: `.expect_pending(\"rule\")`", "fn expect_pending(t: Test, rule: String) -> Test"),
    (
        "Expects a running hold time of a scope: `.expect_pending(\"rule\", \"park/S1\")`",
        "fn expect_pending(t: Test, rule: String, scope: String) -> Test",
    ),
    ("Expects an unknown condition: `.expect_unknown(\"rule\")`", "fn expect_unknown(t: Test, rule: String) -> Test"),
    (
        "Expects an unknown condition of a scope: `.expect_unknown(\"rule\", \"park/S1\")`",
        "fn expect_unknown(t: Test, rule: String, scope: String) -> Test",
    ),
    (
        "Expects an open alarm with a priority: `.expect_priority(\"rule\", \"high\")`",
        "fn expect_priority(t: Test, rule: String, priority: String) -> Test",
    ),
    (
        "Expects an open alarm of a scope with a priority: `.expect_priority(\"rule\", \"park/S1\", \"high\")`",
        "fn expect_priority(t: Test, rule: String, scope: String, priority: String) -> Test",
    ),
    (
        "Expects the number of messages sent to a contact so far: `.expect_sent(\"park-duty\", 1)`",
        "fn expect_sent(t: Test, contact: String, count: int) -> Test",
    ),
    ("Acknowledges the open alarms of a rule: `.ack(\"rule\")`", "fn ack(t: Test, rule: String) -> Test"),
];

/// The text of `vocdb.d.rhai`.
pub(in crate::rules) fn definitions() -> String {
    let mut text = HEAD.to_owned();
    for (name, unit) in UNITS {
        push(
            &mut text,
            &format!("A quantity in {}.", unit.symbol()),
            &format!("fn get {name}(number: float) -> Measurement"),
        );
    }
    for (name, unit_ms) in DURATIONS {
        push(&mut text, &format!("A duration: {unit_ms} ms."), &format!("fn get {name}(number: float) -> Duration"));
    }
    for signature in functions().chain(methods()) {
        for (place, count) in signature.counts.iter().enumerate() {
            let is_last = place + 1 == signature.counts.len();
            push(&mut text, &described(signature), &declared(signature, *count, is_last));
        }
    }
    push(&mut text, "Samples that count over expected ones.", COVERAGE);
    for operator in ["and", "or"] {
        push(&mut text, "Joins two conditions.", &format!("op {operator}(Condition, Condition) -> Condition"));
    }
    for (description, declaration) in TEST_WORDS {
        push(&mut text, description, declaration);
    }
    text
}

fn push(text: &mut String, description: &str, declaration: &str) {
    // Writing to a text cannot fail.
    let _ = write!(text, "\n/// {description}\n{declaration};\n");
}

fn described(signature: &Signature) -> String {
    format!("Takes {}: `{}`", signature.takes, signature.example)
}

/// The declaration with so many parameters, whose kinds are those of the example's arguments.
fn declared(signature: &Signature, count: usize, is_last: bool) -> String {
    let own = match signature.receiver {
        Some(_) if signature.example.starts_with('.') => Some(receiver_kind(signature.receiver.unwrap_or_default())),
        Some(_) => Some("Measurement"),
        None => None,
    };
    let call = format!("{}(", signature.name);
    let written = signature.example.split_once(&call).map_or("", |(_, behind)| behind);
    let mut kinds: Vec<&str> = arguments(written).into_iter().map(kind).collect();
    if !is_last && kinds.len() > count && signature.name == "silent" {
        kinds.reverse();
    }
    let mut parameters: Vec<String> = own.iter().map(|kind| format!("this_one: {kind}")).collect();
    for number in 0..count {
        let repeated = kinds.first().filter(|_| signature.name == "stations");
        let kind = kinds.get(number).or(repeated).copied().unwrap_or("?");
        parameters.push(format!("{}{}: {kind}", kind.to_lowercase().replace('?', "any"), number + 1));
    }
    format!(
        "fn {}({}) -> {}",
        signature.name,
        parameters.join(", "),
        own.unwrap_or_else(|| result_kind(signature.name))
    )
}

fn receiver_kind(receiver: &str) -> &'static str {
    match receiver {
        "an alarm" => "Alarm",
        "an escalation chain" => "Chain",
        "a roster" => "Roster",
        _ => "Measurement",
    }
}

fn result_kind(name: &str) -> &'static str {
    match name {
        "stations" => "Stations",
        "alarm" => "Alarm",
        "contact" => "Contact",
        "escalation" => "Chain",
        "roster" => "Roster",
        "day" => "Duration",
        "not" | "flag" | "silent" | "stuck" | "is_on" | "is_off" | "within_hours" | "exceedances" => "Condition",
        _ => "Measurement",
    }
}

/// What an argument of an example is.
fn kind(argument: &str) -> &'static str {
    let duration =
        |getter: &str| DURATIONS.iter().any(|(name, _)| argument.ends_with(&format!(".{name}"))) && !getter.is_empty();
    let is_compared = [" > ", " < ", " or ", " and "].iter().any(|operator| argument.contains(operator));
    match argument.chars().next() {
        Some('"') => "String",
        Some('[') => "Array",
        Some('#') => "Map",
        Some('|') => "FnPtr",
        _ if is_compared => "Condition",
        _ if argument.starts_with("stations(") => "Stations",
        _ if argument.starts_with("contact(") => "Contact",
        _ if argument.starts_with("escalation(") => "Chain",
        _ if argument.chars().all(|letter| letter.is_ascii_digit()) => "int",
        _ if duration(argument) => "Duration",
        _ => "Measurement",
    }
}

/// The arguments of a call, from behind its opening bracket.
fn arguments(written: &str) -> Vec<&str> {
    let (mut depth, mut first, mut found, mut in_text) = (0_usize, 0_usize, Vec::new(), false);
    for (at, letter) in written.char_indices() {
        match letter {
            '"' => in_text = !in_text,
            _ if in_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.push(written.get(first..at).unwrap_or_default().trim());
                break;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(written.get(first..at).unwrap_or_default().trim());
                first = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|argument| !argument.is_empty());
    found
}
