//! Endpoints that have said that they are gone: nothing is sent there any more.

use crate::alarm::event::EndpointChange;
use crate::model::Timestamp;
use crate::verdict::AlarmSpec;
use std::collections::{BTreeMap, BTreeSet};

/// An endpoint to which nothing is sent, because it has said that it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisabledEndpoint {
    /// The way that led there.
    pub way: String,
    /// What its notifier calls it: [`Notifier::endpoint`](crate::alarm::Notifier::endpoint).
    pub endpoint: String,
    /// Host time since when.
    pub since: Timestamp,
    /// What it said.
    pub reason: String,
}

/// All of them, by way and endpoint. Follows from the ledger.
#[derive(Debug, Default)]
pub(super) struct Endpoints(BTreeMap<(String, String), (Timestamp, String)>);

impl Endpoints {
    /// Takes in what the ledger says.
    pub(super) fn remember(&mut self, change: &EndpointChange) {
        let key = (change.way.clone(), change.endpoint.clone());
        if change.is_disabled {
            self.0.insert(key, (change.at, change.reason.clone()));
        } else {
            self.0.remove(&key);
        }
    }

    pub(super) fn is_disabled(&self, way: &str, endpoint: &str) -> bool {
        self.0.contains_key(&(way.to_owned(), endpoint.to_owned()))
    }

    /// In order of way and endpoint.
    pub(super) fn all(&self) -> Vec<DisabledEndpoint> {
        let one = |((way, endpoint), (since, reason)): (&(String, String), &(Timestamp, String))| {
            let (way, endpoint, since, reason) = (way.clone(), endpoint.clone(), *since, reason.clone());
            DisabledEndpoint { way, endpoint, since, reason }
        };
        self.0.iter().map(one).collect()
    }

    /// What a rule set that comes into force makes of them: those of the ways that it names are tried again.
    pub(super) fn named_by(&self, specs: &[AlarmSpec], now: Timestamp) -> Vec<EndpointChange> {
        let named: BTreeSet<&String> = specs.iter().flat_map(ways_of).collect();
        let again = self.all().into_iter().filter(|one| named.contains(&one.way));
        let change = |DisabledEndpoint { way, endpoint, .. }| EndpointChange {
            way,
            endpoint,
            is_disabled: false,
            reason: "a rule set that names its way came into force".to_owned(),
            notification: None,
            at: now,
        };
        again.map(change).collect()
    }
}

/// Every way that a rule's chain may take.
fn ways_of(spec: &AlarmSpec) -> impl Iterator<Item = &String> {
    spec.chain.steps.iter().flat_map(|step| {
        let shifts = step.roster.iter().flat_map(|roster| &roster.shifts).flat_map(|shift| &shift.parties);
        let parties = shifts.chain(step.roster.iter().flat_map(|roster| &roster.otherwise));
        step.ways.iter().chain(&step.fallback).chain(parties.flat_map(|party| &party.fallback))
    })
}
