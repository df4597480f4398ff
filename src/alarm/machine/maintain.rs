//! Maintenance windows: planned, begun, ended, cancelled.

use super::Machine;
use super::schedule::Cause;
use crate::alarm::event::{AlarmEvent, MaintenanceChanged, MaintenancePlanned, MaintenanceStep, MaintenanceWindow};
use crate::alarm::state::{AlarmError, Maintenance};
use crate::model::{Timestamp, check_line};
use crate::verdict::DEADLINE_RULE;

impl Machine {
    /// The maintenance windows that are planned or under way, by number.
    pub fn maintenance(&self) -> impl Iterator<Item = &Maintenance> {
        self.maintenance.values()
    }

    /// Those under way for a rule over a station or scope.
    pub fn maintenance_of(&self, rule: &str, scope_key: &str) -> impl Iterator<Item = &Maintenance> {
        // Stations are maintained; the deadline of an incident is not.
        let is_overdue = rule == DEADLINE_RULE;
        let covers = move |one: &&Maintenance| one.is_on && !is_overdue && one.planned.window.covers(rule, scope_key);
        self.maintenance.values().filter(covers)
    }

    /// Whether nobody is notified of a rule over a station or scope.
    pub(super) fn is_silent(&self, rule: &str, scope_key: &str) -> bool {
        self.silence(rule, scope_key).is_some() || self.maintenance_of(rule, scope_key).next().is_some()
    }

    /// An operator plans a maintenance window, and says why. One that has begun by then begins at once.
    ///
    /// # Errors
    /// [`AlarmError::Nobody`], [`AlarmError::Words`], [`AlarmError::Maintenance`].
    pub fn plan_maintenance(
        &mut self,
        window: MaintenanceWindow,
        (by, reason): (&str, &str),
        now: Timestamp,
    ) -> Result<Vec<AlarmEvent>, AlarmError> {
        AlarmError::unless_named(by)?;
        check_line("reason", reason)?;
        if reason.trim().is_empty() {
            return Err(AlarmError::Maintenance { problem: "it has no reason" });
        }
        window.check(now)?;
        let number = self.maintenances + 1;
        let planned = MaintenancePlanned { number, window, by: by.to_owned(), reason: reason.to_owned(), at: now };
        let mut events = Vec::new();
        self.emit(AlarmEvent::MaintenancePlanned(planned), &mut events);
        self.step_maintenance(number, now, &mut events);
        Ok(events)
    }

    /// An operator ends a maintenance window for good.
    ///
    /// # Errors
    /// [`AlarmError::Nobody`], [`AlarmError::Words`], [`AlarmError::NoMaintenance`].
    pub fn cancel_maintenance(
        &mut self,
        number: u64,
        (by, comment): (&str, &str),
        now: Timestamp,
    ) -> Result<Vec<AlarmEvent>, AlarmError> {
        AlarmError::unless_said(by, comment)?;
        if !self.maintenance.contains_key(&number) {
            return Err(AlarmError::NoMaintenance(number));
        }
        let step = MaintenanceStep::Cancelled { by: by.to_owned(), comment: comment.to_owned() };
        let mut events = Vec::new();
        self.emit(AlarmEvent::MaintenanceChanged(MaintenanceChanged { number, step, due: now, at: now }), &mut events);
        Ok(events)
    }

    /// Takes the next step of a window, if it is due.
    pub(super) fn step_maintenance(&mut self, number: u64, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let changed = self.maintenance.get(&number).map(|one| one.changed(now));
        if let Some(changed) = changed.filter(|changed| changed.due <= now) {
            self.emit(AlarmEvent::MaintenanceChanged(changed), events);
        }
    }

    pub(super) fn remember_planned(&mut self, planned: &MaintenancePlanned) {
        self.maintenances = planned.number;
        self.maintenance.insert(planned.number, Maintenance::new(planned.clone()));
    }

    pub(super) fn remember_maintenance(&mut self, changed: &MaintenanceChanged) {
        let Some(one) = self.maintenance.get_mut(&changed.number) else { return };
        one.step(&changed.step);
        let window = one.planned.window.clone();
        if matches!(changed.step, MaintenanceStep::Over | MaintenanceStep::Cancelled { .. }) {
            self.maintenance.remove(&changed.number);
        }
        // Until it was noticed that a window begins people were notified; once it is due to end they were to be.
        let at = if matches!(changed.step, MaintenanceStep::Ended(_)) { changed.due } else { changed.at };
        let covered =
            self.alarms.iter().filter(|(_, alarm)| window.covers(&alarm.opened.rule, &alarm.opened.scope_key));
        let silent = |alarm: &crate::alarm::state::Alarm| self.is_silent(&alarm.opened.rule, &alarm.opened.scope_key);
        let pauses: Vec<_> = covered.map(|(id, alarm)| (*id, silent(alarm))).collect();
        for (id, is_silent) in pauses {
            self.change(id, |alarm| alarm.pause(is_silent, at));
            self.schedule.note_changed(Cause::Alarm(id));
        }
    }
}
