//! Delivery: the outbox in memory, and the threads of the gateways that empty it.

mod dead_letters;
mod endpoints;
mod gateway;
mod last_resort;
mod outbox;
mod overdue;
mod rows;

pub use endpoints::DisabledEndpoint;
pub use gateway::GatewayReport;
pub use last_resort::LastResort;
pub use outbox::{Dispatcher, OutboxRow};
pub use rows::RowState;
