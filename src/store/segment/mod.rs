//! Sealed, immutable, checksummed, memory-mapped files of readings. The bytes are described in `../FORMAT.md`.

mod footer;
mod reader;
mod writer;

pub(super) use footer::{BlockEntry, SegmentSummary};
pub(super) use reader::{OpenSegment, Segment, read_summary};
pub(super) use writer::{SegmentColumns, build};

/// First bytes of a segment file.
const MAGIC: [u8; 8] = *b"VOCDBSEG";
/// Last bytes of a segment file.
const END_MAGIC: [u8; 8] = *b"VOCSEGND";
/// The version that this release writes, and the latest that it reads.
const VERSION: u32 = 1;
/// Magic and version.
const HEAD_BYTES: usize = 12;
/// Footer length, footer checksum, end magic.
const TAIL_BYTES: usize = 16;
/// File name suffix.
pub(super) const SUFFIX: &str = ".seg";
