//! A store whose rules do not run, and letting them run again.

use crate::alarm::event::{RulesState, RulesStateChange};
use crate::alarm::{AlarmEvent, RuleSetRef};
use crate::config::RulesOnOpen;
use crate::db::core::{Inner, LoadedRules};
use crate::db::in_force::{Binding, Suspended, Unseen};
use crate::db::pending::COMMIT_BYTES;
use crate::db::records::{Checkpoint, RuleSetLoaded};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{FrameRef, InstrumentId, TimeRange, Timestamp};
use crate::query::Readings;
use crate::rules::{Compiled, Engine, RuleFile};
use crate::verdict::Uncovered;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Inner {
    /// What a commit says of frames that the rules have not evaluated, if there are any.
    pub(in crate::db) fn unseen(&self) -> Result<Option<Record>, Error> {
        let record = self.unseen.as_ref().map(|unseen| Record::new(Kind::FramesUnseen, &unseen.record()));
        Ok(record.transpose()?)
    }

    /// Whether the corrections of a frame are on record, though rules have not evaluated it.
    pub(in crate::db) fn is_noted(&self, lsn: u64) -> bool {
        self.unseen.as_ref().is_some_and(|unseen| lsn <= unseen.noted_lsn)
    }

    /// Leaves the rule set in force as it is, without running it.
    pub(in crate::db) fn suspend(
        &mut self,
        (loaded, binding): (Arc<RuleSetLoaded>, Binding),
        kept: Checkpoint<'static>,
    ) {
        let readings = Readings::new(self.store.reader());
        let registry = &self.registry;
        self.unseen.get_or_insert_with(|| Box::new(Unseen::none_of(&readings, registry)));
        self.suspended = Some(Box::new(Suspended { loaded, binding, kept }));
    }

    /// Keeps a frame for rules that do not run, or are being warmed.
    pub(in crate::db) fn set_apart(&mut self, lsn: u64, frame: FrameRef<'_>) {
        self.arrivals.iter_mut().for_each(|arrivals| arrivals.push_ref(frame));
        if self.suspended.is_some() {
            let is_history = self.machine.takes_history();
            self.unseen.iter_mut().for_each(|unseen| unseen.note(lsn, frame, is_history));
        }
    }

    /// Before frames or time come: rules are bound to what was registered since, or it is put on record that they do not run.
    pub(in crate::db) fn prepare_rules(&mut self) -> Result<(), Error> {
        self.bind_new()?;
        if self.suspended.is_some() {
            // Before the first frame: after a crash it is known that rules have not seen it.
            self.note_suspension()?;
            self.commit_all()?;
        }
        Ok(())
    }

    /// Puts it on record that the rules are suspended, if they are and it is not.
    pub(in crate::db) fn note_suspension(&mut self) -> Result<(), Error> {
        if self.suspended.is_none() {
            return Ok(());
        }
        let recorded = self.machine.rules_state();
        if recorded.is_some_and(|change| change.state == RulesState::Suspended) {
            return Ok(());
        }
        self.set_rules_state(RulesState::Suspended, "the store was opened without running its rules", Vec::new())
    }

    pub(in crate::db) fn set_rules_state(
        &mut self,
        state: RulesState,
        reason: &str,
        uncovered: Vec<Uncovered>,
    ) -> Result<(), Error> {
        let change = self.rules_state_change(state, reason, uncovered);
        let event = AlarmEvent::RulesStateChanged(Box::new(change));
        self.machine.remember(&event);
        self.uncommitted.extend(vec![event])
    }

    fn rules_state_change(&self, state: RulesState, reason: &str, uncovered: Vec<Uncovered>) -> RulesStateChange {
        let loaded = self.loaded();
        RulesStateChange {
            state,
            reason: reason.to_owned(),
            uncovered,
            frames_unseen: self.unseen.as_ref().map_or(0, |unseen| unseen.frames()),
            rule_set: loaded.map(|loaded| loaded.hash).unwrap_or_default(),
            at: self.timer_now(),
        }
    }

    /// The rule set in force, whether it runs or not.
    pub(in crate::db) fn loaded(&self) -> Option<&Arc<RuleSetLoaded>> {
        let running = self.rules.as_ref().map(|rules| &rules.loaded);
        running.or(self.suspended.as_ref().map(|suspended| &suspended.loaded))
    }

    /// Why the rules do not run for every station of their scopes, if they do not.
    pub(in crate::db) fn rules_state(&self) -> Option<RulesStateChange> {
        let recorded = self.machine.rules_state().cloned();
        let is_unrecorded =
            self.suspended.is_some() && recorded.as_ref().is_none_or(|change| change.state != RulesState::Suspended);
        if is_unrecorded {
            return Some(self.rules_state_change(RulesState::Suspended, "opened for maintenance", Vec::new()));
        }
        recorded
    }

    /// Whether the rules in force run; none where no rule set is in force.
    pub(in crate::db) fn state_of_rules(&self) -> Option<RulesState> {
        self.loaded().filter(|loaded| !loaded.files.is_empty())?;
        Some(self.rules_state().map_or(RulesState::Running, |change| change.state))
    }

    /// Compiles the rule set that was in force, and puts rules and alarms where they were. Frames in segments that it has not seen are
    /// evaluated; where those of the log must follow, the caller shows them.
    pub(in crate::db) fn resume_rules(
        &mut self,
        (loaded, binding): (Arc<RuleSetLoaded>, Binding),
        checkpoint: &Checkpoint<'_>,
    ) -> Result<(), Error> {
        let compiled = binding.compile(&loaded);
        let compiled = compiled.map_err(|found| Error::RulesNotRunnable { rule_set: loaded.hash, found })?;
        let Compiled { plans, scopes, .. } = compiled;
        let specs = plans.iter().map(|plan| plan.spec.clone()).collect();
        self.machine.install(specs, RuleSetRef { hash: loaded.hash });
        self.machine.restore(&checkpoint.machine);
        self.engine = Engine::new(plans);
        let readings = Readings::new(self.store.reader());
        let standing = Some((&checkpoint.engine, &checkpoint.sources));
        match &self.unseen {
            Some(unseen) => self.engine.warm_until(&readings, standing, &unseen.seen_all())?,
            None => self.engine.warm(&readings, standing, self.latest())?,
        }
        self.engine.restore_late(&checkpoint.late);
        self.rules = Some(LoadedRules { loaded, binding, scopes });
        self.note_unbound();
        if self.unseen.is_some() {
            self.bind_new()?;
        }
        Ok(())
    }

    /// Shows the rules the stored frames that they have not seen, in order of time: in what order they came is not known of all.
    pub(in crate::db) fn show_unseen(&mut self) -> Result<(), Error> {
        let Some(unseen) = &mut self.unseen else { return Ok(()) };
        for (instrument, from) in unseen.take_late() {
            self.engine.note_unseen_from(instrument, from);
        }
        let asked = self.engine.inputs();
        let instruments: Vec<InstrumentId> = asked.keys().copied().collect();
        let seen: BTreeMap<InstrumentId, Option<Timestamp>> =
            instruments.iter().map(|instrument| (*instrument, unseen.seen(*instrument))).collect();
        let begin = seen.values().map(|seen| seen.map_or(Timestamp::MIN, |seen| seen.plus_ms(1))).min();
        let range = TimeRange::new(begin.unwrap_or(Timestamp::MAX), Timestamp::MAX);
        let mut frames = Readings::new(self.store.reader()).frames(asked, range)?;
        while let Some(frame) = frames.next_frame()? {
            let (instrument, time) = (frame.instrument, frame.time);
            if seen.get(&instrument).copied().flatten() >= Some(time) {
                continue;
            }
            let is_history = self.unseen.as_ref().is_some_and(|unseen| unseen.is_history(instrument, time));
            self.machine.take_history(is_history);
            let shown = self.show(frame, None);
            self.machine.take_history(false);
            shown?;
            if self.uncommitted.bytes >= COMMIT_BYTES && frames.next_time() != Some(time) {
                self.unseen.iter_mut().for_each(|unseen| unseen.see_until(&instruments, time));
                self.commit_all()?;
            }
        }
        Ok(())
    }

    /// Every frame was shown to the rules, or they are suspended: says so on record where that is news.
    pub(in crate::db) fn settle_rules(&mut self) -> Result<(), Error> {
        if self.suspended.is_some() {
            if self.config.rules == RulesOnOpen::Suspended {
                self.note_suspension()?;
            }
            return self.commit_all();
        }
        if self.unseen.is_none() {
            return Ok(());
        }
        self.end_suspension("the rules run again")?;
        self.unseen = None;
        self.commit_position()
    }

    /// Puts it on record that the rules run again, where it was on record that they do not.
    pub(in crate::db) fn end_suspension(&mut self, reason: &str) -> Result<(), Error> {
        if self.machine.rules_state().is_none_or(|change| change.state != RulesState::Suspended) {
            return Ok(());
        }
        let uncovered = self.rules.as_ref().map_or_else(Vec::new, |rules| rules.binding.uncovered.clone());
        let state = if uncovered.is_empty() { RulesState::Running } else { RulesState::PartlyBound };
        self.set_rules_state(state, reason, uncovered)
    }

    /// Whether the rules that are suspended are of these files.
    pub(in crate::db) fn is_suspended_of(&self, files: &[RuleFile]) -> bool {
        self.suspended.as_ref().is_some_and(|suspended| suspended.loaded.rule_files() == files)
    }

    /// Lets the rules that are suspended run again.
    pub(in crate::db) fn resume_suspended(&mut self) -> Result<(), Error> {
        let Some(suspended) = self.suspended.take() else { return Ok(()) };
        let resumed = self.resume_rules((Arc::clone(&suspended.loaded), suspended.binding.clone()), &suspended.kept);
        if let Err(error) = resumed {
            self.suspend_again(suspended);
            return Err(error);
        }
        self.show_unseen()?;
        self.position_lsn = self.store.last_lsn();
        self.settle_rules()?;
        self.deliver()
    }

    fn suspend_again(&mut self, suspended: Box<Suspended>) {
        self.engine = Engine::new(Vec::new());
        self.machine.install(Vec::new(), RuleSetRef { hash: suspended.loaded.hash });
        (self.rules, self.suspended) = (None, Some(suspended));
    }
}
