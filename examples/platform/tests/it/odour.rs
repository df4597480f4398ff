//! Odour reports of the public.

use crate::district::District;
use vocdb::TimeRange;

const REPORT: [(&str, &str); 6] = [
    ("time", "2026-03-14T14:20"),
    ("latitude", "30.731"),
    ("longitude", "121.286"),
    ("intensity", "4"),
    ("words", "sweet, like solvent"),
    ("reporter", ""),
];

#[test]
fn a_report_has_a_confirmation_number_that_the_ledger_keeps() {
    let mut district = District::open();
    let mut visitor = district.visitor();
    let answer = visitor.submit("/odour", "/odour", &REPORT);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, rest) = answer.body.split_once("class=\"confirmation\">").unwrap();
    let number = rest.split('<').next().unwrap().to_owned();
    assert_eq!(number.len(), 9, "{number}");
    let list = district.person("dan").page("/odours");
    assert!(list.contains(&number) && list.contains("sweet, like solvent") && list.contains("strong"), "{list}");
    let reports = district.stop().odour_reports(TimeRange::ALL).unwrap();
    assert_eq!(reports[0].words, format!("{number}\nsweet, like solvent"));
    assert_eq!((reports[0].latitude_deg, reports[0].intensity.level()), (30.731, 4));
}

#[test]
fn reports_that_make_no_sense_are_refused() {
    let mut district = District::open();
    let mut visitor = district.visitor();
    for (name, value) in [
        ("time", "2026-03-15T00:00"),
        ("time", "2025-03-14T00:00"),
        ("time", "yesterday"),
        ("latitude", "91"),
        ("latitude", "NaN"),
        ("longitude", "east"),
        ("intensity", "7"),
    ] {
        let fields = REPORT.map(|(own, kept)| (own, if own == name { value } else { kept }));
        assert_eq!(visitor.submit("/odour", "/odour", &fields).status, 422, "{name} {value}");
    }
    assert_eq!(district.stop().odour_reports(TimeRange::ALL).unwrap(), []);
}

#[test]
fn a_flood_of_reports_from_one_network_is_refused() {
    let district = District::open();
    let mut visitor = district.visitor();
    let token = visitor.token("/odour");
    let fields: Vec<(&str, &str)> = [("token", token.as_str())].into_iter().chain(REPORT).collect();
    let statuses: Vec<u16> = (0..21).map(|_| visitor.post("/odour", &fields).status).collect();
    assert_eq!((&statuses[..20], statuses[20]), (&[200; 20][..], 429));
}
