//! What is known of a case before somebody opens it.

use super::error::IncidentError;
use crate::alarm::event::{AlarmEvent, AlarmId, GroupId, Opened};
use crate::base::escape::{Line, counted};
use crate::model::Timestamp;
use crate::verdict::{Chain, Truth};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Time from opening to deadline if nothing else is said: a day.
const ALLOWED_MS: i64 = 86_400_000;

/// A case that is to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Title of the case, on one line.
    pub title: String,
    /// Alarm group that the case is about, if any.
    pub group: Option<GroupId>,
    /// Alarms of the group.
    pub alarms: BTreeSet<AlarmId>,
    /// Names of stations.
    pub stations: BTreeSet<String>,
    /// Event time at which it began.
    pub from: Timestamp,
    /// Event time at which it ended, if that is known.
    pub to: Option<Timestamp>,
    /// Milliseconds from the opening to the deadline.
    pub allowed_ms: i64,
    /// Escalation chain of the alarm that opens when the deadline has passed.
    pub chain: Chain,
}

impl Opening {
    /// A case without alarms, with a deadline of 24 hours and no escalation chain.
    pub fn new(title: impl Into<String>, from: Timestamp) -> Self {
        Self {
            title: title.into(),
            group: None,
            alarms: BTreeSet::new(),
            stations: BTreeSet::new(),
            from,
            to: None,
            allowed_ms: ALLOWED_MS,
            chain: Chain::default(),
        }
    }

    /// A case about the group of an alarm, with all alarms that have joined it: their stations, their time span, and the escalation chain of
    /// the alarm that opened the group (or of the first alarm that has one). The deadline is 24 hours.
    ///
    /// # Errors
    /// [`IncidentError::NoAlarm`] if no event tells of the alarm; [`IncidentError::Wrong`] if it is itself the alarm of an overdue incident.
    pub fn of_alarm(alarm: AlarmId, events: &[AlarmEvent]) -> Result<Self, IncidentError> {
        let joined = |event: &AlarmEvent| match event {
            AlarmEvent::Joined(joined) => Some((joined.alarm, joined.group)),
            _ => None,
        };
        let groups: BTreeMap<AlarmId, GroupId> = events.iter().filter_map(joined).collect();
        let group_of = |alarm: AlarmId| groups.get(&alarm).copied().unwrap_or(GroupId(alarm.0));
        let group = group_of(alarm);
        let (mut members, mut ends) = (Vec::new(), BTreeMap::new());
        for event in events {
            match event {
                AlarmEvent::Opened(opened) if group_of(opened.alarm) == group => members.push(opened),
                AlarmEvent::Closed(closed) => {
                    ends.insert(closed.alarm, closed.closed_at);
                }
                _ => {}
            }
        }
        let first = members.first().ok_or(IncidentError::NoAlarm(alarm))?;
        if first.is_overdue() {
            let (what, problem) = ("the alarm", "is that of an overdue incident: add a step to the incident instead");
            return Err(IncidentError::Wrong { what, problem });
        }
        let all_ends: Option<Vec<Timestamp>> = members.iter().map(|one| ends.get(&one.alarm).copied()).collect();
        let to = all_ends.and_then(|ends| ends.into_iter().max());
        Ok(Self { to, ..Self::of_group(group, &members) })
    }

    /// A case about the alarms of a group, in order of their numbers; without an end. See [`Opening::of_alarm`].
    #[must_use]
    pub fn of_group(group: GroupId, members: &[&Arc<Opened>]) -> Self {
        let title = members.first().map_or("", |first| first.title.as_str());
        let more = match members.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {}", counted(more, "further alarm")),
        };
        let from = members.iter().map(|one| one.since).min().unwrap_or_default();
        let mut chains = members.iter().map(|one| &one.chain);
        Self {
            group: Some(group),
            alarms: members.iter().map(|one| one.alarm).collect(),
            stations: members.iter().flat_map(|one| stations(one)).map(str::to_owned).collect(),
            chain: chains.find(|chain| !chain.steps.is_empty()).cloned().unwrap_or_default(),
            ..Self::new(format!("{}{more}", Line(title)), from)
        }
    }
}

/// The stations that tripped, or the scope if none is recorded.
fn stations(opened: &Opened) -> Vec<&str> {
    let tripped = opened.evidence.iter().filter(|one| one.trip == Truth::True);
    let tripped: Vec<&str> = tripped.map(|one| one.station.as_str()).collect();
    if tripped.is_empty() { vec![opened.scope_key.as_str()] } else { tripped }
}
