//! A list of stations with their positions, imported whole or not at all.

use crate::db::core::Database;
use crate::db::records::{StationChanged, StationRegistered};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Registry, Station, StationId, Timestamp, check_words};
use crate::trace::{StationMove, StationPlace, plan_moves};

/// A list of stations with positions, to be imported whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct StationPlacement {
    /// Stations and what is known of their positions.
    pub places: Vec<StationPlace>,
    /// Whether stations that the store does not have are created.
    pub creates: bool,
    /// Time from which the positions hold; `None` for the time of the host's clock.
    pub since: Option<Timestamp>,
    /// Author of the list.
    pub by: String,
    /// Why the stations get these positions.
    pub reason: String,
}

impl Database {
    /// Gives stations the positions of a list, and creates those that are missing if that is wanted. Everything takes effect in one commit, or
    /// nothing does. The ledger records each station before and after, the author and the reason. Returns what was planned, in the order
    /// of the list; a station that is already there changes nothing.
    ///
    /// ```
    /// use vocdb::trace::read_stations;
    /// use vocdb::{Config, Database, StationPlacement};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let sheet = read_stations("name,lat,lon,height\npark/S1,31.25,121.50,3\npark/S2,31.26,121.51,3\n")?;
    /// let (by, reason) = ("A. Rossi".to_owned(), "surveyed".to_owned());
    /// let list = StationPlacement { places: sheet.places, creates: true, since: None, by, reason };
    /// assert_eq!(db.place_stations(&list)?.len(), 2);
    /// let registry = db.registry();
    /// let station = registry.station_named("park/S2").unwrap();
    /// assert_eq!(registry.station(station).unwrap().position().lon_lat_deg, Some((121.51, 31.26)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Place`] names the line of the list, as [`plan_moves`]; [`Error::Model`] where name or reason are empty or not one line of text;
    /// [`Error::Ledger`] where the ledger cannot be written: the stations are then as they were.
    pub fn place_stations(&self, list: &StationPlacement) -> Result<Vec<StationMove>, Error> {
        check_words("name of a person", &list.by)?;
        check_words("reason", &list.reason)?;
        let mut inner = self.inner.lock();
        inner.ledger.check()?;
        let moves = plan_moves(&inner.registry, &list.places, list.creates)?;
        let at = inner.now();
        let since = list.since.unwrap_or(at);
        let acts = acts(&inner.registry, &moves, since)?;
        let note = Note { since, at, by: &list.by, reason: &list.reason };
        let records = acts.iter().map(|act| act.record(&note)).collect::<Result<Vec<_>, _>>()?;
        if records.is_empty() {
            return Ok(moves);
        }
        inner.ledger.commit(&records)?;
        for act in acts {
            match act {
                Act::Create(id, station) => {
                    inner.registry.insert_station(id, station);
                    inner.note_registered(id);
                }
                Act::Move { id, after, .. } => inner.registry.move_station(id, *after.position(), since),
            }
        }
        Ok(moves)
    }
}

/// One entry of the ledger.
enum Act {
    Create(StationId, Station),
    Move { id: StationId, before: Station, after: Station },
}

/// What every entry of one list has.
struct Note<'a> {
    since: Timestamp,
    at: Timestamp,
    by: &'a str,
    reason: &'a str,
}

/// The entries that a plan needs: none for a station that stands where the list has it.
fn acts(registry: &Registry, moves: &[StationMove], since: Timestamp) -> Result<Vec<Act>, Error> {
    let mut next = registry.next_station_id();
    let mut acts = Vec::new();
    for StationMove { name, id, before, after } in moves {
        let station = Station::new(name.as_str())?;
        let Some(id) = *id else {
            acts.push(Act::Create(next, station.at(*after)));
            next = StationId::new(next.number().saturating_add(1));
            continue;
        };
        let holds = before == after && registry.position_at(id, since) == Some(after);
        if !holds {
            acts.push(Act::Move { id, before: station.clone().at(*before), after: station.at(*after) });
        }
    }
    Ok(acts)
}

impl Act {
    fn record(&self, note: &Note<'_>) -> Result<Record, Error> {
        Ok(match self {
            Self::Create(id, station) => {
                Record::new(Kind::StationRegistered, &StationRegistered { id: *id, station: station.clone() })?
            }
            Self::Move { id, before, after } => {
                let (before, after) = (before.clone(), after.clone());
                let (by, reason) = (note.by.to_owned(), note.reason.to_owned());
                let body = StationChanged { id: *id, before, after, since: note.since, by, reason, at: note.at };
                Record::new(Kind::StationChanged, &body)?
            }
        })
    }
}
