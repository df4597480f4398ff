//! The alarms that rules would have raised, beside those of the rules in force.

use crate::platform::Platform;
use crate::texts::Language;
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
    /// Key of the words.
    const fn key(self) -> &'static str {
        match self {
            Self::Draft => "raised-draft-only",
            Self::Before => "raised-before-only",
            Self::Moved => "raised-differently",
            Self::Both => "raised-both",
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
pub(super) fn shown(platform: &Platform, language: Language, compared: &Compared) -> Markup {
    let Compared { draft, before, .. } = compared;
    let nothing = AlarmTally::default();
    let difference = Difference::between(before.as_ref().map_or(&nothing, |before| &before.tally), &draft.tally);
    let rows = rows(&draft.tally, &difference);
    html! {
        p.good { (summary(platform, language, compared)) }
        @if draft.frames == 0 { p.problem { (language.say("raised-no-readings")) } }
        @if !rows.is_empty() {
            h2 { (language.say("raised-by-rule")) }
            (by_rule(language, &rows, before.is_some()))
            h2 { (language.say("tab-alarms")) }
            (table(platform, language, (&rows, before.is_some())))
        }
        @if !difference.contacts.is_empty() {
            h2 { (language.say("raised-calls")) }
            (recipients(language, &difference, before.is_some()))
        }
    }
}

/// What was run, and how many alarms there were.
fn summary(platform: &Platform, language: Language, compared: &Compared) -> String {
    let Compared { draft, before, is_same } = compared;
    let time = |time| moment(&platform.zone, time).into();
    let mut values = vec![
        ("from", time(draft.range.from)),
        ("to", time(draft.range.to)),
        ("frames", draft.frames.into()),
        ("alarms", draft.tally.alarms().count().into()),
    ];
    match before {
        Some(before) => {
            values.push(("before", before.tally.alarms().count().into()));
            language.fill("raised-compared", &values)
        }
        None if *is_same => language.fill("raised-same", &values),
        None => language.fill("raised-alone", &values),
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

fn by_rule(language: Language, rows: &[Row<'_>], is_compared: bool) -> Markup {
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
    let count = |key: &str, number: usize| html! { td.number data-label=(language.say(key)) { (number) } };
    html! {
        table {
            thead { tr {
                th { (language.say("label-rule")) } th.number { (language.say("raised-new")) }
                @if is_compared {
                    th.number { (language.say("raised-in-force")) } th.number { (language.say("raised-only-new")) }
                    th.number { (language.say("raised-only-in-force")) } th.number { (language.say("raised-moved")) }
                }
            } }
            tbody { @for (rule, counts) in &rules {
                tr {
                    th scope="row" translate="no" { (rule) }
                    (count("raised-new", counts.draft))
                    @if is_compared {
                        (count("raised-in-force", counts.before)) (count("raised-only-new", counts.only_draft))
                        (count("raised-only-in-force", counts.only_before)) (count("raised-moved", counts.moved))
                    }
                }
            } }
        }
    }
}

fn table(platform: &Platform, language: Language, (rows, is_compared): (&[Row<'_>], bool)) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("label-rule")) } th { (language.say("raised-scope")) }
                @if is_compared { th { (language.say("raised-whose")) } }
                th { (language.say("raised-with-new")) }
                @if is_compared { th { (language.say("raised-with-in-force")) } }
            } }
            tbody { @for row in rows.iter().take(LISTED) {
                @if let Some((key, _)) = row.order() {
                    tr {
                        th scope="row" translate="no" { (key.rule) }
                        td data-label=(language.say("raised-scope")) translate="no" { (key.scope_key) }
                        @if is_compared {
                            td data-label=(language.say("raised-whose")) { span class=(row.whose.class()) { (language.say(row.whose.key())) } }
                        }
                        td.time data-label=(language.say("raised-with-new")) { (span(platform, language, row.draft)) }
                        @if is_compared {
                            td.time data-label=(language.say("raised-with-in-force")) { (span(platform, language, row.before)) }
                        }
                    }
                }
            } }
        }
        @if rows.len() > LISTED { p.soft { (language.fill("stations-more", &[("count", (rows.len() - LISTED).into())])) } }
    }
}

fn span(platform: &Platform, language: Language, span: Option<&AlarmSpan>) -> Markup {
    html! {
        @match span {
            None => span.soft { (language.say("raised-no-alarm")) },
            Some(span) => {
                (moment(&platform.zone, span.opened_at))
                div.soft.small {
                    @match span.closed {
                        Some((at, _)) => (language.fill("raised-to", &[("time", moment(&platform.zone, at).into())])),
                        None => (language.say("raised-still-open")),
                    }
                    (language.say("list-separator")) (language.word("priority", span.priority.name()))
                }
            }
        }
    }
}

fn recipients(language: Language, difference: &Difference, is_compared: bool) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("label-recipient")) } th.number { (language.say("raised-new")) }
                @if is_compared { th.number { (language.say("raised-in-force")) } }
            } }
            tbody { @for (contact, (before, draft)) in &difference.contacts {
                tr {
                    th scope="row" translate="no" { (contact.0) }
                    td.number data-label=(language.say("raised-new")) { (draft.pages) }
                    @if is_compared { td.number data-label=(language.say("raised-in-force")) { (before.pages) } }
                }
            } }
        }
    }
}
