//! `vocdb report`, over a store of the METEC site.

use crate::metec::{FRAMES_PER_MINUTE, feed, open};
use crate::tool::{example, run};
use serde_json::Value;
use std::path::Path;
use vocdb::trace::incident::{Opening, Step, Suspect};
use vocdb::trace::{OdourIntensity, OdourReport};
use vocdb::{AlarmId, Durability, Timestamp};

/// Minutes that are fed: the first day, with a release from 02:18 to 08:48.
const MINUTES: usize = 900;

/// Makes a store in `dir/store` with the readings and alarms of a night, and an incident of its first alarm.
pub(super) fn night(dir: &Path) {
    let (db, frames) = open(&dir.join("store"), Durability::Buffered);
    feed(&db, &frames[..MINUTES * FRAMES_PER_MINUTE], 3_000);
    let opening = db.opening_of_alarm(AlarmId(1)).unwrap();
    let id = db.open_incident(opening, "Li Na", "methane at the fence").unwrap();
    let suspect = Suspect { site: "Separator.East".to_owned(), probability: Some(0.7), factors: Vec::new() };
    db.step_incident(id, Step::Suspected(suspect), "Wang Wei", "seen from the gate").unwrap();
    let odour = OdourReport {
        time: db.incident(id).unwrap().opened.from.plus_ms(3_600_000),
        latitude_deg: 40.5957,
        longitude_deg: -105.1394,
        intensity: OdourIntensity::new(4).unwrap(),
        words: "like gas".to_owned(),
        reporter: Some("Zhao".to_owned()),
        at: Timestamp::default(),
    };
    db.report_odour(odour).unwrap();
    db.close().unwrap();
}

/// Writes the report of the night.
pub(super) fn write(dir: &Path, file: &str) -> Value {
    let sites = example("metec/sources.csv");
    let arguments =
        ["report", "store", "1", "-o", file, "--sites", &sites, "--by", "Li Na", "--zone", "America/Denver", "--json"];
    run(dir, &arguments).object()
}

#[test]
fn a_report_of_real_readings_is_complete_and_can_be_verified() {
    let dir = crate::support::scratch::dir();
    night(dir.path());
    let written = write(dir.path(), "report.html");
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    super::markup::check(&page);
    assert_eq!(written["bytes"], page.len());
    assert!(page.len() < 2_000_000);
    for words in [
        "metec/fence-NW",
        "methane in ppm",
        "Separator.East",
        "duty officer",
        "Wind rose of metec/mast",
        "Stations",
        "<td data-label=\"Title\"><span>Methane",
        "not sent yet",
        "<td data-label=\"Description\"><span>like gas",
        "odour report</li>",
        "class=\"odour-cone\"",
        "where the wind of an odour report came from",
        "Times are those of America/Denver",
        "given by its centroid",
        "-06:00",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(crate::tool::times_in_utc(&page), Vec::<&str>::new(), "every time has the offset of the zone");
    let sites = example("metec/sources.csv");
    let located = run(dir.path(), &["locate", "store", "--incident", "1", "--sites", &sites, "--json"]).object();
    let of_report =
        page.split("The most probable place is ").nth(1).unwrap().split_once(" of the reference point (").unwrap().1;
    let degrees: Vec<f64> =
        of_report.split("° ").take(2).map(|text| text.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    for (key, of_report) in ["lat", "lon"].into_iter().zip(degrees) {
        let of_locate = located["mode"][key].as_f64().unwrap().abs();
        // Two local frames and six decimals lie between the two: less than a metre.
        assert!((of_locate - of_report).abs() < 5e-6, "{key}: {of_locate} by `locate`, {of_report} by the report");
    }
    let records = written["ledger_records"].to_string();
    let verify = |records: &str| run(dir.path(), &["report", "store", "1", "--ledger-head", records]);
    let sha256 = written["ledger_sha256"].as_str().unwrap();
    assert_eq!(verify(&records).printed(), format!("{records} records, SHA-256 {sha256}\n"));
    run(dir.path(), &["incident", "comment", "store", "1", "--by", "Li", "--comment", "later"]).printed();
    assert!(verify(&records).printed().contains(sha256), "the ledger only grows");
    assert!(verify("999999").error(1).contains("it is not the ledger of that report"));
}

#[test]
fn wrong_arguments_of_a_report_are_explained() {
    let dir = crate::support::scratch::dir();
    let db = vocdb::Database::open(dir.path().join("store"), vocdb::Config::default()).unwrap();
    let begin = "2024-06-01T00:00:00Z".parse().unwrap();
    db.open_incident(Opening::new("smell at the gate", begin), "Li", "a call").unwrap();
    db.close().unwrap();
    let report = |more: &[&str]| run(dir.path(), &[&["report", "store"][..], more].concat());
    assert!(report(&["1"]).error(2).contains("--output <FILE>"));
    assert!(report(&["9", "-o", "a.html"]).error(1).contains("incident 9 does not exist"));
    assert!(report(&["1", "-o", "no/such/folder/a.html"]).error(1).contains("cannot write no/such/folder/a.html"));
    assert!(report(&["1", "-o", "a.html", "--wind", "mast"]).error(1).contains("no station is named `mast`"));
    assert!(report(&["1", "-o", "a.html", "--sites", "none.csv"]).error(1).contains("cannot read none.csv"));
    assert!(report(&["1", "-o", "a.html", "--duty", "plant/RTO"]).error(1).contains("no treatment unit is named"));
    let printed = report(&["1", "-o", "a.html"]).printed();
    assert!(printed.contains("missing: wind: no station measures"), "{printed}");
    super::markup::check(&std::fs::read_to_string(dir.path().join("a.html")).unwrap());
}
