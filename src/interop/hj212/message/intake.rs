//! Readings of frames on their way into a batch.

use super::super::factors::{FactorEntry, FactorTable};
use super::super::segment::{Factor, Segment, StationClock};
use super::content::{Content, Measurement, MeasurementKind, MessageFault};
use super::tally::{IntakeReport, LeftReason};
use crate::base::escape::Line;
use crate::base::limits::VALUE_MAGNITUDE_MAX;
use crate::model::{Batch, Channel, Dimension, Instrument, InstrumentId, Interval, ModelError, Quality, Sample, Unit};
use std::collections::BTreeMap;

/// Characters of a name that an error shows.
const NAME_CHARS_MAX: usize = 60;

/// A message that no readings come from, or a mapping that contradicts itself.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The content contradicts the command.
    #[error(transparent)]
    Message(#[from] MessageFault),
    /// The message carries no data: a command or an answer.
    #[error("the message (CN={command}) carries no data of a station")]
    NoData {
        /// Number of the command.
        command: u16,
    },
    /// A packet of a split message.
    #[error("the frame is one packet of several: join the message first (`Reassembler`)")]
    Split,
    /// No instrument is mapped for this station and kind of data.
    #[error("no instrument is mapped for CN={command} of station `{}`: map it with `Intake::map`", Line(station))]
    Unmapped {
        /// Number of the station (`MN`).
        station: String,
        /// Number of the command.
        command: u16,
    },
    /// A time that the station's zone does not have.
    #[error("the message has no readable time: {0}")]
    Time(ModelError),
    /// No factor of the table feeds a channel of the instrument.
    #[error(
        "no factor feeds a channel of instrument `{}`: name its channels in the table (`FactorTable::set_channel`)",
        Line(instrument)
    )]
    NothingMapped {
        /// Name of the instrument.
        instrument: String,
    },
    /// Two factors feed one channel.
    #[error("the factors `{first}` and `{second}` both feed channel `{}`: give one another channel", Line(channel))]
    ChannelTwice {
        /// Name of the channel.
        channel: String,
        /// A factor.
        first: String,
        /// The other factor.
        second: String,
    },
    /// The unit of a factor does not convert to the unit of its channel.
    #[error("factor `{factor}` cannot be stored in channel `{}`: {source}", Line(channel))]
    Inconvertible {
        /// Factor code.
        factor: String,
        /// Name of the channel.
        channel: String,
        /// Why nothing converts.
        source: ModelError,
    },
}

/// What one message gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Frames that were added to the batch.
    pub frames: usize,
    /// Values that were added, missing ones not counted.
    pub values: usize,
    /// Values that were not stored; [`Intake::report`] has factors and reasons.
    pub left: usize,
    /// Whether the message repeats data after a failure of the link (`RF=1`): append it as history.
    pub is_resent: bool,
}

/// Turns messages of stations into frames of instruments: factors to channels, units to units, starts of intervals to their ends.
///
/// Of real-time data the value is `Rtd`, of intervals `Avg`, of run states `RS`; other sub-items stay in the frame for the host. Values keep
/// their flags; a value without a flag is normal.
///
/// ```
/// use vocdb::interop::hj212::{MeasurementKind, Decoder, FactorTable, Intake, LeftReason, Mode};
/// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
/// let gc = Instrument::new("gc", Interval::HOUR, vec![
///     Channel::species("benzene", Unit::MicrogramPerM3)?, // at 25 °C; frames refer to 0 °C
/// ])?;
/// let mut intake = Intake::new(FactorTable::air_2017());
/// intake.map("010000A8900016F000169DC0", MeasurementKind::RealTime, InstrumentId::new(1), &gc)?;
///
/// let text = b"##0295QN=20261123020500123;ST=27;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20261123020500;\
///     a25002-Rtd=0.0312,a25002-Flag=N;a25003-Rtd=0.1275,a25003-Flag=N;a25004-Rtd=0.0140,a25004-Flag=N;a24088-Rtd=1.870,a24088-Flag=T;\
///     a01007-Rtd=1.2,a01007-Flag=N;a01008-Rtd=247,a01008-Flag=N&&81C1\r\n";
/// let mut decoder = Decoder::new(Mode::Strict);
/// let mut batch = Batch::new();
/// let taken = intake.read(&decoder.decode(text)?.segment, &mut batch)?;
/// assert_eq!((taken.frames, taken.values, taken.left), (1, 1, 5));
/// let frame = batch.frame(0).unwrap();
/// assert_eq!(frame.time.to_string(), "2026-11-22T18:05:00Z");
/// assert!((frame.values[0] - 31.2 * 273.15 / 298.15).abs() < 1e-9);
/// let toluene = intake.report().left().next().unwrap();
/// assert_eq!((toluene.factor, toluene.reason, toluene.count), ("a01007", LeftReason::NoChannel, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Intake {
    table: FactorTable,
    clock: StationClock,
    stations: BTreeMap<String, Vec<Feed>>,
    report: IntakeReport,
}

