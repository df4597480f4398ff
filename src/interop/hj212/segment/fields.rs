//! The fields of a segment.

use super::super::deviation::{Deviation, Deviations};
use super::super::fault::{Excerpt, FaultKind};
use super::flag::{Edition, Flag};
use super::items::{self, Item, Items};
use super::sub_item::SubItem;
use super::time::LocalTime;
use super::token::{Token, Tokens};
use std::ops::Range;

/// What encloses the content of `CP`.
const MARKS: &str = "&&";
/// The system of noise monitoring, whose factors have no flags.
const NOISE: &str = "23";
/// Parameters of `CP` that are times.
const TIMES: [&str; 5] = ["DataTime", "BeginTime", "EndTime", "SystemTime", "RestartTime"];
/// Digits of `QN`.
const QN_DIGITS: usize = 17;

/// Number of a packet within its message: `PNUM` and `PNO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Packets of the message, 1 to 9999.
    pub count: u16,
    /// Number of this packet, from 1 to `count`.
    pub number: u16,
}

/// The segment of a frame: its fields, and the items of `CP`. Borrowed from the frame's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    text: &'a str,
    qn: Option<LocalTime>,
    qn_text: &'a str,
    system: &'a str,
    command: u16,
    password: &'a str,
    station: &'a str,
    flag: Option<Flag>,
    packet: Option<Packet>,
    is_resent: bool,
    content: &'a str,
}

impl<'a> Segment<'a> {
    /// Reads a segment, and lists what departs from the standard.
    pub(in super::super) fn read(text: &'a str) -> Result<(Self, Deviations), FaultKind> {
        let mut head = Head { rank: 0, seen: 0, deviations: Deviations::NONE };
        let mut segment = Self {
            text,
            qn: None,
            qn_text: "",
            system: "",
            command: 0,
            password: "",
            station: "",
            flag: None,
            packet: None,
            is_resent: false,
            content: "",
        };
        let mut packet = (None, None);
        let mut tokens = Tokens::of(text);
        loop {
            if let Some(content) = tokens.rest().strip_prefix("CP=") {
                let inner = content.strip_prefix(MARKS).and_then(|inner| inner.strip_suffix(MARKS));
                segment.content = inner.ok_or(FaultKind::ContentMarks)?;
                break;
            }
            let Some(token) = tokens.next() else {
                return Err(FaultKind::MissingField { name: "CP" });
            };
            if token.text.is_empty() && token.separator.is_some() {
                head.deviations.insert(Deviation::EmptyItem);
            } else {
                segment.take(token, &mut head, &mut packet)?;
            }
            if token.separator == Some(b',') {
                head.deviations.insert(Deviation::Separator);
            }
        }
        if !head.has_read("PW") {
            head.deviations.insert(Deviation::MissingPw);
        }
        segment.finish(&mut head.deviations, packet)?;
        segment.check_items(&mut head.deviations)?;
        Ok((segment, head.deviations))
    }

    fn take(
        &mut self,
        field: Token<'a>,
        head: &mut Head,
        packet: &mut (Option<u16>, Option<u16>),
    ) -> Result<(), FaultKind> {
        let unknown = || FaultKind::UnknownField { name: Excerpt::of(field.text.as_bytes()) };
        let (found, value) = field.pair().ok_or_else(unknown)?;
        let name = NAMES.iter().position(|name| *name == found);
        let name = head.note(name.ok_or_else(unknown)?)?;
        let bad = |expected| FaultKind::BadField { name, value: Excerpt::of(value.as_bytes()), expected };
        match name {
            "QN" if value.is_empty() => {}
            "QN" => {
                let is_long = value.len() == QN_DIGITS;
                let time = LocalTime::parse(value).filter(|_| is_long);
                self.qn = Some(time.ok_or_else(|| bad("17 digits YYYYMMDDhhmmssmmm"))?);
                self.qn_text = value;
            }
            "ST" => self.system = value,
            "CN" => {
                let number = decimal(value).filter(|_| value.len() == 4);
                self.command = number.ok_or_else(|| bad("four digits"))?;
            }
            "PW" => self.password = value,
            "MN" if value.is_empty() => return Err(bad("the number of a station")),
            "MN" => self.station = value,
            "Flag" => {
                let number = decimal(value).and_then(|number| u8::try_from(number).ok());
                if value.len() > 1 && value.starts_with('0') {
                    head.deviations.insert(Deviation::PacketFields);
                }
                self.flag = Some(number.and_then(Flag::from_number).ok_or_else(|| bad("a number from 0 to 11"))?);
            }
            "RF" => {
                if value != "1" {
                    head.deviations.insert(Deviation::ResendMark);
                }
                self.is_resent = value == "1";
            }
            _ => {
                let number = decimal(value).filter(|number| *number > 0);
                let number = number.ok_or_else(|| bad("a number from 1 to 9999"))?;
                if value.starts_with('0') {
                    head.deviations.insert(Deviation::PacketFields);
                }
                *(if name == "PNUM" { &mut packet.0 } else { &mut packet.1 }) = Some(number);
            }
        }
        Ok(())
    }

