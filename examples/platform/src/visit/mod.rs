//! Requests as pages take them: visitors with their sessions, forms with their tokens, limits of attempts.

mod act;
mod attempts;
mod number;
mod sessions;
mod visitor;

pub(crate) use act::{Act, Fields, TOKEN_FIELD, label};
pub(crate) use attempts::{Attempts, sender};
pub(crate) use number::Number;
pub(crate) use sessions::Sessions;
pub(crate) use visitor::{FORM_COOKIE, SESSION_COOKIE, Visitor, cookie};
