//! What can be said of alarms afterwards, from their events alone.

mod audit;
mod explain;
mod metrics;

pub use audit::Audit;
pub use explain::{Explanation, Told, Transition};
pub use metrics::{KeyMetrics, Metrics};
