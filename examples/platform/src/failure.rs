//! What a request can fail with, as a page or as JSON.

use crate::accounts::AccountError;
use crate::api::Problem;
use crate::view::bare_page;
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::html;
use vocdb::Error;

/// Why a request is not answered as it asks.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing has this address.
    NotFound,
    /// Nobody is logged in.
    LoginNeeded,
    /// The visitor must choose a password first.
    PasswordNeeded,
    /// The visitor may not do this.
    Refused(String),
    /// The request makes no sense, or does not fit the state of the store.
    Invalid(String),
    /// The body is too large.
    TooLarge,
    /// Too many attempts.
    TooMany(String),
    /// The platform is busy.
    Busy,
    /// The store or the system fails. The text goes to the log only.
    Internal(String),
}

impl Failure {
    fn status(&self) -> StatusCode {
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

    /// The text for the visitor.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::NotFound => "There is no such page.",
            Self::LoginNeeded => "Log in first.",
            Self::PasswordNeeded => "Choose a password first, on the page /password.",
            Self::TooLarge => "The request is larger than this page accepts.",
            Self::Busy => "The platform is busy: try again in a moment.",
            Self::Internal(_) => "The store cannot do this now. The log of the platform has the cause.",
            Self::Refused(text) | Self::Invalid(text) | Self::TooMany(text) => text,
        }
    }

    fn log(&self) {
        if let Self::Internal(cause) = self {
            eprintln!("error: {cause}");
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(_) | Error::Ledger(_) | Error::Query(_) | Error::Io { .. } => {
                Self::Internal(error.to_string())
            }
            _ => Self::Invalid(error.to_string()),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::File { .. }
            | AccountError::Content { .. }
            | AccountError::Hash(_)
            | AccountError::Random(_) => Self::Internal(error.to_string()),
            _ => Self::Invalid(sentence(&error.to_string())),
        }
    }
}

/// An error as a sentence: with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        match self {
            Self::LoginNeeded => return (StatusCode::SEE_OTHER, [(LOCATION, "/login")]).into_response(),
            Self::PasswordNeeded => return (StatusCode::SEE_OTHER, [(LOCATION, "/password")]).into_response(),
            _ => {}
        }
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Error");
        let page =
            bare_page(title, &html! { h1 { (title) } p { (self.text()) } p { a href="/" { "Back to the stations" } } });
        (status, page).into_response()
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
        (self.0.status(), Json(Problem { error: self.0.text().to_owned() })).into_response()
    }
}
