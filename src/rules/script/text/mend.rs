//! Spellings of other languages: reported with the right text, and mended so that the rest of the file is checked.
//!
//! Mending keeps the line and column of every character. What needs more characters than the file has is inserted when Rhai is given the text.

use super::compound;
use super::edit::{Edit, Inserted, Insertion, Mended, Slip, Tokens, shown};
use super::lexer::{self, TokenKind};
use super::quantity;
use crate::base::limits::DIAGNOSTICS_MAX;
use crate::rules::nearest::nearest;

/// Typographic double quotes.
const DOUBLE_QUOTES: [char; 5] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}'];
/// Typographic single quotes.
const SINGLE_QUOTES: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201a}', '\u{2b9}'];

/// Words that may stand before a name at the beginning of a statement.
const DECLARING: [&str; 8] = ["let", "const", "import", "export", "fn", "private", "return", "throw"];

/// Mends a file. A byte order mark at its beginning is no part of it.
pub(super) fn mend(text: &str) -> Mended {
    let mut mended = Mended { text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(), ..Mended::default() };
    hash_comments(&mut mended);
    pass(&mut mended, &[typographic]);
    pass(
        &mut mended,
        &[declaration, single_quotes, logic, arrow, comparison_sign, compound::compound, quantity::quantity],
    );
    mended.slips.sort_by_key(|slip| (slip.line, slip.column));
    mended
}

/// `# a comment`, of which consecutive lines are one mistake.
fn hash_comments(mended: &mut Mended) {
    let text = std::mem::take(&mut mended.text);
    let (mut done, mut line_before) = (0, None);
    for comment in lexer::hash_comments(&text) {
        let length = text.get(comment.start..comment.end).unwrap_or_default().chars().count();
        mended.text.push_str(text.get(done..comment.start).unwrap_or_default());
        let mark = if length < 2 { "" } else { "//" };
        mended.text.push_str(mark);
        mended.text.push_str(&" ".repeat(length.saturating_sub(mark.len())));
        let (line, column) = (comment.line, comment.column);
        if line_before != line.checked_sub(1) && mended.slips.len() <= DIAGNOSTICS_MAX {
            let message = "`#` does not begin a comment: comments begin with `//`".to_owned();
            mended.slips.push(Slip { line, column, message, help: "write // instead of #".to_owned() });
        }
        (done, line_before) = (comment.end, Some(line));
    }
    mended.text.push_str(text.get(done..).unwrap_or_default());
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

/// `constant X = 3;`, `var x = 3;`: what other languages write for `const` and `let`.
fn declaration(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let word = tokens.word(at);
    let is_statement = matches!(tokens.before(at), "" | ";" | "{" | "}" | "export") && tokens.word(at + 2) == "=";
    let is_named = tokens.is(at, TokenKind::Word) && tokens.is(at + 1, TokenKind::Word);
    if !is_statement || !is_named || !tokens.share_line(at, at + 1) || DECLARING.contains(&word) {
        return None;
    }
    let right = match word.to_ascii_lowercase().as_str() {
        "var" | "val" | "def" | "set" | "auto" | "local" => "let",
        "final" | "static" | "define" | "constexpr" | "readonly" => "const",
        lower => nearest(lower, ["let", "const"])?,
    };
    let length = word.chars().count();
    let mended = [right, "let"].into_iter().find(|mended| mended.len() <= length)?;
    let (message, help) = (format!("`{word}` declares nothing"), format!("did you mean `{right}`?"));
    tokens.edit((at, at), format!("{mended:length$}"), message, help)
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
            text in "([a-c]|AND|# |#|var |10|10,5|ppb|min|ug/m3|\u{b0}C|%|=>|=<| = |\u{2265}|'ab'|\"|\u{201c}|\u{201d}|\\(|\\)|,|\\.|;| |\n){0,40}"
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
