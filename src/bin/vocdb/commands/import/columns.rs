//! Options about the file's columns and their channels.

use crate::values;
use clap::ValueEnum;
use vocdb::base::escape::Line;
use vocdb::interop::csv::{BadField, Encoding, Fold, TimeFormat};
use vocdb::interop::mapping::is_known_quantity;
use vocdb::model::{Dimension, ModelError, ReferenceState, species};
use vocdb::{Channel, DuplicatePolicy, Quality, Unit};

/// `COL=name:unit` or `COL=name:unit@20C`: a column, its channel, its unit, and its reference state.
#[derive(Debug, Clone)]
pub(crate) struct ColumnMapping {
    pub(crate) column: String,
    pub(crate) channel: String,
    pub(crate) unit: Unit,
    pub(crate) reference: Option<ReferenceState>,
}

impl ColumnMapping {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shape = || shape_of(text);
        let (column, rest) = text.rsplit_once('=').ok_or_else(shape)?;
        let (channel, unit) = rest.rsplit_once(':').ok_or_else(shape)?;
        let (unit, state) = match unit.split_once('@') {
            Some((unit, state)) => (unit, Some(state)),
            None => (unit, None),
        };
        let reference = state.map(values::reference).transpose()?;
        let unit = values::unit(unit)?;
        if reference.is_some() && unit.dimension() != Dimension::MassConcentration {
            let unit = unit.symbol();
            return Err(format!(
                "{unit} has no reference temperature: it is no mass concentration; write {unit} without `@`"
            ));
        }
        Ok(Self { column: column.to_owned(), channel: channel.to_owned(), unit, reference })
    }

    /// Returns the channel of a new instrument: a species, or another quantity.
    pub(crate) fn to_channel(&self, is_new_quantity: bool) -> Result<Channel, String> {
        let says = |error: ModelError| error.to_string();
        let channel = match Channel::species(&self.channel, self.unit) {
            Ok(species) => {
                if self.unit.dimension() == Dimension::MassConcentration && self.reference.is_none() {
                    return Err(self.asks_for_temperature());
                }
                species.named(&self.channel).map_err(says)?
            }
            Err(error @ ModelError::NoConcentration { .. }) => {
                return Err(format!("column `{}`: {error}", Line(&self.column)));
            }
            Err(unknown) if self.unit.is_concentration() && !self.is_quantity() && !is_new_quantity => {
                let (mapping, unit) = (Line(&self.channel), self.unit.symbol());
                return Err(format!(
                    "--channel with `{mapping}` in {unit}: {unknown}; correct the name, or give --new-quantity"
                ));
            }
            Err(_) => Channel::quantity(&self.channel, self.unit).map_err(says)?,
        };
        Ok(self.reference.map_or(channel.clone(), |reference| channel.with_reference(reference)))
    }

    fn asks_for_temperature(&self) -> String {
        let (column, channel, unit) = (Line(&self.column), Line(&self.channel), self.unit.symbol());
        format!(
            "column `{column}`: {unit} of `{channel}` needs a reference temperature: \
             write {column}={channel}:{unit}@20C (EU), @25C (US, China since 2018) or @0C, as the file's source says"
        )
    }

    fn is_quantity(&self) -> bool {
        is_known_quantity(&self.channel)
    }
}

/// How to write a column and its channel, with the names of a text that lacks the unit.
fn shape_of(text: &str) -> String {
    let example = text.rsplit_once('=').filter(|(_, name)| species::find(name).is_ok()).unwrap_or(("C6H6", "benzene"));
    let (column, channel) = (Line(example.0), Line(example.1));
    format!("write COL=NAME:UNIT, such as {column}={channel}:ppb or {column}={channel}:ug/m3@20C")
}

/// `COL` or `COL=NAME`: a column of quality flags, for all channels or for one.
pub(crate) fn flag_column<'a>(text: &'a str, channels: &[ColumnMapping]) -> (&'a str, Option<&'a str>) {
    let is_channel = |name: &str| channels.iter().any(|mapping| mapping.channel == name);
    match text.rsplit_once('=') {
        Some((column, name)) if is_channel(name) => (column, Some(name)),
        _ => (text, None),
    }
}

/// `TEXT=FLAG`: a text in the file, and the quality flag that it means.
pub(crate) fn flag(text: &str) -> Result<(String, Quality), String> {
    let shape = || format!("write TEXT=FLAG with one of {}", values::flag_names());
    let (text, name) = text.rsplit_once('=').ok_or_else(shape)?;
    Ok((text.to_owned(), values::flag(name.trim())?))
}

/// `COL=TEXT`: a filter of rows.
pub(crate) fn filter(text: &str) -> Result<(String, String), String> {
    let (column, text) = text.rsplit_once('=').ok_or_else(|| "write COL=TEXT, such as parameter=benzene".to_owned())?;
    Ok((column.to_owned(), text.to_owned()))
}

/// A share in percent.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(|| "write a number from 0 to 100".to_owned())
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

/// The byte between two fields.
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
    ByOrder,
}

impl From<FoldChoice> for Fold {
    fn from(choice: FoldChoice) -> Self {
        match choice {
            FoldChoice::Reject => Self::Reject,
            FoldChoice::Earlier => Self::Earlier,
            FoldChoice::Later => Self::Later,
            FoldChoice::ByOrder => Self::ByOrder,
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

impl DuplicateChoice {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
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

/// [`Encoding`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EncodingChoice {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252", alias = "latin1", alias = "latin-1", alias = "iso-8859-1")]
    Windows1252,
    #[value(name = "utf-16le")]
    Utf16Le,
    #[value(name = "utf-16be")]
    Utf16Be,
    #[value(name = "gbk", alias = "gb18030", alias = "gb2312")]
    Gbk,
}

impl From<EncodingChoice> for Encoding {
    fn from(choice: EncodingChoice) -> Self {
        match choice {
            EncodingChoice::Utf8 => Self::Utf8,
            EncodingChoice::Windows1252 => Self::Windows1252,
            EncodingChoice::Utf16Le => Self::Utf16Le,
            EncodingChoice::Utf16Be => Self::Utf16Be,
            EncodingChoice::Gbk => Self::Gbk,
        }
    }
}

/// [`BadField`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BadFieldChoice {
    Missing,
    RejectRow,
}

impl From<BadFieldChoice> for BadField {
    fn from(choice: BadFieldChoice) -> Self {
        match choice {
            BadFieldChoice::Missing => Self::Missing,
            BadFieldChoice::RejectRow => Self::RejectRow,
        }
    }
}
