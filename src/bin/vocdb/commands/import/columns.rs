//! What the command line says about the file's columns.

use crate::values;
use clap::ValueEnum;
use vocdb::interop::csv::{Fold, TimeFormat};
use vocdb::model::{ModelError, ReferenceState};
use vocdb::{Channel, DuplicatePolicy, Unit};

/// Pressure of every reference state that a file's unit may name: one atmosphere, in hPa.
const PRESSURE_HPA: f64 = 1013.25;

/// `COL=name:unit` or `COL=name:unit@20C`: a column, the channel that it feeds, its unit, and its reference state.
#[derive(Debug, Clone)]
pub(crate) struct ColumnMapping {
    pub(crate) column: String,
    pub(crate) channel: String,
    pub(crate) unit: Unit,
    pub(crate) reference: Option<ReferenceState>,
}

impl ColumnMapping {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shape = || "write COL=name:unit, such as C6H6=benzene:ug/m3 or C6H6=benzene:ug/m3@20C".to_owned();
        let (column, rest) = text.rsplit_once('=').ok_or_else(shape)?;
        let (channel, unit) = rest.rsplit_once(':').ok_or_else(shape)?;
        let (unit, state) = match unit.split_once('@') {
            Some((unit, state)) => (unit, Some(state)),
            None => (unit, None),
        };
        let reference = state.map(reference).transpose()?;
        Ok(Self { column: column.to_owned(), channel: channel.to_owned(), unit: values::unit(unit)?, reference })
    }

    /// The channel as a new instrument would have it: of the species that bears the name, or of another quantity.
    pub(crate) fn to_channel(&self) -> Result<Channel, ModelError> {
        let channel = match Channel::species(&self.channel, self.unit) {
            Ok(species) => species.named(&self.channel)?,
            Err(_) => Channel::quantity(&self.channel, self.unit)?,
        };
        Ok(self.reference.map_or(channel.clone(), |reference| channel.with_reference(reference)))
    }
}

fn reference(text: &str) -> Result<ReferenceState, String> {
    let celsius = text.strip_suffix(['C', 'c']).and_then(|number| number.parse().ok());
    let celsius = celsius.ok_or_else(|| format!("`{text}` is no reference state: write 0C, 20C or 25C"))?;
    ReferenceState::new(celsius, PRESSURE_HPA).map_err(|error| error.to_string())
}

/// `rfc3339`, `epoch-s`, `epoch-ms`, or a pattern.
pub(crate) fn time_format(text: &str) -> Result<TimeFormat, String> {
    match text {
        "rfc3339" => Ok(TimeFormat::Rfc3339),
        "epoch-s" => Ok(TimeFormat::EpochSeconds),
        "epoch-ms" => Ok(TimeFormat::EpochMilliseconds),
        pattern if pattern.contains('%') => Ok(TimeFormat::Pattern(pattern.to_owned())),
        _ => Err("write rfc3339, epoch-s, epoch-ms, or a pattern such as '%d/%m/%Y %H:%M'".to_owned()),
    }
}

/// One byte between two fields.
pub(crate) fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab", _) => Ok(b'\t'),
        (_, [byte]) => Ok(*byte),
        _ => Err("write one character, or `tab`".to_owned()),
    }
}

/// [`Fold`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FoldChoice {
    Reject,
    Earlier,
    Later,
}

impl From<FoldChoice> for Fold {
    fn from(choice: FoldChoice) -> Self {
        match choice {
            FoldChoice::Reject => Self::Reject,
            FoldChoice::Earlier => Self::Earlier,
            FoldChoice::Later => Self::Later,
        }
    }
}

/// [`DuplicatePolicy`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DuplicateChoice {
    KeepLast,
    KeepFirst,
    Reject,
}

impl From<DuplicateChoice> for DuplicatePolicy {
    fn from(choice: DuplicateChoice) -> Self {
        match choice {
            DuplicateChoice::KeepLast => Self::KeepLast,
            DuplicateChoice::KeepFirst => Self::KeepFirst,
            DuplicateChoice::Reject => Self::Reject,
        }
    }
}
