//! Alarms and notifications of a case.

use crate::alarm::{AlarmEvent, AlarmId, AlarmRecord, Explanation};
use crate::model::{Registry, Timestamp};
use crate::query::Readings;
use crate::trace::incident::Incident;
use crate::trace::report::{AlarmSpan, NotificationRow};

/// Time that the charts show before and after the incident.
pub(super) const AROUND_MS: i64 = 7_200_000;
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
            priority: opened.priority.to_string(),
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

/// The end of the incident: as recorded, or that of its last alarm, or the newest reading of its first day.
pub(super) fn end(
    incident: &Incident,
    alarms: &[AlarmSpan],
    (registry, readings): (&Registry, &Readings),
) -> Timestamp {
    let ends: Option<Vec<Timestamp>> = alarms.iter().map(|alarm| alarm.closed_at).collect();
    let closed = ends.and_then(|ends| ends.into_iter().max());
    let from = incident.opened.from;
    incident.opened.to.or(closed).unwrap_or_else(|| {
        let newest = registry.instruments().filter_map(|(id, ..)| readings.newest(id)).max();
        newest.unwrap_or(from).clamp(from, from.plus_ms(OPEN_MS_MAX))
    })
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
