//! Changes of stored readings, instruments and stations, as the ledger records them.

mod head;

pub use head::ledger_head;

use super::alarm_log::read_ledger;
use super::records::{
    Corrected, FlagsSet, InstrumentChanged, ReadingsDeleted, ReadingsDropped, StationChanged, register,
};
use crate::error::Error;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::{Instrument, InstrumentId, Quality, Registry, Timestamp};
use crate::store::check_finished;
use crate::store::io::FsStorage;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Longest time between two value records of one action.
const ACTION_PAUSE_MS_MAX: u64 = 3_600_000;

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeAction {
    /// Stored values were replaced by others.
    ValuesReplaced,
    /// Stored values got this flag; the values stayed.
    FlagSet(Quality),
    /// Readings were deleted.
    ReadingsDeleted,
    /// An instrument got channels, or channels were retired or brought back.
    ChannelsChanged,
    /// A station was moved.
    StationMoved,
}

/// One action that changed stored readings, an instrument or a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEntry {
    /// Kind of the change.
    pub action: ChangeAction,
    /// Host time of the action; `None` for values that an earlier release replaced.
    pub at: Option<Timestamp>,
    /// Name of the station.
    pub station: String,
    /// Name of the instrument; `None` if the station itself changed.
    pub instrument: Option<String>,
    /// Names of the changed channels; empty for whole rows and for stations.
    pub channels: Vec<String>,
    /// First and last time of changed values; for a deletion, its start and its end (exclusive).
    pub times: Option<(Timestamp, Timestamp)>,
    /// Number of changed or deleted values, if the ledger contains it.
    pub values: Option<u64>,
    /// Author: `instrument` for a frame that replaced an earlier one, `retention` for a retention limit.
    pub by: String,
    /// Reason of the change.
    pub reason: String,
}

/// The changes of a store's readings, instruments and stations. Takes no lock and changes nothing, also beside a writer.
///
/// ```
/// use vocdb::{ChangeLog, Config, Database, Position, Station, StationChange, Timestamp};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let station = Station::new("park/S1")?;
/// let id = db.register_station(station.clone())?;
/// let station = station.at(Position { height_m: Some(3.0), ..Position::default() });
/// let (by, reason) = ("field crew".to_owned(), "a new mast".to_owned());
/// db.update_station(&StationChange { id, station, since: None, by, reason })?;
///
/// let mut authors = Vec::new();
/// ChangeLog::open(dir.path())?.visit(|change| {
///     authors.push(change.by);
///     Ok::<(), vocdb::Error>(())
/// })?;
/// assert_eq!(authors, ["field crew"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ChangeLog {
    /// Records of registrations and changes, with their indexes.
    records: Vec<(u64, Record)>,
    /// Number of values that each deletion removed.
    dropped: BTreeMap<u64, u64>,
}

impl ChangeLog {
    /// Reads the ledger of the store in `path`.
    ///
    /// # Errors
    /// [`Error::Ledger`] if the ledger cannot be read or is corrupt; [`Error::Store`] for an unfinished backup or restore.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        check_finished(path.as_ref())?;
        let content = read_ledger(&FsStorage, path.as_ref())?;
        let mut dropped = BTreeMap::new();
        let mut records = Vec::new();
        for (index, record) in (0..).zip(content.records) {
            match record.kind() {
                Kind::ReadingsDropped => {
                    let ReadingsDropped { deletions, values, .. } = record.body(index)?;
                    if let [number] = deletions.as_slice() {
                        *dropped.entry(*number).or_insert(0) += values;
                    }
                }
                Kind::StationRegistered
                | Kind::InstrumentRegistered
                | Kind::InstrumentChanged
                | Kind::StationChanged
                | Kind::ReadingsDeleted
                | Kind::FlagsSet
                | Kind::Correction => records.push((index, record)),
                _ => {}
            }
        }
        Ok(Self { records, dropped })
    }

    /// Passes every change to `take`, in the order of the ledger. Consecutive value records of one instrument with the same author, reason
    /// and kind are one change, if no hour passed between them. Ends with the first error of `take`.
    ///
    /// # Errors
    /// [`Error::Ledger`] for a record that cannot be read, and the error of `take`.
    pub fn visit<E: From<Error>>(&self, mut take: impl FnMut(ChangeEntry) -> Result<(), E>) -> Result<(), E> {
        let mut registry = Registry::default();
        let mut open: Option<Group> = None;
        let mut set: Option<FlagsSet> = None;
        for (index, record) in &self.records {
            let unread = |error: LedgerError| E::from(Error::from(error));
            if record.kind() == Kind::Correction {
                let one = Corrected::read(record, *index).map_err(unread)?;
                gather(&mut open, one, set.as_ref()).map_or(Ok(()), |group| take(group.entry(&registry)))?;
                continue;
            }
            if record.kind() == Kind::FlagsSet {
                open.take().map_or(Ok(()), |group| take(group.entry(&registry)))?;
                set = Some(record.body(*index).map_err(unread)?);
                continue;
            }
            let change = self.change(&registry, record, *index).map_err(unread)?;
            register(&mut registry, record, *index).map_err(unread)?;
            if let Some(change) = change {
                open.take().map_or(Ok(()), |group| take(group.entry(&registry)))?;
                take(change)?;
            }
        }
        open.map_or(Ok(()), |group| take(group.entry(&registry)))
    }

    /// The change that a record describes; `None` for a registration.
    fn change(&self, registry: &Registry, record: &Record, index: u64) -> Result<Option<ChangeEntry>, LedgerError> {
        Ok(match record.kind() {
            Kind::ReadingsDeleted => {
                let ReadingsDeleted { number, instrument, channel_names, range, by, reason, at, .. } =
                    ReadingsDeleted::read(record, index)?;
                let (station, instrument) = names(registry, instrument);
                Some(ChangeEntry {
                    action: ChangeAction::ReadingsDeleted,
                    at: Some(at),
                    station,
                    instrument: Some(instrument),
                    channels: channel_names,
                    times: Some((range.from, range.to)),
                    values: self.dropped.get(&number).copied(),
                    by,
                    reason,
                })
            }
            Kind::InstrumentChanged => {
                let changed: InstrumentChanged = record.body(index)?;
                let (id, at) = (changed.id, Some(changed.at));
                let (by, reason) = (changed.by.clone(), changed.reason.clone());
                let after = changed.instrument();
                let channels = registry.instrument(id).map_or_else(Vec::new, |(_, before)| differing(before, &after));
                let (station, instrument) = names(registry, id);
                let (action, instrument) = (ChangeAction::ChannelsChanged, Some(instrument));
                Some(ChangeEntry { action, at, station, instrument, channels, times: None, values: None, by, reason })
            }
            Kind::StationChanged => {
                let StationChanged { after, since, by, reason, at, .. } = record.body(index)?;
                Some(ChangeEntry {
                    action: ChangeAction::StationMoved,
                    at: Some(at),
                    station: after.name().to_owned(),
                    instrument: None,
                    channels: Vec::new(),
                    times: Some((since, since)),
                    values: None,
                    by,
                    reason,
                })
            }
            _ => None,
        })
    }
}

