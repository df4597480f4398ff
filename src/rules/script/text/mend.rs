//! Spellings of other languages: reported with the right text, and mended so that the rest of the file is checked.
//!
//! Mending keeps the line and column of every character. What needs more characters than the file has is inserted when Rhai is given the text.

use super::edit::{Edit, Inserted, Insertion, Mended, Tokens, shown};
use super::lexer::TokenKind;
use super::quantity;
use crate::base::limits::DIAGNOSTICS_MAX;

/// Typographic double quotes.
const DOUBLE_QUOTES: [char; 5] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}'];
/// Typographic single quotes.
const SINGLE_QUOTES: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201a}', '\u{2b9}'];

/// Mends a file. A byte order mark at its beginning is no part of it.
pub(super) fn mend(text: &str) -> Mended {
    let mut mended = Mended { text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(), ..Mended::default() };
    pass(&mut mended, &[typographic]);
    pass(&mut mended, &[single_quotes, logic, arrow, comparison_sign, quantity::quantity]);
    mended.slips.sort_by_key(|slip| (slip.line, slip.column));
    mended
}

fn pass(mended: &mut Mended, rules: &[fn(&Tokens<'_>, usize) -> Option<Edit>]) {
    let text = std::mem::take(&mut mended.text);
    let tokens = Tokens::of(&text);
    let (mut at, mut done) = (0, 0);
    while at < tokens.len() && mended.slips.len() <= DIAGNOSTICS_MAX {
        let Some(edit) = rules.iter().find_map(|rule| rule(&tokens, at)) else {
            at += 1;
            continue;
        };
        mended.text.push_str(text.get(done..edit.start).unwrap_or_default());
        mended.text.push_str(&edit.text);
        if let Some(Inserted { line, column, text, blanks }) = edit.inserted {
            mended.insertions.push(Insertion { offset: mended.text.len(), line, column, text });
            mended.text.push_str(&blanks);
        }
        done = edit.end;
        at = edit.next;
        mended.slips.push(edit.slip);
    }
    mended.text.push_str(text.get(done..).unwrap_or_default());
}

/// A text between typographic quotes, which get straight ones.
fn typographic(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let quote = tokens.word(at).chars().next().filter(|_| tokens.is(at, TokenKind::Symbol))?;
    let set: &[char] = if DOUBLE_QUOTES.contains(&quote) { &DOUBLE_QUOTES } else { &SINGLE_QUOTES };
    if !set.contains(&quote) {
        return None;
    }
    let closes = |index: usize| tokens.word(index).starts_with(set) && tokens.is(index, TokenKind::Symbol);
    let last = (at + 1..).take_while(|index| tokens.share_line(at, *index)).find(|index| closes(*index))?;
    let inner: String = tokens.span(at, last).trim_matches(set).chars().collect();
    if inner.contains('"') {
        return None;
    }
    let message = format!("`{quote}` is a typographic quote");
    tokens.edit((at, last), format!("\"{inner}\""), message, format!("write \"{}\"", shown(&inner)))
}

/// `'benzene'`: Rhai takes single quotes for one character.
fn single_quotes(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let word = tokens.word(at);
    let inner = word.strip_prefix('\'')?.strip_suffix('\'').filter(|_| tokens.is(at, TokenKind::Text))?;
    if inner.chars().count() == 1 || inner.starts_with('\\') || inner.contains('"') {
        return None;
    }
    let message = "a text has double quotes, not single ones".to_owned();
    tokens.edit((at, at), format!("\"{inner}\""), message, format!("write \"{}\"", shown(inner)))
}

/// `AND`, `Or`, `NOT`.
fn logic(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let word = tokens.word(at);
    let right = ["and", "or", "not"].into_iter().find(|right| word != *right && word.eq_ignore_ascii_case(right))?;
    let is_member = matches!(tokens.before(at), "." | "?." | "::" | "let" | "const" | "fn" | "as" | "|");
    let is_name = is_member || matches!(tokens.word(at + 1), "=" | "::" | ":" | "." | "," | ";" | ")" | "|");
    let follows_operand = at.checked_sub(1).is_some_and(|before| tokens.ends_operand(before));
    if is_name || !tokens.is(at, TokenKind::Word) || follows_operand == (right == "not") {
        return None;
    }
    tokens.edit((at, at), right.to_owned(), format!("`{word}` is not an operator"), format!("write `{right}`"))
}

/// `=>` and `=<`.
fn arrow(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    if !tokens.is(at, TokenKind::Symbol) {
        return None;
    }
    let is_less = tokens.word(at) == "=" && tokens.word(at + 1) == "<" && tokens.touch(at, at + 1);
    let is_greater = tokens.word(at) == "=>" && !(0..at).rev().any(|index| tokens.word(index) == "switch");
    let (last, wrong, right) = match (is_less, is_greater) {
        (true, _) => (at + 1, "=<", "<="),
        (_, true) => (at, "=>", ">="),
        _ => return None,
    };
    tokens.edit((at, last), right.to_owned(), format!("`{wrong}` is not a comparison"), format!("write `{right}`"))
}

/// `> =` and the signs of mathematics.
fn comparison_sign(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let word = tokens.word(at);
    let (last, text, right) = match word {
        "\u{2265}" => (at, ">".to_owned(), ">="),
        "\u{2264}" => (at, "<".to_owned(), "<="),
        "<" | ">" if tokens.word(at + 1) == "=" && tokens.share_line(at, at + 1) => {
            let right = if word == ">" { ">=" } else { "<=" };
            let length = tokens.span(at, at + 1).chars().count();
            (at + 1, format!("{right:length$}"), right)
        }
        _ => return None,
    };
    if !tokens.is(at, TokenKind::Symbol) {
        return None;
    }
    let message = format!("`{}` is not a comparison", tokens.span(at, last));
    tokens.edit((at, last), text, message, format!("write `{right}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mending_keeps_the_characters_of_every_line(
            text in "([a-c]|AND|10|10,5|ppb|min|ug/m3|\u{b0}C|%|=>|=<| = |\u{2265}|'ab'|\"|\u{201c}|\u{201d}|\\(|\\)|,|\\.|;| |\n){0,40}"
        ) {
            let counts = |text: &str| text.split('\n').map(|line| line.chars().count()).collect::<Vec<_>>();
            let mended = mend(&text);
            prop_assert_eq!(counts(&mended.text), counts(&text));
            for insertion in &mended.insertions {
                prop_assert!(mended.text.is_char_boundary(insertion.offset));
                let before = mended.text.get(..insertion.offset).unwrap();
                let line = before.rsplit('\n').next().unwrap();
                prop_assert_eq!(insertion.line, before.matches('\n').count() + 1);
                prop_assert_eq!(insertion.column, line.chars().count() + 1);
            }
        }
    }

    #[test]
    fn what_is_right_is_left_alone() {
        for text in [
            "alarm(\"a AND b\").when(avg(\"x\", 10.minutes) >= 30.ppb and not last(\"y\") < 1.5.ug_m3);",
            "let l = [1, 2.5]; f(10, 5.ppb); l.split(','); switch x { 1 => 2, _ => 3 }",
            "let x = 10 % 3; // 10 ppb AND 'more'\n",
            "let AND = 3; AND.minutes; #{ or: 1 };",
        ] {
            let mended = mend(text);
            assert_eq!((mended.text.as_str(), mended.slips), (text, vec![]));
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_file() {
        assert_eq!(mend("\u{feff}let x = 3;").text, "let x = 3;");
    }
}
