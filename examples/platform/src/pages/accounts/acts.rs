//! Changes of accounts by forms. The log of administration has each before the answer.

use crate::accounts::{AccountError, Change, Right, Role};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Text, verbatim};
use crate::view::{Tab, page};
use crate::visit::{Act, Fields};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use std::sync::Arc;

type Answer = Result<Response, Failure>;

/// Who changes which account, and why.
struct Deed {
    name: String,
    by: String,
    reason: String,
}

impl Deed {
    fn of(act: &Act) -> Result<Self, Failure> {
        let by = act.visitor.must(Right::ManageAccounts)?.name.clone();
        // The name as it was sent: a space at its end would be another name.
        let name = act.fields.all("name").next().unwrap_or_default().to_owned();
        Ok(Self { name, by, reason: act.fields.line("reason")?.to_owned() })
    }

    /// Changes the account. Few changes run at a time: most of them hash a password.
    async fn run<T: Send + 'static>(
        self,
        platform: &Arc<Platform>,
        change: impl FnOnce(Change<'_>, &str) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, Failure> {
        let _place = platform.limits.hashes.acquire().await.map_err(|_| Failure::Busy)?;
        let Self { name, by, reason } = self;
        let run = move |platform: &Platform| Ok(change(platform.accounts.change(&by, &reason, platform.now()), &name)?);
        platform.read(run).await
    }
}

/// `POST /accounts/add`
pub(crate) async fn add(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let (deed, role) = (Deed::of(&act)?, role_of(&act.fields)?);
    let (name, password) = (deed.name.clone(), act.fields.all("password").next().unwrap_or_default().to_owned());
    if password.is_empty() {
        let made_up = deed.run(&platform, move |change, name| change.add_with_temporary_password(name, role)).await?;
        return Ok(secret(&platform, &act, (("accounts-new-password", "accounts-password-of"), &name, &made_up)));
    }
    deed.run(&platform, move |change, name| change.add(name, role, &password)).await?;
    Ok(list())
}

/// `POST /accounts/role`
pub(crate) async fn change_role(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let (deed, role) = (Deed::of(&act)?, role_of(&act.fields)?);
    deed.run(&platform, move |change, name| change.set_role(name, role)).await?;
    Ok(list())
}

/// `POST /accounts/reset`
pub(crate) async fn reset(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let name = deed.name.clone();
    let made_up = deed.run(&platform, |change, name| change.reset_password(name)).await?;
    Ok(secret(&platform, &act, (("accounts-new-password", "accounts-password-of"), &name, &made_up)))
}

/// `POST /accounts/token`
pub(crate) async fn issue_token(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let name = deed.name.clone();
    let token = deed.run(&platform, |change, name| change.issue_token(name)).await?;
    Ok(secret(&platform, &act, (("accounts-new-token", "accounts-token-of"), &name, &token)))
}

/// `POST /accounts/remove`
pub(crate) async fn remove(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    Deed::of(&act)?.run(&platform, |change, name| change.remove(name)).await?;
    Ok(list())
}

fn list() -> Response {
    Redirect::to("/accounts").into_response()
}

fn role_of(fields: &Fields) -> Result<Role, Failure> {
    Role::of_words(fields.line("role")?).ok_or_else(|| Failure::Invalid(Text::new("accounts-no-role")))
}

/// The page that shows a secret, once; with the keys of its title and of its sentence.
fn secret(platform: &Platform, act: &Act, ((title, of), name, text): ((&str, &str), &str, &str)) -> Response {
    let language = act.visitor.language;
    let content = html! {
        div.narrow.card {
            p { (language.frame(of, &[("name", html! { b { (verbatim(name)) } })])) }
            div translate="no" { p.confirmation { (text) } }
            p { (language.say("accounts-once")) }
            p { a href="/accounts" { (language.say("accounts-back")) } }
        }
    };
    page(platform, &act.visitor, (Tab::Accounts, &language.say(title)), &content)
}
