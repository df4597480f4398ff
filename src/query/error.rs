//! What can go wrong with a question.

use crate::store::StoreError;

/// A question that cannot be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A file of readings cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A coverage outside 0 to 1.
    #[error("a coverage of {0} is not between 0 and 1: 75 % is 0.75")]
    Coverage(f64),
    /// A range that would give too many windows.
    #[error(
        "the range holds {windows} windows, at most {windows_max} are answered at once: shorten the range or widen the step"
    )]
    TooManyWindows {
        /// How many.
        windows: u64,
        /// The limit.
        windows_max: u64,
    },
}