    /// Checks what concerns several fields.
    fn finish(&mut self, deviations: &mut Deviations, packet: (Option<u16>, Option<u16>)) -> Result<(), FaultKind> {
        for (name, is_missing) in
            [("ST", self.system.is_empty()), ("CN", self.command == 0), ("MN", self.station.is_empty())]
        {
            if is_missing {
                return Err(FaultKind::MissingField { name });
            }
        }
        self.packet = match packet {
            (Some(count), Some(number)) if number <= count => Some(Packet { count, number }),
            (Some(_), Some(number)) => {
                let value = Excerpt::of(number.to_string().as_bytes());
                return Err(FaultKind::BadField { name: "PNO", value, expected: "at most PNUM" });
            }
            (Some(_), None) => return Err(FaultKind::MissingField { name: "PNO" }),
            (None, Some(_)) => return Err(FaultKind::MissingField { name: "PNUM" }),
            (None, None) => None,
        };
        let is_of_2025 = self.flag.is_some_and(|flag| flag.edition() == Edition::Of2025);
        for (deviation, is_so) in [
            (Deviation::MissingQn, self.qn.is_none()),
            (Deviation::MissingFlag, self.flag.is_none()),
            (Deviation::PacketFields, self.flag.is_some_and(|flag| flag.has_packets()) != self.packet.is_some()),
            (Deviation::ResendMark, self.is_resent && !is_of_2025),
        ] {
            if is_so {
                deviations.insert(deviation);
            }
        }
        Ok(())
    }

    fn check_items(&self, deviations: &mut Deviations) -> Result<(), FaultKind> {
        let mut factor = Run { code: "", seen: 0 };
        let mut before = None;
        for token in Tokens::of(self.content) {
            if token.text.is_empty() {
                deviations.insert(Deviation::EmptyItem);
                continue;
            }
            let bad = || FaultKind::BadItem { item: Excerpt::of(token.text.as_bytes()) };
            let (name, value) = token.pair().filter(|(name, _)| !name.is_empty()).ok_or_else(bad)?;
            if token.separator.is_some() && token.end() + 1 == self.content.len() {
                deviations.insert(Deviation::EmptyItem);
            }
            if let Some((code, sub_item)) = token.factor() {
                if code.is_empty() || sub_item.is_empty() {
                    return Err(bad());
                }
                if factor.take((code, sub_item), before, self.system, deviations) == Some(SubItem::Flag) {
                    check_flag(value, deviations);
                }
            } else {
                factor.close(self.system, deviations);
                factor = Run { code: "", seen: 0 };
                if before == Some(b',') {
                    deviations.insert(Deviation::Separator);
                }
                check_time(name, value, deviations)?;
            }
            before = token.separator;
        }
        factor.close(self.system, deviations);
        Ok(())
    }

    /// The whole segment as text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// `QN`: when the request was made, by the sender's clock. An answer repeats it.
    #[must_use]
    pub const fn qn(&self) -> Option<LocalTime> {
        self.qn
    }

    /// `QN` as the frame has it; empty if missing.
    #[must_use]
    pub const fn qn_text(&self) -> &'a str {
        self.qn_text
    }

    /// `ST`: system, such as `22` (ambient air), `27` (VOC of emissions), `31` (emissions), `91` (an answer).
    #[must_use]
    pub const fn system(&self) -> &'a str {
        self.system
    }

    /// `CN`: number of the command; see [`Command`](super::super::Command).
    #[must_use]
    pub const fn command(&self) -> u16 {
        self.command
    }

    /// `PW`: password of the station; empty where it is missing.
    #[must_use]
    pub const fn password(&self) -> &'a str {
        self.password
    }

    /// `MN`: number of the station's logger, unique in a network.
    #[must_use]
    pub const fn station(&self) -> &'a str {
        self.station
    }

    /// `Flag`; where it is missing, that of 2005 without packets and without a wish for an answer.
    #[must_use]
    pub fn flag(&self) -> Flag {
        self.flag.unwrap_or(Flag::new(Edition::Of2005))
    }

    /// `PNUM` and `PNO`, if the message is split.
    #[must_use]
    pub const fn packet(&self) -> Option<Packet> {
        self.packet
    }

    /// `RF=1`: the message repeats data after a failure of the link (2025).
    #[must_use]
    pub const fn is_resent(&self) -> bool {
        self.is_resent
    }

    /// The content of `CP` as text, without `&&`.
    #[must_use]
    pub const fn content(&self) -> &'a str {
        self.content
    }

    /// The items of `CP`.
    #[must_use]
    pub const fn items(&self) -> Items<'a> {
        Items::of(self.content)
    }

    /// The value of a parameter of `CP`, such as `DataTime`; the first of several.
    #[must_use]
    pub fn parameter(&self, wanted: &str) -> Option<&'a str> {
        self.items().find_map(|item| match item {
            Item::Parameter { name, value } if name == wanted => Some(value),
            _ => None,
        })
    }
}

