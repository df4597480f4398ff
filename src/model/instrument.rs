//! What measures: channels that are sampled together.

use super::channel::Channel;
use super::error::ModelError;
use super::interval::Interval;
use super::station::check_name;
use crate::base::limits::CHANNELS_PER_INSTRUMENT_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The number of an instrument in its store, given at registration in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentId(u32);

impl InstrumentId {
    /// From its number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instrument {}", self.0)
    }
}

/// What happens to a second, different sample for the same channel and instant. Identical repeats are free under every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DuplicatePolicy {
    /// The later arrival replaces the earlier one and the ledger records the correction.
    #[default]
    KeepLast,
    /// The earlier one stays; the later is counted as superseded.
    KeepFirst,
    /// The frame is refused and counted.
    Reject,
}

/// An instrument: its channels share one time column, because they are sampled together.
///
/// ```
/// use vocdb::{Channel, Instrument, Interval, Unit};
/// let gc = Instrument::new("gc", Interval::hours(1), vec![
///     Channel::species("benzene", Unit::Ppb)?,
///     Channel::species("toluene", Unit::Ppb)?,
/// ])?;
/// assert_eq!(gc.channel_index("toluene"), Some(1));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    name: String,
    interval: Interval,
    channels: Vec<Channel>,
    duplicates: DuplicatePolicy,
}

impl Instrument {
    /// An instrument that delivers a frame every `interval`.
    ///
    /// # Errors
    /// [`ModelError::Name`], [`ModelError::ChannelCount`] (none, or more than 512), [`ModelError::DuplicateChannel`].
    pub fn new(name: impl Into<String>, interval: Interval, channels: Vec<Channel>) -> Result<Self, ModelError> {
        let name = name.into();
        check_name("instrument", &name)?;
        if channels.is_empty() || channels.len() > CHANNELS_PER_INSTRUMENT_MAX {
            let (count, max) = (channels.len(), CHANNELS_PER_INSTRUMENT_MAX);
            return Err(ModelError::ChannelCount { instrument: name, count, max });
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = channels.iter().find(|channel| !seen.insert(channel.name())) {
            return Err(ModelError::DuplicateChannel { instrument: name, channel: twice.name().to_owned() });
        }
        Ok(Self { name, interval, channels, duplicates: DuplicatePolicy::default() })
    }

    /// The same instrument with another policy for duplicates.
    #[must_use]
    pub const fn with_duplicates(mut self, policy: DuplicatePolicy) -> Self {
        self.duplicates = policy;
        self
    }

    /// Its name, unique within the station.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far apart its frames are when all is well.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// Its channels, in the order of the samples of a frame.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The place of a channel in a frame.
    #[must_use]
    pub fn channel_index(&self, name: &str) -> Option<usize> {
        self.channels.iter().position(|channel| channel.name() == name)
    }

    /// What happens to duplicates.
    #[must_use]
    pub const fn duplicates(&self) -> DuplicatePolicy {
        self.duplicates
    }
}
