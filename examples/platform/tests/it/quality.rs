//! The page of data quality.

use crate::district::{District, NOW_MS};
use vocdb::{Batch, Channel, Database, Instrument, Interval, Quality, Sample, Timestamp, Unit};

/// Two days of hours: a flat line, a spike, a calibration, and hours without a value.
fn fill(db: &Database) {
    let temperature = Channel::quantity("temperature", Unit::Celsius).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    let met = Instrument::new("met", Interval::HOUR, vec![temperature, benzene]).unwrap();
    let id = db.ensure_instrument("check/S", met).unwrap();
    let mut batch = Batch::new();
    for hour in 0..48_i64 {
        let value = match hour {
            10 => 85.0,
            20..=40 => 4.2,
            _ => 12.0 + (hour * hour % 17) as f64 / 3.0,
        };
        let quality = if hour == 5 { Quality::Calibration } else { Quality::Normal };
        let benzene = (!(30..42).contains(&hour)).then_some(1.0 + (hour % 7) as f64);
        let samples = vec![Sample { value: Some(value), quality }, Sample { value: benzene, quality: Quality::Normal }];
        batch.push_samples(id, Timestamp::from_ms(NOW_MS - (48 - hour) * 3_600_000), samples);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

#[test]
fn coverage_flags_and_findings_are_shown_with_their_numbers() {
    let district = District::filled(fill, |options| options);
    let mut olga = district.person("olga");
    let all = olga.page("/quality");
    // Of the last 24 hours, benzene has 12; of the last 7 days, 36 of 168.
    let (_, row) = all.split_once("quality?station=check%2FS").unwrap();
    let row = row.split("</tr>").next().unwrap();
    for text in ["met/benzene", "50 %", "21 %", ">low<"] {
        assert!(row.contains(text), "{text}: {row}");
    }
    let page = olga.page("/quality?station=check%2FS&from=2026-03-12T00:00&to=2026-03-15T00:00");
    for text in [
        "<th class=\"number\">calibration</th>",
        "85 degC is above the possible 57 degC",
        "gross-range",
        "flat-line",
        "values in a row are 4.2 degC over",
        "met/temperature",
        "gap",
    ] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    // Temperature: 72 expected hours, 24 missing, 47 normal, 1 calibration.
    let (_, row) = page.split_once("<th scope=\"row\" translate=\"no\">met/temperature</th>").unwrap();
    let row = row.split("</tr>").next().unwrap();
    let numbers: Vec<&str> =
        row.split("<td class=\"number\">").skip(3).map(|cell| cell.split('<').next().unwrap()).collect();
    assert_eq!(numbers, ["72", "24", "47", "1"], "{row}");
    let quiet = olga.page("/quality?station=check%2FS&from=2026-03-13T03:00&to=2026-03-13T08:00");
    assert!(quiet.contains("The tests found nothing"), "{quiet}");
    assert_eq!(district.visitor().get("/quality").header("location"), Some("/login"));
    assert_eq!(olga.get("/quality?station=nobody").status, 404);
}

#[test]
fn a_range_with_too_many_samples_is_refused_and_nothing_is_read() {
    let fill = |db: &Database| {
        let channels = (0..30).map(|number| Channel::quantity(format!("c{number}"), Unit::Ppb).unwrap()).collect();
        db.ensure_instrument("fast/S", Instrument::new("ptr", Interval::SECOND, channels).unwrap()).unwrap();
    };
    let district = District::filled(fill, |options| options);
    let mut olga = district.person("olga");
    let answer = olga.get("/quality?station=fast%2FS&from=2026-03-01&to=2026-03-14");
    assert!(answer.status == 422 && answer.body.contains("choose a shorter one"), "{}", answer.body);
    assert_eq!(olga.get("/quality?station=fast%2FS&from=2026-03-14T00:00&to=2026-03-14T12:00").status, 200);
}
