//! Checks rules, and shows what is wrong and what changes.

use super::compared::changes;
use super::draft::Draft;
use super::{answer, kept, refusal};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
use crate::visit::Act;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::rules::testing::unknown_contacts;
use vocdb::rules::{Diagnostic, Diagnostics, RuleFile, compile, sites_of};

/// `POST /rules/check`
pub(crate) async fn check(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    act.visitor.must(Right::LoadRules)?;
    let draft = Draft::of(&act.fields)?;
    if let Some(problem) = draft.problem() {
        return Ok(refusal(&platform, &act, &draft, ("rules-check-title", &problem)));
    }
    let checked = draft.clone();
    let compute = move |platform: &Platform| {
        let (rules, tests) = (checked.rules(), checked.tests());
        let mut found = compile(&rules, &sites_of(&platform.db.registry())).map(|good| good.warnings);
        let of_tests = unknown_contacts(&rules, &tests);
        if !of_tests.is_empty() {
            let before = found.unwrap_or_else(|errors| errors);
            found = Err(Diagnostics(before.0.into_iter().chain(of_tests).collect()));
        }
        Ok((found, changes(&in_force(platform)?, &checked.files)))
    };
    let (found, changes) = platform.compute(compute).await?;
    let language = act.visitor.language;
    let result = html! { (verdict(language, &found)) (changes.shown(language)) };
    Ok(answer(&platform, &act, &draft, ("rules-check-title", result)))
}

/// The files in force, and the tests that are kept with them.
pub(super) fn in_force(platform: &Platform) -> Result<Vec<RuleFile>, Failure> {
    let mut files = platform.db.rule_set().map(|set| set.files).unwrap_or_default();
    files.extend(kept::tests(platform)?);
    Ok(files)
}

/// Errors and warnings.
pub(super) fn verdict(language: Language, found: &Result<Diagnostics, Diagnostics>) -> Markup {
    let (is_good, found) = match found {
        Ok(warnings) => (true, warnings),
        Err(errors) => (false, errors),
    };
    html! {
        @if is_good { p.good { (language.say("rules-good")) } }
        @else { p.problem role="alert" { (language.say("rules-wrong")) } }
        @if !found.0.is_empty() { (diagnostics(language, &found.0)) }
    }
}

fn diagnostics(language: Language, found: &[Diagnostic]) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("rules-place")) } th { (language.say("rules-kind")) } th { (language.say("label-message")) }
                th { (language.say("rules-help")) }
            } }
            tbody { @for one in found {
                tr {
                    th scope="row" translate="no" { (one.place) }
                    td data-label=(language.say("rules-kind")) { (language.say(if one.is_warning { "rules-warning" } else { "rules-error" })) }
                    td data-label=(language.say("label-message")) lang="en" { (one.message) }
                    td data-label=(language.say("rules-help")) lang="en" { (one.help) }
                }
            } }
        }
    }
}
