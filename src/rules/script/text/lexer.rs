//! A lexer that knows just enough of Rhai to find statements, operands and names, and never fails.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules::script) enum TokenKind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// `"text"` or `#"raw text"#`.
    Text,
    /// A backtick text.
    Template {
        /// Whether it has a `${`.
        interpolates: bool,
    },
    /// An operator, bracket or separator.
    Symbol,
    /// A text that does not end.
    Broken,
}

/// One token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules::script) struct Token {
    /// What it is.
    pub(in crate::rules::script) kind: TokenKind,
    /// Its first byte.
    pub(in crate::rules::script) start: usize,
    /// The byte after it.
    pub(in crate::rules::script) end: usize,
    /// Its line, from 1.
    pub(in crate::rules::script) line: usize,
    /// Its column in characters, from 1.
    pub(in crate::rules::script) column: usize,
}

/// Operators of more than one character, longest first.
const SYMBOLS: [&str; 27] = [
    "..=", "**=", "<<=", ">>=", "::", "&&", "||", "?.", "?[", "..", "#{", "=>", "==", "!=", ">=", "<=", "+=", "-=",
    "*=", "/=", "%=", "**", "??", "<<", ">>", "|=", "&=",
];

/// All tokens of `text`, without comments; and the line and column of a comment that has no end.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<(usize, usize)>) {
    let mut lexer = Lexer::of(text);
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token() {
        found.push(token);
    }
    (found, lexer.unclosed)
}

/// A comment that begins with `#`, which other languages have.
pub(super) struct HashComment {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after it.
    pub(super) end: usize,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Its column in characters, from 1.
    pub(super) column: usize,
}

/// All comments of `text` that begin with `#`.
pub(super) fn hash_comments(text: &str) -> Vec<HashComment> {
    let mut lexer = Lexer::of(text);
    while lexer.next_token().is_some() {}
    lexer.hashes
}

struct Lexer<'a> {
    rest: &'a str,
    offset: usize,
    line: usize,
    column: usize,
    /// Where a comment begins that has no end.
    unclosed: Option<(usize, usize)>,
    text: &'a str,
    hashes: Vec<HashComment>,
}

impl<'a> Lexer<'a> {
    const fn of(text: &'a str) -> Self {
        Self { rest: text, offset: 0, line: 1, column: 1, unclosed: None, text, hashes: Vec::new() }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.rest = self.rest.get(letter.len_utf8()..).unwrap_or_default();
        self.offset += letter.len_utf8();
        if letter == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.bump();
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
    }

    fn skip_blank(&mut self) {
        loop {
            self.skip_while(char::is_whitespace);
            if self.rest.starts_with("//") {
                self.skip_while(|letter| letter != '\n');
            } else if self.rest.starts_with("/*") {
                self.skip_comment();
            } else if self.is_hash_comment() {
                let (start, line, column) = (self.offset, self.line, self.column);
                self.skip_while(|letter| letter != '\n');
                self.hashes.push(HashComment { start, end: self.offset, line, column });
            } else {
                return;
            }
        }
    }

    /// Whether a `#` begins a line, or stands alone between blanks. It may also begin a map or a raw text.
    fn is_hash_comment(&self) -> bool {
        let Some(after) = self.rest.strip_prefix('#') else { return false };
        if after.starts_with('{') || after.trim_start_matches('#').starts_with('"') {
            return false;
        }
        let before = self.text.get(..self.offset).unwrap_or_default();
        let on_line = before.trim_end_matches([' ', '\t']);
        let is_alone = before.ends_with(char::is_whitespace) && after.chars().next().is_none_or(char::is_whitespace);
        on_line.is_empty() || on_line.ends_with('\n') || is_alone
    }

