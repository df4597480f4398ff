//! `vocdb stations import`: positions of stations from a CSV file.

use super::place::Place;
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::io::{Write, stderr};
use std::path::PathBuf;
use vocdb::base::escape::{self, Line, counted};
use vocdb::trace::{StationMove, plan_moves, read_stations};
use vocdb::{StationPlacement, Timestamp};

/// Import positions of stations from a CSV file, and record in the ledger who did it and why
///
/// The header names the columns: `name`; `latitude` and `longitude` (WGS 84 degrees, or `lat` and `lon`); `x_east_m` and `y_north_m` (metres from
/// the district's reference point); `height_m` (inlet above ground). A station needs at least one of the pairs or a height; values that
/// the file does not give are kept. The file is imported whole or not at all: an error names the line. The store must not be open elsewhere,
/// except with --dry-run.
///
/// Example: vocdb stations import store stations.csv --by "A. Rossi" --reason "surveyed"
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Folder of the store
    store: PathBuf,
    /// CSV file with a header
    file: PathBuf,
    /// Create stations that the store does not have
    #[arg(long)]
    create: bool,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Start of the new positions: RFC 3339, or a date (midnight UTC) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    since: Option<Timestamp>,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// A station of the file.
#[derive(Serialize)]
struct Placed {
    station: String,
    change: &'static str,
    before: Place,
    after: Place,
}

/// All of them.
#[derive(Serialize)]
struct Summary {
    stations: usize,
    created: usize,
    moved: usize,
    unchanged: usize,
    dry_run: bool,
}

impl Import {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let text = values::text_file(&self.file)?;
        let fail = |error: &dyn std::fmt::Display| Failure::Says(format!("{}: {error}", Line(self.file.display())));
        let sheet = read_stations(&text).map_err(|error| fail(&error))?;
        for column in &sheet.ignored_columns {
            let note = format!("column `{}` is ignored", Line(column));
            // If standard error is closed, nobody reads notes.
            let _ = match output.is_json() {
                true => writeln!(stderr().lock(), "{}", escape::json(&serde_json::json!({ "note": note }).to_string())),
                false => writeln!(stderr().lock(), "note: {note}"),
            };
        }
        let moves = if self.dry_run {
            let db = store::read(&self.store)?;
            plan_moves(db.registry(), &sheet.places, self.create).map_err(|error| fail(&self.hinted(&error)))?
        } else {
            let db = store::open(&self.store)?;
            let (by, reason) = (self.by.clone(), self.reason.clone());
            let list = StationPlacement { places: sheet.places, creates: self.create, since: self.since, by, reason };
            let moves = db.place_stations(&list).map_err(|error| fail(&self.hinted(&error)))?;
            db.close().map_err(Failure::from_error)?;
            moves
        };
        let placed: Vec<Placed> = moves.iter().map(Placed::of).collect();
        placed.iter().try_for_each(|placed| output.either(placed, || placed.text()))?;
        let summary = Summary::of(&placed, self.dry_run);
        output.either(&summary, || summary.text())
    }

    /// The error, with the option that helps.
    fn hinted(&self, error: &dyn std::fmt::Display) -> String {
        let text = error.to_string();
        let is_unknown = text.contains("stations are not created");
        if is_unknown && !self.create { format!("{text}; create missing stations with --create") } else { text }
    }
}

impl Placed {
    fn of(moved: &StationMove) -> Self {
        let change = match moved.id {
            None => "created",
            Some(_) if moved.before == moved.after => "unchanged",
            Some(_) => "moved",
        };
        let (before, after) = (Place::of(&moved.before), Place::of(&moved.after));
        Self { station: moved.name.clone(), change, before, after }
    }

    fn text(&self) -> String {
        let before = if self.change == "moved" { format!("; before: {}", self.before.text()) } else { String::new() };
        format!("{}: {}: {}{before}\n", Line(&self.station), self.change, self.after.text())
    }
}

impl Summary {
    fn of(placed: &[Placed], dry_run: bool) -> Self {
        let count = |change| placed.iter().filter(|placed| placed.change == change).count();
        let (created, moved, unchanged) = (count("created"), count("moved"), count("unchanged"));
        Self { stations: placed.len(), created, moved, unchanged, dry_run }
    }

    fn text(&self) -> String {
        let Self { stations, created, moved, unchanged, .. } = self;
        let dry = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        format!("{}: {created} created, {moved} moved, {unchanged} unchanged{dry}\n", counted(*stations, "station"))
    }
}
