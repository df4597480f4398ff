//! The platform under load: a process of its own, with a store of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use vocdb::rules::RuleFile;
use vocdb::{Channel, Config, Database, Instrument, Interval, Unit};
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::server::accounts_of;

/// Name and password of the account that sends, comments and watches.
pub(crate) const LOADER: (&str, &str) = ("loader", "correct horse battery");
/// Opens an alarm at the first station.
const RULE: &str = r#"
alarm("commented")
    .title("Species 0 {value} at {stations}")
    .priority("low")
    .scope(stations("park/S0"))
    .when(avg("species 0", 10.seconds) > 0.ppb)
    .clear_when(avg("species 0", 10.seconds) < 0.ppb, 1.hours)
    .escalate(escalation("desk").step(0.minutes, contact("loader"), "app"));
"#;
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
    /// Resident memory now.
    pub(crate) resident_mib: f64,
    /// Most resident memory so far.
    pub(crate) resident_most_mib: f64,
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
        accounts.add(LOADER.0, Role::Operator, LOADER.1).map_err(|error| error.to_string())?;
        let token = accounts.issue_token(LOADER.0).map_err(|error| error.to_string())?;
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
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            let kib: Option<f64> = line.trim().trim_end_matches(" kB").parse().ok();
            kib.map(|kib| kib / 1_024.0).ok_or_else(|| format!("`{name}` of the platform is not shown"))
        };
        Ok(Used {
            busy: Duration::from_secs_f64(ticks / TICKS_PER_SECOND),
            resident_mib: mib("VmRSS:")?,
            resident_most_mib: mib("VmHWM:")?,
        })
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
    db.load_rule_set(vec![RuleFile { name: "load.rhai".to_owned(), text: RULE.to_owned() }], LOADER.0, "load")?;
    db.close()
}
