//! The visitor of a request: a person with a session, a program with a token, or the public.

use crate::accounts::{Account, Right, Role, random_token};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text, Value, choose, is_own_path};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::sync::Arc;

/// Name of the cookie of a session.
pub(crate) const SESSION_COOKIE: &str = "vocdb_session";
/// Name of the cookie that holds the form token of visitors without a session.
pub(crate) const FORM_COOKIE: &str = "vocdb_form";
/// Digits of a token.
const TOKEN_DIGITS: usize = 64;

/// A person with an account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Name of the account.
    pub(crate) name: String,
    /// Role of the account.
    pub(crate) role: Role,
    /// Whether the person must choose a password before anything else.
    pub(crate) must_choose_password: bool,
}

/// The visitor of a request.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The person, if the visitor has a session or a token for programs.
    pub(crate) person: Option<Person>,
    /// Token of the visitor's forms.
    pub(crate) form_token: String,
    /// Whether the form token is to be sent as a cookie.
    pub(crate) is_token_new: bool,
    /// Whether the visitor is a program: it has a token, and no forms.
    pub(crate) is_program: bool,
    /// Token of the session.
    pub(crate) session: Option<String>,
    /// Address of the sender.
    pub(crate) address: SocketAddr,
    /// Language of the pages.
    pub(crate) language: Language,
    /// Path of the page, where a change of the language returns to; the first page for forms.
    pub(crate) back: String,
    /// Number of the newest change when the request came: a page for it may lack later ones.
    pub(crate) change: u64,
}

impl Visitor {
    /// The person, if the role permits something.
    pub(crate) fn must(&self, right: Right) -> Result<&Person, Failure> {
        let person = self.person.as_ref().ok_or(Failure::LoginNeeded)?;
        if person.must_choose_password {
            return Err(Failure::PasswordNeeded);
        }
        if person.role.may(right) {
            return Ok(person);
        }
        let text = Text::new("role-refused").with("role", Value::Word("role", person.role.words()));
        Err(Failure::Refused(text.with("right", Value::Word("right", right.words()))))
    }

    /// Whether the visitor may do something.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.person.as_ref().is_some_and(|person| !person.must_choose_password && person.role.may(right))
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn back(parts: &Parts) -> String {
    let path = parts.uri.path_and_query().map(|path| path.as_str());
    let path = path.filter(|path| parts.method == Method::GET && is_own_path(path));
    path.unwrap_or("/").to_owned()
}

fn person(account: Account) -> Person {
    Person { name: account.name, role: account.role, must_choose_password: account.is_password_temporary }
}

impl FromRequestParts<Arc<Platform>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, platform: &Arc<Platform>) -> Result<Self, Failure> {
        let ConnectInfo(address) = ConnectInfo::<SocketAddr>::from_request_parts(parts, platform)
            .await
            .map_err(|_| Failure::Internal("the address of the sender is unknown".to_owned()))?;
        let mut visitor = Self {
            person: None,
            form_token: String::new(),
            is_token_new: false,
            is_program: false,
            session: None,
            address,
            language: choose(&parts.headers, platform.language),
            back: back(parts),
            change: platform.live.number(),
        };
        if let Some(token) = bearer(&parts.headers) {
            let account = platform.accounts.of_token(token).ok_or(Failure::LoginNeeded)?;
            (visitor.person, visitor.is_program) = (Some(person(account)), true);
            return Ok(visitor);
        }
        if let Some(token) = cookie(&parts.headers, SESSION_COOKIE)
            && let Some(session) = platform.sessions.get(token, platform.now().as_ms())
            && let Some(account) = platform.accounts.get(&session.name).filter(|account| session.is_of(account))
        {
            visitor.form_token = session.form_token;
            (visitor.person, visitor.session) = (Some(person(account)), Some(token.to_owned()));
            return Ok(visitor);
        }
        let is_token = |token: &&str| token.len() == TOKEN_DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        match cookie(&parts.headers, FORM_COOKIE).filter(is_token) {
            Some(token) => token.clone_into(&mut visitor.form_token),
            None => (visitor.form_token, visitor.is_token_new) = (random_token()?, true),
        }
        Ok(visitor)
    }
}
