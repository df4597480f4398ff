//! The rules in force: read, check, load.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text, english};
use crate::view::{Tab, hidden_token, moment, page};
use crate::visit::{Act, Fields, Visitor};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::rules::{Diagnostics, RuleFile, compile, sites_of};
use vocdb::{Error, RuleSetInForce};

/// Files of a rule set.
const FILES_MAX: usize = 100;

/// `GET /rules`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let set = platform.read(|platform| Ok(platform.db.rule_set())).await?;
    let files = set.as_ref().map(|set| set.files.clone()).unwrap_or_default();
    let language = visitor.language;
    let content = html! {
        @match &set {
            None => p { (language.say("rules-none")) },
            Some(set) => {
                (in_force(&platform, language, set))
                @if !visitor.may(Right::LoadRules) {
                    @for file in &set.files { h2 translate="no" { (file.name) } pre translate="no" { (file.text) } }
                }
            }
        }
        @if visitor.may(Right::LoadRules) { (form(&visitor, &files, "")) }
    };
    Ok(page(&platform, &visitor, (Tab::Rules, &language.say("tab-rules")), &content))
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
            p.problem { (language.say("rules-partly")) " " (english(&state.reason)) }
        }
    }
}

/// `POST /rules/check`
pub(crate) async fn check(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    act.visitor.must(Right::LoadRules)?;
    let files = files_of(&act.fields)?;
    let checked = files.clone();
    let compiled =
        move |platform: &Platform| Ok(compile(&checked, &sites_of(&platform.db.registry())).map(|good| good.warnings));
    let found = platform.read(compiled).await?;
    Ok(result(&platform, &act, &files, found))
}

/// `POST /rules/load`
pub(crate) async fn load(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let by = act.visitor.must(Right::LoadRules)?.name.clone();
    let (files, reason) = (files_of(&act.fields)?, act.fields.required("reason")?.to_owned());
    let loaded = files.clone();
    let load = move |db: &vocdb::Database| match db.load_rule_set(loaded, &by, &reason) {
        Ok(_) => Ok(Ok(())),
        Err(Error::Rules(found)) => Ok(Err(found)),
        Err(other) => Err(other),
    };
    Ok(match platform.act(load).await? {
        Ok(()) => Redirect::to("/rules").into_response(),
        Err(found) => result(&platform, &act, &files, Err(found)),
    })
}

/// The files of a form: the fields `name` and `text` in turn. Files without a name and text are left out.
fn files_of(fields: &Fields) -> Result<Vec<RuleFile>, Failure> {
    let pairs = fields.all("name").zip(fields.all("text"));
    let files = pairs.map(|(name, text)| RuleFile { name: name.trim().to_owned(), text: text.replace("\r\n", "\n") });
    let files: Vec<RuleFile> = files.filter(|file| !(file.name.is_empty() && file.text.trim().is_empty())).collect();
    if files.len() > FILES_MAX {
        return Err(Failure::Invalid(Text::new("rules-too-many-files").with("count", FILES_MAX)));
    }
    if files.iter().any(|file| file.name.is_empty()) {
        return Err(Failure::Invalid(Text::new("rules-no-name")));
    }
    Ok(files)
}

fn result(platform: &Platform, act: &Act, files: &[RuleFile], found: Result<Diagnostics, Diagnostics>) -> Response {
    let (is_good, found) = match found {
        Ok(warnings) => (true, warnings),
        Err(errors) => (false, errors),
    };
    let reason = act.fields.line("reason").unwrap_or_default();
    let language = act.visitor.language;
    let content = html! {
        @if is_good { p.good { (language.say("rules-good")) } }
        @else { p.problem role="alert" { (language.say("rules-wrong")) } }
        @if !found.0.is_empty() {
            table {
                thead { tr {
                    th { (language.say("rules-place")) } th { (language.say("rules-kind")) } th { (language.say("label-message")) }
                    th { (language.say("rules-help")) }
                } }
                tbody { @for one in &found.0 {
                    tr {
                        th scope="row" translate="no" { (one.place) }
                        td data-label=(language.say("rules-kind")) { (language.say(if one.is_warning { "rules-warning" } else { "rules-error" })) }
                        td data-label=(language.say("label-message")) lang="en" { (one.message) }
                        td data-label=(language.say("rules-help")) lang="en" { (one.help) }
                    }
                } }
            }
        }
        (form(&act.visitor, files, reason))
    };
    page(platform, &act.visitor, (Tab::Rules, &language.say("rules-check-title")), &content)
}

fn form(visitor: &Visitor, files: &[RuleFile], reason: &str) -> Markup {
    let language = visitor.language;
    html! {
        form method="post" action="/rules/load" {
            (hidden_token(visitor))
            @for file in files {
                label { (language.say("rules-file")) input translate="no" name="name" value=(file.name) maxlength="200"; }
                label { (language.say("rules-text")) textarea.code translate="no" name="text" rows=(file.text.lines().count().clamp(4, 40)) spellcheck="false" { "\n" (file.text) } }
            }
            details open[files.is_empty()] {
                summary { (language.say("rules-add-file")) }
                label { (language.say("rules-file")) input translate="no" name="name" placeholder="park.rhai" maxlength="200"; }
                label { (language.say("rules-text")) textarea.code translate="no" name="text" rows="12" spellcheck="false" {} }
            }
            label { (language.say("rules-reason")) input name="reason" value=(reason) maxlength="200"; }
            div.buttons {
                button formaction="/rules/check" { (language.say("rules-check")) }
                button { (language.say("rules-load")) }
            }
        }
    }
}
