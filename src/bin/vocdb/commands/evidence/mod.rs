//! Evidence for and against sources: wind directions of high readings, and outages of treatment units.

mod cpf;

pub(super) use cpf::Cpf;
