//! The stations that may send, each with its instruments and the packets of its split messages.

use crate::config::{Config, StationConfig};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vocdb::interop::hj212::{
    Content, Incomplete, Intake, IntakeError, IntakeReport, Joined, Measurement, MessageFault, PacketFault,
    PacketLimits, Reassembler, Segment,
};
use vocdb::{Batch, Database, Interval, Timestamp};

/// What one station may keep of incomplete messages.
const PACKET_LIMITS: PacketLimits = PacketLimits { messages_max: 8, packets_max: 64, bytes_max: 128 * 1_024 };

/// The stations of a configuration, by their number.
#[derive(Debug)]
pub struct Stations {
    by_number: BTreeMap<String, Station>,
    /// Split messages that are complete and not stored yet.
    unstored: Arc<AtomicU64>,
}

/// A station that may send.
#[derive(Debug)]
pub struct Station {
    config: StationConfig,
    state: Mutex<State>,
    unstored: Arc<AtomicU64>,
}

#[derive(Debug)]
struct State {
    intake: Intake,
    packets: Reassembler,
    newest_receipt: Option<Timestamp>,
}

/// Why a message of a known station is not stored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The password is wrong.
    #[error("the password (PW) is wrong")]
    Password,
    /// No instrument takes this kind of data.
    #[error(
        "no instrument takes its data (CN={command}): add an [[instrument]] for it, or name the kind of data in `acknowledge_only`"
    )]
    NoInstrument {
        /// Number of the command.
        command: u16,
    },
    /// The readings cannot be taken.
    #[error(transparent)]
    Intake(IntakeError),
    /// The packet contradicts those before it.
    #[error(transparent)]
    Packet(#[from] PacketFault),
    /// The content contradicts the command.
    #[error(transparent)]
    Content(#[from] MessageFault),
    /// The packets of a message make no readable message together.
    #[error("the packets make no readable message: {0}")]
    Joined(String),
}

/// Where the readings of a message go.
#[derive(Debug, Default)]
pub struct Batches {
    /// Current readings.
    pub current: Batch,
    /// Readings of the past, whose alarms notify nobody.
    pub history: Batch,
}

impl Batches {
    /// Adds the readings of other batches, and returns how many frames there were before: current ones and history.
    pub(crate) fn join(&mut self, other: &Self) -> [usize; 2] {
        let start = [self.current.len(), self.history.len()];
        other.current.frames().for_each(|frame| self.current.push_ref(frame));
        other.history.frames().for_each(|frame| self.history.push_ref(frame));
        start
    }
}

/// What a message of a station has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Readings were added to one of the batches.
    Readings {
        /// Whether they were added to the history.
        is_history: bool,
        /// Frames that were added.
        frames: usize,
        /// Whether the message was one packet of several.
        is_joined: bool,
    },
    /// A packet of a message that is not complete yet.
    Packet,
    /// Data of a kind that the configuration acknowledges without storing.
    AcknowledgedOnly,
    /// No data: an answer, a notice or a heartbeat.
    Other,
}

impl Stations {
    /// Registers the stations and instruments of a configuration in a store.
    ///
    /// # Errors
    /// A text for the operator: a station or instrument that contradicts the store, or factors that feed no channel.
    pub fn register(config: &Config, db: &Database) -> Result<Self, String> {
        let (mut by_number, unstored) = (BTreeMap::new(), Arc::new(AtomicU64::new(0)));
        for station in &config.stations {
            let says = |error: &dyn std::fmt::Display| format!("[[station]] {}: {error}", station.name);
            let mut intake = Intake::new(config.factors.clone());
            for feed in &station.feeds {
                let id = db.ensure_instrument(&station.name, feed.instrument.clone());
                let id = id.map_err(|error| says(&error))?;
                intake.map(&station.mn, feed.kind, id, &feed.instrument).map_err(|error| says(&error))?;
            }
            let state = State { intake, packets: Reassembler::new(PACKET_LIMITS), newest_receipt: None };
            let (config, unstored) = (station.clone(), Arc::clone(&unstored));
            let station = Station { config, state: Mutex::new(state), unstored };
            by_number.insert(station.config.mn.clone(), station);
        }
        Ok(Self { by_number, unstored })
    }

    /// Notes that so many split messages are stored.
    pub(crate) fn note_stored(&self, messages: u64) {
        self.unstored.fetch_sub(messages, Ordering::AcqRel);
    }

    /// Notes that every split message is stored that was complete so far. Nobody may send meanwhile.
    pub(crate) fn note_all_stored(&self) {
        self.unstored.store(0, Ordering::Release);
    }

