//! Many frames in flat columns, for one append.

use super::frame::{Frame, FrameRef, Mark, Sample};
use super::instrument::InstrumentId;
use super::quality::Quality;
use super::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    instrument: InstrumentId,
    time: Timestamp,
    begin: usize,
    end: usize,
}

/// Frames to be appended together, of one instrument or of many, in order of arrival. Nothing is allocated per value.
///
/// ```
/// use vocdb::{Batch, InstrumentId, Timestamp};
/// let mut batch = Batch::new();
/// batch.push_values(InstrumentId::new(1), Timestamp::from_ms(0), &[Some(0.42), None]);
/// assert_eq!(batch.len(), 1);
/// assert_eq!(batch.frames().next().unwrap().samples().next().unwrap().value, Some(0.42));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    rows: Vec<Row>,
    values: Vec<f64>,
    marks: Vec<Mark>,
    /// Whether the batch is appended as history.
    is_history: bool,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same frames, to be appended as history or not.
    pub(crate) fn with_history(self, is_history: bool) -> Self {
        Self { is_history, ..self }
    }

    /// Whether the batch is appended as history.
    pub(crate) const fn is_history(&self) -> bool {
        self.is_history
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: &Frame) {
        self.push_samples(frame.instrument, frame.time, frame.samples.iter().copied());
    }

    /// Adds a frame that lies elsewhere in columns.
    pub fn push_ref(&mut self, frame: FrameRef<'_>) {
        let begin = self.values.len();
        self.values.extend_from_slice(frame.values);
        self.marks.extend_from_slice(frame.marks);
        self.rows.push(Row { instrument: frame.instrument, time: frame.time, begin, end: self.values.len() });
    }

    /// Adds a frame of values measured in normal operation, `None` where one is missing.
    pub fn push_values(&mut self, instrument: InstrumentId, time: Timestamp, values: &[Option<f64>]) {
        let begin = self.values.len();
        self.values.extend(values.iter().map(|value| value.unwrap_or(0.0)));
        self.marks.extend(values.iter().map(|value| Mark::new(value.is_some(), Quality::Normal)));
        self.rows.push(Row { instrument, time, begin, end: self.values.len() });
    }

    /// Adds a frame of samples.
    pub fn push_samples(
        &mut self,
        instrument: InstrumentId,
        time: Timestamp,
        samples: impl IntoIterator<Item = Sample>,
    ) {
        let begin = self.values.len();
        for Sample { value, quality } in samples {
            self.values.push(value.unwrap_or(0.0));
            self.marks.push(Mark::new(value.is_some(), quality));
        }
        self.rows.push(Row { instrument, time, begin, end: self.values.len() });
    }

    /// Returns the number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether the batch has no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.marks.clear();
    }

    /// The frames in order of arrival.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = FrameRef<'_>> + '_ {
        self.rows.iter().map(|row| self.view(row))
    }

    /// The frame at `index`.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<FrameRef<'_>> {
        self.rows.get(index).map(|row| self.view(row))
    }

    fn view(&self, row: &Row) -> FrameRef<'_> {
        FrameRef {
            instrument: row.instrument,
            time: row.time,
            values: self.values.get(row.begin..row.end).unwrap_or_default(),
            marks: self.marks.get(row.begin..row.end).unwrap_or_default(),
        }
    }
}

impl FromIterator<Frame> for Batch {
    fn from_iter<I: IntoIterator<Item = Frame>>(frames: I) -> Self {
        let mut batch = Self::new();
        frames.into_iter().for_each(|frame| batch.push(&frame));
        batch
    }
}

/// Only `Normal` exists for a value pushed without a flag.
const _: () = assert!(Quality::Normal.code() == 0);
