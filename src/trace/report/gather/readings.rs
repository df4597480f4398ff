//! Readings and wind of the time that a report shows.

use super::error::ReportError;
use super::question::Asked;
use crate::model::TimeRange;
use crate::trace::mast::{WindSource, find_wind};
use crate::trace::report::input::{ReportChannel, ReportWind, StationSeries};

/// The readings of a channel at every station that has it.
pub(super) fn of_channel(
    asked: &Asked<'_>,
    span: TimeRange,
    missing: &mut Vec<String>,
) -> Result<Option<ReportChannel>, ReportError> {
    let Some(name) = asked.channel else {
        missing.push("readings: the case has no alarm that names a channel, and none was asked for".to_owned());
        return Ok(None);
    };
    let (registry, readings) = (asked.registry, asked.readings);
    let mut channel = ReportChannel { name: name.to_owned(), ..ReportChannel::default() };
    for (id, station, instrument) in registry.instruments() {
        let place = instrument.channel_index(name);
        let found = place.and_then(|place| Some((place, instrument.channels().get(place)?)));
        let Some((place, known)) = found.filter(|(_, known)| !known.is_retired()) else { continue };
        let unit = known.unit().to_string();
        let station = registry.station(station).map_or("", |station| station.name());
        if channel.unit.is_empty() {
            channel.unit.clone_from(&unit);
        } else if channel.unit != unit {
            missing.push(format!(
                "readings of {station}/{}: they are in {unit}, not in {}",
                instrument.name(),
                channel.unit
            ));
            continue;
        }
        let has_several = channel.series.iter().any(|series| series.station == station);
        let label = if has_several { format!("{station}/{}", instrument.name()) } else { station.to_owned() };
        let rows = readings.rows(id, &[place], span)?;
        channel.series.push(StationSeries::new(label, instrument.interval(), span, rows.samples(0)));
    }
    if channel.series.is_empty() {
        missing.push(format!("readings: no station has a channel `{name}`"));
        return Ok(None);
    }
    channel.series.sort_by(|a, b| a.station.cmp(&b.station));
    Ok(Some(channel))
}

/// The wind of a station, or of the only one that measures it.
pub(super) fn wind(
    asked: &Asked<'_>,
    span: TimeRange,
    missing: &mut Vec<String>,
) -> Result<Option<ReportWind>, ReportError> {
    let registry = asked.registry;
    let (station, source) = match asked.wind {
        Some(name) => {
            let (station, instrument) = name.split_once(':').map_or((name, None), |(at, own)| (at, Some(own)));
            (name.to_owned(), find_wind(registry, station, instrument)?)
        }
        None => {
            let names = registry.stations().map(|(_, station)| station.name());
            let found = names.filter_map(|name| Some((name.to_owned(), find_wind(registry, name, None).ok()?)));
            let found: Vec<(String, WindSource)> = found.collect();
            match found.as_slice() {
                [only] => only.clone(),
                [] => {
                    missing.push("wind: no station measures its speed and direction".to_owned());
                    return Ok(None);
                }
                several => {
                    let names = several.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                    missing.push(format!("wind: several stations measure it ({names}), and none of them was named"));
                    return Ok(None);
                }
            }
        }
    };
    let channels = [source.channels.speed, source.channels.direction];
    let rows = asked.readings.rows(source.channels.instrument, &channels, span)?;
    let pairs = rows.samples(0).zip(rows.samples(1));
    let samples =
        pairs.filter_map(|((_, speed), (_, from))| Some((speed.valid()? * source.speed_m_s_per_unit, from.valid()?)));
    Ok(Some(ReportWind { station, samples: samples.collect() }))
}
