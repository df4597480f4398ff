//! Alarms that may be added to an incident.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::visit::Fields;
use maud::{Markup, html};
use std::collections::BTreeSet;
use vocdb::AlarmId;
use vocdb::trace::incident::{Incident, Step};
use vocdb::verdict::DEADLINE_RULE;

/// Alarms that the form offers; others are added from their own pages.
const OFFERED_MAX: usize = 100;

/// Numbers and titles of the alarms that no open incident has, open ones first, the newest first.
pub(super) fn offered(platform: &Platform, incident: &Incident) -> Result<Vec<(AlarmId, String)>, Failure> {
    if !incident.is_open() {
        return Ok(Vec::new());
    }
    let open: Vec<Incident> = platform.db.incidents().into_iter().filter(Incident::is_open).collect();
    let taken: BTreeSet<&AlarmId> = open.iter().flat_map(|incident| &incident.alarms).collect();
    let history = platform.history()?;
    let mut free: Vec<_> = history
        .records
        .iter()
        .rev()
        .filter(|record| !taken.contains(&record.id()) && record.alarm.opened.rule != DEADLINE_RULE)
        .collect();
    free.sort_by_key(|record| !record.is_open());
    Ok(free.into_iter().take(OFFERED_MAX).map(|record| (record.id(), record.alarm.opened.title.clone())).collect())
}

/// The field that chooses one of them.
pub(super) fn field(language: Language, offered: &[(AlarmId, String)]) -> Markup {
    html! {
        label { (language.say("label-alarm")) select name="alarm" translate="no" required {
            @for (alarm, title) in offered { option value=(alarm.0) { (alarm) " " (title) } }
        } }
    }
}

/// The step of a form.
pub(super) fn step(fields: &Fields) -> Result<Step, Failure> {
    let number = fields.required("alarm")?.parse::<u64>();
    let number = number.map_err(|_| Failure::Invalid(Text::new("incident-no-alarm")))?;
    Ok(Step::AlarmAdded { alarm: AlarmId(number) })
}
