//! What a list of stations with positions changes in a store.

use super::error::PlaceError;
use super::swapped::find_swapped;
use crate::model::{Position, Registry, Station, StationId};
use std::collections::BTreeMap;

/// A station of a list, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StationPlace {
    /// Line of the list, for messages.
    pub line: u64,
    /// Name of the station.
    pub name: String,
    /// What the list says of its position; the rest stays as it is.
    pub position: Position,
}

/// A station before and after a list was imported.
#[derive(Debug, Clone, PartialEq)]
pub struct StationMove {
    /// Name of the station.
    pub name: String,
    /// Number of the station; `None` if it will be created.
    pub id: Option<StationId>,
    /// Position before.
    pub before: Position,
    /// Position after: what the list says, and otherwise what was there.
    pub after: Position,
}

/// Works out what a list of stations changes in a store, in the order of the list. Nothing is written.
///
/// # Errors
/// [`PlaceError`] names the line: a name that no station can have or that the list has twice, a position that is none, latitude and
/// longitude that only fit the other stations when they are swapped, and, unless `creates` is set, a station that the store does not have.
///
/// ```
/// use vocdb::trace::{StationPlace, plan_moves};
/// use vocdb::{Position, Registry};
/// let position = Position { lon_lat_deg: Some((121.5, 31.25)), ..Position::default() };
/// let places = [StationPlace { line: 2, name: "park/S1".to_owned(), position }];
/// let error = plan_moves(&Registry::default(), &places, false).unwrap_err();
/// assert!(error.to_string().starts_with("line 2: no station is named `park/S1`"));
/// assert_eq!(plan_moves(&Registry::default(), &places, true)?[0].id, None);
/// # Ok::<(), vocdb::trace::PlaceError>(())
/// ```
pub fn plan_moves(registry: &Registry, places: &[StationPlace], creates: bool) -> Result<Vec<StationMove>, PlaceError> {
    check_places(places)?;
    let numbers: BTreeMap<&str, (StationId, &Station)> =
        registry.stations().map(|(id, station)| (station.name(), (id, station))).collect();
    let plan = |place: &StationPlace| {
        let found = numbers.get(place.name.as_str());
        if found.is_none() && !creates {
            let known = numbers.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(PlaceError::UnknownStation { line: place.line, name: place.name.clone(), known });
        }
        let before = found.map_or_else(Position::default, |(_, station)| *station.position());
        let after = Position {
            lon_lat_deg: place.position.lon_lat_deg.or(before.lon_lat_deg),
            east_north_m: place.position.east_north_m.or(before.east_north_m),
            height_m: place.position.height_m.or(before.height_m),
        };
        Ok(StationMove { name: place.name.clone(), id: found.map(|(id, _)| *id), before, after })
    };
    places.iter().map(plan).collect()
}

/// Checks a list without a store.
pub(super) fn check_places(places: &[StationPlace]) -> Result<(), PlaceError> {
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for StationPlace { line, name, position } in places {
        let refused = |source| PlaceError::Station { line: *line, name: name.clone(), source };
        Station::new(name.as_str()).map_err(refused)?;
        position.check().map_err(refused)?;
        if *position == Position::default() {
            return Err(PlaceError::NothingGiven { line: *line, name: name.clone() });
        }
        if let Some(first_line) = lines.insert(name, *line) {
            return Err(PlaceError::Duplicate { line: *line, first_line, name: name.clone() });
        }
    }
    check_swapped(places)
}

/// Refuses a position that only fits the others when it is swapped.
fn check_swapped(places: &[StationPlace]) -> Result<(), PlaceError> {
    let known: Vec<(&StationPlace, (f64, f64))> =
        places.iter().filter_map(|place| Some((place, place.position.lon_lat_deg?))).collect();
    let points: Vec<(f64, f64)> = known.iter().map(|(_, (longitude, latitude))| (*latitude, *longitude)).collect();
    let swapped = find_swapped(&points).and_then(|(found, km)| known.get(found).map(|(place, _)| (place, km)));
    swapped.map_or(Ok(()), |(place, km)| Err(PlaceError::Swapped { line: place.line, name: place.name.clone(), km }))
}
