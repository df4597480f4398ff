//! The text of a draft beside the text in force, file by file.

use crate::texts::Language;
use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use vocdb::rules::RuleFile;

/// Lines that are shown of one file.
const LINES_MAX: usize = 1_000;
/// Unchanged lines around a change.
const AROUND: usize = 3;
/// Time in which a shortest difference is looked for; after it, any.
const WITHIN: Duration = Duration::from_millis(500);

/// What changes in each file that is not the same.
pub(super) struct Changes(Vec<Change>);

/// A file that changes.
struct Change {
    name: String,
    /// Key of what happens to the file as a whole, if anything.
    kind: Option<&'static str>,
    lines: Lines,
}

/// What changes in each file.
pub(super) fn changes(in_force: &[RuleFile], draft: &[RuleFile]) -> Changes {
    let texts = |files: &'_ [RuleFile]| -> BTreeMap<String, String> {
        files.iter().map(|file| (file.name.clone(), file.text.clone())).collect()
    };
    let (before, after) = (texts(in_force), texts(draft));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let change = |name: &String| {
        let (before, after) = (before.get(name), after.get(name));
        let kind = match (before, after) {
            (None, _) => Some("rules-new-file"),
            (_, None) => Some("rules-removed-file"),
            _ => None,
        };
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        Change { name: name.clone(), kind, lines: lines(&text(before), &text(after)) }
    };
    Changes(changed.map(change).collect())
}

impl Changes {
    /// The section of a page.
    pub(super) fn shown(&self, language: Language) -> Markup {
        html! {
            h2 { (language.say("rules-changes")) }
            @if self.0.is_empty() { p { (language.say("rules-no-changes")) } }
            @for change in &self.0 {
                h3 {
                    span translate="no" { (change.name) }
                    @if let Some(kind) = change.kind { " " (language.say(kind)) }
                }
                pre.diff {
                    span translate="no" { @for line in &change.lines.shown { (line) } }
                    @if change.lines.left_out > 0 {
                        span.gap { (language.fill("rules-more-lines", &[("count", change.lines.left_out.into())])) }
                    }
                }
            }
        }
    }
}

/// The lines of a difference.
struct Lines {
    shown: Vec<Markup>,
    left_out: usize,
}

fn lines(before: &str, after: &str) -> Lines {
    let diff = TextDiff::configure().timeout(WITHIN).diff_lines(before, after);
    let mut shown: Vec<Markup> = Vec::new();
    for (number, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            shown.push(html! { span.gap { "…\n" } });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            shown.push(line(change.tag(), change.value().trim_end_matches('\n')));
        }
    }
    let left_out = shown.len().saturating_sub(LINES_MAX);
    shown.truncate(LINES_MAX);
    Lines { shown, left_out }
}

fn line(tag: ChangeTag, text: &str) -> Markup {
    html! {
        @match tag {
            ChangeTag::Delete => del { "- " (text) "\n" },
            ChangeTag::Insert => ins { "+ " (text) "\n" },
            ChangeTag::Equal => span { "  " (text) "\n" },
        }
    }
}
