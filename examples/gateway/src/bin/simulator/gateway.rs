//! A gateway as a process of its own, which can be killed.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tokio::signal::unix::{SignalKind, signal};
use vocdb_gateway::{Config, Gateway, Host};

/// Serves a configuration until the process is terminated.
pub(crate) async fn serve(config: &Path) -> Result<(), String> {
    let config = Config::read(config).map_err(|error| error.to_string())?;
    let gateway = Gateway::start(&config, Host::default()).await?;
    println!("{}", gateway.address());
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    terminate.recv().await;
    let counts = gateway.stop().await?;
    println!("{counts}");
    Ok(())
}

/// An instrument of the configuration, as its lines.
pub(crate) struct Written {
    /// Lines before the stations.
    pub(crate) instruments: String,
    /// Numbers and names of the stations, and the instrument of each.
    pub(crate) stations: Vec<(String, String, &'static str)>,
}

/// A gateway that runs.
pub(crate) struct Running {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    folder: PathBuf,
    written: Written,
    /// Where stations connect to.
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts a gateway with its store in a folder.
    pub(crate) fn start(folder: &Path, written: Written) -> Result<Self, String> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, output, address) = spawn(folder, &written, any)?;
        Ok(Self { child, output, folder: folder.to_owned(), written, address })
    }

    /// Kills the gateway and starts it again on the same store and address.
    pub(crate) fn kill_and_restart(&mut self) -> Result<(), String> {
        self.kill()?;
        (self.child, self.output, self.address) = spawn(&self.folder, &self.written, self.address)?;
        Ok(())
    }

    /// Kills the gateway (SIGKILL).
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|error| error.to_string())
    }

    /// Stops the gateway, and returns its counters.
    pub(crate) fn stop(mut self) -> Result<String, String> {
        let id = rustix::process::Pid::from_child(&self.child);
        let ended = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        ended.map_err(|error| error.to_string())?;
        let mut counts = String::new();
        self.output.read_line(&mut counts).map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(counts.trim().to_owned()) } else { Err(format!("the gateway ended with {status}")) }
    }

    /// The most memory that the gateway has had resident so far, in MiB.
    pub(crate) fn resident_mib(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib / 1_024.0)
    }

    /// Folder of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }
}

/// A failed run must not leave a gateway behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

type Spawned = (Child, BufReader<std::process::ChildStdout>, SocketAddr);

fn spawn(folder: &Path, written: &Written, listen: SocketAddr) -> Result<Spawned, String> {
    let mut text = format!("listen = \"{listen}\"\nstore = \"store\"\nmode = \"tolerant\"\n{}", written.instruments);
    for (number, name, instrument) in &written.stations {
        // Writing to a string cannot fail.
        let _ = write!(text, "[[station]]\nmn = \"{number}\"\nname = \"{name}\"\ninstruments = [\"{instrument}\"]\n");
    }
    let config = folder.join("gateway.toml");
    std::fs::write(&config, text).map_err(|error| format!("`{}`: {error}", config.display()))?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let log = std::fs::File::create(folder.join("gateway.log")).map_err(|error| error.to_string())?;
    let child = Command::new(own).arg("serve").arg(&config).stdout(Stdio::piped()).stderr(log).spawn();
    let mut child = child.map_err(|error| format!("the gateway cannot be started: {error}"))?;
    let mut output = BufReader::new(child.stdout.take().ok_or("the gateway has no output")?);
    let mut first = String::new();
    output.read_line(&mut first).map_err(|error| error.to_string())?;
    let address = first.trim().parse();
    let address = address.map_err(|_| {
        let log = std::fs::read_to_string(folder.join("gateway.log")).unwrap_or_default();
        format!("the gateway did not start: {}", log.trim())
    })?;
    Ok((child, output, address))
}
