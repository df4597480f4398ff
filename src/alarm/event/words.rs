//! Events in a sentence each, for timelines and explanations.

use super::any::AlarmEvent;
use super::condition::{Carry, Cause, Knowledge, LatchChange, Opened, PriorityChange, Timing};
use super::maintenance::{MaintenanceStep, MaintenanceWindow};
use super::operator::{Operated, OperatorAction, Shelving, ShelvingEnd};
use super::system::SystemCondition;
use super::telling::LATE_MS;
use crate::base::escape::Line;
use crate::model::Timestamp;

impl AlarmEvent {
    /// When and what, in one line: event time for what was measured, host time for what people did. Control and invisible characters in
    /// the text of operators and gateways are escaped. `None` for the rows of the outbox and what became of them.
    #[must_use]
    pub fn sentence(&self) -> Option<(Timestamp, String)> {
        self.words().map(|(at, what)| (at, Line(what).to_string()))
    }

    fn words(&self) -> Option<(Timestamp, String)> {
        Some(match self {
            Self::Opened(opened) => (opened.opened_at, opening(opened)),
            Self::BecameCurrent(one) => {
                (one.at, format!("became current: its condition holds now; late, recorded {}", one.recorded_at))
            }
            Self::Closed(closed) => (closed.closed_at, format!("closed: {}", closed.reason.words())),
            Self::BecameUnknown(gap) => (gap.at, unknown(gap)),
            Self::BecameKnown(gap) => (gap.at, "condition known again".to_owned()),
            Self::MembershipChanged(change) => (change.at, membership(&change.left, &change.returned)),
            Self::SuppressionChanged(change) => {
                let none = || "no longer suppressed".to_owned();
                (change.at, change.by.as_ref().map_or_else(none, |by| format!("suppressed by {by}")))
            }
            Self::LatchChanged(change) => (change.at, latch(change)),
            Self::PriorityChanged(change) => (change.at, priority(change)),
            Self::Carried(carried) => {
                let how = match carried.carry {
                    Carry::Unchanged => "the rule is the same",
                    Carry::Renewed => "the rule looks at the same, with other times, texts or people",
                    Carry::Reevaluated => "the rule looks at something else; holds begin anew",
                };
                (carried.at, format!("went over into a new rule set: {how}"))
            }
            Self::Amended(amendment) => {
                (amendment.recorded_at, format!("late or changed readings: {}", amendment.words()))
            }
            Self::Joined(joined) => {
                let why = match &joined.cause {
                    Cause::SameRule => "the same rule".to_owned(),
                    Cause::SharedChannel(channel) => format!("both look at {channel}"),
                };
                (joined.at, format!("joined {}: {why}", joined.group))
            }
            Self::Escalated(step) => {
                let whom: Vec<&str> = step.parties.iter().map(|party| party.contact.0.as_str()).collect();
                let roster =
                    if whom == [step.contact.0.as_str()] { String::new() } else { format!(" ({})", whom.join(", ")) };
                let (ways, late) = (step.ways.join(", "), late(step.due, step.at));
                (step.at, format!("step {}: {}{roster} over {ways}{late}", step.step + 1, step.contact.0))
            }
            Self::Reminded(reminder) => {
                (reminder.at, format!("reminder {}{}", reminder.repeat, late(reminder.due, reminder.at)))
            }
            Self::HeldBack(held) => (held.at, format!("held back for {}'s next roll-up", held.party.contact.0)),
            Self::FloodChanged(flood) => {
                let change = if flood.is_on { "began" } else { "ended" };
                (flood.at, format!("a flood of alarms to {} {change}", flood.contact.0))
            }
            Self::SystemAlarm(system) => {
                let next = system
                    .next_way
                    .as_ref()
                    .map_or("no other channel is left".to_owned(), |way| format!("trying {way}"));
                let what = format!("{} does not reach {}: {}; {next}", system.way, system.contact.0, system.reason);
                (system.at, what)
            }
            Self::EndpointChanged(change) => {
                let how = if change.is_disabled { "disabled" } else { "tried again" };
                (change.at, format!("{} at {} is {how}: {}", change.way, change.endpoint, change.reason))
            }
            Self::SystemConditionChanged(condition) => (condition.at, system(condition)),
            _ => return self.deed(),
        })
    }

