//! Changes of stored readings, instruments and stations, as the ledger records them.

mod head;

pub use head::ledger_head;

use super::alarm_log::read_ledger;
use super::records::{
    Corrected, FlagsSet, InstrumentChanged, ReadingsDeleted, ReadingsDropped, StationChanged, register,
};
use crate::error::Error;
use crate::io::FsStorage;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::{Instrument, InstrumentId, Position, Quality, Registry, Timestamp};
use crate::store::check_finished;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest time between two value records of one action.
const ACTION_PAUSE_MS_MAX: u64 = 3_600_000;
/// Groups of value records that may grow at the same time.
const OPEN_GROUPS_MAX: usize = 1_024;

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
    /// A station that had no position got one.
    StationPlaced,
    /// A station was moved.
    StationMoved,
}

/// One action that changed stored readings, an instrument or a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEntry {
    /// Kind of the change.
    pub action: ChangeAction,
    /// Host time of the action.
    pub at: Timestamp,
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
    /// Records of registrations, changes and sealed segments, with their indexes.
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
                | Kind::SegmentSealed
                | Kind::Correction => records.push((index, record)),
                _ => {}
            }
        }
        Ok(Self { records, dropped })
    }

    /// Passes every change to `take`, in the order of the ledger. Value records of one instrument with the same author, reason and kind
    /// are one change as long as their times rise, no segment was sealed between them, as closing the store does, and no hour passed.
    /// Ends with the first error of `take`.
    ///
    /// # Errors
    /// [`Error::Ledger`] for a record that cannot be read, and the error of `take`.
    pub fn visit<E: From<Error>>(&self, mut take: impl FnMut(ChangeEntry) -> Result<(), E>) -> Result<(), E> {
        let mut registry = Registry::default();
        let mut open = OpenGroups::default();
        for (index, record) in &self.records {
            let unread = |error: LedgerError| E::from(Error::from(error));
            let ended = match record.kind() {
                Kind::Correction => open.add(record.body::<Corrected>(*index).map_err(unread)?),
                Kind::FlagsSet => open.begin_flags(record.body(*index).map_err(unread)?),
                Kind::SegmentSealed => open.end_of_frames(),
                _ => {
                    let change = self.change(&registry, record, *index).map_err(unread)?;
                    register(&mut registry, record, *index).map_err(unread)?;
                    if let Some(change) = change {
                        open.end().into_iter().try_for_each(|group| take(group.entry(&registry)))?;
                        take(change)?;
                    }
                    continue;
                }
            };
            ended.into_iter().try_for_each(|group| take(group.entry(&registry)))?;
        }
        open.end().into_iter().try_for_each(|group| take(group.entry(&registry)))
    }

    /// The change that a record describes; `None` for a registration.
    fn change(&self, registry: &Registry, record: &Record, index: u64) -> Result<Option<ChangeEntry>, LedgerError> {
        Ok(match record.kind() {
            Kind::ReadingsDeleted => {
                let ReadingsDeleted { number, instrument, channel_names, range, by, reason, at, .. } =
                    record.body(index)?;
                let (station, instrument) = names(registry, instrument);
                Some(ChangeEntry {
                    action: ChangeAction::ReadingsDeleted,
                    at,
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
                let (id, at) = (changed.id, changed.at);
                let (by, reason) = (changed.by.clone(), changed.reason.clone());
                let after = changed.instrument();
                let channels = registry.instrument(id).map_or_else(Vec::new, |(_, before)| differing(before, &after));
                let (station, instrument) = names(registry, id);
                let (action, instrument) = (ChangeAction::ChannelsChanged, Some(instrument));
                Some(ChangeEntry { action, at, station, instrument, channels, times: None, values: None, by, reason })
            }
            Kind::StationChanged => {
                let StationChanged { before, after, since, by, reason, at, .. } = record.body(index)?;
                let is_first = *before.position() == Position::default();
                Some(ChangeEntry {
                    action: if is_first { ChangeAction::StationPlaced } else { ChangeAction::StationMoved },
                    at,
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

/// Groups of value records that may still grow, in the order of their first records.
#[derive(Default)]
struct OpenGroups {
    groups: Vec<Group>,
    /// The flag that a person set last, which is recorded before its values.
    set: Option<FlagsSet>,
}

impl OpenGroups {
    /// Adds a value record to its group, or begins another one. Returns the groups that have ended.
    fn add(&mut self, one: Corrected) -> Vec<Group> {
        let (action, has_room) = (action_of(&one), self.groups.len() < OPEN_GROUPS_MAX);
        let ended = match self.groups.iter_mut().find(|group| group.is_of(&one, action)) {
            Some(group) if group.covers(&one) => {
                group.add(one);
                return Vec::new();
            }
            None if has_room => Vec::new(),
            _ => self.end(),
        };
        self.groups.push(Group::of(one, self.set.as_ref()));
        ended
    }

    /// Notes a flag that a person sets. Returns the groups before it.
    fn begin_flags(&mut self, set: FlagsSet) -> Vec<Group> {
        self.set = Some(set);
        self.end()
    }

    /// Returns all groups, which have ended.
    fn end(&mut self) -> Vec<Group> {
        std::mem::take(&mut self.groups)
    }

    /// Returns the groups that have ended with a sealed segment: all but those of a flag that a person set, which may take several.
    fn end_of_frames(&mut self) -> Vec<Group> {
        self.groups.extract_if(.., |group| !group.is_set).collect()
    }
}

/// Value records of one action.
struct Group {
    action: ChangeAction,
    at: Timestamp,
    /// Host time of the last value record.
    last_at: Timestamp,
    /// Whether a record before the values describes the whole action.
    is_set: bool,
    instrument: InstrumentId,
    by: String,
    reason: String,
    /// Each changed channel, with the first and last time of its values.
    channels: BTreeMap<String, (Timestamp, Timestamp)>,
    values: u64,
}

impl Group {
    /// `set` is the flag that a person set last.
    fn of(one: Corrected, set: Option<&FlagsSet>) -> Self {
        let action = action_of(&one);
        let is_of = |set: &&FlagsSet| {
            set.instrument == one.instrument
                && action == ChangeAction::FlagSet(set.quality)
                && (&set.by, &set.reason) == (&one.by, &one.reason)
        };
        let set = set.filter(is_of);
        Self {
            action,
            at: set.map_or(one.at, |set| set.at),
            last_at: one.at,
            is_set: set.is_some(),
            instrument: one.instrument,
            by: one.by,
            reason: one.reason,
            channels: BTreeMap::from([(one.channel, (one.time, one.time))]),
            values: 1,
        }
    }

    fn is_of(&self, one: &Corrected, action: ChangeAction) -> bool {
        self.instrument == one.instrument && self.action == action && self.by == one.by && self.reason == one.reason
    }

    /// Whether a record of its instrument, author and reason belongs to the same action.
    fn covers(&self, one: &Corrected) -> bool {
        self.is_set || (self.is_near(one) && self.is_new(one))
    }

    /// Whether a value was replaced so soon after the one before that both may be of one action.
    fn is_near(&self, one: &Corrected) -> bool {
        one.at.as_ms().abs_diff(self.last_at.as_ms()) <= ACTION_PAUSE_MS_MAX
    }

    /// Whether the group has no value of this instant yet. An action goes through time once; only the frames of one append may be unsorted.
    fn is_new(&self, one: &Corrected) -> bool {
        let Some((first, last)) = self.channels.get(&one.channel) else { return true };
        one.time > *last || (one.time < *first && one.at == self.last_at)
    }

    fn add(&mut self, one: Corrected) {
        (self.values, self.last_at) = (self.values + 1, one.at);
        match self.channels.get_mut(&one.channel) {
            Some((first, last)) => (*first, *last) = ((*first).min(one.time), (*last).max(one.time)),
            None => {
                self.channels.insert(one.channel, (one.time, one.time));
            }
        }
    }

    /// First and last time of all values.
    fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let merge = |(first, last): (Timestamp, Timestamp), (a, b): (Timestamp, Timestamp)| (first.min(a), last.max(b));
        self.channels.values().copied().reduce(merge)
    }

    fn entry(self, registry: &Registry) -> ChangeEntry {
        let times = self.times();
        let Self { action, at, instrument, by, reason, channels, values, .. } = self;
        let (station, instrument) = names(registry, instrument);
        ChangeEntry {
            action,
            at,
            station,
            instrument: Some(instrument),
            channels: channels.into_keys().collect(),
            times,
            values: Some(values),
            by,
            reason,
        }
    }
}

fn action_of(one: &Corrected) -> ChangeAction {
    if one.is_flag() { ChangeAction::FlagSet(one.new.quality) } else { ChangeAction::ValuesReplaced }
}
