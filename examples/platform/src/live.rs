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
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Changes that a slow reader may leave unread; it then refreshes everything.
const UNREAD_MAX: usize = 64;
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

/// The changes as they happen.
#[derive(Debug)]
pub(crate) struct Live {
    changes: broadcast::Sender<Topic>,
    people: Arc<Semaphore>,
    visitors: Arc<Semaphore>,
    /// Number of changes of alarms so far.
    version: AtomicU64,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            changes: broadcast::Sender::new(UNREAD_MAX),
            people: Arc::new(Semaphore::new(READERS_MAX)),
            visitors: Arc::new(Semaphore::new(READERS_MAX)),
            version: AtomicU64::new(0),
        }
    }

    /// Announces a change. A change of alarms changes the states of stations too.
    pub(crate) fn announce(&self, topic: Topic) {
        if topic == Topic::Alarms {
            self.version.fetch_add(1, Ordering::AcqRel);
            // An error means that nobody reads.
            let _ = self.changes.send(Topic::Alarms);
        }
        let _ = self.changes.send(Topic::Stations);
    }

    /// Number of changes of alarms so far.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}

/// One reader of the changes.
struct Reader {
    changes: broadcast::Receiver<Topic>,
    stop: watch::Receiver<bool>,
    sees_alarms: bool,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// The next event for the reader; `None` once the platform stops.
    async fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.is_new) {
            return Some(Event::default().event("ready").data("ready"));
        }
        loop {
            let topic = tokio::select! {
                _ = self.stop.wait_for(|stops| *stops) => return None,
                received = self.changes.recv() => match received {
                    Ok(topic) => topic,
                    Err(RecvError::Lagged(_)) => Topic::Alarms,
                    Err(RecvError::Closed) => return None,
                },
            };
            if topic == Topic::Stations || self.sees_alarms {
                return Some(Event::default().event(topic.name()).data(topic.name()));
            }
        }
    }
}

/// `GET /events`
pub(crate) async fn events(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let places = if visitor.person.is_some() { &platform.live.people } else { &platform.live.visitors };
    let reader = Reader {
        _place: places.clone().try_acquire_owned().map_err(|_| Failure::Busy)?,
        changes: platform.live.changes.subscribe(),
        stop: platform.stop.clone(),
        sees_alarms: visitor.may(Right::See),
        is_new: true,
    };
    // The stream holds no platform, so it keeps no store open.
    drop(platform);
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
