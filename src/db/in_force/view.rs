//! The rule set in force, for people.

use super::Binding;
use crate::alarm::AlarmEvent;
use crate::alarm::event::RulesStateChange;
use crate::base::checksum::Digest;
use crate::db::records::{RuleSetLoaded, RulesBound, register};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Registry, Timestamp};
use crate::rules::RuleFile;
use crate::verdict::Uncovered;

/// The rule set in force: its files, who loaded it, and the stations that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSetInForce {
    /// SHA-256 over names and texts of the files.
    pub hash: Digest,
    /// Files in order of loading.
    pub files: Vec<RuleFile>,
    /// Author of the rule set; `host` for a call without an author, empty in ledgers of the first release.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Host time of loading.
    pub loaded_at: Timestamp,
    /// Names of the stations that its rules are bound to, in order of registration.
    pub stations: Vec<String>,
    /// Rules without a station yet.
    pub idle: Vec<String>,
    /// Rules and stations of their scopes that they cannot be bound to.
    pub uncovered: Vec<Uncovered>,
    /// Reason why it is suspended or does not run at every station, if so.
    pub state: Option<RulesStateChange>,
}

impl RuleSetInForce {
    pub(in crate::db) fn of(
        (loaded, binding): (&RuleSetLoaded, &Binding),
        registry: &Registry,
        state: Option<RulesStateChange>,
    ) -> Option<Self> {
        if loaded.files.is_empty() {
            return None;
        }
        let name = |id| registry.station(id).map(|station| station.name().to_owned());
        Some(Self {
            hash: loaded.hash,
            files: loaded.rule_files(),
            by: loaded.by.clone(),
            reason: loaded.reason.clone(),
            loaded_at: loaded.at,
            stations: binding.stations.iter().filter_map(|id| name(*id)).collect(),
            idle: binding.idle.clone(),
            uncovered: binding.uncovered.clone(),
            state,
        })
    }

    /// The rule set that the records of a ledger leave in force.
    pub(in crate::db) fn of_records(records: &[Record]) -> Result<Option<Self>, Error> {
        let (mut in_force, mut state): (Option<(RuleSetLoaded, Binding)>, Option<RulesStateChange>) = (None, None);
        let mut registry = Registry::default();
        for (index, record) in (0..).zip(records) {
            register(&mut registry, record, index)?;
            match record.kind() {
                Kind::RuleSetLoaded => {
                    let loaded = record.body::<RuleSetLoaded>(index)?;
                    let binding = Binding::of_loaded(&loaded, &registry);
                    in_force = Some((loaded, binding));
                }
                Kind::RulesBound => {
                    let bound: RulesBound = record.body(index)?;
                    in_force.iter_mut().for_each(|(_, binding)| binding.take(bound.clone(), &registry));
                }
                Kind::RulesStateChanged => {
                    if let Some(AlarmEvent::RulesStateChanged(change)) = AlarmEvent::from_record(record, index)? {
                        state = Some(*change).filter(RulesStateChange::is_alarming);
                    }
                }
                _ => {}
            }
        }
        Ok(in_force.and_then(|(loaded, binding)| Self::of((&loaded, &binding), &registry, state)))
    }
}
