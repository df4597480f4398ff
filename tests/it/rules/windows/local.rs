//! Local hours, local days and counted evaluation times: where clocks change, in the evidence of alarms, and against queries.
#![cfg(test)]

use vocdb::model::Zone;
use vocdb::query::{Window, WindowFunction, WindowQuery};
use vocdb::rules::{Engine, RuleFile, Site, compile};
use vocdb::verdict::{Truth, Verdict};
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Station, StationId, Timers,
    Timestamp, Unit,
};

const HOUR_MS: i64 = 3_600_000;

/// An offset from UTC as text.
pub(crate) fn offset(ahead_min: i64) -> String {
    let sign = if ahead_min < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", ahead_min.abs() / 60, ahead_min.abs() % 60)
}

/// The minutes of such a text.
pub(crate) fn minutes_of(offset: &str) -> i64 {
    let (hours, minutes) = offset[1..].split_once(':').unwrap();
    let ahead_min = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
    if offset.starts_with('-') { -ahead_min } else { ahead_min }
}

fn hourly() -> Instrument {
    Instrument::new("gc", Interval::HOUR, vec![Channel::quantity("x", Unit::Ppm).unwrap()]).unwrap()
}

fn file(text: &str) -> RuleFile {
    RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }
}

fn engine(condition: &str) -> Engine {
    let text = format!("alarm(\"a\").scope(\"s\").when({condition});");
    let site =
        Site { id: StationId::new(1), name: "s".to_owned(), instruments: vec![(InstrumentId::new(1), hourly())] };
    Engine::new(compile(&[file(&text)], &[site]).unwrap_or_else(|found| panic!("{found}")).plans)
}

fn frame(time: Timestamp, value: f64) -> Batch {
    let mut batch = Batch::new();
    batch.push_values(InstrumentId::new(1), time, &[Some(value)]);
    batch
}

/// The truth and the values of all terms at every hour, of which each has a reading: the number of the hour.
fn at_hours(condition: &str, begin: &str, hours: i64) -> Vec<(Timestamp, Truth, Vec<Option<f64>>)> {
    let (mut engine, begin) = (engine(condition), begin.parse::<Timestamp>().unwrap());
    let mut said = Vec::new();
    for hour in 0..hours {
        let time = begin.plus_ms(hour * HOUR_MS);
        engine.push(frame(time, hour as f64).frame(0).unwrap(), time, &mut |verdict: &Verdict<'_>| {
            let terms = (verdict.evidence)().into_iter().flat_map(|one| one.terms).map(|term| term.value).collect();
            said.push((verdict.instant, verdict.trip, terms));
        });
    }
    said
}

#[test]
fn a_local_day_counts_23_and_25_hours_where_clocks_change() {
    for (begin, hours_of_day) in [("2024-03-30T23:00:00Z", 23), ("2024-10-26T22:00:00Z", 25)] {
        let said = at_hours("count(\"x\", day(\"Europe/Berlin\")) > 24.5", begin, 60);
        let begin: Timestamp = begin.parse().unwrap();
        for (instant, trip, terms) in said {
            let hours = instant.since_ms(begin) / HOUR_MS;
            let counted = match hours {
                _ if hours < hours_of_day => 0,
                _ if hours < hours_of_day + 24 => hours_of_day,
                _ => 24,
            };
            assert_eq!(terms, [Some(counted as f64)], "{instant}");
            assert_eq!(trip, Truth::from(counted == 25), "{instant}");
        }
    }
}

#[test]
fn local_days_of_rules_are_those_of_queries() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config { timers: Timers::Frames, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("s").unwrap()).unwrap();
    let id = db.register_instrument(station, hourly()).unwrap();
    let begin: Timestamp = "2024-03-28T00:00:00Z".parse().unwrap();
    let mut all = Batch::new();
    (0..200).for_each(|hour| all.push_values(id, begin.plus_ms(hour * HOUR_MS), &[Some(hour as f64)]));
    db.append_history(&all).unwrap().all_accepted().unwrap();
    for zone in ["Asia/Shanghai", "Europe/Berlin", "+05:45"] {
        let day = Window {
            coverage_min: 0.0,
            valid_min: 20,
            zone: Some(zone.parse::<Zone>().unwrap()),
            ..Window::side_by_side(Interval::DAY)
        };
        let query = WindowQuery::new((id, 0), day, WindowFunction::Mean);
        let of_query: Vec<Option<f64>> = db.readings().windows(&query).unwrap().map(|day| day.unwrap().value).collect();
        let said =
            at_hours(&format!("avg(\"x\", day(\"{zone}\")).at_least(20) > 100.ppm"), "2024-03-28T00:00:00Z", 200);
        let mut of_rule: Vec<Option<f64>> = said.into_iter().map(|(.., terms)| terms[0]).collect();
        of_rule.dedup();
        let known = |values: &[Option<f64>]| values.iter().flatten().map(|value| value.to_bits()).collect::<Vec<_>>();
        // The last day is not over.
        let (of_query, of_rule) = (known(&of_query), known(&of_rule));
        assert_eq!(of_rule, of_query[..of_rule.len()], "{zone}");
        assert!(of_rule.len() >= 7, "{zone}: {of_rule:?}");
    }
}

