//! The stations of the demo and what they report, step by step.

use super::air::{Background, INLET_HEIGHT_M, Place, Plumes, Random, STEP_S, Shape, Wander, Weather};
use super::profiles::weights_of;
use super::scenario::{
    END, MIDDLE, SILENT_S, SILENT_STATION, SITES, SPECIES, START, START_HOUR, rates_g_s, run_states, site_of_source,
    sources, stations,
};
use super::{Scale, says};
use vocdb::trace::LocalFrame;
use vocdb::{
    Batch, Channel, Database, Instrument, InstrumentId, Interval, Position, Station, StationId, Timestamp, Unit,
};

/// Litres of a mole of air at 25 °C and 1,013.25 hPa.
const MOLE_L: f64 = 24.465;
/// Seconds between two reports of run states.
const STATES_S: i64 = 60;
/// Detection limit of the analysers in ppb.
const DETECTION_PPB: f64 = 0.02;
/// Noise of an analyser: a share of the value, and ppb.
const NOISE: (f64, f64) = (0.02, 0.01);
/// Flutter of a plume within its puffs: the size of its logarithm, and its memory in seconds.
const FLUTTER: (f64, f64) = (0.35, 20.0);
/// Slow changes of the air mass: the size of their logarithm, and their memory in seconds.
const AIR_MASS: (f64, f64) = (0.12, 5_400.0);
/// Spread of the backgrounds of stations and species: a share.
const SITE_SHARE: f64 = 0.15;
/// Height of the wind sensor above ground in metres.
const MAST_HEIGHT_M: f64 = 10.0;

/// The instruments of the demo in its store.
#[derive(Debug)]
pub(super) struct Instruments {
    /// Analysers of the stations.
    analysers: Vec<InstrumentId>,
    mast: InstrumentId,
    /// Duty and standby unit of each site.
    units: Vec<(InstrumentId, InstrumentId)>,
}

impl Instruments {
    /// Registers the stations, the mast and the treatment units.
    pub(super) fn register(db: &Database, scale: Scale) -> Result<Self, String> {
        let frame = LocalFrame::new(MIDDLE.0, MIDDLE.1).map_err(says)?;
        let stand = |name: &str, place: Place, height_m: f64| {
            let (latitude, longitude) = frame.to_wgs84(place.east_m, place.north_m);
            let position = Position {
                lon_lat_deg: Some((longitude, latitude)),
                east_north_m: Some((place.east_m, place.north_m)),
                height_m: Some(height_m),
            };
            db.register_station(Station::new(name).map_err(says)?.at(position)).map_err(says)
        };
        let channels = SPECIES.iter().take(scale.species).map(|(name, ..)| {
            let channel = Channel::species(name, Unit::Ppb).and_then(|channel| channel.with_decimals(2));
            channel.map(|channel| channel.with_detection_limit(DETECTION_PPB))
        });
        let channels = channels.collect::<Result<Vec<_>, _>>().map_err(says)?;
        let interval = Interval::from_ms(scale.interval_s * 1_000).map_err(says)?;
        let analyser = Instrument::new("analyser", interval, channels).map_err(says)?;
        let mut analysers = Vec::new();
        for (name, place) in stations(scale.stations) {
            let station = stand(&name, place, INLET_HEIGHT_M)?;
            analysers.push(db.register_instrument(station, analyser.clone()).map_err(says)?);
        }
        let mast = stand("park/mast", Place { east_m: 0.0, north_m: 60.0 }, MAST_HEIGHT_M)?;
        let mast = db.register_instrument(mast, anemometer()?).map_err(says)?;
        let mut units = Vec::new();
        for site in &SITES {
            let station = stand(&format!("site/{}", site.name), site.middle, INLET_HEIGHT_M)?;
            units.push((unit(db, station, "duty")?, unit(db, station, "standby")?));
        }
        Ok(Self { analysers, mast, units })
    }
}