/// The fields in their order.
const NAMES: [&str; 9] = ["QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF"];

/// Which fields were read.
struct Head {
    /// Place behind the last field in [`NAMES`].
    rank: usize,
    seen: u16,
    deviations: Deviations,
}

impl Head {
    fn has_read(&self, wanted: &str) -> bool {
        NAMES.iter().enumerate().any(|(place, name)| *name == wanted && self.seen & 1 << place != 0)
    }

    fn note(&mut self, place: usize) -> Result<&'static str, FaultKind> {
        let name = NAMES.get(place).copied().unwrap_or_default();
        if self.seen & 1 << place != 0 {
            return Err(FaultKind::RepeatedField { name });
        }
        self.seen |= 1 << place;
        if place < self.rank {
            self.deviations.insert(Deviation::FieldOrder);
        }
        self.rank = self.rank.max(place);
        Ok(name)
    }
}

/// A factor whose sub-items follow each other.
struct Run<'a> {
    code: &'a str,
    seen: u32,
}

impl<'a> Run<'a> {
    /// Takes a sub-item by its name, and returns which it is.
    fn take(
        &mut self,
        name: (&'a str, &str),
        separator: Option<u8>,
        system: &str,
        deviations: &mut Deviations,
    ) -> Option<SubItem> {
        let (code, sub_item) = name;
        let known = SubItem::of_name(sub_item);
        let bit = known.map_or(0, SubItem::bit);
        let continues = items::continues((self.code, self.seen), (code, bit), separator);
        if separator.is_some_and(|separator| (separator == b',') != continues) {
            deviations.insert(Deviation::Separator);
        }
        if known.is_some_and(|known| known.name() != sub_item) {
            deviations.insert(Deviation::NameCase);
        }
        if !continues {
            self.close(system, deviations);
            *self = Run { code, seen: 0 };
        }
        self.seen |= bit;
        known
    }

    fn close(&self, system: &str, deviations: &mut Deviations) {
        let is_flagged = self.seen & SubItem::Flag.bit() != 0;
        if self.seen & SubItem::MEASURED != 0 && !is_flagged && system != NOISE {
            deviations.insert(Deviation::UnflaggedFactor);
        }
    }
}

fn check_flag(value: &str, deviations: &mut Deviations) {
    match items::quality(value) {
        None => deviations.insert(Deviation::UnknownQuality),
        Some(_) if value.bytes().any(|byte| byte.is_ascii_lowercase()) => deviations.insert(Deviation::NameCase),
        Some(_) => {}
    }
}

fn check_time(name: &str, value: &str, deviations: &mut Deviations) -> Result<(), FaultKind> {
    let Some(name) = TIMES.into_iter().find(|time| *time == name) else { return Ok(()) };
    if LocalTime::parse(value).is_none() {
        let value = Excerpt::of(value.as_bytes());
        return Err(FaultKind::BadField { name, value, expected: "14 digits YYYYMMDDhhmmss" });
    }
    if value.len() == QN_DIGITS {
        deviations.insert(Deviation::LongTime);
    }
    Ok(())
}

/// The number of one to four digits.
fn decimal(text: &str) -> Option<u16> {
    let is_decimal = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

/// Where the content of `CP` lies in a segment that may be encrypted.
pub(in super::super) fn content_range(segment: &[u8]) -> Option<Range<usize>> {
    const START: &[u8] = b"CP=&&";
    let start = segment.windows(START.len()).position(|bytes| bytes == START)? + START.len();
    let end = segment.len().checked_sub(MARKS.len())?;
    (start <= end && segment.ends_with(MARKS.as_bytes())).then_some(start..end)
}
