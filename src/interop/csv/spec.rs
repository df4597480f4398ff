//! How to read a CSV file: its time column, its marks, and which column feeds which channel in which unit.

use super::error::{CsvError, list, nearest};
use super::time::{StampReader, TimeColumn};
use super::value::Scale;
use crate::model::{Channel, Dimension, Instrument, InstrumentId, Interval, ModelError, ReferenceState, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// What happens to rows that follow one another with the same time stamp, as in files whose stamps have no seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EqualTimes {
    /// Every row after the first one accepted is rejected as [`RejectReason::EqualTime`](super::RejectReason::EqualTime).
    #[default]
    Refuse,
    /// The k-th of them, counted from 0, gets the stamp plus k times the interval. Rows rejected for their values keep their place
    /// in the count; rows whose time cannot be read, or with a wrong number of fields, have none.
    ///
    /// A row that would so reach or pass the next stamp (or, in a file that goes back in time, the stamp before) is rejected as
    /// [`RejectReason::RunTooLong`](super::RejectReason::RunTooLong): the order of rows never changes. So is every row after the
    /// first 10,000 of one stamp.
    Spread(Interval),
}

/// Which columns feed the channels of one instrument.
///
/// Channels that no column feeds are missing in every frame.
///
/// ```
/// use vocdb::interop::csv::CsvTarget;
/// use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
/// let laser = Instrument::new("laser", Interval::minutes(1), vec![Channel::species("methane", Unit::Ppb)?])?;
/// let target = CsvTarget::new(InstrumentId::new(1), &laser).column("ch4_ppm_E", "methane", Unit::Ppm);
/// assert_eq!(target.instrument(), InstrumentId::new(1));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CsvTarget {
    id: InstrumentId,
    instrument: Instrument,
    columns: Vec<MappedColumn>,
}

#[derive(Debug, Clone, PartialEq)]
struct MappedColumn {
    column: String,
    channel: String,
    unit: Unit,
    /// Where the column's concentrations are at another state than the channel's.
    reference: Option<ReferenceState>,
}

/// A column's name, the place of the channel that it feeds, and the way between their units.
#[derive(Debug)]
pub(super) struct ColumnFeed<'a> {
    pub(super) column: &'a str,
    pub(super) channel: usize,
    pub(super) scale: Scale,
}

impl CsvTarget {
    /// A target without columns as yet: the instrument, and the number under which its store knows it.
    #[must_use]
    pub fn new(id: InstrumentId, instrument: &Instrument) -> Self {
        Self { id, instrument: instrument.clone(), columns: Vec::new() }
    }

