//! The alarms that rules would have raised, beside those of the rules in force.

use crate::platform::Platform;
use crate::view::moment;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::AlarmKey;
use vocdb::alarm::report::{AlarmSpan, AlarmTally, Difference};
use vocdb::{TimeRange, Timestamp};

/// Alarms that the table lists.
const LISTED: usize = 300;

/// What rules would have done in a range.
pub(super) struct Raised {
    /// Alarms and notifications.
    pub(super) tally: AlarmTally,
    /// Readings that they were tried on, frame by frame.
    pub(super) frames: u64,
    /// The range.
    pub(super) range: TimeRange,
}

/// A draft beside the rules in force.
pub(super) struct Compared {
    /// The draft.
    pub(super) draft: Raised,
    /// The rules in force, if there are other ones.
    pub(super) before: Option<Raised>,
    /// Whether the draft is what is in force.
    pub(super) is_same: bool,
}

/// Which rules raise an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Draft,
    Before,
    /// Both, at other times or with another priority.
    Moved,
    Both,
}

impl Whose {
    const fn words(self) -> &'static str {
        match self {
            Self::Draft => "only with the new rules",
            Self::Before => "only with the rules in force",
            Self::Moved => "both, differently",
            Self::Both => "both",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Draft => "mark alarm",
            Self::Before => "mark silent",
            Self::Moved => "mark acknowledged",
            Self::Both => "mark normal",
        }
    }
}

/// A row: the alarm with the new rules, and with the rules in force.
struct Row<'a> {
    whose: Whose,
    draft: Option<&'a AlarmSpan>,
    before: Option<&'a AlarmSpan>,
}

impl Row<'_> {
    fn order(&self) -> Option<(&AlarmKey, Timestamp)> {
        self.draft.or(self.before).map(|span| (&span.key, span.opened_at))
    }
}

/// Counts of a rule.
#[derive(Default)]
struct Counts {
    draft: usize,
    before: usize,
    only_draft: usize,
    only_before: usize,
    moved: usize,
}

/// The result of a backtest.
pub(super) fn shown(platform: &Platform, compared: &Compared) -> Markup {
    let Compared { draft, before, is_same } = compared;
    let nothing = AlarmTally::default();
    let difference = Difference::between(before.as_ref().map_or(&nothing, |before| &before.tally), &draft.tally);
    let rows = rows(&draft.tally, &difference);
    let time = |time| moment(&platform.zone, time);
    html! {
        p.good {
            "Backtest from " (time(draft.range.from)) " to " (time(draft.range.to)) " over " (draft.frames) " frames. Alarms: "
            (draft.tally.alarms().count()) " with the new rules"
            @match before {
                Some(before) => { ", " (before.tally.alarms().count()) " with the rules in force." },
                None if *is_same => ". These are the rules in force.",
                None => ". No rules are in force.",
            }
            " Nothing has changed."
        }
        @if draft.frames == 0 { p.problem { "There are no readings in this range, so no rule was tried: choose another range." } }
        @if !rows.is_empty() {
            h2 { "Alarms by rule" }
            (by_rule(&rows, before.is_some()))
            h2 { "Alarms" }
            (table(platform, &rows, before.is_some()))
        }
        @if !difference.contacts.is_empty() {
            h2 { "Calls for attention" }
            (recipients(&difference, before.is_some()))
        }
    }
}

