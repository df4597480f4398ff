//! Windows: circular channels, bounded memory, and every function against a naive computation.

mod golden;
mod memory;
mod naive;

use vocdb::query::{Aggregate, QueryError, Window, WindowFunction, WindowQuery};
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, Config, Database, Durability, Instrument, InstrumentId, Interval, ReadOnly, Station, TimeRange,
    Timestamp, Unit,
};

/// A store with one instrument that measures a direction and a concentration once a minute.
fn store(dir: &std::path::Path) -> (Database, InstrumentId) {
    let db = Database::open(dir, Config { durability: Durability::Buffered, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("a/M").unwrap()).unwrap();
    let channel = |name: &str, unit| Channel::quantity(name, unit).unwrap();
    let channels = vec![channel("wind direction", Unit::Degree), channel("tvoc", Unit::Ppb)];
    let instrument = Instrument::new("mast", Interval::MINUTE, channels).unwrap();
    let id = db.register_instrument(station, instrument).unwrap();
    (db, id)
}

const DIRECTIONS: [f64; 5] = [350.0, 10.0, 350.0, 10.0, 360.0];

fn append_directions(db: &Database, id: InstrumentId) {
    let mut batch = Batch::new();
    for (minute, degrees) in (1..).zip(DIRECTIONS) {
        batch.push_values(id, Timestamp::from_ms(minute * 60_000), &[Some(degrees), Some(degrees)]);
    }
    assert!(db.append(&batch).unwrap().rejections.is_empty());
}

fn five_minutes(id: InstrumentId, channel: usize, function: WindowFunction) -> WindowQuery {
    WindowQuery::new((id, channel), Window::side_by_side(Interval::minutes(5).unwrap()), function)
}

#[test]
fn the_mean_of_directions_is_the_vector_mean_in_every_answer_and_from_sealed_blocks() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store(dir.path());
    append_directions(&db, id);
    let assert_north = |readings: &vocdb::query::Readings| {
        let of_minutes = readings.window(&five_minutes(id, 0, WindowFunction::Mean)).unwrap();
        assert_eq!(of_minutes.iter().map(|window| window.value).collect::<Vec<_>>(), [Some(0.0)]);
        let range = TimeRange::new(Timestamp::from_ms(0), Timestamp::from_ms(360_000));
        let rollups = readings.rollups(id, &[0, 1], Interval::minutes(5).unwrap(), range).unwrap();
        let aggregate = readings.aggregate(id, &[0, 1], range).unwrap();
        for channels in [&rollups[0].channels, &aggregate.channels] {
            assert_eq!(channels.iter().map(Aggregate::mean).collect::<Vec<_>>(), [Some(0.0), Some(216.0)]);
            let [direction, tvoc] = channels[..] else { panic!("two channels") };
            assert_eq!((direction.valid, direction.min, direction.max), (5, None, None));
            assert_eq!((direction.first, direction.last), (Some(350.0), Some(360.0)));
            assert_eq!((tvoc.min, tvoc.max), (Some(10.0), Some(360.0)));
        }
    };
    assert_north(&db.readings());
    db.seal().unwrap();
    assert_north(&db.readings());
    assert_north(&ReadOnly::open(dir.path()).unwrap().readings());
    drop(db);
    assert_north(&Database::open(dir.path(), Config::default()).unwrap().readings());
}

#[test]
fn arithmetic_over_directions_is_refused_with_what_there_is() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store(dir.path());
    append_directions(&db, id);
    let readings = db.readings();
    for function in [
        WindowFunction::Min,
        WindowFunction::Max,
        WindowFunction::Sum,
        WindowFunction::StdDev,
        WindowFunction::Percentile(50.0),
    ] {
        let error = readings.window(&five_minutes(id, 0, function)).unwrap_err();
        assert!(matches!(error, QueryError::Direction { function: refused } if refused == function), "{error:?}");
        let says = format!("no {}: ask for the mean (the vector mean), first, last or count", function.name());
        assert!(error.to_string().contains(&says), "{error}");
        assert!(readings.window(&five_minutes(id, 1, function)).unwrap()[0].value.is_some());
    }
    for (function, value) in
        [(WindowFunction::Count, 5.0), (WindowFunction::First, 350.0), (WindowFunction::Last, 360.0)]
    {
        assert_eq!(readings.window(&five_minutes(id, 0, function)).unwrap()[0].value, Some(value));
    }
}

#[test]
fn a_channel_that_was_added_later_is_known_to_be_a_direction() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store(dir.path());
    let added = Channel::quantity("upper wind", Unit::Degree).unwrap();
    let change = vocdb::InstrumentChange {
        instrument: id,
        channels: vec![vocdb::ChannelChange::Add(added)],
        by: "Anna".to_owned(),
        reason: "a second vane".to_owned(),
    };
    db.change_instrument(&change).unwrap();
    let error = db.readings().window(&five_minutes(id, 2, WindowFunction::Max)).unwrap_err();
    assert!(matches!(error, QueryError::Direction { .. }), "{error:?}");
}

#[test]
fn questions_that_make_no_sense_are_errors() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store(dir.path());
    let asked = |query: &WindowQuery| db.readings().window(query).unwrap_err();
    let query = five_minutes(id, 1, WindowFunction::Mean);
    assert!(matches!(
        asked(&WindowQuery { channel: 7, ..query.clone() }),
        QueryError::Store(StoreError::NoChannel { channel: 7, .. })
    ));
    let elsewhere = WindowQuery { instrument: InstrumentId::new(9), ..query.clone() };
    assert!(matches!(asked(&elsewhere), QueryError::Store(StoreError::NotRegistered(_))));
    for percent in [-1.0, 100.5, f64::NAN] {
        let query = five_minutes(id, 1, WindowFunction::Percentile(percent));
        assert!(matches!(asked(&query), QueryError::Percentile(_)), "{percent}");
    }
    let window = Window { coverage_min: 75.0, ..query.window.clone() };
    assert!(matches!(asked(&WindowQuery { window, ..query }), QueryError::Coverage(_)));
}
