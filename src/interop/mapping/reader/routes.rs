//! From the texts of a row that say what it is of to the series and channels of its values.

use super::super::description::{ChannelMapping, Mapping, Shape, UnitAt};
use super::super::names::{check_species, is_species_of_mass};
use super::plan::{Plan, ValueColumn, bad_field};
use super::series::{SeriesTable, Source};
use crate::interop::csv::parts::{Refusal, RowOrder, Scale, scale_between, trim};
use crate::interop::csv::{BadField, RejectReason};
use crate::model::{Channel, Dimension};
use csv::ByteRecord;
use std::collections::HashMap;

/// Different stations, parameters and units of one file.
const ROUTES_MAX: usize = 1 << 17;
/// Source of a channel that all values of a file are of.
const EVERY_VALUE: &str = "(every value)";
/// Separates two texts of a key.
const SEPARATOR: u8 = 0x1F;

/// A column of values, and the channel that it feeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) column: usize,
    pub(super) flags: Option<usize>,
    pub(super) hour: Option<u64>,
    /// Which texts mean a missing value: 0 for those of the file, otherwise those of a channel with texts of its own.
    pub(super) numbers: usize,
    pub(super) bad_field: BadField,
    pub(super) series: usize,
    pub(super) channel: usize,
    pub(super) scale: Scale,
    pub(super) is_direction: bool,
    pub(super) is_concentration: bool,
}

/// The feeds of rows that are of the same thing.
#[derive(Debug, Default)]
pub(super) struct Route {
    pub(super) feeds: Vec<Feed>,
    /// Order of these rows in time, which decides the hour that is there twice.
    pub(super) order: RowOrder,
}

/// Why a row has no route.
#[derive(Debug)]
pub(super) enum NoRoute {
    /// The row is rejected.
    Refused(Refusal),
    /// The mapping does not fit the file.
    Unfit(String),
}

/// All routes of one file, by the texts of their rows.
#[derive(Debug, Default)]
pub(super) struct Routes {
    places: HashMap<Vec<u8>, usize>,
    routes: Vec<Route>,
    key: Vec<u8>,
    /// Route of the row before, whose key is still in `key`.
    last: Option<usize>,
    before: Vec<u8>,
}

impl Routes {
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Route> {
        self.routes.get_mut(place)
    }

    /// Place of the route of a row.
    pub(super) fn find(
        &mut self,
        (mapping, plan): (&Mapping, &Plan),
        record: &ByteRecord,
        table: &mut SeriesTable,
    ) -> Result<usize, NoRoute> {
        self.key.clear();
        for column in plan.station.iter().chain(&plan.instrument).chain(&plan.parameter).chain(&plan.unit) {
            self.key.extend_from_slice(trim(record.get(*column).unwrap_or_default()));
            self.key.push(SEPARATOR);
        }
        if let Some(last) = self.last.filter(|_| self.key == self.before) {
            return Ok(last);
        }
        let place = match self.places.get(&self.key) {
            Some(place) => *place,
            None => {
                if self.routes.len() >= ROUTES_MAX {
                    return Err(NoRoute::Unfit(format!(
                        "more than {ROUTES_MAX} different stations and parameters: check the columns of [station], [instrument] and [long]"
                    )));
                }
                let feeds = Resolver { mapping, plan, record }.feeds(table)?;
                self.routes.push(Route { feeds, order: RowOrder::default() });
                let place = self.routes.len().saturating_sub(1);
                self.places.insert(self.key.clone(), place);
                place
            }
        };
        std::mem::swap(&mut self.key, &mut self.before);
        self.last = Some(place);
        Ok(place)
    }
}

/// Finds out what one row is of.
struct Resolver<'a> {
    mapping: &'a Mapping,
    plan: &'a Plan,
    record: &'a ByteRecord,
}

