//! `vocdb stations import`: positions of stations from a CSV file.

use super::change::{self, Before, Change};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};
use vocdb::model::Zone;
use vocdb::query::Readings;
use vocdb::trace::{NetworkExtent, StationMove, plan_moves, read_stations};
use vocdb::{Registry, StationPlacement, Timestamp};

/// Import positions of stations from a CSV file, and record in the ledger who did it and why
///
/// The header names the columns: `name`; `latitude` and `longitude` (WGS 84 degrees, or `lat` and `lon`); `x_east_m` and `y_north_m` (metres from
/// the district's reference point); `height_m` (inlet above ground). A station needs at least one of the pairs or a height; values that
/// the file does not give are kept. The file is imported whole or not at all: an error names the line. A changed position holds from --since
/// on: earlier readings keep the earlier position. To correct a wrong position, give the time of the first reading; positions that held
/// later are replaced. The extent of the network is printed; compare it with where the stations are, because a file in which every
/// latitude and longitude are swapped looks like a right one. The store must not be open elsewhere, except with --dry-run.
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
    /// Start of the new positions: RFC 3339, or a date (midnight UTC, or in --zone) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    since: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// All of them.
#[derive(Serialize)]
struct Summary {
    stations: usize,
    created: usize,
    placed: usize,
    moved: usize,
    changed: usize,
    unchanged: usize,
    dry_run: bool,
    /// Where the stations of the store lie afterwards.
    extent: Option<String>,
}

impl Import {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let since = self.since.as_ref().map(|since| since.resolve(self.zone.as_ref())).transpose()?;
        let text = values::text_file(&self.file)?;
        let fail = |error: &dyn std::fmt::Display| Failure::Says(format!("{}: {error}", Line(self.file.display())));
        let sheet = read_stations(&text).map_err(|error| fail(&error))?;
        for column in &sheet.ignored_columns {
            store::note(&format!("column `{}` is ignored", Line(column)), output.is_json());
        }
        let since = since.unwrap_or_else(Timestamp::now);
        let (moves, registry, readings) = if self.dry_run {
            let db = store::read(&self.store)?;
            let moves = plan_moves(db.registry(), &sheet.places, self.create);
            (moves.map_err(|error| fail(&self.hinted(&error)))?, db.registry().clone(), db.readings())
        } else {
            let db = store::open(&self.store)?;
            let (registry, readings) = (db.registry(), db.readings());
            let (by, reason) = (self.by.clone(), self.reason.clone());
            let list = StationPlacement { places: sheet.places, creates: self.create, since: Some(since), by, reason };
            let moves = db.place_stations(&list).map_err(|error| fail(&self.hinted(&error)))?;
            db.close().map_err(Failure::from_error)?;
            (moves, registry, readings)
        };
        self.print(&moves, (&registry, &readings, since), output)
    }

    /// Prints what has changed, and what a reader must know of it.
    fn print(
        &self,
        moves: &[StationMove],
        (registry, readings, since): (&Registry, &Readings, Timestamp),
        output: &mut Output,
    ) -> Result<(), Failure> {
        let before = Before { registry, readings, since };
        let changes = moves.iter().map(|one| before.change(&one.name, one.id, &one.after));
        let changes = changes.collect::<Result<Vec<Change>, Failure>>()?;
        changes.iter().try_for_each(|change| output.either(change, || change.text()))?;
        let placed: Vec<(&str, (f64, f64))> =
            moves.iter().filter_map(|one| Some((one.name.as_str(), change::degrees(&one.after)?))).collect();
        let others = registry.stations().filter(|(id, _)| !moves.iter().any(|one| one.id == Some(*id)));
        let others = others.filter_map(|(_, station)| change::degrees(station.position()));
        let points: Vec<(f64, f64)> = placed.iter().map(|(_, at)| *at).chain(others).collect();
        let summary = Summary::of(&changes, &points, self.dry_run);
        output.either(&summary, || format!("{}{}", summary.text(), change::reach(&changes)))?;
        output.flush()?;
        change::warn_of_far(registry, &placed, output.is_json());
        Ok(())
    }

    /// The error, with the option that helps.
    fn hinted(&self, error: &dyn std::fmt::Display) -> String {
        let text = error.to_string();
        let is_unknown = text.contains("stations are not created");
        if is_unknown && !self.create { format!("{text}; create missing stations with --create") } else { text }
    }
}

impl Summary {
    fn of(changes: &[Change], points: &[(f64, f64)], dry_run: bool) -> Self {
        let count = |kind| changes.iter().filter(|change| change.change == kind).count();
        Self {
            stations: changes.len(),
            created: count("created"),
            placed: count("placed"),
            moved: count("moved"),
            changed: count("changed"),
            unchanged: count("unchanged"),
            dry_run,
            extent: NetworkExtent::of(points).map(|extent| extent.to_string()),
        }
    }

    fn text(&self) -> String {
        let Self { stations, created, placed, moved, changed, unchanged, .. } = self;
        let dry = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        let counts = [(created, "created"), (placed, "placed"), (moved, "moved"), (changed, "changed")];
        let counts = counts.iter().filter(|(count, _)| **count > 0).map(|(count, kind)| format!("{count} {kind}, "));
        let counts: String = counts.collect();
        let extent = change::extent(self.extent.as_deref());
        format!("{}: {counts}{unchanged} unchanged{dry}\n{extent}", counted(*stations, "station"))
    }
}
