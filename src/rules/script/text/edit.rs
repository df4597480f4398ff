//! Replacements of tokens that keep the line and column of every character.

use super::lexer::{self, Token, TokenKind};

/// A mistake and the right text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: String,
}

/// Text that Rhai is given and the file does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insertion {
    /// Byte before which it is inserted.
    pub(super) offset: usize,
    /// Line of that byte, from 1.
    pub(super) line: usize,
    /// Column of that byte in characters, from 1.
    pub(super) column: usize,
    /// What is inserted.
    pub(super) text: String,
}

/// A mended file.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// Its text, with as many characters on each line as the file has.
    pub(super) text: String,
    /// What was mended.
    pub(super) slips: Vec<Slip>,
    /// What Rhai is given in addition.
    pub(super) insertions: Vec<Insertion>,
}

/// One replacement: bytes `start..end` by `text`, which has as many characters.
pub(super) struct Edit {
    /// First byte that is replaced.
    pub(super) start: usize,
    /// Byte after the last one that is replaced.
    pub(super) end: usize,
    /// Its replacement.
    pub(super) text: String,
    /// Index of the token to go on with.
    pub(super) next: usize,
    /// The mistake.
    pub(super) slip: Slip,
    /// What Rhai is given after `text`, and the blanks that follow it in the file.
    pub(super) inserted: Option<Inserted>,
}

/// An insertion behind the text of a replacement.
pub(super) struct Inserted {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// What is inserted.
    pub(super) text: String,
    /// Blanks in place of what it replaces.
    pub(super) blanks: String,
}

/// The tokens of a text.
pub(super) struct Tokens<'a> {
    text: &'a str,
    list: Vec<Token>,
}

impl<'a> Tokens<'a> {
    /// Takes a text apart.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, list: lexer::tokens(text).0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The token at an index.
    pub(super) fn get(&self, at: usize) -> Option<&Token> {
        self.list.get(at)
    }

    /// A token's text; empty behind the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// The text of the token before.
    pub(super) fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// The text from the first byte of a token to the last byte of another.
    pub(super) fn span(&self, first: usize, last: usize) -> &str {
        let range = self.get(first).zip(self.get(last)).map(|(first, last)| first.start..last.end);
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// Whether a token is of a kind.
    pub(super) fn is(&self, at: usize, kind: TokenKind) -> bool {
        self.get(at).is_some_and(|token| token.kind == kind)
    }

    /// Whether two tokens have nothing between them.
    pub(super) fn touch(&self, left: usize, right: usize) -> bool {
        self.get(left).zip(self.get(right)).is_some_and(|(left, right)| left.end == right.start)
    }

    /// Whether two tokens are on one line.
    pub(super) fn share_line(&self, left: usize, right: usize) -> bool {
        self.get(left).zip(self.get(right)).is_some_and(|(left, right)| left.line == right.line)
    }

    /// Whether an operand may end with a token.
    pub(super) fn ends_operand(&self, at: usize) -> bool {
        match self.get(at).map(|token| token.kind) {
            Some(TokenKind::Symbol) => matches!(self.word(at), ")" | "]" | "}"),
            Some(_) => true,
            None => false,
        }
    }

    /// A replacement of the tokens from `first` to `last`.
    pub(super) fn edit(
        &self,
        (first, last): (usize, usize),
        text: String,
        message: String,
        help: String,
    ) -> Option<Edit> {
        let (from, to) = (self.get(first)?, self.get(last)?);
        let slip = Slip { line: from.line, column: from.column, message, help };
        Some(Edit { start: from.start, end: to.end, text, next: last + 1, slip, inserted: None })
    }
}

/// A text short enough for a message.
pub(super) fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 80;
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS_MAX).chain(['.', '.']).collect()
}
