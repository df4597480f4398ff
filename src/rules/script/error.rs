//! Rhai's own errors in the words of rules.

use super::missing::is_getter;
use super::symbol::{Poison, Symbol};
use super::tracer::{STATEMENT, Tracer, mistake};
use super::words::methods;
use crate::base::limits::{RULE_OPERATIONS_MAX, RULE_SET_OPERATIONS_MAX};
use crate::rules::diagnostic::Diagnostic;
use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType};
use std::any::type_name;

const LOOK: &str = "check this place";

/// The mistake behind an error of the parser; `source` says which text was parsed.
pub(super) fn of_parsing(tracer: &Tracer, source: &str, error: &ParseError) -> Diagnostic {
    let (place, token) = tracer.locate(Some(source), error.position());
    let word = token.map_or("", |token| tracer.source.word(token));
    let clause =
        token.and_then(|token| clause_without_signs(tracer, token)).filter(|_| is_out_of_place(error.err_type()));
    let (message, help) = clause.unwrap_or_else(|| explain_parsing(error.err_type(), word));
    mistake(place, message, help)
}

/// Whether the parser met a token that cannot follow the one before it.
fn is_out_of_place(kind: &ParseErrorType) -> bool {
    matches!(
        kind,
        ParseErrorType::MissingToken(..) | ParseErrorType::PropertyExpected | ParseErrorType::UnknownOperator(_)
    )
}

/// What is wrong with a clause that lacks its dot, as in `alarm("a") scope("*")`, or its brackets, as in `.quorum 2`.
fn clause_without_signs(tracer: &Tracer, token: usize) -> Option<(String, String)> {
    let source = &tracer.source;
    let method = |at: usize| methods().find(|one| source.is_word(at) && one.name == source.word(at));
    let is_dotted = |at: usize| matches!(source.word_before(at), "." | "?.");
    if let Some(signature) = method(token).filter(|_| source.word(token + 1) == "(" && !is_dotted(token)) {
        let message = format!("a dot is missing before `{}`", signature.name);
        return Some((message, format!("write .{}(..)", signature.name)));
    }
    let before = token.checked_sub(1).filter(|before| is_dotted(*before))?;
    let signature = method(before)?;
    Some((format!("`.{}` lacks its brackets", signature.name), format!("write {}", signature.example)))
}

/// The mistake behind an error of a run; `None` for what follows from a mistake that is on the list already.
pub(super) fn of_running(tracer: &Tracer, error: &EvalAltResult) -> Option<Diagnostic> {
    let (source, inner) = innermost(error);
    let (place, token) = tracer.locate(Some(source), inner.position());
    let (message, help) = match inner {
        EvalAltResult::ErrorParsing(kind, _) => {
            explain_parsing(kind, token.map_or("", |token| tracer.source.word(token)))
        }
        EvalAltResult::ErrorMismatchDataType(_, actual, _) if actual == type_name::<Poison>() => return None,
        EvalAltResult::ErrorFor(_) => {
            ("this is not a list or a range".to_owned(), "write a list `[..]` or a range `0..5`".to_owned())
        }
        EvalAltResult::ErrorVariableNotFound(name, _) | EvalAltResult::ErrorFunctionNotFound(name, _)
            if name.contains("::") =>
        {
            return None;
        }
        EvalAltResult::ErrorModuleNotFound(name, _) => (
            format!("there is no module `{name}` here"),
            "write `import` at the top of the file, outside of blocks and functions".to_owned(),
        ),
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) if tracer.is_set_exhausted() => (
            format!("the rule files use more than {RULE_SET_OPERATIONS_MAX} operations together"),
            "look for loops; rule files run once, to define rules".to_owned(),
        ),
        other => explain_running(other),
    };
    Some(mistake(place, message, help))
}

/// The error inside all calls, and which text its position belongs to.
fn innermost(error: &EvalAltResult) -> (&str, &EvalAltResult) {
    let mut found = (STATEMENT, error);
    while let EvalAltResult::ErrorInFunctionCall(_, source, inner, _) = found.1 {
        found = (source.as_str(), inner.as_ref());
    }
    found
}

