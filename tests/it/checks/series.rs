//! Series of real and of made readings.

use std::path::Path;
use vocdb::checks::{CheckOptions, Checks, Finding, QualityTest};
use vocdb::{
    Batch, Channel, Instrument, InstrumentId, Interval, Registry, Sample, Station, StationId, Timestamp, Unit,
};

/// Milliseconds of a month of 30.44 days.
const MONTH_MS: f64 = 30.44 * 86_400_000.0;

/// One instrument of one station, and its readings.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) station: String,
    pub(crate) instrument: Instrument,
    pub(crate) rows: Vec<(Timestamp, Vec<Sample>)>,
}

impl Series {
    pub(crate) fn new(station: &str, interval: Interval, channels: &[(&str, Unit)]) -> Self {
        let channels = channels.iter().map(|(name, unit)| Channel::quantity(*name, *unit).unwrap()).collect();
        let instrument = Instrument::new("all", interval, channels).unwrap();
        Self { station: station.to_owned(), instrument, rows: Vec::new() }
    }

    /// The same series with some of its channels.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let places: Vec<usize> = names.iter().map(|name| self.instrument.channel_index(name).unwrap()).collect();
        let channels = places.iter().map(|place| self.instrument.channels()[*place].clone()).collect();
        let instrument = Instrument::new("all", self.instrument.interval(), channels).unwrap();
        let pick = |samples: &Vec<Sample>| places.iter().map(|place| samples[*place]).collect();
        let rows = self.rows.iter().map(|(time, samples)| (*time, pick(samples))).collect();
        Self { station: self.station.clone(), instrument, rows }
    }

    pub(crate) fn months(&self) -> f64 {
        let (first, last) = (self.rows.first().unwrap().0, self.rows.last().unwrap().0);
        last.since_ms(first) as f64 / MONTH_MS
    }
}

/// A registry of the series, whose instruments are numbered from one.
pub(crate) fn registry(all: &[Series]) -> (Registry, Vec<InstrumentId>) {
    let (mut registry, mut ids, mut stations) = (Registry::default(), Vec::new(), Vec::<&str>::new());
    for (number, series) in (1_u32..).zip(all) {
        let known = stations.iter().position(|name| *name == series.station);
        let place = known.unwrap_or_else(|| {
            stations.push(&series.station);
            stations.len() - 1
        });
        let station = StationId::new(u32::try_from(place).unwrap() + 1);
        registry.insert_station(station, Station::new(series.station.as_str()).unwrap());
        let id = InstrumentId::new(number);
        let named =
            Instrument::new(format!("i{number}"), series.instrument.interval(), series.instrument.channels().to_vec());
        registry.insert_instrument(id, station, named.unwrap());
        ids.push(id);
    }
    (registry, ids)
}

/// The frames of the series in order of time.
pub(crate) fn frames(all: &[Series], ids: &[InstrumentId]) -> Batch {
    let mut rows: Vec<_> =
        all.iter().zip(ids).flat_map(|(series, id)| series.rows.iter().map(move |row| (row.0, *id, &row.1))).collect();
    rows.sort_by_key(|(time, id, _)| (*time, *id));
    let mut batch = Batch::new();
    rows.iter().for_each(|(time, id, samples)| batch.push_samples(*id, *time, samples.iter().copied()));
    batch
}

/// What the tests find in the series.
pub(crate) fn find(all: &[Series], options: &CheckOptions) -> Vec<Finding> {
    let (registry, ids) = registry(all);
    let (mut checks, mut found) = (Checks::new(&registry, ids.iter().copied(), options), Vec::new());
    frames(all, &ids).frames().for_each(|frame| checks.push(frame, None, &mut found));
    checks.finish(&mut found);
    found
}

/// Whether one of the tests doubts readings of a channel of the first series between two times.
pub(crate) fn is_found(found: &[Finding], tests: &[QualityTest], channel: usize, ends: (Timestamp, Timestamp)) -> bool {
    found.iter().any(|finding| {
        let is_there = finding.instrument == InstrumentId::new(1) && finding.channel == Some(channel);
        is_there && tests.contains(&finding.test) && finding.from <= ends.1 && finding.to >= ends.0
    })
}

