//! Positions of stations: from a file into the store, whole or not at all.

use crate::tool::{example, run};
use std::path::Path;
use vocdb::trace::{LocalFrame, PlaceError, StationPlace, read_stations};
use vocdb::{Config, Database, Error, Position, ReadOnly, Station, StationPlacement};

const BY: &[&str] = &["--by", "A. Rossi", "--why", "surveyed"];

fn store_with(dir: &Path, stations: &[&str]) {
    let db = Database::open(dir, Config::default()).unwrap();
    for name in stations {
        db.register_station(Station::new(*name).unwrap()).unwrap();
    }
    db.close().unwrap();
}

fn position(dir: &Path, name: &str) -> Option<Position> {
    let db = ReadOnly::open(dir).unwrap();
    db.registry().station_named(name).map(|id| *db.registry().station(id).unwrap().position())
}

#[test]
fn local_metres_of_metec_agree_with_the_surveyed_ones() {
    let text = std::fs::read_to_string(example("metec/sensors.csv")).unwrap();
    let tank = LocalFrame::new(40.59579, -105.13986).unwrap();
    let sheet = read_stations(&text).unwrap();
    assert_eq!((sheet.places.len(), sheet.ignored_columns.len()), (8, 0));
    for place in sheet.places {
        let ((longitude, latitude), (east, north)) =
            place.position.lon_lat_deg.zip(place.position.east_north_m).unwrap();
        let (x, y) = tank.to_local(latitude, longitude);
        // The file's own metres come from a sphere: up to 3 parts in a thousand of 50 m.
        assert!((x - east).hypot(y - north) < 0.2, "{}: {x} {y} instead of {east} {north}", place.name);
        assert_eq!(place.position.height_m, Some(2.4));
    }
}

#[test]
fn metec_sensors_are_imported_and_a_second_import_changes_nothing() {
    let dir = crate::support::scratch::dir();
    let sensors = example("metec/sensors.csv");
    let store = dir.path().join("store");
    store_with(&store, &["S", "NW"]);
    let import = |more: &[&str]| {
        run(dir.path(), &[&["--json", "stations", "import", "store", &sensors], BY, more].concat()).printed()
    };
    let last = |text: &str| serde_json::from_str::<serde_json::Value>(text.lines().last().unwrap()).unwrap();
    let dry = last(&import(&["--create", "--dry-run"]));
    assert_eq!((&dry["created"], &dry["placed"], &dry["dry_run"]), (&6.into(), &2.into(), &true.into()));
    assert_eq!((position(&store, "E"), position(&store, "S")), (None, Some(Position::default())));
    let first = last(&import(&["--create"]));
    assert_eq!((&first["created"], &first["placed"], &first["unchanged"]), (&6.into(), &2.into(), &0.into()));
    let south = position(&store, "S").unwrap();
    assert_eq!(south.lon_lat_deg, Some((-105.139_782_4, 40.595_444_8)));
    assert_eq!((south.east_north_m, south.height_m), (Some((6.56, -38.33)), Some(2.4)));
    let second = last(&import(&[]));
    assert_eq!((&second["created"], &second["moved"], &second["unchanged"]), (&0.into(), &0.into(), &8.into()));
    let db = ReadOnly::open(&store).unwrap();
    let positions = |name: &str| db.registry().positions(db.registry().station_named(name).unwrap()).count();
    assert_eq!((positions("S"), positions("E")), (2, 0), "S was moved once, E was created where it stands");
}

#[test]
fn a_file_with_one_bad_line_changes_no_station() {
    let dir = crate::support::scratch::dir();
    let store = dir.path().join("store");
    store_with(&store, &["S1", "S2"]);
    let import = |text: &str, more: &[&str]| {
        std::fs::write(dir.path().join("stations.csv"), text).unwrap();
        run(dir.path(), &[&["stations", "import", "store", "stations.csv"], BY, more].concat()).error(1)
    };
    for (text, says) in [
        ("name,lat,lon\nS1,31.2,121.5\nS2,121.5,31.2\n", "stations.csv: line 3: station `S2`"),
        ("name,lat,lon\nS1,31.2,121.5\nS3,31.2,121.5\n", "line 3: no station is named `S3`"),
        ("name,lat,lon\nS1,31.2,121.5\nS1,31.3,121.5\n", "line 3: station `S1` is already on line 2"),
        ("name,lat,lon\nS1,31.2,121.5\nS2,31;3,121.5\n", "line 3: `31;3` in column `lat` is no number"),
        ("name;lat;lon\nS1;31.2;121.5\n", "no column `name`"),
    ] {
        let error = import(text, &[]);
        assert!(error.contains(says), "{error}");
        assert_eq!(position(&store, "S1"), Some(Position::default()));
    }
    assert!(import("name,lat,lon\nS3,31.2,121.5\n", &[]).contains("--create"));
    let missing = run(dir.path(), &["stations", "import", "store", "stations.csv", "--by", "A. Rossi"]).error(2);
    assert!(missing.contains("--reason"), "{missing}");
}

