//! Connections: a bounded number of places, none of which a slow client keeps for long.
//!
//! If all places are taken, a new connection gets the place of the one that has waited longest for a request. A connection whose request is
//! being answered is never closed for another one.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower_service::Service;

/// Time for the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Time for a request and its answer, up to the last byte; streams of events have no end.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// Bytes of the head of a request, and of an answer that waits to be sent.
const BUFFER_BYTES_MAX: usize = 64 * 1_024;
/// How often a connection looks at its deadline.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Pause after a failure to accept, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// The places of connections.
#[derive(Debug)]
pub(crate) struct Places {
    places_max: usize,
    state: Mutex<State>,
}

/// What has happened at the places since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Places that are taken now.
    pub(crate) taken: usize,
    /// Most places that were taken at a time.
    pub(crate) taken_most: usize,
    /// Connections that got a place.
    pub(crate) admitted: u64,
    /// Connections that were closed because all places were busy.
    pub(crate) refused: u64,
    /// Connections that waited for a request and lost their place to another one.
    pub(crate) displaced: u64,
    /// Requests.
    pub(crate) requests: u64,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    next: u64,
    /// What closes the connections that wait for a request, in the order in which they began to wait.
    waiting: BTreeMap<u64, Arc<Notify>>,
}

impl Places {
    /// So many places.
    pub(crate) fn new(places_max: usize) -> Self {
        Self { places_max, state: Mutex::default() }
    }

    /// What has happened so far.
    pub(crate) fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    /// A place for a connection; `None` if every place is taken by a connection whose request is being answered.
    fn admit(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state.lock();
        if state.counts.taken < self.places_max {
            state.counts.taken += 1;
            state.counts.taken_most = state.counts.taken_most.max(state.counts.taken);
        } else if let Some((_, closer)) = state.waiting.pop_first() {
            closer.notify_one();
            state.counts.displaced += 1;
        } else {
            state.counts.refused += 1;
            return None;
        }
        state.counts.admitted += 1;
        let place = Place { places: self.clone(), closer: Arc::new(Notify::new()), turn: Mutex::new(Turn::Gone) };
        place.wait(&mut state);
        Some(place)
    }
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It waits for a request.
    Waiting(u64),
    /// Its request is being answered, by a deadline unless the answer has no end.
    Answering(Option<Instant>),
    /// Its place was given to another connection.
    Gone,
}

/// The place of one connection. Dropping it frees the place.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    closer: Arc<Notify>,
    turn: Mutex<Turn>,
}

impl Place {
    fn wait(&self, state: &mut State) {
        let turn = state.next;
        state.next += 1;
        state.waiting.insert(turn, self.closer.clone());
        *self.turn.lock() = Turn::Waiting(turn);
    }

    /// Notes that a request has come. It holds the place until its answer is sent.
    fn answer(self: &Arc<Self>) -> Answering {
        let mut state = self.places.state.lock();
        state.counts.requests += 1;
        let mut turn = self.turn.lock();
        if let Turn::Waiting(number) = *turn {
            let has_place = state.waiting.remove(&number).is_some();
            *turn = if has_place { Turn::Answering(Some(Instant::now() + ANSWERED_WITHIN)) } else { Turn::Gone };
        }
        Answering(self.clone())
    }

    /// Whether the answer has not been sent by its deadline.
    fn is_late(&self) -> bool {
        matches!(*self.turn.lock(), Turn::Answering(Some(deadline)) if deadline < Instant::now())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state.lock();
        let has_place = match *self.turn.lock() {
            Turn::Waiting(number) => state.waiting.remove(&number).is_some(),
            Turn::Answering(_) => true,
            Turn::Gone => false,
        };
        // The place of a closed connection belongs to the one that replaced it.
        state.counts.taken -= usize::from(has_place);
    }
}

/// A request that is being answered.
#[derive(Debug)]
struct Answering(Arc<Place>);

impl Answering {
    /// Notes that the answer is a stream without an end.
    fn has_no_end(&self) {
        let mut turn = self.0.turn.lock();
        if matches!(*turn, Turn::Answering(_)) {
            *turn = Turn::Answering(None);
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.places.state.lock();
        let is_answering = matches!(*self.0.turn.lock(), Turn::Answering(_));
        if is_answering {
            self.0.wait(&mut state);
        }
    }
}

/// The body of an answer, which holds its connection's place until the last byte.
struct Held {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Serves connections until `stop` is set, and returns once the requests under way are answered. Dropping it closes all connections.
pub(crate) async fn serve(listener: TcpListener, router: Router, places: Arc<Places>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stops| *stops) => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // A connection without a place is closed.
        if let Some(place) = places.admit() {
            connections.spawn(converse(stream, address, router.clone(), (place, stopping.clone())));
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one connection.
async fn converse(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    (place, mut stop): (Place, watch::Receiver<bool>),
) {
    let _ = stream.set_nodelay(true);
    let place = Arc::new(place);
    let service = service_fn(|mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let answering = place.answer();
        let answer = router.clone().call(request.map(Body::new));
        async move {
            let response: Response = answer.await?;
            if is_stream(&response) {
                answering.has_no_end();
            }
            Ok::<_, Infallible>(response.map(|body| Held { body, _answering: answering }))
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(BUFFER_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = place.closer.notified() => return,
            _ = stop.wait_for(|stops| *stops), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = look.tick() => if place.is_late() { return },
        }
    }
}

fn is_stream(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes) == Some(b"text/event-stream")
}
