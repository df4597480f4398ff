//! Stations that come after a rule set was loaded: each rule covers those that it can be bound to.

use super::{Binding, Bound};
use crate::model::StationId;
use crate::rules::plan::Site;
use serde::{Deserialize, Serialize};
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
    stages: BTreeMap<StationId, Stage>,
}

/// A station that a rule's scope has and that the rule cannot be bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncovered {
    /// The rule.
    pub rule: String,
    /// The station; the whole scope where its quorum has too few stations.
    pub station: String,
    /// Why.
    pub reason: String,
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

impl Binding<'_> {
    /// A station's part of the rule: with all of its instruments, or with as many as an earlier binding knew. `None` where the rule leaves
    /// the station out; `Some(None)` where it may not.
    pub(super) fn covered(&mut self, site: &Site, sites: &[&Site]) -> Option<Option<Bound>> {
        let Some(stage) = self.staging.stages.get(&site.id) else { return Some(self.bound(site, sites)) };
        if site.instruments.is_empty() && !stage.is_required {
            return None;
        }
        let mut reason = None;
        for count in &stage.instruments {
            let part = Site { instruments: site.instruments.iter().take(*count).cloned().collect(), ..site.clone() };
            let (mistakes, told) = (self.mistakes.len(), self.told.clone());
            let bound = self.bound(&part, sites);
            let error = self.mistakes.iter().skip(mistakes).find(|mistake| !mistake.is_warning);
            if bound.is_some() && error.is_none() {
                return Some(bound);
            }
            reason = reason.or_else(|| error.map(|error| format!("{}; {}", error.message, error.help)));
            self.mistakes.truncate(mistakes);
            self.told = told;
        }
        if stage.is_required {
            return Some(self.bound(site, sites));
        }
        self.leave_out(&site.name, reason.unwrap_or_default());
        None
    }

    pub(super) fn leave_out(&mut self, station: &str, reason: String) {
        self.uncovered.push(Uncovered { rule: self.rule.name.clone(), station: station.to_owned(), reason });
    }
}
