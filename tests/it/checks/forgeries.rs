//! Forgeries of known sizes, laid into real readings at places that follow from seeds.

use super::series::{Numbers, Series, aqroadside, find, is_found, metec, uci};
use vocdb::checks::{CheckOptions, QualityTest, Threshold, ThresholdKind};
use vocdb::{Quality, Sample, Timestamp};

/// Places of each forgery.
const SEEDS: u64 = 6;
/// Hours of a series: enough for every place, and not more.
const HOURS: usize = 9_300;
/// Hours of half a year.
const HALF_YEAR: usize = 4_380;
/// Hours before the first forgery: the tests learn what is usual.
const LEARNING: usize = 1_500;

/// The hourly series, each channel alone.
fn hourly() -> Vec<Series> {
    let channels = [(uci(), ["co", "benzene", "nox", "no2"]), (aqroadside(), ["nox", "no2", "isoprene", "benzene"])];
    let cut = |mut series: Series| {
        series.rows.truncate(HOURS);
        series
    };
    channels.iter().flat_map(|(all, names)| names.map(|name| cut(all.only(&[name])))).collect()
}

fn name(series: &Series) -> String {
    format!("{} {}", series.station, series.instrument.channels()[0].name())
}

/// A place from which `count` rows have values, but for one in sixteen.
fn place(numbers: &mut Numbers, series: &Series, count: usize, from: usize) -> usize {
    loop {
        let first = from + numbers.below(series.rows.len() - count - from);
        let rows = &series.rows[first..first + count];
        let missing = rows.iter().filter(|(_, samples)| samples[0].value.is_none()).count();
        let ends = [&rows[0], &rows[count - 1]];
        if missing * 16 <= count && ends.iter().all(|(_, samples)| samples[0].value.is_some()) {
            return first;
        }
    }
}

fn ends(series: &Series, first: usize, count: usize) -> (Timestamp, Timestamp) {
    (series.rows[first].0, series.rows[first + count - 1].0)
}

/// Counts for how many seeds a forgery of `count` rows is found, prints that, and compares it with the least accepted number.
#[expect(clippy::print_stdout, reason = "the figures of the guide")]
fn count_found(
    (kind, count, least): (&str, usize, u64),
    series: &Series,
    tests: &[QualityTest],
    forge: impl Fn(&mut Numbers, &mut Series) -> usize,
) {
    let hit = |seed| {
        let mut forged = series.clone();
        let first = forge(&mut Numbers(seed), &mut forged);
        let ends = ends(&forged, first, count);
        is_found(&find(&[forged], &CheckOptions::default()), tests, 0, ends)
    };
    let hits = (0..SEEDS).filter(|seed| hit(*seed)).count() as u64;
    println!("{kind} of {count} rows in {}: {hits} of {SEEDS} found", name(series));
    assert!(hits >= least, "{kind} of {count} rows in {}: {hits} of {SEEDS} found", name(series));
}

/// Copies rows to another time; returns the later of the two places, which the test doubts.
fn copy(numbers: &mut Numbers, series: &mut Series, count: usize, from: usize) -> usize {
    let source = place(numbers, series, count, from);
    let mut target = place(numbers, series, count, from);
    while source.abs_diff(target) < 2 * count {
        target = place(numbers, series, count, from);
    }
    for row in 0..count {
        series.rows[target + row].1 = series.rows[source + row].1.clone();
    }
    source.max(target)
}

#[test]
fn a_day_that_was_copied_is_found_in_every_channel_and_six_hours_in_fine_ones() {
    for series in hourly() {
        count_found(("copy", 24, SEEDS), &series, &[QualityTest::RepeatedSequence], |numbers, series| {
            copy(numbers, series, 24, 300)
        });
        // Values in whole numbers or tenths need more than six hours.
        if ["uci benzene", "uci nox", "aqroadside nox", "aqroadside benzene"].contains(&name(&series).as_str()) {
            count_found(("copy", 6, SEEDS - 1), &series, &[QualityTest::RepeatedSequence], |numbers, series| {
                copy(numbers, series, 6, 300)
            });
        }
    }
}

#[test]
fn three_hours_of_minutes_that_were_copied_are_found() {
    let all = metec();
    for series in &all[..8] {
        count_found(("copy", 180, SEEDS), series, &[QualityTest::RepeatedSequence], |numbers, series| {
            copy(numbers, series, 180, 60)
        });
    }
}

fn freeze(numbers: &mut Numbers, series: &mut Series, count: usize, from: usize) -> usize {
    let first = place(numbers, series, count, from);
    for row in 1..count {
        series.rows[first + row].1 = series.rows[first].1.clone();
    }
    first
}

#[test]
fn a_sensor_that_is_frozen_for_eight_hours_or_three_hours_of_minutes_is_found() {
    for series in hourly() {
        count_found(("frozen", 8, SEEDS), &series, &[QualityTest::FlatLine], |numbers, series| {
            freeze(numbers, series, 8, LEARNING)
        });
    }
    let all = metec();
    for series in &all[..8] {
        count_found(("frozen", 181, SEEDS), series, &[QualityTest::FlatLine], |numbers, series| {
            freeze(numbers, series, 181, 2_200)
        });
    }
}

