//! Messages of one's own: data, answers, requests.

use super::super::fault::Excerpt;
use super::super::segment::{Edition, Flag, Item, LocalTime, Packet, Segment, SubItem, content_range};
use super::super::wire::{ContentKey, checksum};
use super::command::Command;
use std::fmt::Write;

/// Bytes of the longest segment that four digits can declare.
const SEGMENT_BYTES_MAX: usize = 9_999;
/// Packets that `PNUM` can count.
const PACKETS_MAX: usize = 9_999;
/// The system of answers.
const ANSWERS: &str = "91";

/// A message that cannot be written as a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A text holds a character that separates items, or a control character.
    #[error("`{text}` cannot stand in a frame: it must not hold ; , = & # or control characters")]
    Text {
        /// Start of the text.
        text: Excerpt,
    },
    /// The segment is longer than four digits can declare.
    #[error("the segment has {bytes} bytes, more than {SEGMENT_BYTES_MAX}: split the message (`encode_split`)")]
    TooLong {
        /// Bytes of the segment.
        bytes: usize,
    },
    /// One item alone is longer than a packet's content may be.
    #[error("an item of {bytes} bytes does not fit into a packet of {bytes_max}: allow longer packets")]
    ItemTooLong {
        /// Bytes of the item.
        bytes: usize,
        /// Bytes that a packet's content may have.
        bytes_max: usize,
    },
    /// The message needs more packets than `PNUM` can count.
    #[error("the message needs {packets} packets, more than {PACKETS_MAX}: allow longer packets")]
    TooManyPackets {
        /// Packets that it needs.
        packets: usize,
    },
}

/// A message to be sent.
///
/// ```
/// use vocdb::interop::hj212::{Command, Decoder, Edition, LocalTime, Mode, Outgoing, SubItem};
/// let qn = LocalTime::parse("20261123020500123").unwrap();
/// let text = Outgoing::new(Command::RealTime, qn, "MN0001")
///     .system("27")
///     .password("123456")
///     .edition(Edition::Of2017)
///     .wants_answer(true)
///     .parameter("DataTime", "20261123020500")
///     .factor("a25002", &[(SubItem::Rtd, "0.0312"), (SubItem::Flag, "N")])
///     .encode(None)?;
/// let mut decoder = Decoder::new(Mode::Strict);
/// let frame = decoder.decode(&text)?;
/// let answer = Outgoing::acknowledgement(&frame.segment).encode(None)?;
/// assert!(answer.starts_with(b"##0069QN=20261123020500123;ST=91;CN=9014;PW=123456;MN=MN0001;Flag=4;CP=&&&&"));
/// assert_eq!(Outgoing::of(&frame.segment).encode(None)?, text); // what is decoded is encoded as it was
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    qn: String,
    system: String,
    command: u16,
    password: String,
    station: String,
    flag: Flag,
    packet: Option<Packet>,
    is_resent: bool,
    /// Items of `CP`, each with its sub-items.
    items: Vec<String>,
    bad_text: Option<Excerpt>,
}

impl Outgoing {
    /// A message of 2017 without an answer wanted and without content, of system 22 (ambient air).
    #[must_use]
    pub fn new(command: Command, qn: LocalTime, station: &str) -> Self {
        let new = Self {
            qn: qn.with_ms().to_string(),
            system: "22".to_owned(),
            command: command.number(),
            password: String::new(),
            station: station.to_owned(),
            flag: Flag::new(Edition::Of2017),
            packet: None,
            is_resent: false,
            items: Vec::new(),
            bad_text: None,
        };
        new.noting(station)
    }

