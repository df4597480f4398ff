//! Text from outside, made safe to show: control characters, bidirectional controls and invisible characters as escapes.
//!
//! Whoever can write a name, a comment, a cell of a file or the answer of a gateway could otherwise move the cursor of a terminal, forge
//! further lines of a report, or reverse what a person reads. Everything that shows text from outside goes through [`Line`] or [`Lines`].

use std::fmt::{self, Display, Write};

/// Text of one line. Line breaks are escaped as well.
///
/// ```
/// use vocdb::base::escape::Line;
/// assert_eq!(Line("first\nsecond \u{1b}[31m\u{202e}").to_string(), r"first\nsecond \u{1b}[31m\u{202e}");
/// assert_eq!(Line("苯 12 µg/m³ é 👩‍🔬").to_string(), "苯 12 µg/m³ é 👩‍🔬");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<T>(pub T);

/// Text of several lines. Line feeds stay; everything else is as in [`Line`].
///
/// ```
/// use vocdb::base::escape::Lines;
/// assert_eq!(Lines("first\nsecond\r\u{7}").to_string(), "first\nsecond\\r\\u{7}");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines<T>(pub T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { to: f, keeps_breaks: false }, "{}", self.0)
    }
}

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { to: f, keeps_breaks: true }, "{}", self.0)
    }
}

struct Escaping<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    keeps_breaks: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        each_piece(text, self.keeps_breaks, |piece| match piece {
            Piece::Plain(plain) => self.to.write_str(plain),
            Piece::Hidden(letter) => write!(self.to, "{}", letter.escape_default()),
        })
    }
}

/// Whether a text can be shown as it is, on one line.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    first_hidden(text, false).is_none()
}

/// JSON text with control and invisible characters of its strings escaped: it reads as the same values, and is safe on a terminal.
#[must_use]
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = each_piece(text, true, |piece| {
        match piece {
            Piece::Plain(plain) => safe.push_str(plain),
            Piece::Hidden(letter) => {
                let mut units = [0; 2];
                letter.encode_utf16(&mut units).iter().try_for_each(|unit| write!(safe, "\\u{unit:04x}"))?;
            }
        }
        Ok(())
    });
    safe
}

/// Text of a file that is drawn: each hidden character but line breaks and tabs gives way to a replacement character, so that columns
/// stay where they were.
#[must_use]
pub fn drawn(text: &str) -> String {
    let is_kept = |letter: char| matches!(letter, '\n' | '\t' | '\r') || !is_hidden(letter);
    text.chars().map(|letter| if is_kept(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect()
}

enum Piece<'a> {
    Plain(&'a str),
    Hidden(char),
}

fn each_piece(text: &str, keeps_breaks: bool, mut take: impl FnMut(Piece<'_>) -> fmt::Result) -> fmt::Result {
    let mut rest = text;
    while let Some((at, letter)) = first_hidden(rest, keeps_breaks) {
        let (plain, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        take(Piece::Plain(plain))?;
        take(Piece::Hidden(letter))?;
        rest = behind.get(letter.len_utf8()..).unwrap_or_default();
    }
    take(Piece::Plain(rest))
}

/// The first character that must not be shown as it is.
fn first_hidden(text: &str, keeps_breaks: bool) -> Option<(usize, char)> {
    let mut before = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_kept = keeps_breaks && letter == '\n';
        if is_hidden(letter) && !is_kept && !joins(before, letter, letters.peek().map(|(_, after)| *after)) {
            return Some((at, letter));
        }
        before = Some(letter);
    }
    None
}

/// Whether a character is a joiner between two characters that may need one: parts of an emoji, letters of Persian or Hindi.
fn joins(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let is_joined = |beside: char| !beside.is_ascii() && !beside.is_whitespace() && !is_hidden(beside);
    matches!(letter, '\u{200c}' | '\u{200d}') && before.is_some_and(is_joined) && after.is_some_and(is_joined)
}

/// Whether a character is a control character, changes the direction of what follows, breaks the line, or cannot be seen.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A number with its noun, in the plural unless it is one.
///
/// ```
/// use vocdb::base::escape::counted;
/// assert_eq!(counted(1_u64, "alarm"), "1 alarm");
/// assert_eq!(counted(0_usize, "alarm"), "0 alarms");
/// ```
#[must_use]
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_of_every_script_is_left_alone() {
        let texts = [
            "苯 超标",
            "café e\u{301}",
            "µg/m³ ± 0,5 °C",
            "👩‍🔬 🏳️‍🌈 ⚠️",
            "می‌خواهم",
            "क्‍ष",
            "עברית العربية",
            "ﬁ Ａ",
            "\u{a0}x",
        ];
        for text in texts {
            assert_eq!(
                (Line(text).to_string(), Lines(text).to_string(), json(text)),
                (text.into(), text.into(), text.into())
            );
            assert!(is_plain(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_and_joiners_that_join_nothing_too() {
        for (text, shown) in [
            ("a\x1b[2Jb\0\x7f\u{9b}", r"a\u{1b}[2Jb\u{0}\u{7f}\u{9b}"),
            ("x\r\n\ty", r"x\r\n\ty"),
            ("\u{2028}\u{2029}\u{2066}\u{2069}\u{feff}", r"\u{2028}\u{2029}\u{2066}\u{2069}\u{feff}"),
            ("S\u{200d}1 \u{200c}", r"S\u{200d}1 \u{200c}"),
            ("苯\u{200d}\u{202e}苯", r"苯\u{200d}\u{202e}苯"),
            ("\u{3164}\u{e0041}", r"\u{3164}\u{e0041}"),
        ] {
            assert_eq!(Line(text).to_string(), shown);
            assert!(!is_plain(text), "{text:?}");
        }
        assert_eq!(drawn("a\u{202e}\tb\x1b\n"), "a\u{fffd}\tb\u{fffd}\n");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_shown_and_json_reads_the_same(text in any::<String>(), more in "[\\x00-\\x20\u{200b}-\u{2030}\u{2060}-\u{206f}aé👩]{0,20}") {
            let text = text + more.as_str();
            let line = Line(&text).to_string();
            prop_assert!(is_plain(&line), "{line:?}");
            prop_assert!(!Lines(&text).to_string().lines().any(|line| !is_plain(line)));
            prop_assert_eq!(Lines(&text).to_string().matches('\n').count(), text.matches('\n').count());
            let value = serde_json::Value::String(text.clone());
            let safe = json(&value.to_string());
            prop_assert!(is_plain(&safe), "{safe:?}");
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
            prop_assert!(drawn(&text).chars().all(|letter| matches!(letter, '\n' | '\t' | '\r') || !is_hidden(letter)));
            prop_assert_eq!(drawn(&text).chars().count(), text.chars().count());
        }
    }
}
