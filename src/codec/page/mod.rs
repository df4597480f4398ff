//! Pages: one channel of one chunk, written and read.

mod entry;
mod reader;
mod writer;

pub use entry::MarkClasses;
pub use reader::{PageReader, check_page};
pub use writer::PageWriter;
