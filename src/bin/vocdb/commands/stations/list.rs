//! `vocdb stations list`: every station with the positions that it has had.

use super::place::Place;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::Timestamp;
use vocdb::base::escape::Line;

/// List the stations with their positions, and the time from which each position holds
///
/// A station that was moved has a line for each position, the oldest first. Works while a station is running.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Folder of the store
    store: PathBuf,
    #[command(flatten)]
    zone: PrintedZone,
}

/// A station at one of its positions.
#[derive(Serialize)]
struct Standing {
    station: String,
    /// Time from which the position holds; none for the first one.
    since: Option<String>,
    #[serde(flatten)]
    place: Place,
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        for (id, station) in db.registry().stations() {
            let mut positions: Vec<_> = db.registry().positions(id).collect();
            if positions.is_empty() {
                positions.push((Timestamp::MIN, station.position()));
            }
            for (from, position) in positions {
                let since = (from > Timestamp::MIN).then(|| from.to_string());
                let standing = Standing { station: station.name().to_owned(), since, place: Place::of(position) };
                output.either(&standing, || standing.text())?;
            }
        }
        Ok(())
    }
}

impl Standing {
    fn text(&self) -> String {
        let since = self.since.as_ref().map_or_else(String::new, |since| format!(" since {since}"));
        format!("{}: {}{since}\n", Line(&self.station), self.place.text())
    }
}