    /// What people did, and what followed from that by itself.
    fn deed(&self) -> Option<(Timestamp, String)> {
        Some(match self {
            Self::Acknowledged(by) => {
                let until = by.expires_at.map_or_else(String::new, |until| format!(" until {until}"));
                let of = if by.needed > 1 { format!(" ({} people must)", by.needed) } else { String::new() };
                (by.at, format!("acknowledged by {}{until}{of}{}", by.by, after_colon(&by.comment)))
            }
            Self::AcknowledgementExpired(expired) => {
                let late = late(expired.due, expired.at);
                (expired.at, format!("the acknowledgement by {} has expired{late}", expired.by))
            }
            Self::Operated(operated) => (operated.at, operation(operated)),
            Self::ShelvingEnded(ended) => {
                let why = match ended.end {
                    ShelvingEnd::TimeOver => "its time is over",
                    ShelvingEnd::BackToNormal => "the alarm has cleared",
                };
                (ended.at, format!("no longer shelved: {why}"))
            }
            Self::MaintenancePlanned(planned) => {
                let MaintenanceWindow { stations, from, to, .. } = &planned.window;
                let what = format!("maintenance {} of `{stations}` from {from} to {to}", planned.number);
                (planned.at, format!("{what} planned by {}{}", planned.by, after_colon(&planned.reason)))
            }
            Self::MaintenanceChanged(changed) => {
                let how = match &changed.step {
                    MaintenanceStep::Begun(_) => "began".to_owned(),
                    MaintenanceStep::Ended(_) => "ended".to_owned(),
                    MaintenanceStep::Over => "does not recur any more".to_owned(),
                    MaintenanceStep::Cancelled { by, comment } => {
                        format!("was cancelled by {by}{}", after_colon(comment))
                    }
                };
                (changed.at, format!("maintenance {} {how}{}", changed.number, late(changed.due, changed.at)))
            }
            Self::RulesStateChanged(change) => (change.at, change.to_string()),
            _ => return None,
        })
    }
}

/// A comment behind a colon; nothing if there is none.
fn after_colon(comment: &str) -> String {
    if comment.trim().is_empty() { String::new() } else { format!(": {comment}") }
}

fn timing(timing: Timing, recorded_at: Timestamp) -> String {
    match timing {
        Timing::OnTime => String::new(),
        Timing::Late => format!("; late, recorded {recorded_at}"),
        Timing::History | Timing::Backfill => format!("; history, recorded {recorded_at}, nobody is notified"),
    }
}

fn system(condition: &SystemCondition) -> String {
    let change = if condition.is_raised { "raised" } else { "cleared" };
    format!("system alarm {change} ({}): {}", condition.kind, condition.text)
}

fn late(due: Timestamp, at: Timestamp) -> String {
    let late_ms = at.since_ms(due);
    if late_ms >= LATE_MS { format!(", {} s late", late_ms / 1_000) } else { String::new() }
}

fn opening(opened: &Opened) -> String {
    format!("opened: {} (since {}){}", opened.title, opened.since, timing(opened.timing, opened.recorded_at))
}

fn latch(change: &LatchChange) -> String {
    let what = match (change.is_clear, change.begins_anew) {
        (true, _) => "cleared, and latched until somebody resets it",
        (_, true) => "tripped again while latched: an acknowledgement counts no longer, the chain begins anew",
        _ => "tripped again while latched",
    };
    format!("{what}{}", timing(change.timing, change.recorded_at))
}

fn priority(change: &PriorityChange) -> String {
    let PriorityChange { from, to, condition, .. } = change;
    let what = match (change.is_rise(), condition.is_empty()) {
        (true, true) => format!("priority raised from {from} to {to}"),
        (true, false) => format!("priority raised from {from} to {to}: {condition}"),
        (false, true) => format!("priority fell from {from} to {to}"),
        (false, false) => format!("priority fell from {from} to {to}: no longer {condition}"),
    };
    format!("{what}{}", timing(change.timing, change.recorded_at))
}

fn unknown(gap: &Knowledge) -> String {
    let fault = gap
        .fault
        .as_ref()
        .map_or_else(String::new, |fault| format!("; the closure of rule `{}` has no answer: {fault}", gap.rule));
    format!("condition unknown: no verdict since {}{fault}", gap.since)
}

fn membership(left: &[String], returned: &[String]) -> String {
    let part = |names: &[String], what: &str| (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")));
    let parts: Vec<String> =
        [part(left, "no longer counted"), part(returned, "counted again")].into_iter().flatten().collect();
    parts.join("; ")
}

fn operation(operated: &Operated) -> String {
    let what = match &operated.action {
        OperatorAction::Unacknowledge => "acknowledgement taken back".to_owned(),
        OperatorAction::Comment => "comment".to_owned(),
        OperatorAction::ResetLatch => "latch reset".to_owned(),
        OperatorAction::HandOver { to } => format!("handed over to {to}"),
        OperatorAction::Shelve(Shelving::Until(until)) => format!("shelved until {until}"),
        OperatorAction::Shelve(Shelving::UntilNormal) => "shelved until normal".to_owned(),
        OperatorAction::Unshelve => "taken off the shelf".to_owned(),
        OperatorAction::TakeOutOfService => "taken out of service".to_owned(),
        OperatorAction::ReturnToService => "put back into service".to_owned(),
        OperatorAction::SwitchRulesOff => "all rules switched off".to_owned(),
    };
    format!("{what} by {}{}", operated.by, after_colon(&operated.comment))
}
