//! A gateway for two stations, and what they send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::interop::hj212::{Command, ContentKey, Decoder, Deframer, LocalTime, Mode, Outgoing, StationClock, SubItem};
use vocdb::{Config as StoreConfig, Database, TimeRange, Timestamp};
use vocdb_gateway::{Config, Gateway, Host};

/// Number of the first station.
pub(crate) const S1: &str = "010000A8900016F000169DC0";
/// The time of the host: 2023-11-14T22:14:00Z.
pub(crate) const NOW_MS: i64 = 1_700_000_040_000;

const PARK: &str = r#"
listen = "127.0.0.1:0"
store = "park"

[[instrument]]
name = "gc"
data = "minute"
interval = "1m"
channels = ["benzene:mg/m3@0C", "toluene:mg/m3@0C"]

[[station]]
mn = "010000A8900016F000169DC0"
name = "park/S1"
password = "123456"
acknowledge_only = ["hour"]

[[station]]
mn = "010000A8900016F000169DC1"
name = "park/S2"
"#;

/// A configuration with its store in a folder; `more` stands before the tables.
pub(crate) fn config(folder: &Path, more: &str) -> Config {
    let text = PARK.replacen("\n[[instrument]]", &format!("{more}\n[[instrument]]"), 1);
    let mut config = Config::parse(&text, "park.toml").unwrap();
    config.store = folder.join("park");
    config.archive = config.archive.map(|archive| folder.join(archive));
    config.rules = config.rules.map(|rules| folder.join(rules));
    config
}

/// A gateway, with a clock that the test sets.
pub(crate) struct Park {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<ManualClock>,
}

impl Park {
    pub(crate) fn open(config: &Config) -> Self {
        Self::open_with(config, None)
    }

    /// As [`Park::open`], with the key of encrypted frames.
    pub(crate) fn open_with(config: &Config, key: Option<ContentKey>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::new(NOW_MS));
        let host = Host { clock: clock.clone(), key };
        let gateway = runtime.block_on(Gateway::start(config, host)).unwrap();
        Self { runtime, gateway, clock }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.gateway.address())
    }

    /// Stops the gateway and returns its counters.
    pub(crate) fn stop(self) -> vocdb_gateway::counters::Counts {
        self.runtime.block_on(self.gateway.stop()).unwrap()
    }
}

/// A sender.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    deframer: Deframer,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).unwrap(), deframer: Deframer::new(Decoder::new(Mode::Strict)) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next answer: its command and its QN.
    pub(crate) fn answer(&mut self) -> (u16, String) {
        self.answer_or_end().expect("the connection has ended")
    }

    /// The next answer, or `None` at the end of the connection.
    pub(crate) fn answer_or_end(&mut self) -> Option<(u16, String)> {
        loop {
            if let Some(frame) = self.deframer.next_frame() {
                let segment = frame.unwrap().segment;
                return Some((segment.command(), segment.qn_text().to_owned()));
            }
            let mut buffer = [0; 4_096];
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(count) => assert_eq!(self.deframer.push(&buffer[..count]), count),
            }
        }
    }
}

/// The minute that ends so many minutes after the host's time: a message of the first station.
pub(crate) fn minute(minutes: i64, benzene: &str, toluene: &str) -> Outgoing {
    let start = Timestamp::from_ms(NOW_MS + (minutes - 1) * 60_000);
    let time = StationClock::CHINA.local(start).unwrap();
    Outgoing::new(Command::Minute, LocalTime::parse(&format!("{time}000")).unwrap(), S1)
        .password("123456")
        .wants_answer(true)
        .parameter("DataTime", &time.to_string())
        .factor("a25002", &[(SubItem::Avg, benzene), (SubItem::Flag, "N")])
        .factor("a25003", &[(SubItem::Avg, toluene), (SubItem::Flag, "N")])
}

/// The stored rows of the first station: minutes after the host's time, benzene, toluene.
pub(crate) fn stored(folder: &Path) -> Vec<(i64, Option<f64>, Option<f64>)> {
    let db = Database::open(folder.join("park"), StoreConfig::default()).unwrap();
    let (id, _) = db.channel("park/S1", "benzene").unwrap();
    let mut rows = Vec::new();
    for chunk in db.readings().scan(id, &[0, 1], TimeRange::ALL).unwrap() {
        let chunk = chunk.unwrap();
        for (row, time) in chunk.times.iter().enumerate() {
            let value = |column: usize| chunk.columns[column].sample(row).value;
            rows.push(((time.as_ms() - NOW_MS) / 60_000, value(0), value(1)));
        }
    }
    rows
}