    /// The message of a segment that was decoded. One that was read strictly is written as it was received.
    #[must_use]
    pub fn of(segment: &Segment<'_>) -> Self {
        let mut items = Vec::new();
        for item in segment.items() {
            items.push(match item {
                Item::Parameter { name, value } => format!("{name}={value}"),
                Item::Factor(factor) => {
                    let pairs = factor.sub_items().map(|(name, value)| format!("{}-{name}={value}", factor.code()));
                    pairs.collect::<Vec<_>>().join(",")
                }
            });
        }
        Self {
            qn: segment.qn_text().to_owned(),
            system: segment.system().to_owned(),
            command: segment.command(),
            password: segment.password().to_owned(),
            station: segment.station().to_owned(),
            flag: segment.flag(),
            packet: segment.packet(),
            is_resent: segment.is_resent(),
            items,
            bad_text: None,
        }
    }

    /// 9011: the answer to a request; 1 accepts it.
    #[must_use]
    pub fn request_answer(request: &Segment<'_>, result: u32) -> Self {
        Self::answer(request, Command::RequestAnswer).parameter("QnRtn", &result.to_string())
    }

    /// 9012: how a request ended; 1 is success.
    #[must_use]
    pub fn execution_result(request: &Segment<'_>, result: u32) -> Self {
        Self::answer(request, Command::ExecutionResult).parameter("ExeRtn", &result.to_string())
    }

    /// 9013: the acknowledgement of a notice or of a heartbeat.
    #[must_use]
    pub fn notice_answer(notice: &Segment<'_>) -> Self {
        Self::answer(notice, Command::NoticeAnswer)
    }

    /// 9014: the acknowledgement of data. Send it only once the data are durable: the station may forget them then.
    #[must_use]
    pub fn acknowledgement(message: &Segment<'_>) -> Self {
        Self::answer(message, Command::DataAnswer)
    }

    /// 9015: a heartbeat of 2025 that wants its 9013.
    #[must_use]
    pub fn heartbeat(qn: LocalTime, station: &str) -> Self {
        Self::new(Command::Heartbeat, qn, station).edition(Edition::Of2025).wants_answer(true)
    }

    /// The answer to a message: same `QN`, `PW`, `MN` and edition, system 91.
    fn answer(request: &Segment<'_>, command: Command) -> Self {
        Self {
            qn: request.qn_text().to_owned(),
            system: ANSWERS.to_owned(),
            command: command.number(),
            password: request.password().to_owned(),
            station: request.station().to_owned(),
            flag: Flag::new(request.flag().edition()),
            packet: None,
            is_resent: false,
            items: Vec::new(),
            bad_text: None,
        }
    }

    /// Sets `ST`, such as `22` (ambient air) or `27` (VOC of emissions).
    #[must_use]
    pub fn system(mut self, system: &str) -> Self {
        system.clone_into(&mut self.system);
        self.noting(system)
    }

