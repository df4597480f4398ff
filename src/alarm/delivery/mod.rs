//! Delivery: the outbox in memory, and the threads of the gateways that empty it.

mod gateway;
mod outbox;

pub use gateway::GatewayReport;
pub use outbox::{Dispatcher, OutboxRow, RowState};
