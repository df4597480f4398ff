//! The description of a format, as a mapping file gives it.

use crate::interop::csv::parts::needs_zone;
use crate::interop::csv::{BadField, Encoding, Fold, TimeFormat};
use crate::model::{Interval, Quality, ReferenceState, Unit};

/// Pressure of every reference state that a unit may name: one atmosphere, in hPa.
const PRESSURE_HPA: f64 = 1013.25;

/// How a format is written and what its columns become: read from a mapping file in TOML by [`Mapping::parse`], or shipped
/// ([`Mapping::shipped`]).
///
/// ```
/// use vocdb::interop::mapping::Mapping;
/// let text = r#"
///     [time]
///     columns = "time"
///     format = "rfc3339"
///     [station]
///     name = "park/S1"
///     [instrument]
///     name = "gc"
///     interval = "1h"
///     [[channel]]
///     column = "C6H6"
///     name = "benzene"
///     unit = "ug/m3@20C"
/// "#;
/// assert_eq!(Mapping::parse("gc.toml", text)?.name(), "gc.toml");
/// let error = Mapping::parse("gc.toml", &text.replace("format", "formt")).unwrap_err();
/// assert!(error.to_string().starts_with("gc.toml:4:5: unknown key `formt` in [time]; the nearest is `format`"));
/// # Ok::<(), vocdb::interop::mapping::MappingError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) file: FileFormat,
    pub(super) time: TimeMapping,
    pub(super) station: StationMapping,
    pub(super) instrument: InstrumentMapping,
    pub(super) layout: Layout,
    /// Columns and the texts of rows that are read.
    pub(super) filters: Vec<(String, Vec<String>)>,
    pub(super) values: ValueRules,
    pub(super) channels: Vec<ChannelMapping>,
}

/// Bytes, lines and numbers of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FileFormat {
    pub(super) delimiter: u8,
    pub(super) encoding: Encoding,
    pub(super) decimal_comma: bool,
    /// Lines before the first row of values.
    pub(super) header_lines: u64,
    /// Text with which the line of names begins, where the number of lines before it varies.
    pub(super) names_start: Option<String>,
    /// Line that has the names of the columns, counted from 1; 0 if none has.
    pub(super) names_line: u64,
    /// Line below it that has their units; 0 if none has.
    pub(super) units_line: u64,
}

/// The time of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeMapping {
    pub(super) columns: Vec<String>,
    pub(super) format: TimeFormat,
    pub(super) zone: Option<String>,
    pub(super) fold: Fold,
    /// Whether a time is the beginning of its interval; readings are stored with its end.
    pub(super) is_begin: bool,
    pub(super) spread: Option<Interval>,
}

/// The station of a reading.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct StationMapping {
    /// Name of the station, if the file is of one.
    pub(super) name: Option<String>,
    /// Columns that make up the name, joined by `-`.
    pub(super) columns: Vec<String>,
    /// Whether the headings of the value columns are the names.
    pub(super) is_heading: bool,
    /// First part of the names of several stations: `PREFIX/NAME`.
    pub(super) prefix: Option<String>,
}

/// The instrument of a reading.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct InstrumentMapping {
    pub(super) name: Option<String>,
    /// Columns whose texts follow the name.
    pub(super) columns: Vec<String>,
    pub(super) interval: Option<Interval>,
}

/// Where values are, beside what the headings say.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Layout {
    /// Column of what was measured.
    pub(super) parameter: Option<String>,
    /// Column of the value.
    pub(super) value: Option<String>,
    /// Column of the unit.
    pub(super) unit: Option<String>,
    /// Columns of the hours of a day.
    pub(super) hours: Vec<String>,
    /// Hour of the first of them.
    pub(super) first_hour: u64,
}

/// Which columns have values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A column for each channel.
    Wide,
    /// One column, the channel named in another.
    Long,
    /// A column for each station.
    Stations,
    /// A column for each hour of a day.
    Hours,
}

/// What fields of values mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueRules {
    pub(super) missing: Vec<String>,
    pub(super) marks: Vec<(String, Quality)>,
    /// Column of quality flags, by name, position or distance from the value (`+1`).
    pub(super) flags: Option<String>,
    pub(super) flag_texts: Vec<(String, Quality)>,
    /// Texts of flag columns that mean a missing value.
    pub(super) flag_missing: Vec<String>,
    /// Meaning of other texts; none if they are refused.
    pub(super) unknown_flag: Option<Quality>,
    pub(super) bad_field: BadField,
    /// Whether columns or parameters without an entry become channels.
    pub(super) has_others: bool,
    /// Columns or parameters that do not.
    pub(super) ignore: Vec<String>,
    /// Reference state of mass concentrations that give none.
    pub(super) reference: Option<ReferenceState>,
    /// Meaning of units as the file writes them; none if their columns are ignored.
    pub(super) units: Vec<(String, Option<UnitAt>)>,
    /// Whether a file may lack columns of channels.
    pub(super) is_absent_fine: bool,
    /// Whether directions that are a turn off at most are read as those within 0 to 360 degrees.
    pub(super) wrap_directions: bool,
}

/// A unit, and the reference state of a mass concentration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UnitAt {
    pub(super) unit: Unit,
    pub(super) reference: Option<ReferenceState>,
}

impl UnitAt {
    /// A unit such as `ppb` or `ug/m3@20C`; none if it is not known.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('@') {
            Some((unit, state)) => Some(Self { unit: unit.parse().ok()?, reference: Some(reference_of(state)?) }),
            None => Some(Self { unit: text.parse().ok()?, reference: None }),
        }
    }
}

