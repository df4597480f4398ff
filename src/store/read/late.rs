//! Stored rows for frames that arrive late: every block that a run of them touches is decoded once, its values only where an instant is there.

use super::source::Source;
use crate::model::{InstrumentId, Mark, Sample, TimeRange, Timestamp};
use crate::store::chunk::Chunk;
use crate::store::error::StoreError;
use crate::store::segment::Segment;
use std::collections::BTreeMap;

/// Bytes of decoded blocks above which all are let go.
const BYTES_MAX: usize = 16 << 20;

/// The blocks that were touched last, one of each instrument in each segment.
#[derive(Debug, Default)]
pub(in super::super) struct LateBlocks {
    /// Of which state of the segments.
    epoch: u64,
    blocks: BTreeMap<(InstrumentId, usize), Block>,
    bytes: usize,
}

/// What is known of a stretch of time in one segment.
#[derive(Debug)]
struct Block {
    from: Timestamp,
    to: Timestamp,
    times: Vec<Timestamp>,
    /// All channels, once an instant of these was asked for.
    rows: Option<Chunk>,
}

impl LateBlocks {
    /// Forgets what other segments held.
    pub(super) fn keep_only(&mut self, epoch: u64) {
        if self.epoch != epoch {
            self.clear();
            self.epoch = epoch;
        }
    }

    fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }

    /// The samples of an instant in a segment, if it has a row there.
    pub(super) fn samples(
        &mut self,
        (arrival, segment): (usize, &Segment),
        instrument: InstrumentId,
        time: Timestamp,
        channels: usize,
    ) -> Result<Option<Vec<Sample>>, StoreError> {
        if self.bytes > BYTES_MAX {
            self.clear();
        }
        let key = (instrument, arrival);
        let is_known = self.blocks.get(&key).is_some_and(|block| (block.from..=block.to).contains(&time));
        if !is_known {
            let block = Block::around(segment, instrument, time)?;
            self.bytes += block.times.len() * size_of::<Timestamp>();
            self.blocks.insert(key, block);
        }
        let Some(block) = self.blocks.get_mut(&key) else { return Ok(None) };
        let Ok(row) = block.times.binary_search(&time) else { return Ok(None) };
        if block.rows.as_ref().is_none_or(|rows| rows.columns.len() != channels) {
            let rows = read(segment, instrument, channels, time)?;
            self.bytes += rows.times.len() * channels * (size_of::<f64>() + size_of::<Mark>());
            block.rows = Some(rows);
        }
        let columns = block.rows.iter().flat_map(|rows| &rows.columns);
        Ok(Some(columns.map(|column| column.sample(row)).collect()))
    }
}

impl Block {
    /// The times of the block that holds an instant, or of the next one: nothing lies between.
    fn around(segment: &Segment, instrument: InstrumentId, time: Timestamp) -> Result<Self, StoreError> {
        let times = read(segment, instrument, 0, time)?.times;
        let from = times.first().map_or(time, |first| time.min(*first));
        let to = times.last().copied().unwrap_or(Timestamp::MAX);
        Ok(Self { from, to, times, rows: None })
    }
}

/// The first block that ends at an instant or behind it, whole.
fn read(segment: &Segment, instrument: InstrumentId, channels: usize, time: Timestamp) -> Result<Chunk, StoreError> {
    let channels: Vec<usize> = (0..channels).collect();
    let range = TimeRange::new(time, Timestamp::MAX);
    let Some(mut source) = Source::of_segment(0, segment, instrument, &channels, range)? else {
        return Ok(Chunk::default());
    };
    if source.next.is_some() {
        source.load()?;
    }
    Ok(source.loaded)
}
