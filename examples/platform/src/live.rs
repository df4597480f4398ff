//! Server-sent events: which part of a page has changed. Pages fetch the part themselves, with the rights of their reader.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Changes that a slow reader may leave unread; it then refreshes everything.
const UNREAD_MAX: usize = 64;
/// Pause between two events of one topic for a reader: readings of many stations are one.
const PAUSE: Duration = Duration::from_millis(100);
/// People who read at a time, and as many visitors without an account: a crowd of these keeps nobody on duty from reading.
const READERS_MAX: usize = 500;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Alarms, incidents or rules.
    Alarms,
    /// Readings, or the state of a station.
    Stations,
}

impl Topic {
    const fn name(self) -> &'static str {
        match self {
            Self::Alarms => "alarms",
            Self::Stations => "stations",
        }
    }
}

/// A change, and its number among all changes so far.
#[derive(Debug, Clone, Copy)]
struct Change {
    topic: Topic,
    number: u64,
}

/// The changes as they happen.
#[derive(Debug)]
pub(crate) struct Live {
    changes: broadcast::Sender<Change>,
    people: Arc<Semaphore>,
    visitors: Arc<Semaphore>,
    /// Number of changes of alarms so far.
    version: AtomicU64,
    /// Number of all changes so far.
    number: AtomicU64,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            changes: broadcast::Sender::new(UNREAD_MAX),
            people: Arc::new(Semaphore::new(READERS_MAX)),
            visitors: Arc::new(Semaphore::new(READERS_MAX)),
            version: AtomicU64::new(0),
            number: AtomicU64::new(0),
        }
    }

    /// Announces a change, and returns its number. A change of alarms changes the states of stations too.
    pub(crate) fn announce(&self, topic: Topic) -> u64 {
        if topic == Topic::Alarms {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
        let number = self.number.fetch_add(1, Ordering::AcqRel) + 1;
        // An error means that nobody reads.
        let _ = self.changes.send(Change { topic, number });
        number
    }

    /// Number of all changes so far.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Number of pages that receive events now.
    pub(crate) fn readers(&self) -> usize {
        let free = self.people.available_permits() + self.visitors.available_permits();
        (2 * READERS_MAX).saturating_sub(free)
    }

    /// Number of changes of alarms so far.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}

/// Changes that are not announced to a reader yet.
#[derive(Debug, Default)]
struct Unread {
    stations: bool,
    alarms: bool,
    /// Number of the newest one.
    number: u64,
}

/// One reader of the changes.
struct Reader {
    changes: broadcast::Receiver<Change>,
    stop: watch::Receiver<bool>,
    sees_alarms: bool,
    /// Number of the newest change when the reader came, until the first event has it.
    came_at: Option<u64>,
    unread: Unread,
    /// When the next change may be announced.
    free_at: Instant,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// The next event for the reader; `None` once the platform stops. Changes that follow each other closely are one event of each topic, whose
    /// `id` is the number of the newest.
    async fn next(&mut self) -> Option<Event> {
        if let Some(number) = self.came_at.take() {
            return Some(Event::default().event("ready").id(number.to_string()).data("ready"));
        }
        loop {
            let is_waiting = self.unread.stations || self.unread.alarms;
            if is_waiting && self.free_at <= Instant::now() {
                return Some(self.event());
            }
            let received = tokio::select! {
                _ = self.stop.wait_for(|stops| *stops) => return None,
                () = tokio::time::sleep_until(self.free_at), if is_waiting => continue,
                received = self.changes.recv() => received,
            };
            match received {
                Ok(change) => self.note(change),
                // The newest change is still to come.
                Err(RecvError::Lagged(_)) => self.note(Change { topic: Topic::Alarms, number: 0 }),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn note(&mut self, change: Change) {
        self.unread.stations = true;
        self.unread.alarms |= self.sees_alarms && change.topic == Topic::Alarms;
        self.unread.number = self.unread.number.max(change.number);
    }

    /// The event of the unread changes; that of alarms first.
    fn event(&mut self) -> Event {
        let topic = if std::mem::take(&mut self.unread.alarms) { Topic::Alarms } else { Topic::Stations };
        if topic == Topic::Stations {
            self.unread.stations = false;
            self.free_at = Instant::now() + PAUSE;
        }
        Event::default().event(topic.name()).id(self.unread.number.to_string()).data(topic.name())
    }
}

/// `GET /events`
pub(crate) async fn events(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let places = if visitor.person.is_some() { &platform.live.people } else { &platform.live.visitors };
    let place = places.clone().try_acquire_owned().map_err(|_| Failure::Busy)?;
    let changes = platform.live.changes.subscribe();
    let reader = Reader {
        _place: place,
        changes,
        stop: platform.stop.clone(),
        sees_alarms: visitor.may(Right::See),
        // Every change behind this number is announced.
        came_at: Some(platform.live.number()),
        unread: Unread::default(),
        free_at: Instant::now(),
    };
    // The stream holds no platform, so it keeps no store open.
    drop(platform);
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
