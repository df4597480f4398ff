//! Which closures a file may not have: those that bind values and are kept.
//!
//! A function value that holds others, made in a loop, grows without end, and dropping it overflows the stack; one that is kept in a
//! variable it has captured is never freed. Closures that capture nothing hold nothing and may stand anywhere. Those that do are allowed
//! only as an argument of a function that calls them and keeps nothing.

use super::lexer::TokenKind;
use super::source::Source;
use super::statements::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Functions that call a closure they are given, and do not keep it. `when_script` keeps plain copies of what the closure has captured.
pub(in crate::rules::script) const CALLERS: [&str; 18] = [
    "all",
    "dedup",
    "drain",
    "filter",
    "find",
    "find_map",
    "for_each",
    "index_of",
    "map",
    "order",
    "reduce",
    "reduce_rev",
    "retain",
    "some",
    "sort",
    "sort_desc",
    "when_script",
    "test",
];

/// Tokens of closures' bodies that are read, for each token of the file: closures within closures are read again and again.
const TOKENS_READ_MAX: usize = 16;
/// Parameters that one closure may have.
const PARAMS_MAX: usize = 32;
/// Words that are no names of values.
const KEYWORDS: [&str; 27] = [
    "true", "false", "let", "const", "if", "else", "for", "in", "while", "loop", "do", "until", "return", "throw",
    "break", "continue", "switch", "try", "catch", "fn", "private", "this", "import", "export", "as", "and", "or",
];

/// A use of functions as values that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules::script) struct Refusal {
    /// Index of the token.
    pub(in crate::rules::script) token: usize,
    /// What is wrong.
    pub(in crate::rules::script) message: String,
    /// What to write instead.
    pub(in crate::rules::script) help: &'static str,
}

/// Where a name is declared in a file.
#[derive(Debug, Clone, Copy)]
struct Declared {
    first: usize,
    last: usize,
    /// Whether all places are declarations of variables, none a parameter.
    is_variable: bool,
}

impl Source {
    /// Marks the statements that use functions as rules may not: they are not run.
    pub(super) fn refuse(&mut self) {
        let mut refusals = self.refusals().into_iter().peekable();
        for statement in self.statements_mut() {
            while let Some(refusal) = refusals.next_if(|one| one.token <= statement.last) {
                if statement.fault.as_ref().is_none_or(|fault| fault.is_harmless) {
                    let Refusal { token, message, help } = refusal;
                    statement.fault = Some(Fault { token, message, help: help.to_owned(), is_harmless: false });
                }
            }
        }
    }

    /// Everything in the file that is refused, in order.
    pub(in crate::rules::script) fn refusals(&self) -> Vec<Refusal> {
        let callees = self.callees();
        let declared = self.declared(&callees);
        let mut left = TOKENS_READ_MAX.saturating_mul(self.tokens().len());
        let mut found = Vec::new();
        for at in 0..self.tokens().len() {
            if self.is_word(at) {
                found.extend(self.refused_word(at));
            } else if self.holds_closure_in_text(at) {
                let message = "a closure or `curry` inside `${..}` is not allowed".to_owned();
                found.push(Refusal { token: at, message, help: "compute the value before the text, with `let`" });
            } else if let Some(params) = self.params(at) {
                let callee = callees.get(at).copied().flatten();
                let body = self.body(params.end() + 1);
                left = left.saturating_sub(body.clone().count());
                found.extend(match callee.filter(|name| CALLERS.contains(&self.word(*name))) {
                    _ if left == 0 => {
                        let message = "there are too many closures within closures".to_owned();
                        Some(Refusal { token: at, message, help: "write functions: fn f(x) { .. }" })
                    }
                    Some(callee) => self.refused_receiver(callee, (&params, &body), &mut left),
                    None => self.refused_closure(at, &params, &body, &declared),
                });
            }
        }
        found
    }

    fn refused_word(&self, at: usize) -> Option<Refusal> {
        let word = self.word(at);
        let is_definition = self.word_before(at) == "fn" && CALLERS.contains(&word);
        let (message, help) = if word == "try" {
            ("`try` is not allowed in rules".to_owned(), "an error ends the statement; test values first")
        } else if word == "curry" && self.word(at + 1) == "(" {
            ("`curry` is not allowed in rules".to_owned(), "write a function with all its parameters")
        } else if is_definition {
            (format!("`{word}` is already a function of the rule language"), "give the function another name")
        } else {
            return None;
        };
        Some(Refusal { token: at, message, help })
    }

