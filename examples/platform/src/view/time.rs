//! Times, spans and numbers for readers.

use crate::texts::Language;
use vocdb::Timestamp;
use vocdb::model::Zone;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A local time to the second: `2026-03-14 22:40:00`.
pub(crate) fn moment(zone: &Zone, time: Timestamp) -> String {
    zone.show(time).to_string().chars().take(19).map(|char| if char == 'T' { ' ' } else { char }).collect()
}

/// A local time to the minute: `2026-03-14 22:40`.
pub(crate) fn minute(zone: &Zone, time: Timestamp) -> String {
    moment(zone, time).chars().take(16).collect()
}

/// A span in the two largest units: `2 h 05 min`.
pub(crate) fn span(language: Language, ms: i64) -> String {
    match ms {
        ..MINUTE_MS => language.fill("span-seconds", &[("seconds", (ms / 1_000).max(0).into())]),
        MINUTE_MS..HOUR_MS => language.fill("span-minutes", &[("minutes", (ms / MINUTE_MS).into())]),
        HOUR_MS..DAY_MS => {
            let minutes = format!("{:02}", ms % HOUR_MS / MINUTE_MS);
            language.fill("span-hours", &[("hours", (ms / HOUR_MS).into()), ("minutes", minutes.into())])
        }
        _ => {
            let hours = ms % DAY_MS / HOUR_MS;
            language.fill("span-days", &[("days", (ms / DAY_MS).into()), ("hours", hours.into())])
        }
    }
}

/// The age of a time.
pub(crate) fn ago(language: Language, now: Timestamp, time: Timestamp) -> String {
    let age_ms = now.since_ms(time);
    let span = span(language, age_ms.saturating_abs());
    if age_ms < 0 {
        language.fill("span-ahead", &[("span", span.into())])
    } else {
        language.fill("span-ago", &[("span", span.into())])
    }
}

/// A number with four significant digits.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let decimals = [1_000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001].iter().position(|bound| size >= *bound).unwrap_or(7);
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A local time as the fields of forms have it: `2026-03-14T22:40`.
pub(crate) fn local(zone: &Zone, time: Timestamp) -> String {
    zone.show(time).to_string().chars().take(16).collect()
}

/// Names of the directions, clockwise from north.
pub(crate) const DIRECTIONS: [&str; 16] =
    ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];

/// A direction in degrees clockwise from north, in degrees and as one of sixteen names: `225° (SW)`.
pub(crate) fn direction(language: Language, degrees: f64) -> String {
    let names = (0_u8..).zip(DIRECTIONS);
    let part = (degrees / 22.5).round().rem_euclid(16.0);
    let name = names.filter(|(number, _)| f64::from(*number) <= part).last().map_or("N", |(_, name)| name);
    format!("{degrees:.0}° ({})", language.word("direction", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        let texts = [0.0, 37.8, 1_234.56, 0.012_345, 2.0, 1e9, -0.5].map(number);
        assert_eq!(texts, ["0", "37.8", "1235", "0.01235", "2", "1.000e9", "-0.5"]);
    }

    #[test]
    fn directions_have_the_name_of_their_sector() {
        let texts = [0.0, 11.2, 11.3, 225.0, 348.8, 359.9].map(|degrees| direction(Language::English, degrees));
        assert_eq!(texts, ["0° (N)", "11° (N)", "11° (NNE)", "225° (SW)", "349° (N)", "360° (N)"]);
        assert_eq!(direction(Language::Chinese, 225.0), "225° (西南)");
    }

    #[test]
    fn spans_have_their_two_largest_units() {
        let spans = [5_000, 180_000, 7_500_000, 180_000_000];
        let texts = spans.map(|ms| span(Language::English, ms));
        assert_eq!(texts, ["5 s", "3 min", "2 h 05 min", "2 d 2 h"]);
        let texts = spans.map(|ms| span(Language::Chinese, ms));
        assert_eq!(texts, ["5 秒", "3 分钟", "2 小时 05 分", "2 天 2 小时"]);
    }
}
