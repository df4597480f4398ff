//! Evidence for and against sources: wind directions of high readings, and outages of treatment units.

mod cpf;
mod outages;

pub(super) use cpf::Cpf;
pub(super) use outages::Outages;
