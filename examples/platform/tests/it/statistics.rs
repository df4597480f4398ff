//! Statistics of a period.

use crate::district::{District, NOW_MS};
use vocdb::trace::attainment::Limits;
use vocdb::{Batch, Channel, Database, Instrument, Interval, Timestamp};
use vocdb_platform::Options;

const HEADER: &str = "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to\n";

/// Four days of hours in Shanghai, of which the host's time is in the fourth: within the limit, over it, and incomplete.
fn fill(db: &Database) {
    let pm = Channel::quantity("PM2.5", "ug/m3".parse().unwrap()).unwrap();
    let id = db.ensure_instrument("city/S", Instrument::new("bam", Interval::HOUR, vec![pm]).unwrap()).unwrap();
    let mut batch = Batch::new();
    // 2026-03-10T16:00:00Z is midnight of the 11th in Shanghai.
    let midnight: Timestamp = "2026-03-10T16:00:00Z".parse().unwrap();
    for hour in 0..72_i64 {
        let value = match hour {
            0..24 => 50.0,
            24..48 => {
                if hour % 2 == 0 {
                    100.0
                } else {
                    80.0
                }
            }
            48..58 => 40.0,
            _ => continue,
        };
        batch.push_values(id, midnight.plus_ms(hour * 3_600_000), &[Some(value)]);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    assert!(midnight.as_ms() + 72 * 3_600_000 < NOW_MS);
}

fn open(limits: Option<&str>) -> District {
    let day_limits = limits.map(|limits| Limits::parse(&format!("{HEADER}{limits}")).unwrap());
    let zone = "Asia/Shanghai".to_owned();
    District::filled(fill, |options| Options { zone, day_limits, ..options })
}

/// The cells of the row of the station.
fn cells(page: &str) -> Vec<String> {
    let (_, row) = page.split_once("<th scope=\"row\" translate=\"no\"><a href=\"/station?name=city%2FS\">").unwrap();
    let row = row.split("</tr>").next().unwrap();
    let text = |cell: &str| {
        cell.split('<').map(|part| part.split('>').next_back().unwrap_or("")).collect::<Vec<_>>().join(" ")
    };
    row.split("<td")
        .skip(1)
        .map(|cell| text(cell.split_once('>').unwrap().1).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn days_of_the_zone_are_within_a_limit_over_it_or_incomplete() {
    let district = open(Some("PM2.5,24h,75,ug/m3,75%,20/24,,2016-01-01,\n"));
    let mut olga = district.person("olga");
    let page = olga.page("/statistics?from=2026-03-11&to=2026-03-14");
    assert!(page.contains("the limits file of the platform") && page.contains("2026-03-12"), "{page}");
    assert_eq!(cells(&page), ["1", "1", "1", "50 %", "kept 50", "exceeded 90", "incomplete"], "{page}");
    assert!(!page.contains("park/S1</a>"), "a station without the channel has no row: {page}");
    // Another limit from the form.
    let address =
        "/statistics?from=2026-03-11&to=2026-03-14&channel=PM2.5&average=1h&limit=45&unit=ug/m3&coverage=75%25";
    let page = olga.page(address);
    assert_eq!(cells(&page), ["0", "2", "1", "0 %", "exceeded 50", "exceeded 100", "incomplete 40"], "{page}");
}

#[test]
fn without_a_limit_the_page_says_how_to_name_one_and_wrong_ones_are_refused() {
    let district = open(None);
    let mut olga = district.person("olga");
    assert!(olga.page("/statistics").contains("--limits FILE"));
    for (query, says) in [
        ("channel=PM2.5&limit=high&unit=ug/m3", "is no limit"),
        ("channel=PM2.5&limit=5&unit=furlong", "The limit:"),
        ("channel=PM2.5&limit=NaN&unit=ug/m3", "is no limit"),
        ("channel=PM2.5&limit=5&unit=ug/m3&average=7h", "write 1h, 8h"),
        ("channel=PM2.5&limit=5&unit=ug/m3&coverage=0%25", "coverage"),
        ("channel=a%0Ab,24h&limit=5&unit=ppb", "too long, or has a comma"),
        ("channel=PM2.5&limit=5&unit=ppm", "cannot be compared"),
        ("from=2026-01-01&to=2026-06-01", "longer than 62 days"),
    ] {
        let answer = olga.get(&format!("/statistics?{query}"));
        assert!(answer.status == 422 && answer.body.contains(says), "{query}: {} {}", answer.status, answer.body);
    }
    assert_eq!(district.visitor().get("/statistics").header("location"), Some("/login"));
}

#[test]
fn alarms_and_incidents_of_the_period_are_counted() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut dan = district.person("dan");
    dan.act("/alarms/1", "/alarms/1/acknowledge", &[]);
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);
    let close = [("step", "close"), ("outcome", "violation"), ("kind", "no maintenance"), ("comment", "fined")];
    dan.act("/incidents/1", "/incidents/1/step", &close);
    let page = dan.page("/statistics");
    for text in [
        "<dt>Openings</dt><dd>1</dd>",
        "high: 1",
        "benzene-high",
        "1, of which 0 are open",
        "<th scope=\"row\">violation</th><td class=\"number\" data-label=\"Incidents\">1</td>",
        "no maintenance: 1",
        "ISA-18.2",
    ] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    let before = dan.page("/statistics?from=2026-03-01&to=2026-03-08");
    assert!(before.contains("<dt>Openings</dt><dd>0</dd>"), "{before}");
}
