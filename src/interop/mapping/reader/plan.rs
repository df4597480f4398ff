//! The columns of one file's header, as the mapping uses them.

use super::super::description::{Mapping, Shape, UnitAt};
use super::super::error::MappingError;
use crate::interop::csv::parts::{Header, Refusal, trim};
use crate::interop::csv::{BadField, CsvError, RejectReason};
use csv::ByteRecord;
use std::collections::BTreeSet;

/// Text of a filter that accepts any field.
const ANY: &str = "*";

/// A column of values.
#[derive(Debug, Clone)]
pub(super) struct ValueColumn {
    pub(super) column: usize,
    pub(super) heading: String,
    /// Column of its quality flags.
    pub(super) flags: Option<usize>,
    /// Place of the channel in the mapping, where the heading says which it is.
    pub(super) channel: Option<usize>,
    /// Hour of the day whose values the column has.
    pub(super) hour: Option<u64>,
    /// Unit by the row of units.
    pub(super) unit: Option<UnitAt>,
}

/// Texts that a column may have in rows that are read.
#[derive(Debug)]
struct Filter {
    column: usize,
    texts: Vec<String>,
}

/// Where everything is in the rows of one file.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) header: Header,
    pub(super) times: Vec<usize>,
    pub(super) time_name: String,
    filters: Vec<Filter>,
    pub(super) station: Vec<usize>,
    pub(super) instrument: Vec<usize>,
    pub(super) parameter: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) values: Vec<ValueColumn>,
    /// Columns that nothing is read from.
    pub(super) unread: Vec<String>,
}

impl Plan {
    pub(super) fn new(
        name: &str,
        mapping: &Mapping,
        header: Header,
        units: Option<&ByteRecord>,
    ) -> Result<Self, MappingError> {
        let all = |names: &[String]| names.iter().map(|name| header.find(name)).collect::<Result<Vec<_>, CsvError>>();
        let one = |name: &Option<String>| name.as_ref().map(|name| header.find(name)).transpose();
        let times = all(&mapping.time.columns)?;
        let filters = mapping.filters.iter().map(|(column, texts)| {
            Ok::<Filter, CsvError>(Filter { column: header.find(column)?, texts: texts.clone() })
        });
        let filters = filters.collect::<Result<Vec<_>, _>>()?;
        let (station, instrument) = (all(&mapping.station.columns)?, all(&mapping.instrument.columns)?);
        let (parameter, unit) = (one(&mapping.layout.parameter)?, one(&mapping.layout.unit)?);
        let named = times.iter().chain(&station).chain(&instrument).chain(&parameter).chain(&unit);
        let named = named.chain(filters.iter().map(|filter| &filter.column));
        let mut used: BTreeSet<usize> = named.copied().collect();
        let values = ValueColumns { name, mapping, header: &header, units }.find(&used)?;
        used.extend(values.iter().map(|value| value.column).chain(values.iter().filter_map(|value| value.flags)));
        let names = header.names().iter().enumerate();
        let unread = names.filter(|(column, name)| !used.contains(column) && !name.is_empty());
        let unread = unread.map(|(_, name)| name.clone()).collect();
        let time_names = times.iter().filter_map(|at| header.names().get(*at)).map(String::as_str);
        let time_name = time_names.collect::<Vec<_>>().join("+");
        Ok(Self { header, times, time_name, filters, station, instrument, parameter, unit, values, unread })
    }

    /// Whether a row is one of those to be read, by the filters.
    pub(super) fn is_wanted(&self, record: &ByteRecord) -> bool {
        self.filters.iter().all(|filter| {
            let field = trim(record.get(filter.column).unwrap_or_default());
            filter.texts.iter().any(|text| text == ANY || text.as_bytes() == field)
        })
    }

    /// Name of a column.
    pub(super) fn name_of(&self, column: usize) -> Option<String> {
        self.header.names().get(column).cloned()
    }

    /// The refusal of a field.
    pub(super) fn refusal(&self, record: &ByteRecord, column: usize, reason: RejectReason) -> Refusal {
        let text = String::from_utf8_lossy(trim(record.get(column).unwrap_or_default())).into_owned();
        Refusal { column: self.name_of(column), text, reason }
    }
}

/// Finds the columns of values.
struct ValueColumns<'a> {
    name: &'a str,
    mapping: &'a Mapping,
    header: &'a Header,
    units: Option<&'a ByteRecord>,
}

