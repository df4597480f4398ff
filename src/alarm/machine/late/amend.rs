//! What late readings would have changed: compared with the record, and put beside it.

use super::super::Machine;
use super::super::tell::{identified, remaining};
use super::Trial;
use crate::alarm::event::{ActiveSpan, AlarmEvent, Amendment, CloseReason, Notification, Subject};
use crate::alarm::roster;
use crate::alarm::state::Past;
use crate::base::escape::Line;
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, LatePolicy};
use std::sync::Arc;

impl Machine {
    /// A rule over its scope, as it stood just before an instant of the past, as far as it has been in force since `begun` and has evaluated up
    /// to `evaluated`. `None` where that is not known any more.
    #[must_use]
    pub fn trial(&self, spec: usize, (instant, begun): (Timestamp, Timestamp), evaluated: Timestamp) -> Option<Trial> {
        let (spec, running) = (self.specs.get(spec)?, self.states.get(spec));
        let amended = self.past_of(spec).map(|past| &past.amended);
        if amended.is_some_and(|amended| !amended.are_known_from(instant)) {
            return None;
        }
        let mut trial = Trial::new((**spec).clone(), self.rule_set, (begun, evaluated));
        let standing = self.standing(spec, (instant, begun));
        let is_active = standing.is_some();
        trial.stand(standing);
        if let Some(running) = running.filter(|running| is_active && running.is_active()) {
            trial.hold_steps(running.steps.holding());
        }
        Some(trial)
    }

    /// Lets a rule on trial stand as it is known to have stood just before an instant, whatever it made of the time before: what was under
    /// way when that began is not known to it.
    pub fn stand(&self, spec: usize, trial: &mut Trial, before: (Timestamp, Timestamp)) {
        let standing = self.specs.get(spec).and_then(|spec| self.standing(spec, before));
        trial.stand(standing);
    }

    /// The time in which a rule was active just before an instant, as amended. What was only supposed of rules before `begun` does not count.
    fn standing(&self, spec: &AlarmSpec, (instant, begun): (Timestamp, Timestamp)) -> Option<ActiveSpan> {
        let standing = self.past_of(spec)?.amended.at(instant.plus_ms(-1));
        standing.filter(|span| span.alarm.is_some() || span.begin >= begun)
    }

    /// Whether a rule on trial stands at an instant as it is on record, with nothing under way, and no amendment says otherwise of the time
    /// from there on: the verdicts that it rests on are not those of the record. `behind` is the first instant that late readings do not
    /// reach.
    #[must_use]
    pub fn agrees(&self, spec: usize, trial: &Trial, (behind, instant): (Timestamp, Timestamp)) -> bool {
        let past = self.specs.get(spec).and_then(|spec| self.past_of(spec));
        past.is_none_or(|past| past.is_as_recorded_from(instant))
            && trial.standing((behind, instant)) == Some(past.is_some_and(|past| past.recorded.at(instant).is_some()))
    }

    /// Whether a rule on trial stands just as it does now.
    #[must_use]
    pub fn is_like(&self, spec: usize, trial: &Trial) -> bool {
        self.states.get(spec).is_none_or(|running| trial.is_like(running))
    }

