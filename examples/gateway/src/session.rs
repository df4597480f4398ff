//! The frames of one connection: bytes in, work for the writer out. It reads no clock and touches no file.

use crate::counters::{Counters, Refusal};
use crate::stations::{Batches, Refused, Stations, Taken};
use std::ops::Range;
use std::sync::Arc;
use vocdb::interop::hj212::{Command, ContentKey, Decoder, Deframer, Frame, Mode, Outgoing, Segment};
use vocdb::{Interval, Timestamp};

/// Frames whose refusal a connection explains to the log; further ones are only counted.
const EXPLAINED_MAX: u64 = 20;

/// What a message needs before its answer may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it has no data that are stored.
    Nothing,
    /// These frames of the current readings, or of the history, are stored.
    Stored {
        /// Whether they are in the history.
        is_history: bool,
        /// Their places in the batch.
        frames: Range<usize>,
    },
    /// The packet is kept on disk until its message is complete.
    Kept,
}

/// A good frame on its way to the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What must be durable before the answer goes out.
    pub need: Need,
    /// The answer, if the sender wants one.
    pub answer: Option<Vec<u8>>,
    /// The bytes as they were received, for the archive and for packets.
    pub raw: Vec<u8>,
    /// Whether the frame is one packet of several.
    pub is_packet: bool,
    /// Whether everything that it needs could be kept so far; otherwise it is not answered.
    pub is_kept: bool,
}

impl Need {
    /// Moves the places of its frames behind those of `start`: current readings and history.
    pub(crate) fn shift(&mut self, start: [usize; 2]) {
        if let Self::Stored { is_history, frames } = self {
            let [current, history] = start;
            let start = if *is_history { history } else { current };
            *frames = frames.start + start..frames.end + start;
        }
    }
}

/// What the bytes of one read have led to.
#[derive(Debug, Default)]
pub struct Work {
    /// Readings to be stored.
    pub batches: Batches,
    /// Good frames in their order.
    pub messages: Vec<Message>,
    /// Time of receipt.
    pub received: Timestamp,
    /// Address of the sender.
    pub peer: String,
}

/// What a session needs of the gateway.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Stations that may send.
    pub stations: Arc<Stations>,
    /// Counters of the gateway.
    pub counters: Arc<Counters>,
    /// Age up to which readings are current.
    pub current: Interval,
    /// Frames of one piece of work.
    pub frames_max: usize,
}

/// The frames of one connection.
#[derive(Debug)]
pub struct Session {
    deframer: Deframer,
    shared: Shared,
    peer: String,
    explained: u64,
    has_good_frame: bool,
    skipped_at_good_frame: u64,
}

impl Session {
    /// A session of a connection.
    #[must_use]
    pub fn new(mode: Mode, key: Option<ContentKey>, shared: Shared, peer: String) -> Self {
        let decoder = Decoder::new(mode);
        let decoder = key.map_or(decoder.clone(), |key| decoder.with_key(key));
        Self {
            deframer: Deframer::new(decoder),
            shared,
            peer,
            explained: 0,
            has_good_frame: false,
            skipped_at_good_frame: 0,
        }
    }

    /// Whether a station of the configuration has sent a good frame.
    #[must_use]
    pub const fn has_good_frame(&self) -> bool {
        self.has_good_frame
    }

    /// Whether bytes of an incomplete frame are held.
    #[must_use]
    pub const fn holds_part(&self) -> bool {
        self.deframer.held_bytes() > 0
    }

    /// Bytes outside good frames since the last good one.
    #[must_use]
    pub const fn garbage_bytes(&self) -> u64 {
        self.deframer.counts().skipped_bytes.saturating_sub(self.skipped_at_good_frame)
    }