impl ValueColumns<'_> {
    fn find(&self, used: &BTreeSet<usize>) -> Result<Vec<ValueColumn>, MappingError> {
        let layout = &self.mapping.layout;
        let values = match self.mapping.shape() {
            Shape::Wide => self.wide(used)?,
            Shape::Stations => self.rest(used, &[]).into_iter().map(|column| self.value(column, None)).collect(),
            Shape::Long => {
                let value = layout.value.as_ref().map(|value| self.header.find(value)).transpose()?;
                value.into_iter().map(|column| self.value(column, None)).collect()
            }
            Shape::Hours => {
                let mut values = Vec::new();
                for (hour, column) in (layout.first_hour..).zip(&layout.hours) {
                    values.push(ValueColumn { hour: Some(hour), ..self.value(self.header.find(column)?, None) });
                }
                values
            }
        };
        let values = values.into_iter().map(|value| self.with_flags(value)).collect::<Result<Vec<_>, _>>()?;
        values.iter().try_for_each(|value| self.check_unit(value))?;
        if values.is_empty() {
            let reason =
                "no column has values: check the delimiter, the lines of the header, and the columns of [[channel]]";
            return Err(self.unfit(reason.to_owned()));
        }
        Ok(values)
    }

    /// The columns of the channels, then others if they become channels too.
    fn wide(&self, used: &BTreeSet<usize>) -> Result<Vec<ValueColumn>, MappingError> {
        let mut values: Vec<ValueColumn> = Vec::new();
        for (place, channel) in self.mapping.channels.iter().enumerate() {
            let mut found = Vec::new();
            let mut missing = None;
            for source in &channel.sources {
                match self.header.find(source) {
                    Ok(column) => found.push(column),
                    Err(error @ CsvError::MissingColumn { .. }) => missing = Some(error),
                    Err(error) => return Err(error.into()),
                }
            }
            match (found.as_slice(), missing) {
                ([column], _) => values.push(self.value(*column, Some(place))),
                ([], Some(error)) if !self.mapping.values.is_absent_fine => return Err(error.into()),
                ([], _) => {}
                _ => {
                    let name = &channel.name;
                    return Err(
                        self.unfit(format!("several columns of the file become channel `{name}`: keep one of them"))
                    );
                }
            }
        }
        if self.mapping.values.has_others {
            let taken: Vec<usize> = values.iter().map(|value| value.column).collect();
            let rest = self.rest(used, &taken).into_iter().filter(|column| !self.is_unit_ignored(*column));
            values.extend(rest.map(|column| self.value(column, None)));
        }
        Ok(values)
    }

    /// Columns that have no other use, and are not to be ignored.
    fn rest(&self, used: &BTreeSet<usize>, taken: &[usize]) -> Vec<usize> {
        let ignore = &self.mapping.values.ignore;
        let flags = self.mapping.channels.iter().filter_map(|channel| channel.flags.as_ref());
        let flags: BTreeSet<usize> =
            flags.chain(&self.mapping.values.flags).filter_map(|flags| self.header.find(flags).ok()).collect();
        let names = self.header.names().iter().enumerate();
        let rest = names.filter(|(column, name)| {
            let is_used = used.contains(column) || taken.contains(column) || flags.contains(column);
            !is_used && !name.is_empty() && !ignore.contains(name)
        });
        rest.map(|(column, _)| column).collect()
    }

    fn value(&self, column: usize, channel: Option<usize>) -> ValueColumn {
        let heading = self.header.names().get(column).cloned().unwrap_or_default();
        let unit = self.unit_text(column).and_then(|text| match self.declared(&text) {
            Some(declared) => declared,
            None => UnitAt::parse(&text),
        });
        ValueColumn { column, heading, flags: None, channel, hour: None, unit }
    }

    /// Text of a column in the row of units.
    fn unit_text(&self, column: usize) -> Option<String> {
        let field = trim(self.units?.get(column)?);
        Some(String::from_utf8_lossy(field).into_owned())
    }

    /// Refuses a unit of another encoding that nothing else gives: what it looks like is unknown only for that.
    fn check_unit(&self, value: &ValueColumn) -> Result<(), MappingError> {
        let own = value.channel.and_then(|place| self.mapping.channels.get(place)).and_then(|channel| channel.unit);
        let text = self.unit_text(value.column).filter(|text| value.unit.is_none() && own.is_none() && !is_utf_8(text));
        text.map_or(Ok(()), |_| {
            let (line, heading) = (self.mapping.file.units_line, &value.heading);
            Err(self.unfit(not_utf_8(&format!("line {line}: the unit of `{heading}`"))))
        })
    }

    fn declared(&self, text: &str) -> Option<Option<UnitAt>> {
        self.mapping.values.units.iter().find(|(own, _)| own == text).map(|(_, unit)| *unit)
    }

    fn is_unit_ignored(&self, column: usize) -> bool {
        self.unit_text(column).is_some_and(|text| self.declared(&text) == Some(None))
    }

    /// Finds the column of quality flags: by name, by position, or by its distance from the value.
    fn with_flags(&self, value: ValueColumn) -> Result<ValueColumn, MappingError> {
        let own = value.channel.and_then(|place| self.mapping.channels.get(place)).and_then(|own| own.flags.as_ref());
        let Some(text) = own.or(self.mapping.values.flags.as_ref()) else { return Ok(value) };
        let distance = text.strip_prefix('+').and_then(|distance| distance.parse::<usize>().ok());
        let flags = match distance {
            Some(distance) => {
                let column = value.column.saturating_add(distance);
                if column >= self.header.len() {
                    let heading = &value.heading;
                    return Err(self.unfit(format!("no column is {text} to the right of `{heading}`: correct `flags`")));
                }
                column
            }
            None => self.header.find(text)?,
        };
        Ok(ValueColumn { flags: Some(flags), ..value })
    }

    fn unfit(&self, reason: String) -> MappingError {
        MappingError::Unfit { name: self.name.to_owned(), reason }
    }
}

/// Whether a text was UTF-8 before its other bytes were replaced.
fn is_utf_8(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

/// What to do about a text in another encoding.
fn not_utf_8(what: &str) -> String {
    format!("{what} is not UTF-8: write encoding = \"windows-1252\" in [file], or the encoding that the file has")
}

/// What happens to a row with an unreadable field of a column.
pub(super) fn bad_field(mapping: &Mapping, channel: Option<usize>) -> BadField {
    let own = channel.and_then(|place| mapping.channels.get(place)).and_then(|channel| channel.bad_field);
    own.unwrap_or(mapping.values.bad_field)
}
