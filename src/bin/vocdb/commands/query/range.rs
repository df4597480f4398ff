//! The asked range of time, in words.

use vocdb::model::Zone;
use vocdb::{TimeRange, Timestamp};

/// The asked range of time, and the zone in which it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range<'a> {
    pub(super) range: TimeRange,
    pub(super) zone: Option<&'a Zone>,
}

impl Range<'_> {
    /// First and last time; an open end has none.
    pub(super) fn closed(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let TimeRange { from, to } = self.range;
        (Some(from).filter(|from| *from != Timestamp::MIN), Some(to).filter(|to| *to != Timestamp::MAX))
    }

    /// The range in words.
    pub(super) fn words(&self) -> String {
        let at = |time| shown(self.zone, time);
        match self.closed() {
            (Some(from), Some(to)) => format!("from {} to {}", at(from), at(to)),
            (Some(from), None) => format!("from {} on", at(from)),
            (None, Some(to)) => format!("before {}", at(to)),
            (None, None) => "at any time".to_owned(),
        }
    }
}

/// A time as it is printed.
pub(super) fn shown(zone: Option<&Zone>, time: Timestamp) -> String {
    zone.map_or_else(|| time.to_string(), |zone| zone.show(time).to_string())
}
