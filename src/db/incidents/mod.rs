//! Incidents and odour reports: opened and recorded by operators, watched by the clock.

mod deadline;
mod odour;
mod report;

pub(super) use odour::odours_of;
pub use report::{ReportQuestion, ReportSources, gather_report, incident_channel, located_range, report_span};

use super::core::{Database, Inner};
use crate::alarm::{AlarmId, Heartbeat};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::Timestamp;
use crate::trace::incident::{Incident, IncidentError, IncidentId, Opening, Step};
use crate::verdict::{Chain, Step as ChainStep};
use std::collections::BTreeSet;

impl Database {
    /// Opens an incident: a case with a deadline. The ledger has it when this returns. If its escalation chain has no steps, the alarm that
    /// opens when the deadline has passed notifies the contact of [`Config::heartbeat`](crate::Config::heartbeat), if there is one.
    ///
    /// Each step that follows ([`Database::step_incident`]) is recorded with its author. The deadline is met once a site is named, by a
    /// suspicion or a finding, or the case is closed. Otherwise [`Database::advance`] opens an alarm, which escalates, reminds and is
    /// acknowledged like every other one.
    ///
    /// ```
    /// use vocdb::trace::incident::{Opening, Outcome, Step, Suspect};
    /// use vocdb::{Config, Database, Timestamp};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let night: Timestamp = "2026-03-14T02:10:00+08:00".parse()?;
    /// let opening = Opening::new("benzene at the east fence", night);
    /// let incident = db.open_incident(opening, "Li Na", "three calls from the school")?;
    ///
    /// let tank = Suspect { site: "tank T-401".to_owned(), probability: Some(0.83), factors: Vec::new() };
    /// db.step_incident(incident, Step::Suspected(tank), "Li Na", "plume model")?;
    /// assert_eq!(db.incident(incident)?.state(), "located");
    ///
    /// db.step_incident(incident, Step::Closed(Outcome::NoViolation), "Wang Wei", "seal replaced in time")?;
    /// let late = db.step_incident(incident, Step::Closed(Outcome::SourceNotFound), "Wang Wei", "");
    /// assert!(late.is_err(), "a closed incident is not closed again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Incident`] for text and times that make no sense, and if an open incident has one of the alarms;
    /// [`Error::UnknownStation`] for a station that is not registered, unless the case is about alarms; [`Error::Ledger`] and
    /// [`Error::Store`] if the record cannot be written.
    pub fn open_incident(&self, opening: Opening, by: &str, reason: &str) -> Result<IncidentId, Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let incident = inner.record_opening(opening, (by, reason), now)?;
        inner.commit_all()?;
        Ok(incident)
    }

    /// Records a step of an incident, with its author and a comment. The ledger has it when this returns. A step that locates or closes an
    /// overdue incident closes its alarm.
    ///
    /// # Errors
    /// [`Error::Incident`] if no incident or alarm has this number, if the step does not fit the state of the case, or its content makes no
    /// sense;
    /// [`Error::Ledger`] and [`Error::Store`] if the record cannot be written.
    pub fn step_incident(&self, incident: IncidentId, step: Step, by: &str, comment: &str) -> Result<(), Error> {
        if let Step::AlarmAdded { alarm } = step {
            // Only an alarm that exists, and is not that of a deadline, can open a case or be added to one.
            self.opening_of_alarm(alarm)?;
        }
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let now = inner.timer_now();
        let record = inner.incidents.step(incident, step, (by, comment), now)?;
        let alarm = inner.incidents.get(incident)?.clock.alarm;
        inner.uncommitted.push(Record::new(Kind::IncidentStep, &record)?);
        inner.incidents.remember_step(&record);
        if !inner.incidents.get(incident)?.is_overdue() {
            let events = alarm.map_or_else(Vec::new, |alarm| inner.machine.close_overdue(alarm, now));
            inner.uncommitted.extend(events)?;
        }
        inner.commit_all()
    }

    /// Returns an incident with everything that was recorded about it.
    ///
    /// # Errors
    /// [`Error::Incident`] if no incident has this number.
    pub fn incident(&self, incident: IncidentId) -> Result<Incident, Error> {
        Ok(self.inner.lock().incidents.get(incident)?.clone())
    }

    /// Returns all incidents, by number.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        self.inner.lock().incidents.all().cloned().collect()
    }

    /// Returns what is known of a case about the group of an alarm: see [`Opening::of_alarm`].
    ///
    /// # Errors
    /// [`Error::Incident`] if no alarm has this number; [`Error::Ledger`] if the ledger cannot be read.
    pub fn opening_of_alarm(&self, alarm: AlarmId) -> Result<Opening, Error> {
        Ok(Opening::of_alarm(alarm, &self.events()?)?)
    }

    /// Returns an escalation chain of the rules in force, for an incident that was not opened by an alarm.
    ///
    /// # Errors
    /// [`Error::Incident`] if no rule in force has a chain of this name.
    pub fn escalation_chain(&self, name: &str) -> Result<Chain, Error> {
        let inner = self.inner.lock();
        if let Some(chain) = inner.machine.chains().find(|chain| chain.name == name) {
            return Ok(chain.clone());
        }
        let known: BTreeSet<&str> = inner.machine.chains().map(|chain| chain.name.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        Err(IncidentError::NoChain { name: name.to_owned(), known }.into())
    }
}

impl Inner {
    /// Records the opening of an incident, with the next commit.
    fn record_opening(&mut self, opening: Opening, said: (&str, &str), now: Timestamp) -> Result<IncidentId, Error> {
        let opening = self.completed(opening)?;
        let opened = self.incidents.open(opening, said, now)?;
        self.uncommitted.push(Record::new(Kind::IncidentOpened, &opened)?);
        self.incidents.remember_opened(&opened);
        Ok(opened.incident)
    }

    /// An opening with every alarm that has joined its group by now, for stations that are registered, and with somebody to notify.
    fn completed(&self, mut opening: Opening) -> Result<Opening, Error> {
        match opening.group {
            Some(group) => {
                let of_group = self.machine.alarms().filter(|(_, alarm)| alarm.group == Some(group));
                opening.alarms.extend(of_group.map(|(id, _)| id));
            }
            None => opening.stations.iter().try_for_each(|station| self.check_station(station))?,
        }
        if opening.chain.steps.is_empty() {
            opening.chain = self.config.heartbeat.as_ref().map(chain_of).unwrap_or_default();
        }
        Ok(opening)
    }

    fn check_station(&self, name: &str) -> Result<(), Error> {
        if self.registry.station_named(name).is_some() {
            return Ok(());
        }
        let known = self.registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
        Err(Error::UnknownStation { name: name.to_owned(), known })
    }
}

/// The contact of system alarms as a chain of one step.
fn chain_of(Heartbeat { contact, way, .. }: &Heartbeat) -> Chain {
    let step = ChainStep { contact: contact.clone(), ways: vec![way.clone()], ..ChainStep::default() };
    Chain { name: "system alarms".to_owned(), steps: vec![step].into(), remind: None }
}
