//! Arbitrary bytes for every decoder of vocdb: each gives the right answer or a typed error, never a panic, and takes no more memory
//! than its input justifies.

pub mod memory;
pub mod random;
pub mod run;
pub mod targets;

use peak_alloc::PeakAlloc;

/// Counts what is allocated.
#[global_allocator]
pub static MEMORY: PeakAlloc = PeakAlloc;

/// One decoder under fire.
#[derive(Clone, Copy)]
pub struct Target {
    /// By which it is asked for.
    pub name: &'static str,
    /// Takes any bytes; panics where the decoder is wrong.
    pub run: fn(&[u8]),
    /// Good inputs, to be mutated.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Whether its inputs are files of stores.
    pub is_file: bool,
    /// Bytes that may be allocated whatever the input.
    pub base_bytes: usize,
    /// Bytes that may be allocated for each byte of input.
    pub bytes_per_byte: usize,
}
