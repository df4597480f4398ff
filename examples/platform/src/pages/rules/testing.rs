//! Runs the tests of the rules.

use super::draft::Draft;
use super::{answer, refusal};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::visit::Act;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::{Registry, TestOutcome, run_rule_tests_until};

const TITLE: &str = "Rules: tests";
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
        let problem = "There are no tests: add a file whose name ends in _test.rhai, such as park_test.rhai.";
        return Ok(refusal(&platform, &act, &draft, (TITLE, problem)));
    }
    let is_over = platform.trial_end();
    let run = move |_: &Platform| Ok(run_rule_tests_until(&rules, &tests, &Registry::default(), &*is_over));
    let mut outcomes = platform.compute(run).await?;
    outcomes.sort_by_key(|outcome| outcome.failures.is_empty());
    Ok(answer(&platform, &act, &draft, (TITLE, shown(&outcomes))))
}

fn shown(outcomes: &[TestOutcome]) -> Markup {
    let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    html! {
        @if failed == 0 { p.good { "All tests passed: " (outcomes.len()) "." } }
        @else { p.problem role="alert" { "Tests failed: " (failed) " of " (outcomes.len()) "." } }
        table {
            thead { tr { th { "Test" } th { "Result" } th { "What failed" } } }
            tbody { @for outcome in outcomes.iter().take(LISTED) {
                tr {
                    th scope="row" { (outcome.name) div.soft.small { (outcome.place) } }
                    td data-label="Result" { @if outcome.failures.is_empty() { "passed" } @else { "failed" } }
                    td data-label="What failed" {
                        @if outcome.failures.is_empty() { span.soft { "nothing" } }
                        @for failure in &outcome.failures { div { (failure.place) ": " (failure.message) } }
                    }
                }
            } }
        }
        @if outcomes.len() > LISTED { p.soft { "and " (outcomes.len() - LISTED) " more that passed or failed" } }
    }
}
