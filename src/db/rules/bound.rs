//! The stations that a rule set is bound to, and binding it to stations registered after it was loaded.

use super::files_of;
use crate::alarm::event::RulesState;
use crate::db::core::Inner;
use crate::db::records::{RuleSetLoaded, RulesBound};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, Registry, StationId, Timestamp};
use crate::query::Readings;
use crate::rules::{Compiled, Diagnostics, Engine, Stage, Staging, Uncovered, compile_staged, fits, sites_of};
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
    fn new_stations(&self, registry: &Registry) -> BTreeSet<StationId> {
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
        compile_staged(&files_of(loaded), &sites_of(&self.registry), &self.staging())
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

    fn record(&self, at: Timestamp) -> Result<Record, Error> {
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

impl Inner {
    /// Notes that a station or one of its instruments was registered.
    pub(in crate::db) fn note_registered(&mut self, station: StationId) {
        self.must_bind |= self.may_cover(&BTreeSet::from([station]));
    }

    /// Notes whether anything was registered since the rules in force were bound.
    pub(in crate::db) fn note_unbound(&mut self) {
        let new = self.rules.as_ref().map(|rules| rules.binding.new_stations(&self.registry));
        self.must_bind = new.is_some_and(|new| self.may_cover(&new));
    }

    /// Whether the scope of any rule in force has one of these stations.
    fn may_cover(&self, stations: &BTreeSet<StationId>) -> bool {
        let scopes = self.rules.as_ref().map_or(&[][..], |rules| rules.scopes.as_slice());
        let names = stations.iter().filter_map(|id| self.registry.station(*id)).map(|station| station.name());
        names.into_iter().any(|name| scopes.iter().any(|(_, globs)| fits(globs, name)))
    }

    /// Binds the rules in force to what was registered since, if their scopes have any of it. Nothing that is under way is lost.
    pub(in crate::db) fn bind_new(&mut self) -> Result<(), Error> {
        if !self.must_bind {
            return Ok(());
        }
        let Some(rules) = self.rules.clone() else { return Ok(()) };
        let mut binding = rules.binding;
        binding.extend(&self.registry, last_numbers(&self.registry));
        let uncovered = match binding.compile(&rules.loaded) {
            Ok(compiled) => {
                binding.note(&compiled);
                self.switch_to(compiled)?;
                let uncovered = binding.uncovered.clone();
                self.uncommitted.push(binding.record(self.timer_now())?);
                self.rules.iter_mut().for_each(|rules| rules.binding = binding.clone());
                uncovered
            }
            // The rules go on as they were bound before.
            Err(found) => self.all_uncovered(&found),
        };
        self.must_bind = false;
        self.note_uncovered(uncovered)?;
        self.commit_all()
    }

    /// Runs the same rules for more stations.
    fn switch_to(&mut self, compiled: Compiled) -> Result<(), Error> {
        let specs = compiled.plans.iter().map(|plan| plan.spec.clone()).collect();
        let mut engine = Engine::new(compiled.plans);
        let readings = Readings::new(self.store.reader());
        let unseen = self.unseen.as_deref();
        let newest = |instrument| unseen.map_or_else(|| readings.newest(instrument), |unseen| unseen.seen(instrument));
        engine.take_over(&mut self.engine, &readings, &newest)?;
        self.engine = engine;
        self.machine.rebind(specs);
        Ok(())
    }

    fn all_uncovered(&self, found: &Diagnostics) -> Vec<Uncovered> {
        let new = self.rules.as_ref().map(|rules| rules.binding.new_stations(&self.registry)).unwrap_or_default();
        let names = new.into_iter().filter_map(|id| self.registry.station(id)).map(|station| station.name().to_owned());
        let reason = found.errors().next().map_or_else(String::new, ToString::to_string);
        names.map(|station| Uncovered { rule: "*".to_owned(), station, reason: reason.clone() }).collect()
    }

    /// Raises a system alarm where rules leave stations of their scopes out, and ends it where they no longer do.
    fn note_uncovered(&mut self, uncovered: Vec<Uncovered>) -> Result<(), Error> {
        let before = self.machine.rules_state().filter(|change| change.state == RulesState::PartlyBound);
        if before.map_or(&[][..], |change| change.uncovered.as_slice()) == uncovered.as_slice() {
            return Ok(());
        }
        if uncovered.is_empty() {
            return self.set_rules_state(
                RulesState::Running,
                "the rules cover every station of their scopes",
                uncovered,
            );
        }
        self.set_rules_state(RulesState::PartlyBound, "rules do not cover every station of their scopes", uncovered)
    }
}
