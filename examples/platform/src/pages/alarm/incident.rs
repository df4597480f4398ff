//! The incident of an alarm: opened from its page, or chosen among the open ones.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::Form;
use crate::visit::{Act, Number, Visitor};
use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::AlarmId;
use vocdb::alarm::AlarmRecord;
use vocdb::trace::incident::{Incident, IncidentId, Step};
use vocdb::verdict::DEADLINE_RULE;

/// The incidents that an alarm belongs to or may be added to.
pub(super) struct Incidents {
    /// Number of the newest incident that has the alarm.
    pub(super) own: Option<u64>,
    /// Numbers and titles of the open incidents, if none of them has the alarm.
    free: Vec<(u64, String)>,
    /// Whether the alarm is that of an overdue incident.
    is_deadline: bool,
}

impl Incidents {
    /// The incidents of an alarm, among all.
    pub(super) fn of(record: &AlarmRecord, incidents: &[Incident]) -> Self {
        let has = |incident: &&Incident| incident.alarms.contains(&record.id());
        let own = incidents.iter().rev().find(has).map(|incident| incident.id().0);
        let open = || incidents.iter().filter(|incident| incident.is_open());
        let free = if open().any(|incident| has(&incident)) {
            Vec::new()
        } else {
            open().rev().map(|incident| (incident.id().0, incident.opened.title.clone())).collect()
        };
        Self { own, free, is_deadline: record.alarm.opened.rule == DEADLINE_RULE }
    }

    /// The forms of a visitor who may use them.
    pub(super) fn forms(&self, visitor: &Visitor, alarm: AlarmId) -> Markup {
        if !visitor.may(Right::Direct) || self.is_deadline || (self.own.is_some() && self.free.is_empty()) {
            return html! {};
        }
        html! {
            h2 { (visitor.language.say("label-incident")) }
            div.grid {
                @if self.own.is_none() { div.card { (opening(visitor, alarm)) } }
                @if !self.free.is_empty() { div.card { (self.joining(visitor, alarm)) } }
            }
        }
    }

    fn joining(&self, visitor: &Visitor, alarm: AlarmId) -> Markup {
        let language = visitor.language;
        let fields = html! {
            label { (language.say("join-incident")) select name="incident" translate="no" required {
                @for (number, title) in &self.free { option value=(number) { (number) " " (title) } }
            } }
            label { (language.say("label-comment")) textarea name="comment" rows="2" maxlength="4000" {} }
        };
        html! {
            p { (language.say("join-meaning")) }
            (Form { action: &format!("/alarms/{}/join", alarm.0), button: &language.say("join"), fields }.of(visitor))
        }
    }
}

fn opening(visitor: &Visitor, alarm: AlarmId) -> Markup {
    let language = visitor.language;
    html! {
        p { (language.say("alarm-incident-meaning")) }
        (Form {
            action: &format!("/alarms/{}/incident", alarm.0),
            button: &language.say("alarm-open-incident"),
            fields: html! { label { (language.say("label-reason")) input name="comment" maxlength="200" required; } },
        }.of(visitor))
    }
}

/// `POST /alarms/{number}/join`
pub(crate) async fn join(
    State(platform): State<Arc<Platform>>,
    Number(number): Number,
    act: Act,
) -> Result<Redirect, Failure> {
    let by = act.visitor.must(Right::Direct)?.name.clone();
    let comment = act.fields.text("comment")?.to_owned();
    let incident = act.fields.required("incident")?.parse::<u64>();
    let incident = incident.map_err(|_| Failure::Invalid(Text::new("join-no-incident")))?;
    let step = Step::AlarmAdded { alarm: AlarmId(number) };
    platform.act(move |db| db.step_incident(IncidentId(incident), step, &by, &comment)).await?;
    Ok(Redirect::to(&format!("/incidents/{incident}")))
}
