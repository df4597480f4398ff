//! Binding the rules in force to stations registered after they were loaded.

use crate::alarm::event::RulesState;
use crate::db::core::Inner;
use crate::error::Error;
use crate::model::StationId;
use crate::model::glob::fits;
use crate::query::Readings;
use crate::rules::{Compiled, Diagnostics, Engine};
use crate::verdict::Uncovered;
use std::collections::BTreeSet;

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
        binding.extend_to(&self.registry);
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
