//! The question of a survey.

use crate::model::TimeRange;

/// What a survey asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyQuestion<'a> {
    /// Name of the channel or of its species.
    pub channel: &'a str,
    /// Time of the release, at most 7 days.
    pub range: TimeRange,
    /// Station whose wind counts; without one, the station with wind that is nearest to the middle of the network.
    pub wind: Option<&'a str>,
}
