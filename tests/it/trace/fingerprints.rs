//! Two sites that the wind cannot tell apart, told apart by their species.
//!
//! No public set has both a known source and many species. Profiles that EPA measured at real plants are therefore laid over the methane that
//! METEC's sensors measured in real plumes: every species rises and falls with the plume, by its weight in the profile.

use crate::tool::example;
use std::collections::BTreeMap;
use vocdb::Timestamp;
use vocdb::model::species;
use vocdb::trace::{Profile, SpeciesEnhancement, compare_fingerprint, read_profiles};

/// Draws of profiles, plume and noise.
const DRAWS: u64 = 200;
/// Methane of 1 ppm in ug/m3 at 25 degrees.
const METHANE_UG_M3_PER_PPM: f64 = 16.043 / 24.465 * 1_000.0;
/// Mass of the profile for each mass of methane: natural gas has 5 to 20 %.
const VOC_PER_METHANE: f64 = 0.1;
/// Standard deviation of the logarithm of a species' true share over its share in the profile.
const PROFILE_ERROR: f64 = 0.3;
/// Detection limit in ug/m3: 0.03 ppb of benzene, as gas chromatographs have it.
const DETECTION_LIMIT_UG_M3: f64 = 0.1;

/// Random numbers of a seed: splitmix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).unwrap()
    }

    /// Uniform, 0 excluded to 1.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 1.0) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Methane above the lowest tenth, in ppm and minute by minute, at the sensor that the plume of each release reached best.
fn plumes() -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(example("metec/ch4_wind_1min.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let releases = std::fs::read_to_string(example("metec/releases.csv")).unwrap();
    let plume = |line: &str| {
        let times: Vec<Timestamp> =
            line.split(',').skip(1).take(2).map(|time| time.replace(' ', "T").parse().unwrap()).collect();
        let within: Vec<&Vec<&str>> =
            rows.iter().filter(|row| (times[0]..times[1]).contains(&row[0].parse().unwrap())).take(180).collect();
        let sensors = (3..11).map(|sensor| {
            let values: Vec<f64> = within.iter().filter_map(|row| row[sensor].parse().ok()).collect();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let low = sorted.get(sorted.len() / 10).copied().unwrap_or_default();
            values.iter().map(|value| (value - low).max(0.0)).collect::<Vec<f64>>()
        });
        sensors.max_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum())).unwrap()
    };
    releases.lines().skip(1).map(plume).collect()
}

/// What an instrument measures of every species in `known`, minute by minute, while a source of this profile emits.
fn measured(plume: &[f64], source: &Profile, known: &[&'static str], draw: &mut Draw) -> Vec<Vec<f64>> {
    let weights: BTreeMap<&str, f64> = source.weights().map(|(species, weight)| (species.name(), weight)).collect();
    let one = |name: &&'static str| {
        let share = weights.get(name).copied().unwrap_or_default() / 100.0 * (PROFILE_ERROR * draw.normal()).exp();
        // A background of its own from 0.1 to 3 ug/m3, which changes by a tenth from minute to minute.
        let background = 0.1 * 30_f64.powf(draw.uniform());
        let minute = |methane: &f64| {
            let plume = share * VOC_PER_METHANE * METHANE_UG_M3_PER_PPM * methane;
            let value = background * (1.0 + 0.1 * draw.normal()) + plume * (1.0 + 0.05 * draw.normal());
            let value = value + 0.5 * DETECTION_LIMIT_UG_M3 * draw.normal();
            if value < DETECTION_LIMIT_UG_M3 { 0.5 * DETECTION_LIMIT_UG_M3 } else { value }
        };
        plume.iter().map(minute).collect()
    };
    known.iter().map(one).collect()
}

