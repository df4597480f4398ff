//! When a condition was active, as far back as late readings are looked at.

use crate::alarm::event::{ActiveSpan, AlarmId, Amendment};
use crate::base::limits::ACTIVE_SPANS_MAX;
use crate::model::Timestamp;
use std::collections::VecDeque;

/// The past of one rule over one scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::alarm) struct Past {
    /// As it was.
    pub(in crate::alarm) recorded: ActiveSpans,
    /// As it would have been, so far as readings that came late have said.
    pub(in crate::alarm) amended: ActiveSpans,
}

impl Past {
    /// The condition becomes active.
    pub(in crate::alarm) fn begin(&mut self, alarm: AlarmId, at: Timestamp) {
        self.recorded.begin(alarm, at);
        self.amended.begin(alarm, at);
    }

    /// It is active no longer.
    pub(in crate::alarm) fn end(&mut self, at: Timestamp) {
        self.recorded.end(at);
        self.amended.end(at);
    }

    /// Readings that came late would have made it otherwise.
    pub(in crate::alarm) fn amend(&mut self, amendment: &Amendment) {
        self.amended.amend(amendment, self.recorded.at(amendment.to));
    }

    /// Whether no late reading has made anything otherwise from an instant on.
    pub(in crate::alarm) fn is_as_recorded_from(&self, instant: Timestamp) -> bool {
        self.recorded.from(instant) == self.amended.from(instant)
    }
}

/// The times in which a condition was active, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::alarm) struct ActiveSpans {
    spans: VecDeque<ActiveSpan>,
    /// Up to here nothing is known any more.
    forgotten: Option<Timestamp>,
}

impl ActiveSpans {
    /// The condition becomes active.
    pub(in crate::alarm) fn begin(&mut self, alarm: AlarmId, at: Timestamp) {
        // Late readings have shown already that it is active.
        if let Some(last) = self.spans.back_mut().filter(|last| last.end.is_none() && last.alarm.is_none()) {
            last.alarm = Some(alarm);
            return;
        }
        self.end(at);
        self.spans.push_back(ActiveSpan { alarm: Some(alarm), begin: at, end: None });
        self.forget();
    }

    /// It is active no longer.
    pub(in crate::alarm) fn end(&mut self, at: Timestamp) {
        if let Some(last) = self.spans.back_mut().filter(|last| last.end.is_none()) {
            last.end = Some(at.max(last.begin));
        }
    }

    /// Readings that came late would have made it otherwise from [`Amendment::from`] to [`Amendment::to`]. Where it is otherwise at the last
    /// instant, it stays so until the condition becomes active once more, or somebody says that it ended; where `recorded` is active there
    /// too, an amendment before had made it otherwise, and it goes on as that.
    fn amend(&mut self, amendment: &Amendment, recorded: Option<ActiveSpan>) {
        let (from, to) = (amendment.from, amendment.to);
        let begin = amendment.would_be.first().map_or(from, |first| first.begin.min(from));
        let is_before = |span: &&ActiveSpan| span.begin < begin && span.end.is_some_and(|end| end <= from);
        let before: Vec<ActiveSpan> = self.spans.iter().filter(is_before).copied().collect();
        let after: Vec<ActiveSpan> = self.spans.iter().filter(|span| span.begin > to).copied().collect();
        let going_on = self.at(to);
        let mut would_be = amendment.would_be.clone();
        if let Some(last) = would_be.last_mut().filter(|last| last.end.is_none()) {
            let until = after.first().map(|next| next.begin);
            match going_on.or(recorded) {
                Some(going_on) => {
                    last.end = going_on.end.into_iter().chain(until).min();
                    last.alarm = last.alarm.or(going_on.alarm);
                }
                None => last.end = until,
            }
        }
        self.spans = before.into_iter().chain(would_be).chain(after).collect();
        self.forget();
    }

    fn forget(&mut self) {
        while self.spans.len() > ACTIVE_SPANS_MAX {
            self.forgotten = self.spans.pop_front().and_then(|span| span.end).max(self.forgotten);
        }
    }

    /// Whether everything from an instant on is known.
    pub(in crate::alarm) fn are_known_from(&self, instant: Timestamp) -> bool {
        self.forgotten.is_none_or(|forgotten| forgotten < instant)
    }

    /// The time in which it was active at an instant, if it was.
    pub(in crate::alarm) fn at(&self, instant: Timestamp) -> Option<ActiveSpan> {
        self.spans.iter().find(|span| span.holds_at(instant)).copied()
    }

    /// When it was active from an instant on, each time from its begin to its end.
    fn from(&self, instant: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
        let mut times: Vec<(Timestamp, Option<Timestamp>)> = Vec::new();
        for span in self.spans.iter().filter(|span| span.end.is_none_or(|end| end > instant)) {
            match times.last_mut().filter(|last| last.1 == Some(span.begin)) {
                Some(last) => last.1 = span.end,
                None => times.push((span.begin.max(instant), span.end)),
            }
        }
        times
    }

