//! `vocdb inspect`: prints the contents of a store.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::alarm::event::RulesState;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::model::Dimension;
use vocdb::store::FileBytes;
use vocdb::{AlarmLog, Channel, Instrument, InstrumentId, ReadOnly, StoredStats, TimeRange};

/// 0 °C in kelvin.
const ZERO_CELSIUS_K: f64 = 273.15;

/// Show stations, instruments, channels, rows, times and files
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Folder of the store
    store: PathBuf,
    #[command(flatten)]
    zone: PrintedZone,
}

/// The contents of a store.
#[derive(Serialize)]
struct Inspection {
    store: String,
    rows: u64,
    segments: usize,
    bytes: FileBytes,
    ledger_records: u64,
    alarms_open: usize,
    rules: &'static str,
    stations: Vec<StationView>,
    /// The result of `ReadOnly::stats`.
    stats: StoredStats,
}

#[derive(Serialize)]
struct StationView {
    station: String,
    instruments: Vec<InstrumentView>,
}

#[derive(Serialize)]
struct InstrumentView {
    instrument: String,
    interval: String,
    rows: u64,
    first: Option<String>,
    last: Option<String>,
    channels: Vec<ChannelView>,
}

#[derive(Serialize)]
struct ChannelView {
    channel: String,
    unit: &'static str,
    species: Option<&'static str>,
    /// Reference temperature of a mass concentration of a gas, in °C.
    reference_celsius: Option<f64>,
}

impl Inspect {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let inspection = self.look(&store::read(&self.store)?)?;
        output.either(&inspection, || inspection.text())
    }

    fn look(&self, db: &ReadOnly) -> Result<Inspection, Failure> {
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let alarms = log.alarms();
        let state = log.rule_set().map(|rules| rules.state.as_ref().map_or(RulesState::Running, |change| change.state));
        let stats = db.stats().map_err(Failure::from_error)?;
        let registry = db.registry();
        let mut stations = Vec::new();
        for (id, station) in registry.stations() {
            let of_station = registry.instruments().filter(|(_, at, _)| *at == id);
            let instruments = of_station.map(|(id, _, instrument)| InstrumentView::look(db, id, instrument));
            let instruments = instruments.collect::<Result<Vec<_>, Failure>>()?;
            stations.push(StationView { station: station.name().to_owned(), instruments });
        }
        let rows = stations.iter().flat_map(|station| &station.instruments).map(|instrument| instrument.rows).sum();
        let segments = std::fs::read_dir(self.store.join("segments")).map_or(0, |files| {
            let is_segment = |name: std::ffi::OsString| name.to_string_lossy().ends_with(".seg");
            files.filter_map(Result::ok).filter(|file| is_segment(file.file_name())).count()
        });
        Ok(Inspection {
            store: self.store.display().to_string(),
            rows,
            segments,
            bytes: stats.bytes,
            ledger_records: stats.ledger_records,
            alarms_open: alarms.iter().filter(|alarm| alarm.is_open()).count(),
            rules: state.map_or("none", RulesState::words),
            stations,
            stats,
        })
    }
}

impl InstrumentView {
    fn look(db: &ReadOnly, id: InstrumentId, instrument: &Instrument) -> Result<Self, Failure> {
        let (mut rows, mut first, mut last) = (0, None, None);
        for chunk in db.readings().scan(id, &[], TimeRange::ALL).map_err(Failure::from_error)? {
            let times = chunk.map_err(Failure::from_error)?.times;
            rows += times.len() as u64;
            first = first.or(times.first().copied());
            last = times.last().copied().or(last);
        }
        Ok(Self {
            instrument: instrument.name().to_owned(),
            interval: instrument.interval().to_string(),
            rows,
            first: first.map(|time| time.to_string()),
            last: last.map(|time| time.to_string()),
            channels: instrument.channels().iter().map(ChannelView::look).collect(),
        })
    }
}

impl ChannelView {
    fn look(channel: &Channel) -> Self {
        let species = channel.species_entry().map(|species| species.name());
        let is_mass = species.is_some() && channel.unit().dimension() == Dimension::MassConcentration;
        // Rounded, since 25 °C is stored as 298.15 K.
        let celsius = || ((channel.reference().temperature_k() - ZERO_CELSIUS_K) * 100.0).round() / 100.0;
        let reference_celsius = is_mass.then(celsius);
        Self { channel: channel.name().to_owned(), unit: channel.unit().symbol(), species, reference_celsius }
    }
}

impl Inspection {
    fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}", Line(&self.store));
        let _ = writeln!(text, "  rows             {:>14}", self.rows);
        let _ = writeln!(
            text,
            "  segments         {:>14} bytes in {}",
            self.bytes.segments,
            counted(self.segments, "file")
        );
        let _ = writeln!(text, "  write-ahead log  {:>14} bytes", self.bytes.wal);
        let _ = writeln!(
            text,
            "  ledger           {:>14} bytes, {}",
            self.bytes.ledger,
            counted(self.ledger_records, "record")
        );
        let _ = writeln!(text, "  catalog          {:>14} bytes, can be rebuilt", self.bytes.catalog);
        let _ = writeln!(text, "  open alarms      {:>14}", self.alarms_open);
        let _ = writeln!(text, "  rules            {:>14}", self.rules);
        for station in &self.stations {
            let _ = writeln!(text, "station {}", station.station);
            station.instruments.iter().for_each(|instrument| instrument.write(&mut text));
        }
        text
    }
}

impl InstrumentView {
    fn write(&self, text: &mut String) {
        let span = match (&self.first, &self.last) {
            (Some(first), Some(last)) => format!(", {first} to {last}"),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "  instrument {}, every {}, {}{span}",
            self.instrument,
            self.interval,
            counted(self.rows, "row")
        );
        for ChannelView { channel, unit, species, reference_celsius } in &self.channels {
            let reference = reference_celsius.map_or_else(String::new, |celsius| format!(" at {celsius} °C"));
            let species =
                species.filter(|species| species != channel).map_or_else(String::new, |name| format!(" ({name})"));
            let _ = writeln!(text, "    {channel} in {unit}{reference}{species}");
        }
    }
}