#[test]
fn positions_far_from_those_in_the_store_are_warned_of_and_the_extent_is_always_printed() {
    let dir = crate::support::scratch::dir();
    store_with(&dir.path().join("store"), &["S1", "S2", "S3"]);
    let import = |text: &str, more: &[&str]| {
        std::fs::write(dir.path().join("stations.csv"), text).unwrap();
        run(dir.path(), &[&["stations", "import", "store", "stations.csv"], BY, more].concat())
    };
    // A first file of swapped positions cannot be known: a reader sees where the network lies.
    let swapped = "name,lat,lon\nS1,9.19,45.46\nS2,9.20,45.47\n";
    let first = import(swapped, &["--dry-run"]).printed();
    assert!(first.contains("positions in the store: 2 stations within 0.8 km of 9.1950 N, 45.4650 E\n"), "{first}");
    let right = "name,lat,lon\nS1,45.46,9.19\nS2,45.47,9.20\n";
    assert!(import(right, &[]).printed().contains("2 stations within 0.7 km of 45.4650 N, 9.1950 E\n"));
    let ended = import(swapped, &["--dry-run"]);
    assert_eq!(
        ended.err,
        "warning: S1 and 1 further station are 5312 km from the stations in the store, but near them with latitude and longitude \
         swapped: swap them, unless those in the store are swapped\n"
    );
    let ended = import("name,lat,lon\nS3,46.9,9.19\n", &["--json"]);
    let warning: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(warning["warning"], "S3 is 159 km from the stations in the store: check latitude and longitude");
    let odour = ["odour", "add", "store", "--time", "2024-06-01", "--intensity", "3", "--lat", "9.2", "--lon", "45.4"];
    let ended = run(dir.path(), &odour);
    assert!(ended.err.starts_with("warning: the odour report is ") && ended.err.contains("swapped"), "{}", ended.err);
}

#[test]
fn the_library_places_stations_in_one_commit_and_keeps_earlier_positions() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config::default()).unwrap();
    db.register_station(Station::new("S1").unwrap()).unwrap();
    let at = |longitude: f64| Position { lon_lat_deg: Some((longitude, 31.2)), ..Position::default() };
    let place = |line, name: &str, longitude| StationPlace { line, name: name.to_owned(), position: at(longitude) };
    let list = |places| StationPlacement {
        places,
        creates: false,
        since: Some("2024-06-01T00:00:00Z".parse().unwrap()),
        by: "A. Rossi".to_owned(),
        reason: "surveyed".to_owned(),
    };
    let unknown = list(vec![place(2, "S1", 121.5), place(7, "S2", 121.6)]);
    let error = db.place_stations(&unknown).unwrap_err();
    assert!(matches!(error, Error::Place(PlaceError::UnknownStation { line: 7, .. })), "{error}");
    assert_eq!(db.place_stations(&StationPlacement { creates: true, ..unknown }).unwrap().len(), 2);
    let anonymous = StationPlacement { by: String::new(), ..list(vec![place(2, "S1", 121.7)]) };
    assert!(matches!(db.place_stations(&anonymous), Err(Error::Model(_))));
    drop(db);
    let db = Database::open(dir.path(), Config::default()).unwrap();
    let registry = db.registry();
    let id = registry.station_named("S1").unwrap();
    let before = "2024-05-31T23:59:59Z".parse().unwrap();
    assert_eq!(registry.position_at(id, before), Some(&Position::default()));
    assert_eq!(registry.station(id).unwrap().position(), &at(121.5));
    assert_eq!(registry.station(registry.station_named("S2").unwrap()).unwrap().position(), &at(121.6));
}
