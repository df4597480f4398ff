//! Wind and pollution roses, against a naive count of the same readings.

use crate::district::{District, NOW_MS};
use crate::park::Dice;
use std::collections::BTreeMap;
use vocdb::{Batch, Channel, Database, Instrument, Interval, Quality, Sample, Timestamp, Unit};

const MINUTES: i64 = 3_000;

/// A minute of the readings: wind speed and direction with its flag, and a concentration.
type Minute = (f64, f64, bool, Option<f64>);

fn readings() -> Vec<Minute> {
    let mut dice = Dice(11);
    let minute = |_| {
        let speed = dice.roll() * 8.0;
        // Some directions lie on the edge of a sector.
        let from = if dice.roll() < 0.2 { (dice.roll() * 16.0).floor() * 22.5 + 11.25 } else { dice.roll() * 360.0 };
        let is_faulty = dice.roll() < 0.1;
        let value = (dice.roll() > 0.05).then(|| (dice.roll() * 50.0 * 8.0).round() / 8.0);
        (speed, from, is_faulty, value)
    };
    (0..MINUTES).map(minute).collect()
}

fn time(minute: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - (MINUTES - 1 - minute) * 60_000)
}

fn fill(db: &Database) {
    let channel = |name: &str, unit| Channel::quantity(name, unit).unwrap();
    let mast = vec![channel("wind speed", Unit::MetrePerSecond), channel("wind direction", Unit::Degree)];
    let mast = db.ensure_instrument("rose/S", Instrument::new("mast", Interval::MINUTE, mast).unwrap()).unwrap();
    let toluene = vec![Channel::species("toluene", Unit::Ppb).unwrap()];
    let gc = db.ensure_instrument("rose/S", Instrument::new("gc", Interval::MINUTE, toluene).unwrap()).unwrap();
    let mut batch = Batch::new();
    for (minute, (speed, from, is_faulty, value)) in (0..).zip(readings()) {
        let quality = if is_faulty { Quality::Fault } else { Quality::Normal };
        let sample = |value| Sample { value: Some(value), quality };
        batch.push_samples(mast, time(minute), vec![sample(speed), sample(from)]);
        batch.push_values(gc, time(minute), &[value]);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

/// Count, sum and greatest value by sector, from the definition: the sector whose lower edge is the last one not above the direction.
fn naive(minutes: &[Minute], of_load: bool) -> BTreeMap<&'static str, (u64, f64, f64)> {
    const NAMES: [&str; 16] =
        ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
    let mut counts = BTreeMap::new();
    for (speed, from, _, value) in minutes.iter().filter(|minute| !minute.2) {
        let Some(value) = (if of_load { *value } else { Some(*speed) }) else { continue };
        let name = if *speed < 0.5 {
            "calm"
        } else {
            (0..16).rev().find(|sector| *from >= f64::from(*sector) * 22.5 - 11.25).map_or("N", |sector| {
                if *from >= 348.75 { "N" } else { NAMES.get(usize::try_from(sector).unwrap()).copied().unwrap() }
            })
        };
        let (count, sum, greatest) = counts.entry(name).or_insert((0, 0.0, f64::NEG_INFINITY));
        (*count, *sum, *greatest) = (*count + 1, *sum + value, greatest.max(value));
    }
    counts
}

/// Rows of the CSV file: rose, sector, class, count, and the figures of the sector.
fn rows(csv: &str) -> Vec<Vec<String>> {
    csv.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn roses_count_what_a_naive_count_counts() {
    let district = District::filled(fill, |options| options);
    let minutes = readings();
    let mut visitor = district.visitor();
    let address = "station=rose%2FS&channel=gc%2Ftoluene";
    for (from, to, part) in [(0, MINUTES, &minutes[..]), (100, 1_000, &minutes[100..1_000])] {
        let range = format!("from={}&to={}", time(from), time(to)).replace(':', "%3A");
        let csv = visitor.get(&format!("/rose.csv?{address}&{range}"));
        assert_eq!(csv.status, 200, "{}", csv.body);
        let rows = rows(&csv.body);
        for (name, of_load) in [("wind", false), ("gc/toluene", true)] {
            let naive = naive(part, of_load);
            let mut found: BTreeMap<&str, (u64, f64, f64)> = BTreeMap::new();
            for row in rows.iter().filter(|row| row[0] == name && row[4] != "0") {
                let (count, mean, greatest): (f64, f64, f64) =
                    (row[4].parse().unwrap(), row[5].parse().unwrap(), row[6].parse().unwrap());
                let sector = found.entry(row[1].as_str()).or_insert((0, mean * count, greatest));
                sector.0 += row[3].parse::<u64>().unwrap();
            }
            assert_eq!(found.keys().collect::<Vec<_>>(), naive.keys().collect::<Vec<_>>());
            for (sector, (count, sum, greatest)) in &naive {
                let of = found[sector];
                assert_eq!((of.0, of.2), (*count, *greatest), "{name} {sector}");
                assert!((of.1 - sum).abs() < 1e-6 * sum.abs().max(1.0), "{name} {sector} {of:?} {sum}");
            }
        }
    }
    // Speeds by class: those of a class are the naive ones.
    let csv = visitor.get(&format!("/rose.csv?{address}&hours=9")).body;
    let strong: u64 = rows(&csv)
        .iter()
        .filter(|row| row[0] == "wind" && row[2] == "6 m/s and more")
        .map(|row| row[3].parse::<u64>().unwrap())
        .sum();
    assert_eq!(strong, minutes.iter().filter(|minute| !minute.2 && minute.0 >= 6.0).count() as u64);
}

#[test]
fn a_rose_states_its_coverage_its_calms_and_its_classes() {
    let district = District::filled(fill, |options| options);
    let minutes = readings();
    let mut visitor = district.visitor();
    let range = format!("from={}&to={}", time(0), time(MINUTES)).replace(':', "%3A");
    let page = visitor.page(&format!("/rose?station=rose%2FS&channel=gc%2Ftoluene&{range}"));
    let valid = minutes.iter().filter(|minute| !minute.2).count();
    let values = minutes.iter().filter(|minute| minute.3.is_some()).count();
    let without = minutes.iter().filter(|minute| minute.3.is_some() && minute.2).count();
    let calm = minutes.iter().filter(|minute| !minute.2 && minute.0 < 0.5).count();
    for text in [
        format!("{valid} of {MINUTES} expected samples are valid"),
        format!("{values} of {MINUTES} expected samples are valid"),
        format!("{without} of them have no wind"),
        format!("is in no sector: {calm} samples"),
        "16 sectors of 22.5 degrees".to_owned(),
        "0.5 to 2 m/s".to_owned(),
        "below 10 ppb".to_owned(),
        "40 ppb and more".to_owned(),
    ] {
        assert!(page.contains(&text), "{text} is missing: {page}");
    }
    for file in ["/rose/wind.svg", "/rose/pollution.svg"] {
        let answer = visitor.get(&format!("{file}?station=rose%2FS&channel=gc%2Ftoluene&{range}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/svg+xml")), "{file}");
        assert!(answer.body.contains("class=\"wedge ") && answer.body.contains("<style>"), "{file}");
    }
    assert_eq!(visitor.get("/rose/pollution.svg?station=rose%2FS").status, 404);
    // A station without wind takes that of the nearest one, and says so.
    let other = visitor.page("/rose?station=park%2FS1");
    assert!(other.contains("Wind at rose/S"), "{other}");
    assert_eq!(District::open().visitor().get("/rose?station=park%2FS1").status, 422);
}