fn explain_running(error: &EvalAltResult) -> (String, String) {
    let (message, help) = match error {
        EvalAltResult::ErrorMismatchDataType(_, actual, _) if actual == type_name::<Symbol>() => (
            "a condition over readings is neither true nor false while the rules load".to_owned(),
            "put it into `.when(..)` and join it with `and`, `or` and `not`".to_owned(),
        ),
        EvalAltResult::ErrorMismatchDataType(wanted, actual, _) => {
            (format!("this is {actual}, not {wanted}"), LOOK.to_owned())
        }
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => (
            format!("the script uses more than {RULE_OPERATIONS_MAX} operations"),
            "look for a loop that does not end; a rule file runs once, to define rules".to_owned(),
        ),
        EvalAltResult::ErrorStackOverflow(_) => (
            "functions call each other too deeply".to_owned(),
            "look for a function that calls itself without end".to_owned(),
        ),
        EvalAltResult::ErrorDataTooLarge(what, _) => (
            format!("{} is too large", what.to_lowercase()),
            "a rule file needs no large values; build less".to_owned(),
        ),
        EvalAltResult::ErrorCustomSyntax(message, ..) => {
            (message.clone(), "a rule file needs no such values; build less".to_owned())
        }
        EvalAltResult::ErrorTooManyVariables(_) => {
            ("there are too many variables".to_owned(), "put values into a list".to_owned())
        }
        EvalAltResult::ErrorAssignmentToConstant(name, _) => {
            (format!("`{name}` is a constant"), format!("write `let {name} = ..` where it is defined"))
        }
        EvalAltResult::ErrorDotExpr(..) => {
            ("there is no such property".to_owned(), "units stand after numbers: 30.ppb".to_owned())
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with("anon$") => (
            "a closure can be called only within the statement that makes it".to_owned(),
            "write a function: fn f(x) { .. }".to_owned(),
        ),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            (format!("nothing fits {signature}"), "look at the kinds of the values".to_owned())
        }
        EvalAltResult::ErrorRuntime(value, _) => (format!("the script throws {value}"), LOOK.to_owned()),
        other => (plain(&other.to_string()), LOOK.to_owned()),
    };
    (message, help)
}

/// Rhai's message without its position and with a small initial.
fn plain(message: &str) -> String {
    let message = message.split(" (line ").next().unwrap_or(message);
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn explain_parsing(kind: &ParseErrorType, word: &str) -> (String, String) {
    let (message, help) = match kind {
        ParseErrorType::Reserved(name) if name == "eval" => {
            ("`eval` is not allowed in rules".to_owned(), "write the code itself".to_owned())
        }
        ParseErrorType::PropertyExpected if word == "for" => {
            ("`.for` is reserved".to_owned(), "write `.hold(2.minutes)`".to_owned())
        }
        ParseErrorType::Reserved(name) => (format!("`{name}` is reserved"), "use another name".to_owned()),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            ("this text does not end on its line".to_owned(), "write the closing quote".to_owned())
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "eval" => {
            ("`eval` is not allowed in rules".to_owned(), "write the code itself".to_owned())
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) => {
            (format!("`{symbol}` is not valid here"), improper(symbol).to_owned())
        }
        ParseErrorType::MissingToken(..) if is_getter(word) => {
            (format!("`{word}` needs a dot before it"), format!("write the dot, as in 30.{word}"))
        }
        ParseErrorType::MissingToken(token, _) if token == ";" => (
            format!("`{word}` does not belong here"),
            "write `;` before it, or the operator that is missing".to_owned(),
        ),
        ParseErrorType::MissingToken(token, _) => {
            (format!("`{token}` is missing before `{word}`"), format!("write `{token}`"))
        }
        ParseErrorType::UnexpectedEOF => {
            ("the statement is incomplete".to_owned(), "look for what is missing at its end".to_owned())
        }
        ParseErrorType::ExprTooDeep => {
            ("this expression is nested too deeply".to_owned(), "give parts of it names with `let`".to_owned())
        }
        ParseErrorType::AssignmentToConstant(name) if name.is_empty() => {
            ("this cannot be assigned to".to_owned(), "to compare, write `==`".to_owned())
        }
        ParseErrorType::VariableExpected if !word.is_empty() => {
            (format!("`{word}` cannot be the name of a variable"), "use another name".to_owned())
        }
        ParseErrorType::UnknownOperator(symbol) => {
            (format!("`{symbol}` is not valid here"), improper(symbol).to_owned())
        }
        ParseErrorType::AssignmentToConstant(name) => {
            (format!("`{name}` is a constant"), format!("write `let {name} = ..` where it is defined"))
        }
        ParseErrorType::AssignmentToInvalidLHS(_) => {
            ("this cannot be assigned to".to_owned(), "to compare, write `==`".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(_)) => {
            (format!("`{word}` does not belong here"), "look for what is missing before it".to_owned())
        }
        other => (plain(&other.to_string()), LOOK.to_owned()),
    };
    (message, help)
}

fn improper(symbol: &str) -> &'static str {
    match symbol {
        "===" => "write `==`",
        "!==" => "write `!=`",
        "--" | "++" => "write `-= 1` or `+= 1`",
        ":=" => "write `=`",
        _ => "leave it out",
    }
}
