//! Opens a store for one command.

use crate::failure::Failure;
use crate::zoned::localized;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use vocdb::alarm::event::RulesStateChange;
use vocdb::base::escape::{self, Line, Lines};
use vocdb::store::OpenReport;
use vocdb::{AlarmLog, Config, Database, Durability, ReadOnly, RulesOnOpen, Timers};

/// The file that every store has.
const LEDGER: &str = "ledger";
/// Files and folders that a folder may hold before a store is created in it.
const OWN_FILES: &[&str] = &["LOCK", "wal", "segments", "lost+found"];
/// Interval between syncs during an import.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a folder is a store.
pub(crate) fn is_store(path: &Path) -> bool {
    path.join(LEDGER).exists()
}

/// Returns an error if a new store cannot be created in a folder, because it holds other files.
pub(crate) fn check_free(path: &Path) -> Result<(), Failure> {
    vocdb::store::check_finished(path).map_err(Failure::from_error)?;
    let mut names = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.file_name());
    // A process that was stopped while it created a store leaves these.
    let is_own = |name: &std::ffi::OsString| OWN_FILES.iter().any(|own| name == own);
    if names.all(|name| is_own(&name)) {
        return Ok(());
    }
    Err(Failure::Says(format!("folder `{}` holds other files and no store; check the path", Line(path.display()))))
}

/// Returns an error if a folder is not a store.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    vocdb::store::check_finished(path).map_err(Failure::from_error)?;
    if is_store(path) {
        return Ok(());
    }
    if !path.exists() {
        return Err(Failure::Says(format!(
            "folder `{}` does not exist; check the path, or create a store with `vocdb import`",
            Line(path.display())
        )));
    }
    Err(Failure::Says(format!(
        "`{}` is not a store (it has no `{LEDGER}` file); check the path, or create a store with `vocdb import`",
        Line(path.display())
    )))
}

/// Opens an existing store for reading, also beside a writer.
pub(crate) fn read(path: &Path) -> Result<ReadOnly, Failure> {
    check(path)?;
    let store = ReadOnly::open(path).map_err(Failure::from_error)?;
    warn("skipped", store.report());
    Ok(store)
}

/// Opens an existing store for an operator action, with the host's clock.
pub(crate) fn open_at_host_time(path: &Path) -> Result<Database, Failure> {
    open_for_operator(path, RulesOnOpen::Resume)
}

/// As [`open_at_host_time`], but without running the rules in force.
pub(crate) fn open_without_rules(path: &Path) -> Result<Database, Failure> {
    open_for_operator(path, RulesOnOpen::Maintenance)
}

fn open_for_operator(path: &Path, rules: RulesOnOpen) -> Result<Database, Failure> {
    check(path)?;
    let db = Database::open(path, Config { rules, ..Config::default() }).map_err(Failure::from_error)?;
    warn("set aside as", db.open_report());
    Ok(db)
}

/// Opens an existing store for maintenance. The rules in force do not run.
pub(crate) fn open(path: &Path) -> Result<Database, Failure> {
    let db = open_quietly(path)?;
    warn("set aside as", db.open_report());
    warn_of_rules(path);
    Ok(db)
}

/// Opens an existing store without printing warnings; the caller reports what opening found.
pub(crate) fn open_quietly(path: &Path) -> Result<Database, Failure> {
    check(path)?;
    let rules = RulesOnOpen::Maintenance;
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, rules, ..Config::default() };
    Database::open(path, config).map_err(Failure::from_error)
}

/// Reads every segment of a store, sets corrupt ones aside, and opens the store without them.
pub(crate) fn repair(path: &Path, progress: impl FnMut(u64, u64)) -> Result<Database, Failure> {
    check(path)?;
    let rules = RulesOnOpen::Maintenance;
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, rules, ..Config::default() };
    Database::repair(path, config, progress).map_err(Failure::from_error)
}

/// Opens a store for writing, or creates it. The host's clock decides which alarms are history.
pub(crate) fn open_or_create(path: &Path) -> Result<Database, Failure> {
    let config = Config { durability: Durability::Interval(SYNC_INTERVAL), ..Config::default() };
    let db = Database::open(path, config).map_err(Failure::from_error)?;
    warn("set aside as", db.open_report());
    Ok(db)
}

/// Warns on standard error if rules are suspended, or do not run at every station.
pub(crate) fn warn_of_rules(path: &Path) {
    let Ok(log) = AlarmLog::open(path) else { return };
    log.rule_set().and_then(|rules| rules.state.as_ref()).into_iter().for_each(warn_of);
}

/// Prints a warning about suspended or partly bound rules.
pub(crate) fn warn_of(change: &RulesStateChange) {
    let _ = writeln!(std::io::stderr().lock(), "warning: {}", localized(&format!("{change} (since {})", change.at)));
}

/// Prints a warning on standard error, as one JSON object if JSON was requested.
pub(crate) fn warning(text: &str, is_json: bool) {
    let mut err = std::io::stderr().lock();
    // If standard error is closed, nobody reads warnings.
    let _ = match is_json {
        true => writeln!(err, "{}", escape::json(&serde_json::json!({ "warning": text }).to_string())),
        false => writeln!(err, "warning: {}", Lines(localized(text))),
    };
}

/// Prints a note on standard error, as one JSON object if JSON was requested.
pub(crate) fn note(text: &str, is_json: bool) {
    let mut err = std::io::stderr().lock();
    // If standard error is closed, nobody reads notes.
    let _ = match is_json {
        true => writeln!(err, "{}", escape::json(&serde_json::json!({ "note": text }).to_string())),
        false => writeln!(err, "note: {}", Lines(localized(text))),
    };
}

/// Warns on standard error about files that opening skipped or missed.
fn warn(what: &str, report: &OpenReport) {
    let mut err = std::io::stderr().lock();
    for file in &report.quarantined {
        let _ = writeln!(err, "warning: {what} {}: {}", Line(file.path.display()), Line(&file.reason));
    }
    for name in &report.missing_segments {
        let _ = writeln!(err, "warning: segment {} is missing; restore it from a backup", Line(name));
    }
}
