//! One night: a treatment unit stops and its standby starts 36 minutes late; later, the seal of a tank leaks elsewhere.

use crate::tool::run;
use serde_json::Value;
use std::path::Path;
use vocdb::rules::RuleFile;
use vocdb::trace::LocalFrame;
use vocdb::{Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Position, Station, Timestamp, Unit};

const RULES: &str = r#"
alarm("benzene-high")
    .title("Benzene {value} at {stations}")
    .scope(stations("park/*"))
    .when(avg("benzene", 10.minutes) > 12.ppb)
    .clear_when(avg("benzene", 10.minutes) < 6.ppb, 5.minutes)
    .quorum(1)
    .on_missing("unknown", 15.minutes)
    .escalate(escalation("desk").step(0.minutes, contact("duty officer"), ["app"]));
"#;

/// Metres east and north of the sources, and kg/s.
const OXIDISER: (f64, f64, f64) = (-100.0, 60.0, 0.004);
const TANK: (f64, f64, f64) = (170.0, -140.0, 0.004);

/// Minutes after 20:00 in which each emits.
const GAP: std::ops::Range<i64> = 60..96;
const LEAK: std::ops::Range<i64> = 190..290;
const NIGHT_MINUTES: i64 = 360;

fn start() -> Timestamp {
    "2026-03-14T20:00:00+08:00".parse().unwrap()
}

fn frame() -> LocalFrame {
    LocalFrame::new(30.73, 121.28).unwrap()
}

/// Twelve stations on two rings.
fn stations() -> Vec<(String, f64, f64)> {
    let on_ring = |(ring, radius): (u32, f64)| {
        (0..6).map(move |place| {
            let angle = f64::from(place * 60 + ring * 30).to_radians();
            (format!("park/S{}", ring * 6 + place + 1), radius * angle.sin(), radius * angle.cos())
        })
    };
    [(0, 260.0), (1, 480.0)].into_iter().flat_map(on_ring).collect()
}

/// Speed and direction of the wind of a minute: south-west, and swinging.
fn wind(minute: i64) -> (f64, f64) {
    let swing = (minute as f64 / 17.0).sin() * 25.0 + (minute as f64 / 5.0).sin() * 8.0;
    (3.0, (235.0 + swing).rem_euclid(360.0))
}

/// Concentration in kg/m3 of a plain Gaussian plume in neutral air (Briggs, open country), of its own for this test.
fn plume(source: (f64, f64, f64), at: (f64, f64), minute: i64) -> f64 {
    let (speed, from) = wind(minute);
    let (sin, cos) = from.to_radians().sin_cos();
    let (east, north) = (at.0 - source.0, at.1 - source.1);
    let along = -(east * sin + north * cos);
    let across = east * cos - north * sin;
    if along <= 1.0 {
        return 0.0;
    }
    let sigma_y = 0.08 * along / (1.0 + 0.0001 * along).sqrt();
    let sigma_z = 0.06 * along / (1.0 + 0.0015 * along).sqrt();
    let flank = (-0.5 * (across / sigma_y).powi(2)).exp();
    source.2 * flank / (std::f64::consts::PI * speed * sigma_y * sigma_z)
}

/// Benzene in ppb: background, a little noise of its own, and the plumes.
fn benzene(station: usize, at: (f64, f64), minute: i64) -> f64 {
    let noise = ((station as i64 * 7_919 + minute * 104_729) % 97) as f64 / 97.0 * 0.4;
    let gap = if GAP.contains(&minute) { plume(OXIDISER, at, minute) } else { 0.0 };
    let leak = if LEAK.contains(&minute) { plume(TANK, at, minute) } else { 0.0 };
    // 1 ppb of benzene is 3.19 ug/m3 at 25 degrees.
    1.5 + noise + (gap + leak) * 1e9 / 3.19
}

fn register(db: &Database, name: &str, place: Option<(f64, f64)>, channels: Vec<Channel>) -> InstrumentId {
    let position = place.map_or_else(Position::default, |(east, north)| {
        let (latitude, longitude) = frame().to_wgs84(east, north);
        Position { lon_lat_deg: Some((longitude, latitude)), height_m: Some(3.0), ..Position::default() }
    });
    let (station, instrument) = name.rsplit_once(':').unwrap();
    let id = match db.registry().station_named(station) {
        Some(id) => id,
        None => db.register_station(Station::new(station).unwrap().at(position)).unwrap(),
    };
    db.register_instrument(id, Instrument::new(instrument, Interval::MINUTE, channels).unwrap()).unwrap()
}

