//! The accounts: who may do what. For administrators.

pub(crate) mod acts;

use crate::accounts::{Account, Right, Role};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
use crate::view::{Form, Tab, hidden_token, moment, page};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// Acts that the page lists.
const LISTED: usize = 50;

/// `GET /accounts`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::ManageAccounts)?;
    let (accounts, acts) =
        platform.read(|platform| Ok((platform.accounts.all(), platform.accounts.log().newest()?))).await?;
    let language = visitor.language;
    let content = html! {
        table {
            thead { tr {
                th { (language.say("label-name")) } th { (language.say("accounts-role")) } th { (language.say("login-password")) }
                th { (language.say("accounts-token")) } th { (language.say("label-act")) }
            } }
            tbody { @for account in &accounts { (row(&visitor, account)) } }
        }
        h2 { (language.say("accounts-add-title")) }
        div.card.narrow { (addition(&visitor)) }
        h2 { (language.say("accounts-recent")) }
        p.soft.small { (language.say("accounts-recent-meaning")) }
        @if acts.is_empty() { p { (language.say("accounts-none")) } }
        ol.timeline { @for act in acts.iter().rev().take(LISTED) {
            li {
                time { (moment(&platform.zone, act.at)) }
                span { (verbatim(&act.by)) ": " span lang="en" { (act.what) } @if !act.reason.is_empty() { ": " (verbatim(&act.reason)) } }
            }
        } }
    };
    Ok(page(&platform, &visitor, (Tab::Accounts, &language.say("tab-accounts")), &content))
}

fn row(visitor: &Visitor, account: &Account) -> Markup {
    let language = visitor.language;
    html! {
        tr {
            th scope="row" translate="no" { (account.name) }
            td data-label=(language.say("accounts-role")) { (language.word("role", account.role.words())) }
            td data-label=(language.say("login-password")) {
                (language.say(if account.is_password_temporary { "accounts-password-temporary" } else { "accounts-password-chosen" }))
            }
            td data-label=(language.say("accounts-token")) {
                (language.say(if account.token.is_some() { "accounts-token-issued" } else { "none" }))
            }
            td { details { summary { (language.say("accounts-change")) } (change(visitor, account)) } }
        }
    }
}

/// The form for every change of an account, with a button for each.
fn change(visitor: &Visitor, account: &Account) -> Markup {
    let language = visitor.language;
    html! {
        form method="post" action="/accounts/role" {
            (hidden_token(visitor))
            input type="hidden" name="name" value=(account.name);
            (roles(language, account.role))
            label { (language.say("label-reason")) input name="reason" maxlength="200"; }
            div.buttons {
                button { (language.say("accounts-change-role")) }
                button formaction="/accounts/reset" { (language.say("accounts-reset")) }
                button formaction="/accounts/token" { (language.say("accounts-issue")) }
                button formaction="/accounts/remove" { (language.say("accounts-remove")) }
            }
        }
    }
}

fn roles(language: Language, chosen: Role) -> Markup {
    html! {
        label { (language.say("accounts-role")) select name="role" {
            @for role in Role::ALL { option value=(role.words()) selected[role == chosen] { (language.word("role", role.words())) } }
        } }
    }
}

fn addition(visitor: &Visitor) -> Markup {
    let language = visitor.language;
    let fields = html! {
        label { (language.say("label-name")) input name="name" maxlength="64" autocomplete="off" required; }
        (roles(language, Role::Operator))
        label { (language.say("accounts-password"))
            input name="password" type="password" autocomplete="new-password" maxlength="256"; }
        label { (language.say("label-reason")) input name="reason" maxlength="200"; }
    };
    html! {
        p { (language.say("accounts-password-meaning")) }
        (Form { action: "/accounts/add", button: &language.say("accounts-add"), fields }.of(visitor))
    }
}
