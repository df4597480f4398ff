//! The station and the instrument of an import.

use super::columns::DuplicateChoice;
use super::layout::Layout;
use super::notes;
use crate::failure::Failure;
use clap::ValueEnum;
use vocdb::base::escape::Line;
use vocdb::interop::csv::CsvError;
use vocdb::model::{ModelError, Registry};
use vocdb::{
    Channel, ChannelChange, Database, DuplicatePolicy, Instrument, InstrumentChange, InstrumentId, Interval, Station,
    StationId,
};

/// Station and instrument as given on the command line.
pub(super) struct Wanted<'a> {
    pub(super) file: &'a str,
    pub(super) station: &'a str,
    pub(super) instrument: &'a str,
    pub(super) interval: Interval,
    pub(super) layout: &'a Layout,
    pub(super) add_channels: bool,
    pub(super) new_quantity: bool,
    /// Policy for duplicates, if one is given.
    pub(super) duplicates: Option<DuplicateChoice>,
}

/// The destination of the rows: what is registered, and what will be registered if something is stored.
pub(super) struct Target {
    station: (Option<StationId>, Station),
    id: Option<InstrumentId>,
    /// Instrument with all channels of the command line.
    pub(super) instrument: Instrument,
    /// Channels to add to the instrument.
    added: Vec<ChannelChange>,
    /// Channels whose columns have another unit than the registered channel.
    pub(super) conversions: Vec<String>,
    /// Note about a station that is new in a store with others.
    pub(super) news: Option<String>,
}

impl Target {
    /// Finds the station and the instrument of the command line in the store. Changes nothing.
    pub(super) fn find(wanted: &Wanted<'_>, registry: Option<&Registry>) -> Result<Self, Failure> {
        let station = Station::new(wanted.station).map_err(Failure::from_error)?;
        let station_id = registry.and_then(|registry| registry.station_named(wanted.station));
        let known = registry.zip(station_id).and_then(|(registry, station)| {
            let id = registry.instrument_named(station, wanted.instrument)?;
            Some((id, registry.instrument(id)?.1))
        });
        let conversions = known.map_or_else(Vec::new, |(_, known)| notes::conversions(&wanted.layout.channels, known));
        let (id, (instrument, added)) = match known {
            Some((id, known)) => (Some(id), of_known(wanted, known)?),
            None => (None, (of_new(wanted)?, Vec::new())),
        };
        let news =
            registry.filter(|_| station_id.is_none()).and_then(|registry| notes::new_station(wanted.station, registry));
        Ok(Self { station: (station_id, station), id, instrument, added, conversions, news })
    }

    /// Whether the instrument is not registered yet.
    pub(super) const fn is_new(&self) -> bool {
        self.id.is_none()
    }

    /// Registers the station, the instrument and its new channels if they are not registered.
    pub(super) fn register(&self, wanted: &Wanted<'_>, db: &Database) -> Result<InstrumentId, Failure> {
        let station = match &self.station {
            (Some(id), _) => *id,
            (None, station) => db.register_station(station.clone()).map_err(Failure::from_error)?,
        };
        let Some(id) = self.id else {
            return db.register_instrument(station, self.instrument.clone()).map_err(Failure::from_error);
        };
        if !self.added.is_empty() {
            let change = InstrumentChange {
                instrument: id,
                channels: self.added.clone(),
                by: "vocdb import".to_owned(),
                reason: format!("columns of {}", Line(wanted.file)),
            };
            db.change_instrument(&change).map_err(Failure::from_error)?;
        }
        Ok(id)
    }
}

/// Returns a new instrument with the channels of the command line.
fn of_new(wanted: &Wanted<'_>) -> Result<Instrument, Failure> {
    let mut channels: Vec<Channel> = Vec::new();
    for mapping in &wanted.layout.channels {
        let channel = mapping.to_channel(wanted.new_quantity).map_err(Failure::Says)?;
        // Two columns for one channel are refused with both their names when the file is opened.
        if !channels.iter().any(|known| known.name() == channel.name()) {
            channels.push(channel);
        }
    }
    let instrument = Instrument::new(wanted.instrument, wanted.interval, channels).map_err(Failure::from_error)?;
    Ok(instrument.with_duplicates(wanted.duplicates.map_or(DuplicatePolicy::KeepLast, Into::into)))
}

/// Returns the registered instrument with all channels of the command line, and the channels to add.
fn of_known(wanted: &Wanted<'_>, known: &Instrument) -> Result<(Instrument, Vec<ChannelChange>), Failure> {
    check_interval(wanted, known.interval())?;
    check_duplicates(wanted, known.duplicates())?;
    let of_name = |name: &str| known.channels().iter().find(|channel| channel.name() == name);
    let mut added = Vec::new();
    for mapping in &wanted.layout.channels {
        match of_name(&mapping.channel) {
            Some(channel) if !channel.is_retired() => {}
            _ if !wanted.add_channels => {
                let why = match wanted.layout.spec(InstrumentId::new(0), known).check() {
                    Err(error @ CsvError::UnknownChannel { .. }) => error.to_string(),
                    _ => format!("channel `{}` of instrument `{}` is retired", mapping.channel, wanted.instrument),
                };
                return Err(Failure::Says(format!("{why}; correct --channel, or give --add-channels")));
            }
            // A retired channel comes back as it was; the file's unit is converted to it.
            Some(retired) => added.push(ChannelChange::Add(retired.clone())),
            None => {
                let channel = mapping.to_channel(wanted.new_quantity).map_err(Failure::Says)?;
                added.push(ChannelChange::Add(channel));
            }
        }
    }
    let instrument = if added.is_empty() { Ok(known.clone()) } else { known.changed(&added) };
    Ok((instrument.map_err(|error: ModelError| Failure::from_error(error))?, added))
}

fn check_interval(wanted: &Wanted<'_>, interval: Interval) -> Result<(), Failure> {
    if interval == wanted.interval {
        return Ok(());
    }
    Err(Failure::Says(format!(
        "instrument `{}` of station `{}` is registered with an interval of {interval}; give that interval, or another instrument name",
        wanted.instrument, wanted.station
    )))
}

fn check_duplicates(wanted: &Wanted<'_>, policy: DuplicatePolicy) -> Result<(), Failure> {
    let Some(choice) = wanted.duplicates.filter(|choice| DuplicatePolicy::from(*choice) != policy) else {
        return Ok(());
    };
    Err(Failure::Says(format!(
        "instrument `{}` of station `{}` keeps its policy for duplicates, {}, and --duplicates gives {}; nothing was stored: \
         give --duplicates {}, or another instrument name",
        wanted.instrument,
        wanted.station,
        policy_name(policy),
        choice.name(),
        policy_name(policy),
    )))
}

/// The policy as --duplicates names it.
pub(super) fn policy_name(policy: DuplicatePolicy) -> String {
    let choices = DuplicateChoice::value_variants().iter();
    let found = choices.copied().find(|choice| DuplicatePolicy::from(*choice) == policy);
    found.map_or_else(String::new, DuplicateChoice::name)
}
