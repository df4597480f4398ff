//! Names that people use, and what they stand for.

use crate::error::Error;
use crate::model::{Instrument, InstrumentId, Registry, StationId};

/// The instrument and place of a station's channel: `channel`, or `instrument/channel` where several instruments have one of that name
/// (the first registered is taken otherwise).
pub(super) fn find_channel(registry: &Registry, station: &str, channel: &str) -> Result<(InstrumentId, usize), Error> {
    let id = find_station(registry, station)?;
    let of_station = || registry.instruments().filter(move |(_, at, _)| *at == id);
    let found = of_station().find_map(|(id, _, instrument)| {
        let qualified = channel.strip_prefix(instrument.name()).and_then(|rest| rest.strip_prefix('/'));
        let index = instrument.channel_index(channel).or_else(|| instrument.channel_index(qualified?));
        index.map(|index| (id, index))
    });
    found.ok_or_else(|| {
        let channels = of_station().flat_map(|(_, _, instrument)| instrument.channels());
        let known = channels.map(|channel| channel.name()).collect::<Vec<_>>().join(", ");
        Error::UnknownChannel { station: station.to_owned(), channel: channel.to_owned(), known }
    })
}

/// The station of a name.
pub(super) fn find_station(registry: &Registry, name: &str) -> Result<StationId, Error> {
    registry.station_named(name).ok_or_else(|| {
        let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
        Error::UnknownStation { name: name.to_owned(), known }
    })
}

/// The instrument of a name at the station of a name.
pub(super) fn find_instrument<'a>(
    registry: &'a Registry,
    station: &str,
    name: &str,
) -> Result<(InstrumentId, &'a Instrument), Error> {
    let at = find_station(registry, station)?;
    let of_station = || registry.instruments().filter(move |(_, of, _)| *of == at);
    let found = of_station().find(|(.., instrument)| instrument.name() == name);
    found.map(|(id, _, instrument)| (id, instrument)).ok_or_else(|| {
        let known = of_station().map(|(.., instrument)| instrument.name()).collect::<Vec<_>>().join(", ");
        Error::UnknownInstrument { station: station.to_owned(), name: name.to_owned(), known }
    })
}

/// The place of a channel in the frames of an instrument.
pub(super) fn place_of(instrument: &Instrument, station: &str, channel: &str) -> Result<usize, Error> {
    instrument.channel_index(channel).ok_or_else(|| {
        let known = instrument.channels().iter().map(|channel| channel.name()).collect::<Vec<_>>().join(", ");
        Error::UnknownChannel { station: station.to_owned(), channel: channel.to_owned(), known }
    })
}
