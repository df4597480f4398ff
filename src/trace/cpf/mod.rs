//! The conditional probability function: from which directions a channel is high.

mod error;
mod sectors;
mod wilson;

pub use error::CpfError;
pub use sectors::{Cpf, CpfOptions, CpfSector, CpfThreshold, conditional_probability};
pub use wilson::wilson_interval;
