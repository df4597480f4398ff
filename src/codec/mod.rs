//! One column block in and out: integers, decimals, times and marks. Works on primitive slices and knows nothing of the domain.
//!
//! The bytes are described in `FORMAT.md` beside this file. Decoders take any bytes whatever and answer with the right values or a
//! [`CodecError`]; they allocate no more than the row count that the caller vouches for.

mod bits;
mod error;
mod groups;
mod integers;
mod marks;
mod times;
mod values;

pub use error::CodecError;
pub use marks::{decode_marks, encode_marks};
pub use times::{decode_times, encode_times};
pub use values::{decode_values, encode_values};