#[test]
fn days_ago_are_days_of_the_calendar() {
    let zone = "Europe/Berlin";
    let said = at_hours(
        &format!("last(\"x\", day(\"{zone}\")) > 9.ppm and last(\"x\", day(\"{zone}\")).ago(1.day) > 9.ppm"),
        "2024-03-29T23:00:00Z",
        100,
    );
    // The days from the 30th of March on have 24, 23, 24 and 24 hours.
    let last = |hours: i64| [71, 47, 24].map(|end| (hours >= end).then_some((end - 1) as f64));
    for (instant, _, terms) in said {
        let hours = instant.since_ms("2024-03-29T23:00:00Z".parse().unwrap()) / HOUR_MS;
        let [third, second, first] = last(hours);
        let newest = if hours >= 95 { Some(94.0) } else { third.or(second).or(first) };
        let before = if hours >= 95 {
            Some(70.0)
        } else if third.is_some() {
            second
        } else {
            second.and(first)
        };
        assert_eq!(terms, [newest, before], "{instant}");
    }
}

#[test]
fn night_begins_and_ends_with_the_clock_of_the_place() {
    let nights = |zone: &str, begin: &str, hours: i64| -> Vec<i64> {
        let said = at_hours(&format!("last(\"x\") >= 0.ppm and within_hours(\"{zone}\", 22, 3)"), begin, hours);
        let begin: Timestamp = begin.parse().unwrap();
        let is_night = said.iter().filter(|(_, trip, _)| *trip == Truth::True);
        is_night.map(|(instant, ..)| instant.since_ms(begin) / HOUR_MS).collect()
    };
    assert_eq!(nights("Asia/Shanghai", "2024-03-01T12:00:00Z", 12), [2, 3, 4, 5, 6]);
    // From 22:00 to 03:00 there are four hours where clocks are put forward, and six where they are put back.
    assert_eq!(nights("Europe/Berlin", "2024-03-30T20:00:00Z", 12), [1, 2, 3, 4]);
    assert_eq!(nights("Europe/Berlin", "2024-10-26T19:00:00Z", 12), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn hours_pass_while_no_reading_comes_and_each_is_said_once() {
    let mut engine = engine("count(\"x\", 1.hour) < 1 and within_hours(\"UTC\", 6, 9)");
    let begin: Timestamp = "2024-03-01T00:00:00Z".parse().unwrap();
    engine.push(frame(begin, 1.0).frame(0).unwrap(), begin, &mut |_| {});
    let mut trips = Vec::new();
    let end = begin.plus_ms(400 * 24 * HOUR_MS);
    let mut count = 0;
    engine.idle(end, &mut |verdict| {
        count += 1;
        if trips.last().is_none_or(|(_, trip)| *trip != verdict.trip) {
            trips.push((verdict.instant, verdict.trip));
        }
    });
    let turns: Vec<&(Timestamp, Truth)> = trips.iter().filter(|(at, _)| at.since_ms(begin) > 2 * HOUR_MS).collect();
    assert!(count < 9_000, "{count} evaluations");
    assert_eq!(turns.len(), 2 * 400, "{:?}", &turns[..4]);
    for pair in turns.chunks(2) {
        let hour = |at: &Timestamp| at.as_ms().rem_euclid(24 * HOUR_MS) / HOUR_MS;
        assert_eq!((hour(&pair[0].0), pair[0].1, hour(&pair[1].0), pair[1].1), (6, Truth::True, 9, Truth::False));
    }
}

#[test]
fn what_clocks_say_and_what_is_counted_is_explained() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config { timers: Timers::Frames, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("s").unwrap()).unwrap();
    let id = db.register_instrument(station, hourly()).unwrap();
    let condition = "exceedances(last(\"x\") > 1.ppm, 3, 6.hours) and within_hours(\"Asia/Shanghai\", 8, 20)";
    db.load_rule_files(vec![file(&format!("alarm(\"a\").scope(\"s\").when({condition});"))]).unwrap();
    let begin: Timestamp = "2024-03-01T00:00:00Z".parse().unwrap();
    for (hour, value) in (0..).zip([0.0, 2.0, 0.0, 2.0, 2.0]) {
        let mut batch = Batch::new();
        batch.push_values(id, begin.plus_ms(hour * HOUR_MS), &[Some(value)]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    let alarm = db.events().unwrap().iter().find_map(AlarmEvent::alarm).unwrap();
    let explained = db.explain(alarm).unwrap().unwrap().to_string();
    for line in [
        "    last(x) = 2 ppm, 100 % of the samples\n",
        "    within_hours(Asia/Shanghai, 8, 20) = yes\n",
        "    exceedances(last(\"x\") > 1.ppm, 3, 6 h) = 3\n",
    ] {
        assert!(explained.contains(line), "{line}{explained}");
    }
    let title = "a at s: exceedances(last(\"x\") > 1.ppm, 3, 6 h)";
    assert!(explained.lines().next().unwrap().ends_with(title), "{explained}");
}
