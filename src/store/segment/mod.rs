//! Sealed, immutable, checksummed files of readings. The bytes are described in `../FORMAT.md`.

mod footer;
mod lineage;
mod pages;
mod reader;
mod writer;

pub(super) use footer::{ChunkEntry, InstrumentEntry, SegmentSummary};
pub(crate) use lineage::Lineage;
pub(super) use lineage::sort_by_arrival;
pub(super) use reader::{OpenSegment, Segment, read_summary};
pub(super) use writer::{RawColumn, RowSource, SegmentWriter};

use crate::codec::MarkClasses;
use crate::model::Mark;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// First bytes of a segment file.
const MAGIC: [u8; 8] = *b"VOCDBSEG";
/// Last bytes of a segment file.
const END_MAGIC: [u8; 8] = *b"VOCSEGND";
/// The version of segments.
const VERSION: u32 = 1;
/// Magic and version.
const HEAD_BYTES: usize = 12;
/// Footer length, footer checksum, end magic.
const TAIL_BYTES: usize = 16;
/// File name suffix.
pub(super) const SUFFIX: &str = ".seg";

/// Suffix of one that was set aside because it does not check.
pub(super) const SET_ASIDE: &str = ".quarantined";

/// Where a segment lies once it has been set aside.
pub(crate) fn set_aside(path: &Path) -> PathBuf {
    path.with_extension(SET_ASIDE.trim_start_matches('.'))
}

/// What marks mean to the codec.
pub(super) static MARK_CLASSES: LazyLock<MarkClasses> = LazyLock::new(|| {
    let of_byte = |byte: usize| u8::try_from(byte).ok().and_then(Mark::from_byte);
    MarkClasses {
        is_present: std::array::from_fn(|byte| of_byte(byte).is_some_and(Mark::is_present)),
        is_valid: std::array::from_fn(|byte| of_byte(byte).is_some_and(Mark::is_valid)),
    }
});

/// The first and the last sequence number that a segment's name tells, whatever its suffix.
pub(super) fn lsns(file_name: &str) -> Option<(u64, u64)> {
    let (first, rest) = file_name.split_once('-')?;
    let last = rest.split('.').next()?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The generation that a segment's name tells; those that were sealed from the head have none.
pub(super) fn generation(file_name: &str) -> u64 {
    let stem = file_name.trim_end_matches(SUFFIX);
    stem.split_once('.').and_then(|(_, digits)| digits.parse().ok()).unwrap_or(0)
}