#[test]
fn a_moving_average_of_thirteen_hours_over_four_days_is_found() {
    let tests = [QualityTest::SmoothSignal, QualityTest::AttenuatedSignal];
    for series in hourly() {
        count_found(("smooth", 120, SEEDS), &series, &tests, |numbers, forged| {
            let first = place(numbers, forged, 120, LEARNING);
            for row in first..first + 120 {
                let around = series.rows[row - 6..=row + 6].iter().filter_map(|(_, samples)| samples[0].value);
                let (sum, count) = around.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                forged.rows[row].1[0] = Sample::normal((sum / count * 1_000.0).round() / 1_000.0);
            }
            first
        });
    }
}

#[test]
fn two_days_whose_variation_shrinks_to_one_percent_is_found() {
    let tests = [QualityTest::SmoothSignal, QualityTest::AttenuatedSignal, QualityTest::FewDistinctValues];
    for series in hourly() {
        count_found(("shrunk", 72, SEEDS), &series, &tests, |numbers, forged| {
            let first = place(numbers, forged, 72, LEARNING);
            let mean = forged.rows[first].1[0].value.unwrap();
            for (_, samples) in &mut forged.rows[first..first + 72] {
                let value = samples[0].value.map(|value| mean + 0.01 * (value - mean));
                samples[0].value = value.map(|value| (value * 1_000.0).round() / 1_000.0);
            }
            first
        });
    }
}

/// The value that some percent of the values of a channel do not exceed.
fn quantile(series: &Series, channel: usize, percent: usize) -> f64 {
    let mut values: Vec<f64> = series.rows.iter().filter_map(|(_, samples)| samples[channel].value).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() * percent / 100]
}

#[test]
fn half_a_year_of_peaks_that_were_clipped_just_under_a_limit_is_found() {
    for series in hourly() {
        let (channel, limit) = (&series.instrument.channels()[0], quantile(&series, 0, 95));
        let (name_of, unit) = (channel.name().to_owned(), channel.unit());
        let threshold = Threshold { kind: ThresholdKind::Limit, channel: name_of, value: limit, unit };
        let options = CheckOptions {
            thresholds: vec![threshold],
            tests: [QualityTest::UnderLimit].into(),
            ..CheckOptions::default()
        };
        let honest = find(std::slice::from_ref(&series), &options);
        assert!(honest.is_empty(), "{}: {honest:?}", name(&series));
        let clip = |numbers: &mut Numbers, hours: usize| {
            let mut clipped = series.clone();
            let first = numbers.below(clipped.rows.len() + 1 - hours);
            for (_, samples) in &mut clipped.rows[first..first + hours] {
                if samples[0].value.is_some_and(|value| value >= limit) {
                    samples[0] = Sample::normal(limit * (0.92 + 0.07 * numbers.share()));
                }
            }
            let ends = ends(&clipped, first, hours);
            is_found(&find(&[clipped], &options), &[QualityTest::UnderLimit], 0, ends)
        };
        let hits = (0..SEEDS).filter(|seed| clip(&mut Numbers(*seed), HALF_YEAR)).count() as u64;
        println!(
            "clipped at {limit} in {}: {hits} of {SEEDS} found in half a year, honest {}",
            name(&series),
            honest.len()
        );
        assert!(hits == SEEDS && clip(&mut Numbers(7), series.rows.len()), "{}: {hits} of {SEEDS}", name(&series));
    }
}

#[test]
fn twenty_calibrations_at_peaks_are_found_and_random_ones_are_not() {
    let options = CheckOptions { tests: [QualityTest::CalibrationAtPeaks].into(), ..CheckOptions::default() };
    let mut uci = uci().only(&["benzene", "nox", "co"]);
    uci.rows.truncate(HOURS);
    for channel in 0..3 {
        let limit = quantile(&uci, channel, 95);
        let (mut found, mut honest) = (0, 0);
        for seed in 0..SEEDS {
            let mut numbers = Numbers(seed);
            let (mut forged, mut random) = (uci.clone(), uci.clone());
            let (mut row, mut calibrations) = (1_000 + numbers.below(1_000), 0);
            while calibrations < 20 && row + 30 < forged.rows.len() {
                let is_high = |row: usize| uci.rows[row].1[channel].value.is_some_and(|value| value >= limit);
                let length = (row..).take_while(|row| is_high(*row)).count();
                for (_, samples) in &mut forged.rows[row..row + length] {
                    samples[channel].quality = Quality::Calibration;
                }
                row += if length > 0 { length + 48 } else { 1 };
                if length > 0 {
                    calibrations += 1;
                    let anywhere = 1_000 + numbers.below(HOURS - 1_010);
                    random.rows[anywhere].1[channel].quality = Quality::Calibration;
                }
            }
            found += u64::from(!find(&[forged], &options).is_empty());
            honest += find(&[random], &options).len();
        }
        let channel = uci.instrument.channels()[channel].name();
        println!("calibrations at peaks of {channel}: {found} of {SEEDS} found; random ones: {honest} findings");
        assert!((found, honest) == (SEEDS, 0), "{channel}: {found} found, {honest} honest");
    }
}
