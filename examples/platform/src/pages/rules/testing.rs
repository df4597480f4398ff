//! Runs the tests of the rules.

use super::draft::Draft;
use super::{answer, refusal};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::visit::Act;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::{Registry, TestOutcome, run_rule_tests_until};

const TITLE: &str = "rules-tests-title";
/// Tests that the page lists; those that failed come first.
const LISTED: usize = 500;

/// `POST /rules/test`
pub(crate) async fn test(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    act.visitor.must(Right::LoadRules)?;
    let draft = Draft::of(&act.fields)?;
    if let Some(problem) = draft.problem() {
        return Ok(refusal(&platform, &act, &draft, (TITLE, &problem)));
    }
    let (rules, tests) = (draft.rules(), draft.tests());
    if tests.is_empty() {
        return Ok(refusal(&platform, &act, &draft, (TITLE, &Text::new("rules-no-tests"))));
    }
    let is_over = platform.trial_end();
    let run = move |_: &Platform| Ok(run_rule_tests_until(&rules, &tests, &Registry::default(), &*is_over));
    let mut outcomes = platform.compute(run).await?;
    outcomes.sort_by_key(|outcome| outcome.failures.is_empty());
    Ok(answer(&platform, &act, &draft, (TITLE, shown(act.visitor.language, &outcomes))))
}

fn shown(language: Language, outcomes: &[TestOutcome]) -> Markup {
    let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    let counts = [("failed", failed.into()), ("count", outcomes.len().into())];
    html! {
        @if failed == 0 { p.good { (language.fill("rules-tests-passed", &[("count", outcomes.len().into())])) } }
        @else { p.problem role="alert" { (language.fill("rules-tests-failed", &counts)) } }
        table {
            thead { tr {
                th { (language.say("rules-test")) } th { (language.say("rules-test-result")) } th { (language.say("rules-test-failure")) }
            } }
            tbody { @for outcome in outcomes.iter().take(LISTED) {
                tr {
                    th scope="row" translate="no" { (outcome.name) div.soft.small { (outcome.place) } }
                    td data-label=(language.say("rules-test-result")) {
                        (language.say(if outcome.failures.is_empty() { "rules-test-passed" } else { "rules-test-failed" }))
                    }
                    td data-label=(language.say("rules-test-failure")) {
                        @if outcome.failures.is_empty() { span.soft { (language.say("none")) } }
                        @for failure in &outcome.failures { div lang="en" { (failure.place) ": " (failure.message) } }
                    }
                }
            } }
        }
        @if outcomes.len() > LISTED { p.soft { (language.fill("stations-more", &[("count", (outcomes.len() - LISTED).into())])) } }
    }
}
