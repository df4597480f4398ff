//! A park of nine stations around a tank that leaks: positions, a mast with wind, a plume, and two sites.

use crate::district::{District, NOW_MS};
use std::collections::BTreeMap;
use vocdb::trace::{Candidates, LocalFrame, read_sites};
use vocdb::{Batch, Channel, Database, Instrument, Interval, Position, Quality, Sample, Station, Timestamp, Unit};
use vocdb_platform::Options;

/// Reference point: latitude and longitude.
const MIDDLE: (f64, f64) = (30.731, 121.286);
/// Place of the leak in metres.
pub(crate) const LEAK: (f64, f64) = (-120.0, 90.0);
/// Minutes of readings, and of the leak among them.
pub(crate) const MINUTES: i64 = 360;
const LEAKING: std::ops::Range<i64> = 150..350;

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number from 0 to 1.
    pub(crate) fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Names and metres of the stations.
pub(crate) fn places() -> Vec<(String, (f64, f64))> {
    let grid = (0..9).filter(|number| *number != 4);
    let place = |number: i32| (f64::from(number % 3 - 1) * 350.0, f64::from(number / 3 - 1) * 350.0);
    let mut places: Vec<(String, (f64, f64))> = grid.map(|number| (format!("ring/R{number}"), place(number))).collect();
    places.push(("ring/mast".to_owned(), (20.0, -30.0)));
    places
}

fn position((east, north): (f64, f64)) -> Position {
    let frame = LocalFrame::new(MIDDLE.0, MIDDLE.1).unwrap();
    let (latitude, longitude) = frame.to_wgs84(east, north);
    Position { lon_lat_deg: Some((longitude, latitude)), height_m: Some(3.0), ..Position::default() }
}

/// The wind of a minute: speed in m/s, and the direction that it comes from.
fn wind(minute: i64, dice: &mut Dice) -> (f64, f64) {
    let swing = (minute as f64 / 37.0).sin() * 120.0 + (minute as f64 / 11.0).sin() * 25.0;
    (
        2.2 + 0.6 * (minute as f64 / 23.0).sin() + 0.2 * dice.roll(),
        (250.0 + swing + 8.0 * dice.roll()).rem_euclid(360.0),
    )
}

/// A straight plume in ppb: a bell across the wind, and as much air as the plume has spread into.
fn plume((east, north): (f64, f64), (speed, from_deg): (f64, f64)) -> f64 {
    let (sin, cos) = (from_deg + 180.0).to_radians().sin_cos();
    let (right, up) = (east - LEAK.0, north - LEAK.1);
    let (along, across) = (right * sin + up * cos, right * cos - up * sin);
    if along < 5.0 {
        return 0.0;
    }
    let (wide, high) = (0.16 * along, 0.1 * along);
    400_000.0 / (wide * high * speed) * (-0.5 * (across / wide).powi(2)).exp()
}

fn fill(db: &Database, load: impl FnOnce()) {
    let mut dice = Dice(7);
    let mut ids = Vec::new();
    for (name, place) in places() {
        let station = db.register_station(Station::new(name.clone()).unwrap().at(position(place))).unwrap();
        let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
        let gc = Instrument::new("gc", Interval::MINUTE, vec![benzene]).unwrap();
        ids.push((db.register_instrument(station, gc).unwrap(), place));
        if name == "ring/mast" {
            let channels = vec![
                Channel::quantity("wind speed", Unit::MetrePerSecond).unwrap(),
                Channel::quantity("wind direction", Unit::Degree).unwrap(),
            ];
            let mast = Instrument::new("anemometer", Interval::MINUTE, channels).unwrap();
            ids.push((db.register_instrument(station, mast).unwrap(), (f64::NAN, 0.0)));
        }
    }
    load();
    let mut batch = Batch::new();
    for minute in 0..MINUTES {
        let time = Timestamp::from_ms(NOW_MS - (MINUTES - 1 - minute) * 60_000);
        let wind = wind(minute, &mut dice);
        for (id, place) in &ids {
            if place.0.is_nan() {
                // The mast is calm for a while, and out of order for a while.
                let flag = if (20..30).contains(&minute) { Quality::Fault } else { Quality::Normal };
                let speed = if minute < 12 { 0.3 } else { wind.0 };
                let sample = |value| Sample { value: Some(value), quality: flag };
                batch.push_samples(*id, time, vec![sample(speed), sample(wind.1)]);
                continue;
            }
            let leak = if LEAKING.contains(&minute) { plume(*place, wind) } else { 0.0 };
            let value = ((0.6 + 0.2 * dice.roll() + leak) * 100.0).round() / 100.0;
            batch.push_values(*id, time, &[Some(value).filter(|_| minute % 50 != 7)]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

/// The sites: the tank that leaks, and another one.
fn sites() -> Candidates {
    let frame = LocalFrame::new(MIDDLE.0, MIDDLE.1).unwrap();
    let corner = |(east, north): (f64, f64)| {
        let (latitude, longitude) = frame.to_wgs84(east, north);
        format!("[{longitude},{latitude}]")
    };
    let square = |name: &str, (east, north): (f64, f64)| {
        let corners = [(-40.0, -40.0), (40.0, -40.0), (40.0, 40.0), (-40.0, 40.0), (-40.0, -40.0)];
        let ring: Vec<String> = corners.iter().map(|(x, y)| corner((east + x, north + y))).collect();
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
            ring.join(",")
        )
    };
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
        square("tank farm", LEAK),
        square("paint shop", (250.0, -260.0))
    );
    Candidates { sites: read_sites(&text, &BTreeMap::new()).unwrap(), ..Candidates::default() }
}

/// A platform for the park. Alarms are open, and stations of the district have no readings and no positions.
pub(crate) fn open() -> District {
    open_with(|options| options)
}

/// A platform for the park with other options.
pub(crate) fn open_with(adapt: impl FnOnce(Options) -> Options) -> District {
    let rule = r#"
alarm("ring-high")
    .title("Benzene {value} at {stations}")
    .priority("high")
    .scope(stations("ring/*"))
    .when(avg("benzene", 5.minutes) > 30.ppb)
    .clear_when(avg("benzene", 10.minutes) < 10.ppb, 90.minutes)
    .escalate(escalation("desk").step(0.minutes, contact("duty officer"), "app"));
"#;
    let prepare = |db: &Database| {
        let station = db.register_station(Station::new("ring/mobile").unwrap()).unwrap();
        let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
        db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, vec![benzene]).unwrap()).unwrap();
        fill(db, || {
            let mut files = db.rule_set().unwrap().files;
            files.push(vocdb::rules::RuleFile { name: "ring.rhai".to_owned(), text: rule.to_owned() });
            db.load_rule_set(files, "ada", "the ring").unwrap();
        });
    };
    District::filled(prepare, |options| adapt(Options { candidates: sites(), ..options }))
}
