//! Episodes: alarms that are close in time are taken as one release.

use crate::alarm::event::{AlarmEvent, AlarmId};
use crate::model::{TimeRange, Timestamp};
use std::collections::BTreeMap;

/// Margin before the first opening and behind the last closing of an episode.
const MARGIN_MS: i64 = 15 * 60_000;
/// Alarms that are no further apart than this belong to one episode.
const MERGE_MS: i64 = 30 * 60_000;

/// Alarms that follow each other closely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Time from 15 minutes before the condition of the first alarm began to hold to 15 minutes after the last one closed.
    pub range: TimeRange,
    /// The alarms, in the order of their openings.
    pub alarms: Vec<AlarmId>,
    /// Rules of the alarms, without repeats, in the order of their openings.
    pub rules: Vec<String>,
    /// Whether an alarm was still open at the end.
    pub is_open: bool,
}

/// Groups the alarms of some events into episodes: gaps of up to 30 minutes are bridged. An alarm that is still open lasts to `end`.
#[must_use]
pub fn episodes(events: &[AlarmEvent], end: Timestamp) -> Vec<Episode> {
    let mut spans: BTreeMap<AlarmId, (Timestamp, Option<Timestamp>, &str)> = BTreeMap::new();
    for event in events {
        match event {
            AlarmEvent::Opened(opened) => {
                spans.insert(opened.alarm, (opened.since, None, &opened.rule));
            }
            AlarmEvent::Closed(closed) => {
                if let Some((_, end, _)) = spans.get_mut(&closed.alarm) {
                    *end = Some(closed.closed_at);
                }
            }
            _ => {}
        }
    }
    let mut ordered: Vec<(Timestamp, AlarmId, Option<Timestamp>, &str)> =
        spans.into_iter().map(|(alarm, (from, to, rule))| (from, alarm, to, rule)).collect();
    ordered.sort_unstable();
    let mut found: Vec<Episode> = Vec::new();
    for (from, alarm, closed, rule) in ordered {
        let to = closed.unwrap_or(end).max(from);
        let merges = |last: &&mut Episode| from.plus_ms(-MERGE_MS - MARGIN_MS) <= last.range.to;
        if let Some(last) = found.last_mut().filter(merges) {
            last.range.to = last.range.to.max(to.plus_ms(MARGIN_MS));
            last.alarms.push(alarm);
            last.is_open |= closed.is_none();
            if !last.rules.iter().any(|known| known == rule) {
                last.rules.push(rule.to_owned());
            }
        } else {
            found.push(Episode {
                range: TimeRange::new(from.plus_ms(-MARGIN_MS), to.plus_ms(MARGIN_MS)),
                alarms: vec![alarm],
                rules: vec![rule.to_owned()],
                is_open: closed.is_none(),
            });
        }
    }
    found
}
