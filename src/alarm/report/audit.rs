//! Whether anything is forgotten: every open alarm and every undelivered notification, each with what happens next.

use crate::alarm::delivery::{DisabledEndpoint, OutboxRow, RowState};
use crate::alarm::event::{AlarmId, HeldBack, RulesStateChange};
use crate::alarm::machine::NextStep;
use crate::base::escape::Line;
use crate::model::Timestamp;
use std::fmt;

/// Every open alarm with its next step or why there is none, and every notification that is not delivered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Open alarms, by number: as many as there are.
    pub alarms: Vec<(AlarmId, NextStep)>,
    /// Notifications that are not delivered, in the order in which they were written.
    pub outbox: Vec<OutboxRow>,
    /// Messages that a flood holds back, each with the host time of the roll-up that it waits for.
    pub held: Vec<(HeldBack, Timestamp)>,
    /// Endpoints to which nothing is sent, because they have said that they are gone, in order of way and endpoint.
    pub disabled: Vec<DisabledEndpoint>,
    /// Why the rules in force do not run for every station of their scopes, if they do not.
    pub rules: Option<RulesStateChange>,
}

impl Audit {
    /// Notifications that wait for a way of which no notifier is in charge.
    pub fn stranded(&self) -> impl Iterator<Item = &OutboxRow> {
        self.outbox.iter().filter(|row| !row.has_gateway)
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rules) = &self.rules {
            writeln!(f, "{rules} (since {})", rules.at)?;
        }
        writeln!(f, "open alarms: {}", self.alarms.len())?;
        for (alarm, next) in &self.alarms {
            writeln!(f, "  {alarm} {next}")?;
        }
        writeln!(f, "undelivered: {}", self.outbox.len())?;
        for row in &self.outbox {
            let OutboxRow { notification, attempts, state, has_gateway } = row;
            let next = match state {
                _ if !has_gateway => "no gateway is connected".to_owned(),
                RowState::Waiting(at) if *attempts == 0 => format!("waits since {}", notification.created_at.max(*at)),
                RowState::Waiting(at) => format!("attempt {} at {at}", attempts + 1),
                RowState::Queued => "with the gateway".to_owned(),
                RowState::Leased(until) => format!("under way, given up at {until}"),
                RowState::Answered => "answered".to_owned(),
            };
            let (way, contact) = (Line(&notification.way), Line(&notification.contact.0));
            writeln!(f, "  {way} to {contact}, {}: {next}", notification.subject)?;
        }
        writeln!(f, "held back: {}", self.held.len())?;
        for (HeldBack { alarm, subject, party, .. }, at) in &self.held {
            writeln!(f, "  {alarm} to {}, {subject}: rolled up at {at}", Line(&party.contact.0))?;
        }
        writeln!(f, "disabled endpoints: {}", self.disabled.len())?;
        for DisabledEndpoint { way, endpoint, since, reason } in &self.disabled {
            let (way, endpoint, reason) = (Line(way), Line(endpoint), Line(reason));
            writeln!(f, "  {way} at {endpoint} since {since}: {reason}")?;
        }
        Ok(())
    }
}
