//! The map: stations with their states and winds, stations without a place, and the source of an incident.

use crate::district::District;
use crate::park;
use std::collections::BTreeMap;
use vocdb::{Channel, Database, Instrument, Interval, Position, Station, Unit};

/// The number in an attribute that follows a text.
fn numbers(text: &str) -> Vec<f64> {
    text.split([' ', '(', ')', '"']).filter_map(|part| part.parse().ok()).collect()
}

/// Names of stations and their places in the drawing.
fn marks(page: &str) -> BTreeMap<String, (f64, f64)> {
    let mut marks = BTreeMap::new();
    for part in page.split("<a href=\"/station?name=").skip(1) {
        let Some((link, rest)) = part.split_once("<g transform=\"translate(") else { continue };
        if link.contains("</a>") {
            continue;
        }
        let title = link.split("<title>").nth(1).unwrap().split(": ").next().unwrap().to_owned();
        let [x, y] = *numbers(rest.split(')').next().unwrap()).as_slice() else { panic!("{title} has no place") };
        marks.insert(title, (x, y));
    }
    marks
}

#[test]
fn every_station_with_a_position_is_on_the_map_where_it_stands() {
    let district = park::open();
    let page = district.visitor().page("/map");
    let marks = marks(&page);
    let places = park::places();
    assert_eq!(marks.len(), places.len(), "{marks:?}");
    // Distances of the drawing are those of the ground, and north is up.
    let of = |name: &str| marks[name];
    let ((x0, y0), (x2, y2)) = (of("ring/R0"), of("ring/R2"));
    let per_m = (x2 - x0) / 700.0;
    assert!(per_m > 0.0 && (y0 - y2).abs() < 0.5, "{marks:?}");
    for (name, (east, north)) in &places {
        let (x, y) = of(name);
        let (right, up) = ((x - x0) / per_m, (y0 - y) / per_m);
        assert!((right - (east + 350.0)).abs() < 2.0 && (up - (north + 350.0)).abs() < 2.0, "{name} {right} {up}");
    }
    for text in ["Metres from 30.73", "path class=\"north\"", "scale-bar", "100 m</text>", "site tank farm", "<desc>"] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
}

#[test]
fn stations_without_a_position_are_listed_beside_the_map_with_their_state() {
    let district = park::open();
    let page = district.visitor().page("/map");
    let (_, list) = page.split_once("Not on the map").unwrap();
    let list = list.split("</ul>").next().unwrap();
    for name in ["park/S1", "park/S2", "ring/mobile"] {
        assert!(list.contains(name), "{name}: {list}");
    }
    assert_eq!((list.matches("<li>").count(), list.matches("no recent readings").count()), (3, 3), "{list}");
    // Without any position there is no drawing, and still every station.
    let page = District::open().visitor().page("/map");
    assert!(!page.contains("<svg") && page.contains("park/S1") && page.contains("vocdb stations import"), "{page}");
}

#[test]
fn a_state_has_a_shape_of_its_own_and_the_wind_an_arrow() {
    let district = park::open();
    let page = district.visitor().page("/map");
    let svg = page.split("</svg>").next().unwrap();
    let open: Vec<&str> =
        ["urgent", "normal"].into_iter().filter(|state| svg.contains(&format!("<g class=\"{state}\">"))).collect();
    assert_eq!(open, ["urgent", "normal"], "{svg}");
    assert!(svg.contains("<text class=\"sign\""), "{svg}");
    assert!(svg.contains("alarm, high priority") && svg.contains("ring/mast: wind from "), "{svg}");
    assert_eq!(svg.matches("class=\"wind-head\"").count(), 1, "one station measures the wind: {svg}");
    // Half an hour later the wind is old, and no station has recent readings.
    district.clock.set_ms(crate::district::NOW_MS + 3_600_000);
    let page = district.visitor().page("/map");
    assert!(!page.contains("wind-head") && page.contains("<g class=\"silent\">"), "{page}");
}

#[test]
fn the_map_is_a_file_of_its_own_and_on_the_first_page_of_people_on_duty() {
    let district = park::open();
    let mut visitor = district.visitor();
    let file = visitor.get("/map.svg");
    assert_eq!((file.status, file.header("content-type")), (200, Some("image/svg+xml")));
    assert!(
        file.body.starts_with("<?xml") && file.body.contains("<style>") && file.body.contains("xmlns="),
        "{}",
        file.body
    );
    assert!(!file.body.contains("<script"));
    assert!(!visitor.page("/").contains("<svg"), "visitors see the table");
    assert!(district.person("olga").page("/").contains("<svg class=\"drawing map\""));
}

#[test]
fn an_incident_has_the_areas_and_the_suspects_on_its_map() {
    let district = park::open();
    let mut dan = district.person("dan");
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "smell")]);
    let step = "/incidents/1/step";
    dan.act("/incidents/1", step, &[("step", "suspect"), ("site", "tank farm"), ("comment", "plume")]);
    dan.act("/incidents/1", step, &[("step", "suspect"), ("site", "a lorry"), ("comment", "seen")]);
    let page = dan.page("/incidents/1");
    for text in [
        "The source lies in the areas of the map",
        "class=\"area-90\"",
        "class=\"area-50\"",
        "most probable place",
        "suspected site tank farm",
        "Suspects that are no sites of the map: a lorry",
        "<title>50 % area</title>",
    ] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    let (_, ranked) = page.split_once("What speaks for or against it").unwrap();
    let (tank, paint) = (ranked.find("tank farm").unwrap(), ranked.find("paint shop").unwrap());
    assert!(tank < paint, "the tank leaks: {ranked:.600}");
    let file = dan.get("/incidents/1/map.svg");
    assert!(file.status == 200 && file.body.contains("suspected site"), "{}", file.body);
    assert_eq!(district.visitor().get("/incidents/1/map.svg").header("location"), Some("/login"));
}

#[test]
fn a_mistyped_position_is_listed_and_does_not_hide_the_others() {
    let fill = |db: &Database| {
        for (name, position) in [
            ("a", Some((121.0, 31.0))),
            ("b", Some((121.01, 31.0))),
            ("c", Some((121.0, 31.01))),
            ("swapped", Some((31.0, 81.0))),
            ("pole", Some((0.0, 90.0))),
        ] {
            let position = Position { lon_lat_deg: position, ..Position::default() };
            let station = db.register_station(Station::new(name).unwrap().at(position)).unwrap();
            let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
            db.register_instrument(station, Instrument::new("gc", Interval::HOUR, vec![benzene]).unwrap()).unwrap();
        }
        let metres = Position { east_north_m: Some((1.0, 2.0)), ..Position::default() };
        db.register_station(Station::new("metres").unwrap().at(metres)).unwrap();
    };
    let district = District::filled(fill, |options| options);
    let page = district.visitor().page("/map");
    assert_eq!(marks(&page).keys().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
    let (_, list) = page.split_once("Not on the map").unwrap();
    for text in ["swapped", "pole", "more than 500 km", "metres", "a position in metres only"] {
        assert!(list.contains(text), "{text}: {list}");
    }
}
