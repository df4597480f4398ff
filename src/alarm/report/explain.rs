//! One alarm explained: why it opened, what became of it, who was told when.

use crate::alarm::event::{AlarmEvent, AlarmId, AlarmKey, DeliveryResult, Notification, Opened, Subject, Timing};
use crate::base::escape::Line;
use crate::model::{Timestamp, Unit};
use crate::verdict::{Contact, Priority, TermValue, Truth};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that happened to an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Event time for what was measured, host time for what people did.
    pub at: Timestamp,
    /// What, in a sentence.
    pub what: String,
}

/// One message about the alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub contact: String,
    /// Over which way.
    pub way: String,
    /// About what.
    pub subject: Subject,
    /// Number of the reminder; 0 for what is said the first time.
    pub repeat: u32,
    /// How often the latched alarm had tripped again when it was written.
    pub retrips: u32,
    /// Host time at which it was written.
    pub written_at: Timestamp,
    /// Every attempt: host time and how it went.
    pub attempts: Vec<(Timestamp, String)>,
}

/// Everything about one alarm, from the ledger's events alone.
///
/// `Display` gives it as text for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Why it opened: rule set, file and line, values, coverage, flags, watermark.
    pub opened: Opened,
    /// Priority that it has now; of a closed alarm the last one.
    pub priority: Priority,
    /// Everything that happened to it, in the order of the ledger. Membership and suppression of its rule and scope while it was
    /// open are among it.
    pub transitions: Vec<Transition>,
    /// Who was told, in the order in which the messages were written; among them the roll-ups that told of it, where a flood held messages
    /// back.
    pub told: Vec<Told>,
    /// Whether it is open still.
    pub is_open: bool,
}

impl Explanation {
    /// Explains an alarm; `None` where no such alarm ever opened.
    #[must_use]
    pub fn of(events: &[AlarmEvent], alarm: AlarmId) -> Option<Self> {
        let begin =
            events.iter().position(|event| matches!(event, AlarmEvent::Opened(opened) if opened.alarm == alarm))?;
        let Some(AlarmEvent::Opened(opened)) = events.get(begin) else { return None };
        let (opened, priority) = ((**opened).clone(), opened.priority);
        let mut explanation = Self { opened, priority, transitions: Vec::new(), told: Vec::new(), is_open: true };
        let mut rows = Rows { alarm, ..Rows::default() };
        for event in events.iter().skip(begin) {
            explanation.take(event, &mut rows);
        }
        Some(explanation)
    }

    fn take<'e>(&mut self, event: &'e AlarmEvent, rows: &mut Rows<'e>) {
        let alarm = rows.alarm;
        match event {
            AlarmEvent::Notification(row) | AlarmEvent::Rerouted(row) if rows.tells(row) => {
                rows.places.insert(&row.id, self.told.len());
                self.told.push(Told::of(row));
            }
            AlarmEvent::Delivery(delivery) => {
                let place = rows.places.get(delivery.notification.as_str());
                if let Some(told) = place.and_then(|place| self.told.get_mut(*place)) {
                    told.attempts.push((delivery.at, outcome(&delivery.result)));
                }
            }
            AlarmEvent::HeldBack(held) if held.alarm == alarm => {
                rows.held.insert(&held.party.contact);
                self.note(event);
            }
            AlarmEvent::MembershipChanged(change) if self.is_open && self.is_of(&change.rule, &change.scope_key) => {
                self.note(event);
            }
            AlarmEvent::Amended(amendment) if amendment.alarms().any(|one| one == alarm) => self.note(event),
            event if event.alarm() == Some(alarm) => self.note(event),
            _ => {}
        }
        match event {
            AlarmEvent::Closed(closed) if closed.alarm == alarm => self.is_open = false,
            AlarmEvent::PriorityChanged(change) if change.alarm == alarm => self.priority = change.to,
            _ => {}
        }
    }

    fn is_of(&self, rule: &str, scope_key: &str) -> bool {
        self.opened.rule == rule && self.opened.scope_key == scope_key
    }

    fn note(&mut self, event: &AlarmEvent) {
        self.transitions.extend(event.sentence().map(|(at, what)| Transition { at, what }));
    }
}

/// The rows of the outbox that tell of one alarm, as they come about.
#[derive(Default)]
struct Rows<'e> {
    alarm: AlarmId,
    /// Places in [`Explanation::told`], by the id of the notification.
    places: BTreeMap<&'e str, usize>,
    /// Contacts whose next roll-up tells of it.
    held: BTreeSet<&'e Contact>,
    /// Contacts and numbers of the roll-ups that do.
    rolled_up: BTreeSet<(&'e Contact, u64)>,
}

impl<'e> Rows<'e> {
    /// Whether a row tells of the alarm: on its own, or among others in a roll-up.
    fn tells(&mut self, row: &'e Notification) -> bool {
        let Subject::RollUp(number) = row.subject else { return row.alarm == Some(self.alarm) };
        if self.held.remove(&row.contact) {
            self.rolled_up.insert((&row.contact, number));
        }
        self.rolled_up.contains(&(&row.contact, number))
    }
}

