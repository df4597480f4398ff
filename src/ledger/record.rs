//! Records: a kind, a version, and a body that only its owner understands.

use super::error::LedgerError;
use crate::base::bytes::{ByteReader, BytesError, put_varint};
use crate::base::limits::LEDGER_RECORD_BYTES_MAX;
use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of all bodies.
const BODY_VERSION: u8 = 1;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $word:literal;)+) => {
        /// What a record is about. Codes are never used again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Kind {
            $($(#[doc = $doc])+ $name = $code,)+
        }

        impl Kind {
            /// All kinds, by code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The kind in words, as exports name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// A station was registered.
    StationRegistered = 1, "station_registered";
    /// An instrument was registered.
    InstrumentRegistered = 2, "instrument_registered";
    /// A rule set came into force.
    RuleSetLoaded = 3, "rule_set_loaded";
    /// An alarm opened.
    AlarmOpened = 4, "alarm_opened";
    /// An alarm closed.
    AlarmClosed = 5, "alarm_closed";
    /// The condition of a rule became unknown, for want of data.
    ConditionUnknown = 6, "condition_unknown";
    /// The condition of a rule became known again.
    ConditionKnown = 7, "condition_known";
    /// Somebody acknowledged an alarm.
    AlarmAcknowledged = 8, "alarm_acknowledged";
    /// A step of an escalation chain was taken.
    EscalationStep = 9, "escalation_step";
    /// Somebody is to be told: a row of the outbox.
    Notification = 10, "notification";
    /// What became of an attempt to tell somebody.
    Delivery = 11, "delivery";
    /// A stored value was replaced by a different one.
    Correction = 12, "correction";
    /// A segment was sealed.
    SegmentSealed = 13, "segment_sealed";
    /// Up to which frame rules have been evaluated, and which conditions were under way.
    Checkpoint = 14, "checkpoint";
    /// Stations left the quorum of a rule, for want of data, or came back.
    MembershipChanged = 15, "membership_changed";
    /// An operator did something other than acknowledging.
    OperatorAction = 16, "operator_action";
    /// A shelving ended by itself.
    ShelvingEnded = 17, "shelving_ended";
    /// A rule began or ceased to be suppressed.
    SuppressionChanged = 18, "suppression_changed";
    /// A latching alarm cleared, or tripped again.
    LatchChanged = 19, "latch_changed";
    /// A condition that was under way went over into a new rule set.
    ConditionCarried = 20, "condition_carried";
    /// A reminder was sent.
    Reminder = 21, "reminder";
    /// An alarm joined an alarm group.
    IncidentJoined = 22, "incident_joined";
    /// A flood of alarms to one contact began or ended.
    FloodChanged = 23, "flood_changed";
    /// A message waits for the next roll-up.
    HeldBack = 24, "held_back";
    /// Somebody is to be told over another way, because one is dead: a row of the outbox.
    Rerouted = 25, "rerouted";
    /// Telling people does not work.
    SystemAlarm = 26, "system_alarm";
    /// Segments gave way to another one, or to nothing.
    SegmentsReplaced = 27, "segments_replaced";
    /// Somebody had readings deleted.
    ReadingsDeleted = 28, "readings_deleted";
    /// Deleted readings are off the disk.
    DeletionCompleted = 29, "deletion_completed";
    /// The channels of an instrument changed.
    InstrumentChanged = 30, "instrument_changed";
    /// How many readings deletions have taken away.
    ReadingsDropped = 31, "readings_dropped";
    /// A station was moved.
    StationChanged = 32, "station_changed";
    /// A person set the quality flag of stored readings.
    FlagsSet = 33, "flags_set";
    /// An endpoint of a gateway is gone, or named anew.
    EndpointChanged = 34, "endpoint_changed";
    /// Readings that came late change what a rule would have said of the past.
    Amendment = 35, "amendment";
    /// A system alarm was raised or cleared.
    SystemCondition = 36, "system_condition";
    /// An acknowledgement expired while its alarm was open.
    AcknowledgementExpired = 40, "acknowledgement_expired";
    /// A maintenance window was planned.
    MaintenancePlanned = 41, "maintenance_planned";
    /// A maintenance window began, ended or was cancelled.
    MaintenanceChanged = 42, "maintenance_changed";
    /// An alarm that was recorded as history holds now.
    AlarmBecameCurrent = 43, "alarm_became_current";
    /// The priority of an open alarm rose or fell.
    AlarmPriorityChanged = 44, "alarm_priority_changed";
    /// The rules in force were suspended, run again, or do not cover a station of their scope.
    RulesStateChanged = 50, "rules_state_changed";
    /// Which stored frames suspended rules have not evaluated.
    FramesUnseen = 51, "frames_unseen";
    /// The rule set in force was bound to stations registered after it was loaded.
    RulesBound = 52, "rules_bound";
    /// Frames that the ledger rests on, or may have, are lost.
    FramesLost = 60, "frames_lost";
    /// A case was opened.
    IncidentOpened = 70, "incident_opened";
    /// Somebody did something about a case.
    IncidentStep = 71, "incident_step";
    /// The deadline of a case has passed.
    IncidentOverdue = 72, "incident_overdue";
    /// Somebody reported an odour.
    OdourReported = 73, "odour_reported";
}

impl Kind {
    /// The code that is stored.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The kind of a stored code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The kind of a name as [`Kind::name`] gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether the record is part of the history that depends on readings and operators alone. The other kinds tell of this
    /// machine: when deliveries went through, when segments were sealed, how far evaluation had come.
    #[must_use]
    pub const fn is_history(self) -> bool {
        !matches!(
            self,
            Self::Delivery
                | Self::Rerouted
                | Self::SystemAlarm
                | Self::SegmentSealed
                | Self::Checkpoint
                | Self::SegmentsReplaced
                | Self::DeletionCompleted
                | Self::ReadingsDropped
                | Self::EndpointChanged
                | Self::SystemCondition
                | Self::RulesStateChanged
                | Self::FramesUnseen
        )
    }
}

/// One record. Its bytes (kind, version, body) are what a Merkle leaf is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub(super) kind: Kind,
    pub(super) version: u8,
    pub(super) body: Vec<u8>,
}

fn wrong(kind: Kind, index: u64, reason: String) -> LedgerError {
    LedgerError::Body { index, kind: kind.name(), reason }
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LEDGER_RECORD_BYTES_MAX as u64).with_varint_encoding()
}

