//! The bodies of the ledger records that the wiring writes.

use crate::alarm::MachineState;
use crate::base::checksum::Digest;
use crate::base::limits::LEDGER_PART_BYTES_MAX;
use crate::db::in_force::HistoryRuns;
use crate::journal::LsnRange;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::{
    HandFlags, Instrument, InstrumentId, Quality, Registry, Sample, Station, StationId, TimeRange, Timestamp,
};
use crate::rules::{EngineState, LateState, RuleFile, SourceStates};
use crate::verdict::Uncovered;
use serde::{Deserialize, Serialize};

/// Who replaced a value where a frame came the usual way, and why.
pub(super) const BY_FRAME: (&str, &str) = ("instrument", "a later frame for the same instant");

/// Kind 1: a station was registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StationRegistered {
    pub(super) id: StationId,
    pub(super) station: Station,
}

/// Kind 2: an instrument was registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct InstrumentRegistered {
    pub(super) id: InstrumentId,
    pub(super) station: StationId,
    pub(super) instrument: Instrument,
}

/// Kind 30: the channels of an instrument changed. Places of channels never change, so that a frame or a segment from before has a part of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct InstrumentChanged {
    pub(super) id: InstrumentId,
    /// As it is from now on, with all channels that it has ever had.
    instrument: Instrument,
    /// Places of the channels that it does not measure any more.
    retired: Vec<usize>,
    pub(super) by: String,
    pub(super) reason: String,
    /// The host's time.
    pub(super) at: Timestamp,
}

impl InstrumentChanged {
    pub(super) fn new((id, instrument): (InstrumentId, Instrument), by: &str, reason: &str, at: Timestamp) -> Self {
        let retired = instrument.retired_places();
        Self { id, instrument, retired, by: by.to_owned(), reason: reason.to_owned(), at }
    }

    /// The instrument as it is from now on.
    pub(super) fn instrument(self) -> Instrument {
        self.instrument.with_retired_places(&self.retired)
    }
}

/// Kind 32: a station was moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StationChanged {
    pub(super) id: StationId,
    /// As it was.
    pub(super) before: Station,
    /// As it is, with the same name.
    pub(super) after: Station,
    /// Time from which the new position holds.
    pub(super) since: Timestamp,
    pub(super) by: String,
    pub(super) reason: String,
    /// The host's time.
    pub(super) at: Timestamp,
}

/// Kind 33: a person sets the quality flag of stored readings. Each value that gets another flag has a correction of its own behind this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FlagsSet {
    pub(super) instrument: InstrumentId,
    /// Places of the channels in a frame.
    pub(super) channels: Vec<usize>,
    pub(super) range: TimeRange,
    pub(super) quality: Quality,
    pub(super) by: String,
    pub(super) reason: String,
    /// The host's time.
    pub(super) at: Timestamp,
}

impl FlagsSet {
    /// What of it concerns readings that arrive later.
    pub(super) fn flags(&self) -> HandFlags {
        HandFlags { channels: self.channels.clone(), range: self.range, quality: self.quality }
    }
}

/// Takes a station, an instrument, a change of one, or a reading that a person changed into a registry; every other record is passed over.
pub(super) fn register(registry: &mut Registry, record: &Record, index: u64) -> Result<(), LedgerError> {
    match record.kind() {
        Kind::StationRegistered => {
            let StationRegistered { id, station } = record.body(index)?;
            registry.insert_station(id, station);
        }
        Kind::InstrumentRegistered => {
            let InstrumentRegistered { id, station, instrument } = record.body(index)?;
            registry.insert_instrument(id, station, instrument);
        }
        Kind::InstrumentChanged => {
            let changed: InstrumentChanged = record.body(index)?;
            registry.change_instrument(changed.id, changed.instrument());
        }
        Kind::StationChanged => {
            let StationChanged { id, after, since, .. } = record.body(index)?;
            registry.move_station(id, *after.position(), since);
        }
        Kind::FlagsSet => {
            let set: FlagsSet = record.body(index)?;
            registry.note_flags(set.instrument, set.flags());
        }
        Kind::Correction => record.body::<Corrected>(index)?.note(registry),
        _ => {}
    }
    Ok(())
}

