//! `vocdb locate` and `vocdb trace`: from a store to named sites, and what they say where something is missing.

use crate::metec;
use crate::tool::{example, run};
use serde_json::Value;
use std::path::Path;
use vocdb::{Batch, Channel, Config, Database, Durability, Instrument, Interval, Position, Station, Timestamp, Unit};

/// A store of the METEC site at `store`.
fn metec_store(dir: &Path) {
    let (db, frames) = metec::open(&dir.join("store"), Durability::Buffered);
    metec::feed(&db, &frames, 10_000);
    db.close().unwrap();
}

fn last_object(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_release_of_metec_is_located_within_metres_and_its_unit_named() {
    let dir = crate::support::scratch::dir();
    metec_store(dir.path());
    let sites = example("metec/sites.csv");
    let locate = |more: &[&str]| {
        let release = ["--from", "2022-05-09T17:49:55Z", "--to", "2022-05-09T19:49:54Z", "--sites", &sites];
        run(dir.path(), &[&["locate", "store", "--channel", "methane"], &release[..], more].concat()).printed()
    };
    let answer = last_object(&locate(&["--json", "--at", "40.59566467,-105.1402658", "--at", "40.60,-105.14"]));
    assert_eq!(answer["verdict"], "located", "{answer}");
    // The emission point is 40.59566467, -105.1402658.
    let (lat, lon) = (answer["mode"]["lat"].as_f64().unwrap(), answer["mode"]["lon"].as_f64().unwrap());
    let error_m = ((lat - 40.595_664_67) * 111_000.0).hypot((lon + 105.140_265_8) * 84_500.0);
    assert!(error_m < 10.0, "{error_m} m");
    assert_eq!(answer["sites"][0]["name"], "Separator.West");
    let rate = |key: &str| answer["rate"][key].as_f64().unwrap();
    assert!(rate("low") < 1.9775 && 1.9775 < rate("high") && answer["rate"]["unit"] == "kg/h", "{answer}");
    assert!(answer["area50_m2"].as_f64() < answer["area90_m2"].as_f64());
    let level = |place: usize| answer["at"][place]["credible_level"].as_f64().unwrap();
    assert!(level(0) < 0.5 && level(1) > 0.999, "{answer}");
    let sum: f64 = answer["sites"].as_array().unwrap().iter().map(|site| site["probability"].as_f64().unwrap()).sum();
    assert!(sum > 0.1 && sum <= 1.0 + 1e-9);
    assert_eq!(locate(&["--json"]), locate(&["--json"]), "the same readings, another answer");
    assert!(locate(&[]).contains("1. Separator.West: "));
}

#[test]
fn alarms_alone_lead_to_the_unit_without_a_release_time() {
    let dir = crate::support::scratch::dir();
    metec_store(dir.path());
    let (rules, sites) = (format!("{}/examples/rules", env!("CARGO_MANIFEST_DIR")), example("metec/sites.csv"));
    let days = ["--from", "2022-05-10T18:00:00Z", "--to", "2022-05-11T00:00:00Z"];
    let trace = ["--json", "trace", "store", "--rules", &rules, "--channel", "methane", "--sites", &sites];
    let answer = last_object(&run(dir.path(), &[&trace[..], &days].concat()).printed());
    let incidents = answer["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 1, "{answer}");
    assert_eq!(incidents[0]["sites"][0]["name"], "Tank");
    // The release lasted from 20:28 to 22:21.
    let near = |key: &str, time: &str| {
        let found: Timestamp = incidents[0][key].as_str().unwrap().parse().unwrap();
        found.since_ms(time.parse().unwrap()).abs() <= 15 * 60_000
    };
    assert!(near("start", "2022-05-10T20:28:00Z") && near("end", "2022-05-10T22:21:00Z"), "{answer}");
}

/// Two stations and a mast 200 m apart, an hour of minutes.
fn small(dir: &Path, has_positions: bool, wind: Option<f64>, plume: f64) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let start: Timestamp = "2024-06-01T00:00:00Z".parse().unwrap();
    let mut batch = Batch::new();
    for (place, name) in (0_u8..).zip(["S1", "S2", "mast"]) {
        let position = Position {
            lon_lat_deg: has_positions.then_some((121.5 + 0.002 * f64::from(place), 31.2)),
            height_m: Some(3.0),
            ..Position::default()
        };
        let station = db.register_station(Station::new(name).unwrap().at(position)).unwrap();
        let channels = match (name, wind) {
            ("mast", None) => vec![Channel::quantity("temperature", Unit::Celsius).unwrap()],
            ("mast", Some(_)) => vec![
                Channel::quantity("wind speed", Unit::MetrePerSecond).unwrap(),
                Channel::quantity("wind direction", Unit::Degree).unwrap(),
            ],
            _ => vec![Channel::species("benzene", Unit::Ppb).unwrap()],
        };
        let count = channels.len();
        let id = db.register_instrument(station, Instrument::new("i", Interval::MINUTE, channels).unwrap()).unwrap();
        for minute in 0..60_i64 {
            let high = if name == "S1" && (20..40).contains(&minute) { plume } else { 0.0 };
            let value = if name == "mast" { wind.unwrap_or(20.0) } else { 2.0 + high };
            let values = [Some(value), Some(270.0)];
            batch.push_values(id, start.plus_ms(minute * 60_000), &values[..count]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.close().unwrap();
}

fn located(dir: &Path, more: &[&str]) -> crate::tool::Ended {
    let question = ["--json", "locate", "store", "--from", "2024-06-01T00:00:00Z", "--to", "2024-06-01T01:00:00Z"];
    run(dir, &[&question[..], more].concat())
}

#[test]
fn what_is_missing_for_a_location_is_named() {
    let benzene = ["--channel", "benzene"];
    let refused = |has_positions, wind, more: &[&str]| {
        let dir = crate::support::scratch::dir();
        small(dir.path(), has_positions, wind, 50.0);
        located(dir.path(), more).error(1)
    };
    assert!(refused(false, Some(2.0), &benzene).contains("set positions with `vocdb stations import`"));
    assert!(refused(true, None, &benzene).contains("no station measures wind speed and direction"));
    assert!(
        refused(true, Some(2.0), &["--channel", "xylene"])
            .contains("no station has a channel `xylene`; there are: benzene")
    );
    assert!(refused(true, Some(2.0), &["--channel", "benzene", "--wind", "S1"]).contains("S1"));
    let empty = ["--channel", "benzene", "--from", "2025-06-01T00:00:00Z", "--to", "2025-06-01T01:00:00Z"];
    let dir = crate::support::scratch::dir();
    small(dir.path(), true, Some(2.0), 50.0);
    let error = run(dir.path(), &[&["locate", "store"], &empty[..]].concat()).error(1);
    assert!(error.contains("no station has a valid reading of `benzene` from 2025-"), "{error}");
    let year = ["locate", "store", "--channel", "benzene", "--from", "2024-01-01", "--to", "2024-12-01"];
    assert!(run(dir.path(), &year).error(1).contains("at most 7 days"));
    std::fs::write(dir.path().join("sites.csv"), "name,latitude,longitude\nA,31.2,221.5\n").unwrap();
    let error = located(dir.path(), &["--channel", "benzene", "--sites", "sites.csv"]).error(1);
    assert!(error.contains("sites.csv") && error.contains("line 2"), "{error}");
}

#[test]
fn calm_air_stuck_sensors_and_one_station_have_verdicts_with_a_reason() {
    let verdict = |wind: f64, plume: f64| {
        let dir = crate::support::scratch::dir();
        small(dir.path(), true, Some(wind), plume);
        let answer = last_object(&located(dir.path(), &["--channel", "benzene"]).printed());
        (answer["verdict"].as_str().unwrap().to_owned(), answer["reason"].as_str().unwrap().to_owned(), answer)
    };
    let (calm, why, _) = verdict(0.1, 50.0);
    assert!(calm == "not_enough" && why.contains("calm"), "{why}");
    let (stuck, why, _) = verdict(2.0, 0.0);
    assert!(stuck == "not_enough" && why.contains("no station rises above the noise of its background"), "{why}");
    let (one, why, answer) = verdict(2.0, 50.0);
    assert!(one == "direction_only" && why.contains("one station alone"), "{why}");
    let bearing = answer["sector"]["bearing_deg"].as_f64().unwrap();
    assert!((bearing - 270.0).abs() < 0.1, "{answer}");
    for key in ["mode", "area50_m2", "area90_m2", "rate"] {
        assert_eq!(answer[key], Value::Null, "{key}");
    }
}

#[test]
fn a_direction_has_neither_areas_nor_probabilities_and_names_the_sites_in_it() {
    let dir = crate::support::scratch::dir();
    small(dir.path(), true, Some(2.0), 50.0);
    let sites = "name,latitude,longitude\nwest,31.2,121.49\neast,31.2,121.51\n";
    std::fs::write(dir.path().join("sites.csv"), sites).unwrap();
    let more = ["--channel", "benzene", "--sites", "sites.csv", "--at", "31.2,121.49"];
    let answer = last_object(&located(dir.path(), &more).printed());
    assert_eq!((&answer["two_sources"], &answer["at"][0]["credible_level"]), (&serde_json::json!([]), &Value::Null));
    let sites = answer["sites"].as_array().unwrap();
    assert!(sites.iter().all(|site| site["probability"].is_null() && site["place"].is_null()), "{answer}");
    let within: Vec<&Value> = sites.iter().filter(|site| site["in_sector"] == true).map(|site| &site["name"]).collect();
    assert_eq!(within, ["west"]);
    let range = ["--from", "2024-06-01T00:00:00Z", "--to", "2024-06-01T01:00:00Z"];
    let text = run(dir.path(), &[&["locate", "store"], &range[..], &more].concat()).printed();
    assert!(text.contains("\nin this direction: west (fingerprint x 1.00, evidence x 1.00)"), "{text}");
    assert!(!text.contains("% area") && !text.contains("rate:") && !text.contains("east ("), "{text}");
}

/// Two hours of noise at eight stations around a mast, in `store`.
fn noise(dir: &Path, seed: u64) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let start: Timestamp = "2024-06-01T00:00:00Z".parse().unwrap();
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut batch = Batch::new();
    for place in 0..9_u8 {
        let angle = f64::from(place) * std::f64::consts::FRAC_PI_4;
        let away = if place == 8 { 0.0 } else { 0.008 };
        let position = Position {
            lon_lat_deg: Some((121.5 + away * angle.sin(), 31.2 + away * angle.cos())),
            height_m: Some(3.0),
            ..Position::default()
        };
        let station = db.register_station(Station::new(format!("S{place}")).unwrap().at(position)).unwrap();
        let channels = if place == 8 {
            let speed = Channel::quantity("wind speed", Unit::MetrePerSecond).unwrap();
            vec![speed, Channel::quantity("wind direction", Unit::Degree).unwrap()]
        } else {
            vec![Channel::species("benzene", Unit::Ppb).unwrap()]
        };
        let count = channels.len();
        let id = db.register_instrument(station, Instrument::new("i", Interval::MINUTE, channels).unwrap()).unwrap();
        for minute in 0..300_i64 {
            let value = if place == 8 { 2.5 } else { 1.0 + 0.1 * (0..12).map(|_| random()).sum::<f64>() - 0.6 };
            let values = [Some(value), Some(150.0 + minute as f64 / 3.0)];
            batch.push_values(id, start.plus_ms(minute * 60_000), &values[..count]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.close().unwrap();
}

#[test]
fn readings_of_noise_alone_have_no_source() {
    for seed in 1..=6 {
        let dir = crate::support::scratch::dir();
        noise(dir.path(), seed);
        let question = [
            "locate",
            "store",
            "--channel",
            "benzene",
            "--from",
            "2024-06-01T02:00:00Z",
            "--to",
            "2024-06-01T04:00:00Z",
        ];
        let answer = last_object(&run(dir.path(), &[&["--json"], &question[..]].concat()).printed());
        let reason = answer["reason"].as_str().unwrap();
        assert!(answer["verdict"] == "not_enough" && reason.contains("no release was seen"), "seed {seed}: {answer}");
        assert_eq!(answer["two_sources"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn sites_far_away_do_not_change_the_location_and_impossible_ones_are_refused() {
    let dir = crate::support::scratch::dir();
    metec_store(dir.path());
    let near = std::fs::read_to_string(example("metec/sites.csv")).unwrap();
    let locate = |more: &str| {
        std::fs::write(dir.path().join("sites.csv"), format!("{}\n{more}", near.trim_end())).unwrap();
        let release = ["--from", "2022-05-09T17:49:55Z", "--to", "2022-05-09T19:49:54Z", "--sites", "sites.csv"];
        run(dir.path(), &[&["--json", "locate", "store", "--channel", "methane"], &release[..]].concat())
    };
    let alone = last_object(&locate("").printed());
    // 20 km to the north.
    let beside = last_object(&locate("far,40.775,-105.14,2.0\n").printed());
    for key in ["verdict", "mode", "area90_m2", "rate"] {
        assert_eq!(alone[key], beside[key], "{key}");
    }
    let far = beside["sites"].as_array().unwrap().iter().find(|site| site["name"] == "far").unwrap();
    assert_eq!(far["place"], 0.0);
    assert!(far["evidence_found"][0].as_str().unwrap().contains("outside the area that was searched"), "{far}");
    let error = locate("swapped,-15.14,40.6,2.0\n").error(1);
    assert!(error.contains("site `swapped` is") && error.contains("latitude and longitude may be swapped"), "{error}");
}
