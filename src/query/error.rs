//! What can go wrong with a question.

use super::window::WindowFunction;
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
    /// A percentile outside 0 to 100.
    #[error("a percentile of {0} is not between 0 and 100: the median is 50")]
    Percentile(f64),
    /// An arithmetic function over a circular channel.
    #[error(
        "the channel is a direction, of which there is no {}: ask for the mean (the vector mean), first, last or count",
        function.name()
    )]
    Direction {
        /// The function.
        function: WindowFunction,
    },
    /// A range that would give too many windows to be held in memory.
    #[error(
        "the range holds {windows} windows, at most {windows_max} are returned at once: shorten the range, widen the step, or read \
         them one by one with `Readings::windows`"
    )]
    TooManyWindows {
        /// How many.
        windows: u64,
        /// The limit.
        windows_max: u64,
    },
}