    /// What of it falls between two instants, both included, and what ends with the first: ends behind the last are not looked at.
    pub(in crate::alarm) fn within(&self, from: Timestamp, to: Timestamp) -> Vec<ActiveSpan> {
        let inside = self.spans.iter().filter(|span| span.begin <= to && span.end.is_none_or(|end| end >= from));
        inside.map(|span| ActiveSpan { end: span.end.filter(|end| *end <= to), ..*span }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::checksum::Digest;
    use crate::verdict::Place;
    use proptest::prelude::*;

    const LENGTH: i64 = 60;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    /// Spans of the instants at which `is_active` is true, all of them inside `from..=to` or going on beyond it as the first and last say.
    fn spans_of(is_active: &[bool], from: usize, to: usize) -> Vec<ActiveSpan> {
        let mut spans: Vec<ActiveSpan> = Vec::new();
        let mut is_before = false;
        for (ms, is_now) in is_active.iter().enumerate().take(to + 1) {
            let instant = at(i64::try_from(ms).unwrap());
            match (is_before, *is_now) {
                (false, true) => spans.push(ActiveSpan { alarm: None, begin: instant, end: None }),
                (true, false) => spans.last_mut().unwrap().end = Some(instant),
                _ => {}
            }
            is_before = *is_now;
        }
        spans.retain(|span| span.end.is_none_or(|end| end >= at(i64::try_from(from).unwrap())));
        spans
    }

    fn amendment(from: i64, to: i64, would_be: Vec<ActiveSpan>) -> Amendment {
        Amendment {
            number: 1,
            rule: String::new(),
            scope_key: String::new(),
            from: at(from),
            to: at(to),
            recorded: Vec::new(),
            would_be,
            title: String::new(),
            evidence: Vec::new(),
            recorded_at: at(0),
            rule_set: Digest::default(),
            place: Place { file: "r".into(), line: 1, column: 1 },
        }
    }

    proptest! {
        #[test]
        fn an_amended_past_is_the_new_one_inside_and_goes_on_as_it_was_where_both_agree(
            recorded in prop::collection::vec(any::<bool>(), 60), new in prop::collection::vec(any::<bool>(), 60),
            from in 0_usize..59, length in 0_usize..30
        ) {
            let to = (from + length).min(58);
            let mut active = ActiveSpans::default();
            let mut is_before = false;
            for (ms, is_now) in (0..).zip(&recorded) {
                match (is_before, *is_now) {
                    (false, true) => active.begin(AlarmId(1), at(ms)),
                    (true, false) => active.end(at(ms)),
                    _ => {}
                }
                is_before = *is_now;
            }
            let mut wanted = recorded.clone();
            wanted[from..=to].copy_from_slice(&new[from..=to]);
            // What is otherwise at the end stays so until the next beginning.
            let next = (to + 1..60).find(|ms| recorded[*ms] && !recorded[ms - 1]).unwrap_or(60);
            if new[to] != recorded[to] {
                wanted[to + 1..next].fill(new[to]);
            }
            let (begin, end) = (i64::try_from(from).unwrap(), i64::try_from(to).unwrap());
            active.amend(&amendment(begin, end, spans_of(&wanted, from, to)), None);
            for ms in 0..LENGTH {
                let is_wanted = wanted[usize::try_from(ms).unwrap()];
                prop_assert_eq!(active.at(at(ms)).is_some(), is_wanted, "at {}: {:?}", ms, active);
            }
            prop_assert!(active.spans.iter().zip(active.spans.iter().skip(1)).all(|(one, next)| one.end.is_some_and(|end| end <= next.begin)));
            let inside: Vec<(Timestamp, Option<Timestamp>)> =
                active.within(at(begin), at(end)).iter().map(|span| (span.begin, span.end)).collect();
            let expected: Vec<(Timestamp, Option<Timestamp>)> =
                spans_of(&wanted, from, to).iter().map(|span| (span.begin, span.end)).collect();
            prop_assert_eq!(inside, expected);
        }
    }

    #[test]
    fn of_too_many_times_the_oldest_are_forgotten_and_that_is_known() {
        let mut active = ActiveSpans::default();
        for number in 0..ACTIVE_SPANS_MAX as u64 + 3 {
            let ms = i64::try_from(number).unwrap() * 10;
            active.begin(AlarmId(number), at(ms));
            active.end(at(ms + 5));
        }
        assert_eq!(active.spans.len(), ACTIVE_SPANS_MAX);
        assert!(!active.are_known_from(at(25)), "the third ended there");
        assert!(active.are_known_from(at(26)));
    }
}
