//! Alarms and notifications of a case.

use crate::alarm::{AlarmEvent, AlarmId, AlarmRecord, Explanation};
use crate::model::{Registry, TimeRange};
use crate::query::Readings;
use crate::trace::incident::Incident;
use crate::trace::report::{AlarmSpan, NotificationRow};

/// Time that the charts show before and after the incident.
pub(super) const AROUND_MS: i64 = 7_200_000;
/// Time before and after the incident whose readings the source is located from.
pub(super) const LOCATED_MS: i64 = 15 * 60_000;
/// Length of an incident without an end, at most.
const OPEN_MS_MAX: i64 = 86_400_000;

fn ids(incident: &Incident) -> impl Iterator<Item = AlarmId> + '_ {
    incident.alarms.iter().copied().chain(incident.overdue.iter().map(|overdue| overdue.alarm))
}

/// The alarms of the case, without those of its deadline.
pub(super) fn alarms(events: &[AlarmEvent], incident: &Incident) -> Vec<AlarmSpan> {
    let records =
        AlarmRecord::all(events).into_iter().filter(|record| incident.alarms.contains(&record.alarm.opened.alarm));
    let span = records.map(|record| {
        let opened = &record.alarm.opened;
        AlarmSpan {
            alarm: opened.alarm.0,
            title: opened.title.clone(),
            rule: opened.rule.clone(),
            priority: record.alarm.priority_max.to_string(),
            stations: record.stations().into_iter().map(str::to_owned).collect(),
            since: opened.since,
            opened_at: opened.opened_at,
            closed_at: record.closed.as_ref().map(|closed| closed.closed_at),
        }
    });
    span.collect()
}

/// The first channel of the alarms.
pub(super) fn channel(events: &[AlarmEvent], incident: &Incident) -> Option<String> {
    let first = incident.alarms.iter().find_map(|alarm| Explanation::of(events, *alarm))?;
    first.opened.channels.first().cloned()
}

/// The time of the incident: from its start, or that of its first alarm, to its recorded end or that of its last alarm. If neither is known,
/// or an alarm is open, it ends with the newest reading of its first day.
pub(super) fn span(
    incident: &Incident,
    alarms: &[AlarmSpan],
    (registry, readings): (&Registry, &Readings),
) -> TimeRange {
    let opened = &incident.opened;
    let from = alarms.iter().map(|alarm| alarm.since).min().map_or(opened.from, |first| first.min(opened.from));
    let is_open = alarms.iter().any(|alarm| alarm.closed_at.is_none());
    let ends = alarms.iter().filter_map(|alarm| alarm.closed_at).chain(opened.to);
    let known = ends.max().filter(|_| !is_open);
    let to = known.unwrap_or_else(|| {
        let newest = registry.instruments().filter_map(|(id, ..)| readings.newest(id)).max();
        newest.unwrap_or(from).clamp(from, from.plus_ms(OPEN_MS_MAX))
    });
    TimeRange::new(from, to.max(from))
}

/// Every notification about the alarms of the case, those of its deadline among them.
pub(super) fn notifications(events: &[AlarmEvent], incident: &Incident) -> Vec<NotificationRow> {
    let of_alarm = |alarm: AlarmId| {
        let told = Explanation::of(events, alarm).map_or_else(Vec::new, |explanation| explanation.told);
        told.into_iter().map(move |told| NotificationRow {
            alarm: alarm.0,
            contact: told.contact,
            route: told.way,
            subject: match told.repeat {
                0 => told.subject.to_string(),
                repeat => format!("{}, reminder {repeat}", told.subject),
            },
            written_at: told.written_at,
            attempts: told.attempts,
        })
    };
    ids(incident).flat_map(of_alarm).collect()
}