    /// Feeds a channel from a column of the header that gives it in `unit`.
    ///
    /// Values are converted to the channel's unit, through the molar mass and reference state of the channel where that is needed.
    /// The same unit keeps every bit; a power of ten (ppm to ppb) moves the decimal point in the text, so that 1.802 ppm is 1802 ppb
    /// exactly; any other factor is one multiplication.
    ///
    /// [`CsvSpec::check`] and opening refuse a channel that the instrument does not have, a unit that does not convert, and two
    /// columns for one channel.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>, channel: impl Into<String>, unit: Unit) -> Self {
        self.columns.push(MappedColumn { column: column.into(), channel: channel.into(), unit, reference: None });
        self
    }

    /// As [`CsvTarget::column`], for a column whose mass concentrations are at another reference state than its channel's: a file at
    /// 0 °C for a channel at 25 °C. Mixing ratios are the same at every state.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::model::ReferenceState;
    /// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    /// let benzene = Channel::species("benzene", Unit::MicrogramPerM3)?; // at 25 °C unless told
    /// let gc = Instrument::new("gc", Interval::hours(1), vec![benzene])?;
    /// let target =
    ///     CsvTarget::new(InstrumentId::new(1), &gc).column_at("c", "benzene", Unit::MicrogramPerM3, ReferenceState::C0);
    /// let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target);
    /// let mut reader = CsvReader::from_reader("t,c\n0,10\n".as_bytes(), "gc.csv", spec)?;
    /// let mut batch = Batch::new();
    /// reader.read_batch(10, &mut batch)?;
    /// let value = batch.frame(0).unwrap().values[0];
    /// assert!((value - 10.0 * 273.15 / 298.15).abs() < 1e-12); // warm air takes more room
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn column_at(
        mut self,
        column: impl Into<String>,
        channel: impl Into<String>,
        unit: Unit,
        reference: ReferenceState,
    ) -> Self {
        let reference = Some(reference);
        self.columns.push(MappedColumn { column: column.into(), channel: channel.into(), unit, reference });
        self
    }

    /// The instrument whose frames this target makes.
    #[must_use]
    pub const fn instrument(&self) -> InstrumentId {
        self.id
    }

    /// How many channels a frame of it has.
    pub(super) fn width(&self) -> usize {
        self.instrument.channels().len()
    }

    /// The columns with the channels that they feed.
    pub(super) fn feeds(&self) -> Result<Vec<ColumnFeed<'_>>, CsvError> {
        if self.columns.is_empty() {
            return Err(CsvError::NothingMapped { target: format!("`{}`", self.instrument.name()) });
        }
        let mut taken: BTreeMap<usize, &str> = BTreeMap::new();
        let mut feeds = Vec::with_capacity(self.columns.len());
        for mapped in &self.columns {
            let feed = self.feed(mapped)?;
            if let Some(first) = taken.insert(feed.channel, feed.column) {
                return Err(CsvError::ChannelTwice {
                    instrument: self.instrument.name().to_owned(),
                    channel: mapped.channel.clone(),
                    first: first.to_owned(),
                    second: mapped.column.clone(),
                });
            }
            feeds.push(feed);
        }
        Ok(feeds)
    }

    fn feed<'a>(&self, mapped: &'a MappedColumn) -> Result<ColumnFeed<'a>, CsvError> {
        let channels = self.instrument.channels();
        let found = channels.iter().enumerate().find(|(_, channel)| channel.name() == mapped.channel);
        let Some((place, channel)) = found else {
            return Err(CsvError::UnknownChannel {
                instrument: self.instrument.name().to_owned(),
                channel: mapped.channel.clone(),
                nearest: nearest(&mapped.channel, channels.iter().map(|channel| channel.name())),
                known: list(channels.iter().map(|channel| channel.name())),
            });
        };
        let factor = mapped.factor_to(channel).map_err(|source| CsvError::Inconvertible {
            column: mapped.column.clone(),
            channel: mapped.channel.clone(),
            source,
        })?;
        Ok(ColumnFeed { column: &mapped.column, channel: place, scale: Scale::new(factor) })
    }
}

impl MappedColumn {
    /// The number that turns a value of the column into one of the channel.
    fn factor_to(&self, channel: &Channel) -> Result<f64, ModelError> {
        let (own, wanted) = (self.reference.unwrap_or(channel.reference()), channel.reference());
        let is_mass = |unit: Unit| unit.dimension() == Dimension::MassConcentration;
        // Between a mass and a mixing ratio the state of the side with the mass is the one that counts.
        let state = if is_mass(self.unit) { own } else { wanted };
        let factor = self.unit.factor_to(channel.unit(), channel.molar_mass_g_per_mol(), state)?;
        if own == wanted || !is_mass(self.unit) || !is_mass(channel.unit()) {
            return Ok(factor);
        }
        Ok(factor * own.molar_volume_l_per_mol() / wanted.molar_volume_l_per_mol())
    }
}

