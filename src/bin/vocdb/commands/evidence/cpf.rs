//! `vocdb cpf`: from which directions a channel is high.

use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::trace::{self, CpfOptions, CpfSector, CpfThreshold, conditional_probability, find_wind, samples_with_wind};
use vocdb::{Error, Instrument, ReadOnly, TimeRange};

/// Degrees of a sector, and of all of them.
const SECTOR_DEG: u32 = 10;
const TURN_DEG: u32 = 360;
/// The directions of a wind rose, from north on.
const NAMES: [&str; 8] = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];

/// Print the conditional probability function of a channel: the share of high readings by wind direction
///
/// Sectors are 10 degrees wide: the direction divided by 10, rounded half to even. `n` counts the readings with the wind from a sector, `m`
/// those at or above the threshold; `low` and `high` are the Wilson interval of their share `m / n`. A sector is marked `raised` if the
/// whole interval lies above the share of all readings.
///
/// Example: vocdb cpf store --station park/S1 --channel benzene --from 2024-06-01 --to 2024-07-01
#[derive(Debug, Args)]
pub(crate) struct Cpf {
    /// Folder of the store
    store: PathBuf,
    /// Station
    #[arg(long)]
    station: String,
    /// Channel, or instrument/channel
    #[arg(long)]
    channel: String,
    /// Station that measures the wind, with :INSTRUMENT if it has several [default: the same station]
    #[arg(long, value_name = "STATION")]
    wind: Option<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: the first reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<values::Moment>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: after the last reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<values::Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Readings at or above this percentile are high (linear between samples)
    #[arg(long, default_value_t = 90.0, allow_negative_numbers = true)]
    percentile: f64,
    /// Readings at or above this value, in the unit of the channel, are high
    #[arg(long, value_name = "VALUE", conflicts_with = "percentile", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Normal quantile of the intervals: 1.96 for 95 %
    #[arg(long, default_value_t = 1.96)]
    z: f64,
    /// Leave readings with less wind than this out of the sectors, in m/s
    #[arg(long, value_name = "M/S")]
    wind_speed_min: Option<f64>,
}

/// The answer.
#[derive(Serialize)]
struct Answer {
    station: String,
    channel: String,
    unit: String,
    wind: String,
    threshold: f64,
    percentile: Option<f64>,
    z: f64,
    wind_speed_min_m_s: Option<f64>,
    samples: u64,
    high_samples: u64,
    calm: u64,
    without_wind: u64,
    sectors: Vec<SectorLine>,
}

/// One sector.
#[derive(Serialize)]
struct SectorLine {
    sector_deg: u32,
    n: u64,
    m: u64,
    cpf: Option<f64>,
    low: f64,
    high: f64,
    raised: bool,
}

impl Cpf {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let range = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        let answer = self.answer(&db, range)?;
        output.either(&answer, || answer.text())
    }

    fn answer(&self, db: &ReadOnly, range: TimeRange) -> Result<Answer, Failure> {
        let (instrument, place) = db.channel(&self.station, &self.channel).map_err(Failure::from_error)?;
        let known: Option<&Instrument> = db.registry().instrument(instrument).map(|(_, known)| known);
        let known = known.ok_or_else(|| Failure::from_error(Error::NoInstrument(instrument)))?;
        let wind_name = self.wind.as_deref().unwrap_or(&self.station);
        let (station, of_wind) = wind_name.split_once(':').map_or((wind_name, None), |(at, own)| (at, Some(own)));
        let wind = find_wind(db.registry(), station, of_wind).map_err(|error| {
            let hint = if self.wind.is_none() { "; name the station of the wind with --wind" } else { "" };
            Failure::Says(format!("{error}{hint}"))
        })?;
        let source = (instrument, place, known.interval());
        let samples = samples_with_wind(&db.readings(), source, &wind, range).map_err(Failure::from_error)?;
        let threshold = self.threshold.map_or(CpfThreshold::Percentile(self.percentile), CpfThreshold::Value);
        let options = CpfOptions { threshold, z: self.z, wind_speed_min_m_s: self.wind_speed_min };
        let cpf = conditional_probability(&samples, &options).map_err(Failure::from_error)?;
        let unit = known.channels().get(place).map_or(String::new(), |channel| channel.unit().to_string());
        Ok(Answer {
            station: self.station.clone(),
            channel: self.channel.clone(),
            unit,
            wind: wind_name.to_owned(),
            threshold: cpf.threshold,
            percentile: self.threshold.is_none().then_some(self.percentile),
            z: self.z,
            wind_speed_min_m_s: self.wind_speed_min,
            samples: cpf.samples,
            high_samples: cpf.high_samples,
            calm: cpf.calm,
            without_wind: cpf.without_wind,
            sectors: sector_lines(&cpf),
        })
    }
}

