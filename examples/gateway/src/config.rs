//! The gateway's configuration: a TOML file.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use vocdb::interop::hj212::{FactorTable, MeasurementKind, Mode};
use vocdb::{Channel, Instrument, Interval, ReferenceState, Unit};

/// Pressure of reference states, in hPa.
const PRESSURE_HPA: f64 = 1_013.25;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The file is not TOML, or has an unknown key.
    #[error("{name}: {source}")]
    Toml {
        /// Name of the file.
        name: String,
        /// Place and cause.
        source: Box<toml::de::Error>,
    },
    /// An entry has a value that cannot be used.
    #[error("{entry}: {cause}")]
    Entry {
        /// Entry of the file, such as `[[instrument]] gc`.
        entry: String,
        /// Cause, and what to write instead.
        cause: String,
    },
}

/// Limits that protect the gateway from its network. Every default suits a district of 50 stations.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at a time. The gateway takes fewer if the process may not open that many files.
    pub connections: usize,
    /// Seconds after which a connection without a good frame is closed.
    pub first_frame_s: f64,
    /// Seconds that one frame may take from its first byte to its last.
    pub frame_s: f64,
    /// Seconds without a good frame after which a connection is closed.
    pub idle_s: f64,
    /// Seconds that a station may take to read an answer.
    pub answer_s: f64,
    /// Bytes outside good frames after which a connection is closed, counted since its last good frame.
    pub garbage_bytes: u64,
    /// Frames of one connection that wait to be stored at a time.
    pub frames_in_flight: usize,
    /// Minutes after which a split message with missing packets is given up.
    pub incomplete_min: f64,
    /// Minutes up to which data are current. Older data are stored as history: their alarms notify nobody.
    pub current_min: f64,
    /// Seconds that the gateway waits for connections when it is stopped.
    pub stop_s: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            first_frame_s: 30.0,
            frame_s: 30.0,
            idle_s: 2.0 * 3_600.0 + 600.0,
            answer_s: 10.0,
            garbage_bytes: 64 * 1_024,
            frames_in_flight: 64,
            incomplete_min: 30.0,
            current_min: 15.0,
            stop_s: 5.0,
        }
    }
}

impl Limits {
    /// A number of seconds as a duration, at least a millisecond and at most a year.
    #[must_use]
    pub fn duration(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds.clamp(0.001, 366.0 * 86_400.0))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstrumentEntry {
    name: String,
    data: String,
    interval: String,
    channels: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StationEntry {
    mn: String,
    name: String,
    password: Option<String>,
    instruments: Option<Vec<String>>,
    #[serde(default)]
    acknowledge_only: Vec<String>,
}

/// A receiver of notifications.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Address.
    pub url: String,
    /// Environment variable with the secret that the receiver shares.
    pub secret_env: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    listen: SocketAddr,
    store: PathBuf,
    #[serde(default)]
    mode: ModeName,
    rules: Option<PathBuf>,
    archive: Option<PathBuf>,
    #[serde(default)]
    replay: bool,
    #[serde(default)]
    webhooks: BTreeMap<String, Webhook>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    factors: BTreeMap<String, String>,
    #[serde(default)]
    instrument: Vec<InstrumentEntry>,
    #[serde(default)]
    station: Vec<StationEntry>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeName {
    #[default]
    Strict,
    Tolerant,
}

/// An instrument that takes one kind of a station's data.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Kind of the data.
    pub kind: MeasurementKind,
    /// Instrument, registered with every station that has it.
    pub instrument: Instrument,
}

/// A station that may send.
#[derive(Debug, Clone)]
pub struct StationConfig {
    /// Number of the station in its frames (`MN`).
    pub mn: String,
    /// Name of the station in the store.
    pub name: String,
    /// Password that its frames must have (`PW`); any if `None`.
    pub password: Option<String>,
    /// Instruments, each with the kind of data it takes.
    pub feeds: Vec<Arc<Feed>>,
    /// Kinds of data that are acknowledged, counted and not stored.
    pub acknowledge_only: Vec<MeasurementKind>,
}

/// The configuration of a gateway.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of the store; created if missing.
    pub store: PathBuf,
    /// Mode of the decoder.
    pub mode: Mode,
    /// Folder of rule files to load at the start.
    pub rules: Option<PathBuf>,
    /// Folder in which received frames are kept; none are kept if `None`.
    pub archive: Option<PathBuf>,
    /// Whether the readings are a recording: their newest time is then the time of the gateway.
    pub is_replay: bool,
    /// Receivers of notifications, by the notification channel of the rules (`app`, `sms`, `email`, `phone`).
    pub webhooks: BTreeMap<String, Webhook>,
    /// Limits.
    pub limits: Limits,
    /// Factors of the frames.
    pub factors: FactorTable,
    /// Stations that may send.
    pub stations: Vec<StationConfig>,
}

