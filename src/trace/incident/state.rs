//! The state of every case, folded from the ledger.

use super::check::{check_opening, check_said, check_step};
use super::error::IncidentError;
use super::opening::Opening;
use super::record::{
    Finding, IncidentId, IncidentOpened, IncidentOverdue, IncidentStep, Outcome, Rectification, Step, Suspect,
};
use crate::alarm::event::{AlarmEvent, AlarmId, GroupId};
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Something that was recorded, with its author.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Noted<T> {
    /// Content of the record.
    pub what: T,
    /// Author.
    pub by: String,
    /// Comment; may be empty.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// The clock of a case. It stops when the case is located or closed, and starts again when the case is reopened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// Host time of the deadline. If the host's clock is set while this clock runs, the deadline moves with it.
    pub due: Timestamp,
    /// Host time at which the clock stopped.
    pub stopped_at: Option<Timestamp>,
    /// Alarm that opened because the deadline has passed.
    pub alarm: Option<AlarmId>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// Record of the opening.
    pub opened: IncidentOpened,
    /// Alarms of the case, by number: those at the opening, those that joined the group while the case was open, and those that were added.
    pub alarms: BTreeSet<AlarmId>,
    /// Clock of the case.
    pub clock: Clock,
    /// Host time at which a site was first named, by a suspicion or a finding.
    pub located_at: Option<Timestamp>,
    /// Suspected sites, in the order in which they were named first.
    pub suspects: Vec<Noted<Suspect>>,
    /// Findings, oldest first.
    pub findings: Vec<Noted<Finding>>,
    /// Rectifications, oldest first.
    pub rectifications: Vec<Noted<Rectification>>,
    /// Outcome; `None` while the case is open.
    pub outcome: Option<Noted<Outcome>>,
    /// Every step, in the order of the ledger.
    pub steps: Vec<IncidentStep>,
    /// Every deadline that has passed, oldest first.
    pub overdue: Vec<IncidentOverdue>,
}

impl Incident {
    /// Returns its number.
    #[must_use]
    pub const fn id(&self) -> IncidentId {
        self.opened.incident
    }

    /// Returns whether the case is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// Returns whether the deadline has passed without a named site, and the case is neither located nor closed since.
    #[must_use]
    pub const fn is_overdue(&self) -> bool {
        self.clock.alarm.is_some() && self.clock.stopped_at.is_none()
    }

    /// Returns the state in one word: `open`, `located`, `overdue` or `closed`.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.is_open(), self.clock.stopped_at.is_some(), self.clock.alarm.is_some()) {
            (false, ..) => "closed",
            (true, true, _) => "located",
            (true, false, true) => "overdue",
            (true, false, false) => "open",
        }
    }

    fn new(opened: &IncidentOpened) -> Self {
        Self {
            alarms: opened.alarms.iter().copied().collect(),
            clock: Clock { due: opened.due, stopped_at: None, alarm: None },
            opened: opened.clone(),
            located_at: None,
            suspects: Vec::new(),
            findings: Vec::new(),
            rectifications: Vec::new(),
            outcome: None,
            steps: Vec::new(),
            overdue: Vec::new(),
        }
    }

    fn take(&mut self, record: &IncidentStep) {
        let IncidentStep { step, at, .. } = record;
        match step {
            Step::Suspected(suspect) => {
                let noted = noted(suspect, record);
                match self.suspects.iter_mut().find(|before| before.what.site == suspect.site) {
                    Some(before) => *before = noted,
                    None => self.suspects.push(noted),
                }
                self.locate(*at);
            }
            Step::Found(finding) => {
                self.findings.push(noted(finding, record));
                if finding.site.is_some() {
                    self.locate(*at);
                }
            }
            Step::Rectified(rectification) => self.rectifications.push(noted(rectification, record)),
            Step::Closed(outcome) => {
                self.outcome = Some(noted(outcome, record));
                self.clock.stopped_at.get_or_insert(*at);
            }
            Step::Reopened { allowed_ms } => {
                self.outcome = None;
                self.clock = Clock { due: at.plus_ms(*allowed_ms), stopped_at: None, alarm: None };
            }
            Step::AlarmAdded { alarm } => {
                self.alarms.insert(*alarm);
            }
            Step::Commented => {}
        }
        self.steps.push(record.clone());
    }

    fn locate(&mut self, at: Timestamp) {
        self.located_at.get_or_insert(at);
        self.clock.stopped_at.get_or_insert(at);
    }
}