/// Kind 3: a rule set came into force, for the stations registered before this record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RuleSetLoaded {
    pub(super) hash: Digest,
    /// Name and text of each file.
    pub(super) files: Vec<(String, String)>,
    /// Who loaded it.
    pub(super) by: String,
    /// Why.
    pub(super) reason: String,
    /// Host time.
    pub(super) at: Timestamp,
    /// Stations that its rules are bound to.
    pub(super) stations: Vec<StationId>,
    /// Rules without a station yet.
    pub(super) idle: Vec<String>,
}

impl RuleSetLoaded {
    /// Its files.
    pub(super) fn rule_files(&self) -> Vec<RuleFile> {
        self.files.iter().map(|(name, text)| RuleFile { name: name.clone(), text: text.clone() }).collect()
    }
}

/// Kind 52: the rule set in force was bound to stations and instruments registered after it was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RulesBound {
    /// Greatest number of a station that it was bound to.
    pub(super) last_station: StationId,
    /// Greatest number of an instrument that it was bound to.
    pub(super) last_instrument: InstrumentId,
    /// Stations that its rules are bound to.
    pub(super) stations: Vec<StationId>,
    /// Rules without a station yet.
    pub(super) idle: Vec<String>,
    /// Rules and stations of their scopes that they cannot be bound to.
    pub(super) uncovered: Vec<Uncovered>,
    /// Host time.
    pub(super) at: Timestamp,
}

/// Kind 51: stored frames that suspended rules have not evaluated. In force until a checkpoint covers every segment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct FramesUnseen {
    /// Last frame that is counted here and whose corrections are on record.
    pub(super) noted_lsn: u64,
    /// How many frames there are.
    pub(super) frames: u64,
    /// Each instrument that had a frame: time of the newest one that rules have evaluated, and of the earliest unseen one not behind it.
    pub(super) sources: Vec<(InstrumentId, Option<Timestamp>, Option<Timestamp>)>,
    /// Which frames of an instrument were appended as history, for those that have any.
    pub(super) history: Vec<(InstrumentId, HistoryRuns)>,
}

/// Kind 12: a stored value was replaced by a different one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Corrected {
    pub(super) instrument: InstrumentId,
    pub(super) channel: String,
    pub(super) time: Timestamp,
    pub(super) old: Sample,
    pub(super) new: Sample,
    /// By whom: `instrument` for a frame that came the usual way.
    pub(super) by: String,
    /// Why.
    pub(super) reason: String,
    /// The host's time.
    pub(super) at: Timestamp,
}

impl Corrected {
    /// Whether only the flag of a value changed.
    pub(super) fn is_flag(&self) -> bool {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        bits(self.old.value) == bits(self.new.value) && self.old.quality != self.new.quality
    }

    /// The value that a person put in the place of another; `None` for a flag, and for a later frame.
    pub(super) fn value_by_hand(&self) -> Option<f64> {
        let is_frame = (self.by.as_str(), self.reason.as_str()) == BY_FRAME;
        self.new.value.filter(|_| !is_frame && !self.is_flag())
    }

    /// Notes the value of a person in a registry: frames that are sent again do not take it away.
    pub(super) fn note(&self, registry: &mut Registry) {
        let Some(value) = self.value_by_hand() else { return };
        let channels = registry.instrument(self.instrument).map(|(_, instrument)| instrument.channels());
        let place = channels.and_then(|channels| channels.iter().position(|channel| channel.name() == self.channel));
        if let Some(place) = place {
            registry.note_value(self.instrument, self.time, place, value);
        }
    }
}

/// Kind 13: a segment was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentSealed {
    pub(super) file_name: String,
    pub(super) file_bytes: u64,
    pub(super) sha256: Digest,
    pub(super) first_lsn: u64,
    pub(super) last_lsn: u64,
    pub(super) rows: u64,
}