    /// Whether a template has code that is looked into no further.
    fn holds_closure_in_text(&self, at: usize) -> bool {
        let is_template = self.token(at).is_some_and(|token| token.kind == TokenKind::Template { interpolates: true });
        is_template
            && self.word(at).split("${").skip(1).any(|rest| {
                let code = rest.split('}').next().unwrap_or_default();
                // Quotes and braces may hide where the code ends.
                let code = if code.contains(['"', '\'', '`', '{']) { rest } else { code };
                code.contains('|') || code.contains("curry")
            })
    }

    fn refused_closure(
        &self,
        at: usize,
        params: &RangeInclusive<usize>,
        body: &RangeInclusive<usize>,
        declared: &BTreeMap<&str, Declared>,
    ) -> Option<Refusal> {
        let name = self.captured(params, body, declared)?;
        let help = "pass it directly, as in list.map(|x| x * limit), or write a function: fn f(x, limit) { .. }";
        let message = format!("this closure uses `{name}` from outside and is not called where it stands");
        Some(Refusal { token: at, message, help })
    }

    /// Refuses a closure that reads the variable on which its function is called: Rhai waits for the variable, which is in use.
    fn refused_receiver(
        &self,
        callee: usize,
        (params, body): (&RangeInclusive<usize>, &RangeInclusive<usize>),
        left: &mut usize,
    ) -> Option<Refusal> {
        let dot = callee.checked_sub(1).filter(|dot| matches!(self.word(*dot), "." | "?."))?;
        let root = self.left_operand(dot)?;
        *left = left.saturating_sub(dot.saturating_sub(root));
        let name = self.word(root);
        let is_copy = (root..dot).any(|at| self.symbol(at) == "(") || params.clone().any(|at| self.word(at) == name);
        if is_copy || !self.is_word(root) {
            return None;
        }
        let at = body.clone().find(|at| self.names_read(*at).contains(&name))?;
        let message = format!("this closure uses `{name}`, on which it is called");
        Some(Refusal { token: at, message, help: "copy it first: let copy = list; list.map(|x| copy.len())" })
    }

    /// For each token the name of the function whose argument begins with it.
    fn callees(&self) -> Vec<Option<usize>> {
        let (mut found, mut open) = (vec![None; self.tokens().len()], Vec::new());
        for (at, callee) in found.iter_mut().enumerate() {
            *callee = match self.word_before(at) {
                "(" | "," => open.last().copied().flatten(),
                _ => None,
            };
            match self.symbol(at) {
                "(" => open.push(at.checked_sub(1).filter(|before| self.is_word(*before))),
                "[" | "{" | "#{" | "?[" => open.push(None),
                ")" | "]" | "}" => drop(open.pop()),
                _ => {}
            }
        }
        found
    }

    /// The parameters of the closure that begins at a token, with the bars around them.
    fn params(&self, at: usize) -> Option<RangeInclusive<usize>> {
        match self.symbol(at) {
            "||" if !self.is_operand_before(at) => Some(at..=at),
            "|" if !self.is_operand_before(at) => {
                let is_inside = |index: &usize| self.is_word(*index) || self.symbol(*index) == ",";
                let end = (at + 1..).find(|index| !is_inside(index))?;
                (self.symbol(end) == "|").then_some(at..=end)
            }
            _ => None,
        }
    }

