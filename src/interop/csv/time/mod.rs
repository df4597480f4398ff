//! The time column: its format, its zone, and what happens where clocks are put back or forward.

mod run;
mod stamp;

pub(in crate::interop) use run::EqualRun;
pub(in crate::interop) use stamp::StampReader;
#[cfg(feature = "profiles")]
pub(in crate::interop) use stamp::{RowOrder, needs_zone};

/// How the time column is written.
///
/// ```
/// use vocdb::interop::csv::{TimeColumn, TimeFormat};
/// TimeColumn::new("UTC Date Time", TimeFormat::Pattern("%-m/%-d/%Y %-H:%M".into())).zone("UTC");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// `2022-05-09T02:18:02Z`, or with an offset such as `+08:00`. A time without an offset is read in the zone given with
    /// [`TimeColumn::zone`], and rejected where none is given. `24:00` is the midnight that ends the day.
    Rfc3339,
    /// A `strftime`-like pattern as [`jiff::fmt::strtime`] reads it. It must have a date; a time that is not in it is midnight.
    /// A pattern without an offset (`%z`) needs the zone of the column. `24:00` is the midnight that ends the day.
    Pattern(String),
    /// Seconds since 1970-01-01T00:00:00Z; digits after the third decimal place are cut off.
    EpochSeconds,
    /// Milliseconds since 1970-01-01T00:00:00Z, an integer.
    EpochMilliseconds,
}

/// What happens to a local time that exists twice (clocks put back) or not at all (clocks put forward).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fold {
    /// The row is rejected.
    #[default]
    Reject,
    /// The earlier of the two times; a time that does not exist counts by the offset *after* the change, and so lies before it.
    Earlier,
    /// The later of the two times; a time that does not exist counts by the offset *before* the change, and so lies after it.
    Later,
    /// The order of the rows decides: the first pass through the repeated hour is the earlier one, the second pass the later one.
    /// In a file that goes back in time it is the other way round. A time that does not exist is rejected.
    ByOrder,
}

/// Which column holds the time, and how.
///
/// ```
/// use vocdb::interop::csv::{Fold, TimeColumn, TimeFormat};
/// let utc = TimeColumn::new("time_utc", TimeFormat::Rfc3339);
/// let local = TimeColumn::new("local", TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".into()))
///     .zone("America/Denver")
///     .fold(Fold::Earlier);
/// assert_ne!(utc, local);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// Columns from left to right of the text; there is at least one.
    pub(super) names: Vec<String>,
    /// Whether a name that the header lacks is split at its plus signs.
    pub(super) is_joined: bool,
    format: TimeFormat,
    /// Zone as given.
    zone: Option<String>,
    fold: Fold,
}

impl TimeColumn {
    /// The column of this name in the header, or of this place (`#1` is the first). Times without an offset need [`TimeColumn::zone`].
    #[must_use]
    pub fn new(name: impl Into<String>, format: TimeFormat) -> Self {
        Self { names: vec![name.into()], is_joined: false, format, zone: None, fold: Fold::Reject }
    }

    /// The column of this name, or, where the header has none, the columns whose names are joined by `+`, as in `Date+Time`.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
    /// let mast = Instrument::new("mast", Interval::HOUR, vec![Channel::quantity("T", Unit::Celsius)?])?;
    /// for (name, header) in [("Date+Time", "Date,Time,T\n"), ("Time (UTC+8)", "Time (UTC+8),T\n")] {
    ///     let time = TimeColumn::joined(name, TimeFormat::Pattern("%Y-%m-%d %H:%M".into())).zone("+08:00");
    ///     let target = CsvTarget::new(InstrumentId::new(1), &mast).column("T", "T", Unit::Celsius);
    ///     CsvReader::from_reader(header.as_bytes(), "mast.csv", CsvSpec::new(time).map(target))?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn joined(names: impl Into<String>, format: TimeFormat) -> Self {
        Self { is_joined: true, ..Self::new(names, format) }
    }

    /// A further column of which the time is made up, as in files with a column for the date and one for the time of day. The format
    /// reads the texts of all columns, in the order in which they were named, with one space between them.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    /// let time = TimeColumn::new("Date", TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".into())).and("Time").zone("UTC");
    /// let mast = Instrument::new("mast", Interval::HOUR, vec![Channel::quantity("T", Unit::Celsius)?])?;
    /// let target = CsvTarget::new(InstrumentId::new(1), &mast).column("T", "T", Unit::Celsius);
    /// let csv = "Date,Time,T\n10/03/2004,18:00:00,13.6\n";
    /// let mut reader = CsvReader::from_reader(csv.as_bytes(), "mast.csv", CsvSpec::new(time).map(target))?;
    /// let mut batch = Batch::new();
    /// reader.read_batch(10, &mut batch)?;
    /// assert_eq!(batch.frame(0).unwrap().time.to_string(), "2004-03-10T18:00:00Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn and(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// The zone of times without an offset: an IANA name such as `America/Denver`, an offset such as `+08:00`, or `UTC`.
    ///
    /// [`CsvSpec::check`](super::CsvSpec::check) and opening refuse a zone that is not known.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// What happens to a local time that exists twice or not at all; rejected by default.
    #[must_use]
    pub const fn fold(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }
}
