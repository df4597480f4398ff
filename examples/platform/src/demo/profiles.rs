//! Source profiles of EPA SPECIATE 5.2 (`examples/data/fingerprints`): the species of a source in percent of its weight.

use std::collections::BTreeMap;
use vocdb::trace::Profile;

/// The measured profiles: a row for each species of each profile.
const MEASURED: &str = include_str!("../../../data/fingerprints/speciate_voc_profiles.csv");

/// The weights in percent of the species of a profile.
pub(super) type Weights = BTreeMap<String, f64>;

/// Reads the profile of a code.
pub(super) fn weights_of(code: &str) -> Result<Weights, String> {
    let failed = |cause: &dyn std::fmt::Display| format!("source profile {code}: {cause}");
    let mut weights = Weights::new();
    for row in csv::Reader::from_reader(MEASURED.as_bytes()).records() {
        let row = row.map_err(|error| failed(&error))?;
        let field = |place: usize| row.get(place).unwrap_or_default();
        if field(0) == code {
            let weight = field(5).parse::<f64>().map_err(|error| failed(&error))?;
            weights.insert(field(3).to_owned(), weight);
        }
    }
    if weights.is_empty() { Err(failed(&"no row has this code")) } else { Ok(weights) }
}

/// The profile as the ranking of sites takes it.
pub(super) fn profile_of(code: &str) -> Result<Profile, String> {
    let weights = weights_of(code)?;
    let pairs = weights.iter().map(|(name, weight)| (name.as_str(), *weight));
    Profile::new(pairs).map_err(|error| format!("source profile {code}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_have_the_weights_of_the_table() {
        let weights = weights_of("1066").unwrap();
        assert_eq!((weights.len(), weights["styrene"], weights["benzene"]), (6, 4.91, 23.28));
        assert!(profile_of("2460").unwrap().weight_percent_sum() > 70.0);
        assert!(weights_of("none").unwrap_err().contains("no row"));
    }
}
