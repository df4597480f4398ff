//! The report of an incident: its structure, its size, and what hostile text does to it.

mod browser;
mod command;
mod markup;
mod sample;

use sample::{Amount, bare, full};
use vocdb::trace::report::Report;

/// Headings of the page, in order.
const SECTIONS: [&str; 13] = [
    "Source",
    "Investigation",
    "Readings",
    "Wind",
    "Odour reports",
    "Treatment units",
    "Alarms",
    "Notifications",
    "Timeline",
    "Data quality",
    "Method and limits",
    "How to verify this report",
    "Signatures",
];

/// Texts between two marks, in order.
fn between<'a>(page: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    page.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(text, _)| text).collect()
}

/// Asserts what every report keeps to, and returns its page.
fn checked(report: &Report) -> String {
    let page = report.html();
    markup::check(&page);
    assert_eq!(between(&page, "<h2>", "</h2>"), SECTIONS);
    assert_eq!(between(&page, "<h1>", "</h1>").len(), 1);
    for forbidden in ["<script", "<link", "<img", "<iframe", "url(", "src=", "href=", "@import"] {
        let tags = between(&page, "<", ">").join("\n").to_lowercase();
        assert!(!tags.contains(forbidden), "{forbidden}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf "), "a number that is none");
    let drawings = between(&page, "<svg xmlns", ">");
    assert!(drawings.iter().all(|tag| tag.contains("role=\"img\"") && tag.contains("aria-label=\"")), "{drawings:?}");
    assert_eq!(between(&page, "<figure", "</figure>").len(), between(&page, "<figcaption", "</figcaption>").len());
    for table in between(&page, "<table>", "</table>") {
        assert!(
            table.contains("<caption>") && table.contains("<th scope=\"col\">") && table.contains("<th scope=\"row\"")
        );
    }
    page
}

#[test]
fn every_section_of_a_full_case_shows_its_evidence() {
    let page = checked(&full(&Amount::default(), ""));
    for words in [
        "Incident 7: VOC at S1 and 2 further alarms",
        "An investigation found the source at tank T-401; the case is not closed.",
        "2024-06-01 20:00:00+08:00",
        "generated 2024-06-02 08:00:00+08:00 by Li Na with vocdb 0.1.0",
        "ledger of 4711 records with SHA-256 <code>",
        "<strong>Located</strong>: 3 stations saw the plume",
        "The 50 % area has 300 m², the 90 % area 1200 m².",
        "Rate of the release: 3.6 kg/h, with a 90 % interval from 1.8 to 7.2 kg/h.",
        "data-label=\"fingerprint\"><span>12.5 <small>five species</small></span>",
        "83.4 %",
        "the seal leaks",
        "seal replaced",
        "sms",
        "delivered, 2024-06-01 20:01:00+08:00",
        "refused: number unknown",
        "not sent yet",
        "36 min",
        "Run states of plant/RTO-1",
        "Most often: SW",
        "calibration 3",
        "below detection 1",
        "class=\"area-50\"",
        "class=\"sector\"",
        "class=\"mode-ring\"",
        "class=\"gap\"",
        "class=\"limit\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Not in this report"));
}

#[test]
fn equal_reports_give_equal_bytes() {
    assert_eq!(full(&Amount::default(), "").html(), full(&Amount::default(), "").html());
}

#[test]
fn a_case_without_readings_wind_positions_or_alarms_is_a_clear_report() {
    let page = checked(&bare());
    for words in [
        "No source has been named, and none was computed.",
        "No location was computed for this report.",
        "There is no map: no station has a known position.",
        "No channel was chosen for this report.",
        "There is no wind measurement in this report.",
        "No treatment unit was named for this report.",
        "The case has no alarms: it was opened by a person.",
        "Nobody was notified about this case.",
        "There are no readings to judge.",
        "No suspect, finding, rectification or outcome has been recorded.",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn what_is_missing_is_stated_at_the_top() {
    let mut report = bare();
    report.missing = vec!["wind: no station measures <it>".to_owned()];
    let page = checked(&report);
    let (head, _) = page.split_once("<main>").unwrap();
    assert!(head.contains("<li>wind: no station measures &lt;it&gt;</li>"));
}

#[test]
fn hostile_names_and_comments_stay_text() {
    let hostile = "\"><script>alert(1)</script><svg onload='x'>&amp;\u{202e}\u{0}]]>--><!--\u{fffe}苯";
    let page = checked(&full(&Amount::default(), hostile));
    let quiet = checked(&full(&Amount::default(), ""));
    assert_eq!(between(&page, "<svg", ">").len(), between(&quiet, "<svg", ">").len());
    assert!(!page.contains('\u{202e}') && !page.contains('\u{0}') && page.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn numbers_that_are_none_or_huge_break_no_figure() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 0.0] {
        let mut report = full(&Amount::default(), "");
        let channel = report.channel.as_mut().unwrap();
        channel.series[0].values.iter_mut().for_each(|(_, one)| *one = value);
        channel.limits[0].value = value;
        report.wind.as_mut().unwrap().samples.iter_mut().for_each(|sample| *sample = (value, value));
        let map = report.map.as_mut().unwrap();
        map.stations[0].at = (value, value);
        map.sites[0].rings[0][0] = (value, value);
        let source = report.source.as_mut().unwrap();
        (source.mode, source.areas_m2, source.cell_m) = (Some((value, value)), Some((value, value)), value);
        report.ranked[0].probability = value;
        markup::check(&report.html());
    }
}

#[test]
fn thirty_days_of_minutes_at_fifty_stations_stay_below_two_megabytes() {
    let amount = Amount { stations: 50, minutes: 30 * 1_440, sites: 2_000, cells: 10_000, records: 3_000 };
    let page = checked(&full(&amount, &"long text ".repeat(1_000)));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("26 further stations had smaller values"));
    assert!(page.contains("The table ends after ") && page.contains("The list ends after "));
}
