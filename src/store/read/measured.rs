//! What the channels of an instrument measure, and how often.

use crate::model::{Channel, Dimension, Instrument, Interval, Unit};

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
        let units = instrument.channels().iter().map(Channel::unit).collect();
        Self { interval: instrument.interval(), units }
    }
}
