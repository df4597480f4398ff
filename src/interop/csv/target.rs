//! Which columns feed which channels of an instrument, and the way between their units.

use super::error::{CsvError, list, nearest};
use super::field::Scale;
use crate::model::{Channel, Dimension, Instrument, InstrumentId, ModelError, ReferenceState, Unit};
use std::collections::BTreeMap;

/// Which columns feed the channels of one instrument.
///
/// Channels that no column feeds are missing in every frame.
///
/// ```
/// use vocdb::interop::csv::CsvTarget;
/// use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
/// let laser = Instrument::new("laser", Interval::MINUTE, vec![Channel::species("methane", Unit::Ppb)?])?;
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
    /// Column of its quality flags.
    flags: Option<String>,
}

/// A column's name, the place of the channel that it feeds, and the way between their units.
#[derive(Debug)]
pub(super) struct ColumnFeed<'a> {
    pub(super) column: &'a str,
    pub(super) channel: usize,
    pub(super) scale: Scale,
    pub(super) is_direction: bool,
    pub(super) is_concentration: bool,
    pub(super) flags: Option<&'a str>,
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
    /// [`CsvSpec::check`](super::CsvSpec::check) and opening refuse a channel that the instrument does not have, a unit that does not
    /// convert, and two columns for one channel.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>, channel: impl Into<String>, unit: Unit) -> Self {
        let (column, channel) = (column.into(), channel.into());
        self.columns.push(MappedColumn { column, channel, unit, reference: None, flags: None });
        self
    }

    /// As [`CsvTarget::column`], for a column whose mass concentrations are at another reference state than its channel's: a file at
    /// 0 °C for a channel at 25 °C. Mixing ratios are the same at every state.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::model::ReferenceState;
    /// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    /// let benzene = Channel::species("benzene", Unit::MicrogramPerM3)?; // at 25 °C by default
    /// let gc = Instrument::new("gc", Interval::HOUR, vec![benzene])?;
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
        let (column, channel, reference) = (column.into(), channel.into(), Some(reference));
        self.columns.push(MappedColumn { column, channel, unit, reference, flags: None });
        self
    }

    /// Reads the quality flag of each value mapped so far, those with a flag column of their own excepted, from this column: the
    /// names that [`Quality`](crate::Quality) has, the words `ok`, `valid`, `zero`, `span`, `cal`, `maint`, `invalid` and their like,
    /// and what [`CsvSpec::flag`](super::CsvSpec::flag) declares. The empty field is normal.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Quality, Unit};
    /// let gc = Instrument::new("gc", Interval::HOUR, vec![Channel::species("benzene", Unit::Ppb)?])?;
    /// let target = CsvTarget::new(InstrumentId::new(1), &gc).column("c", "benzene", Unit::Ppb).flags("status");
    /// let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target);
    /// let mut reader = CsvReader::from_reader("t,c,status\n0,400,Span\n".as_bytes(), "gc.csv", spec)?;
    /// let mut batch = Batch::new();
    /// reader.read_batch(10, &mut batch)?;
    /// assert_eq!(batch.frame(0).unwrap().marks[0].quality(), Quality::Calibration);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn flags(mut self, column: impl Into<String>) -> Self {
        let column = column.into();
        for mapped in self.columns.iter_mut().filter(|mapped| mapped.flags.is_none()) {
            mapped.flags = Some(column.clone());
        }
        self
    }

    /// Reads the quality flags of one channel from this column, as [`CsvTarget::flags`] does for all.
    /// A channel that no column feeds is left alone.
    #[must_use]
    pub fn flags_of(mut self, channel: &str, column: impl Into<String>) -> Self {
        if let Some(mapped) = self.columns.iter_mut().find(|mapped| mapped.channel == channel) {
            mapped.flags = Some(column.into());
        }
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
        let scale = mapped.scale_to(channel).map_err(|source| CsvError::Inconvertible {
            column: mapped.column.clone(),
            channel: mapped.channel.clone(),
            source,
        })?;
        let (column, flags) = (&mapped.column, mapped.flags.as_deref());
        let is_direction = channel.unit().dimension() == Dimension::Direction;
        let is_concentration = channel.unit().is_concentration();
        Ok(ColumnFeed { column, channel: place, scale, is_direction, is_concentration, flags })
    }
}

impl MappedColumn {
    /// What turns a value of the column into one of the channel.
    fn scale_to(&self, channel: &Channel) -> Result<Scale, ModelError> {
        scale_between(self.unit, self.reference, channel)
    }
}

/// What turns a value in a unit, at the reference state of the channel unless another is given, into one of the channel.
pub(in crate::interop) fn scale_between(
    unit: Unit,
    reference: Option<ReferenceState>,
    channel: &Channel,
) -> Result<Scale, ModelError> {
    let (own, wanted) = (reference.unwrap_or(channel.reference()), channel.reference());
    let is_mass = |unit: Unit| unit.dimension() == Dimension::MassConcentration;
    // Between a mass and a mixing ratio the state of the side with the mass is the one that counts.
    let state = if is_mass(unit) { own } else { wanted };
    let line = unit.line_to(channel.unit());
    if let Some(line) = line.filter(|_| !is_mass(unit)) {
        return Ok(Scale::of_line(line));
    }
    let factor = unit.factor_to(channel.unit(), channel.molar_mass_g_per_mol(), state)?;
    if own == wanted || !is_mass(unit) || !is_mass(channel.unit()) {
        return Ok(Scale::new(factor));
    }
    Ok(Scale::new(factor * own.molar_volume_l_per_mol() / wanted.molar_volume_l_per_mol()))
}
