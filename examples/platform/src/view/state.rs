//! The state of a station, from its open alarms and the age of its readings.

use crate::texts::Language;
use maud::{Markup, html};
use std::collections::BTreeMap;
use vocdb::alarm::AlarmRecord;
use vocdb::verdict::Priority;
use vocdb::{Alarm, Timestamp};

/// Intervals without a frame after which a station counts as silent.
const SILENT_INTERVALS: i64 = 3;

/// The state of a station; the worst one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StationState {
    /// No alarm is open.
    Normal,
    /// Nothing has been received for a while.
    Silent,
    /// All open alarms are acknowledged.
    Acknowledged,
    /// An alarm is open and not acknowledged.
    Alarm,
    /// An alarm of high priority is open and not acknowledged.
    Urgent,
}

impl StationState {
    /// The state of an open alarm.
    pub(crate) fn of_alarm(record: &AlarmRecord) -> Self {
        match record.alarm.priority {
            _ if record.alarm.acknowledged.is_some() => Self::Acknowledged,
            Priority::High | Priority::Urgent => Self::Urgent,
            Priority::Low | Priority::Medium => Self::Alarm,
        }
    }

    /// The state of a station without open alarms whose newest reading is of a time.
    pub(crate) fn of_readings(now: Timestamp, newest: Option<Timestamp>, interval_ms: i64) -> Self {
        if is_overdue(now, newest, interval_ms) { Self::Silent } else { Self::Normal }
    }

    /// Key of the state's words.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Normal => "state-normal",
            Self::Silent => "state-silent",
            Self::Acknowledged => "state-acknowledged",
            Self::Alarm => "state-alarm",
            Self::Urgent => "state-urgent",
        }
    }

    /// The state as a mark.
    pub(crate) fn mark(self, language: Language) -> Markup {
        html! { span class=(self.class()) { (language.say(self.key())) } }
    }

    /// The class of its mark.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Normal => "mark normal",
            Self::Silent => "mark silent",
            Self::Acknowledged => "mark acknowledged",
            Self::Alarm => "mark alarm",
            Self::Urgent => "mark urgent",
        }
    }
}

/// Whether a reading newer than the newest one is overdue.
pub(crate) fn is_overdue(now: Timestamp, newest: Option<Timestamp>, interval_ms: i64) -> bool {
    let silent_ms = interval_ms.saturating_mul(SILENT_INTERVALS);
    newest.is_none_or(|newest| now.since_ms(newest) > silent_ms)
}

/// The stations of open alarms, each with its worst state and the number of its alarms.
pub(crate) fn open_stations(alarms: Vec<Alarm>) -> BTreeMap<String, (StationState, usize)> {
    let mut stations: BTreeMap<String, (StationState, usize)> = BTreeMap::new();
    for alarm in alarms {
        let record = AlarmRecord { alarm, closed: None, silence: None, maintenance: Vec::new(), next: None };
        let state = StationState::of_alarm(&record);
        for station in record.stations() {
            let entry = stations.entry(station.to_owned()).or_insert((state, 0));
            *entry = (entry.0.max(state), entry.1 + 1);
        }
    }
    stations
}
