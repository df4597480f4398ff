//! Time and gateways: what falls due, what is handed over, what comes back.

use super::core::{Database, Inner};
use super::rules::Course;
use crate::alarm::event::DeliveryResult;
use crate::alarm::{AlarmError, AlarmEvent, Notifier};
use crate::base::observe::{self, Count, Work};
use crate::config::Timers;
use crate::error::Error;
use crate::model::check_line;
use crate::verdict::is_route;
use std::sync::Arc;
use std::time::Duration;

/// How long closing waits for each gateway that is still busy.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(5);

/// Refuses a notification channel that rules do not know.
pub(super) fn check_route(route: &str) -> Result<(), Error> {
    if is_route(route) { Ok(()) } else { Err(AlarmError::NoChannel(route.to_owned()).into()) }
}

impl Database {
    /// Puts a notifier in charge of a way. Rules know the ways `app`, `sms`, `email` and `phone`, each with a gateway's name behind a
    /// colon if you wish: `sms:north`. What waits in the outbox for that way leaves at once.
    ///
    /// # Errors
    /// [`Error::Model`] where the way's name is not one line of visible characters; [`Error::Alarm`] where rules know no such way;
    /// [`Error::Io`] where its thread cannot be started.
    pub fn connect(&self, way: &str, notifier: Arc<dyn Notifier>) -> Result<(), Error> {
        check_line("name of a way", way)?;
        check_route(way)?;
        let mut inner = self.inner.lock();
        let started = inner.dispatcher.connect(way, notifier);
        started.map_err(|source| Error::Io { action: "start a gateway's thread", source })?;
        inner.deliver()
    }

    /// Lets time pass: takes escalation steps that are due, opens the alarms of incidents whose deadline has passed, evaluates instants that silent stations have left open, tries
    /// deliveries again. Instants that were evaluated before readings came that reach back to them are evaluated again, and what the rules
    /// would have said goes on record as an [`Amendment`](crate::alarm::event::Amendment). A host calls it every second or so.
    ///
    /// With [`Timers::Frames`](crate::Timers) time comes with the frames, and this only looks after deliveries and late readings.
    ///
    /// # Errors
    /// [`Error::Ledger`] and [`Error::Store`] where what follows cannot be written; [`Error::Query`] where stored readings that a late one
    /// reaches cannot be read: those instants are not looked at again.
    pub fn advance(&self) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        // Events that could not be committed come first; while they cannot, no further ones are made.
        inner.commit_all()?;
        inner.watch_clock()?;
        inner.prepare_rules()?;
        if inner.config.timers == Timers::Clock {
            inner.pass_time()?;
        }
        let has_amended = inner.amend()?;
        inner.store_progress(has_amended)?;
        inner.commit_all()?;
        inner.watch_incidents()?;
        inner.deliver()?;
        inner.publish_levels();
        Ok(())
    }

    /// Waits until every notification that a gateway has taken is answered, at most five seconds each. Appends go on meanwhile.
    ///
    /// # Errors
    /// [`Error::Ledger`] where the answers cannot be recorded.
    pub fn drain(&self) -> Result<(), Error> {
        let reports = self.inner.lock().dispatcher.reports();
        loop {
            {
                let mut inner = self.inner.lock();
                inner.deliver()?;
                if !inner.dispatcher.is_busy() {
                    return Ok(());
                }
            }
            let Ok(report) = reports.recv_timeout(GATEWAY_PATIENCE) else { return Ok(()) };
            let mut inner = self.inner.lock();
            let now = inner.timer_now();
            let events = inner.dispatcher.weigh(report, now);
            inner.record(events)?;
        }
    }
}

impl Inner {
    fn pass_time(&mut self) -> Result<(), Error> {
        let _work = observe::begin(Work::Rules);
        let now = self.timer_now();
        let responder = self.config.responder.clone();
        let (engine, machine) = (&mut self.engine, &mut self.machine);
        let events = Course { engine, machine, responder: responder.as_deref() }.time(now);
        self.uncommitted.extend(events)?;
        self.watch_stations(now)
    }

    /// Stores how far late data has been re-evaluated, and now and then how far the rules have come without frames, where no commit of events
    /// does so anyway. Between two checkpoints a restart evaluates the same instants again and finds the same.
    fn store_progress(&mut self, has_amended: bool) -> Result<(), Error> {
        if (has_amended || self.engine.is_far_ahead()) && self.uncommitted.records.is_empty() {
            self.commit_position()?;
        }
        Ok(())
    }

    /// Hands over what is due, and records what gateways have answered; what follows from that is handed over too.
    pub(super) fn deliver(&mut self) -> Result<(), Error> {
        let _work = observe::begin(Work::Delivery);
        let now = self.timer_now();
        self.dispatcher.send_due(now);
        let events = self.dispatcher.collect(now);
        if events.is_empty() {
            return Ok(());
        }
        self.record(events)?;
        self.dispatcher.send_due(now);
        Ok(())
    }

    /// Puts what is known of deliveries on record: what follows from an answer stands or falls with it. A commit that fails is made up
    /// for by the next one.
    fn record(&mut self, events: Vec<AlarmEvent>) -> Result<(), Error> {
        events.iter().for_each(count_attempt);
        self.uncommitted.extend(events)?;
        self.commit_all()
    }
}

/// Tells whoever watches of an attempt's end; messages that later ones replace were no attempts.
fn count_attempt(event: &AlarmEvent) {
    let AlarmEvent::Delivery(delivery) = event else { return };
    let is_failed = matches!(delivery.result, DeliveryResult::Retry { .. } | DeliveryResult::Refused { .. });
    let is_tried = is_failed || delivery.result == DeliveryResult::Delivered;
    observe::count(Count::DeliveriesTried, u64::from(is_tried));
    observe::count(Count::DeliveriesFailed, u64::from(is_failed));
}
