//! Names that people use, and what they stand for.

use crate::error::Error;
use crate::model::{InstrumentId, Registry};

/// The instrument and place of a station's channel: `channel`, or `instrument/channel` where several instruments have one of that name
/// (the first registered is taken otherwise).
pub(super) fn find_channel(registry: &Registry, station: &str, channel: &str) -> Result<(InstrumentId, usize), Error> {
    let Some(id) = registry.station_named(station) else {
        let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
        return Err(Error::UnknownStation { name: station.to_owned(), known });
    };
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
