//! A handle for asking, independent of the writer.

use super::aggregate::{Rollup, aggregates, rollups};
use super::error::QueryError;
use super::frames::Frames;
use super::rows::Rows;
use super::stream::Windows;
use super::window::{WindowQuery, WindowValue};
use crate::model::{InstrumentId, Interval, Sample, TimeRange, Timestamp};
use crate::store::read::{Chunk, Found, Reader, Scan};

/// All stored readings of one store, head and segments as one. Cheap to clone, and never in the writer's way for long.
#[derive(Debug, Clone)]
pub struct Readings(Reader);

impl Readings {
    pub(crate) const fn new(reader: Reader) -> Self {
        Self(reader)
    }

    /// The rows of an instrument in a range of time, chunk by chunk: for more than memory should hold.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a segment cannot be opened; the scan itself returns one if a block is corrupt.
    pub fn scan(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Scan, QueryError> {
        Ok(self.0.scan(instrument, channels, range)?)
    }

    /// The rows of an instrument in a range of time, with the asked channels (by their places in a frame), gathered.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a segment or block cannot be read.
    pub fn rows(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Rows, QueryError> {
        let chunks = self.0.scan(instrument, channels, range)?.collect::<Result<Vec<Chunk>, _>>()?;
        Ok(Rows { chunks })
    }

    /// Aggregates over windows `(t - width, t]`, with coverage, gathered: see [`Readings::windows`].
    ///
    /// # Errors
    /// [`QueryError`] for a question that makes no sense, for blocks that cannot be read, and for more than 50 million windows.
    pub fn window(&self, query: &WindowQuery) -> Result<Vec<WindowValue>, QueryError> {
        Windows::new(&self.0, query)?.gather(query)
    }

    /// Aggregates over windows `(t - width, t]`, with coverage, computed one by one: for more than memory should hold. The example
    /// is at [`WindowQuery::new`].
    ///
    /// A sample counts where its value is present and its quality valid. Windows that end in the range but begin before it see the
    /// samples before the range. There is a window at every step from the first row to the last, whether it holds samples or not. Sums
    /// are exact, so that an answer does not depend on how the samples are stored. Windows side by side are answered from the
    /// statistics of blocks where the function allows it.
    ///
    /// # Errors
    /// [`QueryError`] for a question that makes no sense, as are the sum, the extremes, a percentile and the deviation of directions;
    /// the windows themselves give one where a block cannot be read.
    pub fn windows(&self, query: &WindowQuery) -> Result<Windows, QueryError> {
        Windows::new(&self.0, query)
    }

    /// Windows `(t - step, t]` side by side, at every multiple `t` of the step in `ends`: rows, and of each asked channel valid samples,
    /// exact sum (of directions the sum as arrows), least, greatest, first and last. Windows without a row are left out.
    ///
    /// Rollups are not stored apart: they are answered from the statistics that every block carries, so late readings, corrections and
    /// deletions show at once. Only blocks that straddle an end are decoded; blocks of dense readings end with the hour.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn rollups(
        &self,
        instrument: InstrumentId,
        channels: &[usize],
        step: Interval,
        ends: TimeRange,
    ) -> Result<Vec<Rollup>, QueryError> {
        rollups(&self.0, (instrument, channels), step, ends)
    }

    /// Rows in a range of time, and of each asked channel valid samples, exact sum, least, greatest, first and last: the mean of the last ten
    /// minutes, for instance. Whole blocks are answered from their statistics. The end of the answer is that of the range, which no range
    /// includes.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn aggregate(
        &self,
        instrument: InstrumentId,
        channels: &[usize],
        range: TimeRange,
    ) -> Result<Rollup, QueryError> {
        aggregates(&self.0, instrument, channels, range)
    }

    /// The newest present sample of a channel and its time.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn latest(&self, instrument: InstrumentId, channel: usize) -> Result<Option<(Timestamp, Sample)>, QueryError> {
        Ok(self.0.latest(instrument, channel)?)
    }

    /// The newest time of an instrument's rows.
    #[must_use]
    pub fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.0.newest(instrument)
    }

    /// The newest time of an instrument's rows before one.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn newest_before(&self, instrument: InstrumentId, before: Timestamp) -> Result<Option<Timestamp>, QueryError> {
        if let Some(newest) = self.newest(instrument).filter(|newest| *newest < before) {
            return Ok(Some(newest));
        }
        let Some(first) = self.0.first_from(instrument, Timestamp::MIN)?.filter(|first| *first < before) else {
            return Ok(None);
        };
        let mut width_ms = 86_400_000_i64;
        loop {
            let from = before.plus_ms(-width_ms);
            let mut scan = self.0.scan(instrument, &[], TimeRange::new(from, before))?;
            let mut newest = None;
            while let Some(found) = scan.find(|_, _| true)? {
                newest = match found {
                    Found::Rows => scan.rows().times.last().copied(),
                    Found::Block { last, .. } => Some(last),
                };
            }
            if newest.is_some() || from <= first {
                return Ok(newest);
            }
            width_ms = width_ms.saturating_mul(8);
        }
    }

    /// The rows of several instruments in a range of time as frames, in order of time. Each instrument comes with the places of the channels
    /// that are read, in rising order.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a segment cannot be opened.
    pub fn frames(
        &self,
        asked: impl IntoIterator<Item = (InstrumentId, Vec<usize>)>,
        range: TimeRange,
    ) -> Result<Frames, QueryError> {
        Frames::new(&self.0, asked, range)
    }
}
