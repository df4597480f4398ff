//! Python with the SMTP server that the tests of mail talk to.
#![cfg(test)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where a machine that does not have the server gets it, from the index of Python's packages.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/python");

/// A call of Python that finds `aiosmtpd`, which is installed beside the build where the machine does not have it.
pub(super) fn python() -> Command {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    let is_there = *IS_THERE.get_or_init(|| finds_server(None) || finds_server(Some(FOLDER)) || install());
    assert!(is_there, "aiosmtpd is not there and cannot be installed: python3 -m pip install aiosmtpd");
    let mut command = Command::new("python3");
    if Path::new(FOLDER).exists() {
        command.env("PYTHONPATH", FOLDER);
    }
    command
}

fn finds_server(folder: Option<&str>) -> bool {
    let mut command = Command::new("python3");
    command.args(["-c", "import aiosmtpd"]).envs(folder.map(|folder| ("PYTHONPATH", folder))).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn install() -> bool {
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", FOLDER, "aiosmtpd"];
    let installed = Command::new("python3").args(arguments).status();
    installed.is_ok_and(|status| status.success()) && finds_server(Some(FOLDER))
}
