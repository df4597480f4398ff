//! The register: stations, positions, instruments and channels by forms.

use crate::district::{District, send};
use vocdb::{ChangeAction, ChangeLog};

/// The fields of a form.
type Form<'a> = &'a [(&'a str, &'a str)];

#[test]
fn a_station_is_registered_placed_equipped_and_covered_by_the_rules() {
    let mut district = District::open();
    let mut ada = district.person("ada");
    let station = [
        ("station", "park/S3"),
        ("latitude", "30.731"),
        ("longitude", "121.286"),
        ("height", "3.5"),
        ("reason", "new site at the gate"),
    ];
    ada.act("/register", "/register/station", &station);
    let instrument = [
        ("station", "park/S3"),
        ("instrument", "pid"),
        ("interval", "1 min"),
        ("channels", "benzene: ppb\r\nwind speed: m/s\r\n"),
        ("reason", "delivered"),
    ];
    ada.act("/register", "/register/instrument", &instrument);
    let register = ada.page("/register");
    for text in ["park/S3", "30.73100, 121.28600", "inlet 3.5 m", "wind speed", " in m/s"] {
        assert!(register.contains(text), "{text} is missing: {register}");
    }
    let token = ada.token("/register");
    let frame = |minute: i64| {
        format!(
            r#"{{"station":"park/S3","instrument":"pid","time":"2026-03-14T14:{minute:02}:00Z","values":{{"benzene":90,"wind speed":2}}}}"#
        )
    };
    let frames: Vec<String> = (20..41).map(frame).collect();
    let answer = send(&mut ada, &token, &format!(r#"{{"frames":[{}]}}"#, frames.join(",")));
    assert!(answer.contains("\"alarms_opened\":1"), "the rules in force cover it: {answer}");

    let audit = ada.page("/audit");
    for text in [
        "station `park/S3` registered: new site at the gate",
        "instrument `pid` registered at station `park/S3`: delivered",
        "station placed at park/S3",
    ] {
        assert!(audit.contains(text), "{text} is missing: {audit}");
    }
    let db = district.stop();
    let registry = db.registry();
    let id = registry.station_named("park/S3").unwrap();
    assert_eq!(registry.station(id).unwrap().position().lon_lat_deg, Some((121.286, 30.731)));
    let (_, instrument) = registry.instrument(registry.instrument_named(id, "pid").unwrap()).unwrap();
    assert!(instrument.channels()[0].species_entry().is_some() && instrument.channels()[1].species_entry().is_none());
}

#[test]
fn a_position_and_channels_are_changed_with_author_and_reason_in_the_ledger() {
    let mut district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let set = |fields: &[(&'static str, &'static str)]| {
        let mut fields = fields.to_vec();
        fields.push(("station", "park/S1"));
        fields
    };
    let first = set(&[("latitude", "30.7"), ("longitude", "121.2"), ("height", "3"), ("reason", "surveyed")]);
    ada.act("/register", "/register/position", &first);
    let moved = set(&[("latitude", "30.8"), ("since", "2026-03-14T14:30"), ("reason", "moved to the fence")]);
    ada.act("/register", "/register/position", &moved);
    let channels =
        [("instrument", "1"), ("channels", "styrene: ppb"), ("retired", "toluene"), ("reason", "new column")];
    ada.act("/register", "/register/channels", &channels);
    let register = ada.page("/register");
    assert!(register.contains("30.80000, 121.20000") && register.contains("inlet 3.0 m"), "{register}");
    assert!(register.contains("styrene") && register.contains("retired"), "{register}");
    let audit = ada.page("/audit");
    for text in ["surveyed", "station moved at park/S1", "moved to the fence", "channels changed", "new column"] {
        assert!(audit.contains(text), "{text} is missing: {audit}");
    }

    let store = district.store();
    district.stop().close().unwrap();
    let mut found = Vec::new();
    ChangeLog::open(&store)
        .unwrap()
        .visit(|change| {
            if matches!(
                change.action,
                ChangeAction::StationPlaced | ChangeAction::StationMoved | ChangeAction::ChannelsChanged
            ) {
                found.push((change.by, change.reason));
            }
            Ok::<(), vocdb::Error>(())
        })
        .unwrap();
    let expected = ["surveyed", "moved to the fence", "new column"].map(|reason| ("ada".to_owned(), reason.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn changes_of_the_register_that_make_no_sense_are_refused_with_what_to_write() {
    let mut district = District::open();
    let mut ada = district.person("ada");
    let long = "x".repeat(300);
    let instrument = |channels| {
        [("station", "park/S1"), ("instrument", "gc"), ("interval", "1 min"), ("channels", channels), ("reason", "x")]
    };
    let refused: &[(&str, Form<'_>, &str)] = &[
        ("station", &[("station", "park/S1"), ("reason", "x")], "A station is named `park/S1`"),
        ("station", &[("station", "park/*"), ("reason", "x")], "may stand in it"),
        ("station", &[("station", &long), ("reason", "x")], "more than 200 characters"),
        ("station", &[("station", "park/S3")], "`Reason` is empty"),
        (
            "station",
            &[("station", "park/S3"), ("latitude", "30.7"), ("reason", "x")],
            "both `Longitude in degrees` and `Latitude in degrees`",
        ),
        (
            "station",
            &[("station", "park/S3"), ("latitude", "121"), ("longitude", "30"), ("reason", "x")],
            "latitude must be",
        ),
        ("station", &[("station", "park/S3"), ("height", "tall"), ("reason", "x")], "is not a number"),
        ("station", &[("station", "park/S3"), ("height", "NaN"), ("reason", "x")], "is not a number"),
        ("position", &[("station", "park/S9"), ("reason", "x")], "No station is named `park/S9`"),
        ("position", &[("station", "park/S1"), ("height", "3"), ("since", "noon"), ("reason", "x")], "noon"),
        ("instrument", &instrument("benzene"), "write name: unit"),
        ("instrument", &instrument("benzene: furlong"), "furlong"),
        ("instrument", &instrument(""), "channels"),
        (
            "instrument",
            &[
                ("station", "park/S1"),
                ("instrument", "pid"),
                ("interval", "1 min"),
                ("channels", "styrene: ppb"),
                ("reason", "x"),
            ],
            "has an instrument `pid`",
        ),
        (
            "instrument",
            &[
                ("station", "park/S1"),
                ("instrument", "gc"),
                ("interval", "soon"),
                ("channels", "styrene: ppb"),
                ("reason", "x"),
            ],
            "soon",
        ),
        ("channels", &[("instrument", "1"), ("reason", "x")], "to add or to retire"),
        ("channels", &[("instrument", "99"), ("channels", "styrene: ppb"), ("reason", "x")], "not registered"),
        ("channels", &[("instrument", "1"), ("channels", "benzene: ug/m3"), ("reason", "x")], "benzene"),
        ("channels", &[("instrument", "1"), ("retired", "styrene"), ("reason", "x")], "styrene"),
    ];
    for (path, fields, problem) in refused {
        let answer = ada.submit("/register", &format!("/register/{path}"), fields);
        assert!(answer.status == 422 && answer.body.contains(problem), "{path} {problem}: {}", answer.body);
    }
    let registry = district.stop().registry();
    assert_eq!((registry.stations().count(), registry.instruments().count()), (2, 2));
    assert!(registry.instruments().all(|(.., instrument)| instrument.channels().len() == 2));
}
