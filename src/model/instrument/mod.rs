//! What measures: channels that are sampled together.

mod change;

pub use change::ChannelChange;

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
    /// Creates an id from its number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
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

/// The treatment of a second, different sample of the same channel and time. Identical repeats are ignored under every policy.
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
/// let gc = Instrument::new("gc", Interval::HOUR, vec![
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
    /// Whether any channel is retired.
    #[serde(skip)]
    has_retired: bool,
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
        Ok(Self { name, interval, channels, duplicates: DuplicatePolicy::default(), has_retired: false })
    }

    /// The same instrument with another policy for duplicates.
    #[must_use]
    pub const fn with_duplicates(mut self, policy: DuplicatePolicy) -> Self {
        self.duplicates = policy;
        self
    }

    /// The same instrument after some changes of its channels, made one after the other. Places in a frame stay what they are.
    ///
    /// # Errors
    /// [`ModelError::ChannelMeaning`], [`ModelError::FewerDecimals`], [`ModelError::NoSuchChannel`], [`ModelError::Decimals`], and
    /// [`ModelError::ChannelCount`] for more than 512 channels, the retired ones among them.
    pub fn changed(&self, changes: &[ChannelChange]) -> Result<Self, ModelError> {
        let mut channels = self.channels.clone();
        for change in changes {
            change.apply(&self.name, &mut channels)?;
        }
        if channels.len() > CHANNELS_PER_INSTRUMENT_MAX {
            let (count, max) = (channels.len(), CHANNELS_PER_INSTRUMENT_MAX);
            return Err(ModelError::ChannelCount { instrument: self.name.clone(), count, max });
        }
        let has_retired = channels.iter().any(Channel::is_retired);
        Ok(Self { channels, has_retired, ..self.clone() })
    }

    /// Returns whether any channel is retired.
    #[must_use]
    pub const fn has_retired(&self) -> bool {
        self.has_retired
    }

    /// The places of the retired channels.
    pub(crate) fn retired_places(&self) -> Vec<usize> {
        self.channels.iter().enumerate().filter(|(_, channel)| channel.is_retired()).map(|(place, _)| place).collect()
    }

    /// The same instrument with the channels at these places retired, and no others.
    pub(crate) fn with_retired_places(mut self, places: &[usize]) -> Self {
        let channels = std::mem::take(&mut self.channels).into_iter().enumerate();
        self.channels = channels.map(|(place, channel)| channel.with_retirement(places.contains(&place))).collect();
        self.has_retired = self.channels.iter().any(Channel::is_retired);
        self
    }

    /// Returns the name, unique within the station.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the nominal time between two frames.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// Returns the channels in the order of a frame's samples. A retired channel keeps its place: its sample is missing.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The place of a channel in a frame.
    #[must_use]
    pub fn channel_index(&self, name: &str) -> Option<usize> {
        self.channels.iter().position(|channel| channel.name() == name)
    }

    /// Returns the policy for duplicates.
    #[must_use]
    pub const fn duplicates(&self) -> DuplicatePolicy {
        self.duplicates
    }
}
