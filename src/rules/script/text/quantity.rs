//! Numbers with units that are spelled in another way: `10 ppb`, `10.min`, `10.ug/m3`, `10,5.ppb`.

use super::edit::{Edit, Inserted, Slip, Tokens};
use super::lexer::TokenKind;
use crate::rules::getter::UNITS;
use crate::rules::script::symbol::DURATIONS;

/// Spellings in lower case, with `_` for `/`, and the getter that is meant.
const SPELLINGS: [(&str, &str); 88] = [
    ("ppt", "ppt"),
    ("pptv", "ppt"),
    ("ppb", "ppb"),
    ("ppbv", "ppb"),
    ("ppm", "ppm"),
    ("ppmv", "ppm"),
    ("ng_m3", "ng_m3"),
    ("ngm3", "ng_m3"),
    ("ug_m3", "ug_m3"),
    ("ugm3", "ug_m3"),
    ("mg_m3", "mg_m3"),
    ("mgm3", "mg_m3"),
    ("m_s", "m_s"),
    ("mps", "m_s"),
    ("deg", "deg"),
    ("degree", "deg"),
    ("degrees", "deg"),
    ("\u{b0}", "deg"),
    ("degc", "degC"),
    ("deg_c", "degC"),
    ("celsius", "degC"),
    ("c", "degC"),
    ("\u{b0}c", "degC"),
    ("hpa", "hPa"),
    ("mbar", "hPa"),
    ("mv", "mV"),
    ("millivolt", "mV"),
    ("millivolts", "mV"),
    ("v", "V"),
    ("volt", "V"),
    ("volts", "V"),
    ("ou_m3", "ou_m3"),
    ("oum3", "ou_m3"),
    ("ou", "ou_m3"),
    ("percent", "percent"),
    ("pct", "percent"),
    ("%", "percent"),
    ("k", "K"),
    ("kelvin", "K"),
    ("degk", "K"),
    ("degf", "degF"),
    ("deg_f", "degF"),
    ("f", "degF"),
    ("fahrenheit", "degF"),
    ("\u{b0}f", "degF"),
    ("km_h", "km_h"),
    ("kmh", "km_h"),
    ("kph", "km_h"),
    ("mph", "mph"),
    ("kt", "kt"),
    ("kts", "kt"),
    ("knot", "kt"),
    ("knots", "kt"),
    ("pa", "Pa"),
    ("kpa", "kPa"),
    ("bar", "bar"),
    ("mmhg", "mmHg"),
    ("inhg", "inHg"),
    ("w_m2", "W_m2"),
    ("wm2", "W_m2"),
    ("mm", "mm"),
    ("db", "dB"),
    ("lux", "lux"),
    ("lx", "lux"),
    ("per_cm3", "per_cm3"),
    ("bq_m3", "Bq_m3"),
    ("bqm3", "Bq_m3"),
    ("ppbc", "ppbC"),
    ("ms", "ms"),
    ("msec", "ms"),
    ("s", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("second", "seconds"),
    ("seconds", "seconds"),
    ("m", "minutes"),
    ("min", "minutes"),
    ("mins", "minutes"),
    ("minute", "minutes"),
    ("minutes", "minutes"),
    ("h", "hours"),
    ("hr", "hours"),
    ("hrs", "hours"),
    ("hour", "hours"),
    ("hours", "hours"),
    ("d", "days"),
    ("day", "days"),
    ("days", "days"),
];

/// A unit behind a number.
struct Suffix {
    /// Its last token.
    last: usize,
    /// Its first token, the dot left out.
    first: usize,
    getter: String,
    is_dotted: bool,
    is_exact: bool,
}

/// A number whose unit, dot or decimal point is not as rules write it.
pub(super) fn quantity(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    if !tokens.is(at, TokenKind::Number) || matches!(tokens.before(at), "." | "..") {
        return None;
    }
    let (last, number, choice) = number(tokens, at);
    let suffix = suffix(tokens, last, &number)?;
    let is_comma = last > at;
    if suffix.is_dotted && suffix.is_exact && !is_comma {
        return None;
    }
    let (begin, unit) = (tokens.get(at)?, tokens.get(suffix.first)?);
    let written = tokens.span(suffix.first, suffix.last);
    let (place, message) = if is_comma {
        (begin, format!("`{}` has a comma, not a decimal point", tokens.span(at, last)))
    } else if suffix.is_dotted {
        (unit, format!("there is no unit `.{written}`"))
    } else {
        (unit, format!("a dot is missing between `{}` and its unit `{written}`", tokens.word(at)))
    };
    let right = format!("{number}.{}", suffix.getter);
    let other = choice.map_or_else(String::new, |other| format!(", or {other}.{} for thousands", suffix.getter));
    let slip = Slip { line: place.line, column: place.column, message, help: format!("write {right}{other}") };
    let end = tokens.get(suffix.last)?.end;
    let (length, whole) = (number.chars().count(), tokens.span(at, suffix.last).chars().count());
    let inserted = Some(Inserted {
        line: begin.line,
        column: begin.column + length,
        text: format!(".{}", suffix.getter),
        blanks: " ".repeat(whole.saturating_sub(length)),
    });
    Some(Edit { start: begin.start, end, text: number, next: suffix.last + 1, slip, inserted })
}

/// The last token of the number that begins at a token, the number as rules write it, and how it reads if its comma separates thousands.
fn number(tokens: &Tokens<'_>, at: usize) -> (usize, String, Option<String>) {
    let (whole, part) = (tokens.word(at), tokens.word(at + 2));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_joined = tokens.word(at + 1) == "," && tokens.touch(at, at + 1) && tokens.touch(at + 1, at + 2);
    let follows_operator =
        matches!(tokens.before(at), ">" | ">=" | "<" | "<=" | "==" | "=" | "=>" | "+" | "-" | "*" | "/");
    let is_argument = matches!(tokens.before(at), "(" | ",") && is_own_call(tokens, at);
    if !is_joined || !is_digits(whole) || !is_digits(part) || !(follows_operator || is_argument) {
        return (at, whole.to_owned(), None);
    }
    let thousands = (part.len() == 3 && whole != "0").then(|| format!("{whole}{part}"));
    (at + 2, format!("{whole}.{part}"), thousands)
}

/// Whether the call around an argument is one of a word of rules that takes quantities or durations.
fn is_own_call(tokens: &Tokens<'_>, at: usize) -> bool {
    const CALLS: [&str; 21] = [
        "hold",
        "every",
        "lateness",
        "ack_expires",
        "auto_close",
        "clear_when",
        "priority_when",
        "on_missing",
        "coverage",
        "ago",
        "step",
        "remind",
        "avg",
        "min",
        "max",
        "sum",
        "percentile",
        "baseline",
        "stuck",
        "param",
        "at",
    ];
    let mut depth = 0_usize;
    for index in (0..at).rev() {
        match tokens.word(index) {
            ")" | "]" | "}" => depth += 1,
            "[" | "{" | "#{" if depth == 0 => return false,
            "(" if depth == 0 => return CALLS.contains(&tokens.before(index)),
            "(" | "[" | "{" | "#{" => depth -= 1,
            ";" => return false,
            _ => {}
        }
    }
    false
}

/// The unit behind the number that ends with a token.
fn suffix(tokens: &Tokens<'_>, number_last: usize, number: &str) -> Option<Suffix> {
    let is_dotted = tokens.word(number_last + 1) == "." && tokens.touch(number_last, number_last + 1);
    let first = number_last + if is_dotted { 2 } else { 1 };
    if !tokens.share_line(number_last, first) {
        return None;
    }
    let joined =
        (tokens.word(first + 1) == "/" && tokens.touch(first, first + 1) && tokens.touch(first + 1, first + 2))
            .then_some(first + 2);
    let degrees = (tokens.word(first) == "\u{b0}" && tokens.touch(first, first + 1)).then_some(first + 1);
    let last =
        [joined, degrees, Some(first)].into_iter().flatten().find(|last| meant(tokens.span(first, *last)).is_some())?;
    let written = tokens.span(first, last);
    let is_remainder = written == "%" && !is_dotted && starts_operand(tokens, last + 1);
    if is_remainder || tokens.word(last + 1) == "(" {
        return None;
    }
    let getter = meant(written)?;
    let getter = if number == "1" { singular(getter) } else { getter };
    Some(Suffix { last, first, getter: getter.to_owned(), is_dotted, is_exact: is_getter(written) })
}

/// Whether an operand begins with a token, so that a `%` before it is an operator.
fn starts_operand(tokens: &Tokens<'_>, at: usize) -> bool {
    match tokens.get(at).map(|token| token.kind) {
        Some(TokenKind::Symbol) => matches!(tokens.word(at), "(" | "[" | "-" | "+" | "!"),
        Some(TokenKind::Word) => !["and", "or"].iter().any(|word| tokens.word(at).eq_ignore_ascii_case(word)),
        Some(_) => true,
        None => false,
    }
}

/// The getter that a spelling means.
pub(super) fn meant(written: &str) -> Option<&'static str> {
    if let Some(known) = getters().find(|known| *known == written) {
        return Some(known);
    }
    let plain = |letter: char| match letter {
        '\u{b5}' | '\u{3bc}' => 'u',
        '\u{b3}' => '3',
        '\u{b2}' => '2',
        '/' => '_',
        other => other.to_ascii_lowercase(),
    };
    let key: String = written.chars().map(plain).collect();
    SPELLINGS.iter().find(|(spelling, _)| *spelling == key).map(|(_, getter)| *getter)
}

pub(super) fn singular(getter: &'static str) -> &'static str {
    match getter {
        "seconds" => "second",
        "minutes" => "minute",
        "hours" => "hour",
        "days" => "day",
        other => other,
    }
}

fn is_getter(word: &str) -> bool {
    getters().any(|known| known == word)
}

fn getters() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(name, _)| *name).chain(DURATIONS.iter().map(|(name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_means_a_getter_and_every_getter_is_found_in_capitals() {
        for (spelling, getter) in SPELLINGS {
            assert!(is_getter(getter), "{spelling}");
            assert_eq!(spelling, spelling.to_lowercase());
        }
        for getter in getters() {
            let capitals = getter.to_uppercase();
            assert!(meant(&capitals).is_some() || getter == "mV", "{getter}");
        }
    }
}
