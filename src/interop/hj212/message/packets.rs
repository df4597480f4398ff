//! Split messages: packets put together.

use super::super::fault::FaultKind;
use super::super::segment::{Item, Packet, Segment};
use crate::model::{Interval, Timestamp};
use std::collections::VecDeque;
use std::fmt::Write;

/// What a [`Reassembler`] may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketLimits {
    /// Messages that are incomplete at a time.
    pub messages_max: usize,
    /// Packets of one message.
    pub packets_max: u16,
    /// Bytes of all packets that are held.
    pub bytes_max: usize,
}

/// 64 messages, 256 packets each, 1 MiB in all.
impl Default for PacketLimits {
    fn default() -> Self {
        Self { messages_max: 64, packets_max: 256, bytes_max: 1 << 20 }
    }
}

/// What a packet has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// The frame is a whole message by itself: use its own segment.
    Single,
    /// The message still wants so many packets.
    Waiting {
        /// Packets that are missing.
        missing: u16,
    },
    /// The packet was received before, with the same content.
    Duplicate,
    /// The message is complete.
    Whole(WholeMessage),
}

/// A message whose packets were put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeMessage {
    text: String,
}

impl WholeMessage {
    /// The message as one segment, as if it had not been split: the fields of its first packet, the items of all.
    ///
    /// # Errors
    /// A [`FaultKind`] where the packets do not make one message.
    pub fn segment(&self) -> Result<Segment<'_>, FaultKind> {
        Segment::read(&self.text).map(|(segment, _)| segment)
    }
}

/// A packet that contradicts those before it, or exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketFault {
    /// The packet counts other packets than those before it.
    #[error("the packet counts {found} packets; those before it count {expected}")]
    Count {
        /// Packets by this packet.
        found: u16,
        /// Packets by the first one.
        expected: u16,
    },
    /// The packet was received before, with another content; the first one is kept.
    #[error("packet {number} was received before with another content; the first one is kept")]
    Conflict {
        /// Number of the packet.
        number: u16,
    },
    /// The message has too many packets.
    #[error("the message counts {found} packets; at most {max} are accepted")]
    TooMany {
        /// Packets by this packet.
        found: u16,
        /// Packets that are accepted.
        max: u16,
    },
    /// The packets of all messages are too large together.
    #[error("packets of {bytes} bytes do not fit into {bytes_max} bytes")]
    TooLarge {
        /// Bytes of this message's packets.
        bytes: usize,
        /// Bytes that are accepted.
        bytes_max: usize,
    },
}

/// A message that was given up because packets are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// Number of the station (`MN`).
    pub station: String,
    /// Number of the command.
    pub command: u16,
    /// `DataTime` of the message; empty where no packet has one.
    pub data_time: String,
    /// Time of receipt of its first packet.
    pub since: Timestamp,
    /// Numbers of the packets that are missing.
    pub missing: Vec<u16>,
}

/// Puts the packets of split messages together, in any order, within fixed limits.
///
/// Packets belong together if station, system, command and `DataTime` are the same; `QN` may differ. A packet without `DataTime` belongs to
/// the newest such message.
///
/// A complete message is kept while there is room. If one of its packets is repeated, because the message could not be stored or the answer was
/// lost, the whole message is returned again. A packet with another content begins a new message.
///
/// ```
/// use vocdb::Timestamp;
/// use vocdb::interop::hj212::{Decoder, Joined, Mode, PacketLimits, Reassembler};
/// let second = b"##0191QN=20261123030001001;ST=27;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=2;\
///     CP=&&DataTime=20261123020000;a25003-Min=0.0400,a25003-Avg=0.0911,a25003-Max=0.1351,a25003-Flag=N&&4B00\r\n";
/// let first = b"##0191QN=20261123030001000;ST=27;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;\
///     CP=&&DataTime=20261123020000;a25002-Min=0.0081,a25002-Avg=0.0224,a25002-Max=0.0333,a25002-Flag=N&&9481\r\n";
/// let mut decoder = Decoder::new(Mode::Strict);
/// let mut reassembler = Reassembler::new(PacketLimits::default());
/// let now = Timestamp::from_ms(0);
/// assert_eq!(reassembler.push(&decoder.decode(second)?.segment, now)?, Joined::Waiting { missing: 1 });
/// let Joined::Whole(message) = reassembler.push(&decoder.decode(first)?.segment, now)? else { panic!("incomplete") };
/// assert_eq!(message.segment().unwrap().items().count(), 3); // the time, benzene, toluene
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reassembler {
    limits: PacketLimits,
    /// Oldest first.
    open: VecDeque<Parts>,
    bytes: usize,
    given_up: VecDeque<Incomplete>,
    given_up_count: u64,
}