fn anemometer() -> Result<Instrument, String> {
    let speed = Channel::quantity("wind speed", Unit::MetrePerSecond).and_then(|channel| channel.with_decimals(2));
    let direction = Channel::quantity("wind direction", Unit::Degree).and_then(|channel| channel.with_decimals(1));
    let interval = Interval::from_ms(STEP_S * 1_000).map_err(says)?;
    Instrument::new("anemometer", interval, vec![speed.map_err(says)?, direction.map_err(says)?]).map_err(says)
}

/// A treatment unit that reports whether it runs, as command 2021 of HJ 212 does.
fn unit(db: &Database, station: StationId, name: &str) -> Result<InstrumentId, String> {
    let state = Channel::quantity(name, Unit::One).map_err(says)?;
    let instrument = Instrument::new(name, Interval::MINUTE, vec![state]).map_err(says)?;
    db.register_instrument(station, instrument).map_err(says)
}

/// A station as it reports.
#[derive(Debug)]
struct Analyser {
    instrument: InstrumentId,
    noise: Random,
    flutter: Wander,
    /// Its own share of the background of each species.
    shares: Vec<f64>,
    /// Concentrations of the sources in g/m3 at the start and the end of the step.
    before: Vec<f64>,
    after: Vec<f64>,
}

/// All stations with the air around them.
#[derive(Debug)]
pub(super) struct Fleet {
    scale: Scale,
    background: Background,
    weather: Weather,
    air_mass: Wander,
    plumes: Plumes,
    analysers: Vec<Analyser>,
    mast: (InstrumentId, Random),
    units: Vec<(InstrumentId, InstrumentId)>,
    /// For each species, the ppb that 1 g/m3 of each source makes.
    ppb_per_g_m3: Vec<Vec<f64>>,
    step: i64,
}

impl Fleet {
    /// The stations before the first step.
    pub(super) fn new(instruments: Instruments, scale: Scale, seed: u64) -> Result<Self, String> {
        let Instruments { analysers, mast, units } = instruments;
        let species = scale.species.min(SPECIES.len());
        let memory_s = FLUTTER.1;
        let source_count = sources().len();
        let analyser = |(number, instrument): (u64, InstrumentId)| {
            let mut own = Random::new(seed, 1_000 + number);
            Analyser {
                instrument,
                shares: (0..species).map(|_| (1.0 + SITE_SHARE * own.normal()).max(0.2)).collect(),
                noise: Random::new(seed, 2_000 + number),
                flutter: Wander::new(Random::new(seed, 3_000 + number), scale.interval_s as f64, memory_s),
                before: vec![0.0; source_count],
                after: vec![0.0; source_count],
            }
        };
        Ok(Self {
            scale,
            background: Background::measured()?,
            weather: Weather::new(seed, START_HOUR),
            air_mass: Wander::new(Random::new(seed, 21), STEP_S as f64, AIR_MASS.1),
            plumes: Plumes::new(sources(), stations(scale.stations).into_iter().map(|(_, place)| place).collect()),
            analysers: (0..).zip(analysers).map(analyser).collect(),
            mast: (mast, Random::new(seed, 22)),
            units,
            ppb_per_g_m3: ppb_per_g_m3(species)?,
            step: 0,
        })
    }

