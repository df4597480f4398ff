//! Delivery: the outbox in memory, and the threads of the gateways that empty it.

mod endpoints;
mod gateway;
mod outbox;
mod overdue;
mod rows;

pub use endpoints::DisabledEndpoint;
pub use gateway::GatewayReport;
pub use outbox::{Dispatcher, OutboxRow};
pub use rows::RowState;
