//! One column block in and out: integers, decimals, times and marks. Works on primitive slices and knows nothing of the domain.
//!
//! The bytes are described in `FORMAT.md` beside this file. Decoders take any bytes whatever and answer with the right values or a
//! [`CodecError`]; they allocate no more than the row count that the caller vouches for.

mod error;
mod integers;
mod marks;
mod page;
mod scale;
mod short;
mod small;
mod stats;
mod times;
mod values;

pub use error::CodecError;
pub use integers::Effort;
pub use page::{MarkClasses, PageReader, PageWriter, check_page};
pub use short::ShortColumns;
pub use stats::{BlockStats, DecimalStats, DoubleStats};
pub use times::{TimesReader, encode_times};
