//! The channel that holds the run states of a unit.

use crate::base::escape::Line;
use crate::model::{InstrumentId, Interval, Registry, Unit};

/// The run-state channel of a treatment unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChannel {
    /// Unit as it was named: `STATION/INSTRUMENT`, perhaps with `:CHANNEL`.
    pub name: String,
    /// Instrument of the unit.
    pub instrument: InstrumentId,
    /// Place of the channel in a frame.
    pub place: usize,
    /// Interval of the reports.
    pub interval: Interval,
}

/// A treatment unit whose run states cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FacilityError {
    /// A name that no instrument has.
    #[error(
        "no treatment unit is named `{}`; write STATION/INSTRUMENT or STATION/INSTRUMENT:CHANNEL; instruments are: {known}",
        Line(name)
    )]
    NoUnit {
        /// Name as given.
        name: String,
        /// All instruments.
        known: String,
    },
    /// A channel that the instrument does not have.
    #[error("instrument of `{}` has no channel `{}`; it has: {known}", Line(name), Line(channel))]
    NoChannel {
        /// Name as given.
        name: String,
        /// Name of the channel.
        channel: String,
        /// Names of all its channels.
        known: String,
    },
    /// A channel whose unit is no plain number.
    #[error("channel `{}` of `{}` is in {unit}: run states are plain numbers (unit 1)", Line(channel), Line(name))]
    NotState {
        /// Name as given.
        name: String,
        /// Name of the channel.
        channel: String,
        /// Unit of the channel.
        unit: Unit,
    },
    /// Several channels that could hold the states, or none.
    #[error(
        "`{}` has {} channels that are plain numbers; name the one with the run states as `{}:CHANNEL`; its channels are: {known}",
        Line(name),
        count,
        Line(name)
    )]
    NotOne {
        /// Name as given.
        name: String,
        /// Number of such channels.
        count: usize,
        /// Names of all channels.
        known: String,
    },
}

/// Finds the run-state channel of a unit that is named `STATION/INSTRUMENT` or `STATION/INSTRUMENT:CHANNEL`. Without a channel, the instrument
/// must have one channel in plain numbers (unit `1`).
///
/// # Errors
/// [`FacilityError`] lists what there is.
///
/// ```
/// use vocdb::trace::find_state_channel;
/// use vocdb::model::StationId;
/// use vocdb::{Channel, Instrument, Interval, Registry, Station, Unit};
/// let mut registry = Registry::default();
/// registry.insert_station(StationId::new(1), Station::new("park/plant 7")?);
/// let states = vec![Channel::quantity("run state", Unit::One)?];
/// let id = registry.next_instrument_id();
/// registry.insert_instrument(id, StationId::new(1), Instrument::new("RTO-1", Interval::MINUTE, states)?);
/// assert_eq!(find_state_channel(&registry, "park/plant 7/RTO-1")?.instrument, id);
/// assert!(find_state_channel(&registry, "park/plant 7/RTO-2").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_state_channel(registry: &Registry, name: &str) -> Result<StateChannel, FacilityError> {
    let (unit, channel) = name.split_once(':').map_or((name, None), |(unit, channel)| (unit, Some(channel)));
    let named = registry.instruments().filter_map(|(id, station, instrument)| {
        let station = registry.station(station)?.name();
        Some((format!("{station}/{}", instrument.name()), id, instrument))
    });
    let named: Vec<_> = named.collect();
    let Some((_, id, instrument)) = named.iter().find(|(full, ..)| full == unit) else {
        let known = named.iter().map(|(full, ..)| full.as_str()).collect::<Vec<_>>().join(", ");
        return Err(FacilityError::NoUnit { name: name.to_owned(), known });
    };
    let channels = instrument.channels();
    let known = || channels.iter().map(|channel| channel.name()).collect::<Vec<_>>().join(", ");
    let states = || channels.iter().enumerate().filter(|(_, own)| own.unit() == Unit::One && !own.is_retired());
    let place = match channel {
        Some(channel) => instrument.channel_index(channel).ok_or_else(|| FacilityError::NoChannel {
            name: unit.to_owned(),
            channel: channel.to_owned(),
            known: known(),
        })?,
        None => match states().collect::<Vec<_>>().as_slice() {
            [(place, _)] => *place,
            several => {
                return Err(FacilityError::NotOne { name: unit.to_owned(), count: several.len(), known: known() });
            }
        },
    };
    if let Some(other) = channels.get(place).filter(|own| own.unit() != Unit::One) {
        let (name, channel) = (unit.to_owned(), other.name().to_owned());
        return Err(FacilityError::NotState { name, channel, unit: other.unit() });
    }
    Ok(StateChannel { name: name.to_owned(), instrument: *id, place, interval: instrument.interval() })
}
