//! What the channels of an instrument measure, and how often.

use super::Reader;
use crate::model::{Dimension, Instrument, InstrumentId, Interval, Unit};

/// The interval of an instrument and the units of its channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Interval between two rows.
    pub interval: Interval,
    /// Units of the channels, by place in a frame.
    pub units: Vec<Unit>,
}

impl Measured {
    /// Whether a channel is circular: its values are directions, of which only a vector mean makes sense.
    #[must_use]
    pub fn is_direction(&self, channel: usize) -> bool {
        self.units.get(channel).is_some_and(|unit| unit.dimension() == Dimension::Direction)
    }
}

impl From<&Instrument> for Measured {
    fn from(instrument: &Instrument) -> Self {
        let units = instrument.channels().iter().map(crate::model::Channel::unit).collect();
        Self { interval: instrument.interval(), units }
    }
}

impl Reader {
    /// Notes what instruments measure. Readers know it from then on.
    pub(crate) fn note_measured<'a>(&self, instruments: impl IntoIterator<Item = (InstrumentId, &'a Instrument)>) {
        let mut state = self.0.write();
        state
            .measured
            .get_or_insert_default()
            .extend(instruments.into_iter().map(|(id, instrument)| (id, Measured::from(instrument))));
    }

    /// What an instrument measures; `None` for an instrument that is not registered.
    #[must_use]
    pub fn measured(&self, instrument: InstrumentId) -> Option<Measured> {
        self.0.read().measured.as_ref()?.get(&instrument).cloned()
    }

    /// For each of some channels, whether it is circular.
    #[must_use]
    pub fn directions(&self, instrument: InstrumentId, channels: &[usize]) -> Vec<bool> {
        let state = self.0.read();
        let measured = state.measured.as_ref().and_then(|measured| measured.get(&instrument));
        channels.iter().map(|channel| measured.is_some_and(|measured| measured.is_direction(*channel))).collect()
    }
}
