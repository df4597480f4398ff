//! The listener and its connections.

use crate::admission::{Admission, Place, Verdict};
use crate::config::Limits;
use crate::counters::{Counters, End, count};
use crate::log;
use crate::patience::Patience;
use crate::session::{Session, Shared};
use crate::writer::{Answers, Job};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use vocdb::Timestamp;
use vocdb::base::clock::Clock;
use vocdb::interop::hj212::{ContentKey, Mode};

/// Bytes that are read at once.
const READ_BYTES: usize = 8 * 1_024;
/// How long the listener waits after the system could not accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) mode: Mode,
    pub(crate) key: Option<ContentKey>,
    pub(crate) limits: Limits,
    pub(crate) shared: Shared,
    pub(crate) jobs: mpsc::Sender<Job>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The newest time of a reading, if the readings are a recording.
    pub(crate) replay_ms: Option<Arc<AtomicI64>>,
    pub(crate) admission: Arc<Mutex<Admission<AbortHandle>>>,
    /// A permit for each place, which a connection gives back once its socket is closed.
    pub(crate) sockets: Arc<Semaphore>,
}

impl Hub {
    fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    fn received(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }

    /// The time against which readings are old.
    fn now(&self, received: Timestamp) -> Timestamp {
        self.replay_ms.as_ref().map_or(received, |newest| Timestamp::from_ms(newest.load(Relaxed)))
    }
}

/// Accepts connections until `stop` says so.
pub(crate) async fn listen(hub: Hub, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => admit(&hub, stream, peer, &stop).await,
            Err(error) => {
                count(&hub.counters().accept_errors);
                log::line(&format!("a connection could not be accepted: {error}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn admit(hub: &Hub, stream: TcpStream, peer: SocketAddr, stop: &watch::Receiver<bool>) {
    let verdict = hub.admission.lock().admit(peer.ip());
    let (place, closer) = match verdict {
        Verdict::Admitted(place) => (place, None),
        Verdict::Instead(place, closer) => {
            count(&hub.counters().connections_evicted);
            (place, closer)
        }
        Verdict::Refused => {
            count(&hub.counters().connections_refused);
            return;
        }
    };
    closer.into_iter().for_each(|closer| closer.abort());
    // The next connection is accepted once the socket of the evicted one is closed: open files are few.
    let Ok(socket) = hub.sockets.clone().acquire_owned().await else { return };
    count(&hub.counters().connections);
    let (own, stop) = (hub.clone(), stop.clone());
    let task = tokio::spawn(async move {
        let _socket = socket;
        let end = serve(&own, stream, peer, (place, stop)).await;
        own.counters().end(end);
        if !matches!(end, End::Closed | End::Stopped) {
            log::line(&format!("{peer}: closed: {}", end.name()));
        }
        own.admission.lock().leave(place);
    });
    hub.admission.lock().set_closer(place, task.abort_handle());
}

/// Serves one connection until it ends.
async fn serve(
    hub: &Hub,
    mut stream: TcpStream,
    peer: SocketAddr,
    (place, mut stop): (Place, watch::Receiver<bool>),
) -> End {
    // A link that is gone without a word is found by probes; an option that cannot be set costs only that.
    let keepalive =
        socket2::TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
    let _ = socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    let _ = stream.set_nodelay(true);
    let mut session = Session::new(hub.mode, hub.key.clone(), hub.shared.clone(), peer.to_string());
    let (mut patience, opened) = (Patience::new(&hub.limits), Instant::now());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let (deadline, reason) = patience.deadline();
        let read = tokio::select! {
            read = tokio::time::timeout_at((opened + deadline).into(), stream.read(&mut buffer)) => read,
            _ = stop.wait_for(|stop| *stop) => return End::Stopped,
        };
        let received = hub.received();
        let (bytes, is_end) = match read {
            Err(_) => return reason,
            Ok(Err(_)) => (0, true),
            Ok(Ok(bytes)) => (bytes, bytes == 0),
        };
        hub.counters().bytes.fetch_add(bytes as u64, Relaxed);
        let mut piece = buffer.get(..bytes).unwrap_or_default();
        let mut has_good_frame = false;
        if is_end {
            session.end();
        }
        loop {
            let taken = session.push(piece);
            piece = piece.get(taken..).unwrap_or_default();
            let (work, is_more) = session.work(received, hub.now(received));
            if !work.messages.is_empty() {
                has_good_frame = true;
                hub.admission.lock().prove(place);
                let Some(answers) = stored(hub, work).await else { return End::Stopped };
                if let Some(end) = answer(hub, &mut stream, answers).await {
                    return end;
                }
            }
            if piece.is_empty() && !is_more {
                break;
            }
        }
        if is_end {
            return End::Closed;
        }
        if session.garbage_bytes() > hub.limits.garbage_bytes {
            return End::Garbage;
        }
        patience.read(opened.elapsed(), has_good_frame, session.holds_part());
    }
}

/// Gives work to the writer and waits until it is durable; `None` if the writer is gone.
async fn stored(hub: &Hub, work: crate::session::Work) -> Option<Answers> {
    if let Some(newest) = &hub.replay_ms {
        let times = work.batches.current.frames().chain(work.batches.history.frames()).map(|frame| frame.time.as_ms());
        times.max().into_iter().for_each(|time| _ = newest.fetch_max(time, Relaxed));
    }
    let (reply, answers) = oneshot::channel();
    hub.jobs.send(Job::Work(Box::new(work), reply)).await.ok()?;
    answers.await.ok()
}

/// Sends answers; the end of the connection if they are not read.
async fn answer(hub: &Hub, stream: &mut TcpStream, answers: Answers) -> Option<End> {
    if answers.bytes.is_empty() {
        return None;
    }
    match tokio::time::timeout(Limits::duration(hub.limits.answer_s), stream.write_all(&answers.bytes)).await {
        Err(_) => Some(End::Unread),
        Ok(Err(_)) => Some(End::Closed),
        Ok(Ok(())) => {
            hub.counters().acknowledged.fetch_add(answers.acknowledged, Relaxed);
            hub.counters().answered.fetch_add(answers.answered, Relaxed);
            None
        }
    }
}