    /// Takes bytes as they arrive, as many as there is room for, and returns how many.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        self.deframer.push(bytes)
    }

    /// The stream has ended; the next work is the last one.
    pub const fn end(&mut self) {
        self.deframer.end();
    }

    /// Reads the frames that are complete, up to the limit, and returns the work and whether there may be more. `now` is the time against
    /// which readings are old: the time of receipt, except in a replay.
    pub fn work(&mut self, received: Timestamp, now: Timestamp) -> (Work, bool) {
        let mut work = Work { received, peer: self.peer.clone(), ..Work::default() };
        let counts = *self.deframer.counts();
        let mut is_more = false;
        loop {
            if work.messages.len() >= self.shared.frames_max {
                is_more = true;
                break;
            }
            let is_good = match self.deframer.next_frame() {
                None => break,
                Some(Ok(frame)) => match take(&self.shared, &frame, (received, now), &mut work.batches) {
                    Ok(message) => {
                        work.messages.push(message);
                        true
                    }
                    Err((refusal, reason)) => {
                        self.shared.counters.refuse(refusal);
                        explain(&self.peer, &mut self.explained, &reason);
                        false
                    }
                },
                Some(Err(fault)) => {
                    self.shared.counters.refuse(Refusal::Fault);
                    explain(&self.peer, &mut self.explained, &fault.to_string());
                    false
                }
            };
            if is_good {
                self.has_good_frame = true;
                self.skipped_at_good_frame = self.deframer.counts().skipped_bytes;
            }
        }
        self.shared.counters.deframed(&counts, self.deframer.counts());
        (work, is_more)
    }
}

fn explain(peer: &str, explained: &mut u64, reason: &str) {
    *explained += 1;
    if *explained <= EXPLAINED_MAX {
        let last = if *explained == EXPLAINED_MAX { " (further ones are only counted)" } else { "" };
        crate::log::line(&format!("{peer}: refused: {reason}{last}"));
    }
}

/// Reads one frame.
fn take(
    shared: &Shared,
    frame: &Frame<'_>,
    times: (Timestamp, Timestamp),
    batches: &mut Batches,
) -> Result<Message, (Refusal, String)> {
    let segment = &frame.segment;
    let Some(station) = shared.stations.get(segment.station()) else {
        let number: String = segment.station().chars().take(40).collect();
        return Err((
            Refusal::UnknownStation,
            format!("station `{}` is not in the configuration", number.escape_debug()),
        ));
    };
    let before = (batches.current.len(), batches.history.len());
    let is_packet = segment.packet().is_some_and(|packet| packet.count > 1);
    let taken = station.take(segment, times, shared.current, batches);
    let taken = taken.map_err(|refused| {
        let refusal = match refused {
            Refused::Password => Refusal::Password,
            Refused::Packet(_) | Refused::Joined(_) => Refusal::Packet,
            Refused::NoInstrument { .. } | Refused::Intake(_) | Refused::Content(_) => Refusal::Content,
        };
        (refusal, format!("station {}: {refused}", station.name()))
    })?;
    let need = match taken {
        Taken::Readings { is_history: false, .. } => {
            Need::Stored { is_history: false, frames: before.0..batches.current.len() }
        }
        Taken::Readings { is_history: true, .. } => {
            Need::Stored { is_history: true, frames: before.1..batches.history.len() }
        }
        Taken::Packet => Need::Kept,
        Taken::AcknowledgedOnly | Taken::Other => Need::Nothing,
    };
    shared.counters.take(&taken);
    let answer = answer(segment).and_then(|answer| answer.encode(None).ok());
    Ok(Message { need, answer, raw: frame.raw.to_vec(), is_packet, is_kept: true })
}

/// The answer that a message wants: 9014 to data, 9013 to notices and heartbeats.
fn answer(segment: &Segment<'_>) -> Option<Outgoing> {
    if !segment.flag().wants_answer() {
        return None;
    }
    match Command::from_number(segment.command()) {
        Some(Command::RequestAnswer | Command::ExecutionResult | Command::NoticeAnswer | Command::DataAnswer) => None,
        Some(Command::Heartbeat) => Some(Outgoing::notice_answer(segment)),
        _ if (2_000..3_000).contains(&segment.command()) => Some(Outgoing::acknowledgement(segment)),
        _ => Some(Outgoing::notice_answer(segment)),
    }
}
