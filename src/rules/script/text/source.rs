//! One rule file with its tokens, and the pieces of it that Rhai is given.

use super::edit::{Insertion, Mended, Slip};
use super::lexer::{self, Token, TokenKind};
use super::mend;
use super::statements::{self, Statement};
use crate::verdict::Place;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Tokens that the operand of one `not` may have.
const NOT_TOKENS_MAX: usize = 512;

/// One rule file, taken apart.
#[derive(Debug)]
pub(in crate::rules::script) struct Source {
    file: Arc<str>,
    text: String,
    tokens: Vec<Token>,
    /// Line and column of a comment that has no end.
    unclosed: Option<(usize, usize)>,
    statements: Vec<Statement>,
    brackets: Vec<Bracket>,
    slips: Vec<Slip>,
    function_names: BTreeSet<String>,
}

/// A character that Rhai is given and the file does not have: `not a > b` becomes `not (a > b)`, and texts get the quotes they lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bracket {
    offset: usize,
    line: usize,
    column: usize,
    letter: char,
}

/// A piece of a file as Rhai reads it, and where it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::rules::script) struct Chunk {
    /// What Rhai reads.
    pub(in crate::rules::script) text: String,
    line: usize,
    column: usize,
    inserted: Vec<(usize, usize)>,
}

impl Chunk {
    /// Line and column in the file of a line and column in the chunk, all from 1.
    fn original(&self, line: usize, column: usize) -> (usize, usize) {
        let shift = if line <= 1 { self.column } else { 1 };
        let line = line.max(1) + self.line.max(1) - 1;
        let edited = column.max(1) + shift.max(1) - 1;
        let from = self.inserted.partition_point(|(at, _)| *at < line);
        let on_line = self.inserted.iter().skip(from).take_while(|(at, _)| *at == line);
        let column = on_line.fold(edited, |left, (_, at)| if left > *at { left - 1 } else { left });
        (line, column)
    }
}

impl Source {
    /// Takes a file apart.
    pub(in crate::rules::script) fn new(file: &str, text: &str) -> Self {
        let Mended { text, slips, insertions } = mend::mend(text);
        let (tokens, unclosed) = lexer::tokens(&text);
        let statements = statements::split(&text, &tokens);
        let (brackets, function_names) = (Vec::new(), BTreeSet::new());
        let mut source =
            Self { file: file.into(), text, tokens, unclosed, statements, brackets, slips, function_names };
        source.brackets = source.brackets_of_not();
        source.insert(insertions);
        let (slips, insertions) = source.bare_texts();
        source.slips.extend(slips);
        source.insert(insertions);
        let names = source.functions().map(|statement| source.word(source.name_of_function(statement)).to_owned());
        source.function_names = names.collect();
        source.refuse();
        source.refuse_slips();
        source
    }

    /// Has Rhai read what the file lacks.
    fn insert(&mut self, insertions: Vec<Insertion>) {
        for Insertion { offset, line, column, text } in insertions {
            self.brackets.extend(text.chars().map(|letter| Bracket { offset, line, column, letter }));
        }
        self.brackets.sort_by_key(|bracket| bracket.offset);
    }

    /// What was mended in the file.
    pub(in crate::rules::script) fn slips(&self) -> impl Iterator<Item = (Place, &str, &str)> {
        self.slips.iter().map(|slip| (self.place_at(slip.line, slip.column), slip.message.as_str(), slip.help.as_str()))
    }

    /// Where a comment begins that has no end, and the glob that it is if it follows a name as in `stations(park/*)`.
    pub(in crate::rules::script) fn unclosed_comment(&self) -> Option<(Place, Option<String>)> {
        let (line, column) = self.unclosed?;
        let name = self.tokens.last().filter(|last| {
            let width = self.text.get(last.start..last.end).unwrap_or_default().chars().count();
            last.kind == TokenKind::Word && last.line == line && last.column + width == column
        });
        let glob = name.map(|name| {
            let rest = self.text.get(name.start..).unwrap_or_default();
            rest.chars().take_while(|letter| !letter.is_whitespace() && !matches!(letter, ')' | ',' | ';')).collect()
        });
        let place = name.map_or((line, column), |name| (name.line, name.column));
        Some((self.place_at(place.0, place.1), glob))
    }

