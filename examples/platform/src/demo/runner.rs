//! The thread of the demo: readings, people and deliveries, one step after the other.

use super::clock::Pace;
use super::outcome::{Outcome, history};
use super::people::{People, by_probability};
use super::says;
use crate::live::Topic;
use crate::phones::{Phones, ROUTES};
use crate::platform::Platform;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use vocdb::alarm::event::DeliveryResult;
use vocdb::base::clock::ManualClock;
use vocdb::{AlarmEvent, Batch, Timestamp};

/// Time between two announcements that stations have sent.
const NEWS: Duration = Duration::from_secs(1);
/// Time between two looks at what people have done once the day is over.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// What the demo runs on.
pub(super) struct Runner {
    pub(super) platform: Arc<Platform>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) phones: Arc<Phones>,
    pub(super) people: People,
    /// Frames of each step, and its end.
    pub(super) frames: Receiver<(Batch, Timestamp)>,
    pub(super) pace: Pace,
    /// Time at which the demo ends.
    pub(super) until: Timestamp,
}

/// What happened so far.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    values: u64,
    alarms: usize,
    delivered: usize,
    /// Notification channels of the messages that are not delivered, by number of the message.
    waiting: BTreeMap<String, String>,
}

impl Runner {
    /// Runs the demo to its end; `None` if it was stopped before.
    pub(super) fn run(mut self, report: impl FnOnce(&Outcome, &str)) -> Result<(), String> {
        let events = self.platform.db.subscribe();
        let (mut tally, mut announced) = (Tally::default(), Instant::now());
        self.phones.shut();
        let done = self.steps(&mut tally, &events, &mut announced);
        self.phones.open();
        if !done? {
            return Ok(());
        }
        let outcome = self.outcome(&tally)?;
        report(&outcome, &history(&self.platform.db)?);
        drop(events);
        // The demo's clock has stopped. What people do on the pages is delivered all the same.
        while self.pace.rest(AFTERWARDS) {
            self.platform.db.advance().map_err(says)?;
        }
        Ok(())
    }

    /// Takes step after step; `false` if the demo was stopped before its end.
    fn steps(
        &mut self,
        tally: &mut Tally,
        events: &crossbeam_channel::Receiver<AlarmEvent>,
        announced: &mut Instant,
    ) -> Result<bool, String> {
        while let Ok((batch, end)) = self.frames.recv() {
            if !self.pace.wait(end) {
                return Ok(false);
            }
            self.clock.set_ms(end.as_ms());
            let receipt = self.platform.db.append(&batch).map_err(says)?;
            receipt.all_accepted().map_err(says)?;
            tally.rows += receipt.accepted;
            tally.values += batch.frames().map(|frame| frame.values.len() as u64).sum::<u64>();
            self.note_events(tally, events);
            self.people.act(&self.platform, end)?;
            self.platform.db.advance().map_err(says)?;
            self.note_events(tally, events);
            self.deliver(tally, events)?;
            if announced.elapsed() >= NEWS {
                self.platform.live.announce(Topic::Stations);
                *announced = Instant::now();
            }
            if end >= self.until {
                return Ok(true);
            }
        }
        Ok(true)
    }

    fn note_events(&mut self, tally: &mut Tally, events: &crossbeam_channel::Receiver<AlarmEvent>) {
        for event in events.try_iter() {
            tally.note(&event);
            self.people.note_event(&event);
        }
    }

    /// Lets the phones ring, one notification channel after the other, so that the ledger has deliveries in the same order in every run.
    fn deliver(&mut self, tally: &mut Tally, events: &crossbeam_channel::Receiver<AlarmEvent>) -> Result<(), String> {
        if tally.waiting.is_empty() {
            return Ok(());
        }
        for route in ROUTES {
            self.phones.only(route);
            while tally.waiting.values().any(|waiting| waiting == route) {
                std::thread::yield_now();
                self.platform.db.advance().map_err(says)?;
                self.note_events(tally, events);
            }
        }
        self.phones.shut();
        Ok(())
    }

    fn outcome(&self, tally: &Tally) -> Result<Outcome, String> {
        let db = &self.platform.db;
        let named = match self.people.incident {
            Some(incident) => db.incident(incident).map_err(says)?.suspects,
            None => Vec::new(),
        };
        let suspects = by_probability(&named.into_iter().map(|noted| noted.what).collect::<Vec<_>>());
        Ok(Outcome {
            rows: tally.rows,
            values: tally.values,
            alarms: tally.alarms,
            incidents: db.incidents().len(),
            delivered: tally.delivered,
            suspects: suspects.into_iter().map(|one| (one.site, one.probability.unwrap_or_default())).collect(),
            seconds: self.pace.seconds(),
        })
    }
}

impl Tally {
    fn note(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(_) => self.alarms += 1,
            AlarmEvent::Notification(sent) | AlarmEvent::Rerouted(sent) => {
                self.waiting.insert(sent.id.clone(), sent.way.clone());
            }
            AlarmEvent::Delivery(delivery) if !matches!(delivery.result, DeliveryResult::Retry { .. }) => {
                self.delivered += usize::from(delivery.result == DeliveryResult::Delivered);
                self.waiting.remove(&delivery.notification);
            }
            _ => {}
        }
    }
}