    /// Whether the packets of a split message are needed: it lacks others, or is complete and not stored yet.
    #[must_use]
    pub fn need_packets(&self) -> bool {
        // In this order: a message that becomes complete meanwhile counts as unstored before it no longer counts as incomplete.
        let is_waiting = self.by_number.values().any(|station| station.incomplete_messages() > 0);
        is_waiting || self.unstored.load(Ordering::Acquire) > 0
    }

    /// The station of a number.
    #[must_use]
    pub fn get(&self, number: &str) -> Option<&Station> {
        self.by_number.get(number)
    }

    /// All stations, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Station> {
        self.by_number.values()
    }
}

impl Station {
    /// Name of the station in the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What was read from the station's messages so far.
    #[must_use]
    pub fn report(&self) -> IntakeReport {
        self.state.lock().intake.report().clone()
    }

    /// Time of receipt of the station's newest good frame; none since the start if `None`.
    #[must_use]
    pub fn newest_receipt(&self) -> Option<Timestamp> {
        self.state.lock().newest_receipt
    }

    /// Reads a message that was received at a time. Readings older than `current` are history, and so are repeated ones.
    ///
    /// # Errors
    /// [`Refused`]; the batches are unchanged then.
    pub fn take(
        &self,
        segment: &Segment<'_>,
        (received, now): (Timestamp, Timestamp),
        current: Interval,
        batches: &mut Batches,
    ) -> Result<Taken, Refused> {
        if self.config.password.as_deref().is_some_and(|password| password != segment.password()) {
            return Err(Refused::Password);
        }
        let mut state = self.state.lock();
        state.newest_receipt = Some(received);
        match state.packets.push(segment, received)? {
            Joined::Single => self.read(&mut state, segment, (now, current), batches),
            // A duplicate too: its first copy may not have been kept.
            Joined::Waiting { .. } | Joined::Duplicate => Ok(Taken::Packet),
            Joined::Whole(message) => {
                let whole = message.segment().map_err(|kind| Refused::Joined(kind.to_string()))?;
                let taken = self.read(&mut state, &whole, (now, current), batches)?;
                Ok(match taken {
                    Taken::Readings { is_history, frames, .. } => {
                        self.unstored.fetch_add(1, Ordering::AcqRel);
                        Taken::Readings { is_history, frames, is_joined: true }
                    }
                    other => other,
                })
            }
        }
    }

    fn read(
        &self,
        state: &mut State,
        segment: &Segment<'_>,
        (now, current): (Timestamp, Interval),
        batches: &mut Batches,
    ) -> Result<Taken, Refused> {
        let Content::Measurement(measurement) = Content::of(segment)? else { return Ok(Taken::Other) };
        if self.config.acknowledge_only.contains(&measurement.kind) {
            return Ok(Taken::AcknowledgedOnly);
        }
        let is_history = segment.is_resent() || self.is_old(&measurement, state, (now, current));
        let batch = if is_history { &mut batches.history } else { &mut batches.current };
        let taken = state.intake.read(segment, batch).map_err(|error| match error {
            IntakeError::Unmapped { command, .. } => Refused::NoInstrument { command },
            other => Refused::Intake(other),
        })?;
        Ok(Taken::Readings { is_history, frames: taken.frames, is_joined: false })
    }

    /// Whether a reading is older than `current`, or than one interval of the slowest instrument that takes it.
    fn is_old(&self, measurement: &Measurement<'_>, state: &State, (now, current): (Timestamp, Interval)) -> bool {
        let feeds = self.config.feeds.iter().filter(|feed| feed.kind == measurement.kind);
        let interval = feeds.map(|feed| feed.instrument.interval()).max();
        let age_max_ms = interval.map_or(current.as_ms(), |interval| interval.as_ms().max(current.as_ms()));
        let interval = interval.unwrap_or(Interval::MINUTE);
        measurement.time(state.intake.clock(), interval).is_ok_and(|time| now.since_ms(time) > age_max_ms)
    }

    /// Gives up split messages whose first packet is older than an age, and returns them.
    pub fn give_up(&self, now: Timestamp, age: Interval) -> Vec<Incomplete> {
        let mut state = self.state.lock();
        state.packets.give_up_older(now, age);
        state.packets.take_incomplete()
    }

    /// Number of split messages that lack packets.
    #[must_use]
    pub fn incomplete_messages(&self) -> usize {
        self.state.lock().packets.incomplete_count()
    }
}