fn noted<T: Clone>(what: &T, record: &IncidentStep) -> Noted<T> {
    Noted { what: what.clone(), by: record.by.clone(), comment: record.comment.clone(), at: record.at }
}

/// All cases of one store. Pure: time is an argument, and equal records in equal order give equal states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Incidents {
    all: BTreeMap<IncidentId, Incident>,
    /// Deadlines of clocks that run, and have raised no alarm.
    running: BTreeSet<(Timestamp, IncidentId)>,
    /// The newest case of each alarm group.
    by_group: BTreeMap<GroupId, IncidentId>,
}

impl Incidents {
    /// Returns the cases, by number.
    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.all.values()
    }

    /// Returns a case.
    ///
    /// # Errors
    /// [`IncidentError::Unknown`] if no case has this number.
    pub fn get(&self, incident: IncidentId) -> Result<&Incident, IncidentError> {
        self.all.get(&incident).ok_or(IncidentError::Unknown(incident))
    }

    /// Returns whether a case about an alarm group was ever opened.
    #[must_use]
    pub fn has_case_of(&self, group: GroupId) -> bool {
        self.by_group.contains_key(&group)
    }

    /// Returns the case whose deadline passed first, by `now`, and for which no alarm has opened.
    #[must_use]
    pub fn next_overdue(&self, now: Timestamp) -> Option<&Incident> {
        let (due, incident) = self.running.first()?;
        self.all.get(incident).filter(|_| *due <= now)
    }

    /// Checks an opening and makes its record, which changes nothing before [`Incidents::remember_opened`].
    ///
    /// # Errors
    /// [`IncidentError::Words`] and [`IncidentError::Wrong`] for text, times and numbers that make no sense;
    /// [`IncidentError::AlarmTaken`] if an open case has one of the alarms.
    pub fn open(
        &self,
        opening: Opening,
        (by, reason): (&str, &str),
        at: Timestamp,
    ) -> Result<IncidentOpened, IncidentError> {
        check_said((by, reason))?;
        check_opening(&opening)?;
        let Opening { title, group, alarms, stations, from, to, allowed_ms, chain } = opening;
        self.check_free(&alarms)?;
        let last = self.all.last_key_value().map_or(0, |(last, _)| last.0);
        Ok(IncidentOpened {
            incident: IncidentId(last + 1),
            title,
            group,
            alarms: alarms.into_iter().collect(),
            stations: stations.into_iter().collect(),
            from,
            to,
            due: at.plus_ms(allowed_ms),
            allowed_ms,
            chain,
            by: by.to_owned(),
            reason: reason.to_owned(),
            at,
        })
    }

    /// Returns an error if an open case has one of the alarms.
    fn check_free(&self, alarms: &BTreeSet<AlarmId>) -> Result<(), IncidentError> {
        let open = self.all.values().filter(|incident| incident.is_open());
        let taken = open.filter_map(|open| Some((open.id(), *open.alarms.intersection(alarms).next()?)));
        let taken = taken.min().map(|(incident, alarm)| IncidentError::AlarmTaken { alarm, incident });
        taken.map_or(Ok(()), Err)
    }

    /// Checks a step and makes its record, which changes nothing before [`Incidents::remember_step`].
    ///
    /// # Errors
    /// [`IncidentError::Unknown`]; [`IncidentError::Closed`] for a step other than a comment or a reopening in a closed case;
    /// [`IncidentError::Open`] for the reopening of an open one; [`IncidentError::AlarmTaken`] for an alarm that an open case has;
    /// [`IncidentError::Words`] and [`IncidentError::Wrong`] for text and numbers
    /// that make no sense.
    pub fn step(
        &self,
        incident: IncidentId,
        step: Step,
        (by, comment): (&str, &str),
        at: Timestamp,
    ) -> Result<IncidentStep, IncidentError> {
        let known = self.get(incident)?;
        check_said((by, comment))?;
        check_step(&step)?;
        match (&known.outcome, &step) {
            (None, Step::Reopened { .. }) => return Err(IncidentError::Open(incident)),
            (Some(_), Step::Reopened { .. } | Step::Commented) | (None, _) => {}
            (Some(closed), _) => {
                let (closed_at, outcome) = (closed.at, closed.what.name());
                return Err(IncidentError::Closed { incident, closed_at, outcome });
            }
        }
        if let Step::AlarmAdded { alarm } = &step {
            self.check_free(&BTreeSet::from([*alarm]))?;
        }
        let is_empty = comment.trim().is_empty();
        if is_empty && matches!(step, Step::Reopened { .. } | Step::Commented) {
            let (what, problem) = ("the comment", "is empty: write a reason");
            return Err(IncidentError::Wrong { what, problem });
        }
        Ok(IncidentStep { incident, step, by: by.to_owned(), comment: comment.to_owned(), at })
    }

    /// Takes in what a record of the ledger says of cases; other records change nothing.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for a body that does not match its kind.
    pub fn remember(&mut self, record: &Record, index: u64) -> Result<(), LedgerError> {
        match record.kind() {
            Kind::IncidentOpened => self.remember_opened(&record.body(index)?),
            Kind::IncidentStep => self.remember_step(&record.body(index)?),
            Kind::IncidentOverdue => self.remember_overdue(&record.body(index)?),
            Kind::IncidentJoined | Kind::SystemCondition => {
                AlarmEvent::from_record(record, index)?.iter().for_each(|event| self.remember_event(event));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes in the opening of a case.
    pub fn remember_opened(&mut self, opened: &IncidentOpened) {
        let incident = Incident::new(opened);
        self.running.insert((incident.clock.due, opened.incident));
        self.by_group.extend(opened.group.map(|group| (group, opened.incident)));
        self.all.insert(opened.incident, incident);
    }

    /// Takes in a step.
    pub fn remember_step(&mut self, step: &IncidentStep) {
        let Some(incident) = self.all.get_mut(&step.incident) else { return };
        self.running.remove(&(incident.clock.due, step.incident));
        incident.take(step);
        let Clock { due, stopped_at, alarm } = incident.clock;
        if stopped_at.is_none() && alarm.is_none() {
            self.running.insert((due, step.incident));
        }
    }

    /// Takes in that the deadline of a case has passed.
    pub fn remember_overdue(&mut self, overdue: &IncidentOverdue) {
        let Some(incident) = self.all.get_mut(&overdue.incident) else { return };
        self.running.remove(&(incident.clock.due, overdue.incident));
        incident.clock.alarm = Some(overdue.alarm);
        incident.overdue.push(overdue.clone());
    }

    /// Takes in what an alarm event changes: an alarm that joins the group of an open case belongs to the case, and a host clock that was set
    /// moves the deadlines of running clocks.
    pub fn remember_event(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Joined(joined) => {
                let incident = self.by_group.get(&joined.group).and_then(|incident| self.all.get_mut(incident));
                if let Some(incident) = incident.filter(|incident| incident.is_open()) {
                    incident.alarms.insert(joined.alarm);
                }
            }
            AlarmEvent::SystemConditionChanged(condition) if condition.clock_set_by_ms != 0 => {
                for (due, incident) in std::mem::take(&mut self.running) {
                    let due = due.plus_ms(condition.clock_set_by_ms);
                    self.all.entry(incident).and_modify(|incident| incident.clock.due = due);
                    self.running.insert((due, incident));
                }
            }
            _ => {}
        }
    }
}
