//! The instrument and the channels that a command line names.

use crate::failure::Failure;
use vocdb::base::escape::Line;
use vocdb::{Instrument, InstrumentId, Registry};

/// The instrument that is named, or the only one of the station.
pub(crate) fn instrument(
    registry: &Registry,
    station: &str,
    name: Option<&str>,
) -> Result<(InstrumentId, Instrument), Failure> {
    let Some(id) = registry.station_named(station) else {
        let known: Vec<&str> = registry.stations().map(|(_, station)| station.name()).collect();
        let known = known.join(", ");
        return Err(Failure::Says(format!("no station is named `{}`; registered are: {known}", Line(station))));
    };
    let mut of_station: Vec<(InstrumentId, &Instrument)> =
        registry.instruments().filter(|(_, at, _)| *at == id).map(|(id, _, one)| (id, one)).collect();
    let known = of_station.iter().map(|(_, one)| one.name()).collect::<Vec<_>>().join(", ");
    of_station.retain(|(_, one)| name.is_none_or(|name| one.name() == name));
    match of_station.as_slice() {
        [(id, one)] => Ok((*id, (*one).clone())),
        _ => Err(Failure::Says(format!(
            "name one instrument of station `{}` with --instrument; it has: {known}",
            Line(station)
        ))),
    }
}

/// The places of the named channels in a frame.
pub(crate) fn places(instrument: &Instrument, channels: &[String]) -> Result<Vec<usize>, Failure> {
    let place = |name: &String| {
        instrument.channel_index(name).ok_or_else(|| {
            let known: Vec<&str> = instrument.channels().iter().map(|channel| channel.name()).collect();
            let (known, instrument) = (known.join(", "), instrument.name());
            Failure::Says(format!("instrument `{instrument}` has no channel `{}`; it has: {known}", Line(name)))
        })
    };
    channels.iter().map(place).collect()
}
