//! Planning and cancelling maintenance. The ledger has each act, with its author, before the answer.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Text, Value};
use crate::visit::{Act, Fields};
use axum::extract::State;
use axum::response::Redirect;
use std::sync::Arc;
use vocdb::Timestamp;
use vocdb::alarm::event::{MaintenanceWindow, Recurrence};

type Answer = Result<Redirect, Failure>;

/// `POST /maintenance/plan`
pub(crate) async fn plan(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let by = act.visitor.must(Right::PlanMaintenance)?.name.clone();
    let window = window_of(&platform, &act.fields)?;
    let reason = act.fields.required("reason")?.to_owned();
    let asked = window.clone();
    if !platform.read(move |platform| Ok(covers_anything(platform, &asked))).await? {
        let stations = &window.stations;
        return Err(Failure::Invalid(Text::new("maintenance-covers-nothing").with("stations", stations.as_str())));
    }
    platform.act(move |db| db.plan_maintenance(window, &by, &reason)).await?;
    Ok(Redirect::to("/maintenance"))
}

/// `POST /maintenance/cancel`
pub(crate) async fn cancel(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let by = act.visitor.must(Right::PlanMaintenance)?.name.clone();
    let number = act.fields.required("number")?.parse::<u64>();
    let number = number.map_err(|_| Failure::Invalid(Text::new("maintenance-no-window")))?;
    let comment = act.fields.required("comment")?.to_owned();
    platform.act(move |db| db.cancel_maintenance(number, &by, &comment)).await?;
    Ok(Redirect::to("/maintenance"))
}

fn window_of(platform: &Platform, fields: &Fields) -> Result<MaintenanceWindow, Failure> {
    let recurrence = match fields.line("recurrence")? {
        "" | "once" => None,
        "daily" => Some(Recurrence::Daily),
        "weekly" => Some(Recurrence::Weekly),
        _ => return Err(Failure::Invalid(Text::new("maintenance-no-recurrence"))),
    };
    let rule = fields.line("rule")?;
    let until = time(platform, fields, "until")?.filter(|_| recurrence.is_some());
    let needed = |name: &str| {
        let missing = || Failure::Invalid(Text::new("field-empty").with("field", label(name)));
        time(platform, fields, name)?.ok_or_else(missing)
    };
    Ok(MaintenanceWindow {
        rule: (!rule.is_empty()).then(|| rule.to_owned()),
        stations: fields.required("stations")?.to_owned(),
        from: needed("from")?,
        to: needed("to")?,
        recurrence,
        zone: platform.zone_name.clone(),
        until,
    })
}

/// Label of a field with a time.
fn label(name: &str) -> Value {
    Value::Message(match name {
        "from" => "label-from",
        "to" => "label-to",
        _ => "maintenance-until",
    })
}

fn time(platform: &Platform, fields: &Fields, name: &str) -> Result<Option<Timestamp>, Failure> {
    let text = fields.line(name)?;
    let wrong = |_| Failure::Invalid(Text::new("range-no-time").with("field", label(name)));
    if text.is_empty() { Ok(None) } else { platform.zone.read(text).map(Some).map_err(wrong) }
}

/// Whether a window covers a rule in force, or, of every rule, a station: a mistyped name would silence nothing.
fn covers_anything(platform: &Platform, window: &MaintenanceWindow) -> bool {
    let has_rule = platform.db.conditions().iter().any(|(rule, scope, _)| window.covers(rule, scope));
    let registry = platform.db.registry();
    has_rule || (window.rule.is_none() && registry.stations().any(|(_, station)| window.covers("", station.name())))
}
