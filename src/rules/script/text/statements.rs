//! Splits a file into top-level statements, and goes on after a bracket or semicolon that is missing.

use super::lexer::{Token, TokenKind};

/// A mistake of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules::script) struct Fault {
    /// Index of the guilty token.
    pub(in crate::rules::script) token: usize,
    /// What is wrong.
    pub(in crate::rules::script) message: String,
    /// What to write instead.
    pub(in crate::rules::script) help: String,
    /// Whether the statement can be run all the same.
    pub(in crate::rules::script) is_harmless: bool,
}

/// One top-level statement, as indices of its first and last token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules::script) struct Statement {
    /// First token.
    pub(in crate::rules::script) first: usize,
    /// Last token, included; its `;` where it has one.
    pub(in crate::rules::script) last: usize,
    /// What is wrong with its punctuation.
    pub(in crate::rules::script) fault: Option<Fault>,
}

/// Words that begin a statement which ends with its block.
const BLOCKS: [&str; 10] = ["if", "while", "loop", "do", "for", "fn", "private", "switch", "try", "{"];
/// Words that can only begin a statement.
const DECLARATIONS: [&str; 6] = ["let", "const", "import", "export", "fn", "private"];

/// The statements of a file in order.
pub(super) fn split(text: &str, tokens: &[Token]) -> Vec<Statement> {
    let mut splitter = Splitter { text, tokens, found: Vec::new(), open: Vec::new(), first: None, fault: None };
    for index in 0..tokens.len() {
        splitter.take(index);
    }
    if let Some(open) = splitter.open.first().copied() {
        splitter.blame_open(open);
    }
    splitter.end(tokens.len().saturating_sub(1));
    splitter.found
}

struct Splitter<'a> {
    text: &'a str,
    tokens: &'a [Token],
    found: Vec<Statement>,
    open: Vec<usize>,
    first: Option<usize>,
    fault: Option<Fault>,
}

impl Splitter<'_> {
    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    fn take(&mut self, index: usize) {
        if self.first.is_some() && self.begins_anew(index) {
            match self.open.last().copied() {
                Some(open) => self.blame_open(open),
                None => self.blame_missing_semicolon(index.saturating_sub(1)),
            }
            self.end(index.saturating_sub(1));
        }
        let word = self.word(index).to_owned();
        let is_symbol = self.tokens.get(index).is_some_and(|token| token.kind == TokenKind::Symbol);
        if self.first.is_none() {
            if word == ";" && is_symbol {
                return;
            }
            self.first = Some(index);
        }
        if !is_symbol {
            return;
        }
        match word.as_str() {
            "(" | "[" | "{" | "#{" | "?[" => self.open.push(index),
            ")" | "]" | "}" => self.close(index),
            _ => {}
        }
        if self.open.is_empty() && (word == ";" || (word == "}" && self.block_ends(index))) {
            self.end(index);
        }
    }

    fn end(&mut self, last: usize) {
        let fault = self.fault.take();
        self.open.clear();
        if let Some(first) = self.first.take() {
            self.found.push(Statement { first, last, fault });
        }
    }

    fn close(&mut self, index: usize) {
        let closing = self.word(index).to_owned();
        let Some(open) = self.open.pop() else {
            self.blame(
                index,
                format!("this `{closing}` closes nothing"),
                "leave it out, or open its pair before it".to_owned(),
            );
            return;
        };
        let opening = self.word(open);
        let wanted = closing_of(opening);
        if wanted != closing {
            let message = format!("this `{closing}` does not close the `{opening}` before it");
            self.blame(index, message, format!("write `{wanted}` before it"));
        }
    }

    /// Whether the `}` at `index` ends a statement that began with a block's keyword.
    fn block_ends(&self, index: usize) -> bool {
        let Some(first) = self.first else { return true };
        let begin = self.word(first);
        let next = self.word(index + 1);
        let goes_on = match begin {
            "do" => next == "while" || next == "until",
            "if" => next == "else",
            "try" => next == "catch",
            _ => false,
        };
        BLOCKS.contains(&begin) && !goes_on
    }

    /// Whether a new statement begins here although the one before it has not ended.
    fn begins_anew(&self, index: usize) -> bool {
        let (Some(token), Some(before)) =
            (self.tokens.get(index), index.checked_sub(1).and_then(|i| self.tokens.get(i)))
        else {
            return false;
        };
        let word = self.word(index);
        let begins_line = token.kind == TokenKind::Word && token.line > before.line;
        let is_alarm = word == "alarm" && token.column == 1 && self.word(index + 1) == "(";
        let is_declaration = DECLARATIONS.contains(&word);
        if !begins_line || !(is_alarm || is_declaration) {
            return false;
        }
        match self.open.last().map(|open| self.word(*open)) {
            None => self.first.is_some_and(|first| first < index) && ends_operand(before.kind, self.word(index - 1)),
            Some("{" | "#{") => token.column == 1 && ["import", "export", "fn", "private"].contains(&word),
            Some(_) => true,
        }
    }

    fn blame_open(&mut self, open: usize) {
        let bracket = self.word(open).to_owned();
        let help = format!("write the `{}` that ends it", closing_of(&bracket));
        self.blame(open, format!("this `{bracket}` is never closed"), help);
    }

    fn blame_missing_semicolon(&mut self, last: usize) {
        if self.fault.is_none() {
            let message = "a `;` is missing after this".to_owned();
            let help = "end the statement with `;`".to_owned();
            self.fault = Some(Fault { token: last, message, help, is_harmless: true });
        }
    }

    fn blame(&mut self, token: usize, message: String, help: String) {
        if self.fault.is_none() {
            self.fault = Some(Fault { token, message, help, is_harmless: false });
        }
    }
}

