//! The time zone that a text names; every option and file that names a zone is read here.

use crate::base::edits::distance;
use crate::base::escape::Line;
use jiff::tz::{Offset, TimeZone};

/// Greatest offset from UTC.
const OFFSET_HOURS_MAX: i32 = 18;
/// Characters of a text that an error shows.
const TEXT_CHARS_MAX: usize = 60;

/// Finds a time zone: a name of the IANA database, an offset such as `+08:00`, or `UTC`.
///
/// A text of letters and a number, such as `UTC+8` or `Etc/GMT-8`, is refused: POSIX counts it west of Greenwich, people count it east.
///
/// # Errors
/// What is wrong with the text, and what to write instead.
pub(crate) fn find(text: &str) -> Result<TimeZone, String> {
    if matches!(text, "UTC" | "utc" | "Z") {
        return Ok(TimeZone::UTC);
    }
    if let Some(seconds) = offset_seconds(text) {
        return Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(|_| unknown(text));
    }
    let named = TimeZone::get(text).ok().filter(|zone| !zone.is_unknown());
    match (posix_offset(text), named) {
        (Some((_, seconds)), named) if seconds != 0 || named.is_none() => Err(ambiguous(text)),
        (_, Some(zone)) => Ok(zone),
        (_, None) => Err(unknown(text)),
    }
}

/// Seconds of an offset: `+08:00`, `+0800` or `+08`.
fn offset_seconds(text: &str) -> Option<i32> {
    let is_exact = matches!(text.len(), 3 | 5 | 6) && text.starts_with(['+', '-']);
    let has_hours = text.get(1..3)?.bytes().all(|byte| byte.is_ascii_digit());
    if is_exact && has_hours { loose_offset_seconds(text) } else { None }
}

/// Seconds of an offset that may lack its sign or digits, such as `8` or `+8:30`.
fn loose_offset_seconds(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() > 2 => digits.split_at_checked(digits.len().saturating_sub(2))?,
        None => (digits, "00"),
    };
    let is_shaped = matches!(hours.len(), 1 | 2) && minutes.len() == 2 && is_plain(hours) && is_plain(minutes);
    if !is_shaped {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let is_valid = minutes < 60 && hours * 60 + minutes <= OFFSET_HOURS_MAX * 60;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    is_valid.then_some(sign * (hours * 60 + minutes) * 60)
}

/// Letters and the offset after them, such as `UTC` and that of `+8`; after a folder such as `Etc/`, too.
fn posix_offset(text: &str) -> Option<(&str, i32)> {
    let last = text.rsplit('/').next()?;
    let offset = last.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let letters = last.strip_suffix(offset).filter(|letters| !letters.is_empty())?;
    loose_offset_seconds(offset.trim_start()).map(|seconds| (letters.trim_end(), seconds))
}

fn ambiguous(text: &str) -> String {
    let shown = shown(text);
    let (letters, seconds) = posix_offset(text).unwrap_or_default();
    let is_folder = text.contains('/');
    match letters.to_ascii_uppercase().as_str() {
        // Names of the IANA database have the sign of POSIX.
        "GMT" | "UTC" | "UT" if is_folder => format!("`{shown}` is ambiguous; write {}", written(-seconds)),
        "GMT" | "UTC" | "UT" => format!("`{shown}` is ambiguous; write {}", written(seconds)),
        _ => format!(
            "`{shown}` is ambiguous; write an offset, {} or {}, or a name such as Asia/Shanghai",
            written(seconds.abs()),
            written(-seconds.abs())
        ),
    }
}

fn written(seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn shown(text: &str) -> String {
    Line(text.chars().take(TEXT_CHARS_MAX).collect::<String>()).to_string()
}

fn unknown(text: &str) -> String {
    let shown = shown(text);
    if let Some(seconds) = loose_offset_seconds(text.trim()) {
        let is_signed = text.trim().starts_with(['+', '-']);
        let other = if is_signed { String::new() } else { format!(" or {}", written(-seconds)) };
        return format!("no time zone `{shown}`; write {}{other}", written(seconds));
    }
    match nearest(text) {
        Some(name) => format!("no time zone `{shown}`; the nearest is {name}"),
        None => {
            format!("no time zone `{shown}`; write an offset such as +08:00, or a name such as Asia/Shanghai")
        }
    }
}

/// The name of the IANA database that the text may mean: with the same city, or a few letters away.
fn nearest(text: &str) -> Option<String> {
    let wanted: String = text.trim().chars().take(TEXT_CHARS_MAX).collect::<String>().to_lowercase().replace(' ', "_");
    let edits_max = wanted.chars().count() / 4;
    let edits = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or_default();
        let of_city = if wanted.contains('/') { usize::MAX } else { distance(&wanted, city) };
        of_city.min(distance(&wanted, &name))
    };
    let names = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    let close = names.map(|name| (edits(&name), name.len(), name)).filter(|(edits, ..)| *edits <= edits_max);
    close.min().filter(|_| !wanted.is_empty()).map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_letters_and_a_number_is_refused_with_the_offset_to_write() {
        for (text, offset) in [
            ("UTC+8", "+08:00"),
            ("GMT+8", "+08:00"),
            ("UTC+08:00", "+08:00"),
            ("utc-5", "-05:00"),
            ("UTC8", "+08:00"),
            ("UTC +8", "+08:00"),
            ("GMT+5:30", "+05:30"),
            ("UTC+0800", "+08:00"),
            ("Etc/GMT-8", "+08:00"),
            ("Etc/GMT+5", "-05:00"),
        ] {
            assert_eq!(find(text).unwrap_err(), format!("`{text}` is ambiguous; write {offset}"));
        }
        for text in ["CST-8", "EST5", "XYZ+3"] {
            assert!(find(text).unwrap_err().contains("is ambiguous"), "{text}");
        }
        for text in ["EST5EDT", "GMT", "Etc/UTC", "Asia/Shanghai", "UTC", "Z"] {
            assert!(find(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn offsets_are_exact_and_others_are_written_out_in_the_error() {
        for (text, seconds) in [("+08:00", 28_800), ("-0330", -12_600), ("+08", 28_800), ("-04:00", -14_400)] {
            assert_eq!(find(text), Ok(TimeZone::fixed(Offset::from_seconds(seconds).unwrap())), "{text}");
        }
        for (text, advice) in [("+8", "write +08:00"), ("-3:30", "write -03:30"), ("8", "write +08:00 or -08:00")] {
            assert_eq!(find(text).unwrap_err(), format!("no time zone `{text}`; {advice}"));
        }
        for text in ["+25:99", "+19:00", "", "é", "+", "+é8", "<+08>-8", "Etc/Unknown", "+12345678901"] {
            assert!(find(text).unwrap_err().contains("no time zone"), "{text}");
        }
    }

    #[test]
    fn a_city_or_a_typing_error_gives_the_name_that_is_meant() {
        for (text, name) in [
            ("Berlin", "Europe/Berlin"),
            ("shanghai", "Asia/Shanghai"),
            ("America/Denvre", "America/Denver"),
            ("America/New York", "America/New_York"),
            ("Europe/Bern", "Europe/Berlin"),
        ] {
            assert_eq!(find(text).unwrap_err(), format!("no time zone `{text}`; the nearest is {name}"));
        }
        for text in ["CST", "Mars/Olympus"] {
            assert!(find(text).unwrap_err().ends_with("or a name such as Asia/Shanghai"), "{text}");
        }
    }
}
