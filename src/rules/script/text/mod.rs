//! The text of a rule file: tokens, top-level statements, and the way back from Rhai's positions to the file's.

mod closures;
mod compound;
mod edit;
mod lexer;
mod mend;
mod quantity;
mod reach;
mod slips;
mod source;
mod statements;

pub(super) use lexer::TokenKind;
pub(super) use source::{Chunk, Source};
pub(super) use statements::Statement;