/// The packets of one message.
#[derive(Debug, Clone)]
struct Parts {
    station: String,
    system: String,
    command: u16,
    data_time: String,
    since: Timestamp,
    /// Segments of the packets by their number less one.
    parts: Vec<Option<String>>,
    bytes: usize,
}

impl Reassembler {
    /// A reassembler without messages.
    #[must_use]
    pub const fn new(limits: PacketLimits) -> Self {
        Self { limits, open: VecDeque::new(), bytes: 0, given_up: VecDeque::new(), given_up_count: 0 }
    }

    /// Takes a segment, received at a time. Where a limit is reached the oldest incomplete messages are given up.
    ///
    /// # Errors
    /// [`PacketFault`] where the packet contradicts those before it or exceeds a limit; the packets before it stay.
    pub fn push(&mut self, segment: &Segment<'_>, at: Timestamp) -> Result<Joined, PacketFault> {
        let Some(packet) = segment.packet().filter(|packet| packet.count > 1) else { return Ok(Joined::Single) };
        if packet.count > self.limits.packets_max {
            return Err(PacketFault::TooMany { found: packet.count, max: self.limits.packets_max });
        }
        let (bytes, bytes_max) = (segment.text().len(), self.limits.bytes_max);
        let too_large = |bytes| PacketFault::TooLarge { bytes, bytes_max };
        if bytes > bytes_max {
            return Err(too_large(bytes));
        }
        if let Some(place) = self.open.iter().rposition(|parts| parts.is_of(segment) && parts.is_complete()) {
            if let Some(message) = self.open.get(place).filter(|parts| parts.has(segment, packet)) {
                return Ok(Joined::Whole(WholeMessage { text: message.join() }));
            }
            self.forget(place);
        }
        let place = self.place_of(segment, packet, at);
        let Some(parts) = self.open.get_mut(place) else { return Ok(Joined::Single) };
        if parts.bytes + bytes > bytes_max {
            return Err(too_large(parts.bytes + bytes));
        }
        let missing = match parts.take(segment, packet)? {
            Some(missing) => missing,
            None => return Ok(Joined::Duplicate),
        };
        self.bytes += bytes;
        let whole = self.open.get(place).filter(|_| missing == 0);
        let whole = whole.map(|parts| Joined::Whole(WholeMessage { text: parts.join() }));
        self.make_room(place);
        Ok(whole.unwrap_or(Joined::Waiting { missing }))
    }

    /// Gives up messages whose first packet is older than an age, and forgets complete ones of that age.
    pub fn give_up_older(&mut self, now: Timestamp, age: Interval) {
        let is_old = |parts: &Parts| now.since_ms(parts.since) > age.as_ms();
        while let Some(place) = self.open.iter().position(is_old) {
            self.give_up(place);
        }
    }

    /// Gives up all incomplete messages, as at the end of a connection.
    pub fn give_up_all(&mut self) {
        while !self.open.is_empty() {
            self.give_up(0);
        }
    }

    /// The messages that were given up since the last call, oldest first; of more than `messages_max` the newest.
    pub fn take_incomplete(&mut self) -> Vec<Incomplete> {
        self.given_up.drain(..).collect()
    }

    /// Number of messages that were given up, whether listed or not.
    #[must_use]
    pub const fn given_up_count(&self) -> u64 {
        self.given_up_count
    }

    /// Bytes of the packets that are held, those of complete messages among them.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.bytes
    }

    /// Number of messages that lack packets.
    #[must_use]
    pub fn incomplete_count(&self) -> usize {
        self.open.iter().filter(|parts| !parts.is_complete()).count()
    }

    /// The place of the message that a packet belongs to, which is opened if missing.
    fn place_of(&mut self, segment: &Segment<'_>, packet: Packet, at: Timestamp) -> usize {
        let data_time = segment.parameter("DataTime").unwrap_or_default();
        let is_open = |parts: &Parts| !parts.is_complete() && parts.may_have(segment);
        if let Some(place) = self.open.iter().rposition(is_open) {
            return place;
        }
        self.open.push_back(Parts {
            station: segment.station().to_owned(),
            system: segment.system().to_owned(),
            command: segment.command(),
            data_time: data_time.to_owned(),
            since: at,
            parts: vec![None; usize::from(packet.count)],
            bytes: 0,
        });
        self.open.len() - 1
    }

    /// Forgets the oldest complete messages and gives up the oldest others, except the one at a place, until the limits hold.
    fn make_room(&mut self, mut kept: usize) {
        while self.open.len() > self.limits.messages_max.max(1) || self.bytes > self.limits.bytes_max {
            let others = || self.open.iter().enumerate().filter(|(place, _)| *place != kept);
            let complete = others().find(|(_, parts)| parts.is_complete());
            let Some((oldest, _)) = complete.or_else(|| others().next()) else { break };
            self.give_up(oldest);
            kept -= usize::from(oldest < kept);
        }
    }

    fn forget(&mut self, place: usize) -> Option<Parts> {
        let parts = self.open.remove(place)?;
        self.bytes -= parts.bytes;
        Some(parts)
    }

    fn give_up(&mut self, place: usize) {
        let Some(parts) = self.forget(place).filter(|parts| !parts.is_complete()) else { return };
        self.given_up_count += 1;
        if self.given_up.len() >= self.limits.messages_max.max(1) {
            self.given_up.pop_front();
        }
        self.given_up.push_back(parts.into_incomplete());
    }
}

