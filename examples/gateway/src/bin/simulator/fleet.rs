//! Many stations at once, a frame a second each: how long until the answer, and what a killed gateway has lost.

use crate::gateway::{Running, Written};
use crate::judge::{Found, Rows, compare};
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use vocdb::interop::hj212::{Command, Decoder, Deframer, FactorTable, Mode, Outgoing, StationClock, SubItem};
use vocdb::{Config, Database, Timestamp, Unit};

/// Open files that this process needs besides its connections.
const OWN_FILES: usize = 64;

/// Options of the fleet.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Number of stations, a connection each
    #[arg(long, default_value_t = 1_000)]
    stations: usize,
    /// Factors of each frame
    #[arg(long, default_value_t = 36)]
    factors: usize,
    /// Seconds, with a frame of every station in each
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// What one station has seen.
struct Seen {
    /// Seconds of the frames that were answered.
    answered: Vec<u32>,
    sent: u32,
    /// Time from the last byte of a frame to its answer.
    latencies: Vec<Duration>,
}

/// The fleet: its factors and the time of its first frame.
#[derive(Clone)]
struct Fleet {
    codes: Vec<String>,
    first_ms: i64,
}

impl Fleet {
    /// The value of a factor, as its text: a made one, different for each station, second and factor.
    fn text(station: usize, second: u32, factor: usize) -> String {
        let mixed = (station * 7_919 + second as usize * 104_729 + factor * 1_299_709) % 99_991;
        format!("{}.{:04}", mixed / 10_000, mixed % 10_000)
    }

    fn time(&self, second: u32) -> Timestamp {
        Timestamp::from_ms(self.first_ms + i64::from(second) * 1_000)
    }

    fn values(&self, station: usize, second: u32) -> Vec<f64> {
        let texts = (0..self.codes.len()).map(|factor| Self::text(station, second, factor));
        texts.map(|text| text.parse().unwrap_or(f64::NAN)).collect()
    }

    fn frame(&self, station: usize, second: u32) -> Result<Vec<u8>, String> {
        let time = StationClock::CHINA.local(self.time(second)).ok_or("a time has no local time")?;
        let mut message = Outgoing::new(Command::RealTime, time, &number(station))
            .wants_answer(true)
            .parameter("DataTime", &time.to_string());
        for (factor, code) in self.codes.iter().enumerate() {
            message =
                message.factor(code, &[(SubItem::Rtd, &Self::text(station, second, factor)), (SubItem::Flag, "N")]);
        }
        message.encode(None).map_err(|error| error.to_string())
    }
}

fn number(station: usize) -> String {
    format!("FLEET{station:019}")
}

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let places = vocdb_gateway::admission::places(options.stations, OWN_FILES);
    if places < options.stations {
        return Err(format!("this process may open {places} connections only: raise `ulimit -n`"));
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (codes, channels) = factors(options.factors);
    let mut instruments =
        "[[instrument]]\nname = \"gc\"\ndata = \"real-time\"\ninterval = \"1s\"\nchannels = [".to_owned();
    for channel in &channels {
        // Writing to a string cannot fail.
        let _ = write!(instruments, "\"{channel}:mg/m3@0C\", ");
    }
    instruments.push_str("]\n");
    let stations = (0..options.stations).map(|of| (number(of), format!("fleet/{of}"), "gc")).collect();
    let mut gateway = Running::start(folder.path(), Written { instruments, stations })?;
    let now = Timestamp::now().as_ms();
    let fleet = Fleet { codes, first_ms: now - now.rem_euclid(1_000) + 1_000 };
    let mut tasks = tokio::task::JoinSet::new();
    let start = Instant::now() + Duration::from_secs(1);
    for station in 0..options.stations {
        let (fleet, address, seconds) = (fleet.clone(), gateway.address, options.seconds);
        // The frames of a second are spread over it.
        let offset = Duration::from_secs(1).mul_f64(station as f64 / options.stations as f64);
        tasks.spawn(async move { (station, send(&fleet, station, address, (start + offset, seconds)).await) });
    }
    // Killed within the last second, while frames are under way.
    tokio::time::sleep_until(start + Duration::from_secs(options.seconds.into()) - Duration::from_millis(500)).await;
    let resident = gateway.resident_mib().unwrap_or(f64::NAN);
    gateway.kill()?;
    let mut seen = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let (station, of) = done.map_err(|error| error.to_string())?;
        seen.insert(station, of?);
    }
    report(&gateway, &fleet, &seen, resident)
}

