//! Suggestions: the known name that is closest to a mistyped one.

/// Characters of a name that are looked at; longer ones are never suggested for.
const NAME_CHARS_MAX: usize = 80;

/// The known name with the fewest edits, if it is close enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (edits, best) = fewest_edits(name, known)?;
    let length = name.chars().count();
    (edits <= 1 + length / 4 && edits < length).then_some(best)
}

/// The known name with the fewest edits, however far it is.
///
/// ```
/// assert_eq!(vocdb::rules::closest("parc/S1", ["city/S1", "park/S1"]), Some("park/S1"));
/// ```
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    fewest_edits(name, known).map(|(_, best)| best)
}

/// `did you mean `x`?` where something is close, else `otherwise`.
pub(crate) fn suggest(name: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(name, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => otherwise.to_owned(),
    }
}

fn fewest_edits<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    let wanted: Vec<char> = name.chars().take(NAME_CHARS_MAX + 1).collect();
    if wanted.is_empty() || wanted.len() > NAME_CHARS_MAX {
        return None;
    }
    let is_short = |candidate: &&str| !candidate.is_empty() && candidate.len() <= 4 * NAME_CHARS_MAX;
    known.into_iter().filter(is_short).map(|candidate| (distance(&wanted, candidate), candidate)).min()
}

/// Characters inserted, removed, replaced or swapped with their neighbour between two names.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let letters: Vec<char> = candidate.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=wanted.len()).collect();
    for (row, letter) in letters.iter().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        current.push(row + 1);
        for (column, other) in wanted.iter().enumerate() {
            let replaced = at(&previous, column) + usize::from(other != letter);
            let added = at(&previous, column + 1) + 1;
            let removed = at(&current, column) + 1;
            let is_swap =
                row > 0 && column > 0 && letters.get(row - 1) == Some(other) && wanted.get(column - 1) == Some(letter);
            let swapped = if is_swap { at(&before, column - 1) + 1 } else { usize::MAX };
            current.push(replaced.min(added).min(removed).min(swapped));
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(usize::MAX)
}

fn at(row: &[usize], column: usize) -> usize {
    row.get(column).copied().unwrap_or(usize::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("benzen", ["toluene", "benzene", "ozone"]), Some("benzene"));
        assert_eq!(nearest("avgg", ["max", "avg"]), Some("avg"));
        assert_eq!(nearest("hihg", ["low", "high"]), Some("high"));
        assert_eq!(nearest("never", ["unknown", "keep", "alarm"]), None);
        assert_eq!(nearest("x", ["something", "else"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(closest("parc/*", ["city/S1", "park/S1"]), Some("park/S1"));
    }
}
