//! The survey of a release: what the stations of a store measured, as the scene that a location is computed from.

mod enhance;
mod error;
mod gather;
mod network;
mod question;
mod rise;
mod series;
mod sun;

pub use enhance::enhancement;
pub use error::SurveyError;
pub use gather::{Survey, survey};
pub use network::SurveyedStation;
pub use question::SurveyQuestion;
pub(super) use series::Grid as StepGrid;
pub use sun::sun_elevation_deg;