/// Mean in the quarter of the minutes with the most VOC, less the mean in the quarter with the least.
fn enhancement(known: &[&'static str], series: &[Vec<f64>]) -> Vec<SpeciesEnhancement> {
    let minutes = series[0].len();
    let mut order: Vec<usize> = (0..minutes).collect();
    let total = |minute: &usize| series.iter().map(|values| values[*minute]).sum::<f64>();
    order.sort_by(|a, b| total(a).total_cmp(&total(b)));
    let quarter = minutes / 4;
    let (low, high) = (&order[..quarter], &order[minutes - quarter..]);
    let mean = |values: &[f64], of: &[usize]| of.iter().map(|minute| values[*minute]).sum::<f64>() / of.len() as f64;
    let one = |(name, values): (&&'static str, &Vec<f64>)| {
        let base = mean(values, low);
        let variance = low.iter().map(|minute| (values[*minute] - base).powi(2)).sum::<f64>() / quarter as f64;
        let uncertainty = (2.0 * variance / quarter as f64).sqrt() + 0.25 * DETECTION_LIMIT_UG_M3;
        SpeciesEnhancement {
            species: species::find(name).unwrap(),
            ug_m3: mean(values, high) - base,
            uncertainty_ug_m3: Some(uncertainty),
        }
    };
    known.iter().zip(series).map(one).collect()
}

#[test]
fn two_sites_40_m_apart_are_told_apart_by_speciate_profiles_on_metec_plumes() {
    let text = std::fs::read_to_string(example("fingerprints/speciate_voc_profiles.csv")).unwrap();
    let profiles: Vec<Profile> = read_profiles(&text).unwrap().into_values().collect();
    let mut known: Vec<&'static str> =
        profiles.iter().flat_map(|profile| profile.weights().map(|(species, _)| species.name())).collect();
    known.sort_unstable();
    known.dedup();
    let plumes = plumes();
    assert_eq!(plumes.len(), 7);
    let (mut right, mut right_by_wind, mut sure_and_wrong) = (0, 0, 0);
    for seed in 0..DRAWS {
        let mut draw = Draw(seed);
        let plume = &plumes[draw.below(plumes.len())];
        let first = draw.below(profiles.len());
        let second = (first + 1 + draw.below(profiles.len() - 1)) % profiles.len();
        let sites = [&profiles[first], &profiles[second]];
        let source = draw.below(2);
        let series = measured(plume, sites[source], &known, &mut draw);
        let enhancement = enhancement(&known, &series);
        let factors = sites.map(|site| compare_fingerprint(&enhancement, site).factor);
        // The wind gives both sites one half: its best guess is the first one.
        right_by_wind += u32::from(source == 0);
        let posterior = factors[source] / (factors[0] + factors[1]);
        right += u32::from(posterior > 0.5);
        sure_and_wrong += u32::from(posterior < 0.05);
    }
    assert!((80..=120).contains(&right_by_wind), "{right_by_wind} of {DRAWS} without fingerprints");
    assert!(right >= 190, "{right} of {DRAWS} with fingerprints");
    assert!(sure_and_wrong <= 2, "{sure_and_wrong} of {DRAWS} are wrong with more than 95 %");
}

/// Codes of profiles that EPA measured more than once at one kind of plant.
const REPEATED: [&[&str]; 5] = [
    &["1205", "1206", "1208"],
    &["5652", "5653", "5654"],
    &["95784", "95785", "95787"],
    &["2458", "2459"],
    &["UTUBOGB", "UTUBOGF"],
];
/// Further groups of one kind, whose members differ more.
const RELATED: [&[&str]; 6] = [
    &["2458", "2459", "2460"],
    &["1066", "1067"],
    &["95644", "95729", "95730"],
    &["3161", "8774", "95320"],
    &["2485", "2486", "2488", "2489"],
    &["95812", "95843", "CARB3016", "CARB3019", "3144"],
];

#[test]
fn the_constants_of_the_factor_are_those_of_speciate() {
    let text = std::fs::read_to_string(example("fingerprints/speciate_voc_profiles.csv")).unwrap();
    let profiles = read_profiles(&text).unwrap();
    let similarity = |source: &str, site: &str| {
        let rise = |(species, ug_m3)| SpeciesEnhancement { species, ug_m3, uncertainty_ug_m3: None };
        let enhancement: Vec<SpeciesEnhancement> = profiles[source].weights().map(rise).collect();
        compare_fingerprint(&enhancement, &profiles[site]).similarity
    };
    let pairs = |codes: &&[&'static str]| {
        let all = codes.iter().flat_map(|a| codes.iter().map(move |b| (*a, *b)));
        all.filter(|(a, b)| a < b).collect::<Vec<_>>()
    };
    let repeated: Vec<f64> = REPEATED.iter().flat_map(pairs).map(|(a, b)| 1.0 - similarity(a, b).unwrap()).collect();
    let mean = repeated.iter().sum::<f64>() / repeated.len() as f64;
    assert_eq!(repeated.len(), 11);
    assert!((mean - 0.015).abs() < 0.001, "the mean of 1 - cosine between repeated profiles is {mean}");

    let is_related =
        |a: &str, b: &str| REPEATED.iter().chain(&RELATED).any(|kind| kind.contains(&a) && kind.contains(&b));
    let all = profiles.keys().flat_map(|a| profiles.keys().map(move |b| (a.as_str(), b.as_str())));
    let mut unrelated: Vec<f64> =
        all.filter(|(a, b)| !is_related(a, b)).filter_map(|(a, b)| (a != b).then(|| similarity(a, b))?).collect();
    unrelated.sort_by(f64::total_cmp);
    let quartile = |part: usize| unrelated[unrelated.len() * part / 4];
    for (part, expected) in [(1, 0.21), (2, 0.41), (3, 0.66)] {
        assert!(
            (quartile(part) - expected).abs() < 0.02,
            "quartile {part} of {} is {}",
            unrelated.len(),
            quartile(part)
        );
    }
}
