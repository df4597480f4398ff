//! An enhancement against the profile of a site.

use super::enhancement::SpeciesEnhancement;
use crate::trace::sites::Profile;

/// Species that enhancement and profile must share: two of them make an angle that says little.
const SPECIES_MIN: usize = 3;
/// Share of the profile's weight that the shared species must have.
const PROFILE_SHARE_MIN: f64 = 0.25;
/// Mean of `1 - cosine` between the emissions of a source and its own profile. Between profiles of one kind of plant that EPA's SPECIATE
/// has measured more than once (well heads, landfills, exhaust, flash gas, parts of one refinery: 11 pairs) it is 0.015; twice that,
/// because the plant at hand was not measured in the same campaign.
const SPREAD: f64 = 0.03;
/// Share of profiles that are taken to be wrong or outdated: what a fingerprint says against a site is never final.
const WRONG_PROFILES: f64 = 0.05;
/// Uncertainty, as a share of the largest enhancement, at which a species counts half.
const HALF_WEIGHT_UNCERTAINTY: f64 = 0.1;

/// How well an enhancement fits the profile of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    /// Species that were measured and that the profile has.
    pub shared_species: usize,
    /// Share of the profile's named weight that these species have, 0 to 1.
    pub profile_share: f64,
    /// Share of the measured enhancement that these species have, 0 to 1.
    pub enhancement_share: f64,
    /// Cosine between enhancement and profile over the shared species, 0 (nothing in common) to 1 (the same mixture); `None` if they are
    /// not comparable.
    pub similarity: Option<f64>,
    /// How much more probable this similarity is if the site is the source than if it is not; 1 if they are not comparable.
    pub factor: f64,
    /// The result in one sentence.
    pub explanation: String,
}

/// Compares an enhancement with the profile of a site, over the species that both have.
///
/// Both are vectors of masses. The similarity is the cosine of the angle between them, which does not depend on how much was emitted. A
/// species whose uncertainty is a tenth of the largest enhancement counts half, and less precise ones less. With fewer than 3 shared species, with
/// shared species that have less than a quarter of the profile's weight, or with no enhancement in them, the two are not comparable.
///
/// The factor is a likelihood ratio. *If the site is the source*, `1 - cosine` is exponentially distributed; its mean is 0.03, from repeated
/// measurements of the same kind of plant in SPECIATE, plus what the measurement's uncertainty adds. (An angle with errors in two or more
/// independent directions is so distributed.) *If it is not*, all cosines from 0 to 1 are equally probable, as they are between unrelated profiles
/// of SPECIATE. One profile in twenty is taken to be wrong, so that the factor is at least 0.05; it is at most about 32.
///
/// ```
/// use vocdb::model::species;
/// use vocdb::trace::{Profile, SpeciesEnhancement, compare_fingerprint};
/// let rise = |name: &str, ug_m3: f64| {
///     species::find(name).map(|species| SpeciesEnhancement { species, ug_m3, uncertainty_ug_m3: None })
/// };
/// let enhancement = [rise("benzene", 12.0)?, rise("toluene", 31.0)?, rise("o-xylene", 8.0)?];
/// let tank = Profile::new([("benzene", 10.0), ("toluene", 30.0), ("o-xylene", 9.0)])?;
/// let stack = Profile::new([("benzene", 60.0), ("toluene", 3.0), ("o-xylene", 1.0)])?;
/// assert!(compare_fingerprint(&enhancement, &tank).factor > 10.0);
/// assert!(compare_fingerprint(&enhancement, &stack).factor < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn compare_fingerprint(enhancement: &[SpeciesEnhancement], profile: &Profile) -> Fingerprint {
    let shared: Vec<Shared> = profile.weights().filter_map(|weight| Shared::find(enhancement, weight)).collect();
    let profile_share = shared.iter().map(|one| one.weight).sum::<f64>() / profile.weight_percent_sum();
    let risen = |one: &SpeciesEnhancement| if one.ug_m3 > 0.0 { one.ug_m3 } else { 0.0 };
    let total: f64 = enhancement.iter().map(risen).sum();
    let enhancement_share = if total > 0.0 { shared.iter().map(|one| one.risen).sum::<f64>() / total } else { 0.0 };
    let found = Fingerprint {
        shared_species: shared.len(),
        profile_share,
        enhancement_share,
        similarity: None,
        factor: 1.0,
        explanation: String::new(),
    };
    let largest = shared.iter().map(|one| one.risen).fold(0.0, f64::max);
    if let Some(reason) = found.obstacle(largest) {
        return Fingerprint { explanation: format!("not comparable: {reason}"), ..found };
    }
    let (similarity, noise) = cosine(&shared, largest);
    let factor = likelihood_ratio(similarity, noise);
    let explanation = format!(
        "cosine {similarity:.2} over {} species, which have {:.0} % of the profile's weight and {:.0} % of the enhancement: {factor:.2} \
         times as probable if the site is the source",
        found.shared_species,
        100.0 * profile_share,
        100.0 * enhancement_share,
    );
    Fingerprint { similarity: Some(similarity), factor, explanation, ..found }
}

