//! The text of a draft beside the text in force, file by file.

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

/// What changes in each file.
pub(super) fn changes(in_force: &[RuleFile], draft: &[RuleFile]) -> Markup {
    let texts = |files: &'_ [RuleFile]| -> BTreeMap<String, String> {
        files.iter().map(|file| (file.name.clone(), file.text.clone())).collect()
    };
    let (before, after) = (texts(in_force), texts(draft));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&String> = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
    html! {
        h2 { "Changes of the text" }
        @if changed.is_empty() { p { "The text is that of the rules in force." } }
        @for name in changed {
            h3 {
                (name)
                @match (before.get(name), after.get(name)) {
                    (None, _) => " (new file)",
                    (_, None) => " (file removed)",
                    _ => "",
                }
            }
            @let text = |files: &BTreeMap<String, String>| files.get(name).cloned().unwrap_or_default();
            (lines(&text(&before), &text(&after)))
        }
    }
}

fn lines(before: &str, after: &str) -> Markup {
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
    html! {
        pre.diff {
            @for one in shown.iter().take(LINES_MAX) { (one) }
            @if shown.len() > LINES_MAX { span.gap { "and " (shown.len() - LINES_MAX) " more lines" } }
        }
    }
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
