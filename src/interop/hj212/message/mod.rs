//! What messages mean, and messages of one's own.

mod command;
mod content;
mod intake;
mod outgoing;
mod packets;
mod tally;

pub use command::Command;
pub use content::{Content, Measurement, MeasurementKind, MessageFault};
pub use intake::{Intake, IntakeError, Taken};
pub use outgoing::{EncodeError, Outgoing};
pub use packets::{Incomplete, Joined, PacketFault, PacketLimits, Reassembler, WholeMessage};
pub use tally::{IntakeReport, Left, LeftReason};
