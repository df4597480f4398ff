//! What a request can fail with, as a page or as JSON.

use crate::accounts::AccountError;
use crate::api::Problem;
use crate::platform::Platform;
use crate::texts::{Language, Text, choose};
use crate::view::bare_page;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Json};
use maud::html;
use std::sync::Arc;
use vocdb::Error;

/// Why a request is not answered as it asks.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nothing has this address.
    NotFound,
    /// Nobody is logged in.
    LoginNeeded,
    /// The visitor must choose a password first.
    PasswordNeeded,
    /// The visitor may not do this.
    Refused(Text),
    /// The request makes no sense, or does not fit the state of the store.
    Invalid(Text),
    /// The body is too large.
    TooLarge,
    /// Too many attempts.
    TooMany(Text),
    /// The platform is busy.
    Busy,
    /// The store or the system fails. The text goes to the log only.
    Internal(String),
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LoginNeeded => StatusCode::UNAUTHORIZED,
            Self::PasswordNeeded | Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Key of the heading of the page.
    const fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "failure-not-found-title",
            Self::LoginNeeded | Self::PasswordNeeded => "log-in",
            Self::Refused(_) => "failure-refused-title",
            Self::Invalid(_) => "failure-invalid-title",
            Self::TooLarge => "failure-too-large-title",
            Self::TooMany(_) => "failure-too-many-title",
            Self::Busy => "failure-busy-title",
            Self::Internal(_) => "failure-internal-title",
        }
    }

    /// The text for the visitor.
    pub(crate) fn text(&self) -> Text {
        match self {
            Self::NotFound => Text::new("failure-not-found"),
            Self::LoginNeeded => Text::new("failure-login-needed"),
            Self::PasswordNeeded => Text::new("failure-password-needed"),
            Self::TooLarge => Text::new("failure-too-large"),
            Self::Busy => Text::new("failure-busy"),
            Self::Internal(_) => Text::new("failure-internal"),
            Self::Refused(text) | Self::Invalid(text) | Self::TooMany(text) => text.clone(),
        }
    }

    fn log(&self) {
        if let Self::Internal(cause) = self {
            eprintln!("error: {cause}");
        }
    }

    /// The page in a language.
    fn page(&self, language: Language) -> Html<String> {
        let title = language.say(self.title());
        let body = html! {
            h1 { (title) }
            p { (self.text().markup(language)) }
            p { a href="/" { (language.say("failure-back")) } }
        };
        bare_page(language, &title, &body)
    }
}

/// Writes the page of a failure in the language of its reader.
pub(crate) async fn show(State(platform): State<Arc<Platform>>, request: Request, next: Next) -> Response {
    let language = choose(request.headers(), platform.language);
    // A request that waits keeps no store open.
    drop(platform);
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Failure>() {
        Some(failure) => (failure.status(), failure.page(language)).into_response(),
        None => response,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(_) | Error::Ledger(_) | Error::Query(_) | Error::Io { .. } => {
                Self::Internal(error.to_string())
            }
            _ => Self::Invalid(Text::english(error)),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let text = match &error {
            AccountError::Password => Text::new("account-password"),
            AccountError::Name => Text::new("account-name"),
            AccountError::Exists(name) => Text::new("account-exists").with("name", name.as_str()),
            AccountError::Unknown(name) => Text::new("account-unknown").with("name", name.as_str()),
            AccountError::LastAdministrator(name) => {
                Text::new("account-last-administrator").with("name", name.as_str())
            }
            AccountError::TooMany(count) => Text::new("account-too-many").with("count", *count),
            AccountError::File { .. }
            | AccountError::Content { .. }
            | AccountError::Hash(_)
            | AccountError::Random(_) => return Self::Internal(error.to_string()),
        };
        Self::Invalid(text)
    }
}

/// The status; [`show`] adds the page.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        match self {
            Self::LoginNeeded => return (StatusCode::SEE_OTHER, [(LOCATION, "/login")]).into_response(),
            Self::PasswordNeeded => return (StatusCode::SEE_OTHER, [(LOCATION, "/password")]).into_response(),
            _ => {}
        }
        (self.status(), Extension(self)).into_response()
    }
}

/// A failure for programs.
#[derive(Debug)]
pub(crate) struct ApiFailure(pub(crate) Failure);

impl<E: Into<Failure>> From<E> for ApiFailure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        self.0.log();
        (self.0.status(), Json(Problem { error: self.0.text().to(Language::English) })).into_response()
    }
}
