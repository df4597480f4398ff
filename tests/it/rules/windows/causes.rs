//! What made a random rule trip, found from the top of its condition down.
#![cfg(test)]

use super::language::Claim;
use super::naive::site::Site;
use vocdb::rules::plan::TripTerm;
use vocdb::verdict::Shown;

/// The leaves of a condition, and which of them is shown.
pub(super) struct Causes<'c> {
    /// From left to right, each with whether it stands under an odd number of `not`.
    leaves: Vec<(&'c Claim, bool)>,
    /// What made each station trip, by its place among the leaves.
    of_sites: Vec<Option<usize>>,
    /// What made any of them trip.
    tripped: Option<usize>,
}

impl<'c> Causes<'c> {
    pub(super) fn of(when: &'c Claim, sites: &[Site<'_>]) -> Self {
        let mut leaves = Vec::new();
        note_leaves(when, false, &mut leaves);
        let of_sites: Vec<Option<usize>> = sites.iter().map(|site| site.cause(when, &leaves)).collect();
        let found = || of_sites.iter().flatten().copied();
        let tripped = found().filter(|place| compares(leaves[*place].0)).min().or(found().min());
        Self { tripped, leaves, of_sites }
    }

    /// The value that is on record of a station.
    pub(super) fn value(&self, site: &Site<'_>) -> Option<f64> {
        let first = || (0..self.leaves.len()).find(|place| compares(self.leaves[*place].0));
        self.tripped.or_else(first).and_then(|place| site.left_side(self.leaves[place].0))
    }

    /// What is shown of all stations.
    pub(super) fn shown(&self, sites: &[Site<'_>], terms: &[TripTerm]) -> Shown {
        let Some(place) = self.tripped else { return Shown::default() };
        let (leaf, is_negated) = self.leaves[place];
        let by_it = sites.iter().zip(&self.of_sites).filter(|(_, cause)| **cause == Some(place));
        let extreme = if is_low(leaf) == is_negated { f64::max } else { f64::min };
        let value = by_it.filter_map(|(site, _)| site.left_side(leaf)).reduce(extreme);
        let label = terms[place].label.clone();
        Shown { value, unit: unit_of(leaf).to_owned(), label, terms: Vec::new() }
    }
}

impl Site<'_> {
    /// The left side of a comparison.
    fn left_side(&self, leaf: &Claim) -> Option<f64> {
        match leaf {
            Claim::Limit(left, ..) | Claim::LimitAt(left, ..) | Claim::Pair(left, ..) => self.amount(left),
            Claim::Ratio(over, under, ..) => self.ratio(over, under),
            Claim::Counted(look, ..) | Claim::Covered(look, ..) | Claim::Rated(look, ..) => self.look(look),
            _ => None,
        }
    }

    /// The leaves of a claim that make it what is wanted.
    fn note_causes<'c>(&self, claim: &'c Claim, wanted: bool, found: &mut Vec<&'c Claim>) {
        if self.claim(claim) != Some(wanted) {
            return;
        }
        match claim {
            Claim::And(left, right) | Claim::Or(left, right) => {
                self.note_causes(left, wanted, found);
                self.note_causes(right, wanted, found);
            }
            Claim::Not(inner) => self.note_causes(inner, !wanted, found),
            leaf => found.push(leaf),
        }
    }

    /// What of the leaves of a claim made it true, by its place; a comparison where there is one.
    fn cause(&self, claim: &Claim, leaves: &[(&Claim, bool)]) -> Option<usize> {
        let mut causes = Vec::new();
        self.note_causes(claim, true, &mut causes);
        let first = causes.iter().find(|leaf| compares(leaf)).or(causes.first())?;
        leaves.iter().position(|(leaf, _)| std::ptr::eq(*leaf, *first))
    }
}

/// The leaves of a claim from left to right, and whether each stands under an odd number of `not`.
fn note_leaves<'c>(claim: &'c Claim, is_negated: bool, found: &mut Vec<(&'c Claim, bool)>) {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => {
            note_leaves(left, is_negated, found);
            note_leaves(right, is_negated, found);
        }
        Claim::Not(inner) => note_leaves(inner, !is_negated, found),
        leaf => found.push((leaf, is_negated)),
    }
}

/// Whether a leaf compares with `<` or `<=`.
fn is_low(leaf: &Claim) -> bool {
    match leaf {
        Claim::Limit(_, by, _) | Claim::LimitAt(_, by, ..) | Claim::Pair(_, by, _) => by.starts_with('<'),
        Claim::Ratio(.., by, _) | Claim::Counted(_, by, _) | Claim::Covered(_, by, _) | Claim::Rated(_, by, _) => {
            by.starts_with('<')
        }
        _ => false,
    }
}

const fn unit_of(leaf: &Claim) -> &str {
    match leaf {
        Claim::Limit(..) | Claim::LimitAt(..) | Claim::Pair(..) => "ppm",
        Claim::Ratio(..) | Claim::Counted(..) => "1",
        Claim::Covered(..) => "%",
        Claim::Rated(..) => "ppm/h",
        _ => "",
    }
}

/// Whether any comparison is in a condition.
fn compares(claim: &Claim) -> bool {
    match claim {
        Claim::And(left, right) | Claim::Or(left, right) => compares(left) || compares(right),
        Claim::Not(inner) => compares(inner),
        Claim::Flagged(..) | Claim::Silent(..) | Claim::Stuck(..) | Claim::Hours(..) | Claim::Exceeds(..) => false,
        _ => true,
    }
}
