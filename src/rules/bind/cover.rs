//! Stations that come after a rule set was loaded: each rule covers those that it can be bound to.

use crate::model::StationId;
use std::collections::BTreeMap;

/// How a station may be bound that has changed since the rules were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stage {
    /// How many of its instruments each earlier binding knew, the newest first. A rule that is ambiguous with all of them goes on with fewer.
    pub instruments: Vec<usize>,
    /// Whether the rules were loaded for it, so that a rule that cannot be bound to it is an error.
    pub is_required: bool,
}

/// The stations that have changed since the rules were loaded; none for a rule set that is being loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Staging {
    pub(super) stages: BTreeMap<StationId, Stage>,
}

impl FromIterator<(StationId, Stage)> for Staging {
    fn from_iter<I: IntoIterator<Item = (StationId, Stage)>>(stages: I) -> Self {
        Self { stages: stages.into_iter().collect() }
    }
}

impl Staging {
    /// Whether any station has changed since the rules were loaded.
    #[must_use]
    pub fn is_rebinding(&self) -> bool {
        !self.stages.is_empty()
    }

    /// Whether a rule that cannot be bound to a station goes on without it.
    pub(super) fn may_leave_out(&self, station: StationId) -> bool {
        self.stages.get(&station).is_some_and(|stage| !stage.is_required)
    }
}
