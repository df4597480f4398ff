//! What can be wrong with a description of the world.

use crate::base::escape::Line;

/// A name, unit or number that the model refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A name is empty, too long, or has a character that names may not have.
    #[error("the {what} name `{}` cannot be used: {reason}", Line(name))]
    Name {
        /// Kind of the name: station, instrument, channel.
        what: &'static str,
        /// The name as given.
        name: String,
        /// Reason why it cannot be used.
        reason: &'static str,
    },
    /// A name of a person, a reason or a comment that the ledger does not keep.
    #[error("the {what} cannot be recorded: {reason}")]
    Words {
        /// Kind of the text.
        what: &'static str,
        /// Reason why it cannot be used.
        reason: &'static str,
    },
    /// A position that no station can have.
    #[error("this is no position: {reason}")]
    Position {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two channels of one instrument have the same name.
    #[error("instrument `{instrument}` has two channels named `{channel}`: rename one of them")]
    DuplicateChannel {
        /// The instrument.
        instrument: String,
        /// The name used twice.
        channel: String,
    },
    /// An instrument has no channel, or more than the limit.
    #[error("instrument `{instrument}` has {count} channels, but must have 1 to {max}")]
    ChannelCount {
        /// The instrument.
        instrument: String,
        /// Number of channels given.
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
        "channel `{channel}` of instrument `{instrument}` has the {difference}, and stored values keep their meaning: retire the channel, and \
         add the new one under another name"
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
        "channel `{channel}` of instrument `{instrument}` is declared with {known} decimal places, and {asked} would lose digits of stored values: \
         declare {known} or more"
    )]
    FewerDecimals {
        /// The instrument.
        instrument: String,
        /// The channel.
        channel: String,
        /// Declared number of decimals.
        known: u8,
        /// Requested number of decimals.
        asked: u8,
    },
    /// A text that is no unit this crate knows.
    #[error("`{}` is not a known unit; known units: {known}", Line(text))]
    UnknownUnit {
        /// The text.
        text: String,
        /// The symbols of all known units.
        known: String,
    },
    /// Two units between which nothing converts.
    #[error("{from} cannot be converted to {to}: {reason}")]
    Inconvertible {
        /// Unit to convert from.
        from: &'static str,
        /// Unit to convert to.
        to: &'static str,
        /// Reason, and what would help.
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
    #[error("`{}` is {}", Line(name), unknown_species(nearest, of_formula))]
    UnknownSpecies {
        /// The name as given.
        name: String,
        /// The closest name in the table; empty if none is close.
        nearest: String,
        /// The species whose formula the name is; several if they are isomers.
        of_formula: Vec<&'static str>,
    },
    /// A species in a unit that measures something else.
    #[error(
        "{species} is a concentration, and {unit} is not a unit of one: write ppb, ug/m3 or another unit of concentration"
    )]
    NoConcentration {
        /// Name of the species.
        species: String,
        /// Symbol of the unit.
        unit: &'static str,
    },
    /// A time that cannot be read.
    #[error("`{}` is not a time: {}", Line(text), Line(reason))]
    Time {
        /// The text.
        text: String,
        /// Problem reported by the time library.
        reason: String,
    },
    /// A text that is no time zone.
    #[error("{reason}")]
    Zone {
        /// The text.
        text: String,
        /// What is wrong with the text, and what to write instead.
        reason: String,
    },
    /// A text that is no length of time.
    #[error(
        "`{}` is not a length of time: write a number and ms, s, m or min, h or d, such as 10s, 1m or 8h",
        Line(text)
    )]
    IntervalText {
        /// The text.
        text: String,
    },
    /// An interval of zero, below zero, or over the limit.
    #[error("an interval of {interval_ms} ms is out of range: write 1 ms to 400 days")]
    Interval {
        /// The interval in milliseconds.
        interval_ms: i64,
    },
    /// A retention age below one millisecond or over the limit.
    #[error("a retention age of {age_ms} ms is out of range: write 1 ms to 36,525 days (100 years)")]
    RetentionAge {
        /// The age in milliseconds.
        age_ms: i64,
    },
    /// A number of decimal places over the limit.
    #[error("channel `{channel}` has {decimals} decimal places; at most {max} are possible")]
    Decimals {
        /// The channel.
        channel: String,
        /// Requested number of decimals.
        decimals: u8,
        /// The limit.
        max: u8,
    },
}

/// What an unknown name of a species may mean.
fn unknown_species(nearest: &str, of_formula: &[&str]) -> String {
    match of_formula {
        [] if nearest.is_empty() => "not a known species".to_owned(),
        [] => format!("not a known species; the nearest name is `{nearest}`"),
        [only] => format!("the formula of {only}: write {only}"),
        isomers => format!("the formula of {}: write one of them", isomers.join(", ")),
    }
}
