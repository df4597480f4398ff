//! The accounts: who may do what. For administrators.

pub(crate) mod acts;

use crate::accounts::{Account, Right, Role};
use crate::failure::Failure;
use crate::platform::Platform;
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
    let content = html! {
        table {
            thead { tr { th { "Name" } th { "Role" } th { "Password" } th { "Token" } th { "Act" } } }
            tbody { @for account in &accounts { (row(&visitor, account)) } }
        }
        h2 { "Add an account" }
        div.card.narrow { (addition(&visitor)) }
        h2 { "Recent changes" }
        p.soft.small { "From the log of administration. Changes of stations and of rule tests are there too." }
        @if acts.is_empty() { p { "No account was changed yet." } }
        ol.timeline { @for act in acts.iter().rev().take(LISTED) {
            li {
                time { (moment(&platform.zone, act.at)) }
                span { (act.by) ": " (act.what) @if !act.reason.is_empty() { ": " (act.reason) } }
            }
        } }
    };
    Ok(page(&platform, &visitor, (Tab::Accounts, "Accounts"), &content))
}

fn row(visitor: &Visitor, account: &Account) -> Markup {
    html! {
        tr {
            th scope="row" { (account.name) }
            td data-label="Role" { (account.role.words()) }
            td data-label="Password" { @if account.is_password_temporary { "to be changed at the next login" } @else { "chosen" } }
            td data-label="Token" { @if account.token.is_some() { "issued" } @else { "none" } }
            td { details { summary { "Change" } (change(visitor, account)) } }
        }
    }
}

/// The form for every change of an account, with a button for each.
fn change(visitor: &Visitor, account: &Account) -> Markup {
    html! {
        form method="post" action="/accounts/role" {
            (hidden_token(visitor))
            input type="hidden" name="name" value=(account.name);
            (roles(account.role))
            label { "Reason" input name="reason" maxlength="200"; }
            div.buttons {
                button { "Change the role" }
                button formaction="/accounts/reset" { "Reset the password" }
                button formaction="/accounts/token" { "Issue a token" }
                button formaction="/accounts/remove" { "Remove" }
            }
        }
    }
}

fn roles(chosen: Role) -> Markup {
    html! {
        label { "Role" select name="role" {
            @for role in Role::ALL { option value=(role.words()) selected[role == chosen] { (role.words()) } }
        } }
    }
}

fn addition(visitor: &Visitor) -> Markup {
    let fields = html! {
        label { "Name" input name="name" maxlength="64" autocomplete="off" required; }
        (roles(Role::Operator))
        label { "Password (leave it empty to have one made up)"
            input name="password" type="password" autocomplete="new-password" maxlength="256"; }
        label { "Reason" input name="reason" maxlength="200"; }
    };
    html! {
        p { "A password that is made up is shown once. Its owner chooses another one at the first login." }
        (Form { action: "/accounts/add", button: "Add", fields }.of(visitor))
    }
}
