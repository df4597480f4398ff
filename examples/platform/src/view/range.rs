//! The range of time that a reader asks for.

use crate::failure::Failure;
use crate::texts::{Text, Value};
use vocdb::model::Zone;
use vocdb::{TimeRange, Timestamp};

/// Characters of a time.
const TIME_CHARS_MAX: usize = 40;
const DAY_MS: i64 = 86_400_000;

/// The ends of a range as a query has them: local times, dates, or RFC 3339. An empty text asks for nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Start, inclusive.
    pub(crate) from: Option<&'a str>,
    /// End, exclusive.
    pub(crate) to: Option<&'a str>,
}

/// How long a range is unless it is asked for, and at most, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Length unless both ends are asked for.
    pub(crate) usual_ms: i64,
    /// Greatest length.
    pub(crate) longest_ms: i64,
}

impl Asked<'_> {
    /// Whether neither end is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        [self.from, self.to].into_iter().flatten().all(str::is_empty)
    }

    /// The range. Without an end it ends at a time that the page chooses; without a start it is as long as usual.
    pub(crate) fn range(&self, zone: &Zone, end: Timestamp, span: Span) -> Result<TimeRange, Failure> {
        let to = read(zone, self.to, "label-to")?;
        let from = read(zone, self.from, "label-from")?;
        let to = match (to, from) {
            (Some(to), _) => to,
            (None, Some(from)) if from >= end => from.plus_ms(span.usual_ms),
            (None, _) => end,
        };
        let from = from.unwrap_or_else(|| to.plus_ms(-span.usual_ms));
        if from >= to {
            return Err(Failure::Invalid(Text::new("range-backwards")));
        }
        if to.as_ms().checked_sub(from.as_ms()).is_none_or(|ms| ms > span.longest_ms) {
            let days = span.longest_ms / DAY_MS;
            return Err(Failure::Invalid(Text::new("range-too-long").with("days", days)));
        }
        Ok(TimeRange::new(from, to))
    }
}

fn read(zone: &Zone, text: Option<&str>, label: &'static str) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || Failure::Invalid(Text::new("range-no-time").with("field", Value::Message(label)));
    if text.chars().count() > TIME_CHARS_MAX {
        return Err(wrong());
    }
    zone.read(text).map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_completed_and_bounded() {
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let end: Timestamp = "2026-03-14T14:40:00Z".parse().unwrap();
        let span = Span { usual_ms: 3_600_000, longest_ms: 7 * DAY_MS };
        let of = |from: &str, to: &str| {
            let asked = Asked { from: Some(from), to: Some(to) };
            asked.range(&zone, end, span).map(|range| (range.from.to_string(), range.to.to_string()))
        };
        assert_eq!(of("", "").unwrap(), ("2026-03-14T13:40:00Z".into(), "2026-03-14T14:40:00Z".into()));
        assert_eq!(of("2026-03-14T22:00", "").unwrap(), ("2026-03-14T14:00:00Z".into(), "2026-03-14T14:40:00Z".into()));
        assert_eq!(of("", "2026-03-14").unwrap().1, "2026-03-13T16:00:00Z");
        assert_eq!(of("2026-03-15T12:00", "").unwrap().1, "2026-03-15T05:00:00Z");
        for (from, to) in [
            ("2026-03-14", "2026-03-13"),
            ("2026-03-01", "2026-03-14"),
            ("0001-01-01", "9999-12-31T23:59"),
            ("-9999-01-01", ""),
            ("NaN", ""),
            ("yesterday", ""),
            ("2026-02-30", ""),
        ] {
            assert!(matches!(of(from, to), Err(Failure::Invalid(_))), "{from} {to}");
        }
        assert!(of(&"9".repeat(60_000), "").is_err());
    }
}