/// All alarms of both, by rule, scope and opening; those that both raise alike are last.
fn rows<'a>(draft: &'a AlarmTally, difference: &'a Difference) -> Vec<Row<'a>> {
    let moved = difference.moved.iter();
    let mut rows: Vec<Row<'a>> =
        moved.map(|(before, draft)| Row { whose: Whose::Moved, draft: Some(draft), before: Some(before) }).collect();
    rows.extend(difference.only_first.iter().map(|before| Row {
        whose: Whose::Before,
        draft: None,
        before: Some(before),
    }));
    let only: BTreeSet<_> = difference.only_second.iter().map(|span| span.alarm).collect();
    let changed: BTreeSet<_> = difference.moved.iter().map(|(_, draft)| draft.alarm).collect();
    for span in draft.alarms().filter(|span| !changed.contains(&span.alarm)) {
        rows.push(if only.contains(&span.alarm) {
            Row { whose: Whose::Draft, draft: Some(span), before: None }
        } else {
            Row { whose: Whose::Both, draft: Some(span), before: Some(span) }
        });
    }
    // What differs comes first.
    rows.sort_by(|one, other| {
        let is_alike = |row: &Row<'_>| row.whose == Whose::Both;
        (is_alike(one), one.order()).cmp(&(is_alike(other), other.order()))
    });
    rows
}

fn by_rule(rows: &[Row<'_>], is_compared: bool) -> Markup {
    let mut rules: BTreeMap<&str, Counts> = BTreeMap::new();
    for row in rows {
        let Some((key, _)) = row.order() else { continue };
        let counts = rules.entry(key.rule.as_str()).or_default();
        counts.draft += usize::from(row.draft.is_some());
        counts.before += usize::from(row.before.is_some());
        counts.only_draft += usize::from(row.whose == Whose::Draft);
        counts.only_before += usize::from(row.whose == Whose::Before);
        counts.moved += usize::from(row.whose == Whose::Moved);
    }
    let count = |words: &str, number: usize| html! { td.number data-label=(words) { (number) } };
    html! {
        table {
            thead { tr {
                th { "Rule" } th.number { "New rules" }
                @if is_compared {
                    th.number { "In force" } th.number { "Only new" } th.number { "Only in force" } th.number { "Differently" }
                }
            } }
            tbody { @for (rule, counts) in &rules {
                tr {
                    th scope="row" { (rule) }
                    (count("New rules", counts.draft))
                    @if is_compared {
                        (count("In force", counts.before)) (count("Only new", counts.only_draft))
                        (count("Only in force", counts.only_before)) (count("Differently", counts.moved))
                    }
                }
            } }
        }
    }
}

fn table(platform: &Platform, rows: &[Row<'_>], is_compared: bool) -> Markup {
    html! {
        table {
            thead { tr {
                th { "Rule" } th { "Station or scope" }
                @if is_compared { th { "Raised by" } }
                th { "With the new rules" }
                @if is_compared { th { "With the rules in force" } }
            } }
            tbody { @for row in rows.iter().take(LISTED) {
                @if let Some((key, _)) = row.order() {
                    tr {
                        th scope="row" { (key.rule) }
                        td data-label="Station or scope" { (key.scope_key) }
                        @if is_compared { td data-label="Raised by" { span class=(row.whose.class()) { (row.whose.words()) } } }
                        td.time data-label="With the new rules" { (span(platform, row.draft)) }
                        @if is_compared { td.time data-label="With the rules in force" { (span(platform, row.before)) } }
                    }
                }
            } }
        }
        @if rows.len() > LISTED { p.soft { "and " (rows.len() - LISTED) " more" } }
    }
}

fn span(platform: &Platform, span: Option<&AlarmSpan>) -> Markup {
    html! {
        @match span {
            None => span.soft { "no alarm" },
            Some(span) => {
                (moment(&platform.zone, span.opened_at))
                div.soft.small {
                    @match span.closed { Some((at, _)) => { "to " (moment(&platform.zone, at)) } None => "still open at the end" }
                    ", " (span.priority)
                }
            }
        }
    }
}

fn recipients(difference: &Difference, is_compared: bool) -> Markup {
    html! {
        table {
            thead { tr { th { "Recipient" } th.number { "New rules" } @if is_compared { th.number { "In force" } } } }
            tbody { @for (contact, (before, draft)) in &difference.contacts {
                tr {
                    th scope="row" { (contact.0) }
                    td.number data-label="New rules" { (draft.pages) }
                    @if is_compared { td.number data-label="In force" { (before.pages) } }
                }
            } }
        }
    }
}
