//! What rules come to over a range of time: alarms from opening to end, pages, floods. For backtests and forecasts.

use crate::alarm::event::{AlarmEvent, AlarmId, AlarmKey, CloseReason, Flood, Notification, Opened, Subject};
use crate::model::Timestamp;
use crate::verdict::{Contact, Priority};
use std::collections::BTreeMap;

/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;

/// One alarm from its opening to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmSpan {
    /// Its number.
    pub alarm: AlarmId,
    /// Its rule and scope.
    pub key: AlarmKey,
    /// Highest priority that it had.
    pub priority: Priority,
    /// What people read.
    pub title: String,
    /// Event time of its opening.
    pub opened_at: Timestamp,
    /// Event time of its end, and why it ended; `None` where it is open still.
    pub closed: Option<(Timestamp, CloseReason)>,
}

/// What one contact was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pages {
    /// Calls for attention: steps, reminders, rises of the priority and roll-ups, each once over however many ways.
    pub pages: u64,
    /// Messages over all ways, those that say that an alarm has closed among them.
    pub messages: u64,
    /// Milliseconds in a flood of alarms.
    pub flood_ms: i64,
}

/// Alarms and pages of one run of rules, taken in event by event.
///
/// ```
/// use vocdb::alarm::report::AlarmTally;
/// let tally = AlarmTally::default();
/// assert_eq!(tally.alarms().count(), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlarmTally {
    alarms: BTreeMap<AlarmId, AlarmSpan>,
    contacts: BTreeMap<Contact, Reached>,
}

/// A contact on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Reached {
    pages: Pages,
    /// What the last page was about.
    last: Option<(Option<AlarmId>, Subject, u32, u32)>,
    flood_since: Option<Timestamp>,
}

/// Days with readings below which rates per day mean nothing.
const DAYS_MIN: f64 = 23.0 / 24.0;

/// What a rule set does in a day, from what it would have done in a range of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// How many days with readings it is drawn from.
    pub days: f64,
    /// Openings in that time, by rule.
    pub openings: BTreeMap<String, u64>,
    /// Openings a day, by rule.
    pub openings_per_day: BTreeMap<String, f64>,
    /// By contact: pages a day, and the share of the time in a flood, 0 to 1.
    pub contacts: BTreeMap<Contact, (f64, f64)>,
}

impl Forecast {
    /// Whether the readings cover less than a day (23 hours, for hourly ones), so that rates per day mean nothing.
    #[must_use]
    pub const fn is_too_little(&self) -> bool {
        self.days < DAYS_MIN
    }
}

impl AlarmTally {
    /// Takes in the next event.
    pub fn take(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) => {
                self.alarms.insert(opened.alarm, AlarmSpan::new(opened));
            }
            AlarmEvent::Closed(closed) => {
                if let Some(span) = self.alarms.get_mut(&closed.alarm) {
                    span.closed = Some((closed.closed_at, closed.reason));
                }
            }
            AlarmEvent::PriorityChanged(change) => {
                if let Some(span) = self.alarms.get_mut(&change.alarm) {
                    span.priority = span.priority.max(change.to);
                }
            }
            AlarmEvent::Notification(notification) => self.take_notification(notification),
            AlarmEvent::FloodChanged(flood) => self.take_flood(flood),
            _ => {}
        }
    }

    fn take_notification(&mut self, notification: &Notification) {
        let reached = self.contacts.entry(notification.contact.clone()).or_default();
        reached.pages.messages += 1;
        let Notification { alarm, subject, repeat, retrips, .. } = notification;
        let about = Some((*alarm, *subject, *repeat, *retrips));
        let is_page = matches!(
            notification.subject,
            Subject::Step(_) | Subject::RollUp(_) | Subject::Late(_) | Subject::Expired(_) | Subject::Raised(_)
        );
        if is_page && reached.last != about {
            reached.pages.pages += 1;
            reached.last = about;
        }
    }

    fn take_flood(&mut self, flood: &Flood) {
        let reached = self.contacts.entry(flood.contact.clone()).or_default();
        match (flood.is_on, reached.flood_since) {
            (true, None) => reached.flood_since = Some(flood.at),
            (false, Some(since)) => {
                reached.pages.flood_ms += flood.at.since_ms(since).max(0);
                reached.flood_since = None;
            }
            _ => {}
        }
    }

    /// Ends floods that still last, at the end of the range.
    pub fn end(&mut self, at: Timestamp) {
        for reached in self.contacts.values_mut() {
            if let Some(since) = reached.flood_since.take() {
                reached.pages.flood_ms += at.since_ms(since).max(0);
            }
        }
    }

    /// All alarms, by number.
    pub fn alarms(&self) -> impl Iterator<Item = &AlarmSpan> {
        self.alarms.values()
    }

    /// Everybody who was told, by name.
    pub fn contacts(&self) -> impl Iterator<Item = (&Contact, Pages)> {
        self.contacts.iter().map(|(contact, reached)| (contact, reached.pages))
    }

    /// What was told to one contact.
    #[must_use]
    pub fn pages_of(&self, contact: &Contact) -> Pages {
        self.contacts.get(contact).map_or_else(Pages::default, |reached| reached.pages)
    }

    /// What this comes to in a day, where so many milliseconds have readings; none count as one millisecond.
    #[must_use]
    pub fn forecast(&self, covered_ms: i64) -> Forecast {
        let covered_ms = covered_ms.max(1) as f64;
        let days = covered_ms / DAY_MS;
        let mut openings: BTreeMap<String, u64> = BTreeMap::new();
        for span in self.alarms.values() {
            *openings.entry(span.key.rule.clone()).or_default() += 1;
        }
        let openings_per_day = openings.iter().map(|(rule, count)| (rule.clone(), *count as f64 / days)).collect();
        let of_contact = |(contact, pages): (&Contact, Pages)| {
            (contact.clone(), (pages.pages as f64 / days, pages.flood_ms as f64 / covered_ms))
        };
        Forecast { days, openings, openings_per_day, contacts: self.contacts().map(of_contact).collect() }
    }
}

impl AlarmSpan {
    fn new(opened: &Opened) -> Self {
        Self {
            alarm: opened.alarm,
            key: AlarmKey::new(opened.rule.as_str(), opened.scope_key.as_str()),
            priority: opened.priority,
            title: opened.title.clone(),
            opened_at: opened.opened_at,
            closed: None,
        }
    }

    /// Event time of its end; the end of time where it is open still.
    #[must_use]
    pub fn closed_at(&self) -> Timestamp {
        self.closed.map_or(Timestamp::MAX, |(at, _)| at)
    }

    /// Whether both were open at one instant.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.opened_at <= other.closed_at() && other.opened_at <= self.closed_at()
    }
}
