//! Why there is no conditional probability function.

/// A question for a conditional probability function that makes no sense, or has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CpfError {
    /// A percentile outside 0 to 100.
    #[error("a percentile of {0} is not between 0 and 100: the highest tenth begins at 90")]
    Percentile(f64),
    /// A threshold that is no number.
    #[error("the threshold must be a number in the unit of the channel")]
    Threshold,
    /// A normal quantile that is none.
    #[error("z must be above 0: 1.96 for 95 %, 1.645 for 90 %")]
    Z,
    /// A least wind speed that is none.
    #[error("the least wind speed must be 0 m/s or more")]
    WindSpeed,
    /// No reading with a value and a wind.
    #[error(
        "no reading has a valid value and a wind at the same time: {values} values and no wind; check the range and the station of the wind"
    )]
    NoPairs {
        /// Valid readings of the channel.
        values: usize,
    },
    /// No reading at all.
    #[error("the channel has no valid reading in the range")]
    NoValues,
}
