//! Rows of one instrument, gathered.

use super::error::QueryError;
use crate::model::{InstrumentId, Sample, TimeRange, Timestamp};
use crate::store::read::{Chunk, Reader};

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
            chunk.times.iter().enumerate().map(move |(row, time)| {
                (*time, column.map_or(Sample::MISSING, |column| column.sample(row)))
            })
        })
    }
}

/// All rows of an instrument in a range of time, with the asked channels.
///
/// # Errors
/// [`QueryError::Store`] where a segment or block cannot be read.
pub fn rows(
    reader: &Reader,
    instrument: InstrumentId,
    channels: &[usize],
    range: TimeRange,
) -> Result<Rows, QueryError> {
    let chunks = reader.scan(instrument, channels, range)?.collect::<Result<Vec<Chunk>, _>>()?;
    Ok(Rows { chunks })
}