    fn skip_comment(&mut self) {
        let (mut depth, begin) = (0_usize, (self.line, self.column));
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth = depth.saturating_sub(1);
                self.skip(2);
            } else if self.bump().is_none() {
                self.unclosed = Some(begin);
                return;
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn next_token(&mut self) -> Option<Token> {
        self.skip_blank();
        let (start, line, column) = (self.offset, self.line, self.column);
        let kind = match self.peek()? {
            '"' => self.text('"'),
            '\'' => self.text('\''),
            '`' => self.template(),
            '#' if self.rest.trim_start_matches('#').starts_with('"') => self.raw_text(),
            digit if digit.is_ascii_digit() => self.number(),
            letter if letter == '_' || letter.is_alphabetic() => {
                self.skip_while(|letter| letter == '_' || letter.is_alphanumeric());
                TokenKind::Word
            }
            _ => self.symbol(),
        };
        Some(Token { kind, start, end: self.offset, line, column })
    }

    fn symbol(&mut self) -> TokenKind {
        let length = SYMBOLS.iter().find(|symbol| self.rest.starts_with(**symbol)).map_or(1, |symbol| symbol.len());
        self.skip(length);
        TokenKind::Symbol
    }

    fn number(&mut self) -> TokenKind {
        let word = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        let decimal = !["0x", "0X", "0o", "0O", "0b", "0B"].iter().any(|prefix| self.rest.starts_with(prefix));
        if !decimal {
            self.skip_while(word);
            return TokenKind::Number;
        }
        let digit = |letter: char| letter == '_' || letter.is_ascii_digit();
        self.skip_while(digit);
        let mut after = self.rest.chars();
        if after.next() == Some('.') && after.next().is_some_and(|letter| letter.is_ascii_digit()) {
            self.bump();
            self.skip_while(digit);
        }
        let mut after = self.rest.chars();
        if after.next().is_some_and(|letter| letter == 'e' || letter == 'E') {
            let signed = after.clone().next().is_some_and(|letter| letter == '-' || letter == '+');
            if after.nth(usize::from(signed)).is_some_and(|letter| letter.is_ascii_digit()) {
                self.skip(1 + usize::from(signed));
                self.skip_while(digit);
            }
        }
        TokenKind::Number
    }

    /// A quoted text; one that does not end stops at the end of its line.
    fn text(&mut self, quote: char) -> TokenKind {
        self.bump();
        loop {
            match self.peek() {
                Some('\\') => self.skip(2),
                Some('\n') | None => return TokenKind::Broken,
                Some(letter) => {
                    self.bump();
                    if letter == quote {
                        return TokenKind::Text;
                    }
                }
            }
        }
    }

    fn raw_text(&mut self) -> TokenKind {
        let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
        self.skip(hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        while !self.rest.starts_with(&end) {
            if self.bump().is_none() {
                return TokenKind::Broken;
            }
        }
        self.skip(end.len());
        TokenKind::Text
    }

    fn template(&mut self) -> TokenKind {
        self.bump();
        let mut interpolates = false;
        loop {
            if self.rest.starts_with("${") {
                interpolates = true;
                self.skip(2);
                self.interpolation();
                continue;
            }
            match self.bump() {
                Some('`') => return TokenKind::Template { interpolates },
                Some(_) => {}
                None => return TokenKind::Broken,
            }
        }
    }

    /// Everything up to the `}` that ends a `${`. Templates inside it are taken as plain text between two backticks.
    fn interpolation(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.peek() {
                Some('"') => {
                    self.text('"');
                }
                Some('`') => {
                    self.bump();
                    self.skip_while(|letter| letter != '`');
                    self.bump();
                }
                Some(letter) => {
                    self.bump();
                    match letter {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).0.into_iter().map(|token| text.get(token.start..token.end).unwrap_or_default()).collect()
    }

    #[test]
    fn numbers_keep_their_getters_apart() {
        assert_eq!(words("30.ppb + 1.5e-3.hours"), ["30", ".", "ppb", "+", "1.5e-3", ".", "hours"]);
        assert_eq!(words("0x1F 1_000 0..5"), ["0x1F", "1_000", "0", "..", "5"]);
    }

    #[test]
    fn comments_nest_and_texts_hide_brackets() {
        assert_eq!(
            words("a /* x /* y */ ( */ b // ;\n\"(;\" 'c' `x${ f(\"}\") }`"),
            ["a", "b", "\"(;\"", "'c'", "`x${ f(\"}\") }`"]
        );
        assert_eq!(words("#\"a\"b\"# x"), ["#\"a\"b\"#", "x"]);
        assert_eq!(words("#{ a: 1 }"), ["#{", "a", ":", "1", "}"]);
    }

    #[test]
    fn an_open_text_ends_with_its_line() {
        let found = tokens("\"abc\nnext").0;
        assert_eq!(found.first().map(|token| token.kind), Some(TokenKind::Broken));
        assert_eq!(found.last().map(|token| (token.line, token.column)), Some((2, 1)));
    }
}
