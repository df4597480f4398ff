//! What a decoded message means.

use super::super::segment::{Factor, Item, LocalTime, Segment, StationClock, SubItem};
use super::command::Command;
use crate::model::{Interval, ModelError, Timestamp};

/// The system of noise monitoring.
const NOISE: &str = "23";

/// What kind of data a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasurementKind {
    /// 2011: values of an instant.
    RealTime,
    /// 2013: raw values of an instant, of periodic VOC analysers (2025).
    RawVoc,
    /// 2021: run states of an instant.
    RunState,
    /// 2051: means of some minutes.
    Minute,
    /// 2061: means of an hour.
    Hour,
    /// 2031: means of a day.
    Day,
}

impl MeasurementKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::RealTime, Self::RawVoc, Self::RunState, Self::Minute, Self::Hour, Self::Day];

    /// The command that carries the data.
    #[must_use]
    pub const fn command(self) -> Command {
        match self {
            Self::RealTime => Command::RealTime,
            Self::RawVoc => Command::RawVoc,
            Self::RunState => Command::RunState,
            Self::Minute => Command::Minute,
            Self::Hour => Command::Hour,
            Self::Day => Command::Day,
        }
    }

    fn of(command: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.command().number() == command)
    }

    /// The sub-item that has the value of a factor.
    #[must_use]
    pub fn sub_item(self, system: &str) -> SubItem {
        match self {
            Self::RealTime | Self::RawVoc => SubItem::Rtd,
            Self::RunState => SubItem::RunState,
            Self::Minute | Self::Hour | Self::Day if system == NOISE => SubItem::Level,
            Self::Minute | Self::Hour | Self::Day => SubItem::Avg,
        }
    }
}

/// Data of a station: values of an instant, or of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement<'a> {
    /// Kind of the data.
    pub kind: MeasurementKind,
    /// `DataTime` of the frame: the instant, or the **start** of the interval.
    pub data_time: LocalTime,
    /// Segment that holds the factors.
    pub segment: Segment<'a>,
}

impl<'a> Measurement<'a> {
    /// The time under which a reading is stored: the instant, or the **end** of the interval. The interval of minute data is agreed with the
    /// station (`CN=1063`) and is not in the frame.
    ///
    /// # Errors
    /// [`ModelError::Time`] where the station's zone cannot say.
    ///
    /// ```
    /// use vocdb::Interval;
    /// use vocdb::interop::hj212::{Content, Decoder, Mode, StationClock};
    /// let hour = b"##0191QN=20261123030001000;ST=27;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;\
    ///              CP=&&DataTime=20261123020000;a25002-Min=0.0081,a25002-Avg=0.0224,a25002-Max=0.0333,a25002-Flag=N&&9481\r\n";
    /// let mut decoder = Decoder::new(Mode::Strict);
    /// let Content::Measurement(hour) = Content::of(&decoder.decode(hour)?.segment)? else { panic!("no data") };
    /// let end = hour.time(&StationClock::CHINA, Interval::minutes(10)?)?;
    /// assert_eq!(end.to_string(), "2026-11-22T19:00:00Z"); // 03:00 in China
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn time(&self, clock: &StationClock, minute_interval: Interval) -> Result<Timestamp, ModelError> {
        let start = clock.timestamp(self.data_time)?;
        Ok(match self.kind {
            MeasurementKind::RealTime | MeasurementKind::RawVoc | MeasurementKind::RunState => start,
            MeasurementKind::Minute => start + minute_interval,
            MeasurementKind::Hour => start + Interval::HOUR,
            MeasurementKind::Day => clock.day_after(self.data_time)?,
        })
    }