impl Told {
    fn of(row: &Notification) -> Self {
        Self {
            contact: row.contact.0.clone(),
            way: row.way.clone(),
            subject: row.subject,
            repeat: row.repeat,
            retrips: row.retrips,
            written_at: row.created_at,
            attempts: Vec::new(),
        }
    }
}

fn outcome(result: &DeliveryResult) -> String {
    match result {
        DeliveryResult::Delivered => "delivered".to_owned(),
        DeliveryResult::Retry { at, reason } => format!("failed ({}); again at {at}", Line(reason)),
        DeliveryResult::Refused { reason } => format!("refused: {}", Line(reason)),
        DeliveryResult::Superseded { .. } => "not sent: a later message took its place".to_owned(),
    }
}

/// The verdict about one station, in words.
const fn verdict(trip: Truth) -> &'static str {
    match trip {
        Truth::True => "the condition holds",
        Truth::False => "the condition does not hold",
        Truth::Unknown => "the condition is unknown",
    }
}

/// A value with its unit; a number without one has the unit `1`.
fn measured(value: Option<f64>, unit: &str) -> String {
    match value {
        None => "no value".to_owned(),
        Some(value) if unit.is_empty() || unit == Unit::One.symbol() => value.to_string(),
        Some(value) => format!("{value} {unit}"),
    }
}

/// What labels of terms begin with that no sample decides.
const CLOCK: &str = "within_hours(";

/// The value of a term; `yes` or `no` for one that is true or false.
fn of_term(term: &TermValue) -> String {
    let is_question = ["flag(", "silent(", "stuck(", CLOCK].iter().any(|name| term.label.starts_with(name));
    match term.value {
        Some(value) if is_question => if value == 0.0 { "no" } else { "yes" }.to_owned(),
        value => measured(value, &term.unit),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opened = &self.opened;
        let state = if self.is_open { "open" } else { "closed" };
        writeln!(f, "alarm {} ({state}): {}", opened.alarm, Line(&opened.title))?;
        let key = AlarmKey::new(opened.rule.as_str(), opened.scope_key.as_str());
        let first =
            if self.priority == opened.priority { String::new() } else { format!(" (opened {})", opened.priority) };
        writeln!(f, "  rule {key}, {}{first}, {}", self.priority, opened.place)?;
        writeln!(f, "  rule set {}", opened.rule_set)?;
        for line in opened.guidance.lines() {
            writeln!(f, "  to do: {}", Line(line))?;
        }
        match opened.timing {
            Timing::OnTime => {}
            Timing::Late => writeln!(f, "  late: holds since {}, recorded {}", opened.since, opened.recorded_at)?,
            Timing::History | Timing::Backfill => {
                let (since, recorded_at) = (opened.since, opened.recorded_at);
                writeln!(
                    f,
                    "  history: held since {since}, recorded {recorded_at}; nobody is notified unless it becomes current"
                )?;
            }
        }
        writeln!(f, "why")?;
        if let Some(fault) = &opened.fault {
            writeln!(f, "  the closure of rule `{}` has no answer: {}", Line(&opened.rule), Line(fault))?;
        }
        for evidence in &opened.evidence {
            let value = measured(evidence.value, &opened.unit);
            writeln!(f, "  {}: {value}, {}", Line(&evidence.station), verdict(evidence.trip))?;
            for term in &evidence.terms {
                let value = of_term(term);
                let flags: Vec<String> = term.flags.iter().map(ToString::to_string).collect();
                let flagged = if flags.is_empty() { String::new() } else { format!(", flagged: {}", flags.join(", ")) };
                let (label, share) = (Line(&term.label), 100.0 * term.coverage);
                let covered = if [CLOCK, "exceedances("].iter().any(|name| term.label.starts_with(name)) {
                    String::new()
                } else {
                    format!(", {share:.0} % of the samples")
                };
                writeln!(f, "    {label} = {value}{covered}{flagged}")?;
            }
        }
        if let Some(watermark) = opened.watermark {
            writeln!(f, "  readings complete up to {watermark}")?;
        }
        writeln!(f, "history")?;
        for transition in &self.transitions {
            writeln!(f, "  {} {}", transition.at, Line(&transition.what))?;
        }
        writeln!(f, "{}", if self.told.is_empty() { "nobody was notified" } else { "notifications" })?;
        for told in &self.told {
            let mut again = if told.repeat > 0 { format!(", reminder {}", told.repeat) } else { String::new() };
            if told.retrips > 0 {
                again.push_str(", tripped again");
            }
            let (contact, way) = (Line(&told.contact), Line(&told.way));
            writeln!(f, "  {} {contact} over {way} ({}{again})", told.written_at, told.subject)?;
            if told.attempts.is_empty() {
                writeln!(f, "    queued, not sent yet")?;
            }
            for (at, how) in &told.attempts {
                writeln!(f, "    {at} {}", Line(how))?;
            }
        }
        Ok(())
    }
}
