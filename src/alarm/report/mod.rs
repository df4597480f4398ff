//! What can be said of alarms afterwards, from their events alone.

mod audit;
mod conditions;
mod difference;
mod explain;
mod metrics;
mod record;
mod tally;

pub use audit::Audit;
pub use conditions::ConditionRecord;
pub use difference::Difference;
pub use explain::{Explanation, Told, Transition};
pub use metrics::{KeyMetrics, Metrics};
pub use record::AlarmRecord;
pub use tally::{AlarmSpan, AlarmTally, Forecast, Pages};
