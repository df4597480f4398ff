//! Stations over HJ 212 and pages on one store.

use crate::client::Client;
use crate::district::NOW_MS;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;
use vocdb::interop::hj212::{Command, Decoder, Deframer, LocalTime, Mode, Outgoing, StationClock, SubItem};
use vocdb::{Config, Database, Timestamp};
use vocdb_platform::{Options, Server};

const STATION: &str = "010000A8900016F000169DC0";
const ACKNOWLEDGED: u16 = 9014;
const CONFIG: &str = r#"
listen = "127.0.0.1:1"
store = "elsewhere"

[[instrument]]
name = "gc"
data = "minute"
interval = "1m"
channels = ["benzene:mg/m3@0C", "toluene:mg/m3@0C"]

[[station]]
mn = "010000A8900016F000169DC0"
name = "park/S1"
password = "123456"
"#;

/// Writes a configuration with further lines at its top.
fn configure(folder: &Path, more: &str) -> PathBuf {
    let path = folder.join("gateway.toml");
    std::fs::write(&path, format!("{more}{CONFIG}")).unwrap();
    path
}

/// A minute of the past, 2026-03-14T14:40:00Z, as station 1 sends it.
fn minute(benzene: &str) -> Vec<u8> {
    let start = Timestamp::from_ms(NOW_MS);
    let time = StationClock::CHINA.local(start).unwrap();
    let message = Outgoing::new(Command::Minute, LocalTime::parse(&format!("{time}000")).unwrap(), STATION)
        .password("123456")
        .wants_answer(true)
        .parameter("DataTime", &time.to_string())
        .factor("a25002", &[(SubItem::Avg, benzene), (SubItem::Flag, "N")])
        .factor("a25003", &[(SubItem::Avg, "0.1275"), (SubItem::Flag, "N")]);
    message.encode(None).unwrap()
}

/// Sends a frame, and returns the command of the answer.
fn send(address: SocketAddr, frame: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(frame).unwrap();
    let mut deframer = Deframer::new(Decoder::new(Mode::Strict));
    loop {
        if let Some(answer) = deframer.next_frame() {
            return answer.unwrap().segment.command();
        }
        let mut buffer = [0; 1_024];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the gateway has closed the connection");
        assert_eq!(deframer.push(buffer.get(..read).unwrap()), read);
    }
}

/// The platform with its gateway, as a process of its own. It ends with the test.
struct Running {
    child: Child,
    pages: SocketAddr,
    stations: SocketAddr,
}

impl Running {
    fn start(folder: &Path, config: &Path) -> Self {
        let mut process = Process::new(env!("CARGO_BIN_EXE_vocdb-platform"));
        process.arg("--store").arg(folder.join("park")).args(["--listen", "127.0.0.1:0", "--gateway", "127.0.0.1:0"]);
        process.arg("--gateway-config").arg(config);
        let mut child = process.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut address = |prefix: &str| {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            line.trim().strip_prefix(prefix).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap()
        };
        let (pages, stations) = (address("listening on "), address("gateway listening on "));
        Self { child, pages, stations }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_answered_frame_is_on_the_station_page_and_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let config = configure(folder.path(), "");
    let running = Running::start(folder.path(), &config);
    assert_eq!(send(running.stations, &minute("0.0314")), ACKNOWLEDGED);
    let page = |address| Client::new(address).page("/station?name=park/S1");
    assert!(page(running.pages).contains("0.0314"), "{}", page(running.pages));
    // Dropping it kills the process with SIGKILL.
    drop(running);
    let running = Running::start(folder.path(), &config);
    assert!(page(running.pages).contains("0.0314"));
}

#[test]
fn stopping_ends_pages_and_gateway_and_closes_their_store() {
    let folder = tempfile::tempdir().unwrap();
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = Options {
        gateway: Some((local, configure(folder.path(), ""))),
        ..Options::new(folder.path().join("park"), local)
    };
    let server = runtime.block_on(Server::start(options)).unwrap();
    let gateway = server.gateway_address().unwrap();
    assert_eq!(send(gateway, &minute("0.0271")), ACKNOWLEDGED);
    // A station that stays connected does not keep the store open.
    let _idle = TcpStream::connect(gateway).unwrap();
    runtime.block_on(server.stop()).unwrap();
    assert!(TcpStream::connect(gateway).is_err());
    let db = Database::open(folder.path().join("park"), Config::default()).unwrap();
    assert_eq!(db.latest("park/S1", "benzene").unwrap().unwrap().1.value, Some(0.0271));
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn a_gateway_that_brings_rules_of_its_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (more, named) in [("rules = \"rules\"\n", "`rules`"), ("replay = true\n", "`replay`")] {
        let options = Options {
            gateway: Some((local, configure(folder.path(), more))),
            ..Options::new(folder.path().join("park"), local)
        };
        let refused = runtime.block_on(Server::start(options)).unwrap_err();
        assert!(refused.contains(named), "{refused}");
    }
}
