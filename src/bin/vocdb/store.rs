//! Opening a store for one command.

use crate::failure::Failure;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use vocdb::alarm::event::RulesStateChange;
use vocdb::base::escape::Line;
use vocdb::store::OpenReport;
use vocdb::{AlarmLog, Config, Database, Durability, ReadOnly, RulesOnOpen, Timers};

/// The file without which a folder is no store.
const LEDGER: &str = "ledger";
/// How far imported rows may be from the medium before the one sync at the end.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a folder is a store.
pub(crate) fn is_store(path: &Path) -> bool {
    path.join(LEDGER).exists()
}

/// A folder that is no store is an error that says so.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    vocdb::store::check_finished(path).map_err(Failure::from_error)?;
    if is_store(path) {
        return Ok(());
    }
    Err(Failure::Says(format!(
        "`{}` is no store: no `{LEDGER}` is in it; check the path, or make a store with `vocdb import`",
        Line(path.display())
    )))
}

/// Opens a store that must be there for reading alone, whoever writes to it.
pub(crate) fn read(path: &Path) -> Result<ReadOnly, Failure> {
    check(path)?;
    let store = ReadOnly::open(path).map_err(Failure::from_error)?;
    warn("left out", store.report());
    Ok(store)
}

/// Opens a store that must be there for what an operator does now: by the host's clock.
pub(crate) fn open_at_host_time(path: &Path) -> Result<Database, Failure> {
    open_for_operator(path, RulesOnOpen::Resume)
}

/// As [`open_at_host_time`], for what must work whatever the rules in force are: they do not run.
pub(crate) fn open_without_rules(path: &Path) -> Result<Database, Failure> {
    open_for_operator(path, RulesOnOpen::Maintenance)
}

fn open_for_operator(path: &Path, rules: RulesOnOpen) -> Result<Database, Failure> {
    check(path)?;
    let db = Database::open(path, Config { rules, ..Config::default() }).map_err(Failure::from_error)?;
    warn("set aside as", db.open_report());
    Ok(db)
}

/// Opens a store that must be there for maintenance: the rules in force do not run.
pub(crate) fn open(path: &Path) -> Result<Database, Failure> {
    let db = open_quietly(path)?;
    warn("set aside as", db.open_report());
    warn_of_rules(path);
    Ok(db)
}

/// Opens a store that must be there; the caller says what opening has found.
pub(crate) fn open_quietly(path: &Path) -> Result<Database, Failure> {
    check(path)?;
    let rules = RulesOnOpen::Maintenance;
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, rules, ..Config::default() };
    Database::open(path, config).map_err(Failure::from_error)
}

/// Reads every segment of a store, sets aside those that do not check, and opens it without them.
pub(crate) fn repair(path: &Path, progress: impl FnMut(u64, u64)) -> Result<Database, Failure> {
    check(path)?;
    let rules = RulesOnOpen::Maintenance;
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, rules, ..Config::default() };
    Database::repair(path, config, progress).map_err(Failure::from_error)
}

/// Opens a store to write to it, or makes it: by the host's clock, which says what is history.
pub(crate) fn open_or_create(path: &Path) -> Result<Database, Failure> {
    let config = Config { durability: Durability::Interval(SYNC_INTERVAL), ..Config::default() };
    let db = Database::open(path, config).map_err(Failure::from_error)?;
    warn("set aside as", db.open_report());
    Ok(db)
}

/// Rules that do not run, or not for every station, go to standard error.
pub(crate) fn warn_of_rules(path: &Path) {
    let Ok(log) = AlarmLog::open(path) else { return };
    log.rule_set().and_then(|rules| rules.state.as_ref()).into_iter().for_each(warn_of);
}

/// Says that rules do not run, or not for every station.
pub(crate) fn warn_of(change: &RulesStateChange) {
    let _ = writeln!(std::io::stderr().lock(), "warning: {change} (since {})", change.at);
}

/// What opening has found missing goes to standard error, whatever the command.
fn warn(what: &str, report: &OpenReport) {
    let mut err = std::io::stderr().lock();
    for file in &report.quarantined {
        let _ = writeln!(err, "warning: {what} {}: {}", Line(file.path.display()), Line(&file.reason));
    }
    for name in &report.missing_segments {
        let _ = writeln!(err, "warning: segment {} was sealed and is not there: restore it from a backup", Line(name));
    }
}