    /// Sets `PW`.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self.noting(password)
    }

    /// Sets the edition that `Flag` declares.
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.flag = Flag::new(edition).with_answer(self.flag.wants_answer());
        self
    }

    /// Sets whether an answer is wanted (bit A).
    #[must_use]
    pub fn wants_answer(mut self, wants_answer: bool) -> Self {
        self.flag = self.flag.with_answer(wants_answer);
        self
    }

    /// Sets `RF=1`: the message repeats data after a failure of the link (2025).
    #[must_use]
    pub const fn resent(mut self) -> Self {
        self.is_resent = true;
        self
    }

    /// Adds a parameter to `CP`.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.items.push(format!("{name}={value}"));
        self.noting(name).noting(value)
    }

    /// Adds a factor with its sub-items to `CP`.
    #[must_use]
    pub fn factor(mut self, code: &str, sub_items: &[(SubItem, &str)]) -> Self {
        let mut item = String::new();
        for (sub_item, value) in sub_items {
            let comma = if item.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(item, "{comma}{code}-{}={value}", sub_item.name());
            self = self.noting(value);
        }
        self.items.extend((!item.is_empty()).then_some(item));
        self.noting(code)
    }

    fn noting(mut self, text: &str) -> Self {
        let is_bad = text.bytes().any(|byte| byte.is_ascii_control() || b";,=&#".contains(&byte));
        if is_bad && self.bad_text.is_none() {
            self.bad_text = Some(Excerpt::of(text.as_bytes()));
        }
        self
    }

    /// Writes the message as one frame. With a key, `CP` is encrypted where 2025 wants it ([`ContentKey::covers`]).
    ///
    /// # Errors
    /// [`EncodeError::Text`] and [`EncodeError::TooLong`].
    pub fn encode(&self, key: Option<&ContentKey>) -> Result<Vec<u8>, EncodeError> {
        if let Some(text) = self.bad_text {
            return Err(EncodeError::Text { text });
        }
        self.frame(&self.items.join(";"), self.packet, key)
    }

    /// Writes the message as as many frames as needed, each with at most so many bytes of content; one frame, without packet numbers, where it
    /// fits. HJ 212-2017 allows 950 bytes. Every packet has the message's `DataTime`, so that the receiver knows where it belongs.
    ///
    /// # Errors
    /// As [`Outgoing::encode`], [`EncodeError::ItemTooLong`] and [`EncodeError::TooManyPackets`].
    pub fn encode_split(
        &self,
        content_bytes_max: usize,
        key: Option<&ContentKey>,
    ) -> Result<Vec<Vec<u8>>, EncodeError> {
        if let Some(text) = self.bad_text {
            return Err(EncodeError::Text { text });
        }
        let time = self.items.iter().find(|item| item.starts_with("DataTime="));
        let mut contents: Vec<String> = Vec::new();
        for item in self.items.iter().filter(|item| Some(*item) != time) {
            let room = |content: &String| content.len() + 1 + item.len() <= content_bytes_max;
            if let Some(content) = contents.last_mut().filter(|content| room(content)) {
                content.push(';');
                content.push_str(item);
                continue;
            }
            let content = time.map_or_else(|| item.clone(), |time| format!("{time};{item}"));
            if content.len() > content_bytes_max {
                return Err(EncodeError::ItemTooLong { bytes: content.len(), bytes_max: content_bytes_max });
            }
            contents.push(content);
        }
        if contents.len() <= 1 {
            let content = contents.pop().or_else(|| time.cloned()).unwrap_or_default();
            return Ok(vec![self.frame(&content, None, key)?]);
        }
        let packets = contents.len();
        let count = u16::try_from(packets).ok().filter(|_| packets <= PACKETS_MAX);
        let count = count.ok_or(EncodeError::TooManyPackets { packets })?;
        let frames = (1..=count).zip(&contents);
        frames.map(|(number, content)| self.frame(content, Some(Packet { count, number }), key)).collect()
    }

    fn frame(&self, content: &str, packet: Option<Packet>, key: Option<&ContentKey>) -> Result<Vec<u8>, EncodeError> {
        let Self { qn, system, command, password, station, .. } = self;
        let flag = self.flag.with_packets(packet.is_some());
        let mut segment = format!("QN={qn};ST={system};CN={command:04};PW={password};MN={station};Flag={flag};");
        if let Some(Packet { count, number }) = packet {
            let _ = write!(segment, "PNUM={count};PNO={number};");
        }
        if self.is_resent {
            segment.push_str("RF=1;");
        }
        let _ = write!(segment, "CP=&&{content}&&");
        if segment.len() > SEGMENT_BYTES_MAX {
            return Err(EncodeError::TooLong { bytes: segment.len() });
        }
        let checksum = checksum(segment.as_bytes());
        let mut segment = segment.into_bytes();
        let is_encrypted = flag.edition() == Edition::Of2025 && ContentKey::covers(*command);
        if let (Some(key), Some(range)) = (key.filter(|_| is_encrypted), content_range(&segment)) {
            key.encrypt(segment.get_mut(range).unwrap_or_default());
        }
        let mut frame = format!("##{:04}", segment.len()).into_bytes();
        frame.append(&mut segment);
        frame.extend(format!("{checksum:04X}\r\n").bytes());
        Ok(frame)
    }
}