/// A reference state such as `20C`.
pub(super) fn reference_of(text: &str) -> Option<ReferenceState> {
    let celsius = text.strip_suffix(['C', 'c']).and_then(|number| number.parse().ok())?;
    ReferenceState::new(celsius, PRESSURE_HPA).ok()
}

/// A channel, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChannelMapping {
    /// Headings of its column, or texts in the parameter column; any of them.
    pub(super) sources: Vec<String>,
    pub(super) name: String,
    pub(super) unit: Option<UnitAt>,
    /// Whether the name may be one that is no species.
    pub(super) is_quantity: bool,
    pub(super) flags: Option<String>,
    pub(super) missing: Vec<String>,
    pub(super) bad_field: Option<BadField>,
}

impl Mapping {
    /// Name of a shipped profile, or of the mapping file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line about the format.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Whether one file may hold several stations.
    #[must_use]
    pub const fn has_several_stations(&self) -> bool {
        self.station.is_heading || !self.station.columns.is_empty()
    }

    /// The same mapping for files of one station of this name.
    #[must_use]
    pub fn station(mut self, name: impl Into<String>) -> Self {
        self.station.name = Some(name.into());
        self
    }

    /// The same mapping with another first part of the names of stations.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.station.prefix = Some(prefix.into());
        self
    }

    /// The same mapping with another name of the instrument.
    #[must_use]
    pub fn instrument(mut self, name: impl Into<String>) -> Self {
        self.instrument.name = Some(name.into());
        self
    }

    /// The same mapping with another interval of the instruments.
    #[must_use]
    pub const fn interval(mut self, interval: Interval) -> Self {
        self.instrument.interval = Some(interval);
        self
    }

    /// The same mapping with times in another zone.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.time.zone = Some(zone.into());
        self
    }

    /// The same mapping with a further text that means a missing value.
    #[must_use]
    pub fn missing(mut self, text: impl Into<String>) -> Self {
        self.values.missing.push(text.into());
        self
    }

    /// The same mapping with a further text of flag columns.
    #[must_use]
    pub fn flag(mut self, text: impl Into<String>, quality: Quality) -> Self {
        self.values.flag_texts.insert(0, (text.into(), quality));
        self
    }

    /// The same mapping with a further mark of values.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<String>, quality: Quality) -> Self {
        self.values.marks.insert(0, (mark.into(), quality));
        self
    }

    /// The same mapping for rows with this text in a column; repeat it for further texts.
    #[must_use]
    pub fn only(mut self, column: impl Into<String>, text: impl Into<String>) -> Self {
        let (column, text) = (column.into(), text.into());
        match self.filters.iter_mut().find(|(own, _)| *own == column) {
            Some((_, texts)) => texts.push(text),
            None => self.filters.push((column, vec![text])),
        }
        self
    }

    /// Texts that mean a missing value in every column, besides the empty field.
    #[must_use]
    pub fn missing_texts(&self) -> &[String] {
        &self.values.missing
    }

    /// Interval of the instruments, if the mapping has one.
    #[must_use]
    pub const fn interval_of_instruments(&self) -> Option<Interval> {
        self.instrument.interval
    }

    /// The same mapping with a reference temperature of mass concentrations that give none.
    #[must_use]
    pub const fn reference(mut self, reference: ReferenceState) -> Self {
        self.values.reference = Some(reference);
        self
    }

    /// The columns that a file must have.
    ///
    /// ```
    /// use vocdb::interop::mapping::Mapping;
    /// let query = Mapping::shipped("query").ok_or("no profile")??;
    /// assert_eq!(query.columns(), ["time", "station", "channel", "value", "unit", "quality"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let Layout { parameter, value, unit, hours, .. } = &self.layout;
        let axes = self.time.columns.iter().chain(&self.station.columns).chain(&self.instrument.columns);
        let filters = self.filters.iter().map(|(column, _)| column);
        // A distance such as `+1` is no column.
        let flags = self.values.flags.iter().filter(|flags| !flags.starts_with('+'));
        let is_named = self.shape() == Shape::Wide && !self.values.is_absent_fine;
        let channels = self.channels.iter().filter(|_| is_named).filter_map(|channel| channel.sources.first());
        let layout = parameter.iter().chain(value).chain(unit).chain(hours);
        axes.chain(filters).chain(layout).chain(channels).chain(flags).map(String::as_str).collect()
    }

    /// What is still to be given before a file can be read; none if nothing is.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        if !self.has_several_stations() && self.station.name.is_none() {
            return Some("it is of one station: give its name in [station], or with --station");
        }
        if self.has_several_stations() && self.station.name.is_some() {
            return Some(
                "it has several stations, so that one name fits none of them: give --prefix instead of --station",
            );
        }
        if self.instrument.name.is_none() && self.instrument.columns.is_empty() {
            return Some("the instrument has no name: give it in [instrument], or with --instrument");
        }
        if self.time.zone.is_none() && needs_zone(&self.time.format) {
            return Some(
                "its times have no offset: give their zone in [time], or with --zone, such as +08:00, Europe/London or UTC",
            );
        }
        if self.time.is_begin && self.instrument.interval.is_none() {
            return Some("times are the beginning of their interval: give `interval` in [instrument], or --interval");
        }
        None
    }

    /// Which columns have values.
    pub(super) fn shape(&self) -> Shape {
        if self.station.is_heading {
            Shape::Stations
        } else if !self.layout.hours.is_empty() {
            Shape::Hours
        } else if self.layout.value.is_some() {
            Shape::Long
        } else {
            Shape::Wide
        }
    }
}
