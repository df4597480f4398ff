//! Text of the page: escaped, cut and formatted.

use crate::base::escape::{Line, Lines};
use crate::model::{Timestamp, Zone, replace_times};
use std::fmt::{self, Display, Write};

/// Characters of one line of text that the page shows, and of a text of several lines.
const LINE_CHARS_MAX: usize = 1_000;
const TEXT_CHARS_MAX: usize = 4_000;
/// Widths of letters as shares of their height, in the widest of the usual fonts.
const WIDE_LETTER: f64 = 1.1;
const CAPITAL: f64 = 0.8;
const LETTER: f64 = 0.68;

/// Text for an element or an attribute, on one line.
pub(super) struct Escaped<T>(pub(super) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { to: f, left: LINE_CHARS_MAX }, "{}", Line(&self.0))
    }
}

/// Text for an element that keeps line breaks.
pub(super) struct Paragraphs<'a>(pub(super) &'a str);

impl Display for Paragraphs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { to: f, left: TEXT_CHARS_MAX }, "{}", Lines(self.0))
    }
}

struct Escaping<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match self.left {
                0 => return Ok(()),
                1 => self.to.write_str("… (cut)")?,
                _ => match letter {
                    '&' => self.to.write_str("&amp;")?,
                    '<' => self.to.write_str("&lt;")?,
                    '>' => self.to.write_str("&gt;")?,
                    '"' => self.to.write_str("&quot;")?,
                    '\'' => self.to.write_str("&#39;")?,
                    // Not allowed in XML, and shown by no browser.
                    '\u{fffe}' | '\u{ffff}' => self.to.write_char('\u{fffd}')?,
                    plain => self.to.write_char(plain)?,
                },
            }
            self.left -= 1;
        }
        Ok(())
    }
}

/// A time in a zone, as date, time to the second and offset.
pub(super) fn moment(zone: &Zone, time: Timestamp) -> String {
    let whole_second = time.plus_ms(-time.as_ms().rem_euclid(1_000));
    zone.show(whole_second).to_string().replacen('T', " ", 1)
}

/// A sentence with its times in UTC as [`moment`] shows them in a zone.
pub(super) fn sentence(zone: &Zone, text: &str) -> String {
    replace_times(text, |time| moment(zone, time))
}

/// A length of time in days, hours and minutes.
pub(super) fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        _ if minutes == 0 && ms > 0 => format!("{} s", number(ms as f64 / 1_000.0)),
        (0, 0) => format!("{rest} min"),
        (0, _) => format!("{hours} h {rest} min"),
        _ => format!("{days} d {hours} h {rest} min"),
    }
}

/// A number with three significant digits; larger ones in full.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        format!("{value:.2e}")
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else if size >= 0.1 {
        format!("{value:.3}")
    } else {
        format!("{value:.5}")
    };
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text.replacen('-', "\u{2212}", 1)
}

/// Metres from a reference point in words, such as `12 m west and 3 m north`.
pub(super) fn offset((east, north): (f64, f64)) -> String {
    let east_word = if east < 0.0 { "west" } else { "east" };
    let north_word = if north < 0.0 { "south" } else { "north" };
    format!("{} m {east_word} and {} m {north_word}", number(east.abs()), number(north.abs()))
}

/// Latitude and longitude in words, such as `40.596000° north, 105.140000° west`.
pub(super) fn degrees((latitude, longitude): (f64, f64)) -> String {
    let north_word = if latitude < 0.0 { "south" } else { "north" };
    let east_word = if longitude < 0.0 { "west" } else { "east" };
    format!("{:.6}° {north_word}, {:.6}° {east_word}", latitude.abs(), longitude.abs())
}

/// A probability, 0 to 1, in percent.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if !percent.is_finite() => "–".to_owned(),
        percent if percent > 0.0 && percent < 0.1 => "&lt; 0.1 %".to_owned(),
        percent => format!("{} %", number((percent * 10.0).round() / 10.0)),
    }
}

/// The width of a text whose letters have a height of 1, at most: fonts differ.
pub(super) fn width(text: &str) -> f64 {
    let letter = |letter: char| match letter {
        'W' | 'M' | 'm' | 'w' | '@' | '%' | '…' => WIDE_LETTER,
        wide if !wide.is_ascii() => WIDE_LETTER,
        'A'..='Z' | '0'..='9' | '_' => CAPITAL,
        _ => LETTER,
    };
    text.chars().map(letter).sum()
}

/// The beginning of a text that is no wider than `width_max`, with an ellipsis if it is longer.
pub(super) fn cut(text: &str, width_max: f64) -> String {
    // Escapes of invisible characters count as they are shown.
    let shown = Line(text).to_string();
    let mut kept = String::new();
    let mut room = width_max - WIDE_LETTER;
    for letter in shown.chars() {
        room -= width(letter.encode_utf8(&mut [0; 4]));
        if room < 0.0 {
            kept.push('…');
            return kept;
        }
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_invisible_characters_are_escaped_and_long_text_is_cut() {
        let hostile = "<script>alert('&\")</script>\u{202e}\n";
        let safe = r"&lt;script&gt;alert(&#39;&amp;&quot;)&lt;/script&gt;\u{202e}\n";
        assert_eq!(Escaped(hostile).to_string(), safe);
        let long = Escaped("a".repeat(9_000)).to_string();
        assert!(long.ends_with("… (cut)") && long.chars().count() < 1_010);
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        for (value, text) in [(0.0, "0"), (1.2345, "1.23"), (12.0, "12"), (1234.5, "1234"), (-0.25, "\u{2212}0.25")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            (percent(0.834), percent(0.00001), percent(1.0)),
            ("83.4 %".into(), "&lt; 0.1 %".into(), "100 %".into())
        );
        assert_eq!((duration(36 * 60_000), duration(90_000_000)), ("36 min".into(), "1 d 1 h 0 min".into()));
    }

    #[test]
    fn directions_have_names_instead_of_signs() {
        assert_eq!(offset((-12.0, 3.4)), "12 m west and 3.4 m north");
        assert_eq!(offset((0.0, -250.0)), "0 m east and 250 m south");
        assert_eq!(degrees((40.596, -105.14)), "40.596000° north, 105.140000° west");
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_never_wider_than_asked() {
        assert_eq!((cut("苯苯苯", 3.0).as_str(), cut("苯", 3.0).as_str(), cut("", 3.0).as_str()), ("苯…", "苯", ""));
        for text in ["WWWWWWWW", "iiiiiiiiiiiiiiii", "a\u{202e}b\u{0}cdefgh"] {
            assert!(width(&cut(text, 5.0)) <= 5.0 && cut(text, 5.0).ends_with('…'), "{text}");
        }
    }
}
