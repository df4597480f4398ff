//! Which functions of a file a closure may call: those that it names, and those that they name.

use super::lexer::TokenKind;
use super::{Source, Statement};
use std::collections::BTreeSet;

/// The start of a closure's text.
const CLOSURE_BEGINS: [&str; 2] = ["|", "||"];

impl Source {
    /// The texts of all functions that the closure in the argument `index` of the call at `name` may call, without comments and in
    /// an order that does not depend on where they stand. `statement` is the one that runs: where the argument is no closure itself but
    /// names one, it and every function of the file belong to it.
    pub(in crate::rules::script) fn functions_called(
        &self,
        name: usize,
        index: usize,
        statement: usize,
    ) -> Vec<String> {
        let functions: Vec<&Statement> = self.functions().collect();
        let argument = self.tokens_of_argument(name, index);
        if !argument.as_ref().is_some_and(|tokens| CLOSURE_BEGINS.contains(&self.word(*tokens.start()))) {
            return self.all_functions(statement);
        }
        let mut words = argument.map(|tokens| self.words(tokens)).unwrap_or_default();
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        loop {
            // What makes a function's name out of a text may call any of them.
            if words.contains("Fn") {
                return self.all_functions(statement);
            }
            let is_named = |function: &&Statement| words.contains(self.word(self.name_of_function(function)));
            let found: Vec<&Statement> = functions.iter().copied().filter(is_named).collect();
            let fresh: Vec<&Statement> = found.into_iter().filter(|function| reached.insert(function.first)).collect();
            if fresh.is_empty() {
                break;
            }
            words.extend(fresh.into_iter().flat_map(|function| self.words(function.first..=function.last)));
        }
        let called = functions.into_iter().filter(|function| reached.contains(&function.first));
        self.texts(called)
    }

    /// The texts of the running statement and of every function of the file.
    pub(in crate::rules::script) fn all_functions(&self, statement: usize) -> Vec<String> {
        self.texts(self.functions().chain(self.statements().get(statement)))
    }

    /// The statements' tokens, sorted.
    fn texts<'a>(&self, statements: impl Iterator<Item = &'a Statement>) -> Vec<String> {
        let text = |one: &Statement| (one.first..=one.last).map(|index| self.word(index)).collect::<Vec<_>>().join(" ");
        let mut texts: Vec<String> = statements.map(text).collect();
        texts.sort_unstable();
        texts
    }

    /// All names in some tokens, those within texts included: `Fn("limit")`, `${limit(x)}`.
    fn words(&self, tokens: std::ops::RangeInclusive<usize>) -> BTreeSet<&str> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let named = tokens.filter(|index| {
            self.token(*index).is_some_and(|token| !matches!(token.kind, TokenKind::Symbol | TokenKind::Number))
        });
        named.flat_map(|index| self.word(index).split(move |letter| !is_part(letter))).collect()
    }
}
