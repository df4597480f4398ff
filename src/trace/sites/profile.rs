//! The species that a source emits, in percent of its weight.

use crate::model::ModelError;
use crate::model::species::{self, Species};

/// Sum of weights up to which a profile is believed: rounded laboratory figures may add up to a little more than 100 %.
const WEIGHT_PERCENT_SUM_MAX: f64 = 102.0;

/// A source profile: species and their weight, in percent of the whole.
///
/// Species that are left out are simply unknown: the weights need not add up to 100.
///
/// ```
/// use vocdb::trace::Profile;
/// let tank = Profile::new([("benzene", 12.0), ("n-hexane", 30.0)])?;
/// assert_eq!(tank.weight_percent_sum(), 42.0);
/// assert!(Profile::new([("benzine", 12.0)]).unwrap_err().to_string().contains("benzene"));
/// assert!(Profile::new([("benzene", 80.0), ("toluene", 80.0)]).is_err());
/// # Ok::<(), vocdb::trace::ProfileError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// In order of their names.
    weights: Vec<(&'static Species, f64)>,
}

/// A source profile that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A profile without a species.
    #[error("it has no species")]
    Empty,
    /// A species that the table does not have.
    #[error("{0}; leave out species that the table does not have: the other weights stay percent of the whole")]
    Species(ModelError),
    /// A species that is there twice, perhaps under two names.
    #[error("`{name}` is there twice: add the weights")]
    Twice {
        /// Name of the species.
        name: &'static str,
    },
    /// A weight that is none.
    #[error("the weight of `{name}` is {weight_percent} %: give a number from 0 to 100")]
    Weight {
        /// Name of the species.
        name: &'static str,
        /// Weight as given.
        weight_percent: f64,
    },
    /// Weights that add up to more than the whole.
    #[error("its weights add up to {sum_percent:.1} %: they must be percent of the whole profile")]
    Sum {
        /// Sum of the weights.
        sum_percent: f64,
    },
}

impl Profile {
    /// Creates a profile from names or CAS numbers of species and their weights in percent. Weights of zero are left out.
    ///
    /// # Errors
    /// [`ProfileError`] names the species that is unknown, there twice, or has no weight from 0 to 100; and a sum above 102 %.
    pub fn new<'a>(weights: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self, ProfileError> {
        let mut found: Vec<(&'static Species, f64)> = Vec::new();
        for (name, weight_percent) in weights {
            let species = species::find(name).map_err(ProfileError::Species)?;
            if !(0.0..=100.0).contains(&weight_percent) {
                return Err(ProfileError::Weight { name: species.name(), weight_percent });
            }
            found.push((species, weight_percent));
        }
        found.sort_by_key(|(species, _)| species.name());
        let twice = found.iter().zip(found.iter().skip(1)).find(|((a, _), (b, _))| a == b);
        if let Some(((species, _), _)) = twice {
            return Err(ProfileError::Twice { name: species.name() });
        }
        found.retain(|(_, weight)| *weight > 0.0);
        let profile = Self { weights: found };
        let sum_percent = profile.weight_percent_sum();
        if profile.weights.is_empty() {
            Err(ProfileError::Empty)
        } else if sum_percent > WEIGHT_PERCENT_SUM_MAX {
            Err(ProfileError::Sum { sum_percent })
        } else {
            Ok(profile)
        }
    }

    /// Species and their weights in percent, in order of the species' names.
    pub fn weights(&self) -> impl Iterator<Item = (&'static Species, f64)> {
        self.weights.iter().copied()
    }

    /// Sum of the weights in percent: the share of the whole that the profile names.
    #[must_use]
    pub fn weight_percent_sum(&self) -> f64 {
        self.weights.iter().map(|(_, weight)| weight).sum()
    }
}
