//! Questions for aggregates over windows, right-aligned, with coverage, and the answers.

use crate::model::{InstrumentId, Interval, TimeRange, Timestamp, Zone};

/// What is computed over a window's valid samples.
///
/// Of a circular channel (a direction in degrees) there are [`Mean`](Self::Mean), which is the vector mean, [`Count`](Self::Count),
/// [`First`](Self::First) and [`Last`](Self::Last), as in rules.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum WindowFunction {
    /// Mean; of directions the vector mean, 0 to 360 (excluded), which opposite directions do not have.
    Mean,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// Sum.
    Sum,
    /// Number of valid samples.
    Count,
    /// The first one.
    First,
    /// The last one.
    Last,
    /// A percentile, 0 to 100, with linear interpolation between order statistics (R type 7), as in rules.
    Percentile(f64),
    /// The sample standard deviation (divisor n - 1), as in rules; of two samples or more.
    StdDev,
}

impl WindowFunction {
    /// The function in a few words, the same in every release.
    ///
    /// ```
    /// use vocdb::query::WindowFunction;
    /// assert_eq!(WindowFunction::StdDev.name(), "standard deviation");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Min => "minimum",
            Self::Max => "maximum",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::First => "first value",
            Self::Last => "last value",
            Self::Percentile(_) => "percentile",
            Self::StdDev => "standard deviation",
        }
    }

    /// Whether directions have it.
    pub(super) const fn suits_directions(self) -> bool {
        matches!(self, Self::Mean | Self::Count | Self::First | Self::Last)
    }
}

/// The shape of the windows: `(t - width, t]` at every `t` that is a multiple of `step` since the epoch, or of the clock of a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// How long a window is.
    pub width: Interval,
    /// How far apart the ends of windows are.
    pub step: Interval,
    /// Below this share of valid samples the answer is `None`: 0.75 for 75 %.
    pub coverage_min: f64,
    /// Below this number of valid samples the answer is `None`, too: 20 for a day of which 20 of the 24 hourly values must be valid.
    pub valid_min: u32,
    /// Zone whose clock decides where windows end; `None` for UTC. Windows and steps of whole days are then calendar days of the zone:
    /// from midnight, included, to midnight, excluded, so that a reading counts for its local date, and days have 23 or 25 hours where
    /// clocks change. Other steps end at multiples of the local time of day. Windows side by side leave nothing out and count nothing
    /// twice; coverage is that of the time a window really has.
    pub zone: Option<Zone>,
}

impl Window {
    /// Windows side by side in UTC, with a value from a coverage of 75 % on.
    ///
    /// ```
    /// use vocdb::Interval;
    /// use vocdb::query::Window;
    /// let day: Interval = "1d".parse()?;
    /// let days_of_shanghai = Window { zone: Some("Asia/Shanghai".parse()?), ..Window::side_by_side(day) };
    /// assert_eq!(days_of_shanghai.step, day);
    /// // As laws put it: at least 20 of the 24 hourly values.
    /// let lawful_days = Window { coverage_min: 0.0, valid_min: 20, ..days_of_shanghai };
    /// assert_eq!(lawful_days.valid_min, 20);
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    #[must_use]
    pub const fn side_by_side(width: Interval) -> Self {
        Self { width, step: width, coverage_min: 0.75, valid_min: 0, zone: None }
    }
}

/// A question for windows over one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowQuery {
    /// Instrument that measures the channel.
    pub instrument: InstrumentId,
    /// Place of the channel in a frame.
    pub channel: usize,
    /// Range in which windows end.
    pub ends: TimeRange,
    /// Shape of the windows.
    pub window: Window,
    /// What is computed.
    pub function: WindowFunction,
}

impl WindowQuery {
    /// A question for all windows of a channel, given as [`Database::channel`](crate::Database::channel) finds it.
    ///
    /// ```
    /// # use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Station, Timestamp, Unit};
    /// use vocdb::query::{Window, WindowFunction, WindowQuery};
    /// # let dir = tempfile::tempdir()?;
    /// # let db = Database::open(dir.path(), Config::default())?;
    /// # let station = db.register_station(Station::new("park/S1")?)?;
    /// # let mast = vec![Channel::quantity("wind direction", Unit::Degree)?];
    /// # let mast = db.register_instrument(station, Instrument::new("mast", "30m".parse()?, mast)?)?;
    /// # let mut batch = Batch::new();
    /// # for (ms, degrees) in [(1_800_000, 350.0), (3_600_000, 20.0)] {
    /// #     batch.push_values(mast, Timestamp::from_ms(ms), &[Some(degrees)]);
    /// # }
    /// # db.append(&batch)?;
    /// let wind = db.channel("park/S1", "wind direction")?;
    /// let hourly = WindowQuery::new(wind, Window::side_by_side("1h".parse()?), WindowFunction::Mean);
    /// for hour in db.readings().windows(&hourly)? {
    ///     assert_eq!(hour?.value, Some(5.0)); // of 350 and 20 degrees
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn new((instrument, channel): (InstrumentId, usize), window: Window, function: WindowFunction) -> Self {
        Self { instrument, channel, ends: TimeRange::ALL, window, function }
    }
}

/// The answer for one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowValue {
    /// The end of the window, which it includes; calendar days of a zone end at midnight, which they do not include.
    pub end: Timestamp,
    /// The aggregate; `None` where coverage is too small, nothing is valid, or the samples do not have one: opposite directions no
    /// mean, a single sample no standard deviation.
    pub value: Option<f64>,
    /// Valid samples in the window.
    pub valid: u32,
    /// Valid samples over the expected ones; over 1 where samples come more often than the interval says.
    pub coverage: f64,
}