impl Config {
    /// Reads a configuration file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] with the entry and what to write instead.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        config.store = folder.join(&config.store);
        config.rules = config.rules.map(|rules| folder.join(rules));
        config.archive = config.archive.map(|archive| folder.join(archive));
        Ok(config)
    }

    /// Reads the text of a configuration file; `name` is its name in errors.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let document: Document = toml::from_str(text)
            .map_err(|source| ConfigError::Toml { name: name.to_owned(), source: Box::new(source) })?;
        let mut factors = FactorTable::air_2017();
        for (code, meaning) in &document.factors {
            factor(&mut factors, code, meaning).map_err(|cause| entry(format!("[factors] {code}"), cause))?;
        }
        let mut feeds = BTreeMap::new();
        for written in &document.instrument {
            let of = || format!("[[instrument]] {}", written.name);
            let feed = feed(written).map_err(|cause| entry(of(), cause))?;
            if feeds.insert(written.name.as_str(), Arc::new(feed)).is_some() {
                return Err(entry(of(), "two instruments have this name"));
            }
        }
        let mut stations: Vec<StationConfig> = Vec::with_capacity(document.station.len());
        for written in &document.station {
            let of = || format!("[[station]] {}", written.name);
            let station = station(written, &feeds).map_err(|cause| entry(of(), cause))?;
            stations.push(station);
        }
        check_names(&stations)?;
        Ok(Self {
            listen: document.listen,
            store: document.store,
            mode: match document.mode {
                ModeName::Strict => Mode::Strict,
                ModeName::Tolerant => Mode::Tolerant,
            },
            rules: document.rules,
            archive: document.archive,
            is_replay: document.replay,
            webhooks: document.webhooks,
            limits: document.limits,
            factors,
            stations,
        })
    }
}

fn entry(entry: String, cause: impl Into<String>) -> ConfigError {
    ConfigError::Entry { entry, cause: cause.into() }
}

fn check_names(stations: &[StationConfig]) -> Result<(), ConfigError> {
    if stations.is_empty() {
        return Err(entry("[[station]]".to_owned(), "no station may send: list one at least"));
    }
    let (mut numbers, mut names) = (BTreeMap::new(), BTreeMap::new());
    for station in stations {
        let of = || format!("[[station]] {}", station.name);
        if let Some(first) = numbers.insert(&station.mn, &station.name) {
            return Err(entry(of(), format!("station `{first}` has the same `mn`")));
        }
        if names.insert(&station.name, ()).is_some() {
            return Err(entry(of(), "two stations have this name"));
        }
    }
    Ok(())
}

/// `a24901 = "n-butane:mg/m3"`: the channel and the unit of a factor, with `@20C` for another reference temperature than 0 °C.
fn factor(table: &mut FactorTable, code: &str, meaning: &str) -> Result<(), String> {
    let (name, unit, reference) = name_and_unit(meaning)?;
    table.insert(code, name, unit).map_err(|error| error.to_string())?;
    reference.map_or(Ok(()), |state| table.set_reference(code, state).map_err(|error| error.to_string()))
}

fn name_and_unit(text: &str) -> Result<(&str, Unit, Option<ReferenceState>), String> {
    let shape = || format!("`{text}` is not NAME:UNIT; write benzene:ug/m3, or benzene:ug/m3@20C");
    let (name, unit) = text.rsplit_once(':').ok_or_else(shape)?;
    let (unit, state) = unit.split_once('@').map_or((unit, None), |(unit, state)| (unit, Some(state)));
    let celsius = state.map(|state| state.strip_suffix('C').and_then(|number| number.parse().ok()).ok_or_else(shape));
    let reference = celsius.transpose()?.map(|celsius| ReferenceState::new(celsius, PRESSURE_HPA)).transpose();
    let reference = reference.map_err(|error| error.to_string())?;
    Ok((name, unit.parse().map_err(|error: vocdb::model::ModelError| error.to_string())?, reference))
}

fn feed(written: &InstrumentEntry) -> Result<Feed, String> {
    let says = |error: vocdb::model::ModelError| error.to_string();
    let mut channels = Vec::with_capacity(written.channels.len());
    for text in &written.channels {
        let (name, unit, reference) = name_and_unit(text)?;
        let channel = if unit.is_concentration() {
            Channel::species(name, unit).and_then(|channel| channel.named(name))
        } else {
            Channel::quantity(name, unit)
        };
        let channel = channel.map_err(|error| format!("channel `{text}`: {error}"))?;
        channels.push(reference.map_or(channel.clone(), |state| channel.with_reference(state)));
    }
    let interval: Interval = written.interval.parse().map_err(says)?;
    let instrument = Instrument::new(&written.name, interval, channels).map_err(says)?;
    Ok(Feed { kind: kind(&written.data)?, instrument })
}

fn kind(text: &str) -> Result<MeasurementKind, String> {
    Ok(match text {
        "real-time" => MeasurementKind::RealTime,
        "raw-voc" => MeasurementKind::RawVoc,
        "run-state" => MeasurementKind::RunState,
        "minute" => MeasurementKind::Minute,
        "hour" => MeasurementKind::Hour,
        "day" => MeasurementKind::Day,
        _ => {
            return Err(format!(
                "`{text}` is not a kind of data; write real-time, raw-voc, run-state, minute, hour or day"
            ));
        }
    })
}

fn station(written: &StationEntry, feeds: &BTreeMap<&str, Arc<Feed>>) -> Result<StationConfig, String> {
    let own: Vec<Arc<Feed>> = match &written.instruments {
        None => feeds.values().cloned().collect(),
        Some(names) => {
            let find = |name: &String| {
                feeds.get(name.as_str()).cloned().ok_or_else(|| format!("there is no [[instrument]] named `{name}`"))
            };
            names.iter().map(find).collect::<Result<_, _>>()?
        }
    };
    if own.is_empty() {
        return Err("the station has no instrument: list one at least as [[instrument]]".to_owned());
    }
    let acknowledge_only = written.acknowledge_only.iter().map(|text| kind(text)).collect::<Result<Vec<_>, _>>()?;
    if let Some(feed) = own.iter().find(|feed| acknowledge_only.contains(&feed.kind)) {
        return Err(format!(
            "`acknowledge_only` has a kind of data that instrument `{}` takes: remove one of the two",
            feed.instrument.name()
        ));
    }
    Ok(StationConfig {
        mn: written.mn.clone(),
        name: written.name.clone(),
        password: written.password.clone(),
        feeds: own,
        acknowledge_only,
    })
}
