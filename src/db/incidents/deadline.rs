//! What the clock and alarm groups do about incidents: deadlines, and cases that open by themselves.

use crate::alarm::event::Opened;
use crate::alarm::{GroupId, Overdue};
use crate::base::escape::{Line, counted};
use crate::db::core::Inner;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::Timestamp;
use crate::trace::incident::{Incident, IncidentOverdue, Opening};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What to do about an overdue incident.
const GUIDANCE: &str = "Name a suspected site or record a finding about one, or close the incident.";

impl Inner {
    /// Opens an incident for each group of open alarms that has reached the configured number of stations.
    fn open_for_groups(&mut self, now: Timestamp) -> Result<bool, Error> {
        let Some(stations_min) = self.config.incident_stations_min.filter(|_| self.has_new_alarms) else {
            return Ok(false);
        };
        let mut groups: BTreeMap<GroupId, Vec<&Arc<Opened>>> = BTreeMap::new();
        for (id, alarm) in self.machine.alarms() {
            let group = alarm.group.unwrap_or(GroupId(id.0));
            let counts = !alarm.is_history && !alarm.opened.is_overdue() && !self.incidents.has_case_of(group);
            groups.entry(group).or_default().extend(counts.then_some(&alarm.opened));
        }
        let openings = groups.into_iter().map(|(group, members)| Opening::of_group(group, &members));
        let openings: Vec<Opening> =
            openings.filter(|one| !one.alarms.is_empty() && one.stations.len() >= stations_min).collect();
        let mut is_any = false;
        for opening in openings {
            let reason = format!("alarms at {}", counted(opening.stations.len(), "station"));
            match self.record_opening(opening, ("vocdb", &reason), now) {
                // An incident that somebody opened by other means has one of the alarms.
                Err(Error::Incident(_)) => {}
                opened => is_any |= opened.map(|_| true)?,
            }
        }
        self.has_new_alarms = false;
        Ok(is_any)
    }

    /// Opens an alarm for each incident whose deadline has passed, takes the first steps of their chains and commits both: a restart neither
    /// loses nor repeats one.
    pub(in crate::db) fn watch_incidents(&mut self) -> Result<(), Error> {
        let now = self.timer_now();
        let mut is_any = self.open_for_groups(now)?;
        while let Some(incident) = self.incidents.next_overdue(now) {
            let (id, due, overdue) = (incident.id(), incident.clock.due, overdue(incident));
            let (alarm, events) = self.machine.open_overdue(overdue, now);
            self.uncommitted.extend(events)?;
            let record = IncidentOverdue { incident: id, alarm, due, at: now };
            self.incidents.remember_overdue(&record);
            self.uncommitted.push(Record::new(Kind::IncidentOverdue, &record)?);
            is_any = true;
        }
        if !is_any {
            return Ok(());
        }
        let responder = self.config.responder.clone();
        let events = self.machine.tick(now, responder.as_deref());
        self.uncommitted.extend(events)?;
        self.commit_all()
    }
}

/// The alarm of an incident.
fn overdue(incident: &Incident) -> Overdue {
    let (id, opened) = (incident.id(), &incident.opened);
    Overdue {
        scope_key: id.to_string(),
        title: format!("{id} is overdue, no site is named: {}", Line(&opened.title)),
        guidance: GUIDANCE.to_owned(),
        due: incident.clock.due,
        chain: opened.chain.clone(),
    }
}