impl Record {
    /// A record of a kind with a body.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for a body over the limit of 16 MiB.
    pub fn new<T: Serialize>(kind: Kind, body: &T) -> Result<Self, LedgerError> {
        let body = options().serialize(body).map_err(|error| wrong(kind, 0, error.to_string()))?;
        Ok(Self { kind, version: BODY_VERSION, body })
    }

    /// Records of a kind that hold one body between them, in order, whatever its size.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for a body that cannot be encoded.
    pub fn in_parts<T: Serialize>(kind: Kind, body: &T, part_bytes_max: usize) -> Result<Vec<Self>, LedgerError> {
        let encoded = bincode::DefaultOptions::new().with_varint_encoding().serialize(body);
        let whole = encoded.map_err(|error| wrong(kind, 0, error.to_string()))?;
        let parts = whole.chunks(part_bytes_max.max(1));
        let count = parts.len() as u64;
        let part = |(number, bytes): (u64, &[u8])| {
            let mut body = Vec::with_capacity(bytes.len() + 4);
            put_varint(&mut body, count);
            put_varint(&mut body, number);
            body.extend_from_slice(bytes);
            Self { kind, version: BODY_VERSION, body }
        };
        Ok((0..).zip(parts).map(part).collect())
    }

    /// Of a body in several records: how many they are, and the number of this one, from 0.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for bytes of another type.
    pub fn part(&self, index: u64) -> Result<(u64, u64), LedgerError> {
        self.part_bytes(index).map(|(count, number, _)| (count, number))
    }

    fn part_bytes(&self, index: u64) -> Result<(u64, u64, &[u8]), LedgerError> {
        let wrong = |error: BytesError| wrong(self.kind, index, error.to_string());
        let mut reader = ByteReader::new(&self.body);
        let (count, number) = (reader.varint().map_err(wrong)?, reader.varint().map_err(wrong)?);
        let bytes = reader.take(reader.remaining()).map_err(wrong)?;
        Ok((count, number, bytes))
    }

