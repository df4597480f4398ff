//! Five days of METEC through a gateway that is killed on the way.

use crate::chaos::Chaos;
use crate::gateway::{Running, Written};
use crate::judge::{Found, Rows, compare};
use crate::station::{Row, Sent, Station};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use vocdb::interop::hj212::{Command, LocalTime, StationClock, SubItem};
use vocdb::{Config, Database, Timestamp};

/// The recording, which lies beside this crate.
const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/metec/ch4_wind_1min.csv");
/// Milligrams per cubic metre of methane at 0 °C in 1 ppm.
const MG_PER_M3: f64 = 16.0425 / 22.414;
/// Times that the gateway is killed.
const KILLS: u64 = 3;

const INSTRUMENTS: &str = r#"
[factors]
a05002 = "methane:mg/m3"

[[instrument]]
name = "laser"
data = "minute"
interval = "1m"
channels = ["methane:mg/m3@0C"]

[[instrument]]
name = "mast"
data = "minute"
interval = "1m"
channels = ["wind_speed:m/s", "wind_direction:deg"]

"#;

/// Options of the replay.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Rows of the recording; all if not given
    #[arg(long)]
    rows: Option<usize>,
    /// A dropped link, a split message, a repeated row and a piece of garbage, each once in so many rows; none if 0
    #[arg(long, default_value_t = 200)]
    fault_every: u64,
    /// Seed of the faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the store; a temporary one if not given
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rows: None, fault_every: 200, seed: 1, folder: None }
    }
}

/// A station of the recording: its number, name, instrument, and rows with the values that must be stored.
struct Recorded {
    number: String,
    name: String,
    instrument: &'static str,
    rows: Vec<Row>,
    values: Rows,
}

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let own = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = options.folder.as_deref().unwrap_or(own.path());
    let stations = read(Path::new(RECORDING), options.rows.unwrap_or(usize::MAX))?;
    let named = stations.iter().map(|of| (of.number.clone(), of.name.clone(), of.instrument)).collect();
    let mut gateway = Running::start(folder, Written { instruments: INSTRUMENTS.to_owned(), stations: named })?;
    println!("gateway on {}, store in {}", gateway.address, gateway.store().display());
    let total: u64 = stations.iter().map(|of| of.rows.len() as u64).sum();
    let (sent, start) = (Arc::new(Sent::default()), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for (place, of) in stations.iter().enumerate() {
        let station = Station {
            number: of.number.clone(),
            address: gateway.address,
            command: Command::Minute,
            sub_item: SubItem::Avg,
            chaos: Chaos::new(options.seed.wrapping_mul(1_000).wrapping_add(place as u64)),
            fault_every: options.fault_every,
            sent: sent.clone(),
        };
        let rows = of.rows.clone();
        tasks.spawn(async move { station.run(&rows).await });
    }
    for kill in 1..=KILLS {
        while sent.rows.load(Relaxed) < total * kill / (KILLS + 1) && !tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        gateway.kill_and_restart()?;
        println!("killed and restarted after {} of {total} rows", sent.rows.load(Relaxed));
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let (store, counts) = (gateway.store(), gateway.stop()?);
    println!("gateway since the last start: {counts}");
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
    println!(
        "stations: {} frames, {} rows split, {} rows again without an answer, {} repeated; {} links dropped, {} pieces of garbage",
        count(&sent.frames),
        count(&sent.split),
        count(&sent.again),
        count(&sent.repeated),
        count(&sent.dropped),
        count(&sent.garbage)
    );
    let db = Database::open(&store, Config::default()).map_err(|error| error.to_string())?;
    let mut all = Found::default();
    for of in &stations {
        all += compare(&db, (&of.name, of.instrument), &of.values, |time| of.values.get(&time).cloned())?;
    }
    println!(
        "simulator: stations={} kills={KILLS} answered={} stored={} lost={} foreign={} seconds={seconds:.1}",
        stations.len(),
        count(&sent.rows),
        all.stored,
        all.lost,
        all.foreign
    );
    let is_right = all.lost == 0 && all.foreign == 0 && all.stored == total && count(&sent.rows) == total;
    if is_right { Ok(()) } else { Err("the store is not what was sent".to_owned()) }
}

/// Reads the recording: a station for each sensor, and the mast.
fn read(path: &Path, rows_max: usize) -> Result<Vec<Recorded>, String> {
    let says = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    let mut reader = csv::Reader::from_path(path).map_err(|error| says(&error))?;
    let header = reader.headers().map_err(|error| says(&error))?.clone();
    let sensors: Vec<(usize, &str)> =
        header.iter().enumerate().filter_map(|(at, name)| Some((at, name.strip_prefix("ch4_ppm_")?))).collect();
    let recorded = |name: &str, instrument| Recorded {
        number: format!("METEC{:0>19}", name.to_uppercase()),
        name: format!("metec/{name}"),
        instrument,
        rows: Vec::new(),
        values: Rows::new(),
    };
    let mut stations: Vec<Recorded> = sensors.iter().map(|(_, name)| recorded(name, "laser")).collect();
    let mut mast = recorded("mast", "mast");
    for record in reader.records().take(rows_max) {
        let record = record.map_err(|error| says(&error))?;
        let field = |at: usize| record.get(at).unwrap_or_default();
        let number = |text: &str| text.parse::<f64>().ok();
        let end: Timestamp = field(0).parse().map_err(|error| says(&error))?;
        // The frame has the start of the minute, in the clock of China.
        let start = Timestamp::from_ms(end.as_ms() - 60_000);
        let data_time = StationClock::CHINA.local(start).ok_or("a time has no local time")?;
        for ((at, _), station) in sensors.iter().zip(&mut stations) {
            let Some(ppm) = number(field(*at)) else { continue };
            push(station, (end, data_time), vec![("a05002", format!("{:.4}", ppm * MG_PER_M3))]);
        }
        if let (Some(_), Some(_)) = (number(field(1)), number(field(2))) {
            push(&mut mast, (end, data_time), vec![("a01007", field(1).to_owned()), ("a01008", field(2).to_owned())]);
        }
    }
    stations.push(mast);
    Ok(stations)
}

fn push(station: &mut Recorded, (end, data_time): (Timestamp, LocalTime), factors: Vec<(&'static str, String)>) {
    let values = factors.iter().map(|(_, text)| text.parse().unwrap_or(f64::NAN)).collect();
    station.values.insert(end.as_ms(), values);
    station.rows.push(Row { data_time, factors });
}
