//! The number in an address.

use crate::failure::Failure;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

/// The number in an address, such as `/alarms/17`. Any other text names nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let number = Path::<u64>::from_request_parts(parts, state).await;
        number.map(|Path(number)| Self(number)).map_err(|_| Failure::NotFound)
    }
}
