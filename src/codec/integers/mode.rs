//! The first byte of a block of integers, and how hard an encoder tries.

/// Bits of the mode byte that hold the kind.
pub(super) const KIND_BITS: u8 = 0x03;
pub(super) const CONSTANT: u8 = 0;
pub(super) const FRAME: u8 = 1;
pub(super) const DELTA: u8 = 2;
pub(super) const ZIGZAG: u8 = 3;
/// The integers below are ranks in a dictionary.
pub(super) const DICTIONARY: u8 = 0x04;
/// Integers beyond 32 bits.
pub(super) const WIDE: u8 = 0x08;
/// The first value is not written: whoever reads the block knows it from elsewhere.
pub(super) const FIRST_KNOWN: u8 = 0x10;
/// Values are the first one plus multiples of a divisor.
pub(super) const DIVISOR: u8 = 0x20;
pub(super) const KNOWN_BITS: u8 = 0x3F;

/// How hard an encoder tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Estimates from a sample: for blocks that are sealed while readings stream in.
    Fast,
    /// Tries everything: for compaction.
    Thorough,
}
