//! What readings take of the segments' bytes, and up to when they must go for the rest to take no more than is allowed.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::segment::Segment;
use crate::model::{InstrumentId, Timestamp};
use std::sync::Arc;

/// The part of the allowed bytes that is left free, because bytes are only estimated within a chunk.
const MARGIN: u64 = 16;

/// All segments of a moment.
pub(crate) struct Surplus {
    segments: Vec<Arc<Segment>>,
}

/// The rows of one chunk, and what they take of their file.
struct Span {
    first_ms: i64,
    last_ms: i64,
    bytes: u64,
}

impl Store {
    pub(crate) fn surplus(&self) -> Surplus {
        Surplus { segments: self.segments() }
    }
}

impl Surplus {
    /// Up to when readings of these instruments, or of one of their channels, must go; `None` where they take no more than `bytes_max`.
    /// Heads and footers of files count for what they describe, so that all instruments together take all bytes.
    pub(crate) fn end(
        &self,
        of: &[(InstrumentId, Option<usize>)],
        bytes_max: u64,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(end_of(&self.spans(of)?, bytes_max))
    }

    fn spans(&self, of: &[(InstrumentId, Option<usize>)]) -> Result<Vec<Span>, StoreError> {
        let mut spans = Vec::new();
        for segment in &self.segments {
            if of.iter().all(|(instrument, _)| segment.span(*instrument).is_none()) {
                continue;
            }
            let opened = segment.open()?;
            let chunks = || opened.instruments().iter().flat_map(|entry| &entry.chunks);
            let pages = chunks().map(|chunk| chunk.bytes(None)).sum::<u64>().max(1);
            let of_file = |bytes: u64| {
                let share = u128::from(bytes) * u128::from(segment.summary().file_bytes) / u128::from(pages);
                u64::try_from(share).unwrap_or(u64::MAX)
            };
            for (instrument, channel) in of {
                spans.extend(opened.chunks(*instrument).iter().map(|chunk| Span {
                    first_ms: chunk.first.as_ms(),
                    last_ms: chunk.last.as_ms(),
                    bytes: of_file(chunk.bytes(*channel)),
                }));
            }
        }
        Ok(spans)
    }
}

impl Span {
    /// What its rows from a time on take, as if they were spread evenly.
    fn bytes_from(&self, from_ms: i64) -> u128 {
        let length = |from_ms: i64| (i128::from(self.last_ms) + 1 - i128::from(from_ms)).max(0).unsigned_abs();
        let (whole, kept) = (length(self.first_ms), length(from_ms.max(self.first_ms)));
        u128::from(self.bytes) * kept / whole.max(1)
    }
}

/// Up to when the rows of these must go.
fn end_of(spans: &[Span], bytes_max: u64) -> Option<Timestamp> {
    if spans.iter().map(|span| span.bytes).sum::<u64>() <= bytes_max {
        return None;
    }
    let allowed = u128::from(bytes_max - bytes_max / MARGIN);
    let mut low = spans.iter().map(|span| span.first_ms).min().unwrap_or_default();
    let mut high = spans.iter().map(|span| span.last_ms.saturating_add(1)).max().unwrap_or_default();
    while low < high {
        // Rounded down, also before 1970; the sum of two times may not fit.
        let middle = (low & high) + ((low ^ high) >> 1);
        if spans.iter().map(|span| span.bytes_from(middle)).sum::<u128>() <= allowed {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Timestamp::from_ms(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_fits_at_any_time() {
        for first_ms in [i64::MIN, -3, -1, 0, 5, i64::MAX - 200] {
            let spans = [(first_ms, 9), (first_ms + 50, 90), (first_ms + 100, 0)];
            let spans = spans.map(|(first_ms, length)| Span { first_ms, last_ms: first_ms + length, bytes: 600 });
            for bytes_max in [0, 1, 599, 600, 1_200, 1_799] {
                let until = end_of(&spans, bytes_max).unwrap().as_ms();
                let left = |from_ms| spans.iter().map(|span| span.bytes_from(from_ms)).sum::<u128>();
                assert!(left(until) <= u128::from(bytes_max) && until > first_ms, "{first_ms} {bytes_max} {until}");
                assert!(left(until - 1) > u128::from(bytes_max - bytes_max / MARGIN), "no more goes than must");
            }
            assert_eq!(end_of(&spans, 1_800), None);
        }
        assert_eq!(end_of(&[], 0), None);
    }

    #[test]
    fn a_span_is_spread_evenly_over_its_time() {
        let span = Span { first_ms: 100, last_ms: 199, bytes: 1_000 };
        let at = [i64::MIN, 100, 150, 199, 200, i64::MAX].map(|from_ms| span.bytes_from(from_ms));
        assert_eq!(at, [1_000, 1_000, 500, 10, 0, 0]);
        assert_eq!(Span { first_ms: 7, last_ms: 7, bytes: 9 }.bytes_from(7), 9);
    }
}
