//! `vocdb incident open`.

use super::view::IncidentView;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::{ArgGroup, Args};
use std::io::Write;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::trace::incident::{Incident, Opening};
use vocdb::verdict::{Chain, Contact, Step};
use vocdb::{AlarmId, Database, Interval};

/// Open an incident, for an alarm and its group or by hand
///
/// An incident that is opened for an alarm has the alarms, stations and times of its alarm group. Its escalation chain is that of the alarm
/// that began the group. For other incidents, name a chain of the rules in force or the contacts to notify; without either, nobody is
/// notified when the deadline passes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("about").args(["alarm", "from"]).required(true))]
#[command(group = ArgGroup::new("whom").args(["chain", "notify"]))]
pub(super) struct Open {
    /// Folder of the store
    store: PathBuf,
    /// Number of an alarm of the group
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["stations", "to"])]
    alarm: Option<u64>,
    /// Title [default with --alarm: that of the alarm]
    #[arg(long, value_name = "TEXT", value_parser = values::line, required_unless_present = "alarm")]
    title: Option<String>,
    /// Station that the incident is about; repeat it for several stations
    #[arg(long = "station", value_name = "STATION")]
    stations: Vec<String>,
    /// Start of the incident: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// End of the incident, if it has ended: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Time until the deadline: 24h, 2d
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, default_value = "24h")]
    deadline: Interval,
    /// Escalation chain of the rules in force for an overdue incident
    #[arg(long, value_name = "NAME")]
    chain: Option<String>,
    /// Contact to notify of an overdue incident, with a notification channel: duty=sms; repeat it for several
    #[arg(long, value_name = "CONTACT=CHANNEL", value_parser = contact)]
    notify: Vec<Step>,
    /// Author
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason
    #[arg(long, aliases = ["comment", "why"], value_name = "TEXT", default_value = "", value_parser = values::remark)]
    reason: String,
}

/// Parses a contact and a notification channel such as `duty=sms`.
fn contact(text: &str) -> Result<Step, String> {
    let (contact, way) = text.rsplit_once('=').ok_or_else(|| "write CONTACT=CHANNEL, such as duty=sms".to_owned())?;
    let contact = Contact(values::line(contact)?);
    if !["app", "sms", "email", "phone"].contains(&way.split(':').next().unwrap_or_default()) {
        return Err("the notification channel is app, sms, email or phone".to_owned());
    }
    Ok(Step { contact, ways: vec![way.to_owned()], ..Step::default() })
}

/// Other incidents that may be the same case: open ones about a station and a time of this one, and closed ones with one of its alarms.
fn related(incident: &Incident, all: &[Incident]) -> Vec<String> {
    let (opened, id) = (&incident.opened, incident.id());
    let mut notes = Vec::new();
    for other in all.iter().filter(|other| other.id() != id) {
        let of_other = &other.opened;
        let overlaps = opened.to.is_none_or(|to| of_other.from <= to) && of_other.to.is_none_or(|to| opened.from <= to);
        let shared = opened.stations.iter().find(|station| of_other.stations.contains(station));
        if let (true, true, Some(station)) = (other.is_open(), overlaps, shared) {
            let (other, station) = (other.id(), Line(station));
            notes.push(format!(
                "{other} is open for {station} at the same time; close one of the two if they are one case"
            ));
        }
        if let (false, Some(alarm)) = (other.is_open(), other.alarms.intersection(&incident.alarms).next()) {
            let other = other.id();
            notes.push(format!(
                "alarm {alarm} also belongs to {other}, which is closed; `vocdb incident reopen` continues it"
            ));
        }
    }
    notes
}

impl Open {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        // Chains are those of rules that run.
        let db = match &self.chain {
            Some(_) => store::open_at_host_time(&self.store)?,
            None => store::open_without_rules(&self.store)?,
        };
        let opening = self.opening(&db)?;
        let id = db.open_incident(opening, &self.by, &self.reason).map_err(Failure::from_error)?;
        let incident = db.incident(id).map_err(Failure::from_error)?;
        let notes = related(&incident, &db.incidents());
        db.close().map_err(Failure::from_error)?;
        if incident.opened.chain.steps.is_empty() {
            let _ = writeln!(
                std::io::stderr().lock(),
                "warning: nobody is notified when the deadline passes; name contacts with --chain or --notify"
            );
        }
        let view = IncidentView::of(&incident);
        output.either(&view, || view.text())?;
        output.flush()?;
        notes.iter().for_each(|note| store::note(note, output.is_json()));
        Ok(())
    }

    fn opening(&self, db: &Database) -> Result<Opening, Failure> {
        let zone = self.zone.as_ref();
        let resolve = |moment: &Moment| moment.resolve(zone);
        let mut opening = match (self.alarm, &self.from) {
            (Some(alarm), _) => db.opening_of_alarm(AlarmId(alarm)).map_err(Failure::from_error)?,
            (None, from) => {
                let from = from.as_ref().map(resolve).transpose()?.unwrap_or_default();
                let to = self.to.as_ref().map(resolve).transpose()?;
                Opening { to, stations: self.stations.iter().cloned().collect(), ..Opening::new("", from) }
            }
        };
        opening.title = self.title.clone().unwrap_or(opening.title);
        opening.allowed_ms = self.deadline.as_ms();
        if let Some(name) = &self.chain {
            opening.chain = db.escalation_chain(name).map_err(Failure::from_error)?;
        }
        if !self.notify.is_empty() {
            opening.chain =
                Chain { name: "named contacts".to_owned(), steps: self.notify.clone().into(), remind: None };
        }
        Ok(opening)
    }
}
