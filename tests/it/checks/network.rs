//! Tests of channels against each other, and of frames against the clock of the receiver.

use super::series::{Numbers, Series, find, frames, registry};
use vocdb::checks::{CheckOptions, Checks, Finding, QualityTest};
use vocdb::{Interval, Sample, Timestamp, Unit};

const BEGIN_MS: i64 = 1_717_200_000_000;
const HOUR_MS: i64 = 3_600_000;

fn hour(number: usize) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + i64::try_from(number).unwrap() * HOUR_MS)
}

/// Hours of four stations that share the weather, with `forge` for the first of them.
fn stations(hours: usize, forge: impl Fn(usize, f64) -> f64) -> Vec<Series> {
    let mut weather = Numbers(1);
    let common: Vec<f64> = (0..hours).map(|_| 20.0 + 30.0 * weather.share()).collect();
    let station = |number: u64| {
        let mut noise = Numbers(100 + number);
        let mut series = Series::new(&format!("park/S{number}"), Interval::HOUR, &[("benzene", Unit::Ppb)]);
        for (place, level) in common.iter().enumerate() {
            let value = level + 5.0 * noise.share();
            let value = if number == 0 { forge(place, value) } else { value };
            series.rows.push((hour(place), vec![Sample::normal((value * 100.0).round() / 100.0)]));
        }
        series
    };
    (0..4).map(station).collect()
}

fn of(found: &[Finding], test: QualityTest) -> Vec<&Finding> {
    found.iter().filter(|finding| finding.test == test).collect()
}

#[test]
fn a_sensor_that_moves_away_from_its_neighbours_is_found_and_they_are_not() {
    let honest = find(&stations(2_000, |_, value| value), &CheckOptions::default());
    assert_eq!(of(&honest, QualityTest::Neighbour), Vec::<&Finding>::new());
    let shifted = |place, value| if place >= 1_200 { value + 4.0 } else { value };
    let found = find(&stations(2_000, shifted), &CheckOptions::default());
    let found = of(&found, QualityTest::Neighbour);
    assert_eq!(found[0].instrument.number(), 1);
    assert!(found[0].from <= hour(1_224) && found[0].to >= hour(1_200), "{found:?}");
    assert!(found.iter().all(|finding| finding.instrument.number() == 1), "{found:?}");
}

#[test]
fn variation_that_collapses_against_neighbours_is_found() {
    let smooth = |place: usize, value| if (1_200..1_248).contains(&place) { 30.0 + 0.05 * value } else { value };
    let found = find(&stations(2_000, smooth), &CheckOptions::default());
    let found = of(&found, QualityTest::SmoothAgainstNeighbours);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].instrument.number() == 1 && found[0].from <= hour(1_248) && found[0].to >= hour(1_200),
        "{found:?}"
    );
}

#[test]
fn methane_and_nmhc_that_do_not_add_up_to_the_total_are_found() {
    let mut series =
        Series::new("park/S1", Interval::HOUR, &[("THC", Unit::Ppm), ("methane", Unit::Ppm), ("NMHC", Unit::Ppb)]);
    for place in 0..100 {
        let (methane, other) = (1.9 + 0.01 * (place % 7) as f64, 100.0 + (place % 11) as f64);
        let total = if (40..50).contains(&place) { methane } else { methane + other / 1_000.0 };
        let total = if (40..50).contains(&place) { total * 0.9 } else { total };
        series.rows.push((hour(place), [total, methane, other].map(Sample::normal).to_vec()));
    }
    let found = find(&[series], &CheckOptions::default());
    let found = of(&found, QualityTest::SumOfSpecies);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].from, found[0].to, found[0].channel), (hour(40), hour(49), Some(0)));
    assert!(found[0].reason.contains("the sum of the parts"), "{}", found[0].reason);
}

#[test]
fn hourly_means_that_differ_from_their_minutes_are_found() {
    let mut minutes = Series::new("park/S1", Interval::MINUTE, &[("benzene", Unit::Ppb)]);
    let mut hours = Series::new("park/S1", Interval::HOUR, &[("benzene", Unit::Ppb)]);
    let mut noise = Numbers(5);
    for place in 1..60 {
        let mut sum = 0.0;
        for minute in 1..=60_i64 {
            let value = 10.0 + 5.0 * noise.share();
            sum += value;
            minutes.rows.push((hour(place - 1).plus_ms(minute * 60_000), vec![Sample::normal(value)]));
        }
        let mean = (sum / 6.0).round() / 10.0;
        let mean = if (20..24).contains(&place) { mean * 0.85 } else { mean };
        hours.rows.push((hour(place), vec![Sample::normal(mean)]));
    }
    let found = find(&[hours, minutes], &CheckOptions::default());
    let found = of(&found, QualityTest::MinuteAgainstHour);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].from, found[0].to, found[0].instrument.number()), (hour(20), hour(23), 1));
}

#[test]
fn backfilled_and_future_frames_are_found_by_their_time_of_receipt() {
    let series = stations(100, |_, value| value).remove(0);
    let (registry, ids) = registry(std::slice::from_ref(&series));
    let (mut checks, mut found) = (Checks::new(&registry, ids.clone(), &CheckOptions::default()), Vec::new());
    for (place, frame) in frames(&[series], &ids).frames().enumerate() {
        let received = match place {
            30..=41 => hour(42),
            70 => frame.time.plus_ms(-2 * HOUR_MS),
            _ => frame.time.plus_ms(60_000),
        };
        checks.push(frame, Some(received), &mut found);
    }
    checks.finish(&mut found);
    let found = of(&found, QualityTest::TimeOfReceipt);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].from, found[0].to, found[0].channel), (hour(30), hour(38), None));
    assert_eq!(found[0].reason, "9 frames arrived 4 h to 12 h after their time of measurement, more than 3 h");
    assert_eq!((found[1].from, found[1].to), (hour(70), hour(70)));
}
