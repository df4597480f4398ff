//! Logging in and out.

use crate::accounts::{Account, is_password};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Form, Tab, page};
use crate::visit::{Act, SESSION_COOKIE, Visitor, sender};
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// `GET /login`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Response {
    form(&platform, &visitor, None)
}

/// `POST /login`
pub(crate) async fn log_in(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let name = act.fields.required("name")?.to_owned();
    let password = act.fields.all("password").next().unwrap_or_default().to_owned();
    let now_ms = platform.now().as_ms();
    let from = sender(act.visitor.address.ip());
    // Both are counted, whatever the outcome of the other.
    let key = format!("{from} {name}");
    let (of_sender, of_name) = (platform.limits.senders.take(&from, now_ms), platform.limits.names.take(&key, now_ms));
    if !of_sender || !of_name {
        return Err(Failure::TooMany(Text::new("login-too-many")));
    }
    let account = platform.accounts.get(&name);
    let is_right = {
        let _place = platform.limits.hashes.acquire().await.map_err(|_| Failure::Busy)?;
        let hash = account.as_ref().map(|account| account.password.clone());
        platform.read(move |_| Ok(is_password(&password, hash.as_deref()))).await?
    };
    let Some(account) = account.filter(|_| is_right) else {
        return Ok(form(&platform, &act.visitor, Some("login-wrong")));
    };
    platform.limits.names.clear(&key);
    begin_session(&platform, &act.visitor, &account)
}

/// Begins a session in place of the visitor's, and shows the first page that the person needs.
pub(super) fn begin_session(platform: &Platform, visitor: &Visitor, account: &Account) -> Result<Response, Failure> {
    if let Some(before) = &visitor.session {
        platform.sessions.end(before);
    }
    let token = platform.sessions.begin(account, platform.now().as_ms())?;
    let next = if account.is_password_temporary { "/password" } else { "/" };
    Ok((AppendHeaders([(SET_COOKIE, session_cookie(platform, &token, ""))]), Redirect::to(next)).into_response())
}

/// `POST /logout`
pub(crate) async fn log_out(State(platform): State<Arc<Platform>>, act: Act) -> Response {
    if let Some(token) = &act.visitor.session {
        platform.sessions.end(token);
    }
    (AppendHeaders([(SET_COOKIE, session_cookie(&platform, "", "; Max-Age=0"))]), Redirect::to("/")).into_response()
}

fn session_cookie(platform: &Platform, token: &str, more: &str) -> String {
    let secure = if platform.is_https { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

/// The page, with the key of what went wrong.
fn form(platform: &Platform, visitor: &Visitor, problem: Option<&'static str>) -> Response {
    let language = visitor.language;
    let fields = html! {
        label { (language.say("login-name")) input name="name" autocomplete="username" maxlength="64" required; }
        label { (language.say("login-password")) input name="password" type="password" autocomplete="current-password" required; }
    };
    let content = html! {
        div.narrow.card {
            @if let Some(problem) = problem { p.problem role="alert" { (language.say(problem)) } }
            (Form { action: "/login", button: &language.say("log-in"), fields }.of(visitor))
        }
    };
    page(platform, visitor, (Tab::Login, &language.say("log-in")), &content)
}
