//! The stations that a rule set is bound to.

use crate::db::records::{RuleSetLoaded, RulesBound};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, Registry, StationId, Timestamp};
use crate::rules::{Compiled, Diagnostics, Stage, Staging, compile_staged, sites_of};
use crate::verdict::Uncovered;
use std::collections::{BTreeMap, BTreeSet};

/// The stations and instruments that a rule set is bound to, each as it was when the rules were bound to it.
#[derive(Debug, Clone)]
pub(in crate::db) struct Binding {
    registry: Registry,
    /// Greatest number of a station that the rules were loaded for.
    loaded_for: StationId,
    /// Bindings since the rules were loaded.
    count: u32,
    /// In which of them each later instrument came.
    later: BTreeMap<InstrumentId, u32>,
    /// Stations that the rules are bound to.
    pub(in crate::db) stations: Vec<StationId>,
    /// Rules without a station yet.
    pub(in crate::db) idle: Vec<String>,
    /// Rules and stations of their scopes that they cannot be bound to.
    pub(in crate::db) uncovered: Vec<Uncovered>,
}

impl Binding {
    /// Of a rule set that is loaded for a registry.
    pub(in crate::db) fn of(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            loaded_for: last_numbers(registry).0,
            count: 0,
            later: BTreeMap::new(),
            stations: Vec::new(),
            idle: Vec::new(),
            uncovered: Vec::new(),
        }
    }

    /// Of the rule set of a record, where it was loaded for a registry.
    pub(in crate::db) fn of_loaded(loaded: &RuleSetLoaded, registry: &Registry) -> Self {
        Self { stations: loaded.stations.clone(), idle: loaded.idle.clone(), ..Self::of(registry) }
    }

    /// Binds again as a record says.
    pub(in crate::db) fn take(&mut self, bound: RulesBound, registry: &Registry) {
        self.extend(registry, (bound.last_station, bound.last_instrument));
        (self.stations, self.idle, self.uncovered) = (bound.stations, bound.idle, bound.uncovered);
    }

    /// Takes in everything that is new.
    pub(in crate::db) fn extend_to(&mut self, registry: &Registry) {
        self.extend(registry, last_numbers(registry));
    }

    /// Takes in the stations and instruments up to two numbers that are new. Those that it knows stay as they were.
    fn extend(&mut self, registry: &Registry, (last_station, last_instrument): (StationId, InstrumentId)) {
        self.count += 1;
        for (id, station) in registry.stations().filter(|(id, _)| *id <= last_station) {
            if self.registry.station(id).is_none() {
                self.registry.insert_station(id, station.clone());
            }
        }
        for (id, at, instrument) in registry.instruments().filter(|(id, ..)| *id <= last_instrument) {
            if self.registry.instrument(id).is_none() {
                self.registry.insert_instrument(id, at, instrument.clone());
                self.later.insert(id, self.count);
            }
        }
    }

    /// Whether the rules were bound to exactly these stations and instruments, and leave none out.
    pub(in crate::db) fn is_whole(&self, registry: &Registry) -> bool {
        self.registry == *registry && self.uncovered.is_empty()
    }

    /// Stations with something that the rules are not bound to.
    pub(in crate::db) fn new_stations(&self, registry: &Registry) -> BTreeSet<StationId> {
        let new = registry.stations().map(|(id, _)| id).filter(|id| self.registry.station(*id).is_none());
        let with_new = registry.instruments().filter(|(id, ..)| self.registry.instrument(*id).is_none());
        new.chain(with_new.map(|(_, at, _)| at)).collect()
    }

    /// How the stations may be bound that have changed since the rules were loaded.
    fn staging(&self) -> Staging {
        let mut of_station: BTreeMap<StationId, Vec<u32>> = BTreeMap::new();
        for (id, at, _) in self.registry.instruments() {
            of_station.entry(at).or_default().push(self.later.get(&id).copied().unwrap_or(0));
        }
        let changed = self.registry.stations().filter_map(|(id, _)| {
            let bindings = of_station.get(&id).map_or(&[][..], Vec::as_slice);
            let is_required = id <= self.loaded_for;
            if is_required && bindings.iter().all(|binding| *binding == 0) {
                return None;
            }
            let distinct: BTreeSet<u32> = bindings.iter().copied().collect();
            let known_in = |binding: &u32| bindings.iter().filter(|one| **one <= *binding).count();
            Some((id, Stage { instruments: distinct.iter().rev().map(known_in).collect(), is_required }))
        });
        changed.collect()
    }

    /// Compiles the files of a rule set for these stations.
    pub(in crate::db) fn compile(&self, loaded: &RuleSetLoaded) -> Result<Compiled, Diagnostics> {
        compile_staged(&loaded.rule_files(), &sites_of(&self.registry), &self.staging())
    }

    /// Notes what compiling has found.
    pub(in crate::db) fn note(&mut self, compiled: &Compiled) {
        let members = compiled.plans.iter().flat_map(|plan| &plan.members);
        let stations: BTreeSet<StationId> = members.map(|member| member.station).collect();
        let alive: BTreeSet<&str> = compiled.plans.iter().map(|plan| plan.spec.rule.as_str()).collect();
        let rules = compiled.scopes.iter().map(|(rule, _)| rule);
        self.idle = rules.filter(|rule| !alive.contains(rule.as_str())).cloned().collect();
        self.stations = stations.into_iter().collect();
        self.uncovered.clone_from(&compiled.uncovered);
    }

    pub(in crate::db) fn record(&self, at: Timestamp) -> Result<Record, Error> {
        let (last_station, last_instrument) = last_numbers(&self.registry);
        let (stations, idle) = (self.stations.clone(), self.idle.clone());
        let uncovered = self.uncovered.clone();
        let body = RulesBound { last_station, last_instrument, stations, idle, uncovered, at };
        Ok(Record::new(Kind::RulesBound, &body)?)
    }
}

fn last_numbers(registry: &Registry) -> (StationId, InstrumentId) {
    let station = registry.stations().map(|(id, _)| id).last();
    let instrument = registry.instruments().map(|(id, ..)| id).last();
    (station.unwrap_or(StationId::new(0)), instrument.unwrap_or(InstrumentId::new(0)))
}
