//! Scenes that bear no location, and scenes that are wrong: each has a verdict or an error that says what is missing.

use super::made::{Source, scene, stations, winds};
use vocdb::trace::{
    Block, LocateError, LocateOptions, Location, Receptor, Scene, Stability, StabilityMix, Verdict, WindSeries,
    WindStep, enhancement, locate,
};

const SOURCE: Source = Source { east_m: 420.0, north_m: 560.0, rate_kg_s: 0.002 };

/// Two hours over nine stations.
fn works() -> Scene {
    scene(stations(3, 3, (1_000.0, 1_000.0), 3), winds(120, 215.0, 70.0, 5), &[SOURCE])
}

fn answer(scene: &Scene) -> Result<Location, LocateError> {
    locate(scene, &LocateOptions { draws: 20, ..LocateOptions::default() })
}

/// The verdict and its reason.
fn verdict(scene: &Scene) -> (Verdict, String) {
    let location = answer(scene).unwrap();
    assert_eq!(location.mode.is_none(), location.verdict == Verdict::NotEnough);
    (location.verdict, location.reason)
}

fn with_enhancements(of: impl Fn(usize, usize) -> Option<f64>) -> Scene {
    let mut scene = works();
    for (block, content) in scene.blocks.iter_mut().enumerate() {
        content.enhancements.iter_mut().enumerate().for_each(|(receptor, value)| *value = of(block, receptor));
    }
    scene
}

#[test]
fn without_stations_wind_or_readings_the_error_says_which() {
    let empty = Scene { receptors: vec![], wind: WindSeries { step_s: 60.0, steps: vec![] }, blocks: vec![] };
    assert_eq!(answer(&empty), Err(LocateError::NoReceptors));
    assert_eq!(answer(&Scene { blocks: vec![], ..works() }), Err(LocateError::NoReadings));
    assert_eq!(answer(&with_enhancements(|_, _| None)), Err(LocateError::NoReadings));
    let mut windless = works();
    windless.wind.steps.iter_mut().for_each(|step| *step = None);
    assert_eq!(answer(&windless), Err(LocateError::NoReadings));
}

#[test]
fn calm_air_gives_no_direction() {
    let mut calm = works();
    calm.wind.steps.iter_mut().flatten().for_each(|wind| wind.speed_m_s = 0.2);
    let (verdict, reason) = verdict(&calm);
    assert_eq!(verdict, Verdict::NotEnough);
    assert!(reason.contains("calm air"), "{reason}");
}

#[test]
fn stations_that_are_stuck_or_read_nothing_give_no_place() {
    let stuck = enhancement(&vec![Some(3.5); 120], 60);
    assert!(stuck.iter().all(|value| *value == Some(0.0)));
    let (verdict, reason) = verdict(&with_enhancements(|_, _| Some(0.0)));
    assert_eq!(verdict, Verdict::NotEnough);
    assert!(reason.contains("no station reads above its background"), "{reason}");
}

#[test]
fn one_station_in_a_steady_wind_gives_a_direction_alone() {
    let station = Receptor { east_m: 400.0, north_m: 300.0, height_m: 3.0 };
    let (sin, cos) = 215_f64.to_radians().sin_cos();
    let source = Source { east_m: 400.0 + 250.0 * sin, north_m: 300.0 + 250.0 * cos, rate_kg_s: 0.002 };
    let mut one = scene(vec![station], winds(120, 215.0, 10.0, 5), &[source]);
    let location = answer(&one).unwrap();
    assert_eq!(location.verdict, Verdict::DirectionOnly);
    assert!(location.reason.contains("one station alone"), "{}", location.reason);
    assert!(location.sector.unwrap().holds(source.east_m, source.north_m));
    // Other stations that read nothing of it do not change that.
    one.receptors.push(Receptor { east_m: 5_000.0, north_m: 0.0, height_m: 3.0 });
    one.blocks.iter_mut().for_each(|block| block.enhancements.push(Some(0.0)));
    assert_eq!(verdict(&one).0, Verdict::DirectionOnly);
}

#[test]
fn few_readings_give_a_direction_alone() {
    let few = with_enhancements(|block, receptor| Some(if block == 2 && receptor < 4 { 1e-7 } else { 0.0 }));
    let (verdict, reason) = verdict(&few);
    assert_eq!(verdict, Verdict::DirectionOnly);
    assert!(reason.contains("independent readings"), "{reason}");
}

#[test]
fn numbers_that_make_no_sense_are_refused_with_their_place() {
    let wrong = |what: &'static str, place, scene: &Scene| {
        assert_eq!(answer(scene), Err(LocateError::Number { what, place }));
    };
    for bad in [f64::NAN, f64::INFINITY, -1e-9, 1e300] {
        let scene = with_enhancements(|block, _| Some(if block == 3 { bad } else { 0.0 }));
        wrong("an enhancement of the block", 3, &scene);
    }
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let mut scene = works();
        scene.receptors[4].north_m = bad;
        wrong("the position of the receptor", 4, &scene);
    }
    for bad in [f64::NAN, -1.0, 1e9] {
        let mut scene = works();
        scene.wind.steps[7].as_mut().unwrap().speed_m_s = bad;
        wrong("the wind of the step", 7, &scene);
    }
    let options = LocateOptions { source_height_m: f64::NAN, ..LocateOptions::default() };
    assert!(matches!(locate(&works(), &options), Err(LocateError::Number { what: "a height of the options", .. })));
}

#[test]
fn places_far_apart_and_lengths_that_do_not_match_do_no_harm() {
    let mut far = works();
    far.receptors[0].east_m = 5e7;
    answer(&far).unwrap();
    let mut short = works();
    short.blocks[1].enhancements.truncate(2);
    short.blocks[2].enhancements.extend([Some(1e-6); 50]);
    short.blocks[3].steps = 100..5_000;
    short.blocks[4].steps = 7_000..9_000;
    answer(&short).unwrap();
    let same_place = Scene { receptors: vec![works().receptors[0]; 9], ..works() };
    answer(&same_place).unwrap();
}

#[test]
fn more_stations_and_blocks_than_can_be_located_in_are_refused() {
    let stability = StabilityMix::pure(Stability::D);
    let steps = (0..2_000_u32).map(|step| Some(WindStep::new(3.0, f64::from(step), stability))).collect();
    let blocks =
        (0..2_000).map(|step| Block { steps: step..step + 1, enhancements: vec![Some(1e-7); 2_000] }).collect();
    let huge = Scene {
        receptors: stations(40, 50, (20_000.0, 20_000.0), 1),
        wind: WindSeries { step_s: 60.0, steps },
        blocks,
    };
    let error = answer(&huge).unwrap_err();
    assert!(matches!(error, LocateError::TooMuch { transports: 4_000_000, .. }), "{error}");
}
