//! The visitor's own password.

use super::login::begin_session;
use crate::accounts::is_password;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Form, Tab, page};
use crate::visit::{Act, Visitor, sender};
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// `GET /password`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    form(&platform, &visitor, None)
}

/// `POST /password`
pub(crate) async fn choose(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let name = act.visitor.person.as_ref().ok_or(Failure::LoginNeeded)?.name.clone();
    let field = |name: &str| act.fields.all(name).next().unwrap_or_default().to_owned();
    let (before, password, again) = (field("before"), field("password"), field("again"));
    let (now, from) = (platform.now(), sender(act.visitor.address.ip()));
    let key = format!("{from} {name}");
    if !platform.limits.names.take(&key, now.as_ms()) {
        return Err(Failure::TooMany(Text::new("password-too-many")));
    }
    if password != again {
        return form(&platform, &act.visitor, Some("password-differs"));
    }
    if password == before {
        return form(&platform, &act.visitor, Some("password-same"));
    }
    let account = platform.accounts.get(&name).ok_or(Failure::LoginNeeded)?;
    let changed = {
        let _place = platform.limits.hashes.acquire().await.map_err(|_| Failure::Busy)?;
        let change = move |platform: &Platform| {
            if !is_password(&before, Some(&account.password)) {
                return Ok(None);
            }
            platform.accounts.change(&name, "", now).set_password(&name, &password)?;
            Ok(platform.accounts.get(&name))
        };
        platform.read(change).await?
    };
    let Some(account) = changed else {
        return form(&platform, &act.visitor, Some("password-wrong"));
    };
    platform.limits.names.clear(&key);
    begin_session(&platform, &act.visitor, &account)
}

/// The page, with the key of what went wrong.
fn form(platform: &Platform, visitor: &Visitor, problem: Option<&'static str>) -> Result<Response, Failure> {
    let person = visitor.person.as_ref().ok_or(Failure::LoginNeeded)?;
    let language = visitor.language;
    let field = |name: &str, key: &str, kind: &str| {
        html! { label { (language.say(key)) input name=(name) type="password" autocomplete=(kind) maxlength="256" required; } }
    };
    let fields = html! {
        (field("before", "password-present", "current-password"))
        (field("password", "password-new", "new-password"))
        (field("again", "password-again", "new-password"))
    };
    let content = html! {
        div.narrow.card {
            @if let Some(problem) = problem { p.problem role="alert" { (language.say(problem)) } }
            @if person.must_choose_password {
                p { (language.say("password-made-up")) }
            }
            p { (language.say("password-sessions")) }
            (Form { action: "/password", button: &language.say("password-change"), fields }.of(visitor))
        }
    };
    Ok(page(platform, visitor, (Tab::Login, &language.say("login-password")), &content))
}
