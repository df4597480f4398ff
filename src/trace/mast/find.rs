//! The channels of wind speed and direction of a station.

use super::error::WindError;
use crate::model::{Dimension, Instrument, InstrumentId, Interval, ReferenceState, Registry, StationId, Unit};
use crate::trace::wind::WindChannels;

/// The wind of one station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindSource {
    /// Channels of speed and direction.
    pub channels: WindChannels,
    /// Interval of the instrument.
    pub interval: Interval,
    /// Metres per second in one unit of the speed channel.
    pub speed_m_s_per_unit: f64,
}

/// Finds the wind channels of a station, or of one of its instruments.
///
/// The instrument must have a channel of a speed and a channel of a direction that are not retired. Where an instrument has several, those
/// with `wind` in their name count; where several instruments measure the wind, one must be named.
///
/// # Errors
/// [`WindError`] says what is missing or ambiguous, and lists what there is.
///
/// ```
/// use vocdb::trace::find_wind;
/// use vocdb::{Channel, Instrument, Interval, Registry, Station, Unit};
/// use vocdb::model::StationId;
/// let mut registry = Registry::default();
/// registry.insert_station(StationId::new(1), Station::new("mast")?);
/// assert!(find_wind(&registry, "mast", None).unwrap_err().to_string().contains("no instrument that measures wind speed"));
/// let channels = vec![
///     Channel::quantity("wind speed", Unit::MetrePerSecond)?,
///     Channel::quantity("wind direction", Unit::Degree)?,
/// ];
/// let id = registry.next_instrument_id();
/// registry.insert_instrument(id, StationId::new(1), Instrument::new("anemometer", Interval::MINUTE, channels)?);
/// assert_eq!(find_wind(&registry, "mast", None)?.channels.direction, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_wind(registry: &Registry, station: &str, instrument: Option<&str>) -> Result<WindSource, WindError> {
    let id = registry.station_named(station).ok_or_else(|| {
        let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
        WindError::NoStation { station: station.to_owned(), known }
    })?;
    let instruments = instruments(registry, (id, station), instrument)?;
    let candidates: Vec<(InstrumentId, &Instrument, Vec<usize>, Vec<usize>)> = instruments
        .iter()
        .map(|(id, known)| (*id, *known, places(known, Dimension::Speed), places(known, Dimension::Direction)))
        .collect();
    let both: Vec<_> =
        candidates.iter().filter(|(.., speeds, directions)| !speeds.is_empty() && !directions.is_empty()).collect();
    let ambiguous = |what, found: Vec<String>| {
        Err(WindError::Ambiguous { station: station.to_owned(), what, found: found.join(", ") })
    };
    let name = |known: &Instrument, place: &usize| {
        let channel = known.channels().get(*place).map_or("", |channel| channel.name());
        format!("{}/{channel}", known.name())
    };
    match both.as_slice() {
        [] => {
            let partly = candidates.iter().flat_map(|(_, known, speeds, directions)| {
                speeds.iter().chain(directions).map(|place| name(known, place))
            });
            let partly: Vec<String> = partly.collect();
            let all = instruments.iter().map(|(_, known)| known.name().to_owned()).collect::<Vec<_>>();
            let known = if partly.is_empty() { all } else { partly };
            let known = if known.is_empty() { "no instrument".to_owned() } else { known.join(", ") };
            Err(WindError::Missing { station: station.to_owned(), known })
        }
        [(id, known, speeds, directions)] => match (speeds.as_slice(), directions.as_slice()) {
            ([speed], [direction]) => source((*id, known), *speed, *direction),
            (_, [_]) => ambiguous("channels of a speed", speeds.iter().map(|place| name(known, place)).collect()),
            _ => ambiguous("channels of a direction", directions.iter().map(|place| name(known, place)).collect()),
        },
        several => {
            let found = several.iter().map(|(_, known, ..)| known.name().to_owned()).collect();
            ambiguous("instruments that measure the wind", found)
        }
    }
}

fn instruments<'a>(
    registry: &'a Registry,
    (id, station): (StationId, &str),
    wanted: Option<&str>,
) -> Result<Vec<(InstrumentId, &'a Instrument)>, WindError> {
    let all: Vec<(InstrumentId, &Instrument)> =
        registry.instruments().filter(|(_, at, _)| *at == id).map(|(id, _, known)| (id, known)).collect();
    let Some(wanted) = wanted else { return Ok(all) };
    let named: Vec<_> = all.iter().copied().filter(|(_, known)| known.name() == wanted).collect();
    if named.is_empty() {
        let known = all.iter().map(|(_, known)| known.name()).collect::<Vec<_>>().join(", ");
        let (station, instrument) = (station.to_owned(), wanted.to_owned());
        return Err(WindError::NoInstrument { station, instrument, known });
    }
    Ok(named)
}

