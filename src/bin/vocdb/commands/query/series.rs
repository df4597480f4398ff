//! The channels that are asked for: each of the given ones at each of the given stations.

use super::unit::{Conversion, Target};
use crate::failure::Failure;
use vocdb::base::escape::Line;
use vocdb::query::WindowFunction;
use vocdb::{Error, InstrumentId, Interval, ReadOnly, Sample};

/// One channel of one station.
#[derive(Debug)]
pub(super) struct Series {
    /// Name of the station.
    pub(super) station: String,
    /// Channel as it was asked for.
    pub(super) channel: String,
    /// Its instrument.
    pub(super) instrument: InstrumentId,
    /// Its place in a frame.
    pub(super) place: usize,
    /// Name and interval of the instrument.
    pub(super) measured: (String, Interval),
    /// Unit of the printed values, with the reference state of a mass concentration.
    pub(super) unit: String,
    conversion: Option<Conversion>,
}

impl Series {
    /// A value in the printed unit.
    pub(super) fn convert(&self, value: Option<f64>) -> Result<Option<f64>, Failure> {
        let Some((conversion, value)) = self.conversion.zip(value) else { return Ok(value) };
        conversion.convert(value).map(Some).map_err(Failure::from_error)
    }

    /// The answer of a window in the printed unit. A deviation is a difference: on a scale with a zero of its own, such as degrees
    /// Fahrenheit, only the size of the degree counts.
    pub(super) fn convert_window(&self, function: WindowFunction, value: Option<f64>) -> Result<Option<f64>, Failure> {
        let converted = self.convert(value)?;
        match (function, converted, self.convert(Some(0.0))?) {
            (WindowFunction::StdDev, Some(converted), Some(zero)) => Ok(Some(converted - zero)),
            _ => Ok(converted),
        }
    }

    /// A sample in the printed unit.
    pub(super) fn convert_sample(&self, sample: Sample) -> Result<Sample, Failure> {
        Ok(Sample { value: self.convert(sample.value)?, ..sample })
    }
}

/// Whether a text may name several stations. No name of a station has one of these characters.
#[expect(clippy::ptr_arg, reason = "for use as a closure over the arguments")]
pub(super) fn is_pattern(station: &String) -> bool {
    station.contains(['*', '|'])
}

/// Every asked channel of every asked station, station by station.
pub(super) fn find_series(
    db: &ReadOnly,
    stations: &[String],
    channels: &[String],
    unit: Option<&Target>,
) -> Result<Vec<Series>, Failure> {
    let mut all: Vec<Series> = Vec::new();
    for (channel, asked) in stations.iter().flat_map(|asked| channels.iter().map(move |channel| (channel, asked))) {
        let names = names(db, asked)?;
        let mut is_measured = false;
        for station in names {
            match db.channel(&station, channel) {
                Ok(found) => {
                    is_measured = true;
                    if !all.iter().any(|known| known.station == station && known.channel == *channel) {
                        all.push(series(db, (&station, channel), found, unit)?);
                    }
                }
                Err(Error::UnknownChannel { .. }) if is_pattern(asked) => {}
                Err(error) => return Err(Failure::from_error(error)),
            }
        }
        if !is_measured {
            let (asked, channel) = (Line(asked), Line(channel));
            return Err(Failure::Says(format!("no station that matches `{asked}` has a channel `{channel}`")));
        }
    }
    // A station's channels stay together, in the order in which they were asked for.
    let order: Vec<String> = all.iter().map(|series| series.station.clone()).collect();
    all.sort_by_key(|series| order.iter().position(|station| *station == series.station));
    Ok(all)
}

fn names(db: &ReadOnly, asked: &String) -> Result<Vec<String>, Failure> {
    if !is_pattern(asked) {
        return Ok(vec![asked.clone()]);
    }
    let registry = db.registry();
    let matching: Vec<String> =
        registry.stations_matching(asked).map(|(_, station)| station.name().to_owned()).collect();
    if matching.is_empty() {
        let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
        return Err(Failure::Says(format!("no station matches `{}`; registered are: {known}", Line(asked))));
    }
    Ok(matching)
}

fn series(
    db: &ReadOnly,
    (station, channel): (&str, &str),
    (instrument, place): (InstrumentId, usize),
    unit: Option<&Target>,
) -> Result<Series, Failure> {
    let (_, known) =
        db.registry().instrument(instrument).ok_or_else(|| Failure::from_error(Error::NoInstrument(instrument)))?;
    let measured = known
        .channels()
        .get(place)
        .ok_or_else(|| Failure::from_error(Error::NoChannel { instrument, channel: place }))?;
    let conversion = unit.map(|unit| unit.conversion(measured)).transpose();
    let conversion =
        conversion.map_err(|error| Failure::Says(format!("`{}` of {}: {error}", Line(channel), Line(station))))?;
    let printed = unit.map_or_else(|| Target::of(measured), |unit| unit.at(measured)).to_string();
    let (station, channel) = (station.to_owned(), channel.to_owned());
    Ok(Series {
        station,
        channel,
        instrument,
        place,
        measured: (known.name().to_owned(), known.interval()),
        unit: printed,
        conversion,
    })
}
