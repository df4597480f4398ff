//! What can be wrong with a description of the world.

use crate::base::escape::Line;

/// A name, unit or number that the model refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A name is empty, too long, or has a character that names may not have.
    #[error("the {what} name `{}` is not usable: {reason}", Line(name))]
    Name {
        /// Of what: station, instrument, channel.
        what: &'static str,
        /// The name as given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name of a person, a reason or a comment that the ledger does not keep.
    #[error("the {what} cannot be recorded: {reason}")]
    Words {
        /// Of what.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A position that no station can have.
    #[error("this is no position: {reason}")]
    Position {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two channels of one instrument have the same name.
    #[error("instrument `{instrument}` has two channels named `{channel}`: give each its own name")]
    DuplicateChannel {
        /// The instrument.
        instrument: String,
        /// The name used twice.
        channel: String,
    },
    /// An instrument has no channel, or more than the limit.
    #[error("instrument `{instrument}` has {count} channels; it may have 1 to {max}")]
    ChannelCount {
        /// The instrument.
        instrument: String,
        /// How many it was given.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A change names a channel that the instrument does not have.
    #[error("instrument `{instrument}` has no channel `{}`; it has: {known}", Line(channel))]
    NoSuchChannel {
        /// The instrument.
        instrument: String,
        /// The channel.
        channel: String,
        /// All its channels.
        known: Box<str>,
    },
    /// A change would give stored values another meaning.
    #[error(
        "channel `{channel}` of instrument `{instrument}` has the {difference}, and what is stored keeps its meaning: retire the channel, and \
         add the other one under another name"
    )]
    ChannelMeaning {
        /// The instrument.
        instrument: String,
        /// The channel.
        channel: String,
        /// Species, unit or reference state: what it is, and what was asked for.
        difference: Box<str>,
    },
    /// A change would declare fewer decimals than before.
    #[error(
        "channel `{channel}` of instrument `{instrument}` is declared with {known} decimal places, and {asked} would say less than what is \
         stored: declare {known} or more"
    )]
    FewerDecimals {
        /// The instrument.
        instrument: String,
        /// The channel.
        channel: String,
        /// What it is declared with.
        known: u8,
        /// What was asked for.
        asked: u8,
    },
    /// A text that is no unit this crate knows.
    #[error("`{}` is no known unit; known are {known}", Line(text))]
    UnknownUnit {
        /// The text.
        text: String,
        /// The symbols of all known units.
        known: String,
    },
    /// Two units between which nothing converts.
    #[error("{from} cannot be converted to {to}: {reason}")]
    Inconvertible {
        /// From this unit,
        from: &'static str,
        /// to this one.
        to: &'static str,
        /// Why not, and what would help.
        reason: &'static str,
    },
    /// A reference state outside of what gas is measured at.
    #[error(
        "a reference state must be -100 to 500 °C and 100 to 2000 hPa, not {temperature_c} °C and {pressure_hpa} hPa"
    )]
    ReferenceState {
        /// The temperature in degrees Celsius.
        temperature_c: f64,
        /// The pressure in hectopascals.
        pressure_hpa: f64,
    },
    /// A species that is not in the table.
    #[error("`{}` is not in the species table; the nearest name there is `{nearest}`", Line(name))]
    UnknownSpecies {
        /// The name as given.
        name: String,
        /// The closest name in the table.
        nearest: String,
    },
    /// A time that cannot be read.
    #[error("`{}` is no time: {}", Line(text), Line(reason))]
    Time {
        /// The text.
        text: String,
        /// What is wrong, by the time library.
        reason: String,
    },
    /// A text that is no length of time.
    #[error("`{}` is no length of time: write a number and ms, s, m or min, h or d, such as 10s, 1m or 8h", Line(text))]
    IntervalText {
        /// The text.
        text: String,
    },
    /// An interval of zero, below zero, or over the limit.
    #[error("an interval of {interval_ms} ms is not usable: it must be 1 ms to 400 days")]
    Interval {
        /// The interval in milliseconds.
        interval_ms: i64,
    },
    /// A number of decimal places over the limit.
    #[error("channel `{channel}` asks for {decimals} decimal places; at most {max} are kept")]
    Decimals {
        /// The channel.
        channel: String,
        /// What it asks for.
        decimals: u8,
        /// The limit.
        max: u8,
    },
}