/// An instrument that takes one kind of data of a station.
#[derive(Debug, Clone)]
struct Feed {
    kind: MeasurementKind,
    id: InstrumentId,
    interval: Interval,
    places: BTreeMap<String, Place>,
    /// Samples of the frame at hand, and whether a factor gave them.
    samples: Vec<(Sample, bool)>,
}

/// Where the values of a factor go.
#[derive(Debug, Clone, Copy)]
struct Place {
    channel: usize,
    conversion: Conversion,
    is_direction: bool,
}

#[derive(Debug, Clone, Copy)]
enum Conversion {
    SameDimension { from: Unit, to: Unit },
    Factor(f64),
}

impl Intake {
    /// An intake without stations, with the clock of China.
    #[must_use]
    pub const fn new(table: FactorTable) -> Self {
        Self { table, clock: StationClock::CHINA, stations: BTreeMap::new(), report: IntakeReport::EMPTY }
    }

    /// The same intake with another clock of the stations.
    #[must_use]
    pub fn with_clock(self, clock: StationClock) -> Self {
        Self { clock, ..self }
    }

    /// The clock of the stations.
    #[must_use]
    pub const fn clock(&self) -> &StationClock {
        &self.clock
    }

    /// Feeds the channels of an instrument from one kind of data of a station. Several instruments may take the same data: the analyser
    /// its species, the mast the wind. For minute data the instrument must have the interval that
    /// the station has (`CN=1063` reads it).
    ///
    /// # Errors
    /// [`IntakeError::NothingMapped`], [`IntakeError::ChannelTwice`] and [`IntakeError::Inconvertible`]; nothing is mapped then.
    pub fn map(
        &mut self,
        station: &str,
        kind: MeasurementKind,
        id: InstrumentId,
        instrument: &Instrument,
    ) -> Result<(), IntakeError> {
        let mut places = BTreeMap::new();
        let mut fed: BTreeMap<usize, &str> = BTreeMap::new();
        for (code, entry) in self.table.iter() {
            let found = instrument.channels().iter().enumerate();
            let found =
                found.filter(|(_, channel)| !channel.is_retired()).find(|(_, channel)| channel.name() == entry.channel);
            let (Some((place, channel)), Some(unit)) = (found, entry.unit) else { continue };
            if let Some(first) = fed.insert(place, code) {
                let (channel, first, second) = (entry.channel.clone(), first.to_owned(), code.to_owned());
                return Err(IntakeError::ChannelTwice { channel, first, second });
            }
            let conversion = conversion(entry, unit, channel).map_err(|source| IntakeError::Inconvertible {
                factor: code.to_owned(),
                channel: entry.channel.clone(),
                source,
            })?;
            let is_direction = channel.unit().dimension() == Dimension::Direction;
            places.insert(code.to_owned(), Place { channel: place, conversion, is_direction });
        }
        if places.is_empty() {
            return Err(IntakeError::NothingMapped { instrument: instrument.name().to_owned() });
        }
        let samples = vec![(Sample::MISSING, false); instrument.channels().len()];
        let feed = Feed { kind, id, interval: instrument.interval(), places, samples };
        self.stations.entry(station.to_owned()).or_default().push(feed);
        Ok(())
    }

    /// What was read so far.
    #[must_use]
    pub const fn report(&self) -> &IntakeReport {
        &self.report
    }