fn lines(path: &str) -> Vec<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(path);
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn sample(text: &str) -> Sample {
    Sample::from(text.parse::<f64>().ok().filter(|value| *value != -200.0))
}

/// Thirteen months of hours of a street in Italy.
pub(crate) fn uci() -> Series {
    let channels = [
        ("co", Unit::MilligramPerM3),
        ("PT08.S1", Unit::One),
        ("nmhc", Unit::MicrogramPerM3),
        ("benzene", Unit::MicrogramPerM3),
        ("PT08.S2", Unit::One),
        ("nox", Unit::Ppb),
        ("PT08.S3", Unit::One),
        ("no2", Unit::MicrogramPerM3),
        ("PT08.S4", Unit::One),
        ("PT08.S5", Unit::One),
        ("temperature", Unit::Celsius),
        ("relative humidity", Unit::Percent),
        ("absolute humidity", Unit::One),
    ];
    let mut series = Series::new("uci", Interval::HOUR, &channels);
    for row in &lines("uci/AirQualityUCI.csv")[1..] {
        let date: Vec<&str> = row[0].split('/').collect();
        let time = format!("{}-{:0>2}-{:0>2}T{:0>8}Z", date[2], date[1], date[0], row[1]).parse().unwrap();
        series.rows.push((time, row[2..15].iter().map(|text| sample(text)).collect()));
    }
    series
}

/// Five years of hours of Marylebone Road.
pub(crate) fn aqroadside() -> Series {
    let mass = Unit::MicrogramPerM3;
    let channels = [
        ("nox", mass),
        ("no2", mass),
        ("ethane", mass),
        ("isoprene", mass),
        ("benzene", mass),
        ("wind speed", Unit::MetrePerSecond),
        ("wind direction", Unit::Degree),
        ("temperature", Unit::Celsius),
        ("relative humidity", Unit::Percent),
        ("cloud cover", Unit::One),
    ];
    let mut series = Series::new("aqroadside", Interval::HOUR, &channels);
    for row in &lines("aqroadside/2000_2004.csv")[1..] {
        let samples = (1..11).map(|column| row.get(column).map_or(Sample::MISSING, |text| sample(text))).collect();
        series.rows.push((row[0].parse().unwrap(), samples));
    }
    series
}

/// Four days of minutes of methane at eight places of METEC, and the wind.
pub(crate) fn metec() -> Vec<Series> {
    let rows = &lines("metec/ch4_wind_1min.csv")[1..];
    let read = |name: &str, channels: &[(&str, Unit)], columns: &[usize]| {
        let mut series = Series::new(name, Interval::MINUTE, channels);
        let samples = |row: &Vec<String>| columns.iter().map(|column| sample(&row[*column])).collect();
        series.rows = rows.iter().map(|row| (row[0].parse().unwrap(), samples(row))).collect();
        series
    };
    let names = ["E", "N", "NE", "NW", "S", "SE", "SW", "W"];
    let methane = [("methane", Unit::Ppm)];
    let mut all: Vec<Series> = (3..).zip(names).map(|(column, name)| read(name, &methane, &[column])).collect();
    all.push(read("mast", &[("wind speed", Unit::MetrePerSecond), ("wind direction", Unit::Degree)], &[1, 2]));
    all
}

/// An hour of an SPod, a row every ten seconds.
pub(crate) fn spod() -> Series {
    let channels = [
        ("total VOC", Unit::Ppb),
        ("temperature", Unit::Celsius),
        ("relative humidity", Unit::Percent),
        ("wind speed", Unit::MetrePerSecond),
        ("wind direction", Unit::Degree),
    ];
    let mut series = Series::new("spod", Interval::seconds(10).unwrap(), &channels);
    let begin: Timestamp = "2023-06-07T04:00:00Z".parse().unwrap();
    for (number, row) in (0..).zip(&lines("spod/SPod_excerpt.csv")[3..]) {
        let samples = [2, 4, 5, 7, 8].map(|column: usize| sample(&row[column])).to_vec();
        series.rows.push((begin.plus_ms(number * 11_600), samples));
    }
    series
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// From zero to one.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}