    /// The top-level statements.
    pub(in crate::rules::script) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The top-level statements, to note what is wrong with them.
    pub(super) fn statements_mut(&mut self) -> &mut [Statement] {
        &mut self.statements
    }

    /// How many tokens there are.
    #[cfg(test)]
    pub(in crate::rules::script) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// All tokens.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The token at an index.
    pub(in crate::rules::script) fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// The token's text; empty behind the end.
    pub(in crate::rules::script) fn word(&self, index: usize) -> &str {
        self.token(index).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// The text of the token before; empty at the beginning.
    pub(in crate::rules::script) fn word_before(&self, index: usize) -> &str {
        index.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// Whether the token is a name or keyword.
    pub(in crate::rules::script) fn is_word(&self, index: usize) -> bool {
        self.token(index).is_some_and(|token| token.kind == TokenKind::Word)
    }

    /// Where a token stands; the beginning of the file where there is none.
    pub(in crate::rules::script) fn place(&self, index: usize) -> Place {
        let (line, column) = self.token(index).map_or((1, 1), |token| (token.line, token.column));
        self.place_at(line, column)
    }

    /// A place in this file.
    pub(in crate::rules::script) fn place_at(&self, line: usize, column: usize) -> Place {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place { file: Arc::clone(&self.file), line: narrow(line), column: narrow(column) }
    }

    /// The place of a position that Rhai gave for `chunk`, and the token there.
    pub(in crate::rules::script) fn locate(&self, chunk: &Chunk, position: rhai::Position) -> (Place, Option<usize>) {
        let Some(line) = position.line() else {
            return (self.place_at(chunk.line.max(1), chunk.column.max(1)), None);
        };
        let (line, column) = chunk.original(line, position.position().unwrap_or(1));
        let after = self.tokens.partition_point(|token| (token.line, token.column) <= (line, column));
        let found = after.checked_sub(1).filter(|index| self.token(*index).is_some_and(|token| token.line == line));
        (self.place_at(line, column), found)
    }

    /// The names of the file's functions.
    pub(in crate::rules::script) const fn function_names(&self) -> &BTreeSet<String> {
        &self.function_names
    }

    /// The statements that define functions.
    pub(in crate::rules::script) fn functions(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| self.is_function(statement))
    }

    /// Whether a statement defines a function.
    pub(in crate::rules::script) fn is_function(&self, statement: &Statement) -> bool {
        matches!(self.word(statement.first), "fn" | "private")
    }

    /// The token of a function's name.
    pub(in crate::rules::script) fn name_of_function(&self, statement: &Statement) -> usize {
        statement.first + if self.word(statement.first) == "private" { 2 } else { 1 }
    }

    /// All names that are called like a function or method.
    pub(in crate::rules::script) fn called_names(&self) -> BTreeSet<String> {
        let is_called =
            |index: &usize| self.is_word(*index) && self.word(index + 1) == "(" && self.word_before(*index) != "fn";
        (0..self.tokens.len()).filter(is_called).map(|index| self.word(index).to_owned()).collect()
    }

    /// All names that are read like a part of something.
    pub(in crate::rules::script) fn property_names(&self) -> BTreeSet<String> {
        let is_part = |index: &usize| {
            self.is_word(*index) && matches!(self.word_before(*index), "." | "?.") && self.word(index + 1) != "("
        };
        (0..self.tokens.len()).filter(is_part).map(|index| self.word(index).to_owned()).collect()
    }

    /// The first token of a statement that reads a variable.
    pub(in crate::rules::script) fn first_use(&self, statement: &Statement, name: &str) -> Option<usize> {
        (statement.first..=statement.last).find(|index| {
            let is_name = self.is_word(*index) && self.word(*index) == name;
            let is_member = matches!(self.word_before(*index), "." | "?." | "::" | "let" | "const" | "fn");
            is_name && !is_member && !matches!(self.word(index + 1), "::" | "(" | ":")
        })
    }

    /// The first token of the argument `index` of the call whose name is the token `name`.
    pub(in crate::rules::script) fn argument(&self, name: usize, index: usize) -> Option<usize> {
        let open = name + 1;
        if self.word(open) != "(" {
            return None;
        }
        let (mut depth, mut seen, mut first) = (0_usize, 0_usize, open + 1);
        for at in open..self.tokens.len() {
            match self.symbol(at) {
                "(" | "[" | "{" | "#{" | "?[" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "," if depth == 1 => {
                    if seen == index {
                        break;
                    }
                    seen += 1;
                    first = at + 1;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        (seen == index && !matches!(self.symbol(first), ")" | "]" | "}" | "")).then_some(first)
    }

    /// The text of the argument `index` of the call whose name is the token `name`.
    pub(in crate::rules::script) fn text_of_argument(&self, name: usize, index: usize) -> Option<&str> {
        let tokens = self.tokens_of_argument(name, index)?;
        self.text.get(self.token(*tokens.start())?.start..self.token(*tokens.end())?.end)
    }

    /// The tokens of the argument `index` of the call whose name is the token `name`.
    pub(super) fn tokens_of_argument(&self, name: usize, index: usize) -> Option<RangeInclusive<usize>> {
        let first = self.argument(name, index)?;
        let (mut depth, mut last) = (0_usize, first);
        for at in first..self.tokens.len() {
            match self.symbol(at) {
                ")" | "]" | "}" | "," | ";" if depth == 0 => break,
                "(" | "[" | "{" | "#{" | "?[" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            last = at;
        }
        Some(first..=last)
    }

    /// The first token of the operand that ends before the operator at `operator`.
    pub(in crate::rules::script) fn left_operand(&self, operator: usize) -> Option<usize> {
        let mut at = operator.checked_sub(1)?;
        loop {
            at = self.bracket_begin(at)?;
            let is_call = matches!(self.word(at), "(" | "[" | "?[")
                && at > 0
                && ends_name(self.token(at - 1)?.kind, self.word(at - 1));
            if is_call {
                at -= 1;
                continue;
            }
            match self.word_before(at) {
                "." | "?." | "::" => at = at.checked_sub(2)?,
                _ => return Some(at),
            }
        }
    }

    /// The pair of a closing bracket at `at`; `at` itself where there is none.
    fn bracket_begin(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..=at).rev() {
            match self.symbol(index) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" | "#{" | "?[" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(index);
            }
        }
        None
    }

    /// The token's text if it is a symbol; a dash stands for any other token, nothing for none.
    pub(super) fn symbol(&self, index: usize) -> &str {
        match self.token(index).map(|token| token.kind) {
            Some(TokenKind::Symbol) => self.word(index),
            Some(_) => "-",
            None => "",
        }
    }

    /// One statement as Rhai reads it.
    pub(in crate::rules::script) fn chunk(&self, statement: &Statement) -> Chunk {
        let (Some(first), Some(last)) = (self.token(statement.first), self.token(statement.last)) else {
            return Chunk::default();
        };
        let mut chunk = Chunk { line: first.line, column: first.column, ..Chunk::default() };
        self.append(&mut chunk, first.start, last.end);
        chunk
    }

    /// The whole file with all but the given statements blanked out, so that positions stay what they are.
    pub(in crate::rules::script) fn chunk_of_all<'a>(&self, kept: impl IntoIterator<Item = &'a Statement>) -> Chunk {
        let mut chunk = Chunk { line: 1, column: 1, ..Chunk::default() };
        let mut done = 0;
        for statement in kept {
            let first = if self.word(statement.first) == "private" { statement.first + 1 } else { statement.first };
            if let (Some(first), Some(last)) = (self.token(first), self.token(statement.last)) {
                let blank = |letter: char| if letter == '\n' { '\n' } else { ' ' };
                chunk.text.extend(self.text.get(done..first.start).unwrap_or_default().chars().map(blank));
                self.append(&mut chunk, first.start, last.end);
                done = last.end;
            }
        }
        chunk
    }

    fn append(&self, chunk: &mut Chunk, start: usize, end: usize) {
        let mut done = start;
        let from = self.brackets.partition_point(|bracket| bracket.offset <= start);
        for bracket in self.brackets.iter().skip(from).take_while(|bracket| bracket.offset <= end) {
            chunk.text.push_str(self.text.get(done..bracket.offset).unwrap_or_default());
            chunk.text.push(bracket.letter);
            chunk.inserted.push((bracket.line, bracket.column));
            done = bracket.offset;
        }
        chunk.text.push_str(self.text.get(done..end).unwrap_or_default());
    }

    /// Rhai has no prefix operators of one's own: the operand of each `not` is put in brackets, and `not` becomes a call.
    fn brackets_of_not(&self) -> Vec<Bracket> {
        let mut found = Vec::new();
        for index in (0..self.tokens.len()).filter(|index| self.is_word(*index) && self.word(*index) == "not") {
            let is_name = matches!(self.word_before(index), "." | "?." | "::" | "fn" | "let" | "const" | "as");
            let has_operand = !matches!(self.word(index + 1), "=" | ")" | "," | ";" | "::" | "." | ":" | "" | "in");
            if is_name || !has_operand {
                continue;
            }
            let last = self.last_of_operand(index + 1);
            if let (Some(first), Some(last)) = (self.token(index + 1), self.token(last)) {
                let width = self.text.get(last.start..last.end).unwrap_or_default();
                let (line, column) = match width.rsplit_once('\n') {
                    None => (last.line, last.column + width.chars().count()),
                    Some((before, tail)) => (last.line + before.matches('\n').count() + 1, tail.chars().count() + 1),
                };
                found.push(Bracket { offset: first.start, line: first.line, column: first.column, letter: '(' });
                found.push(Bracket { offset: last.end, line, column, letter: ')' });
            }
        }
        found.sort_by_key(|bracket| bracket.offset);
        found
    }

    /// The last token of what a `not` before `first` takes: all up to `and`, `or`, a separator or a bracket of an outer pair.
    fn last_of_operand(&self, first: usize) -> usize {
        let mut depth = 0_usize;
        let mut last = first;
        for at in first..self.tokens.len().min(first + NOT_TOKENS_MAX) {
            let symbol = self.symbol(at);
            let ends = match symbol {
                ")" | "]" | "}" | "," | ";" | "{" | "&&" | "||" | "=>" => depth == 0,
                "-" => depth == 0 && at > first && matches!(self.word(at), "and" | "or") && self.is_word(at),
                _ => false,
            };
            if ends {
                break;
            }
            match symbol {
                "(" | "[" | "{" | "#{" | "?[" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            last = at;
        }
        last
    }
}

/// Whether a call or an index may follow this token.
fn ends_name(kind: TokenKind, word: &str) -> bool {
    match kind {
        TokenKind::Word => !matches!(word, "and" | "or" | "not" | "in" | "return" | "if" | "while" | "switch"),
        TokenKind::Symbol => matches!(word, ")" | "]"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_chunk(text: &str) -> Chunk {
        let source = Source::new("a.rhai", text);
        source.chunk(&source.statements()[0])
    }

    #[test]
    fn not_takes_all_up_to_and_or_and_the_outer_bracket() {
        assert_eq!(first_chunk("x(not a > b and not c);").text, "x(not (a > b) and not (c));");
        assert_eq!(first_chunk("x(not (a - b) > c or not not d)").text, "x(not ((a - b) > c) or not (not (d)))");
        assert_eq!(first_chunk("if not a { b(1) }").text, "if not (a) { b(1) }");
        assert_eq!(first_chunk("x.not(a)").text, "x.not(a)");
    }

    #[test]
    fn positions_lead_back_to_the_file() {
        let source = Source::new("a.rhai", "let a = 1;\n   x(not a, zz);\n");
        let chunk = source.chunk(&source.statements()[1]);
        assert_eq!(chunk.text, "x(not (a), zz);");
        let at = |column| source.locate(&chunk, rhai::Position::new(1, column));
        let (place, token) = at(12);
        assert_eq!((place.line, place.column, token.map(|t| source.word(t))), (2, 13, Some("zz")));
        assert_eq!(at(1).0.column, 4);
        assert_eq!(at(8).0.column, 10);
    }

    #[test]
    fn operands_and_arguments_are_found() {
        let source = Source::new("a.rhai", "f(1, [2, 3], g(4)).x > who::A.b(7) + 30;");
        let operator = (0..source.len()).find(|i| source.word(*i) == ">").unwrap();
        assert_eq!(source.left_operand(operator), Some(0));
        assert_eq!(source.argument(0, 1).map(|i| source.word(i)), Some("["));
        assert_eq!(source.argument(0, 2).map(|i| source.word(i)), Some("g"));
        assert_eq!(source.argument(0, 3), None);
        let plus = (0..source.len()).find(|i| source.word(*i) == "+").unwrap();
        assert_eq!(source.left_operand(plus).map(|i| source.word(i)), Some("who"));
    }
}
