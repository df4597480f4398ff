//! Quotes that are missing, `=` for a comparison, and statements that end too early: reported where they are, with the right text.

use super::edit::{Insertion, Slip, shown};
use super::lexer::TokenKind;
use super::source::Source;
use super::statements::Fault;
use crate::rules::nearest::nearest;
use std::collections::BTreeSet;

/// Words of rules that take texts, whether they follow a dot, and which of their arguments are texts.
const TEXTS: [(&str, bool, &[usize]); 29] = [
    ("alarm", false, &[0]),
    ("avg", false, &[0]),
    ("min", false, &[0]),
    ("max", false, &[0]),
    ("sum", false, &[0]),
    ("last", false, &[0]),
    ("count", false, &[0]),
    ("coverage", false, &[0]),
    ("delta", false, &[0]),
    ("rate", false, &[0]),
    ("stddev", false, &[0]),
    ("percentile", false, &[0]),
    ("baseline", false, &[0]),
    ("spread", false, &[0]),
    ("flag", false, &[0, 1]),
    ("silent", false, &[0]),
    ("stuck", false, &[0]),
    ("is_on", false, &[0]),
    ("is_off", false, &[0]),
    ("stations", false, &[0, 1, 2, 3, 4, 5, 6, 7]),
    ("contact", false, &[0]),
    ("escalation", false, &[0]),
    ("roster", false, &[0, 1]),
    ("at", true, &[0]),
    ("scope", true, &[0]),
    ("title", true, &[0]),
    ("guidance", true, &[0]),
    ("priority", true, &[0]),
    ("on_missing", true, &[0]),
];
/// Tokens that a text without quotes may have.
const BARE_TOKENS_MAX: usize = 12;

impl Source {
    /// The texts without quotes: a mistake each, and the quotes that Rhai is given.
    pub(super) fn bare_texts(&self) -> (Vec<Slip>, Vec<Insertion>) {
        let (mut slips, mut insertions) = (Vec::new(), Vec::new());
        let calls: Vec<(usize, usize)> = (0..self.tokens().len()).flat_map(|at| self.texts_of(at)).collect();
        if calls.is_empty() || self.unclosed_comment().is_some() {
            return (slips, insertions);
        }
        let declared = self.declared_names();
        for (name, index) in calls {
            let Some(range) = self.tokens_of_argument(name, index).filter(|range| self.is_bare(range, &declared))
            else {
                continue;
            };
            let (Some(first), Some(last)) = (self.token(*range.start()), self.token(*range.end())) else { continue };
            let text = self.text_of_argument(name, index).unwrap_or_default();
            slips.push(Slip {
                line: first.line,
                column: first.column,
                message: format!("`{text}` has no quotes, and no variable has this name"),
                help: format!("write \"{text}\""),
            });
            let end = last.column + self.word(*range.end()).chars().count();
            for (offset, column) in [(first.start, first.column), (last.end, end)] {
                insertions.push(Insertion { offset, line: first.line, column, text: "\"".to_owned() });
            }
        }
        (slips, insertions)
    }

    /// The arguments of a call that are texts, if the token is the name of such a call.
    fn texts_of(&self, at: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let is_dotted = matches!(self.word_before(at), "." | "?.");
        let is_call = self.is_word(at) && self.word(at + 1) == "(" && self.word_before(at) != "fn";
        let found = TEXTS.iter().find(|(name, dotted, _)| is_call && *name == self.word(at) && *dotted == is_dotted);
        found.map_or(&[][..], |(_, _, texts)| *texts).iter().map(move |index| (at, *index))
    }

    /// Whether an argument is words that mean nothing, such as `benzene`, `wind direction` or `park/S1`.
    fn is_bare(&self, range: &std::ops::RangeInclusive<usize>, declared: &BTreeSet<&str>) -> bool {
        let (first, last) = (*range.start(), *range.end());
        let word = self.word(first);
        let is_code = matches!(self.word(first + 1), "(" | "::" | "." | "[" | "?." | "!" | "=>");
        let is_keyword = matches!(word, "if" | "switch" | "not" | "true" | "false" | "this" | "global" | "Fn");
        let is_short = last - first < BARE_TOKENS_MAX
            && self.token(first).map(|one| one.line) == self.token(last).map(|one| one.line);
        let may_belong = |at: usize| match self.token(at).map(|token| token.kind) {
            Some(TokenKind::Word | TokenKind::Number) => true,
            Some(TokenKind::Symbol) => matches!(self.word(at), "-" | "/" | "." | "*" | "#" | ":" | "&"),
            _ => false,
        };
        // A sum of two names is code, whether or not they are known.
        let is_known = declared.contains(word) || nearest(word, declared.iter().copied()).is_some();
        self.is_word(first) && !is_code && !is_keyword && is_short && !is_known && (first..=last).all(may_belong)
    }

