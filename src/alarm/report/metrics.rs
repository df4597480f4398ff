//! How the alarm system itself is doing: the figures of ISA-18.2 and OPC UA Part 9, from events over a range of time.

use crate::alarm::event::{AlarmEvent, AlarmId, AlarmKey, Closed, PriorityChange};
use crate::model::{TimeRange, Timestamp};
use crate::verdict::Priority;
use std::collections::BTreeMap;
use std::fmt;

/// Rates are counted over ten minutes.
const RATE_MS: i64 = 600_000;
/// So many openings within ten minutes are a flood.
const FLOOD_OPENINGS: u64 = 10;
/// So many openings of one rule and scope within [`CHATTER_MS`] are chatter.
const CHATTER_OPENINGS: usize = 3;
/// One minute.
const CHATTER_MS: i64 = 60_000;
/// An alarm that closes within this is fleeting.
const FLEETING_MS: i64 = 60_000;
/// An alarm that has been open for longer is stale: a day.
const STALE_MS: i64 = 86_400_000;
/// Rules and scopes that are listed as the worst.
const OFFENDERS: usize = 10;

/// What one rule over one scope has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyMetrics {
    /// How often it opened.
    pub openings: u64,
    /// For how many milliseconds it was open, within the range.
    pub open_ms: i64,
    /// How often it opened for the third time or more within a minute.
    pub chattering: u64,
    /// How often it closed within a minute of its opening.
    pub fleeting: u64,
}

/// Figures over a range of host time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// Openings, and alarms on record as history that became current.
    pub openings: u64,
    /// Alarms that were recorded as history. No other figure counts them.
    pub history: u64,
    /// Mean openings per ten minutes, over the range.
    pub rate_mean: f64,
    /// Most openings within ten minutes that begin at a multiple of ten minutes.
    pub rate_max: u64,
    /// Share of those ten minutes with a flood, 0 to 1.
    pub flood_share: f64,
    /// Openings by the priority that the alarm opened with; where it was history until then, by the one that it had as it became current.
    pub by_priority: BTreeMap<Priority, u64>,
    /// Rises of the priority of open alarms, by the priority that they rose to.
    pub raised: BTreeMap<Priority, u64>,
    /// By rule and scope.
    pub by_key: BTreeMap<AlarmKey, KeyMetrics>,
    /// Alarms that had been open for more than a day, at the end of the range or when they closed.
    pub stale: Vec<AlarmId>,
    /// Alarms that were acknowledged in the range, and the mean time that took, in milliseconds.
    pub acknowledged: (u64, i64),
    /// Steps that were taken 5 seconds after they were due, or later still.
    pub steps_late: u64,
    /// Endpoints that said that they are gone, and were disabled.
    pub endpoints_disabled: u64,
}

/// What is gathered on the way.
#[derive(Default)]
struct Tally {
    metrics: Metrics,
    open: BTreeMap<AlarmId, (AlarmKey, Timestamp)>,
    /// Open alarms that are only history.
    history: BTreeMap<AlarmId, (AlarmKey, Priority)>,
    rates: BTreeMap<i64, u64>,
    recent: BTreeMap<AlarmKey, Vec<Timestamp>>,
    acknowledged_ms: i64,
}

impl Metrics {
    /// Counts over a range, from all events since the store began.
    #[must_use]
    pub fn of(events: &[AlarmEvent], range: TimeRange) -> Self {
        let mut tally = Tally::default();
        for event in events {
            tally.take(event, range);
        }
        tally.finish(range)
    }

    /// The rules and scopes that opened most often, at most ten, the worst first, each with its share of all openings.
    #[must_use]
    pub fn offenders(&self) -> Vec<(&AlarmKey, u64, f64)> {
        let mut worst: Vec<(&AlarmKey, u64)> =
            self.by_key.iter().map(|(key, one)| (key, one.openings)).filter(|(_, openings)| *openings > 0).collect();
        worst.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        worst.truncate(OFFENDERS);
        worst.into_iter().map(|(key, openings)| (key, openings, openings as f64 / self.openings as f64)).collect()
    }
}

impl Tally {
    fn take(&mut self, event: &AlarmEvent, range: TimeRange) {
        match event {
            AlarmEvent::Opened(opened) if opened.timing.is_history() => {
                let key = AlarmKey::new(opened.rule.as_str(), opened.scope_key.as_str());
                self.history.insert(opened.alarm, (key, opened.priority));
                self.metrics.history += u64::from(range.contains(opened.recorded_at));
            }
            AlarmEvent::Opened(opened) => {
                let key = AlarmKey::new(opened.rule.as_str(), opened.scope_key.as_str());
                self.take_opened(opened.alarm, (key, opened.priority), opened.recorded_at, range);
            }
            AlarmEvent::BecameCurrent(current) => {
                if let Some(of) = self.history.remove(&current.alarm) {
                    self.take_opened(current.alarm, of, current.recorded_at, range);
                }
            }
            AlarmEvent::PriorityChanged(change) => self.take_priority(change, range),
            AlarmEvent::Closed(closed) => self.take_closed(closed, range),
            AlarmEvent::Acknowledged(acknowledged) if range.contains(acknowledged.at) => {
                if let Some((_, opened_at)) = self.open.get(&acknowledged.alarm) {
                    self.metrics.acknowledged.0 += 1;
                    self.acknowledged_ms += acknowledged.at.since_ms(*opened_at);
                }
            }
            AlarmEvent::Escalated(step) if range.contains(step.at) => {
                self.metrics.steps_late += u64::from(step.is_late());
            }
            AlarmEvent::EndpointChanged(change) if range.contains(change.at) => {
                self.metrics.endpoints_disabled += u64::from(change.is_disabled);
            }
            _ => {}
        }
    }

