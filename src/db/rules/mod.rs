//! Rule sets: loading, and going on with the one in force.

mod backtest;
mod course;
mod late;
mod testing;

use super::core::{Database, Inner, LoadedRules};
use super::records::RuleSetLoaded;
use crate::alarm::event::{Operated, OperatorAction};
use crate::alarm::{AlarmError, AlarmEvent, RuleSetRef};
use crate::base::checksum::Digest;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::Registry;
use crate::query::Readings;
use crate::rules::{Compiled, Diagnostics, Engine, RuleFile, compile, read_folder, sites_of};
use std::path::Path;

pub use backtest::{Backtest, BacktestSummary, Replayed};
pub(super) use course::Course;
pub use testing::{TestFailure, TestOutcome, run_rule_tests, stations_of_tests};

impl Database {
    /// Compiles all rule files of a folder and puts them in force. Windows are filled from stored readings; evaluation begins behind the
    /// newest ones. Alarms of rules that are gone are closed, with that reason on record; the others are carried by rule and scope, also on record.
    ///
    /// The rule set is kept in the ledger: after a restart it is in force without another call. Loading the same files for the same
    /// stations again changes nothing. Rules see stations that are registered when they are loaded: load them again after
    /// registering more.
    ///
    /// Gives the warnings.
    ///
    /// # Errors
    /// [`Error::RuleFolder`]; [`Error::Rules`] with every mistake in every file; [`Error::NoRules`] where the files hold none. The rules in force
    /// stay in force then.
    pub fn load_rules(&self, dir: impl AsRef<Path>) -> Result<Diagnostics, Error> {
        self.load_rule_files(read_folder(dir.as_ref())?)
    }

    /// Switches all rules off, for good: open alarms close with that reason on record, and those who were told of them are told. What
    /// is shelved or out of service stays so. Loading rules switches them on again.
    ///
    /// # Errors
    /// [`Error::Alarm`] where nobody is named; [`Error::Ledger`] and [`Error::Store`] where that cannot be written.
    pub fn switch_rules_off(&self, by: &str, comment: &str) -> Result<(), Error> {
        AlarmError::unless_said(by, comment)?;
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let operated = Operated {
            alarm: None,
            rule: String::new(),
            scope_key: String::new(),
            action: OperatorAction::SwitchRulesOff,
            by: by.to_owned(),
            comment: comment.to_owned(),
            at: inner.timer_now(),
        };
        inner.put_in_force(Vec::new(), compile_for(&[], &Registry::default())?, Some(AlarmEvent::Operated(operated)))
    }

    /// As [`Database::load_rules`], for files that are in memory.
    ///
    /// # Errors
    /// As [`Database::load_rules`].
    pub fn load_rule_files(&self, files: Vec<RuleFile>) -> Result<Diagnostics, Error> {
        // Compiled without the lock, so that appending goes on meanwhile; again, should a station have been registered in between.
        loop {
            let registry = self.registry();
            let compiled = compile_for(&files, &registry);
            let mut inner = self.inner.lock();
            if inner.registry == registry {
                return inner.load_rules(files, compiled?);
            }
        }
    }
}

/// Compiles rules for all stations of a registry.
pub(super) fn compile_for(files: &[RuleFile], registry: &Registry) -> Result<Compiled, Diagnostics> {
    compile(files, &sites_of(registry))
}

impl Inner {
    /// Puts files in force that were compiled for the registry as it is.
    fn load_rules(&mut self, files: Vec<RuleFile>, compiled: Compiled) -> Result<Diagnostics, Error> {
        if compiled.plans.is_empty() {
            return Err(Error::NoRules);
        }
        compiled.check_memory(self.config.window_bytes_max)?;
        let same = |loaded: &LoadedRules| loaded.files == files && loaded.registry == self.registry;
        if self.rules.as_ref().is_some_and(same) {
            return Ok(compiled.warnings);
        }
        let warnings = compiled.warnings.clone();
        self.put_in_force(files, compiled, None)?;
        Ok(warnings)
    }

    /// The operator's wish, the rule set and what it makes of conditions and alarms stand in one commit.
    fn put_in_force(
        &mut self,
        files: Vec<RuleFile>,
        compiled: Compiled,
        wish: Option<AlarmEvent>,
    ) -> Result<(), Error> {
        let hash = Digest(compiled.hash);
        let body =
            RuleSetLoaded { hash, files: files.iter().map(|file| (file.name.clone(), file.text.clone())).collect() };
        let record = Record::new(Kind::RuleSetLoaded, &body)?;
        let specs: Vec<_> = compiled.plans.iter().map(|plan| plan.spec.clone()).collect();
        let mut engine = Engine::new(compiled.plans);
        engine.warm(&Readings::new(self.store.reader()), None, self.latest())?;
        engine.go_on_from(&self.engine);
        self.commit_all()?;
        self.uncommitted.extend(wish.into_iter().collect())?;
        self.uncommitted.push(record);
        self.engine = engine;
        self.position_lsn = self.store.last_lsn();
        let now = self.timer_now();
        let named = self.dispatcher.named_by(&specs, now);
        self.uncommitted.extend(named)?;
        let events = self.machine.load(specs, RuleSetRef { hash }, now);
        self.uncommitted.extend(events)?;
        self.rules = Some(LoadedRules { files, registry: self.registry.clone() });
        self.commit_all()?;
        self.deliver()
    }
}