fn report(gateway: &Running, fleet: &Fleet, seen: &BTreeMap<usize, Seen>, resident: f64) -> Result<(), String> {
    let db = Database::open(gateway.store(), Config::default()).map_err(|error| error.to_string())?;
    let (mut all, mut answered, mut sent) = (Found::default(), 0, 0);
    let mut latencies: Vec<Duration> = Vec::new();
    for (station, of) in seen {
        let rows: Rows =
            of.answered.iter().map(|second| (fleet.time(*second).as_ms(), fleet.values(*station, *second))).collect();
        let of_time = |time: i64| {
            let second = u32::try_from((time - fleet.first_ms) / 1_000).ok()?;
            (second < of.sent).then(|| fleet.values(*station, second))
        };
        all += compare(&db, (&format!("fleet/{station}"), "gc"), &rows, of_time)?;
        answered += of.answered.len();
        sent += of.sent;
        latencies.extend(&of.latencies);
    }
    latencies.sort_unstable();
    let ms = |share: f64| {
        let place = ((latencies.len() as f64 - 1.0) * share).round();
        // Of a share below one the place is within the list.
        let place = (0..latencies.len()).find(|at| *at as f64 >= place).unwrap_or_default();
        latencies.get(place).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    };
    println!(
        "simulator: stations={} factors={} sent={sent} answered={answered} stored={} lost={} foreign={} p50_ms={:.1} p99_ms={:.1} \
         max_ms={:.1} resident_mib={resident:.0}",
        seen.len(),
        fleet.codes.len(),
        all.stored,
        all.lost,
        all.foreign,
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
    let is_right = all.lost == 0 && all.foreign == 0 && answered > 0;
    if is_right { Ok(()) } else { Err("the store is not what was answered".to_owned()) }
}

/// Factors with a unit of mass, as many as wanted: their codes, and their channels.
fn factors(count: usize) -> (Vec<String>, Vec<String>) {
    let table = FactorTable::air_2017();
    let is_species = |name: &str| vocdb::Channel::species(name, Unit::MilligramPerM3).is_ok();
    let found =
        table.iter().filter(|(_, entry)| entry.unit == Some(Unit::MilligramPerM3) && is_species(&entry.channel));
    found.take(count).map(|(code, entry)| (code.to_owned(), entry.channel.clone())).unzip()
}

/// Sends a frame a second and waits for its answer, until the gateway is gone.
async fn send(
    fleet: &Fleet,
    station: usize,
    address: SocketAddr,
    (start, seconds): (Instant, u32),
) -> Result<Seen, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| format!("station {station}: {error}"))?;
    let _ = stream.set_nodelay(true);
    let mut deframer = Deframer::new(Decoder::new(Mode::Strict));
    let mut seen = Seen { answered: Vec::new(), sent: 0, latencies: Vec::new() };
    let mut buffer = [0; 1_024];
    for second in 0..seconds {
        let frame = fleet.frame(station, second)?;
        tokio::time::sleep_until(start + Duration::from_secs(second.into())).await;
        seen.sent = second + 1;
        if stream.write_all(&frame).await.is_err() {
            break;
        }
        let written = Instant::now();
        let mut is_answered = false;
        while !is_answered {
            let count = match stream.read(&mut buffer).await {
                Ok(count) if count > 0 => count,
                _ => return Ok(seen),
            };
            deframer.push(buffer.get(..count).unwrap_or_default());
            while let Some(answer) = deframer.next_frame() {
                let answer = answer.map_err(|fault| fault.to_string())?;
                is_answered |= answer.segment.command() == Command::DataAnswer.number();
            }
        }
        seen.latencies.push(written.elapsed());
        seen.answered.push(second);
    }
    Ok(seen)
}

#[test]
fn values_differ_between_stations_seconds_and_factors() {
    let texts = [Fleet::text(0, 0, 0), Fleet::text(1, 0, 0), Fleet::text(0, 1, 0), Fleet::text(0, 0, 1)];
    let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
    assert_eq!(distinct.len(), 4);
}