impl Fingerprint {
    /// Why the two are not comparable.
    fn obstacle(&self, largest: f64) -> Option<String> {
        if self.shared_species < SPECIES_MIN {
            return Some(format!(
                "{} of the profile's species were measured, and {SPECIES_MIN} are needed",
                self.shared_species
            ));
        }
        if self.profile_share < PROFILE_SHARE_MIN {
            return Some(format!(
                "the measured species have {:.0} % of the profile's weight, and {:.0} % are needed",
                100.0 * self.profile_share,
                100.0 * PROFILE_SHARE_MIN
            ));
        }
        (largest <= 0.0).then(|| "none of the profile's species is enhanced".to_owned())
    }
}

/// A species that both have.
struct Shared {
    risen: f64,
    uncertainty: f64,
    weight: f64,
}

impl Shared {
    fn find(
        enhancement: &[SpeciesEnhancement],
        (species, weight): (&crate::model::species::Species, f64),
    ) -> Option<Self> {
        let found = enhancement.iter().find(|one| one.species == species && one.ug_m3.is_finite())?;
        let uncertainty = found.uncertainty_ug_m3.filter(|own| own.is_finite()).map_or(0.0, f64::abs);
        Some(Self { risen: found.ug_m3.max(0.0), uncertainty, weight })
    }

    /// How much the species counts, 0 to 1.
    fn trust(&self, largest: f64) -> f64 {
        1.0 / (1.0 + (self.uncertainty / (HALF_WEIGHT_UNCERTAINTY * largest)).powi(2))
    }
}

/// The cosine, and the mean of `1 - cosine` that uncertainty alone brings about.
fn cosine(shared: &[Shared], largest: f64) -> (f64, f64) {
    let sum = |term: &dyn Fn(&Shared) -> f64| shared.iter().map(|one| one.trust(largest) * term(one)).sum::<f64>();
    let (own, theirs) = (sum(&|one| one.risen * one.risen), sum(&|one| one.weight * one.weight));
    let cosine = sum(&|one| one.risen * one.weight) / (own * theirs).sqrt();
    // An error along the vector does not turn it.
    let across = |one: &Shared| 1.0 - one.trust(largest) * one.risen * one.risen / own;
    let noise = sum(&|one| one.uncertainty * one.uncertainty * across(one)) / (2.0 * own);
    (cosine.clamp(0.0, 1.0), noise)
}

