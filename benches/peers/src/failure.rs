//! The one error: what was tried, and why it did not work.

use std::fmt;

/// Something that could not be measured.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Something was tried and failed.
    pub(crate) fn new(action: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self(format!("cannot {action}: {cause}"))
    }

    /// Anything else, in a sentence.
    pub(crate) fn says(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Errors of an engine, with the engine's name before them.
pub(crate) fn of<E: fmt::Display>(action: &'static str) -> impl Fn(E) -> Failure {
    move |cause| Failure::new(action, cause)
}