/// Records the night with the rules in force.
fn record(dir: &Path) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let gauges: Vec<(InstrumentId, (f64, f64))> = stations()
        .into_iter()
        .map(|(name, east, north)| {
            let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
            (register(&db, &format!("{name}:gc"), Some((east, north)), channels), (east, north))
        })
        .collect();
    let anemometer = vec![
        Channel::quantity("wind speed", Unit::MetrePerSecond).unwrap(),
        Channel::quantity("wind direction", Unit::Degree).unwrap(),
    ];
    let mast = register(&db, "mast:anemometer", Some((0.0, 0.0)), anemometer);
    let state = || vec![Channel::quantity("state", Unit::One).unwrap()];
    let units = ["plant:RTO-1", "plant:RTO-2"].map(|name| register(&db, name, None, state()));
    db.load_rule_files(vec![RuleFile { name: "park.rhai".into(), text: RULES.into() }]).unwrap();
    for minute in 0..NIGHT_MINUTES {
        let time = start().plus_ms(minute * 60_000);
        let mut batch = Batch::new();
        for (place, (id, at)) in gauges.iter().enumerate() {
            batch.push_values(*id, time, &[Some(benzene(place, *at, minute))]);
        }
        let (speed, from) = wind(minute);
        batch.push_values(mast, time, &[Some(speed), Some(from)]);
        let runs = [minute < GAP.start, minute >= GAP.end].map(|runs| Some(f64::from(u8::from(runs))));
        units.iter().zip(runs).for_each(|(unit, state)| batch.push_values(*unit, time, &[state]));
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    db.close().unwrap();
    let place = |source: (f64, f64, f64)| frame().to_wgs84(source.0, source.1);
    let (oxidiser, tank) = (place(OXIDISER), place(TANK));
    let decoy = frame().to_wgs84(-60.0, -220.0);
    let sites = format!(
        "name,latitude,longitude\noxidiser,{},{}\ntank T-401,{},{}\nloading rack,{},{}\n",
        oxidiser.0, oxidiser.1, tank.0, tank.1, decoy.0, decoy.1
    );
    std::fs::write(dir.join("sites.csv"), sites).unwrap();
    std::fs::create_dir(dir.join("rules")).unwrap();
    std::fs::write(dir.join("rules/park.rhai"), RULES).unwrap();
}

fn object(dir: &Path, arguments: &[&str]) -> Value {
    let printed = run(dir, &[&["--json"], arguments].concat()).printed();
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

#[test]
fn both_sources_of_a_night_are_named_with_their_evidence() {
    let scratch = crate::support::scratch::dir();
    let dir = scratch.path();
    record(dir);
    let units = ["--duty", "oxidiser=plant/RTO-1", "--standby", "oxidiser=plant/RTO-2"];
    let night = ["--from", "2026-03-14T20:00:00+08:00", "--to", "2026-03-15T02:00:00+08:00", "--sites", "sites.csv"];
    let trace = ["trace", "store", "--rules", "rules", "--channel", "benzene"];
    let traced = object(dir, &[&trace[..], &night, &units].concat());
    let incidents = traced["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 2, "{traced}");
    for (incident, site) in incidents.iter().zip(["oxidiser", "tank T-401"]) {
        assert_eq!(incident["verdict"], "located", "{incident}");
        assert_eq!(incident["sites"][0]["name"], site, "{incident}");
        let probability = |place: usize| incident["sites"][place]["probability"].as_f64().unwrap();
        assert!(probability(0) > 0.3 && probability(1) < 0.05, "{incident}");
    }
    let evidence = &incidents[0]["sites"][0];
    let found = evidence["evidence_found"][0].as_str().unwrap();
    assert!(
        found.contains("RTO-1 stopped 2026-03-14T13:00:00Z") && found.contains("36 min without treatment"),
        "{found}"
    );
    assert_eq!((evidence["evidence"].as_f64(), incidents[1]["sites"][0]["evidence"].as_f64()), (Some(3.0), Some(1.0)));

    let night = ["--from", "2026-03-14T20:00:00+08:00", "--to", "2026-03-15T02:00:00+08:00"];
    let outages =
        object(dir, &[&["outages", "store", "--duty", "plant/RTO-1", "--standby", "plant/RTO-2"], &night[..]].concat());
    assert_eq!(outages["outages"][0]["gap_minutes"], 36.0, "{outages}");
    case_is_opened_and_closed(dir);
}

/// The alarms of the night open a case, which names its suspects and is closed.
fn case_is_opened_and_closed(dir: &Path) {
    let by = ["--by", "Li Na"];
    let step = |arguments: &[&str]| object(dir, &[&["incident"], arguments, &by[..]].concat());
    step(&["open", "store", "--alarm", "1"]);
    step(&["suspect", "store", "1", "--site", "oxidiser", "--probability", "0.8", "--factor", "evidence=3"]);
    step(&["suspect", "store", "1", "--site", "tank T-401", "--probability", "0.9"]);
    step(&["find", "store", "1", "--text", "the seal of the tank leaks", "--site", "tank T-401"]);
    step(&[
        "rectify",
        "store",
        "1",
        "--text",
        "seal replaced",
        "--rectified-by",
        "plant",
        "--rectified-on",
        "2026-03-15",
    ]);
    step(&["close", "store", "1", "--outcome", "violation", "--kind", "leak", "--penalty", "50000 CNY"]);
    let shown = object(dir, &["incident", "show", "store", "1"]);
    let text = shown.to_string();
    for part in ["oxidiser", "tank T-401", "seal replaced", "violation", "50000"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let units = ["--duty", "oxidiser=plant/RTO-1", "--standby", "oxidiser=plant/RTO-2"];
    let report = [
        "report",
        "store",
        "1",
        "-o",
        "night.html",
        "--sites",
        "sites.csv",
        "--by",
        "Li Na",
        "--zone",
        "Asia/Shanghai",
    ];
    let written = object(dir, &[&report[..], &units].concat());
    let page = std::fs::read_to_string(dir.join("night.html")).unwrap();
    assert!(written["bytes"].as_u64().unwrap() < 2_000_000, "{written}");
    for part in [
        "oxidiser",
        "tank T-401",
        "plant/RTO-1",
        "36",
        "seal replaced",
        "50000 CNY",
        "benzene",
        "limit of the rule benzene-high in force for avg over 10 min (12 ppb)",
    ] {
        assert!(page.contains(part), "{part} is missing in the report");
    }
}
