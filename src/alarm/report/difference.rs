//! What another rule set would have done otherwise.

use super::tally::{AlarmSpan, AlarmTally, Pages};
use crate::alarm::event::AlarmKey;
use crate::verdict::Contact;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The alarms and pages of two runs over the same readings, side by side. Alarms are the same where rule and scope are and both were open
/// at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Alarms of the first run alone, by rule, scope and opening.
    pub only_first: Vec<AlarmSpan>,
    /// Alarms of the second run alone.
    pub only_second: Vec<AlarmSpan>,
    /// Alarms of both that opened or closed at other times, or had another highest priority: of the first run, and of the second.
    pub moved: Vec<(AlarmSpan, AlarmSpan)>,
    /// How many alarms opened and closed at the same times in both, with the same highest priority.
    pub same: u64,
    /// By contact, what they were told in the first run and in the second.
    pub contacts: BTreeMap<Contact, (Pages, Pages)>,
}

impl Difference {
    /// Puts two runs side by side.
    #[must_use]
    pub fn between(first: &AlarmTally, second: &AlarmTally) -> Self {
        let mut difference = Self::default();
        let (by_key, mut others) = (by_key(first), by_key(second));
        for (key, spans) in by_key {
            difference.compare(&spans, &others.remove(key).unwrap_or_default());
        }
        for spans in others.into_values() {
            difference.compare(&[], &spans);
        }
        difference.only_second.sort_by(|a, b| (&a.key, a.opened_at).cmp(&(&b.key, b.opened_at)));
        let contacts: BTreeSet<&Contact> =
            first.contacts().map(|(contact, _)| contact).chain(second.contacts().map(|(contact, _)| contact)).collect();
        let told = |contact: &Contact| (contact.clone(), (first.pages_of(contact), second.pages_of(contact)));
        difference.contacts = contacts.into_iter().map(told).collect();
        difference
    }

    /// Goes through the alarms of one rule and scope, both in order of time.
    fn compare(&mut self, mut first: &[&AlarmSpan], mut second: &[&AlarmSpan]) {
        loop {
            let pair = (first.split_first(), second.split_first());
            let order = match pair {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) if a.meets(b) => Ordering::Equal,
                (Some((a, _)), Some((b, _))) => a.opened_at.cmp(&b.opened_at),
            };
            match pair {
                (Some((a, rest)), _) if order == Ordering::Less => {
                    self.only_first.push((*a).clone());
                    first = rest;
                }
                (_, Some((b, rest))) if order == Ordering::Greater => {
                    self.only_second.push((*b).clone());
                    second = rest;
                }
                (Some((a, rest_of_first)), Some((b, rest_of_second))) => {
                    self.pair(a, b);
                    (first, second) = (rest_of_first, rest_of_second);
                }
                _ => return,
            }
        }
    }

    fn pair(&mut self, a: &AlarmSpan, b: &AlarmSpan) {
        if (a.opened_at, a.closed_at(), a.priority) == (b.opened_at, b.closed_at(), b.priority) {
            self.same += 1;
        } else {
            self.moved.push((a.clone(), b.clone()));
        }
    }
}

fn by_key(tally: &AlarmTally) -> BTreeMap<&AlarmKey, Vec<&AlarmSpan>> {
    let mut by_key: BTreeMap<&AlarmKey, Vec<&AlarmSpan>> = BTreeMap::new();
    for span in tally.alarms() {
        by_key.entry(&span.key).or_default().push(span);
    }
    by_key.values_mut().for_each(|spans| spans.sort_by_key(|span| span.opened_at));
    by_key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::event::{AlarmEvent, AlarmId, CloseReason, Closed, Opened};
    use crate::base::checksum::Digest;
    use crate::model::Timestamp;
    use crate::verdict::{Chain, Place, Priority};
    use std::ops::Range;

    /// A tally of alarms of a scope each, open over ranges of seconds; one that ends at 99 is open still.
    fn tally(spans: &[(&str, Range<i64>)]) -> AlarmTally {
        let mut tally = AlarmTally::default();
        for (number, (scope, range)) in (1..).zip(spans) {
            let at = |second: i64| Timestamp::from_ms(second * 1_000);
            let (alarm, scope_key) = (AlarmId(number), (*scope).to_owned());
            tally.take(&AlarmEvent::Opened(std::sync::Arc::new(Opened {
                alarm,
                rule: "r".to_owned(),
                scope_key: scope_key.clone(),
                title: String::new(),
                priority: Priority::Low,
                since: at(range.start),
                opened_at: at(range.start),
                recorded_at: at(range.start),
                chain: Chain::default(),
                channels: Vec::new(),
                unit: String::new(),
                evidence: Vec::new(),
                watermark: None,
                rule_set: Digest::default(),
                place: Place { file: "r.rhai".into(), line: 1, column: 1 },
                guidance: String::new(),
                fault: None,
                timing: crate::alarm::event::Timing::OnTime,
                found_at: None,
            })));
            if range.end < 99 {
                tally.take(&AlarmEvent::Closed(Box::new(Closed {
                    alarm,
                    rule: "r".to_owned(),
                    scope_key,
                    closed_at: at(range.end),
                    recorded_at: at(range.end),
                    reason: CloseReason::Cleared,
                    evidence: Vec::new(),
                    watermark: None,
                    rule_set: None,
                    place: None,
                })));
            }
        }
        tally
    }

    fn told(spans: &[AlarmSpan]) -> Vec<(String, i64)> {
        spans.iter().map(|span| (span.key.scope_key.clone(), span.opened_at.as_ms() / 1_000)).collect()
    }

    fn named(scope: &str, second: i64) -> (String, i64) {
        (scope.to_owned(), second)
    }

    #[test]
    fn alarms_are_paired_where_both_were_open_at_one_instant() {
        let first = tally(&[("a", 1..5), ("a", 10..20), ("a", 30..40), ("b", 1..99), ("c", 3..4)]);
        let second = tally(&[("a", 6..8), ("a", 12..15), ("a", 16..22), ("a", 30..40), ("b", 1..99), ("d", 2..99)]);
        let found = Difference::between(&first, &second);
        assert_eq!(told(&found.only_first), [named("a", 1), named("c", 3)]);
        assert_eq!(told(&found.only_second), [named("a", 6), named("a", 16), named("d", 2)]);
        assert_eq!(found.moved.len(), 1);
        assert_eq!(
            (told(&[found.moved[0].0.clone()]), told(&[found.moved[0].1.clone()])),
            (vec![named("a", 10)], vec![named("a", 12)])
        );
        assert_eq!(found.same, 2);
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        let one = tally(&[("a", 1..5), ("a", 5..20), ("b", 30..99)]);
        let found = Difference::between(&one, &one);
        assert_eq!(found, Difference { same: 3, ..Difference::default() });
    }
}
