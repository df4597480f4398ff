//! Loading and unloading rule sets.

use super::compile_for;
use crate::alarm::event::{Operated, OperatorAction, RulesState};
use crate::alarm::{AlarmError, AlarmEvent, RuleSetRef};
use crate::base::checksum::Digest;
use crate::db::core::{Database, Inner, LoadedRules};
use crate::db::in_force::{Binding, RuleSetInForce};
use crate::db::records::RuleSetLoaded;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Batch, Registry};
use crate::query::Readings;
use crate::rules::{Compiled, Diagnostics, Engine, RuleFile, read_folder};
use parking_lot::MutexGuard;
use std::path::Path;
use std::sync::Arc;

/// Who loads rules where nobody is named.
const HOST: &str = "host";
/// Frames that arrived while rules were warmed and that may be taken in while the store is held.
const ARRIVALS_HELD: usize = 1_024;

/// A rule set on its way into force.
struct Incoming<'a> {
    files: &'a [RuleFile],
    by: &'a str,
    reason: &'a str,
    compiled: Compiled,
}

impl Database {
    /// Compiles all rule files of a folder and puts them in force. Windows are filled from stored readings; evaluation begins behind the
    /// newest ones. Alarms of rules that are gone are closed, with that reason on record; the others are carried by rule and scope, also on record.
    ///
    /// The rule set is kept in the ledger: after a restart it is in force without another call. Loading the same files for the same
    /// stations again changes nothing. Stations that are registered later are covered by the rules whose scopes have them: see
    /// [`Database::register_station`]. Appending goes on while windows are filled.
    ///
    /// Gives the warnings.
    ///
    /// # Errors
    /// [`Error::RuleFolder`]; [`Error::Rules`] with every mistake in every file; [`Error::NoRules`] where the files hold none. The rules in force
    /// stay in force then.
    pub fn load_rules(&self, dir: impl AsRef<Path>) -> Result<Diagnostics, Error> {
        self.load_rule_files(read_folder(dir.as_ref())?)
    }

    /// Loads rules like [`Database::load_rules`], from files in memory.
    ///
    /// # Errors
    /// As [`Database::load_rules`].
    pub fn load_rule_files(&self, files: Vec<RuleFile>) -> Result<Diagnostics, Error> {
        self.load_rule_set(files, HOST, "")
    }

    /// Loads rules like [`Database::load_rule_files`], and records author and reason.
    ///
    /// In a store that was opened with its rules suspended, the rules run from then on, and evaluate every frame that was stored meanwhile.
    ///
    /// # Errors
    /// As [`Database::load_rules`]; [`Error::Alarm`] where nobody is named; [`Error::RulesNotRunnable`] where the files are those of the
    /// suspended rule set, and do not compile.
    pub fn load_rule_set(&self, files: Vec<RuleFile>, by: &str, reason: &str) -> Result<Diagnostics, Error> {
        AlarmError::unless_said(by, reason)?;
        // One rule set at a time is compiled and warmed, without the lock, so that appending goes on meanwhile.
        let _loading = self.loading.lock();
        loop {
            let registry = self.registry();
            let compiled = compile_for(&files, &registry);
            let mut inner = self.inner.lock();
            if inner.registry != registry {
                continue;
            }
            // Frames of a batch that a failed commit kept from the rules come first.
            inner.commit_all()?;
            if inner.is_suspended_of(&files) {
                inner.resume_suspended()?;
                return Ok(compiled.map(|compiled| compiled.warnings).unwrap_or_default());
            }
            let compiled = compiled?;
            if compiled.scopes.is_empty() {
                return Err(Error::NoRules);
            }
            compiled.check_memory(inner.config.window_bytes_max)?;
            let warnings = compiled.warnings.clone();
            if inner.is_in_force(&files) {
                return Ok(warnings);
            }
            let incoming = Incoming { files: &files, by, reason, compiled };
            if inner.suspended.is_some() {
                inner.load_behind_suspension(incoming)?;
                return Ok(warnings);
            }
            inner.arrivals = Some(Batch::new());
            let latest = inner.latest();
            drop(inner);
            let mut engine = Engine::new(incoming.compiled.plans.clone());
            let warmed = engine.warm(&self.readings, None, latest);
            let (mut inner, caught_up) = self.inner_behind(&mut engine);
            inner.arrivals = None;
            warmed?;
            caught_up?;
            // Otherwise somebody has registered a station meanwhile, for which the rules are compiled again.
            if inner.registry == registry {
                inner.put_in_force(incoming, engine, None)?;
                return Ok(warnings);
            }
        }
    }