    /// The body of a closure, from its first token: a block, or an expression up to the separator behind it.
    fn body(&self, first: usize) -> RangeInclusive<usize> {
        let (mut depth, mut end) = (0_usize, first);
        for index in first..self.tokens().len() {
            match self.symbol(index) {
                ")" | "]" | "}" | "," | ";" if depth == 0 => break,
                "(" | "[" | "{" | "#{" | "?[" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            end = index;
        }
        first..=end
    }

    /// Whether a value ends before a token, so that `|` there joins two numbers.
    fn is_operand_before(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        match self.token(before).map(|token| token.kind) {
            Some(TokenKind::Word) => !KEYWORDS.contains(&self.word(before)),
            Some(TokenKind::Symbol) => matches!(self.word(before), ")" | "]"),
            _ => true,
        }
    }

    /// All names that are declared, as variables or as parameters.
    fn declared(&self, callees: &[Option<usize>]) -> BTreeMap<&str, Declared> {
        let mut found: BTreeMap<&str, Declared> = BTreeMap::new();
        for at in (0..self.tokens().len()).filter(|at| self.is_word(*at)) {
            let callee = callees.get(at).copied().flatten();
            let is_loop = callee.is_some_and(|name| self.word(name) == "for");
            let is_variable = is_loop || matches!(self.word_before(at), "let" | "const" | "for");
            let is_param = callee.is_some_and(|name| self.word_before(name) == "fn") || self.is_closure_param(at);
            if is_variable || is_param || self.word_before(at) == "as" {
                let place = found.entry(self.word(at)).or_insert(Declared { first: at, last: at, is_variable });
                place.last = at;
                place.is_variable &= is_variable;
            }
        }
        found
    }

    /// Whether a name stands between bars: `|x` or `|x, y`.
    fn is_closure_param(&self, at: usize) -> bool {
        let mut before = at.saturating_sub(1);
        for _ in 0..PARAMS_MAX {
            match self.symbol(before) {
                "|" => return true,
                "," if self.is_word(before.saturating_sub(1)) => before = before.saturating_sub(2),
                _ => return false,
            }
        }
        true
    }

    /// A name from outside that a closure reads. Where that is in doubt, it is one.
    fn captured(
        &self,
        params: &RangeInclusive<usize>,
        body: &RangeInclusive<usize>,
        declared: &BTreeMap<&str, Declared>,
    ) -> Option<String> {
        let params: BTreeSet<&str> = params.clone().map(|at| self.word(at)).collect();
        let is_local = |name: &str| {
            let place = declared.get(name);
            place.is_some_and(|at| at.is_variable && body.contains(&at.first) && body.contains(&at.last))
        };
        let is_outer = |name: &str| !params.contains(name) && !is_local(name);
        body.clone().find_map(|at| self.names_read(at).into_iter().find(|name| is_outer(name)).map(str::to_owned))
    }

    /// The names that a token reads as values: its own, or those within a text that is filled in.
    fn names_read(&self, at: usize) -> Vec<&str> {
        match self.token(at).map(|token| token.kind) {
            Some(TokenKind::Template { interpolates: true }) => {
                let words = self.word(at).split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                words.filter(|word| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')).collect()
            }
            Some(TokenKind::Word) => {
                let name = self.word(at);
                let is_part = matches!(self.word_before(at), "." | "?." | "::");
                let is_other = is_part || KEYWORDS.contains(&name) || matches!(self.word(at + 1), "(" | "::" | ":");
                if is_other { Vec::new() } else { vec![name] }
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Vec<String> {
        let source = Source::new("r.rhai", text);
        source.refusals().into_iter().map(|one| format!("{} {}", one.token, one.message)).collect()
    }

    #[test]
    fn closures_that_capture_nothing_or_are_called_at_once_are_fine() {
        for text in [
            "let f = |x| x;",
            "let f = || 3;",
            "let f = |x, y| { let z = x + y; z * 2 };",
            "fn make() { |s| s.b > 30.0 }",
            "let l = [1]; let k = 2; l.map(|x| x * k); map(l, |x| x * k);",
            "l.filter(|x| x > k).map(|x| `${x}`);",
            "alarm(\"a\").when_script(#{ b: 1 }, |s| s.b > limit);",
            "test(\"name\", |t| { let s = \"x\"; t.feed(s, other); });",
            "let a = 1 | 2 | k; let b = (a) | k; let c = a || k;",
            "let s = \"|x| y\"; let t = `a|b${s}`; // |x| y\n",
            "l.reduce(|sum, v| if v > k { sum + v } else { sum }, 0);",
            "m.keys().map(|k| m[k]); l.map(|l| l); map(l, |x| l);",
        ] {
            assert_eq!(refused(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn closures_that_capture_and_are_kept_are_refused() {
        for text in [
            "let g = 1; let f = |x| g;",
            "f = |x| g.call(x);",
            "a.push(|x| a);",
            "let m = #{ f: |x| g };",
            "fn f(g) { |x| g }",
            "fn f(g) { if g {} |x| g }",
            "wrap(|x| g);",
            "[|x| g]",
            "let f = || g;",
            "return |x| g;",
            "let g = 1; let f = |x| { let g = g; g };",
            "let f = |x| { { let g = 1; } g }; let g = 2;",
            "let f = |x| |y| x;",
            "let f = |x| `${g}`;",
            "l.map(if a { |x| g } else { |x| h });",
            "l.push(1, |x| g)",
        ] {
            assert!(!refused(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn closures_that_read_what_they_are_called_on_are_refused() {
        for text in ["a.map(|x| a);", "m.l.for_each(|x| m.k += x);", "a[0].map(|x| b.map(|y| a));", "a.map(|x| `${a}`)"]
        {
            assert_eq!(refused(text).len(), 1, "{text}");
        }
        assert_eq!(refused("loop { try { f(); } catch { } }").len(), 1);
    }

    #[test]
    fn curry_and_functions_in_the_place_of_callers_are_refused() {
        for text in ["f.curry(f);", "curry(f, 1);", "fn map(a, f) { f }", "`${f.curry(f)}`", "`${[1].map(|x| g)}`"] {
            assert_eq!(refused(text).len(), 1, "{text}");
        }
        assert_eq!(refused("let curry = 1; let maps = `|${curr}y|`;"), Vec::<String>::new());
    }
}
