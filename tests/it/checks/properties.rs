//! Properties of the tests: one by one or stored, alone or among others, the findings are the same.

use super::series::{Numbers, Series, find, frames, registry};
use proptest::prelude::*;
use vocdb::checks::{CheckOptions, Checks, Finding, QualityTest, check_history};
use vocdb::query::QueryError;
use vocdb::{Batch, Config, Database, Durability, Interval, Quality, Sample, TimeRange, Timers, Timestamp, Unit};

const BEGIN_MS: i64 = 1_717_200_000_000;

/// A sample, and the number of intervals since the one before.
fn any_step() -> impl Strategy<Value = (i64, Sample)> {
    let value = prop_oneof![6 => (0_i32..40).prop_map(f64::from), 2 => Just(7.0), 1 => -50.0..900.0_f64];
    let flag = prop_oneof![12 => Just(Quality::Normal), 1 => prop::sample::select(&Quality::ALL[..])];
    let distance = prop_oneof![30 => Just(1_i64), 1 => 2_i64..40];
    (distance, prop::option::weighted(0.95, value), flag)
        .prop_map(|(distance, value, quality)| (distance, Sample { value, quality }))
}

/// Steps in which some stretch is repeated.
fn any_series() -> impl Strategy<Value = Series> {
    let units = prop::sample::select(vec![Unit::Ppb, Unit::Celsius, Unit::Degree, Unit::One]);
    (prop::collection::vec(any_step(), 1..600), 0_usize..500, units).prop_map(|(steps, place, unit)| {
        let mut series = Series::new("park/S1", Interval::HOUR, &[("benzene", unit)]);
        let copied: Vec<_> = steps.iter().skip(place).take(40).copied().collect();
        let mut time = Timestamp::from_ms(BEGIN_MS);
        for (distance, sample) in steps.into_iter().chain(copied) {
            time = time.plus_ms(distance * 3_600_000);
            let is_direction = unit == Unit::Degree;
            let value = sample.value.map(|value| if is_direction { value.rem_euclid(360.0) } else { value });
            series.rows.push((time, vec![Sample { value, ..sample }]));
        }
        series
    })
}

/// The findings over a store of the series, which is written in batches.
fn stored(series: &Series, rows_per_batch: usize) -> Vec<Finding> {
    let dir = crate::support::scratch::dir();
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.path(), config).unwrap();
    let id = db.ensure_instrument(&series.station, series.instrument.clone()).unwrap();
    for rows in series.rows.chunks(rows_per_batch) {
        let mut batch = Batch::new();
        rows.iter().for_each(|(time, samples)| batch.push_samples(id, *time, samples.iter().copied()));
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
    let mut checks = Checks::new(&db.registry(), [id], &CheckOptions::default());
    let mut found = Vec::new();
    let each = |finding| {
        found.push(finding);
        Ok::<(), QueryError>(())
    };
    check_history(&db.readings(), &mut checks, TimeRange::ALL, each).unwrap();
    found.iter_mut().for_each(|finding| finding.instrument = vocdb::InstrumentId::new(1));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(crate::support::scratch::amount(24)).unwrap()))]

    #[test]
    fn findings_over_history_are_those_of_frames_one_by_one(series in any_series(), rows_per_batch in 1_usize..300) {
        let all = [series];
        let found = find(&all, &CheckOptions::default());
        prop_assert_eq!(stored(&all[0], rows_per_batch), found.clone());
        let (first, last) = (all[0].rows[0].0, all[0].rows[all[0].rows.len() - 1].0);
        for finding in &found {
            prop_assert!(first <= finding.from && finding.from <= finding.to && finding.to <= last, "{:?}", finding);
            prop_assert!(!finding.reason.is_empty() && finding.measured.is_finite() && finding.expected.is_finite());
        }
    }

    #[test]
    fn ongoing_findings_are_those_of_a_history_that_ends_there(series in any_series(), percent in 0_usize..100) {
        let end = series.rows.len() * percent / 100;
        let (registry, ids) = registry(std::slice::from_ref(&series));
        let batch = frames(std::slice::from_ref(&series), &ids);
        let (mut checks, mut found) = (Checks::new(&registry, ids, &CheckOptions::default()), Vec::new());
        for (number, frame) in batch.frames().enumerate() {
            if number == end {
                let mut so_far = found.clone();
                so_far.extend(checks.ongoing());
                let cut = Series { rows: series.rows[..end].to_vec(), ..series.clone() };
                let wanted = if end == 0 { Vec::new() } else { find(&[cut], &CheckOptions::default()) };
                prop_assert_eq!(so_far, wanted);
            }
            checks.push(frame, None, &mut found);
        }
        checks.finish(&mut found);
        prop_assert_eq!(found, find(&[series], &CheckOptions::default()));
    }

    #[test]
    fn tests_of_one_channel_do_not_depend_on_other_channels(series in any_series(), other in any_series()) {
        let alone = find(std::slice::from_ref(&series), &CheckOptions::default());
        let other = Series { station: "park/S2".to_owned(), ..other };
        let all = find(&[series, other], &CheckOptions::default());
        let of_first = all.into_iter().filter(|finding| finding.instrument == vocdb::InstrumentId::new(1));
        let sorted = |findings: Vec<Finding>| {
            let mut text: Vec<String> = findings.iter().map(|finding| format!("{finding:?}")).collect();
            text.sort_unstable();
            text
        };
        prop_assert_eq!(sorted(of_first.collect()), sorted(alone));
    }
}

