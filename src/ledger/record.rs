//! Records: a kind, a version, and a body that only its owner understands.

use super::error::LedgerError;
use crate::base::limits::LEDGER_RECORD_BYTES_MAX;
use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// An alarm joined an incident.
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
    /// An endpoint of a gateway is gone, or named anew.
    EndpointChanged = 34, "endpoint_changed";
    /// Readings that came late change what a rule would have said of the past.
    Amendment = 35, "amendment";
    /// The rules in force were suspended, run again, or do not cover a station of their scope.
    RulesStateChanged = 40, "rules_state_changed";
    /// Which stored frames suspended rules have not evaluated.
    FramesUnseen = 41, "frames_unseen";
    /// The rule set in force was bound to stations registered after it was loaded.
    RulesBound = 42, "rules_bound";
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

    /// The version of bodies of this kind that this release writes. See the table in FORMAT.md.
    #[must_use]
    pub const fn body_version(self) -> u8 {
        match self {
            Self::AlarmOpened | Self::AlarmClosed | Self::LatchChanged | Self::Checkpoint => 3,
            Self::ConditionUnknown
            | Self::ConditionKnown
            | Self::MembershipChanged
            | Self::SuppressionChanged
            | Self::Notification
            | Self::Rerouted
            | Self::ReadingsDeleted
            | Self::RuleSetLoaded => 2,
            _ => 1,
        }
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

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LEDGER_RECORD_BYTES_MAX as u64).with_varint_encoding()
}

impl Record {
    /// A record of a kind with a body.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for a body over the limit of 16 MiB.
    pub fn new<T: Serialize>(kind: Kind, body: &T) -> Result<Self, LedgerError> {
        let body = options().serialize(body).map_err(|error| LedgerError::Body {
            index: 0,
            kind: kind.name(),
            reason: error.to_string(),
        })?;
        Ok(Self { kind, version: kind.body_version(), body })
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

    /// Its body, as the type that this release writes.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for another version or for bytes of another type.
    pub fn body<T: DeserializeOwned>(&self, index: u64) -> Result<T, LedgerError> {
        self.body_of_version(self.kind.body_version(), index)
    }

    /// Its body, as the type of a version.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for another version or for bytes of another type.
    pub fn body_of_version<T: DeserializeOwned>(&self, version: u8, index: u64) -> Result<T, LedgerError> {
        self.decode(&self.body, version, index)
    }

    /// Its body of an earlier version, as a type that has so many fields more, all of them at the end: each reads as nothing (no text, no
    /// list, none, zero, false), which is one byte of zero.
    ///
    /// # Errors
    /// [`LedgerError::Body`] for another version or for bytes of another type.
    pub fn body_of_fewer_fields<T: DeserializeOwned>(
        &self,
        version: u8,
        added: usize,
        index: u64,
    ) -> Result<T, LedgerError> {
        let mut body = self.body.clone();
        body.resize(body.len() + added, 0);
        self.decode(&body, version, index)
    }

    fn decode<T: DeserializeOwned>(&self, body: &[u8], version: u8, index: u64) -> Result<T, LedgerError> {
        let wrong = |reason: String| LedgerError::Body { index, kind: self.kind.name(), reason };
        if self.version != version {
            return Err(wrong(format!("body version {}; this release reads version {version}", self.version)));
        }
        options().deserialize(body).map_err(|error| wrong(error.to_string()))
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
        let record = Record::new(Kind::Correction, &("abc", 7_u64)).unwrap();
        assert_eq!(record.body::<(String, u64)>(3).unwrap(), ("abc".to_owned(), 7));
        assert!(record.body::<(u64, String, u64)>(3).is_err());
        let later = Record { version: 2, ..record };
        assert!(later.body::<(String, u64)>(3).unwrap_err().to_string().contains("record 3 (correction)"));
    }

    #[test]
    fn fields_that_an_earlier_body_does_not_have_read_as_nothing_and_a_short_one_stays_an_error() {
        type Now = (String, u64, String, Option<u64>, bool, u32);
        let record = Record::new(Kind::Correction, &("abc", 7_u64)).unwrap();
        let read = record.body_of_fewer_fields::<Now>(1, 4, 0).unwrap();
        assert_eq!(read, ("abc".to_owned(), 7, String::new(), None, false, 0));
        assert!(record.body_of_fewer_fields::<Now>(1, 3, 0).is_err());
        assert!(record.body_of_fewer_fields::<Now>(1, 5, 0).is_err());
        assert!(record.body_of_fewer_fields::<Now>(2, 4, 0).is_err());
    }
}