impl Resolver<'_> {
    /// The feeds of the row; none if the mapping ignores it.
    fn feeds(&self, table: &mut SeriesTable) -> Result<Vec<Feed>, NoRoute> {
        let parameter = match self.plan.parameter {
            Some(column) => Some(self.text(column)?),
            None => None,
        };
        let place = match (&parameter, self.mapping.shape()) {
            (Some(text), _) => {
                let found = self.mapping.channels.iter().position(|channel| channel.sources.contains(text));
                let is_ignored = self.mapping.values.ignore.contains(text) || !self.mapping.values.has_others;
                if found.is_none() && is_ignored {
                    if !self.mapping.values.ignore.contains(text) {
                        table.note_unmapped(text);
                    }
                    return Ok(Vec::new());
                }
                found
            }
            (None, Shape::Wide) => None,
            (None, _) => Some(0),
        };
        let instrument = self.instrument()?;
        let mut feeds: Vec<Feed> = Vec::with_capacity(self.plan.values.len());
        let is_wide = self.mapping.shape() == Shape::Wide;
        for value in &self.plan.values {
            let channel = if is_wide { value.channel } else { place };
            let source = parameter.as_deref().unwrap_or(if is_wide { &value.heading } else { EVERY_VALUE });
            let Some((name, unit)) = self.channel(channel, source, value)? else { continue };
            let station = self.station(&value.heading)?;
            let own = channel.and_then(|place| self.mapping.channels.get(place));
            let (series, found) = self.known((&station, &instrument), (&name, unit, own), table)?;
            let (at, channel_of_series) = found;
            let scale = scale_between(unit.unit, unit.reference, &channel_of_series)
                .map_err(|error| NoRoute::Unfit(format!("`{source}` cannot be stored in channel `{name}`: {error}")))?;
            if is_wide && feeds.iter().any(|feed| feed.channel == at) {
                return Err(NoRoute::Unfit(format!("two columns become channel `{name}`: map only one of them")));
            }
            let flags = value.flags.and_then(|flags| self.plan.name_of(flags));
            let unit = shown(unit, &channel_of_series);
            let conversion = scale.to_string();
            table.note(series, Source { source: source.to_owned(), channel: at, unit, conversion, flags });
            let dimension = channel_of_series.unit().dimension();
            feeds.push(Feed {
                column: value.column,
                flags: value.flags,
                hour: value.hour,
                numbers: channel.map_or(0, |place| numbers(self.mapping, place)),
                bad_field: bad_field(self.mapping, channel),
                series,
                channel: at,
                scale,
                is_direction: dimension == Dimension::Direction,
                is_concentration: channel_of_series.unit().is_concentration(),
            });
        }
        Ok(feeds)
    }

    /// Series and channel of a name.
    fn known(
        &self,
        (station, instrument): (&str, &str),
        (name, unit, own): (&str, UnitAt, Option<&ChannelMapping>),
        table: &mut SeriesTable,
    ) -> Result<(usize, (usize, Channel)), NoRoute> {
        let named = |why| {
            let column = self.plan.station.first().and_then(|column| self.plan.name_of(*column));
            NoRoute::Refused(Refusal { column, text: why, reason: RejectReason::BadName })
        };
        let series = match table.find(station, instrument) {
            Ok(series) => series,
            Err(why) if self.plan.station.is_empty() && self.plan.instrument.is_empty() => {
                return Err(NoRoute::Unfit(why));
            }
            Err(why) if why.starts_with("more than") => return Err(NoRoute::Unfit(why)),
            Err(why) => return Err(named(why)),
        };
        if unit.reference.is_none() && is_species_of_mass(name, unit) && !table.has_channel(series, name) {
            return Err(NoRoute::Unfit(format!(
                "{} of `{name}` needs a reference temperature: give reference = \"20C\" (EU), \"25C\" (US, China since 2018) or \"0C\" \
                 in [values], or --reference, as the file's source says",
                unit.unit.symbol()
            )));
        }
        if let Some(own) = own.filter(|_| !table.has_channel(series, name)) {
            check_species(name, Some(unit), own.is_quantity).map_err(NoRoute::Unfit)?;
        }
        let channel = table.channel(series, name, unit).map_err(|why| {
            NoRoute::Unfit(format!("`{name}`: {why}; give it a name in [[channel]], or list it in `ignore`"))
        })?;
        Ok((series, channel))
    }

    /// Name and unit of the channel of a value; none for columns without a unit that the mapping ignores.
    fn channel(
        &self,
        place: Option<usize>,
        source: &str,
        value: &ValueColumn,
    ) -> Result<Option<(String, UnitAt)>, NoRoute> {
        let own = place.and_then(|place| self.mapping.channels.get(place));
        let name = own.map_or(source, |channel| channel.name.as_str()).to_owned();
        let own_unit = own.and_then(|channel| channel.unit);
        let of_file = match self.plan.unit {
            Some(column) => match self.text_or_none(column) {
                Some(text) => match self.declared(&text) {
                    Some(None) => return Ok(None),
                    Some(unit) => unit,
                    None => Some(self.unit(column, &text)?),
                },
                None => None,
            },
            None => own_unit.or(value.unit),
        };
        let Some(unit) = of_file.or(own_unit) else {
            self.check_unit_text()?;
            return Err(NoRoute::Unfit(format!(
                "the unit of `{source}` is not known: give it in [units], give the channel in [[channel]], or list it in `ignore`"
            )));
        };
        let of_own = own_unit.and_then(|own| own.reference);
        let reference = unit.reference.or(of_own).or(self.mapping.values.reference);
        let unit =
            UnitAt { reference: reference.filter(|_| unit.unit.dimension() == Dimension::MassConcentration), ..unit };
        Ok(Some((name, unit)))
    }

    fn declared(&self, text: &str) -> Option<Option<UnitAt>> {
        self.mapping.values.units.iter().find(|(own, _)| own == text).map(|(_, unit)| *unit)
    }

    fn unit(&self, column: usize, text: &str) -> Result<UnitAt, NoRoute> {
        let refused = || self.refusal(column, text, RejectReason::UnknownUnit);
        UnitAt::parse(text).ok_or_else(refused)
    }

    /// Refuses a row whose unit is in another encoding.
    fn check_unit_text(&self) -> Result<(), NoRoute> {
        let Some(column) = self.plan.unit else { return Ok(()) };
        let field = trim(self.record.get(column).unwrap_or_default());
        match std::str::from_utf8(field) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.refusal(column, &String::from_utf8_lossy(field), RejectReason::NotUtf8)),
        }
    }

    fn station(&self, heading: &str) -> Result<String, NoRoute> {
        let station = &self.mapping.station;
        let name = if station.is_heading {
            heading.to_owned()
        } else if let Some(name) = station.name.as_ref().filter(|_| station.columns.is_empty()) {
            return Ok(name.clone());
        } else {
            self.joined(&self.plan.station, "-")?
        };
        Ok(station.prefix.as_ref().map_or(name.clone(), |prefix| format!("{prefix}/{name}")))
    }

    fn instrument(&self) -> Result<String, NoRoute> {
        let name = self.mapping.instrument.name.clone().unwrap_or_default();
        if self.plan.instrument.is_empty() {
            return Ok(name);
        }
        Ok(format!("{name} {}", self.joined(&self.plan.instrument, " ")?).trim_start().to_owned())
    }

    fn joined(&self, columns: &[usize], separator: &str) -> Result<String, NoRoute> {
        let texts = columns.iter().map(|column| self.text(*column)).collect::<Result<Vec<_>, _>>()?;
        Ok(texts.join(separator))
    }

    fn text_or_none(&self, column: usize) -> Option<String> {
        let field = trim(self.record.get(column).unwrap_or_default());
        std::str::from_utf8(field).ok().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Text of a field that must have one.
    fn text(&self, column: usize) -> Result<String, NoRoute> {
        self.text_or_none(column).ok_or_else(|| {
            let field = String::from_utf8_lossy(trim(self.record.get(column).unwrap_or_default())).into_owned();
            let reason = if field.is_empty() { RejectReason::BadName } else { RejectReason::NotUtf8 };
            self.refusal(column, &field, reason)
        })
    }

    fn refusal(&self, column: usize, text: &str, reason: RejectReason) -> NoRoute {
        NoRoute::Refused(Refusal { column: self.plan.name_of(column), text: text.to_owned(), reason })
    }
}

/// Place of the numbers of a channel: 0 for those of the file, otherwise its place among the channels with texts of their own.
fn numbers(mapping: &Mapping, place: usize) -> usize {
    let has_own = |channel: &&ChannelMapping| !channel.missing.is_empty();
    match mapping.channels.get(place).filter(has_own) {
        Some(_) => mapping.channels.iter().take(place).filter(has_own).count().saturating_add(1),
        None => 0,
    }
}

/// A unit with the reference temperature of a mass concentration.
fn shown(unit: UnitAt, channel: &Channel) -> String {
    let reference = unit.reference.unwrap_or(channel.reference());
    match unit.unit.dimension() {
        Dimension::MassConcentration if channel.molar_mass_g_per_mol().is_some() => {
            format!("{}@{:.0}C", unit.unit.symbol(), reference.temperature_k() - 273.15)
        }
        _ => unit.unit.symbol().to_owned(),
    }
}
