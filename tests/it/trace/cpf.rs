//! The conditional probability function, against answers of an independent implementation.

use crate::tool::{example, run};
use serde_json::Value;
use std::path::Path;

const ROADSIDE: &[&str] = &[
    "--station",
    "London",
    "--instrument",
    "site",
    "--interval",
    "1h",
    "--time",
    "date",
    "--channel",
    "benzene=benzene:ug/m3@20C",
    "--channel",
    "ws=wind speed:m/s",
    "--channel",
    "wd=wind direction:deg",
];

fn import_roadside(dir: &Path) {
    let file = example("aqroadside/2000_2004.csv");
    let ended = run(dir, &[&["import", "store", &file], ROADSIDE].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

fn last_object(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn benzene_at_the_roadside_has_the_golden_function() {
    let dir = crate::support::scratch::dir();
    import_roadside(dir.path());
    let ask = |more: &[&str]| {
        let question = ["cpf", "store", "--station", "London", "--channel", "benzene"];
        run(dir.path(), &[&question, more].concat())
    };
    let answer = last_object(&ask(&["--json"]).printed());
    let golden = std::fs::read_to_string(example("golden/cpf_benzene_aqroadside_2000_2004_p90.csv")).unwrap();
    let rows: Vec<Vec<&str>> = golden.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let sectors = answer["sectors"].as_array().unwrap();
    assert_eq!((sectors.len(), rows.len()), (36, 36));
    for (sector, row) in sectors.iter().zip(&rows) {
        let [deg, n, m] = ["sector_deg", "n", "m"].map(|key| sector[key].to_string());
        assert_eq!([deg.as_str(), &n, &m], [row[0], row[1], row[2]]);
        let cpf = sector["cpf"].as_f64().unwrap();
        assert!((cpf - row[3].parse::<f64>().unwrap()).abs() <= 5e-7, "{cpf} instead of {}", row[3]);
        assert!(sector["low"].as_f64().unwrap() <= cpf && cpf <= sector["high"].as_f64().unwrap());
    }
    assert_eq!(answer["calm"], 0);
    let text = ask(&[]).printed();
    assert_eq!(text.lines().count(), 39, "{text}");
    let sentence = text.lines().last().unwrap();
    assert!(sentence.starts_with("benzene at London is raised with wind from the "), "{sentence}");
    assert!(text.lines().nth(1).unwrap().starts_with("0,435,3,0.006897,"), "{text}");

    // The same threshold as a number gives the same sectors; a least wind speed only takes readings away.
    let threshold = answer["threshold"].to_string();
    let by_value = last_object(&ask(&["--json", "--threshold", &threshold]).printed());
    assert_eq!(by_value["sectors"], answer["sectors"]);
    let windy = last_object(&ask(&["--json", "--wind-speed-min", "3"]).printed());
    let count =
        |answer: &Value| answer["sectors"].as_array().unwrap().iter().map(|s| s["n"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(count(&windy) + windy["calm"].as_u64().unwrap(), count(&answer));
    assert!(windy["calm"].as_u64().unwrap() > 0);

    for (more, says) in [
        (&["--percentile", "120"][..], "a percentile of 120"),
        (&["--from", "1990-01-01", "--to", "1991-01-01"], "no valid reading in the range"),
        (&["--wind", "Paris"], "no station is named `Paris`; registered are: London"),
        (&["--wind", "London:mast"], "no instrument `mast`; it has: site"),
    ] {
        let error = ask(more).error(1);
        assert!(error.contains(says), "{error}");
    }
}
