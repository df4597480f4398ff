//! Rows of one instrument, gathered.

use crate::model::{Sample, Timestamp};
use crate::store::read::Chunk;

/// Rows of one instrument in order of time, as chunks of columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The chunks, in order of time.
    pub chunks: Vec<Chunk>,
}

impl Rows {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.times.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time and sample of one of the asked channels (by its place in the question), in order of time.
    pub fn samples(&self, column: usize) -> impl Iterator<Item = (Timestamp, Sample)> + '_ {
        self.chunks.iter().flat_map(move |chunk| {
            let column = chunk.columns.get(column);
            chunk
                .times
                .iter()
                .enumerate()
                .map(move |(row, time)| (*time, column.map_or(Sample::MISSING, |column| column.sample(row))))
        })
    }
}
