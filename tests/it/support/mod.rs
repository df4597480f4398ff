//! What tests share: faulty files, a model of a store, folders of their own.

pub(crate) mod faulty;
pub(crate) mod oracle;
pub(crate) mod scratch;