    /// The frames of the next step, and its end; `None` at the end of the demo.
    pub(super) fn next(&mut self) -> Option<(Batch, Timestamp)> {
        let second = self.step * STEP_S;
        let start = START.plus_ms(second * 1_000);
        if start >= END {
            return None;
        }
        self.step += 1;
        let wind = self.weather.next();
        self.plumes.step(&wind, &rates_g_s(second));
        for (analyser, now) in self.analysers.iter_mut().zip(self.plumes.concentrations()) {
            analyser.before = std::mem::replace(&mut analyser.after, now);
        }
        let mut batch = Batch::new();
        let (mast, noise) = &mut self.mast;
        let speed = rounded((wind.speed_m_s * (1.0 + 0.03 * noise.normal())).max(0.0), 100.0);
        let direction = rounded((wind.from_deg + 2.0 * noise.normal()).rem_euclid(360.0), 10.0) % 360.0;
        batch.push_values(*mast, start, &[Some(speed), Some(direction)]);
        if second % STATES_S == 0 {
            for (site, (duty, standby)) in self.units.iter().enumerate() {
                let (runs, stands_in) = run_states(site, second);
                batch.push_values(*duty, start, &[Some(runs)]);
                batch.push_values(*standby, start, &[Some(stands_in)]);
            }
        }
        self.push_analysers(&mut batch, second);
        Some((batch, start.plus_ms(STEP_S * 1_000)))
    }

    /// Adds the frames of all stations, second by second.
    fn push_analysers(&mut self, batch: &mut Batch, second: i64) {
        let hour = START_HOUR + second as f64 / 3_600.0;
        let mass = (AIR_MASS.0 * self.air_mass.next()).exp();
        let level = |shape: Shape| mass * self.background.level(shape, hour);
        let levels: Vec<f64> =
            SPECIES.iter().take(self.ppb_per_g_m3.len()).map(|(_, mean_ppb, shape)| mean_ppb * level(*shape)).collect();
        let mut values = Vec::with_capacity(levels.len());
        let every = usize::try_from(self.scale.interval_s).unwrap_or(1).max(1);
        for part in (0..STEP_S).step_by(every) {
            let time = START.plus_ms((second + part) * 1_000);
            let share = part as f64 / STEP_S as f64;
            for (number, analyser) in self.analysers.iter_mut().enumerate() {
                if number == SILENT_STATION && SILENT_S.contains(&second) {
                    continue;
                }
                analyser.read(share, &levels, &self.ppb_per_g_m3, &mut values);
                batch.push_values(analyser.instrument, time, &values);
            }
        }
    }
}

impl Analyser {
    /// Reads all species at a share of the step.
    fn read(&mut self, share: f64, levels: &[f64], ppb_per_g_m3: &[Vec<f64>], values: &mut Vec<Option<f64>>) {
        let flutter = (FLUTTER.0 * self.flutter.next() - 0.5 * FLUTTER.0 * FLUTTER.0).exp();
        let between = |(before, after): (&f64, &f64)| flutter * (before + share * (after - before));
        let air: Vec<f64> = self.before.iter().zip(&self.after).map(between).collect();
        values.clear();
        for ((level, own), per_source) in levels.iter().zip(&self.shares).zip(ppb_per_g_m3) {
            let plume: f64 = per_source.iter().zip(&air).map(|(ppb, grams)| ppb * grams).sum();
            let value = level * own + plume;
            let noise = self.noise.normal() * (NOISE.0 * value + NOISE.1);
            values.push(Some(rounded((value + noise).max(0.0), 100.0)));
        }
    }
}

fn rounded(value: f64, per_one: f64) -> f64 {
    (value * per_one).round() / per_one
}

/// For each species, the ppb that 1 g/m3 of each source makes.
fn ppb_per_g_m3(species: usize) -> Result<Vec<Vec<f64>>, String> {
    let profiles = SITES.iter().map(|site| weights_of(site.profile)).collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::with_capacity(species);
    for (name, ..) in SPECIES.iter().take(species) {
        let channel = Channel::species(name, Unit::Ppb).map_err(says)?;
        let molar_mass = channel.molar_mass_g_per_mol().ok_or_else(|| format!("`{name}` has no molar mass"))?;
        let of_source = |source: usize| {
            let percent = profiles.get(site_of_source(source)).and_then(|weights| weights.get(*name)).copied();
            percent.unwrap_or(0.0) / 100.0 * 1e6 * MOLE_L / molar_mass
        };
        all.push((0..sources().len()).map(of_source).collect());
    }
    Ok(all)
}