    /// Compares a trial with the record, between two instants that are both included. What differs is recorded as an amendment. Where the rule
    /// says so, an alarm that lies wholly in the past and of which nobody knows notifies those of its first step.
    pub fn amend(
        &mut self,
        spec: usize,
        trial: &Trial,
        (from, to): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Vec<AlarmEvent> {
        let Some(spec) = self.specs.get(spec).map(Arc::clone) else { return Vec::new() };
        let mut recorded = self.past_of(&spec).map_or_else(Vec::new, |past| past.amended.within(from, to));
        recorded.retain(|span| span.alarm.is_some() || span.begin >= trial.begun);
        let mut would_be = trial.spans.clone();
        give_numbers(&mut would_be, &recorded);
        if would_be == recorded {
            return Vec::new();
        }
        let mut amendment = Amendment {
            number: self.amendments + 1,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            from,
            to,
            recorded,
            would_be,
            title: String::new(),
            evidence: Vec::new(),
            recorded_at: now,
            rule_set: self.rule_set.hash,
            place: spec.place.clone(),
        };
        let missed: Vec<Timestamp> = amendment.missed().map(|span| span.begin).collect();
        if let Some((_, title, evidence)) = trial.openings.iter().find(|(at, ..)| missed.contains(at)) {
            (amendment.title, amendment.evidence) = (title.clone(), evidence.clone());
        }
        let past = amendment.missed().filter(|span| !(trial.opens && span.end.is_none())).count();
        let mut events = Vec::new();
        let (number, text) =
            (amendment.number, format!("late readings: {}: {}", amendment.words(), Line(&amendment.title)));
        self.emit(AlarmEvent::Amended(Box::new(amendment)), &mut events);
        let is_silent = self.is_silent(&spec.rule, &spec.scope_key);
        if spec.on_late == LatePolicy::Tell && past > 0 && !is_silent && !self.takes_history() {
            self.tell_late(&spec, number, &text, (now, &mut events));
        }
        events
    }

    fn tell_late(
        &mut self,
        spec: &AlarmSpec,
        number: u64,
        text: &str,
        (now, events): (Timestamp, &mut Vec<AlarmEvent>),
    ) {
        let first = spec.chain.steps.first().map(|step| step.after_ms);
        let subject = Subject::Late(number);
        for step in spec.chain.steps.iter().filter(|step| Some(step.after_ms) == first) {
            for party in roster::parties(step, now) {
                for way in &step.ways {
                    let notification = Notification {
                        id: String::new(),
                        alarm: None,
                        subject,
                        repeat: 0,
                        priority: spec.priority,
                        contact: party.contact.clone(),
                        way: way.clone(),
                        fallback: remaining(&party.fallback, &step.ways),
                        text: text.to_owned(),
                        created_at: now,
                        guidance: spec.guidance.clone(),
                        retrips: 0,
                    };
                    self.emit(AlarmEvent::Notification(identified(notification)), events);
                }
            }
        }
    }

    fn past_of(&self, spec: &AlarmSpec) -> Option<&Past> {
        self.pasts.get(&spec.rule)?.get(&spec.scope_key)
    }

    /// Remembers when conditions were active.
    pub(in super::super) fn remember_active(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) if !opened.is_overdue() => {
                let at = opened.found_at.unwrap_or(opened.opened_at);
                self.past_mut(&opened.rule, &opened.scope_key).begin(opened.alarm, at);
            }
            AlarmEvent::LatchChanged(change) if change.is_clear => {
                self.past_mut(&change.rule, &change.scope_key).end(change.at);
            }
            AlarmEvent::LatchChanged(change) => {
                self.past_mut(&change.rule, &change.scope_key).begin(change.alarm, change.at);
            }
            AlarmEvent::Closed(closed) if closed.reason != CloseReason::DeadlineMet => {
                self.past_mut(&closed.rule, &closed.scope_key).end(closed.closed_at)
            }
            AlarmEvent::Amended(amendment) => {
                self.past_mut(&amendment.rule, &amendment.scope_key).amend(amendment);
            }
            _ => {}
        }
    }

    fn past_mut(&mut self, rule: &str, scope_key: &str) -> &mut Past {
        self.pasts.entry(rule.to_owned()).or_default().entry(scope_key.to_owned()).or_default()
    }
}

/// Spans take the numbers of the alarms that were open at the same time, each alarm's once.
fn give_numbers(would_be: &mut [ActiveSpan], recorded: &[ActiveSpan]) {
    let mut left: Vec<&ActiveSpan> = recorded.iter().collect();
    for span in would_be {
        let place = left.iter().position(|recorded| recorded.meets(span));
        span.alarm = place.and_then(|place| left.remove(place).alarm);
    }
}
