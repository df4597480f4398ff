//! Statistics of cases over a period.

use super::record::Outcome;
use super::state::Incident;
use crate::model::{TimeRange, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// The time within which a located case counts as quick: a day.
const DAY_MS: i64 = 86_400_000;

/// Figures of the cases that were opened in a period. What happened to them later counts, too.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct IncidentStatistics {
    /// Cases opened.
    pub opened: usize,
    /// Of these, cases that are open still.
    pub open: usize,
    /// Cases in which a site was named.
    pub located: usize,
    /// Cases in which a site was named within 24 hours of the opening.
    pub located_within_24h: usize,
    /// Cases whose deadline passed at least once.
    pub overdue: usize,
    /// Closed cases by outcome, in the order violation, no violation, source not found.
    pub outcomes: Vec<OutcomeCount>,
    /// Violations by kind, in order of their names.
    pub violations: Vec<OutcomeCount>,
    /// Penalties by currency.
    pub penalties: Vec<PenaltySum>,
    /// Median time in milliseconds from opening to the first named site.
    pub locate_ms_median: Option<i64>,
    /// Median time in milliseconds from opening to the newest closing.
    pub close_ms_median: Option<i64>,
}

/// A number of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutcomeCount {
    /// Name of the outcome, or kind of the violation.
    pub name: String,
    /// Number of cases.
    pub incidents: usize,
}

/// The penalties in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PenaltySum {
    /// Currency as three letters.
    pub currency: String,
    /// Number of penalties.
    pub penalties: usize,
    /// Sum of the amounts.
    pub amount: f64,
}

impl IncidentStatistics {
    /// Figures of the cases whose host time of opening lies in a range.
    #[must_use]
    pub fn of<'a>(incidents: impl Iterator<Item = &'a Incident>, range: TimeRange) -> Self {
        let incidents: Vec<&Incident> = incidents.filter(|one| range.contains(one.opened.at)).collect();
        let since = |one: &Incident, at: Timestamp| at.since_ms(one.opened.at);
        let locate_ms: Vec<i64> = incidents.iter().filter_map(|one| Some(since(one, one.located_at?))).collect();
        let close_ms = incidents.iter().filter_map(|one| Some(since(one, one.outcome.as_ref()?.at))).collect();
        let count = |holds: &dyn Fn(&Incident) -> bool| incidents.iter().filter(|one| holds(one)).count();
        let outcomes: Vec<&Outcome> = incidents.iter().filter_map(|one| Some(&one.outcome.as_ref()?.what)).collect();
        let of_name = |name: &'static str| OutcomeCount {
            name: name.to_owned(),
            incidents: outcomes.iter().filter(|outcome| outcome.name() == name).count(),
        };
        Self {
            opened: incidents.len(),
            open: count(&Incident::is_open),
            located: locate_ms.len(),
            located_within_24h: locate_ms.iter().filter(|ms| **ms <= DAY_MS).count(),
            overdue: count(&|one| !one.overdue.is_empty()),
            outcomes: ["violation", "no-violation", "source-not-found"].map(of_name).into(),
            violations: violations(&outcomes),
            penalties: penalties(&outcomes),
            locate_ms_median: median(locate_ms),
            close_ms_median: median(close_ms),
        }
    }
}

fn violations(outcomes: &[&Outcome]) -> Vec<OutcomeCount> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Violation { kind, .. } = outcome {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    kinds.into_iter().map(|(name, incidents)| OutcomeCount { name: name.to_owned(), incidents }).collect()
}

fn penalties(outcomes: &[&Outcome]) -> Vec<PenaltySum> {
    let mut sums: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Violation { penalty: Some(penalty), .. } = outcome {
            let (count, sum) = sums.entry(&penalty.currency).or_default();
            *count += 1;
            *sum += penalty.amount;
        }
    }
    let sum = |(currency, (penalties, amount)): (&str, (usize, f64))| PenaltySum {
        currency: currency.to_owned(),
        penalties,
        amount,
    };
    sums.into_iter().map(sum).collect()
}

/// The middle value; of an even number the mean of the two in the middle.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(lower.midpoint(upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9]), Some(9));
        assert_eq!(median(vec![10, 1, 4, 2]), Some(3));
        assert_eq!(median(vec![3, 1, 2]), Some(2));
    }
}
