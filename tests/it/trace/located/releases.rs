//! Located releases of known place: METEC 2022 (eight fence-line sensors) and Prairie Grass 1956 (arcs of samplers).
#![cfg(test)]

use super::cases::{Case, metec, points, prairie_grass};
use super::prairie;
use std::sync::OnceLock;
use vocdb::trace::{LocateOptions, Location, Verdict, locate};

/// METEC's wind mast and sources, and those of Prairie Grass: heights in metres.
const METEC: (f64, f64) = (10.0, 2.0);
const PRAIRIE_GRASS: (f64, f64) = (prairie::MAST_HEIGHT_M, prairie::SOURCE_HEIGHT_M);

/// A release with the answer to it.
struct Answer {
    case: Case,
    location: Location,
    /// Distance in metres between the most probable place and the true one.
    error_m: f64,
    /// Credible level of the true place.
    level: f64,
}

fn answer(case: Case, (mast_height_m, source_height_m): (f64, f64)) -> Answer {
    let options = LocateOptions { mast_height_m, source_height_m, ..LocateOptions::default() };
    let location = locate(&case.scene, &options).unwrap();
    let mode = location.mode.unwrap_or_else(|| panic!("{}: {}", case.name, location.reason));
    let error_m = (mode.0 - case.truth.0).hypot(mode.1 - case.truth.1);
    let level = location.credible_level(case.truth.0, case.truth.1).unwrap();
    Answer { case, location, error_m, level }
}

impl Answer {
    fn holds_sector(&self) -> bool {
        self.location.sector.unwrap().holds(self.case.truth.0, self.case.truth.1)
    }

    fn is_located(&self) -> bool {
        self.location.verdict == Verdict::Located
    }

    fn print(&self) {
        let rate = self.location.rate.unwrap();
        let area = |share| self.location.area_m2(share).unwrap();
        println!(
            "{}: {} {:.1} m off, level {:.2}, areas {:.0} and {:.0} m2, rate {:.2} of {:.2} kg/h ({:.2} to {:.2}); {}",
            self.case.name,
            self.location.verdict.name(),
            self.error_m,
            self.level,
            area(0.5),
            area(0.9),
            rate.kg_s * 3_600.0,
            self.case.rate_kg_s * 3_600.0,
            rate.low_kg_s * 3_600.0,
            rate.high_kg_s * 3_600.0,
            self.location.reason
        );
    }
}

/// Answers to all cases, half of them on each of two threads.
fn answers(mut cases: Vec<Case>, heights: (f64, f64)) -> Vec<Answer> {
    let others = cases.split_off(cases.len() / 2);
    let all = |cases: Vec<Case>| cases.into_iter().map(|case| answer(case, heights)).collect::<Vec<_>>();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let others = scope.spawn(|| all(others));
        let mut answers = all(cases);
        answers.extend(others.join().unwrap());
        answers
    });
    answers.iter().for_each(Answer::print);
    answers
}

fn metec_answers() -> &'static [Answer] {
    static ANSWERS: OnceLock<Vec<Answer>> = OnceLock::new();
    ANSWERS.get_or_init(|| answers(metec(), METEC))
}

fn prairie_answers() -> &'static [Answer] {
    static ANSWERS: OnceLock<Vec<Answer>> = OnceLock::new();
    ANSWERS.get_or_init(|| answers(prairie_grass(&[100.0, 200.0, 400.0, 800.0], 1), PRAIRIE_GRASS))
}

/// The least value that `percent` of all values do not exceed.
fn quantile(values: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[(values.len() * percent).div_ceil(100) - 1]
}

