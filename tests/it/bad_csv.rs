//! A CSV file with everything wrong in it, from the file to the store: each bad row is counted, with its line and what to do.

use vocdb::interop::csv::{CsvError, CsvReader, CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
use vocdb::{
    Batch, Channel, Config, Database, DuplicatePolicy, Durability, Error, Instrument, InstrumentId, Interval, Station,
    Unit,
};

const CSV: &str = "\
time,benzene
2024-06-01T00:00:00Z,1.5
2024-06-01T00:01:00Z,1.6O
2024-06-01T00:02:00Z,1.7
2098-06-01T00:03:00Z,1.8
2024-06-01T00:02:00Z,9.9
2024-06-01T00:04:00Z,-999
yesterday,2.0
2024-06-01T00:05:00Z,2.1,7
";

fn instrument() -> Instrument {
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    Instrument::new("pid", Interval::MINUTE, channels).unwrap().with_duplicates(DuplicatePolicy::Reject)
}

fn spec(id: InstrumentId) -> CsvSpec {
    CsvSpec::new(TimeColumn::new("time", TimeFormat::Rfc3339))
        .missing("-999")
        .map(CsvTarget::new(id, &instrument()).column("benzene", "benzene", Unit::Ppb))
}

#[test]
fn every_bad_row_is_counted_with_its_line_and_its_remedy() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config { durability: Durability::Buffered, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let id = db.register_instrument(station, instrument()).unwrap();
    let mut reader = CsvReader::from_reader(CSV.as_bytes(), "park.csv", spec(id)).unwrap();
    let (mut batch, mut refused) = (Batch::new(), Vec::new());
    while reader.read_batch(100, &mut batch).unwrap() > 0 {
        refused.extend(db.append(&batch).unwrap().rejections.into_iter().map(|rejection| rejection.reason.to_string()));
    }
    let told: Vec<String> =
        reader.report().rejections.iter().map(|one| format!("{}: {}", one.line, one.text)).collect();
    assert_eq!(
        told,
        ["3: 1.6O", "8: yesterday", "9: 3 fields where the header has 2"].map(str::to_owned),
        "{:#?}",
        reader.report()
    );
    assert!(reader.report().rejections[0].reason.to_string().contains("number"));
    assert_eq!((reader.report().rows_read, reader.report().rejected_rows, reader.report().missing_values), (8, 3, 1));

    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused[0].contains("2098-06-01T00:03:00Z") && refused[0].contains("check the station's clock"),
        "{}",
        refused[0]
    );
    assert!(refused[1].contains("2024-06-01T00:02:00Z") && refused[1].contains("already"), "{}", refused[1]);
    let counters = db.stats().unwrap().counters;
    assert_eq!((counters.frames_accepted, counters.rejected_future, counters.rejected_duplicate), (3, 1, 1));
    assert_eq!(counters.frames_rejected(), 2);
}

#[test]
fn an_unknown_station_channel_or_column_is_a_typed_error_that_lists_what_there_is() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config::default()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let id = db.register_instrument(station, instrument()).unwrap();
    let Err(error @ Error::UnknownStation { .. }) = db.latest("park/S9", "benzene") else { panic!("no such station") };
    assert_eq!(error.to_string(), "no station is named `park/S9`; registered are: park/S1");
    let Err(error @ Error::UnknownChannel { .. }) = db.latest("park/S1", "toluene") else { panic!("no such channel") };
    assert_eq!(error.to_string(), "station `park/S1` has no channel `toluene`; it has: benzene");

    let spec = spec(id).equal_times(EqualTimes::Keep);
    let Err(error) = CsvReader::from_reader("zeit,benzene\n".as_bytes(), "park.csv", spec) else {
        panic!("no such column")
    };
    assert!(matches!(error, CsvError::MissingColumn { .. }), "{error:?}");
    assert!(error.to_string().contains("park.csv") && error.to_string().contains("zeit"), "{error}");
}