    fn take_opened(&mut self, alarm: AlarmId, (key, priority): (AlarmKey, Priority), at: Timestamp, range: TimeRange) {
        self.open.insert(alarm, (key.clone(), at));
        if !range.contains(at) {
            return;
        }
        self.metrics.openings += 1;
        *self.metrics.by_priority.entry(priority).or_default() += 1;
        *self.rates.entry(at.as_ms().div_euclid(RATE_MS)).or_default() += 1;
        let recent = self.recent.entry(key.clone()).or_default();
        recent.retain(|before| at.since_ms(*before) < CHATTER_MS);
        recent.push(at);
        let is_chatter = recent.len() >= CHATTER_OPENINGS;
        let of_key = self.metrics.by_key.entry(key).or_default();
        of_key.openings += 1;
        of_key.chattering += u64::from(is_chatter);
    }

    fn take_priority(&mut self, change: &PriorityChange, range: TimeRange) {
        if let Some((_, priority)) = self.history.get_mut(&change.alarm) {
            *priority = change.to;
        } else if change.notifies && range.contains(change.recorded_at) {
            *self.metrics.raised.entry(change.to).or_default() += 1;
        }
    }

    fn take_closed(&mut self, closed: &Closed, range: TimeRange) {
        self.history.remove(&closed.alarm);
        let Some((key, opened_at)) = self.open.remove(&closed.alarm) else { return };
        self.note_open(key.clone(), (opened_at, closed.recorded_at), range);
        if !range.contains(closed.recorded_at) {
            return;
        }
        let open_ms = closed.recorded_at.since_ms(opened_at);
        if open_ms > STALE_MS {
            self.metrics.stale.push(closed.alarm);
        }
        self.metrics.by_key.entry(key).or_default().fleeting += u64::from(open_ms < FLEETING_MS);
    }

    /// Adds the part of a time that lies within the range.
    fn note_open(&mut self, key: AlarmKey, (from, to): (Timestamp, Timestamp), range: TimeRange) {
        let within_ms = to.min(range.to).since_ms(from.max(range.from));
        if within_ms > 0 {
            self.metrics.by_key.entry(key).or_default().open_ms += within_ms;
        }
    }

    fn finish(mut self, range: TimeRange) -> Metrics {
        for (alarm, (key, opened_at)) in std::mem::take(&mut self.open) {
            if opened_at >= range.to {
                continue;
            }
            self.note_open(key, (opened_at, range.to), range);
            if range.to.since_ms(opened_at) > STALE_MS {
                self.metrics.stale.push(alarm);
            }
        }
        self.metrics.stale.sort_unstable();
        let slots = (range.to.since_ms(range.from) as f64 / RATE_MS as f64).max(1.0);
        self.metrics.rate_mean = self.metrics.openings as f64 / slots;
        self.metrics.rate_max = self.rates.values().copied().max().unwrap_or(0);
        let floods = self.rates.values().filter(|count| **count >= FLOOD_OPENINGS).count();
        self.metrics.flood_share = (floods as f64 / slots.ceil()).min(1.0);
        let count = i64::try_from(self.metrics.acknowledged.0).unwrap_or(i64::MAX);
        self.metrics.acknowledged.1 = self.acknowledged_ms.checked_div(count).unwrap_or(0);
        self.metrics
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "openings: {}, per 10 minutes {:.2} on average, {} at most",
            self.openings, self.rate_mean, self.rate_max
        )?;
        if self.history > 0 {
            writeln!(f, "recorded as history: {}", self.history)?;
        }
        writeln!(f, "in flood: {:.1} % of the time", 100.0 * self.flood_share)?;
        for (priority, count) in self.by_priority.iter().rev() {
            writeln!(f, "{priority}: {count}")?;
        }
        for (priority, count) in self.raised.iter().rev() {
            writeln!(f, "raised to {priority}: {count}")?;
        }
        let (acknowledged, mean_ms) = self.acknowledged;
        writeln!(f, "acknowledged: {acknowledged}, after {} s on average", mean_ms / 1_000)?;
        writeln!(f, "late steps: {}, stale alarms: {}", self.steps_late, self.stale.len())?;
        for (key, openings, share) in self.offenders() {
            let one = self.by_key.get(key).cloned().unwrap_or_default();
            let (chattering, fleeting) = (one.chattering, one.fleeting);
            let share = 100.0 * share;
            writeln!(f, "{key}: {openings} openings ({share:.0} %), {chattering} chattering, {fleeting} fleeting")?;
        }
        Ok(())
    }
}
