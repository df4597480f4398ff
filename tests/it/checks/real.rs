//! The tests on unchanged real data: how many findings a month an honest station has.

use super::series::{Series, aqroadside, find, metec, spod, uci};
use std::collections::BTreeMap;
use vocdb::checks::{CheckOptions, Finding, QualityTest};

/// Findings that are no gaps, for each station and month, at most.
const FINDINGS_PER_MONTH_MAX: f64 = 5.0;

/// Counts findings by test, and prints them: `cargo test --test it checks::real -- --nocapture`.
#[expect(clippy::print_stdout, reason = "the figures of the guide")]
fn counted(name: &str, all: &[Series], found: &[Finding]) -> BTreeMap<QualityTest, usize> {
    let mut counts = BTreeMap::new();
    found.iter().for_each(|finding| *counts.entry(finding.test).or_default() += 1);
    let months: f64 = all.iter().map(Series::months).sum();
    let others = found.iter().filter(|finding| finding.test != QualityTest::Gap).count();
    let rate = others as f64 / months;
    println!("{name}: {months:.2} station-months, {rate:.2} findings per station and month without gaps");
    for (test, count) in &counts {
        println!("    {:27}{count:>6}{:>10.2}", test.name(), *count as f64 / months);
    }
    assert!(rate <= FINDINGS_PER_MONTH_MAX, "{name}: {rate:.2} findings per station and month");
    counts
}

#[test]
fn honest_hours_of_a_street_in_italy_give_few_findings() {
    let all = [uci()];
    let counts = counted("uci", &all, &find(&all, &CheckOptions::default()));
    assert!(counts[&QualityTest::Gap] > 100, "the file has many missing values: {counts:?}");
    for test in [QualityTest::RepeatedSequence, QualityTest::FlatLine, QualityTest::GrossRange] {
        assert_eq!(counts.get(&test), None, "{counts:?}");
    }
}

#[test]
fn missing_codes_that_were_read_as_values_are_found() {
    let mut series = uci().only(&["benzene"]);
    for (_, samples) in series.rows.iter_mut().skip(400) {
        samples[0].value.get_or_insert(-200.0);
    }
    let found = find(&[series], &CheckOptions::default());
    let outside = found.iter().filter(|finding| finding.test == QualityTest::GrossRange);
    assert!(outside.clone().count() >= 10, "{found:?}");
    assert!(outside.clone().all(|finding| finding.measured == -200.0), "{found:?}");
}

#[test]
fn five_honest_years_of_a_street_in_london_give_few_findings() {
    let all = [aqroadside()];
    counted("aqroadside", &all, &find(&all, &CheckOptions::default()));
}

#[test]
fn sensors_beside_controlled_releases_give_few_findings() {
    let all = metec();
    let found = find(&all, &CheckOptions::default());
    counted("metec", &all, &found);
    let neighbours = found.iter().filter(|finding| finding.test == QualityTest::Neighbour);
    assert!(
        neighbours.clone().count() <= 2,
        "releases next to one sensor look like a sensor that has moved: {found:?}"
    );
}

#[test]
fn an_hour_of_ten_second_readings_gives_no_finding() {
    let all = [spod()];
    assert_eq!(find(&all, &CheckOptions::default()), []);
}