impl Parts {
    fn is_complete(&self) -> bool {
        self.parts.iter().all(Option::is_some)
    }

    /// Whether a packet has this message's station, system, command and `DataTime`.
    fn is_of(&self, segment: &Segment<'_>) -> bool {
        !self.data_time.is_empty() && segment.parameter("DataTime") == Some(&*self.data_time) && self.may_have(segment)
    }

    /// As [`Parts::is_of`], for packets or messages whose `DataTime` may be unknown.
    fn may_have(&self, segment: &Segment<'_>) -> bool {
        let data_time = segment.parameter("DataTime").unwrap_or_default();
        let is_time = data_time.is_empty() || self.data_time.is_empty() || self.data_time == data_time;
        let (station, system) = (segment.station(), segment.system());
        is_time && (self.command, &*self.station, &*self.system) == (segment.command(), station, system)
    }

    /// Whether the message has this very packet.
    fn has(&self, segment: &Segment<'_>, packet: Packet) -> bool {
        let part = self.parts.get(usize::from(packet.number.saturating_sub(1))).and_then(Option::as_ref);
        let is_same = |part: &String| Segment::read(part).is_ok_and(|(part, _)| part.content() == segment.content());
        usize::from(packet.count) == self.parts.len() && part.is_some_and(is_same)
    }

    /// Keeps a packet; returns how many are missing then, or nothing for a duplicate.
    fn take(&mut self, segment: &Segment<'_>, packet: Packet) -> Result<Option<u16>, PacketFault> {
        let expected = u16::try_from(self.parts.len()).unwrap_or(u16::MAX);
        if expected != packet.count {
            return Err(PacketFault::Count { found: packet.count, expected });
        }
        let number = packet.number;
        let Some(part) = self.parts.get_mut(usize::from(number.saturating_sub(1))) else { return Ok(None) };
        if let Some(before) = part {
            let is_same = Segment::read(before).is_ok_and(|(before, _)| before.content() == segment.content());
            return if is_same { Ok(None) } else { Err(PacketFault::Conflict { number }) };
        }
        *part = Some(segment.text().to_owned());
        self.bytes += segment.text().len();
        if self.data_time.is_empty() {
            segment.parameter("DataTime").unwrap_or_default().clone_into(&mut self.data_time);
        }
        let missing = self.parts.iter().filter(|part| part.is_none()).count();
        Ok(Some(u16::try_from(missing).unwrap_or(u16::MAX)))
    }

    /// The message as one segment. `DataTime` comes first, and once.
    fn join(&self) -> String {
        let mut parts = self.parts.iter().flatten().filter_map(|part| Segment::read(part).ok()).map(|(part, _)| part);
        let mut text = String::with_capacity(self.bytes);
        let Some(first) = parts.next() else { return text };
        let (qn, flag) = (first.qn_text(), first.flag().with_packets(false));
        let (system, password, station) = (first.system(), first.password(), first.station());
        let command = first.command();
        // Writing to a string cannot fail.
        let _ = write!(text, "QN={qn};ST={system};CN={command:04};PW={password};MN={station};Flag={flag};");
        text.push_str(if first.is_resent() { "RF=1;CP=&&" } else { "CP=&&" });
        if !self.data_time.is_empty() {
            let _ = write!(text, "DataTime={}", self.data_time);
        }
        for part in std::iter::once(first).chain(parts) {
            for item in part.items() {
                self.push_item(item, &mut text);
            }
        }
        text.push_str("&&");
        text
    }

    fn push_item(&self, item: Item<'_>, text: &mut String) {
        if matches!(item, Item::Parameter { name: "DataTime", value } if value == self.data_time) {
            return;
        }
        if !text.ends_with("&&") {
            text.push(';');
        }
        match item {
            Item::Parameter { name, value } => {
                let _ = write!(text, "{name}={value}");
            }
            Item::Factor(factor) => {
                for (place, (name, value)) in factor.sub_items().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    let _ = write!(text, "{comma}{}-{name}={value}", factor.code());
                }
            }
        }
    }

    fn into_incomplete(self) -> Incomplete {
        let missing = (1..).zip(&self.parts).filter(|(_, part)| part.is_none()).map(|(number, _)| number).collect();
        let Self { station, command, data_time, since, .. } = self;
        Incomplete { station, command, data_time, since, missing }
    }
}