/// Kind 14: how far rules have seen, and what of their state does not follow from the stored frames. Every commit of alarm records ends
/// with one, so that they are repeated neither too often nor too seldom after a crash. It takes several records where it is large.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint<'a> {
    /// The last frame that rules have seen.
    pub(super) lsn: u64,
    /// The time by which steps fall due, where frames drive it.
    pub(super) frame_time: Timestamp,
    pub(super) engine: EngineState,
    pub(super) machine: MachineState<'a>,
    /// What late readings have reached.
    pub(super) late: LateState,
    /// Progress of the rules' sources.
    pub(super) sources: SourceStates,
    /// What the host's clock showed.
    pub(super) host_time: Timestamp,
}

impl Checkpoint<'_> {
    /// The records that hold it: as many as its bytes take.
    pub(super) fn records(&self) -> Result<Vec<Record>, LedgerError> {
        Record::in_parts(Kind::Checkpoint, self, LEDGER_PART_BYTES_MAX)
    }
}

impl Checkpoint<'static> {
    /// The newest checkpoint of a ledger.
    pub(super) fn newest(records: &[Record]) -> Result<Option<Self>, LedgerError> {
        let newest = records.iter().rposition(|record| record.kind() == Kind::Checkpoint);
        let Some((last, record)) = newest.and_then(|last| Some((last, records.get(last)?))) else { return Ok(None) };
        let index = last as u64;
        let count = usize::try_from(record.part(index)?.0).unwrap_or(usize::MAX);
        let parts = records.get((last + 1).saturating_sub(count)..=last).unwrap_or_default();
        Record::body_of_parts(parts, index).map(Some)
    }
}

/// Kind 27: segments gave way to another one, or to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentsReplaced {
    pub(super) removed: Vec<String>,
    /// Name and checksum of the segment in their place.
    pub(super) added: Option<(String, Digest)>,
    pub(super) reason: String,
}

/// Kind 28: somebody had readings deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReadingsDeleted {
    pub(super) number: u64,
    pub(super) instrument: InstrumentId,
    /// Places of the channels; none for whole rows.
    pub(super) channels: Vec<usize>,
    pub(super) channel_names: Vec<String>,
    pub(super) range: TimeRange,
    pub(super) by: String,
    pub(super) reason: String,
    /// The host's time.
    pub(super) at: Timestamp,
    /// Of frames up to this one: what came later stays, whenever the deletion is finished. Those of a dump do not say it; then it is the
    /// last frame that was sealed before.
    pub(super) until_lsn: Option<u64>,
}

/// Kind 29: a deletion is off the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeletionCompleted {
    pub(super) number: u64,
}

/// Kind 31: how many readings deletions have taken away; only what this run of the store did, where a crash came in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReadingsDropped {
    /// Their numbers.
    pub(super) deletions: Vec<u64>,
    /// Whole rows.
    pub(super) rows: u64,
    /// Present values, in these rows and in others.
    pub(super) values: u64,
    /// Bytes of the segments that were rewritten.
    pub(super) bytes_before: u64,
    /// And of those in their place.
    pub(super) bytes_after: u64,
}

/// Kind 60: frames are lost, and the store continues without them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FramesLost {
    /// By their sequence numbers. Without an end: a log is missing or older than the ledger, and nobody can tell what it held.
    pub(super) frames: LsnRange,
    /// The host's time.
    pub(super) at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_another_version_is_refused() {
        let [record] = &Checkpoint::default().records().unwrap()[..] else {
            panic!("a small checkpoint in several records")
        };
        let later = Record::from_bytes(Kind::Checkpoint, 2, record.bytes().1.to_vec()).unwrap();
        assert!(Checkpoint::newest(&[later]).is_err());
    }

    #[test]
    fn the_newest_of_several_checkpoints_in_parts_is_read() {
        let checkpoint = |lsn| Checkpoint { lsn, ..Checkpoint::default() };
        let parts = |lsn, bytes| Record::in_parts(Kind::Checkpoint, &checkpoint(lsn), bytes).unwrap();
        let mut records = [parts(1, 5), parts(2, 100), parts(3, 3)].concat();
        assert_eq!(Checkpoint::newest(&records).unwrap(), Some(checkpoint(3)));
        records.truncate(records.len() - parts(3, 3).len());
        assert_eq!(Checkpoint::newest(&records).unwrap(), Some(checkpoint(2)));
        assert_eq!(Checkpoint::newest(&[]).unwrap(), None);
    }
}
