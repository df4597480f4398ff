//! Puts rules in force, with author and reason.

use super::draft::Draft;
use super::{Refused, kept, refusal};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::live::Topic;
use crate::platform::Platform;
use crate::texts::Text;
use crate::visit::Act;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use vocdb::Error;

/// `POST /rules/load`
pub(crate) async fn load(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let by = act.visitor.must(Right::LoadRules)?.name.clone();
    let draft = Draft::of(&act.fields)?;
    if let Some(problem) = draft.problem() {
        return Ok(refusal(&platform, &act, &draft, ("rules-load-title", &problem)));
    }
    if draft.reason.is_empty() {
        return Ok(refusal(&platform, &act, &draft, ("rules-load-title", &Text::new("rules-no-reason"))));
    }
    let loaded = draft.clone();
    let load = move |platform: &Platform| {
        match platform.db.load_rule_set(loaded.rules(), &by, &loaded.reason) {
            Ok(_) => {}
            Err(Error::Rules(found)) => return Ok(Err(Refused::Rules(found))),
            Err(error @ Error::NoRules) => return Ok(Err(Refused::Other(Text::english(error)))),
            Err(other) => return Err(Failure::from(other)),
        }
        platform.live.announce(Topic::Alarms);
        kept::keep(platform, &loaded.tests(), (&by, &loaded.reason))?;
        Ok(Ok(()))
    };
    Ok(match platform.read(load).await? {
        Ok(()) => Redirect::to("/rules").into_response(),
        Err(refused) => refused.answer(&platform, &act, &draft, "rules-load-title"),
    })
}
