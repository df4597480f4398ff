//! Globs over station names.

/// Whether `name` fits any of the globs that `|` separates: `*` stands for any characters but `/`, `**` for any at all, everything else for
/// itself.
pub(crate) fn fits(globs: &str, name: &str) -> bool {
    globs.split('|').any(|glob| fits_one(glob, name))
}

fn fits_one(glob: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut letters = glob.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_star = letter == '*';
        let is_deep = is_star && letters.next_if_eq(&'*').is_some();
        reached = advance(&reached, &name, |c| if is_star { is_deep || c != '/' } else { c == letter }, is_star);
    }
    reached.last().copied().unwrap_or(false)
}

/// The places in `name` that are reached after one more piece of the glob.
fn advance(reached: &[bool], name: &[char], takes: impl Fn(char) -> bool, is_star: bool) -> Vec<bool> {
    let mut next = Vec::with_capacity(reached.len());
    let mut before = false;
    for (place, from_here) in reached.iter().enumerate() {
        let eaten = place.checked_sub(1).and_then(|last| name.get(last)).is_some_and(|letter| takes(*letter));
        let is_reached = if is_star { *from_here || (before && eaten) } else { before && eaten };
        next.push(is_reached);
        before = if is_star { is_reached } else { *from_here };
    }
    next
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        for (glob, name, wanted) in [
            ("park/*", "park/S1", true),
            ("park/*", "park/S1/a", false),
            ("park/**", "park/S1/a", true),
            ("**", "park/S1", true),
            ("*", "park/S1", false),
            ("*/S1", "park/S1", true),
            ("park/S*", "park/S", true),
            ("p*k/*1", "park/S1", true),
            ("park/S1", "park/S1", true),
            ("Park/S1", "park/S1", false),
            ("", "", true),
            ("", "a", false),
            ("**a**", "bab", true),
            ("town/*|park/S1", "park/S1", true),
            ("town/*|park/S1", "park/S2", false),
        ] {
            assert_eq!(fits(glob, name), wanted, "{glob} {name}");
        }
    }
}