/// Places of the channels of a dimension: of several, those that are called wind.
fn places(instrument: &Instrument, dimension: Dimension) -> Vec<usize> {
    let channels = instrument.channels().iter().enumerate();
    let all: Vec<_> =
        channels.filter(|(_, channel)| channel.unit().dimension() == dimension && !channel.is_retired()).collect();
    let called_wind = all.iter().filter(|(_, channel)| channel.name().to_lowercase().contains("wind"));
    let called_wind: Vec<usize> = called_wind.map(|(place, _)| *place).collect();
    if all.len() > 1 && !called_wind.is_empty() {
        return called_wind;
    }
    all.iter().map(|(place, _)| *place).collect()
}

fn source(
    (instrument, known): (InstrumentId, &Instrument),
    speed: usize,
    direction: usize,
) -> Result<WindSource, WindError> {
    let unit = known.channels().get(speed).map_or(Unit::MetrePerSecond, |channel| channel.unit());
    let speed_m_s_per_unit = unit.factor_to(Unit::MetrePerSecond, None, ReferenceState::C25)?;
    let channels = WindChannels { instrument, speed, direction };
    Ok(WindSource { channels, interval: known.interval(), speed_m_s_per_unit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Station};

    fn registry(instruments: &[(&str, &[(&str, Unit)])]) -> Registry {
        let mut registry = Registry::default();
        registry.insert_station(StationId::new(1), Station::new("S").unwrap());
        for (name, channels) in instruments {
            let channels = channels.iter().map(|(name, unit)| Channel::quantity(*name, *unit).unwrap()).collect();
            let id = registry.next_instrument_id();
            registry.insert_instrument(
                id,
                StationId::new(1),
                Instrument::new(*name, Interval::MINUTE, channels).unwrap(),
            );
        }
        registry
    }

    fn refused(instruments: &[(&str, &[(&str, Unit)])], instrument: Option<&str>) -> String {
        find_wind(&registry(instruments), "S", instrument).unwrap_err().to_string()
    }

    #[test]
    fn the_one_pair_of_speed_and_direction_is_found_whatever_it_is_called() {
        let found = find_wind(
            &registry(&[
                ("gc", &[("benzene", Unit::Ppb)]),
                ("met", &[("ws", Unit::KilometrePerHour), ("wd", Unit::Degree)]),
            ]),
            "S",
            None,
        )
        .unwrap();
        assert_eq!((found.channels.speed, found.channels.direction), (0, 1));
        assert!((found.speed_m_s_per_unit - 1.0 / 3.6).abs() < 1e-15);
    }

    #[test]
    fn a_channel_called_wind_is_chosen_among_several() {
        let channels: &[(&str, Unit)] =
            &[("gust", Unit::MetrePerSecond), ("wind speed", Unit::MetrePerSecond), ("wind direction", Unit::Degree)];
        assert_eq!(find_wind(&registry(&[("met", channels)]), "S", None).unwrap().channels.speed, 1);
    }

    #[test]
    fn what_is_missing_or_ambiguous_is_named() {
        let (speed, direction) = (("ws", Unit::MetrePerSecond), ("wd", Unit::Degree));
        assert!(refused(&[], None).contains("it has: no instrument"));
        assert!(refused(&[("gc", &[("benzene", Unit::Ppb)])], None).contains("it has: gc"));
        assert!(refused(&[("a", &[speed]), ("b", &[direction])], None).contains("it has: a/ws, b/wd"));
        let two = refused(&[("a", &[speed, direction]), ("b", &[speed, direction])], None);
        assert!(two.contains("several instruments that measure the wind: a, b"), "{two}");
        let gust = ("gust", Unit::MetrePerSecond);
        assert!(
            refused(&[("a", &[speed, gust, direction])], None).contains("several channels of a speed: a/ws, a/gust")
        );
        assert!(refused(&[("a", &[speed, direction])], Some("c")).contains("no instrument `c`; it has: a"));
        assert!(find_wind(&registry(&[]), "T", None).unwrap_err().to_string().contains("no station is named `T`"));
    }
}
