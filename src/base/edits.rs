//! Edits between two names, for suggestions.

/// Levenshtein's distance, one row of the table at a time.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let mut costs: Vec<usize> = (0..=right.chars().count()).collect();
    for (row, from) in left.chars().enumerate() {
        let (mut diagonal, mut beside) = (row, row.saturating_add(1));
        let (first, rest) = costs.split_at_mut(1);
        first.fill(beside);
        for (cost, to) in rest.iter_mut().zip(right.chars()) {
            let replaced = diagonal.saturating_add(usize::from(from != to));
            diagonal = *cost;
            beside = replaced.min(diagonal.saturating_add(1)).min(beside.saturating_add(1));
            *cost = beside;
        }
    }
    costs.last().copied().unwrap_or_default()
}

/// Whether so many edits are few enough for a suggestion among a few names: at most half of the letters of the name as given.
#[cfg(feature = "csv")]
pub(crate) fn is_close(wanted: &str, edits: usize) -> bool {
    edits.saturating_mul(2) <= wanted.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_letter_changes() {
        for (left, right, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("pid1", "pid1", 0), ("a", "ab", 1)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
