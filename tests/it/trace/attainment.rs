//! Attainment: days counted by the book, against a naive count over the values that were written.

use crate::support::scratch;
use proptest::prelude::*;
use std::path::Path;
use vocdb::model::Zone;
use vocdb::trace::attainment::{Attainment, AttainmentError, Limits, attainment};
use vocdb::{Batch, Channel, Config, Database, Durability, Instrument, Interval, Station, TimeRange, Timestamp, Unit};

const HEADER: &str = "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to";
const HOUR_MS: i64 = 3_600_000;

/// A store with one value an hour from a local time on; `None` where nothing was measured.
fn hourly(dir: &Path, begin: Timestamp, values: &[Option<f64>]) -> Database {
    let db = Database::open(dir, Config { durability: Durability::Buffered, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("S").unwrap()).unwrap();
    let channels = vec![Channel::quantity("dust", Unit::MicrogramPerM3).unwrap()];
    let meter = db.register_instrument(station, Instrument::new("meter", Interval::HOUR, channels).unwrap()).unwrap();
    let mut batch = Batch::new();
    for (hour, value) in (0..).zip(values) {
        if value.is_some() {
            batch.push_values(meter, begin.plus_ms(hour * HOUR_MS), &[*value]);
        }
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
    db
}

fn counted(db: &Database, lines: &str, zone: &Zone, days: (&str, &str)) -> Result<Attainment, AttainmentError> {
    let limits = Limits::parse(&format!("{HEADER}\n{lines}")).unwrap();
    let registry = db.registry();
    let station = registry.station_named("S").unwrap();
    let range = TimeRange::new(zone.read(days.0).unwrap(), zone.read(days.1).unwrap());
    attainment(&db.readings(), (&registry, station), &limits, range, zone)
}

fn figures(of: &Attainment) -> (u32, u32, u32, u32) {
    (of.days, of.good, of.exceeded, of.incomplete)
}

fn shanghai() -> Zone {
    "Asia/Shanghai".parse().unwrap()
}

/// Good, exceeded and incomplete days of one limit, straight from the definition.
fn naive(values: &[Option<f64>], average: &str, (limit, hours_min, averages_min): (f64, usize, usize)) -> [u32; 3] {
    let mean = |hours: &[Option<f64>]| {
        let valid: Vec<f64> = hours.iter().flatten().copied().collect();
        (valid.len() >= hours_min).then(|| valid.iter().sum::<f64>() / valid.len() as f64)
    };
    // Nothing was measured in the seven hours before.
    let padded = [&[None; 7], values].concat();
    let mut found = [0; 3];
    for day in 0..values.len() / 24 {
        let day = day * 24;
        let ends = |first: usize| (day + first..day + 24).map(|end| mean(&padded[end..end + 8]));
        let averages: Vec<f64> = match average {
            "1h" => values[day..day + 24].iter().flatten().copied().collect(),
            "8h" => ends(0).flatten().collect(),
            "8h-within-day" => ends(7).flatten().collect(),
            _ => mean(&values[day..day + 24]).into_iter().collect(),
        };
        let is_exceeded = averages.iter().any(|value| *value > limit);
        found[if is_exceeded {
            1
        } else if averages.len() >= averages_min.max(1) {
            0
        } else {
            2
        }] += 1;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn days_agree_with_a_naive_count_for_every_average(
        values in prop::collection::vec(prop::option::weighted(0.85, (0_u32..100).prop_map(f64::from)), 24 * 5)
    ) {
        let dir = scratch::dir();
        let zone = shanghai();
        let begin = zone.read("2026-03-01").unwrap();
        let db = hourly(dir.path(), begin, &values);
        for (average, coverage, naive_bounds) in [
            ("1h", ",,20/24", (97.0, 1, 20)),
            ("8h", ",6/8,75%", (60.0, 6, 18)),
            ("8h-within-day", ",6/8,14/24", (60.0, 6, 14)),
            ("24h", ",20/24,", (50.0, 20, 1)),
        ] {
            let line = format!("dust,{average},{},ug/m3,75%{coverage},2026-01-01,\n", naive_bounds.0);
            let found = counted(&db, &line, &zone, ("2026-03-01", "2026-03-06")).unwrap();
            let [good, exceeded, incomplete] = naive(&values, average, naive_bounds);
            prop_assert_eq!(figures(&found), (5, good, exceeded, incomplete), "{}", average);
            prop_assert_eq!(found.limits[0].good, good);
        }
    }
}

#[test]
fn a_limit_counts_from_its_first_day_to_its_last_and_the_stricter_one_after_it() {
    let dir = scratch::dir();
    let zone = shanghai();
    let db = hourly(dir.path(), zone.read("2026-02-27").unwrap(), &[Some(70.0); 24 * 4]);
    let lines = "dust,24h,75,ug/m3,75%,20/24,,2016-01-01,2026-02-28\ndust,24h,60,ug/m3,75%,20/24,,2026-03-01,\n";
    let found = counted(&db, lines, &zone, ("2026-02-27", "2026-03-03")).unwrap();
    assert_eq!(figures(&found), (4, 2, 2, 0));
    assert_eq!(found.good_share(), Some(0.5));
    let of_limit: Vec<(f64, u32, u32)> = found.limits.iter().map(|one| (one.limit, one.days, one.good)).collect();
    assert_eq!(of_limit, [(75.0, 2, 2), (60.0, 2, 0)]);
    // The same hours are other days in Denver, where the last one has nine hours of readings.
    let denver: Zone = "America/Denver".parse().unwrap();
    let found = counted(&db, lines, &denver, ("2026-02-27", "2026-03-03")).unwrap();
    assert_eq!(figures(&found), (4, 2, 1, 1));
}

#[test]
fn twenty_hours_make_a_day_and_nineteen_do_not_but_an_exceeded_hour_always_counts() {
    let dir = scratch::dir();
    let zone = shanghai();
    let mut values = vec![Some(10.0); 24 * 3];
    values[..4].fill(None);
    values[24..29].fill(None);
    values[48..60].fill(None);
    values[71] = Some(500.0);
    let db = hourly(dir.path(), zone.read("2026-03-01").unwrap(), &values);
    let daily = "dust,24h,60,ug/m3,75%,20/24,,2026-01-01,\n";
    let days = ("2026-03-01", "2026-03-04");
    assert_eq!(figures(&counted(&db, daily, &zone, days).unwrap()), (3, 1, 0, 2));
    let both = format!("{daily}dust,1h,200,ug/m3,75%,,20/24,2026-01-01,\n");
    assert_eq!(figures(&counted(&db, &both, &zone, days).unwrap()), (3, 1, 1, 1));
}

#[test]
fn a_day_of_23_hours_is_complete_and_other_units_convert_or_say_why_not() {
    let dir = scratch::dir();
    let denver: Zone = "America/Denver".parse().unwrap();
    // Clocks go forward on 2026-03-08.
    let db = hourly(dir.path(), denver.read("2026-03-08").unwrap(), &[Some(30.0); 23]);
    let days = ("2026-03-08", "2026-03-09");
    let found = counted(&db, "dust,24h,0.05,mg/m3,75%,20/24,,2026-01-01,\n", &denver, days).unwrap();
    assert_eq!(figures(&found), (1, 1, 0, 0));
    assert!((found.limits[0].greatest.unwrap() - 0.03).abs() < 1e-12);
    let error = counted(&db, "dust,24h,50,m/s,75%,20/24,,2026-01-01,\n", &denver, days).unwrap_err().to_string();
    assert!(error.contains("the limit of `dust` cannot be compared"), "{error}");
    let found = counted(&db, "ozone,1h,200,ug/m3,75%,,20/24,2026-01-01,\n", &denver, days).unwrap();
    assert_eq!((figures(&found), found.not_measured), ((0, 0, 0, 0), vec!["ozone".to_owned()]));
}

#[test]
fn the_sum_of_stations_adds_days_limit_by_limit() {
    let dir = scratch::dir();
    let zone = shanghai();
    let db = hourly(dir.path(), zone.read("2026-03-01").unwrap(), &[Some(70.0); 48]);
    let of = |limit: u32| {
        let line = format!("dust,24h,{limit},ug/m3,75%,20/24,,2026-01-01,\n");
        counted(&db, &line, &zone, ("2026-03-01", "2026-03-03")).unwrap()
    };
    let mut sum = of(75);
    sum.add(&of(75));
    sum.add(&of(60));
    assert_eq!(figures(&sum), (6, 4, 2, 0));
    let by_limit: Vec<(f64, u32)> = sum.limits.iter().map(|one| (one.limit, one.days)).collect();
    assert_eq!(by_limit, [(75.0, 4), (60.0, 2)]);
}
