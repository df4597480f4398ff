//! The rules in force: read, check, test, backtest, load. What is written in the form stays in it through every step.

pub(crate) mod backtest;
pub(crate) mod check;
mod compared;
mod draft;
mod kept;
pub(crate) mod load;
mod raised;
pub(crate) mod testing;

pub(crate) use kept::keep_tests;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Tab, local, moment, page};
use crate::visit::{Act, Visitor};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use draft::Draft;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::RuleSetInForce;
use vocdb::rules::{Diagnostics, RuleFile};

/// Length of a backtest that the form proposes.
const USUAL_MS: i64 = 86_400_000;

/// `GET /rules`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let read = |platform: &Platform| Ok((platform.db.rule_set(), kept::tests(platform)?));
    let (set, tests) = platform.read(read).await?;
    let mut files = set.as_ref().map(|set| set.files.clone()).unwrap_or_default();
    files.extend(tests);
    let language = visitor.language;
    let content = html! {
        @match &set {
            None => p { (language.say("rules-none")) },
            Some(set) => (in_force(&platform, language, set)),
        }
        @if visitor.may(Right::LoadRules) {
            p { (language.say("rules-explanation")) }
            (draft(&platform, files).form(&visitor, &platform.zone_name))
        } @else {
            @for file in &files { h2 translate="no" { (file.name) } pre translate="no" { (file.text) } }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Rules, &language.say("tab-rules")), &content))
}

/// The draft that the page begins with: the files, and the last day for a backtest.
fn draft(platform: &Platform, files: Vec<RuleFile>) -> Draft {
    let now = platform.now();
    let (from, to) = (local(&platform.zone, now.plus_ms(-USUAL_MS)), local(&platform.zone, now));
    Draft { files, reason: String::new(), from, to }
}

fn in_force(platform: &Platform, language: Language, set: &RuleSetInForce) -> Markup {
    let loaded = [("time", moment(&platform.zone, set.loaded_at).into()), ("person", (&set.by).into())];
    let rules = [("hash", set.hash.to_string().into()), ("count", set.stations.len().into())];
    html! {
        p {
            (language.fill("rules-loaded", &loaded))
            @if !set.reason.is_empty() { ": " (set.reason) }
        }
        p.soft.small { (language.fill("rules-hash", &rules)) }
        @if let Some(state) = &set.state {
            p.problem { (language.say("rules-partly")) " " (language.english(&state.reason)) }
        }
    }
}

/// The answer to a step: the key of its title, its result, and the form as it was sent.
fn answer(platform: &Platform, act: &Act, draft: &Draft, (title, result): (&str, Markup)) -> Response {
    let language = act.visitor.language;
    let content = html! {
        (result)
        h2 { (language.say("tab-rules")) }
        (draft.form(&act.visitor, &platform.zone_name))
    };
    page(platform, &act.visitor, (Tab::Rules, &language.say(title)), &content)
}

/// Why a step has no result.
enum Refused {
    /// The rules have errors.
    Rules(Diagnostics),
    /// Something else; a text with what to do.
    Other(Text),
}

impl Refused {
    /// The answer with the key of the title of the step.
    fn answer(self, platform: &Platform, act: &Act, draft: &Draft, title: &str) -> Response {
        match self {
            Self::Rules(found) => {
                answer(platform, act, draft, (title, check::verdict(act.visitor.language, &Err(found))))
            }
            Self::Other(problem) => refusal(platform, act, draft, (title, &problem)),
        }
    }
}

/// The answer to a step that cannot be taken, with what to do.
fn refusal(platform: &Platform, act: &Act, draft: &Draft, (title, problem): (&str, &Text)) -> Response {
    let result = html! { p.problem role="alert" { (problem.markup(act.visitor.language)) } };
    (StatusCode::UNPROCESSABLE_ENTITY, answer(platform, act, draft, (title, result))).into_response()
}
