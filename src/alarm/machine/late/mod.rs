//! Late and past data: what re-evaluation finds is compared with the record, adopted where it holds now, and history otherwise.

mod adopt;
mod amend;
mod current;
mod trial;

pub use trial::Trial;
