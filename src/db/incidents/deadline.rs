//! The deadlines of incidents.

use crate::alarm::Overdue;
use crate::base::escape::Line;
use crate::db::core::Inner;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::trace::incident::{Incident, IncidentOverdue};

/// What to do about an overdue incident.
const GUIDANCE: &str = "Name a suspected site or record a finding about one, or close the incident.";

impl Inner {
    /// Opens an alarm for each incident whose deadline has passed, takes the first steps of their chains and commits both: a restart neither
    /// loses nor repeats one.
    pub(in crate::db) fn watch_incidents(&mut self) -> Result<(), Error> {
        let now = self.timer_now();
        let mut is_any = false;
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