#[test]
fn each_metec_release_is_placed_at_its_unit_within_metres() {
    let answers = metec_answers();
    let units = points("metec/sources.csv");
    for answer in answers {
        let mode = answer.location.mode.unwrap();
        let nearest = units.iter().min_by(|(_, a), (_, b)| {
            let distance = |unit: &vocdb::trace::Receptor| (unit.east_m - mode.0).hypot(unit.north_m - mode.1);
            distance(a).total_cmp(&distance(b))
        });
        assert_eq!(nearest.unwrap().0, &answer.case.unit, "{}: {mode:?}", answer.case.name);
    }
    let median = quantile(answers.iter().map(|answer| answer.error_m), 50);
    assert_eq!(answers.len(), 7);
    assert!(median <= 9.0, "median error {median:.1} m");
    let (located, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.is_located());
    assert!(located.iter().all(|answer| answer.error_m <= 40.0));
    assert!(others.len() <= 1 && others.iter().all(|answer| answer.holds_sector()));
}

#[test]
fn metec_rates_are_within_a_factor_of_two_and_in_their_intervals() {
    let is_near =
        |answer: &&Answer| (0.5..=2.0).contains(&(answer.location.rate.unwrap().kg_s / answer.case.rate_kg_s));
    let is_covered = |answer: &&Answer| {
        let rate = answer.location.rate.unwrap();
        (rate.low_kg_s..=rate.high_kg_s).contains(&answer.case.rate_kg_s)
    };
    let answers = metec_answers();
    let (near, covered) = (answers.iter().filter(is_near).count(), answers.iter().filter(is_covered).count());
    assert!(near >= 5 && covered >= 6, "{near} of 7 within a factor of two, {covered} of 7 in their interval");
}

#[test]
fn prairie_grass_releases_are_placed_within_tens_of_metres() {
    let errors = || prairie_answers().iter().map(|answer| answer.error_m);
    let (median, ninth) = (quantile(errors(), 50), quantile(errors(), 90));
    println!("Prairie Grass, arcs of 100 to 800 m: median error {median:.1} m, nine in ten within {ninth:.1} m");
    assert!(prairie_answers().len() >= 25 && median <= 22.0 && ninth <= 90.0, "{median:.1} m, {ninth:.1} m");
}

#[test]
fn far_arcs_give_a_direction_that_holds_the_source() {
    let answers = answers(prairie_grass(&[400.0, 800.0], 2), PRAIRIE_GRASS);
    let (located, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.is_located());
    let right = others.iter().filter(|answer| answer.holds_sector()).count();
    let median = quantile(answers.iter().map(|answer| answer.error_m), 50);
    println!(
        "Prairie Grass, arcs of 400 and 800 m: {} located, {right} of {} sectors right, median {median:.1} m",
        located.len(),
        others.len()
    );
    assert!(right as f64 >= 0.9 * others.len() as f64);
    assert!(located.iter().all(|answer| answer.error_m <= 200.0));
}

#[test]
fn the_areas_hold_the_source_as_often_as_they_claim() {
    let all = || metec_answers().iter().chain(prairie_answers());
    let count = all().count() as f64;
    let held = |share: f64| all().filter(|answer| answer.level <= share).count() as f64 / count;
    for (name, answers) in [("METEC", metec_answers()), ("Prairie Grass", prairie_answers())] {
        let median = |share: f64| quantile(answers.iter().map(|answer| answer.location.area_m2(share).unwrap()), 50);
        println!("{name}: median areas of {:.0} m2 for 50 % and {:.0} m2 for 90 %", median(0.5), median(0.9));
    }
    let (half, most) = (held(0.5), held(0.9));
    println!("the 50 % area holds {:.0} % of {count} sources, the 90 % area {:.0} %", half * 100.0, most * 100.0);
    assert!((0.38..=0.65).contains(&half) && (0.80..=0.97).contains(&most), "{half:.2} and {most:.2}");
}

#[test]
fn the_same_readings_give_the_same_answer_to_the_last_bit() {
    let answers = prairie_answers();
    let again = answer(prairie_grass(&[100.0, 200.0, 400.0, 800.0], 1).remove(0), PRAIRIE_GRASS);
    assert_eq!(format!("{:?}", again.location), format!("{:?}", answers[0].location));
}
