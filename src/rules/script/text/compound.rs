//! Durations of several units, such as `1h30m`, which rules write as one number.

use super::edit::{Edit, Inserted, Slip, Tokens};
use super::lexer::TokenKind;
use super::quantity::{meant, singular};
use crate::rules::script::symbol::DURATIONS;

/// A number with a duration behind it that goes on with further numbers and durations.
pub(super) fn compound(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    if !tokens.is(at, TokenKind::Number) || matches!(tokens.before(at), "." | "..") {
        return None;
    }
    let is_word = tokens.is(at + 1, TokenKind::Word) && tokens.touch(at, at + 1);
    let written = tokens.span(at, at + 1);
    let (total, getter) = total(written).filter(|_| is_word)?;
    let (begin, number) = (tokens.get(at)?, total.to_string());
    let getter = if total == 1 { singular(getter) } else { getter };
    let message = format!("`{written}` has several units, and a duration in rules has one");
    let help = format!("write {number}.{getter}");
    let slip = Slip { line: begin.line, column: begin.column, message, help };
    let length = number.chars().count();
    let inserted = Some(Inserted {
        line: begin.line,
        column: begin.column + length,
        text: format!(".{getter}"),
        blanks: " ".repeat(written.chars().count().saturating_sub(length)),
    });
    let end = tokens.get(at + 1)?.end;
    Some(Edit { start: begin.start, end, text: number, next: at + 2, slip, inserted })
}

/// The sum of all parts in the least of their units; `None` for a text that is not two parts or more.
fn total(written: &str) -> Option<(i64, &'static str)> {
    let (mut rest, mut parts) = (written, Vec::new());
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let count: i64 = rest.strip_suffix(behind)?.parse().ok()?;
        let next = behind.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let getter = meant(behind.strip_suffix(next)?)?;
        let (_, ms) = DURATIONS.iter().find(|(name, _)| *name == getter)?;
        parts.push((count, getter, *ms));
        rest = next;
    }
    let (_, getter, unit_ms) = parts.iter().min_by_key(|(.., ms)| *ms).filter(|_| parts.len() > 1)?;
    let sum = parts.iter().try_fold(0_i64, |sum, (count, _, ms)| sum.checked_add(count.checked_mul(*ms)?))?;
    Some((sum / unit_ms, getter))
}

#[test]
fn several_units_add_up_in_the_least_of_them() {
    for (written, sum) in [
        ("1h30m", Some((90, "minutes"))),
        ("1d12h", Some((36, "hours"))),
        ("1min30s", Some((90, "seconds"))),
        ("90m", None),
        ("1h30", None),
        ("1h30ppb", None),
        ("9223372036854775807d1h", None),
    ] {
        assert_eq!(total(written), sum, "{written}");
    }
}