/// How to read a CSV file. Start from its time column, then say what is unusual about it and what to read.
///
/// Header names and fields are compared and read without the space around them. Fields may be quoted as in RFC 4180. A byte order
/// mark is passed over.
///
/// ```
/// use vocdb::interop::csv::{CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
/// use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
/// let spod = Instrument::new("spod", Interval::seconds(10), vec![Channel::quantity("total VOC", Unit::Ppb)?])?;
/// let time = TimeColumn::new("UTC Date Time", TimeFormat::Pattern("%-m/%-d/%Y %-H:%M".into()));
/// let spec = CsvSpec::new(time)
///     .skip_lines(2)
///     .missing("-200")
///     .equal_times(EqualTimes::Spread(Interval::seconds(10)))
///     .map(CsvTarget::new(InstrumentId::new(1), &spod).column("pid1_PPB_Calc", "total VOC", Unit::Ppb));
/// spec.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CsvSpec {
    pub(super) time: TimeColumn,
    pub(super) delimiter: u8,
    pub(super) decimal_comma: bool,
    pub(super) missing: Vec<String>,
    pub(super) skip_lines: u64,
    pub(super) equal_times: EqualTimes,
    pub(super) skip_empty_frames: bool,
    pub(super) targets: Vec<CsvTarget>,
}

impl CsvSpec {
    /// A file with this time column, comma-separated, with decimal points, whose first line is its header.
    #[must_use]
    pub fn new(time: TimeColumn) -> Self {
        Self {
            time,
            delimiter: b',',
            decimal_comma: false,
            missing: Vec::new(),
            skip_lines: 0,
            equal_times: EqualTimes::Refuse,
            skip_empty_frames: false,
            targets: Vec::new(),
        }
    }

    /// A text that marks a missing value, besides the empty field; call it once for each. Compared letter by letter with the
    /// field: `-200` does not cover `-200.0`.
    #[must_use]
    pub fn missing(mut self, mark: impl Into<String>) -> Self {
        self.missing.push(mark.into().trim_ascii().to_owned());
        self
    }

    /// The byte between two fields; a comma unless told.
    #[must_use]
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Whether numbers have a decimal comma. A number with a point is then rejected, not taken for thousands.
    #[must_use]
    pub const fn decimal_comma(mut self, decimal_comma: bool) -> Self {
        self.decimal_comma = decimal_comma;
        self
    }

    /// How many lines stand before the header; none unless told.
    #[must_use]
    pub const fn skip_lines(mut self, lines: u64) -> Self {
        self.skip_lines = lines;
        self
    }

    /// What happens to rows that follow one another with the same time stamp; refused unless told.
    #[must_use]
    pub const fn equal_times(mut self, equal_times: EqualTimes) -> Self {
        self.equal_times = equal_times;
        self
    }

    /// Whether a frame is left out when all fields mapped to its instrument are missing. Unless told it is not, and keeps the grid.
    #[must_use]
    pub const fn skip_empty_frames(mut self, skip: bool) -> Self {
        self.skip_empty_frames = skip;
        self
    }

    /// Adds a target. One row gives one frame for each target, in the order in which they were added.
    #[must_use]
    pub fn map(mut self, target: CsvTarget) -> Self {
        self.targets.push(target);
        self
    }

    /// Checks all that can be checked without the file; opening one does so too.
    ///
    /// # Errors
    /// [`CsvError::Delimiter`], [`CsvError::Zone`], [`CsvError::Pattern`], [`CsvError::NothingMapped`],
    /// [`CsvError::InstrumentTwice`], [`CsvError::UnknownChannel`], [`CsvError::Inconvertible`] and [`CsvError::ChannelTwice`].
    pub fn check(&self) -> Result<(), CsvError> {
        let in_numbers = self.delimiter.is_ascii_alphanumeric() || b"\"\r\n+-. ".contains(&self.delimiter);
        if in_numbers || !self.delimiter.is_ascii() {
            return Err(CsvError::Delimiter { delimiter: char::from(self.delimiter) });
        }
        StampReader::new(&self.time)?;
        if self.targets.is_empty() {
            return Err(CsvError::NothingMapped { target: "any instrument".to_owned() });
        }
        let mut seen = BTreeSet::new();
        for target in &self.targets {
            if !seen.insert(target.id) {
                return Err(CsvError::InstrumentTwice { instrument: target.id });
            }
            target.feeds()?;
        }
        Ok(())
    }
}