    /// All names that the file declares: variables, constants, functions, parameters and modules.
    fn declared_names(&self) -> BTreeSet<&str> {
        let (mut found, mut in_params, mut in_bars) = (BTreeSet::new(), false, false);
        for at in 0..self.tokens().len() {
            match self.word(at) {
                "fn" => in_params = true,
                ")" | "{" => in_params = false,
                "|" => in_bars = !in_bars,
                ";" => in_bars = false,
                _ => {}
            }
            let follows = matches!(self.word_before(at), "let" | "const" | "for" | "as" | "fn" | "|");
            let is_loop = self.word(at + 1) == "in" || self.word(at + 1) == "|";
            if self.is_word(at) && (follows || is_loop || in_params || in_bars) {
                found.insert(self.word(at));
            }
        }
        found
    }

    /// Marks statements with a quote that is missing, with `=` for a comparison, or without a beginning: they are not run.
    pub(super) fn refuse_slips(&mut self) {
        for number in 0..self.statements().len() {
            let Some(statement) = self.statements().get(number).cloned() else { continue };
            let quotes = (statement.first..=statement.last).find_map(|at| self.quote_fault(at));
            let continued = || self.continued_fault(statement.first);
            let assignment = || self.assignment_fault(statement.first, statement.last);
            let is_sound = statement.fault.as_ref().is_none_or(|fault| fault.is_harmless);
            let fault = quotes.or_else(|| if is_sound { continued().or_else(assignment) } else { None });
            if let (Some(fault), Some(statement)) = (fault, self.statements_mut().get_mut(number)) {
                statement.fault = Some(fault);
            }
        }
        let glob = self.unclosed_comment().and_then(|(_, glob)| glob);
        if let (Some(glob), Some(statement)) = (glob, self.statements_mut().last_mut()) {
            let message = format!("`{glob}` has no quotes, and `/*` begins a comment");
            let help = format!("write \"{glob}\"");
            statement.fault = Some(Fault { token: statement.last, message, help, is_harmless: false });
        }
    }

    /// A quote that is missing at a token, or at the one before it.
    fn quote_fault(&self, at: usize) -> Option<Fault> {
        let (token, word) = (self.token(at)?, self.word(at));
        let quote = word.chars().next()?;
        let is_broken = token.kind == TokenKind::Broken;
        if !is_broken && (token.kind != TokenKind::Text || quote != '"') {
            return None;
        }
        let before = at.checked_sub(1).and_then(|before| self.token(before)).filter(|before| before.end == token.start);
        if before.is_some_and(|before| before.kind == TokenKind::Word) && quote == '"' {
            let name = self.word(at - 1);
            let (message, help) =
                (format!("the opening quote before `{name}` is missing"), format!("write \"{name}\""));
            return Some(Fault { token: at - 1, message, help, is_harmless: false });
        }
        let runs_on = self.token(at + 1).is_some_and(|next| next.kind == TokenKind::Word && next.start == token.end);
        if !is_broken && !runs_on {
            return None;
        }
        let message = "this text has no closing quote".to_owned();
        let is_prose = matches!(self.word(at.saturating_sub(2)), "title" | "guidance");
        let help = match quote {
            '"' | '\'' => closed(word, is_prose),
            '`' => "write the closing backtick".to_owned(),
            _ => "write the closing quote, with as many `#` as there are before it".to_owned(),
        };
        Some(Fault { token: at, message, help, is_harmless: false })
    }

    /// A statement that begins with a dot: the one before it has ended too early.
    fn continued_fault(&self, first: usize) -> Option<Fault> {
        if self.word(first) != "." || self.word_before(first) != ";" {
            return None;
        }
        let message = format!("this `;` ends the statement before `.{}`", self.word(first + 1));
        let help = "leave it out: a rule ends with one `;`, after its last clause".to_owned();
        Some(Fault { token: first - 1, message, help, is_harmless: false })
    }

    /// `=` between round brackets, where nothing can be assigned to.
    fn assignment_fault(&self, first: usize, last: usize) -> Option<Fault> {
        let mut open = Vec::new();
        for at in first..=last {
            match self.symbol(at) {
                "(" | "[" | "{" | "#{" | "?[" => open.push(self.symbol(at)),
                ")" | "]" | "}" => {
                    open.pop();
                }
                "=" if open.last() == Some(&"(") && self.word_before(at) != "!" => {
                    let message = "`=` does not compare".to_owned();
                    let help = "write `>`, `>=`, `<` or `<=`; for plain numbers `==`".to_owned();
                    return Some(Fault { token: at, message, help, is_harmless: false });
                }
                "<" if self.word(at + 1) == ">" => {
                    let (message, help) = ("`<>` is not a comparison".to_owned(), "write `!=`".to_owned());
                    return Some(Fault { token: at, message, help, is_harmless: false });
                }
                _ => {}
            }
        }
        None
    }
}

/// The text that was probably meant by one without a closing quote.
fn closed(word: &str, is_prose: bool) -> String {
    let inner = word.get(1..).unwrap_or_default();
    let end = if is_prose { inner.rfind(')') } else { inner.find([',', ')', ']', ';', '"', '\'']) };
    let meant = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default().trim_end_matches([';', ' ']);
    if meant.is_empty() { "write the closing quote".to_owned() } else { format!("write \"{}\"", shown(meant)) }
}
