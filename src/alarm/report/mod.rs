//! What can be said of alarms afterwards, from their events alone.

mod audit;
mod explain;
mod metrics;
mod record;

pub use audit::Audit;
pub use explain::{Explanation, Told, Transition};
pub use metrics::{KeyMetrics, Metrics};
pub use record::AlarmRecord;