fn likelihood_ratio(similarity: f64, noise: f64) -> f64 {
    let spread = SPREAD + noise;
    let of_source = (-(1.0 - similarity) / spread).exp() / (spread * (1.0 - (-1.0 / spread).exp()));
    (1.0 - WRONG_PROFILES) * of_source + WRONG_PROFILES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::species;
    use proptest::prelude::*;

    const NAMES: [&str; 5] = ["benzene", "toluene", "o-xylene", "n-hexane", "styrene"];

    fn risen(values: &[(usize, f64)], uncertainty_ug_m3: Option<f64>) -> Vec<SpeciesEnhancement> {
        let one = |&(place, ug_m3): &(usize, f64)| {
            let species = species::find(NAMES[place]).unwrap();
            SpeciesEnhancement { species, ug_m3, uncertainty_ug_m3 }
        };
        values.iter().map(one).collect()
    }

    fn profile(weights: &[(usize, f64)]) -> Profile {
        Profile::new(weights.iter().map(|(place, weight)| (NAMES[*place], *weight))).unwrap()
    }

    proptest! {
        #[test]
        fn the_similarity_does_not_depend_on_how_much_was_emitted(
            values in prop::collection::vec(0.1..20.0_f64, 5), scale in 0.01..100.0_f64,
        ) {
            let weights = profile(&[(0, 3.0), (1, 20.0), (2, 1.0), (3, 9.0), (4, 0.5)]);
            let numbered = |scale: f64| values.iter().enumerate().map(|(n, v)| (n, v * scale)).collect::<Vec<_>>();
            let [one, other] = [1.0, scale].map(|scale| compare_fingerprint(&risen(&numbered(scale), None), &weights));
            prop_assert!((one.similarity.unwrap() - other.similarity.unwrap()).abs() < 1e-12);
            prop_assert!((0.05..32.0).contains(&one.factor));
        }

        #[test]
        fn the_factor_rises_with_the_similarity_and_averages_one_over_unrelated_profiles(noise in 0.0..0.5_f64) {
            let factors: Vec<f64> = (0..10_000).map(|part| likelihood_ratio((f64::from(part) + 0.5) / 1e4, noise)).collect();
            prop_assert!(factors.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!((factors.iter().sum::<f64>() / 1e4 - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn too_few_species_or_too_little_of_the_profile_is_not_comparable() {
        let whole = profile(&[(0, 60.0), (1, 10.0), (2, 5.0), (3, 5.0)]);
        let two = compare_fingerprint(&risen(&[(0, 1.0), (1, 2.0)], None), &whole);
        assert_eq!((two.similarity, two.factor, two.shared_species), (None, 1.0, 2));
        assert!(two.explanation.contains("2 of the profile's species were measured"), "{}", two.explanation);
        let light = compare_fingerprint(&risen(&[(1, 1.0), (2, 2.0), (3, 1.0)], None), &whole);
        assert!(light.similarity.is_some(), "20 of 80 are a quarter");
        let heavier = profile(&[(0, 75.0), (1, 10.0), (2, 5.0), (3, 5.0)]);
        let lighter = compare_fingerprint(&risen(&[(1, 1.0), (2, 2.0), (3, 1.0)], None), &heavier);
        assert!(lighter.explanation.contains("21 % of the profile's weight"), "{}", lighter.explanation);
        let flat = compare_fingerprint(&risen(&[(0, 0.0), (1, -2.0), (2, 0.0)], None), &whole);
        assert!(flat.explanation.contains("none of the profile's species is enhanced"));
        assert_eq!(compare_fingerprint(&[], &whole).factor, 1.0);
    }

    #[test]
    fn an_uncertain_measurement_says_less_both_for_and_against_a_site() {
        let site = profile(&[(0, 10.0), (1, 20.0), (2, 30.0)]);
        let [precise, vague] =
            [0.01, 5.0].map(|own| compare_fingerprint(&risen(&[(0, 10.0), (1, 20.0), (2, 30.0)], Some(own)), &site));
        assert!(precise.factor > vague.factor && vague.factor > 1.0);
        let [precise, vague] =
            [0.01, 20.0].map(|own| compare_fingerprint(&risen(&[(0, 30.0), (1, 5.0), (2, 1.0)], Some(own)), &site));
        assert!(precise.factor < vague.factor, "{} {}", precise.factor, vague.factor);
    }
}