    /// The body that so many records hold between them, the last of which has this index.
    ///
    /// # Errors
    /// [`LedgerError::Body`] where a part is missing, for another version, and for bytes of another type.
    pub fn body_of_parts<T: DeserializeOwned>(parts: &[Self], index: u64) -> Result<T, LedgerError> {
        let kind = parts.last().map_or(Kind::Checkpoint, Self::kind);
        let mut whole = Vec::with_capacity(parts.iter().map(Self::body_bytes).sum());
        for (expected, part) in (0..).zip(parts) {
            let (count, number, bytes) = part.part_bytes(index)?;
            if (count, number) != (parts.len() as u64, expected) || part.version != BODY_VERSION {
                let reason = format!("part {number} of {count} where part {expected} of {} belongs", parts.len());
                return Err(wrong(kind, index, reason));
            }
            whole.extend_from_slice(bytes);
        }
        let limit = whole.len() as u64;
        let decoded = bincode::DefaultOptions::new().with_limit(limit).with_varint_encoding().deserialize(&whole);
        decoded.map_err(|error| wrong(kind, index, error.to_string()))
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// A record as it was stored elsewhere: version of the body and its bytes, which [`Record::body`] checks.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`] above 16 MiB.
    pub fn from_bytes(kind: Kind, version: u8, body: Vec<u8>) -> Result<Self, LedgerError> {
        if body.len() > LEDGER_RECORD_BYTES_MAX {
            let (bytes, bytes_max) = (body.len(), LEDGER_RECORD_BYTES_MAX);
            return Err(LedgerError::TooLarge { what: "record", bytes, bytes_max });
        }
        Ok(Self { kind, version, body })
    }

    /// The version of its body and the bytes of it, as they are stored.
    #[must_use]
    pub fn bytes(&self) -> (u8, &[u8]) {
        (self.version, &self.body)
    }

    /// The version of its body.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Bytes of its body.
    #[must_use]
    pub const fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Its body.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for another version or for bytes of another type.
    pub fn body<T: DeserializeOwned>(&self, index: u64) -> Result<T, LedgerError> {
        let wrong = |reason| wrong(self.kind, index, reason);
        if self.version != BODY_VERSION {
            return Err(wrong(format!("body version {}; this release reads version {BODY_VERSION}", self.version)));
        }
        options().deserialize(&self.body).map_err(|error| wrong(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_come_back() {
        assert!(Kind::ALL.is_sorted_by(|one, next| one.code() < next.code()));
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(*kind));
        }
        assert_eq!(Kind::from_code(0), None);
        assert_eq!(Kind::from_code(999), None);
    }

    #[test]
    fn a_body_of_another_type_or_version_is_an_error() {
        let record = Record::new(Kind::SegmentSealed, &("abc", 7_u64)).unwrap();
        assert_eq!(record.body::<(String, u64)>(3).unwrap(), ("abc".to_owned(), 7));
        assert!(record.body::<(u64, String, u64)>(3).is_err());
        let later = Record { version: 2, ..record };
        assert!(later.body::<(String, u64)>(3).unwrap_err().to_string().contains("record 3 (segment_sealed)"));
    }

    #[test]
    fn a_body_in_parts_of_any_size_comes_back_whole_or_not_at_all() {
        let body: Vec<u64> = (0..300).collect();
        for part_bytes_max in [1, 7, 100, 1_000, 1 << 20] {
            let parts = Record::in_parts(Kind::Checkpoint, &body, part_bytes_max).unwrap();
            assert_eq!(parts.len() > 1, part_bytes_max < 300, "{part_bytes_max}");
            assert_eq!(Record::body_of_parts::<Vec<u64>>(&parts, 9).unwrap(), body);
            assert_eq!(parts.last().unwrap().part(9).unwrap(), (parts.len() as u64, parts.len() as u64 - 1));
            assert!(Record::body_of_parts::<Vec<u64>>(&parts[1..], 9).is_err(), "the first part is missing");
            if parts.len() > 1 {
                assert!(Record::body_of_parts::<Vec<u64>>(&parts[..1], 9).is_err(), "the last part is missing");
            }
        }
    }
}
