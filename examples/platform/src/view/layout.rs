//! The frame of every page.

use super::{hidden_token, query};
use crate::accounts::Right;
use crate::platform::Platform;
use crate::texts::Language;
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

/// The sections in the navigation: their paths, the keys of their names, and the right that each needs.
const TABS: [(Tab, &str, &str, Option<Right>); 15] = [
    (Tab::Stations, "/", "tab-stations", None),
    (Tab::Map, "/map", "tab-map", None),
    (Tab::Values, "/values", "tab-values", None),
    (Tab::Alarms, "/alarms", "tab-alarms", Some(Right::See)),
    (Tab::Incidents, "/incidents", "tab-incidents", Some(Right::See)),
    (Tab::Rules, "/rules", "tab-rules", Some(Right::See)),
    (Tab::Quality, "/quality", "tab-quality", Some(Right::See)),
    (Tab::Statistics, "/statistics", "tab-statistics", Some(Right::See)),
    (Tab::Odours, "/odours", "tab-odours", Some(Right::See)),
    (Tab::Maintenance, "/maintenance", "tab-maintenance", Some(Right::See)),
    (Tab::Audit, "/audit", "tab-audit", Some(Right::Audit)),
    (Tab::Register, "/register", "tab-register", Some(Right::ManageStations)),
    (Tab::Accounts, "/accounts", "tab-accounts", Some(Right::ManageAccounts)),
    (Tab::Phones, "/phones", "tab-phones", Some(Right::See)),
    (Tab::Odour, "/odour", "tab-odour", None),
];

/// A page of a section for a visitor.
pub(crate) fn page(platform: &Platform, visitor: &Visitor, (tab, title): (Tab, &str), content: &Markup) -> Response {
    let language = visitor.language;
    let body = html! {
        header.top {
            a.brand href="/" { (language.say("brand")) }
            nav aria-label=(language.say("sections")) {
                @for (own, path, key, right) in TABS {
                    @if right.is_none_or(|right| visitor.may(right)) && (own != Tab::Phones || platform.phones.is_some()) {
                        a href=(path) aria-current=[(own == tab).then_some("page")] { (language.say(key)) }
                    }
                }
            }
            (account(visitor))
        }
        main data-change=(visitor.change) { h1 { (title) } (content) }
        footer {
            (language.fill("times", &[("zone", (&platform.zone_name).into())])) " · "
            span #live data-ready=(language.say("live-ready")) data-lost=(language.say("live-lost")) { (language.say("live-none")) }
        }
    };
    let mut response = bare_page(language, title, &body).into_response();
    if visitor.is_token_new {
        let secure = if platform.is_https { "; Secure" } else { "" };
        let cookie = format!("{FORM_COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{secure}", visitor.form_token);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

/// Links to the page in the other languages.
fn other_languages(visitor: &Visitor) -> Markup {
    html! {
        @for other in Language::ALL.into_iter().filter(|other| *other != visitor.language) {
            a href=(format!("/language/{}?back={}", other.code(), query(&visitor.back))) lang=(other.tag()) { (other.own_name()) }
        }
    }
}

fn account(visitor: &Visitor) -> Markup {
    let language = visitor.language;
    html! {
        div.account {
            @match &visitor.person {
                Some(person) => {
                    span { (person.name) " (" (language.word("role", person.role.words())) ")" }
                    a href="/password" { (language.say("login-password")) }
                    form method="post" action="/logout" { (hidden_token(visitor)) button.quiet { (language.say("log-out")) } }
                }
                None => a href="/login" { (language.say("log-in")) },
            }
            (other_languages(visitor))
        }
    }
}

/// A page without navigation.
pub(crate) fn bare_page(language: Language, title: &str, body: &Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (language.say("brand")) }
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/live.js" defer {}
            }
            body { (body) }
        }
    };
    Html(markup.into_string())
}
