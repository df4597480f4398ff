//! The commands of the standard.

use std::fmt;

macro_rules! commands {
    ($($(#[$doc:meta])+ $name:ident = $number:literal, $word:literal;)+) => {
        /// A command of HJ 212, by the field `CN`.
        ///
        /// ```
        /// use vocdb::interop::hj212::Command;
        /// assert_eq!(Command::from_number(2011), Some(Command::RealTime));
        /// assert_eq!((Command::Heartbeat.number(), Command::Heartbeat.name()), (9015, "heartbeat"));
        /// assert_eq!(Command::from_number(1), None);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Command {
            $($(#[$doc])+ $name,)+
        }

        impl Command {
            /// All commands that this crate names.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The number in the field `CN`.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number),+ }
            }

            /// The command of a number; `None` for one that this crate does not name.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }

            /// The command in words, as reports name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

commands! {
    /// 1000: set timeout and number of repetitions.
    SetTimeout = 1000, "set timeout";
    /// 1011: read the clock.
    ReadClock = 1011, "read clock";
    /// 1012: set the clock.
    SetClock = 1012, "set clock";
    /// 1013: the station asks for the time.
    AskTime = 1013, "ask for time";
    /// 1014: exchange of keys (2025, from secondary sources).
    ExchangeKey = 1014, "exchange key";
    /// 1061: read the interval of real-time data.
    ReadRealTimeInterval = 1061, "read real-time interval";
    /// 1062: set the interval of real-time data.
    SetRealTimeInterval = 1062, "set real-time interval";
    /// 1063: read the interval of minute data.
    ReadMinuteInterval = 1063, "read minute interval";
    /// 1064: set the interval of minute data.
    SetMinuteInterval = 1064, "set minute interval";
    /// 1072: set the password.
    SetPassword = 1072, "set password";
    /// 2011: real-time data.
    RealTime = 2011, "real-time data";
    /// 2012: stop real-time data.
    StopRealTime = 2012, "stop real-time data";
    /// 2013: raw periodic VOC data (2025, from secondary sources).
    RawVoc = 2013, "raw VOC data";
    /// 2021: run states of treatment units.
    RunState = 2021, "run state";
    /// 2022: stop run states.
    StopRunState = 2022, "stop run state";
    /// 2031: data of a day.
    Day = 2031, "day data";
    /// 2041: run times of a day.
    DayRunTime = 2041, "day run time";
    /// 2051: data of some minutes.
    Minute = 2051, "minute data";
    /// 2061: data of an hour.
    Hour = 2061, "hour data";
    /// 2081: when the station was restarted.
    Restart = 2081, "restart";
    /// 3011: zero and span check.
    ZeroCalibration = 3011, "zero and span check";
    /// 3012: take a sample now.
    SampleNow = 3012, "sample now";
    /// 3014: set the sampling period.
    SetSampling = 3014, "set sampling";
    /// 3015: take a sample over the limit.
    TakeSample = 3015, "take sample";
    /// 3017: read the sampling period.
    ReadSampling = 3017, "read sampling";
    /// 3018: read the sampling duration.
    ReadSamplingTime = 3018, "read sampling time";
    /// 3019: serial number of an instrument.
    SerialNumber = 3019, "serial number";
    /// 3020: state or parameters of an instrument.
    InstrumentStatus = 3020, "instrument status";
    /// 9011: answer to a request: whether it is accepted.
    RequestAnswer = 9011, "request answer";
    /// 9012: result of a request.
    ExecutionResult = 9012, "execution result";
    /// 9013: acknowledgement of a notice.
    NoticeAnswer = 9013, "notice answer";
    /// 9014: acknowledgement of data.
    DataAnswer = 9014, "data answer";
    /// 9015: heartbeat (2025, from secondary sources), answered by 9013.
    Heartbeat = 9015, "heartbeat";
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[test]
fn every_command_is_found_by_its_number() {
    for command in Command::ALL {
        assert_eq!(Command::from_number(command.number()), Some(*command));
    }
}
