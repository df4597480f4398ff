//! What is written in the form of the rules.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Asked, Span, hidden_token};
use crate::visit::{Fields, Visitor};
use maud::{Markup, html};
use std::collections::BTreeSet;
use vocdb::TimeRange;
use vocdb::rules::RuleFile;

/// Files of a rule set, tests among them.
const FILES_MAX: usize = 100;
/// End of the names of files with tests, as the tool reads them.
const TESTS: &str = "_test.rhai";
const DAY_MS: i64 = 86_400_000;
/// Range of a backtest.
const BACKTEST: Span = Span { usual_ms: DAY_MS, longest_ms: 31 * DAY_MS };

/// What is written in the form.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Rule files and test files.
    pub(super) files: Vec<RuleFile>,
    /// Reason for loading.
    pub(super) reason: String,
    /// Start of the backtest, as it was written.
    pub(super) from: String,
    /// End of the backtest, as it was written.
    pub(super) to: String,
}

impl Draft {
    /// The draft of a form: the fields `name` and `text` in turn. Files without a name and text are left out.
    pub(super) fn of(fields: &Fields) -> Result<Self, Failure> {
        let pairs = fields.all("name").zip(fields.all("text"));
        let files =
            pairs.map(|(name, text)| RuleFile { name: name.trim().to_owned(), text: text.replace("\r\n", "\n") });
        let files: Vec<RuleFile> =
            files.filter(|file| !(file.name.is_empty() && file.text.trim().is_empty())).collect();
        let line = |name: &str| fields.line(name).map(str::to_owned);
        Ok(Self { files, reason: line("reason")?, from: line("from")?, to: line("to")? })
    }

    /// What keeps the draft from every step, with what to do.
    pub(super) fn problem(&self) -> Option<Text> {
        let names: BTreeSet<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        if names.contains("") {
            Some(Text::new("rules-no-name"))
        } else if names.len() < self.files.len() {
            Some(Text::new("rules-same-name"))
        } else if self.files.len() > FILES_MAX {
            Some(Text::new("rules-too-many-files").with("count", FILES_MAX))
        } else {
            None
        }
    }

    /// The rule files.
    pub(super) fn rules(&self) -> Vec<RuleFile> {
        self.files.iter().filter(|file| !is_tests(file)).cloned().collect()
    }

    /// The test files.
    pub(super) fn tests(&self) -> Vec<RuleFile> {
        self.files.iter().filter(|file| is_tests(file)).cloned().collect()
    }

    /// The range of the backtest; a text if it makes no sense.
    pub(super) fn range(&self, platform: &Platform) -> Result<TimeRange, Text> {
        let asked = Asked { from: Some(&self.from), to: Some(&self.to) };
        asked.range(&platform.zone, platform.now(), BACKTEST).map_err(|failure| failure.text())
    }

    /// The form of a visitor.
    pub(super) fn form(&self, visitor: &Visitor, zone: &str) -> Markup {
        let language = visitor.language;
        let time = |name: &str, key: &str, value: &str| {
            html! { label { (language.say(key)) " (" (zone) ")" input name=(name) type="datetime-local" value=(value); } }
        };
        html! {
            form method="post" action="/rules/load" {
                (hidden_token(visitor))
                @for file in &self.files { (fields(language, file)) }
                details open[self.files.is_empty()] {
                    summary { (language.say("rules-add-file")) }
                    label { (language.say("rules-file")) input translate="no" name="name" placeholder="park.rhai" maxlength="200"; }
                    label { (language.say("rules-text")) textarea.code translate="no" name="text" rows="12" spellcheck="false" {} }
                }
                div.fields {
                    (time("from", "rules-backtest-from", &self.from))
                    (time("to", "rules-backtest-to", &self.to))
                }
                label { (language.say("rules-reason")) input name="reason" value=(self.reason) maxlength="200"; }
                div.buttons {
                    button formaction="/rules/check" { (language.say("rules-check")) }
                    button formaction="/rules/test" { (language.say("rules-run-tests")) }
                    button formaction="/rules/backtest" { (language.say("rules-backtest")) }
                    button { (language.say("rules-load")) }
                }
            }
        }
    }
}

fn fields(language: Language, file: &RuleFile) -> Markup {
    html! {
        label { (language.say("rules-file")) input translate="no" name="name" value=(file.name) maxlength="200"; }
        label { (language.say("rules-text")) textarea.code translate="no" name="text" rows=(file.text.lines().count().clamp(4, 40)) spellcheck="false" { "\n" (file.text) } }
    }
}

/// Whether a file holds tests.
pub(super) fn is_tests(file: &RuleFile) -> bool {
    file.name.ends_with(TESTS)
}
