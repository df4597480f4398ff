//! Times within sentences, printed in a zone.

use super::{Timestamp, Zone};

impl Zone {
    /// The text, with every time in UTC (RFC 3339 with `Z`) replaced by the same time with the offset of this zone. Times with another offset
    /// and everything else stay as they are.
    ///
    /// ```
    /// let shanghai: vocdb::model::Zone = "Asia/Shanghai".parse()?;
    /// let text = shanghai.localize("failed; again at 2024-06-01T16:00:05Z");
    /// assert_eq!(text, "failed; again at 2024-06-02T00:00:05+08:00");
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    #[must_use]
    pub fn localize(&self, text: &str) -> String {
        replace_times(text, |time| self.show(time).to_string())
    }
}

/// The text, with every time in UTC replaced by what `show` makes of it.
pub(crate) fn replace_times(text: &str, show: impl Fn(Timestamp) -> String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('Z') {
        let of_time = |letter: char| letter.is_ascii_digit() || "-:.T".contains(letter);
        let token = head.strip_prefix(head.trim_end_matches(of_time)).unwrap_or_default();
        let token = token.trim_start_matches(['-', ':', '.', 'T']);
        let before = head.strip_suffix(token).unwrap_or(head);
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let stands_alone = !is_word(before.chars().next_back()) && !is_word(tail.chars().next());
        match time(token).filter(|_| stands_alone) {
            Some(time) => {
                shown.push_str(before);
                shown.push_str(&show(time));
            }
            None => {
                shown.push_str(head);
                shown.push('Z');
            }
        }
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

/// The time that a text without its `Z` gives, if it is a date with a time of day.
fn time(text: &str) -> Option<Timestamp> {
    if !text.contains('T') {
        return None;
    }
    format!("{text}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_utc_are_replaced_and_nothing_else_is() {
        let zone: Zone = "+08:00".parse().unwrap();
        for (text, local) in [
            ("", ""),
            ("Zone Z at 08:00Z", "Zone Z at 08:00Z"),
            ("2024-06-01T16:00:00Z", "2024-06-02T00:00:00+08:00"),
            ("(2024-06-01T16:00:00.250Z)", "(2024-06-02T00:00:00.25+08:00)"),
            (
                "from 2024-06-01T16:00:00Z to 2024-06-01T17:00:00Z.",
                "from 2024-06-02T00:00:00+08:00 to 2024-06-02T01:00:00+08:00.",
            ),
            ("2024-06-01T16:00:00Z-2024-06-01T17:00:00Z", "2024-06-02T00:00:00+08:00-2024-06-02T01:00:00+08:00"),
            ("2024-06-01T16:00:00+00:00, 2024-13-01T16:00:00Z", "2024-06-01T16:00:00+00:00, 2024-13-01T16:00:00Z"),
            ("park2024-06-01T16:00:00Z 2024-06-01T16:00:00Zulu", "park2024-06-01T16:00:00Z 2024-06-01T16:00:00Zulu"),
            ("苯Z2024-06-01T16:00:00Z苯", "苯Z2024-06-01T16:00:00Z苯"),
            ("苯 2024-06-01T16:00:00Z，", "苯 2024-06-02T00:00:00+08:00，"),
        ] {
            assert_eq!(zone.localize(text), local, "{text}");
        }
    }
}