    /// The store, once an engine has taken in all but a few of the frames that arrived while it was warmed; and these.
    fn inner_behind(&self, engine: &mut Engine) -> (MutexGuard<'_, Inner>, Result<(), Error>) {
        loop {
            let mut inner = self.inner.lock();
            // Frames that a failed commit kept from the rules arrived too.
            let committed = inner.commit_all();
            let arrivals = inner.arrivals.replace(Batch::new()).unwrap_or_default();
            if arrivals.len() <= ARRIVALS_HELD {
                engine.warm_on(arrivals.frames(), inner.latest());
                return (inner, committed);
            }
            let latest = inner.latest();
            drop(inner);
            engine.warm_on(arrivals.frames(), latest);
        }
    }

    /// Switches all rules off, for good: open alarms close with that reason on record, and those who were told of them are told. What
    /// is shelved or out of service stays so. Loading rules switches them on again. Works as well where the rules in force do not run.
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
        let compiled = compile_for(&[], &Registry::default())?;
        let incoming = Incoming { files: &[], by, reason: comment, compiled };
        inner.put_in_force(incoming, Engine::new(Vec::new()), Some(AlarmEvent::Operated(operated)))
    }
}

impl Database {
    /// The rule set in force, whether it runs or not; `None` where there is none.
    #[must_use]
    pub fn rule_set(&self) -> Option<RuleSetInForce> {
        let inner = self.inner.lock();
        let running = inner.rules.as_ref().map(|rules| (&*rules.loaded, &rules.binding));
        let suspended = || inner.suspended.as_ref().map(|suspended| (&*suspended.loaded, &suspended.binding));
        RuleSetInForce::of(running.or_else(suspended)?, &inner.registry, inner.rules_state())
    }
}

impl Inner {
    /// Whether these are the files of the rule set in force, which is bound to every station.
    fn is_in_force(&self, files: &[RuleFile]) -> bool {
        let is_same =
            |rules: &LoadedRules| rules.loaded.rule_files() == files && rules.binding.is_whole(&self.registry);
        self.rules.as_ref().is_some_and(is_same)
    }

    /// The operator's wish, the rule set and what it makes of conditions and alarms stand in one commit.
    fn put_in_force(
        &mut self,
        incoming: Incoming<'_>,
        mut engine: Engine,
        wish: Option<AlarmEvent>,
    ) -> Result<(), Error> {
        engine.go_on_from(&self.engine);
        let is_unloaded = incoming.files.is_empty();
        self.install(incoming, engine, wish)?;
        self.unseen = None;
        self.position_lsn = self.store.last_lsn();
        if self.machine.rules_state().is_some() {
            let (state, reason) = match is_unloaded {
                true => (RulesState::Unloaded, "the rule set was unloaded"),
                false => (RulesState::Running, "a rule set was loaded"),
            };
            self.set_rules_state(state, reason, Vec::new())?;
        }
        self.commit_all()?;
        self.deliver()
    }

    /// Puts a rule set in force in the place of one that does not run, and shows it every frame that was stored meanwhile.
    fn load_behind_suspension(&mut self, incoming: Incoming<'_>) -> Result<(), Error> {
        let mut engine = Engine::new(incoming.compiled.plans.clone());
        let seen = self.unseen.as_ref().map(|unseen| unseen.seen_all()).unwrap_or_default();
        engine.warm_until(&Readings::new(self.store.reader()), None, &seen)?;
        self.install(incoming, engine, None)?;
        self.show_unseen()?;
        self.position_lsn = self.store.last_lsn();
        self.end_suspension("a rule set was loaded")?;
        self.unseen = None;
        self.commit_all()?;
        self.deliver()
    }

    fn install(
        &mut self,
        Incoming { files, by, reason, compiled }: Incoming<'_>,
        engine: Engine,
        wish: Option<AlarmEvent>,
    ) -> Result<(), Error> {
        let (hash, at) = (Digest(compiled.hash), self.timer_now());
        let mut binding = Binding::of(&self.registry);
        binding.note(&compiled);
        let loaded = RuleSetLoaded {
            hash,
            files: files.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
            by: by.to_owned(),
            reason: reason.to_owned(),
            at,
            stations: binding.stations.clone(),
            idle: binding.idle.clone(),
        };
        let record = Record::new(Kind::RuleSetLoaded, &loaded)?;
        self.commit_all()?;
        self.uncommitted.extend(wish.into_iter().collect())?;
        self.uncommitted.push(record);
        (self.engine, self.suspended, self.must_bind) = (engine, None, false);
        let specs: Vec<_> = compiled.plans.into_iter().map(|plan| plan.spec).collect();
        let named = self.dispatcher.named_by(&specs, at);
        self.uncommitted.extend(named)?;
        let events = self.machine.load(specs, RuleSetRef { hash }, at);
        self.uncommitted.extend(events)?;
        self.rules = Some(LoadedRules { loaded: Arc::new(loaded), binding, scopes: compiled.scopes });
        Ok(())
    }
}
