//! The platform under load: a process of its own, with a store of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use vocdb::{Channel, Config, Database, Instrument, Interval, Unit};
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::server::accounts_of;

/// Ticks of the processor's clock in a second, as `/proc` counts them.
const TICKS_PER_SECOND: f64 = 100.0;

/// A platform that runs until it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// What a process has used.
pub(crate) struct Used {
    pub(crate) busy: Duration,
    pub(crate) resident_mib: f64,
}

pub(crate) fn station(number: usize) -> String {
    format!("park/S{number}")
}

pub(crate) fn channel(number: usize) -> String {
    format!("species {number}")
}

impl Running {
    /// Creates a store with stations and starts the platform's own program on it, which is beside this one.
    pub(crate) fn start(folder: &Path, stations: usize, species: usize) -> Result<Self, String> {
        let store = folder.join("park");
        create(&store, stations, species).map_err(|error| error.to_string())?;
        let accounts = Accounts::open(&accounts_of(&store)).map_err(|error| error.to_string())?;
        accounts.add("loader", Role::Operator, "correct horse battery").map_err(|error| error.to_string())?;
        let token = accounts.issue_token("loader").map_err(|error| error.to_string())?;
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let program = own.with_file_name("vocdb-platform");
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--store"])
            .arg(&store)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}: build it first", program.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.as_mut() {
            BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        let address = line.trim().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            return Err(format!("the platform does not start: {line}"));
        };
        Ok(Self { child, address, token })
    }

    /// What the platform has used so far.
    pub(crate) fn used(&self) -> Result<Used, String> {
        let read = |name: &str| {
            let path = format!("/proc/{}/{name}", self.child.id());
            std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
        };
        // Behind the name of the process, which may have spaces: fields 14 and 15 of the line are its ticks.
        let stat = read("stat")?;
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        let status = read("status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kib: f64 = resident.trim().trim_end_matches(" kB").parse().map_err(|_| "no resident memory is shown")?;
        Ok(Used { busy: Duration::from_secs_f64(ticks / TICKS_PER_SECOND), resident_mib: kib / 1_024.0 })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn create(store: &Path, stations: usize, species: usize) -> Result<(), vocdb::Error> {
    let db = Database::open(store, Config::default())?;
    for number in 0..stations {
        let channels = (0..species).map(|of| Channel::quantity(channel(of), Unit::Ppb));
        let channels = channels.collect::<Result<Vec<Channel>, _>>()?;
        db.ensure_instrument(&station(number), Instrument::new("gc", Interval::SECOND, channels)?)?;
    }
    db.close()
}