fn sector_lines(cpf: &trace::Cpf) -> Vec<SectorLine> {
    let raised: Vec<u32> = cpf.raised().map(|sector| sector.sector_deg).collect();
    let line = |sector: &CpfSector| {
        let CpfSector { sector_deg, n, m, cpf, low, high } = *sector;
        SectorLine { sector_deg, n, m, cpf, low, high, raised: raised.contains(&sector_deg) }
    };
    cpf.sectors.iter().map(line).collect()
}

impl Answer {
    fn text(&self) -> String {
        let mut text = String::from("sector_deg,n,m,cpf,low,high,raised\n");
        for SectorLine { sector_deg, n, m, cpf, low, high, raised } in &self.sectors {
            let cpf = cpf.map_or_else(String::new, |cpf| format!("{cpf:.6}"));
            let mark = if *raised { "raised" } else { "" };
            let _ = writeln!(text, "{sector_deg},{n},{m},{cpf},{low:.6},{high:.6},{mark}");
        }
        let percentile = self.percentile.map_or_else(String::new, |percent| format!(" (percentile {percent})"));
        let _ = writeln!(
            text,
            "{} of {}: high from {} {}{percentile}; {} of {} readings are high; {} calm; {} without wind",
            Line(&self.channel),
            Line(&self.station),
            self.threshold,
            self.unit,
            self.high_samples,
            self.samples,
            self.calm,
            self.without_wind,
        );
        text.push_str(&self.sentence());
        text
    }

    /// One sentence about the directions from which the channel is raised.
    fn sentence(&self) -> String {
        let raised: Vec<u32> = self.sectors.iter().filter(|one| one.raised).map(|one| one.sector_deg).collect();
        let (channel, station) = (Line(&self.channel), Line(&self.station));
        if raised.is_empty() {
            return format!("{channel} at {station} is raised with wind from no direction more than from the others\n");
        }
        let directions: Vec<String> = arcs(&raised).into_iter().map(direction).collect();
        format!("{channel} at {station} is raised with wind from {}\n", directions.join(" and "))
    }
}

/// First and last sector of each arc of neighbouring sectors, in degrees. An arc across north begins west of it.
fn arcs(raised: &[u32]) -> Vec<(u32, u32)> {
    let has = |sector: u32| raised.contains(&(sector % TURN_DEG));
    let begins = raised.iter().filter(|sector| !has(**sector + TURN_DEG - SECTOR_DEG));
    let arc = |begin: &u32| {
        let end = (0..TURN_DEG / SECTOR_DEG).map(|step| begin + step * SECTOR_DEG).take_while(|sector| has(*sector));
        (*begin, end.last().unwrap_or(*begin))
    };
    let arcs: Vec<(u32, u32)> = begins.map(arc).collect();
    // Every sector is raised: an arc without a beginning.
    if arcs.is_empty() { vec![(0, TURN_DEG - SECTOR_DEG)] } else { arcs }
}

/// An arc in words: `the west (255 to 285 degrees)`.
fn direction((first, last): (u32, u32)) -> String {
    let middle = u32::midpoint(first, last) % TURN_DEG;
    let place = (usize::try_from(middle).unwrap_or(0) * NAMES.len() + 180) / 360;
    let name = NAMES.get(place % NAMES.len()).copied().unwrap_or_default();
    let from = (first + TURN_DEG - SECTOR_DEG / 2) % TURN_DEG;
    let to = (last + SECTOR_DEG / 2) % TURN_DEG;
    format!("the {name} ({from} to {to} degrees)")
}

#[test]
fn neighbouring_sectors_are_one_direction_also_across_north() {
    let words = |raised: &[u32]| arcs(raised).into_iter().map(direction).collect::<Vec<_>>().join(" and ");
    assert_eq!(words(&[250, 260, 270]), "the west (245 to 275 degrees)");
    assert_eq!(words(&[0, 10, 350]), "the north (345 to 15 degrees)");
    assert_eq!(words(&[90, 180]), "the east (85 to 95 degrees) and the south (175 to 185 degrees)");
}
