//! What a store holds, in numbers: by instrument, by segment, in memory.

use super::Reader;
use crate::model::{InstrumentId, Timestamp};
use crate::store::head::Head;
use crate::store::segment::Segment;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sealed segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SegmentFigures {
    /// How many there are.
    pub count: u64,
    /// How many of them are as small as compaction makes them.
    pub settled: u64,
    /// Bytes of the files that are not settled: encoded for speed.
    pub bytes_fresh: u64,
    /// Bytes of the settled ones: encoded for size.
    pub bytes_settled: u64,
    /// Segments whose values cannot be counted, because a page does not check; `verify` names them.
    pub unreadable: u64,
}

/// What is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MemoryFigures {
    /// Rows of the head, and of the one that is being sealed.
    pub head_rows: u64,
    /// Bytes of these rows, counted as [`Config::head_bytes_max`](crate::Config::head_bytes_max) counts them: at most twice what it allows,
    /// and a batch.
    pub head_bytes: u64,
    /// Bytes of segments' pages that were read last and are kept: at most
    /// [`PAGES_KEPT_BYTES_MAX`](crate::base::limits::PAGES_KEPT_BYTES_MAX) in a process.
    pub kept_bytes: u64,
}

/// What is stored of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct InstrumentFigures {
    /// Rows in segments and head. An instant that was corrected after it was sealed counts twice until compaction joins the two.
    pub rows: u64,
    /// Present values of these rows.
    pub values: u64,
    /// Bytes of its pages in segments.
    pub bytes: u64,
}

/// All figures of one moment.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) segments: SegmentFigures,
    pub(crate) memory: MemoryFigures,
    pub(crate) instruments: BTreeMap<InstrumentId, InstrumentFigures>,
}

impl Reader {
    /// Counts. The first time after opening or sealing, the fronts of a segment's pages are read; then its values are known.
    pub(crate) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        let segments: Vec<Arc<Segment>> = {
            let state = self.0.read();
            let frozen = state.frozen();
            for head in [Some(&state.head), frozen.as_deref()].into_iter().flatten() {
                figures.add_head(head);
            }
            state.segments().to_vec()
        };
        for segment in &segments {
            figures.add(segment);
        }
        figures
    }

    /// The newest of some instruments' rows.
    pub(crate) fn newest_of(&self, instruments: impl Iterator<Item = InstrumentId>) -> Option<Timestamp> {
        let state = self.0.read();
        instruments.filter_map(|id| state.newest(id)).max()
    }
}

impl Figures {
    fn add_head(&mut self, head: &Head) {
        self.memory.head_rows += head.rows() as u64;
        self.memory.head_bytes += head.bytes() as u64;
        for (id, columns) in head.instruments() {
            let of_instrument = self.instruments.entry(id).or_default();
            of_instrument.rows += columns.rows() as u64;
            of_instrument.values += columns.values() as u64;
        }
    }

    fn add(&mut self, segment: &Segment) {
        let summary = segment.summary();
        self.segments.count += 1;
        self.segments.settled += u64::from(summary.is_settled);
        let of_kind =
            if summary.is_settled { &mut self.segments.bytes_settled } else { &mut self.segments.bytes_fresh };
        *of_kind += summary.file_bytes;
        self.memory.kept_bytes += segment.kept_bytes();
        let values = segment.present_values();
        self.segments.unreadable += u64::from(values.is_err());
        for one in &summary.instruments {
            let of_instrument = self.instruments.entry(InstrumentId::new(one.instrument)).or_default();
            of_instrument.rows += one.rows;
            of_instrument.bytes += one.bytes;
            let known = values.as_ref().ok().and_then(|values| values.get(&one.instrument));
            of_instrument.values += known.copied().unwrap_or_default();
        }
    }
}
