//! Suggestions: the known name that is closest to a mistyped one.

/// Characters of a name that are looked at; longer ones are never suggested for.
const NAME_CHARS_MAX: usize = 80;

/// The known name with the fewest edits, if it is close enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().take(NAME_CHARS_MAX + 1).collect();
    if wanted.is_empty() || wanted.len() > NAME_CHARS_MAX {
        return None;
    }
    let best = known
        .into_iter()
        .filter(|candidate| candidate.len() <= 4 * NAME_CHARS_MAX)
        .map(|candidate| (distance(&wanted, candidate), candidate))
        .min()?;
    (best.0 <= wanted.len().div_ceil(2)).then_some(best.1)
}

/// Edits (insert, remove, replace) between two names.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let mut previous: Vec<usize> = (0..=wanted.len()).collect();
    for (row, letter) in candidate.chars().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        current.push(row + 1);
        for (column, other) in wanted.iter().enumerate() {
            let replaced = at(&previous, column) + usize::from(*other != letter);
            let added = at(&previous, column + 1) + 1;
            let removed = at(&current, column) + 1;
            current.push(replaced.min(added).min(removed));
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(usize::MAX)
}

fn at(row: &[usize], column: usize) -> usize {
    row.get(column).copied().unwrap_or(usize::MAX / 2)
}

/// `did you mean `x`?` where something is close, else what there is.
pub(crate) fn suggest(name: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(name, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("benzen", ["toluene", "benzene", "ozone"]), Some("benzene"));
        assert_eq!(nearest("avgg", ["max", "avg"]), Some("avg"));
        assert_eq!(nearest("x", ["something", "else"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
