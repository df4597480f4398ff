//! The texts of the pages, from one file for each language: `texts/en.ftl` and `texts/zh.ftl`.
//!
//! Programs get English: JSON, CSV, metrics and the ledger do not depend on the reader.

mod choice;
mod language;
mod text;

pub use language::Language;

pub(crate) use choice::{choose, is_own_path, switch};
pub(crate) use language::verbatim;
pub(crate) use text::{Text, Value};
