//! Answers that an independent implementation computed beforehand.

use std::path::Path;
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
use vocdb::query::{Window, WindowFunction, WindowQuery};
use vocdb::{Batch, Channel, Config, Database, Durability, Instrument, Interval, Station, TimeRange, Timestamp, Unit};

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name)
}

fn store_of_kerbside(dir: &Path) -> Database {
    let db = Database::open(dir, Config { durability: Durability::Buffered, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("london/kerbside").unwrap()).unwrap();
    let ozone = Channel::species("ozone", Unit::Ppb).unwrap();
    let instrument = Instrument::new("analyser", Interval::HOUR, vec![ozone]).unwrap();
    let id = db.register_instrument(station, instrument.clone()).unwrap();
    let spec = CsvSpec::new(TimeColumn::new("date", TimeFormat::Rfc3339));
    let spec = spec.map(CsvTarget::new(id, &instrument).column("o3", "ozone", Unit::Ppb));
    let mut reader = CsvReader::open(example("mydata/first_2100_hours.csv"), spec).unwrap();
    let mut batch = Batch::new();
    while reader.read_batch(500, &mut batch).unwrap() > 0 {
        assert!(db.append(&batch).unwrap().rejections.is_empty());
    }
    assert_eq!((reader.report().rows_read, reader.report().rejected_rows), (2100, 0));
    db
}

#[test]
fn rolling_eight_hour_mean_of_ozone_with_75_percent_coverage_is_the_golden_one() {
    let dir = crate::support::scratch::dir();
    let db = store_of_kerbside(dir.path());
    let (instrument, channel) = db.channel("london/kerbside", "ozone").unwrap();
    let query = WindowQuery {
        instrument,
        channel,
        ends: TimeRange::ALL,
        window: Window {
            width: Interval::hours(8).unwrap(),
            step: Interval::HOUR,
            coverage_min: 0.75,
            valid_min: 0,
            zone: None,
        },
        function: WindowFunction::Mean,
    };
    for half_sealed in [false, true] {
        if half_sealed {
            db.seal().unwrap();
        }
        let answers = db.readings().window(&query).unwrap();
        let at = |time: Timestamp| answers.iter().find(|answer| answer.end == time).and_then(|answer| answer.value);
        let mut compared = (0, 0);
        for row in csv::Reader::from_path(example("golden/rolling8h_o3_mydata.csv")).unwrap().records() {
            let row = row.unwrap();
            let (time, expected): (Timestamp, Option<f64>) = (row[0].parse().unwrap(), row[2].parse().ok());
            let answer = at(time);
            match (answer, expected) {
                (Some(answer), Some(expected)) => {
                    assert!((answer - expected).abs() < 5e-7, "{time}: {answer}, {expected}")
                }
                (answer, expected) => assert_eq!(answer, expected, "{time}"),
            }
            if expected.is_some() { compared.0 += 1 } else { compared.1 += 1 }
        }
        assert!(compared.0 > 1500 && compared.1 > 20, "{compared:?}");
    }
}