/// Values of a formula, an hour apart.
fn made(unit: Unit, hours: i64, value: impl Fn(i64) -> Sample) -> Series {
    let mut series = Series::new("park/S1", Interval::HOUR, &[("benzene", unit)]);
    let time = |hour| Timestamp::from_ms(BEGIN_MS + hour * 3_600_000);
    series.rows = (0..hours).map(|hour| (time(hour), vec![value(hour)])).collect();
    series
}

#[test]
fn constant_zero_low_and_straight_stretches_are_no_repeated_sequences() {
    let low = |value| Sample { value: Some(value), quality: Quality::BelowDetection };
    let mut numbers = Numbers(3);
    let measured: Vec<f64> = (0..2_000).map(|_| (numbers.share() * 1_000.0).round() / 10.0).collect();
    let noise = |hour: i64| measured[usize::try_from(hour).unwrap()];
    let quiet: [&dyn Fn(i64) -> Sample; 4] =
        [&|_| Sample::normal(0.0), &|_| Sample::normal(4.2), &|_| low(0.05), &|hour| {
            Sample::normal((hour % 24) as f64 / 2.0)
        }];
    for value in quiet {
        let series =
            made(Unit::Ppb, 2_000, |hour| if hour % 500 < 400 { Sample::normal(noise(hour)) } else { value(hour) });
        let found = find(&[series], &CheckOptions::default());
        let repeats = found.iter().filter(|finding| finding.test == QualityTest::RepeatedSequence);
        assert_eq!(repeats.count(), 0, "{found:?}");
    }
}

#[test]
fn zero_and_values_below_detection_are_no_flat_line() {
    for quality in [Quality::Normal, Quality::BelowDetection] {
        let value = if quality == Quality::Normal { 0.0 } else { 0.05 };
        let series = made(Unit::Ppb, 300, |_| Sample { value: Some(value), quality });
        assert_eq!(find(&[series], &CheckOptions::default()), []);
    }
}

#[test]
fn only_the_tests_that_were_asked_for_run() {
    let series = made(Unit::Ppb, 300, |hour| if hour == 20 { Sample::MISSING } else { Sample::normal(3.0) });
    let options = CheckOptions { tests: [QualityTest::Gap].into(), gap_values_min: 1, ..CheckOptions::default() };
    let found = find(std::slice::from_ref(&series), &options);
    assert_eq!(found.iter().map(|finding| finding.test).collect::<Vec<_>>(), [QualityTest::Gap]);
    assert_eq!(found[0].reason, "1 values are missing over 120 min".replace("120 min", "2 h"));
}