    /// The factors, in their order.
    pub fn factors(&self) -> impl Iterator<Item = Factor<'a>> + use<'a> {
        self.segment.items().filter_map(|item| match item {
            Item::Factor(factor) => Some(factor),
            Item::Parameter { .. } => None,
        })
    }
}

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Data of a station, current or repeated.
    Measurement(Measurement<'a>),
    /// A command to send data of these kinds: the current ones, or those from one start of an interval to another, both inclusive.
    DataRequest {
        /// Kind of the data.
        kind: MeasurementKind,
        /// First and last start of an interval.
        range: Option<(LocalTime, LocalTime)>,
    },
    /// The clock is read (without a time), answered or set.
    Clock {
        /// `SystemTime`.
        time: Option<LocalTime>,
    },
    /// The interval of real-time data in seconds is read (without a number), answered or set.
    RealTimeInterval {
        /// `RtdInterval`.
        seconds: Option<u32>,
    },
    /// The interval of minute data is read (without a number), answered or set.
    MinuteInterval {
        /// `MinInterval`.
        minutes: Option<u32>,
    },
    /// 9011: whether a request is accepted; 1 is yes.
    RequestAnswer {
        /// `QnRtn`.
        result: u32,
    },
    /// 9012: how a request ended; 1 is success.
    ExecutionResult {
        /// `ExeRtn`.
        result: u32,
    },
    /// 9013: a notice or a heartbeat is acknowledged.
    NoticeAnswer,
    /// 9014: data are acknowledged.
    DataAnswer,
    /// 9015: the link is alive (2025); answer it with 9013.
    Heartbeat,
    /// 2081: the station was restarted.
    Restart {
        /// `DataTime`.
        data_time: LocalTime,
        /// `RestartTime`.
        restarted: LocalTime,
    },
    /// A command whose content this crate leaves to the host.
    Other,
}

/// A message whose content contradicts its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message (CN={command}) has no readable `{parameter}`")]
pub struct MessageFault {
    /// Number of the command.
    pub command: u16,
    /// Parameter that is missing or cannot be read.
    pub parameter: &'static str,
}

impl<'a> Content<'a> {
    /// Reads the content of a segment.
    ///
    /// # Errors
    /// [`MessageFault`] where a parameter that the command needs is missing or no number.
    pub fn of(segment: &Segment<'a>) -> Result<Self, MessageFault> {
        let command = segment.command();
        if let Some(kind) = MeasurementKind::of(command) {
            return Self::of_measurement(segment, kind);
        }
        let fault = |parameter| MessageFault { command, parameter };
        let time = |name: &'static str| segment.parameter(name).map(LocalTime::parse);
        let needed_time = |name| time(name).flatten().ok_or(fault(name));
        let number = |name: &'static str| match segment.parameter(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| fault(name)),
        };
        let needed = |name| number(name)?.ok_or(fault(name));
        Ok(match Command::from_number(command) {
            Some(Command::ReadClock | Command::SetClock) => Self::Clock { time: time("SystemTime").flatten() },
            Some(Command::ReadRealTimeInterval | Command::SetRealTimeInterval) => {
                Self::RealTimeInterval { seconds: number("RtdInterval")? }
            }
            Some(Command::ReadMinuteInterval | Command::SetMinuteInterval) => {
                Self::MinuteInterval { minutes: number("MinInterval")? }
            }
            Some(Command::RequestAnswer) => Self::RequestAnswer { result: needed("QnRtn")? },
            Some(Command::ExecutionResult) => Self::ExecutionResult { result: needed("ExeRtn")? },
            Some(Command::NoticeAnswer) => Self::NoticeAnswer,
            Some(Command::DataAnswer) => Self::DataAnswer,
            Some(Command::Heartbeat) => Self::Heartbeat,
            Some(Command::Restart) => {
                Self::Restart { data_time: needed_time("DataTime")?, restarted: needed_time("RestartTime")? }
            }
            _ => Self::Other,
        })
    }

    fn of_measurement(segment: &Segment<'a>, kind: MeasurementKind) -> Result<Self, MessageFault> {
        let fault = |parameter| MessageFault { command: segment.command(), parameter };
        let (mut times, mut has_factor) = ([None; 3], false);
        for item in segment.items() {
            let (place, value) = match item {
                Item::Parameter { name: "DataTime", value } => (0, value),
                Item::Parameter { name: "BeginTime", value } => (1, value),
                Item::Parameter { name: "EndTime", value } => (2, value),
                Item::Parameter { .. } => continue,
                Item::Factor(_) => {
                    has_factor = true;
                    continue;
                }
            };
            if let Some(time) = times.get_mut(place).filter(|time| time.is_none()) {
                *time = LocalTime::parse(value);
            }
            if place == 0 {
                break;
            }
        }
        Ok(match times {
            [Some(data_time), _, _] => Self::Measurement(Measurement { kind, data_time, segment: *segment }),
            [None, ..] if has_factor => return Err(fault("DataTime")),
            [None, Some(begin), Some(end)] => Self::DataRequest { kind, range: Some((begin, end)) },
            [None, None, None] => Self::DataRequest { kind, range: None },
            [None, Some(_), None] => return Err(fault("EndTime")),
            [None, None, Some(_)] => return Err(fault("BeginTime")),
        })
    }
}
