//! The frame of every page.

use super::hidden_token;
use crate::accounts::Right;
use crate::platform::Platform;
use crate::visit::{FORM_COOKIE, Visitor};
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The sections of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Stations,
    Map,
    Values,
    Alarms,
    Incidents,
    Rules,
    Quality,
    Statistics,
    Odours,
    Maintenance,
    Audit,
    Register,
    Accounts,
    Phones,
    Odour,
    Login,
}

/// The sections in the navigation, with the right that each needs.
const TABS: [(Tab, &str, &str, Option<Right>); 15] = [
    (Tab::Stations, "/", "Stations", None),
    (Tab::Map, "/map", "Map", None),
    (Tab::Values, "/values", "Values", None),
    (Tab::Alarms, "/alarms", "Alarms", Some(Right::See)),
    (Tab::Incidents, "/incidents", "Incidents", Some(Right::See)),
    (Tab::Rules, "/rules", "Rules", Some(Right::See)),
    (Tab::Quality, "/quality", "Quality", Some(Right::See)),
    (Tab::Statistics, "/statistics", "Statistics", Some(Right::See)),
    (Tab::Odours, "/odours", "Odour reports", Some(Right::See)),
    (Tab::Maintenance, "/maintenance", "Maintenance", Some(Right::See)),
    (Tab::Audit, "/audit", "Audit trail", Some(Right::Audit)),
    (Tab::Register, "/register", "Register", Some(Right::ManageStations)),
    (Tab::Accounts, "/accounts", "Accounts", Some(Right::ManageAccounts)),
    (Tab::Phones, "/phones", "Phones", Some(Right::See)),
    (Tab::Odour, "/odour", "Report an odour", None),
];

/// A page of a section for a visitor.
pub(crate) fn page(platform: &Platform, visitor: &Visitor, (tab, title): (Tab, &str), content: &Markup) -> Response {
    let body = html! {
        header.top {
            a.brand href="/" { "vocdb platform" }
            nav aria-label="Sections" {
                @for (own, path, name, right) in TABS {
                    @if right.is_none_or(|right| visitor.may(right)) && (own != Tab::Phones || platform.phones.is_some()) {
                        a href=(path) aria-current=[(own == tab).then_some("page")] { (name) }
                    }
                }
            }
            (account(visitor))
        }
        main data-change=(visitor.change) { h1 { (title) } (content) }
        footer { "Times: " (platform.zone_name) " · " span #live { "reload the page for news" } }
    };
    let mut response = bare_page(title, &body).into_response();
    if visitor.is_token_new {
        let secure = if platform.is_https { "; Secure" } else { "" };
        let cookie = format!("{FORM_COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{secure}", visitor.form_token);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

fn account(visitor: &Visitor) -> Markup {
    html! {
        div.account {
            @match &visitor.person {
                Some(person) => {
                    span { (person.name) " (" (person.role.words()) ")" }
                    a href="/password" { "Password" }
                    form method="post" action="/logout" { (hidden_token(visitor)) button.quiet { "Log out" } }
                }
                None => a href="/login" { "Log in" },
            }
        }
    }
}

/// A page without navigation.
pub(crate) fn bare_page(title: &str, body: &Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · vocdb platform" }
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/live.js" defer {}
            }
            body { (body) }
        }
    };
    Html(markup.into_string())
}
