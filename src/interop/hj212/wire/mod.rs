//! Frames on the wire: framing by length, checksums, encryption, streams.

mod checksum;
mod cipher;
mod decoder;
mod deframer;
mod envelope;
mod printed;

pub use checksum::checksum;
pub use cipher::ContentKey;
pub use decoder::{Decoder, Frame};
pub use deframer::{Deframer, DeframerCounts};