/// Whether an operand may end with this token, so that a new statement can follow.
fn ends_operand(kind: TokenKind, word: &str) -> bool {
    kind != TokenKind::Symbol || [")", "]", "}"].contains(&word)
}

fn closing_of(opening: &str) -> &'static str {
    match opening {
        "(" => ")",
        "[" | "?[" => "]",
        _ => "}",
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn pieces(text: &str) -> Vec<(&str, Option<String>)> {
        let tokens = lexer::tokens(text).0;
        let cut = |s: Statement| {
            let (start, end) = (tokens[s.first].start, tokens[s.last].end);
            (&text[start..end], s.fault.map(|f| format!("{}:{}", f.message, tokens[f.token].line)))
        };
        split(text, &tokens).into_iter().map(cut).collect()
    }

    #[test]
    fn statements_end_with_a_semicolon_or_a_block() {
        let text = "let a = #{ b: 1 }; if a { b(); } else { c } fn f(x) { x } do { 1 } while x; alarm(\"x\");;";
        let found: Vec<_> = pieces(text).into_iter().map(|(piece, fault)| (piece, fault.is_some())).collect();
        assert_eq!(
            found,
            [
                ("let a = #{ b: 1 };", false),
                ("if a { b(); } else { c }", false),
                ("fn f(x) { x }", false),
                ("do { 1 } while x;", false),
                ("alarm(\"x\");", false)
            ]
        );
    }

    #[test]
    fn an_open_bracket_does_not_swallow_the_next_rule() {
        let found = pieces("alarm(\"a\").when(x(1;\nalarm(\"b\");\nlet c = (1\nlet d = 2;");
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].1.as_deref(), Some("this `(` is never closed:1"));
        assert_eq!(found[1], ("alarm(\"b\");", None));
        assert_eq!(found[2].1.as_deref(), Some("this `(` is never closed:3"));
        assert_eq!(found[3], ("let d = 2;", None));
    }

    #[test]
    fn a_missing_semicolon_is_told_and_both_statements_live() {
        let found = pieces("let a = 1\nlet b = 2;");
        assert_eq!(found[0], ("let a = 1", Some("a `;` is missing after this:1".to_owned())));
        assert_eq!(found[1], ("let b = 2;", None));
    }
}