    /// Adds the readings of a message to a batch: a frame for each instrument that the message has a value or a flag for.
    ///
    /// # Errors
    /// [`IntakeError`] where the message carries no data or is not mapped; the batch is unchanged then. Factors that nothing takes are no
    /// error: they are counted by name.
    pub fn read(&mut self, segment: &Segment<'_>, batch: &mut Batch) -> Result<Taken, IntakeError> {
        let Content::Measurement(measurement) = Content::of(segment)? else {
            return Err(IntakeError::NoData { command: segment.command() });
        };
        if segment.packet().is_some_and(|packet| packet.count > 1) {
            return Err(IntakeError::Split);
        }
        let feeds = self.stations.get_mut(segment.station()).map(Vec::as_mut_slice).unwrap_or_default();
        let is_mapped = feeds.iter().any(|feed| feed.kind == measurement.kind);
        if !is_mapped {
            self.report.unmapped_messages += 1;
            let station = segment.station().chars().take(NAME_CHARS_MAX).collect();
            return Err(IntakeError::Unmapped { station, command: segment.command() });
        }
        // Times first: a message without one changes nothing.
        measurement.time(&self.clock, Interval::MINUTE).map_err(IntakeError::Time)?;
        let mut taken = Taken { frames: 0, values: 0, left: 0, is_resent: segment.is_resent() };
        for factor in measurement.factors() {
            let reason = take(feeds, &self.table, &measurement, factor);
            if let Err(reason) = reason {
                taken.left += 1;
                self.report.leave(factor.code(), reason);
            }
        }
        for feed in feeds.iter_mut().filter(|feed| feed.kind == measurement.kind) {
            if !feed.samples.iter().any(|(_, is_given)| *is_given) {
                continue;
            }
            let time = measurement.time(&self.clock, feed.interval).map_err(IntakeError::Time)?;
            batch.push_samples(feed.id, time, feed.samples.iter().map(|(sample, _)| *sample));
            taken.frames += 1;
            taken.values += feed.samples.iter().filter(|(sample, _)| sample.value.is_some()).count();
            feed.samples.fill((Sample::MISSING, false));
        }
        self.report.messages += 1;
        self.report.frames += taken.frames as u64;
        self.report.values += taken.values as u64;
        Ok(taken)
    }
}

/// Puts a factor's value into the instruments that have its channel.
fn take(
    feeds: &mut [Feed],
    table: &FactorTable,
    measurement: &Measurement<'_>,
    factor: Factor<'_>,
) -> Result<(), LeftReason> {
    let text = factor.value(measurement.kind.sub_item(measurement.segment.system()));
    let quality = factor.quality().unwrap_or(Quality::Normal);
    let (mut outcome, mut is_fed) = (Ok(()), false);
    for feed in feeds.iter_mut().filter(|feed| feed.kind == measurement.kind) {
        let Some(place) = feed.places.get(factor.code()) else { continue };
        let Some((sample, is_given)) = feed.samples.get_mut(place.channel) else { continue };
        is_fed = true;
        if *is_given {
            outcome = Err(LeftReason::Repeated);
            continue;
        }
        *is_given = true;
        let value = match text {
            None => Err(LeftReason::NoValue),
            Some("") => Ok(None),
            Some(text) => place.value(text).map(Some),
        };
        *sample = Sample { value: value.unwrap_or_default(), quality };
        outcome = value.map(|_| ());
    }
    match table.get(factor.code()) {
        _ if is_fed => outcome,
        None => Err(LeftReason::UnknownFactor),
        Some(FactorEntry { unit: None, .. }) => Err(LeftReason::NoUnit),
        Some(_) => Err(LeftReason::NoChannel),
    }
}

impl Place {
    fn value(&self, text: &str) -> Result<f64, LeftReason> {
        let value = super::super::segment::number(text).ok_or(LeftReason::BadNumber)?;
        let value = match self.conversion {
            Conversion::SameDimension { from, to } if from == to => value,
            Conversion::SameDimension { from, to } => from.line_to(to).map_or(value, |line| line.convert(value)),
            Conversion::Factor(factor) => value * factor,
        };
        let is_possible = !self.is_direction || (0.0..=360.0).contains(&value);
        (is_possible && value.abs() <= VALUE_MAGNITUDE_MAX).then_some(value).ok_or(LeftReason::OutOfRange)
    }
}

/// The way from a factor's unit and state of the air to those of its channel.
fn conversion(entry: &FactorEntry, from: Unit, channel: &Channel) -> Result<Conversion, ModelError> {
    let is_mass = |unit: Unit| unit.dimension() == Dimension::MassConcentration;
    let to = channel.unit();
    // Between a mass and a mixing ratio the state of the side with the mass counts.
    let state = if is_mass(from) { entry.reference } else { channel.reference() };
    let is_same_state = entry.reference == channel.reference();
    if from.line_to(to).is_some() && (is_same_state || !is_mass(from)) {
        return Ok(Conversion::SameDimension { from, to });
    }
    let factor = from.factor_to(to, channel.molar_mass_g_per_mol(), state)?;
    if is_same_state || !is_mass(from) || !is_mass(to) {
        return Ok(Conversion::Factor(factor));
    }
    let volumes = entry.reference.molar_volume_l_per_mol() / channel.reference().molar_volume_l_per_mol();
    Ok(Conversion::Factor(factor * volumes))
}