/// Channels that are new, retired or brought back.
fn differing(before: &Instrument, after: &Instrument) -> Vec<String> {
    let (was, is) = (before.retired_places(), after.retired_places());
    let differs = |place: usize| before.channels().get(place).is_none() || was.contains(&place) != is.contains(&place);
    let changed = (0..).zip(after.channels()).filter(|(place, _)| differs(*place));
    changed.map(|(_, channel)| channel.name().to_owned()).collect()
}

/// Names of the station and of the instrument.
fn names(registry: &Registry, id: InstrumentId) -> (String, String) {
    let Some((station, instrument)) = registry.instrument(id) else { return (String::new(), id.to_string()) };
    let station = registry.station(station).map_or_else(String::new, |station| station.name().to_owned());
    (station, instrument.name().to_owned())
}

/// Adds a value record to the open group, or begins another group and returns the one before.
fn gather(open: &mut Option<Group>, one: Corrected, set: Option<&FlagsSet>) -> Option<Group> {
    match open {
        Some(group) if group.covers(&one) => {
            group.add(one);
            None
        }
        _ => open.replace(Group::of(one, set)),
    }
}

/// Value records of one action.
struct Group {
    action: ChangeAction,
    at: Option<Timestamp>,
    /// Host time of the last value record.
    last_at: Option<Timestamp>,
    instrument: InstrumentId,
    by: String,
    reason: String,
    channels: BTreeSet<String>,
    times: (Timestamp, Timestamp),
    values: u64,
}

impl Group {
    /// `set` is the flag that a person set last, which is recorded before its values.
    fn of(one: Corrected, set: Option<&FlagsSet>) -> Self {
        let action = action_of(&one);
        let is_of = |set: &&FlagsSet| {
            set.instrument == one.instrument
                && action == ChangeAction::FlagSet(set.quality)
                && (&set.by, &set.reason) == (&one.by, &one.reason)
        };
        Self {
            action,
            at: set.filter(is_of).map(|set| set.at).or(one.at),
            last_at: one.at,
            instrument: one.instrument,
            by: one.by,
            reason: one.reason,
            channels: BTreeSet::from([one.channel]),
            times: (one.time, one.time),
            values: 1,
        }
    }

    fn covers(&self, one: &Corrected) -> bool {
        self.instrument == one.instrument
            && self.action == action_of(one)
            && self.by == one.by
            && self.reason == one.reason
            && self.is_near(one)
    }

    /// Whether a value was replaced so soon after the one before that both are of one action.
    fn is_near(&self, one: &Corrected) -> bool {
        let (Some(last), Some(at)) = (self.last_at, one.at) else { return self.last_at == one.at };
        at.as_ms().abs_diff(last.as_ms()) <= ACTION_PAUSE_MS_MAX
    }

    fn add(&mut self, one: Corrected) {
        self.times = (self.times.0.min(one.time), self.times.1.max(one.time));
        (self.values, self.last_at) = (self.values + 1, one.at);
        if !self.channels.contains(&one.channel) {
            self.channels.insert(one.channel);
        }
    }

    fn entry(self, registry: &Registry) -> ChangeEntry {
        let Self { action, at, instrument, by, reason, channels, times, values, .. } = self;
        let (station, instrument) = names(registry, instrument);
        ChangeEntry {
            action,
            at,
            station,
            instrument: Some(instrument),
            channels: channels.into_iter().collect(),
            times: Some(times),
            values: Some(values),
            by,
            reason,
        }
    }
}

fn action_of(one: &Corrected) -> ChangeAction {
    if one.is_flag() { ChangeAction::FlagSet(one.new.quality) } else { ChangeAction::ValuesReplaced }
}
