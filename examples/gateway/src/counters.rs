//! Counters of everything that the gateway takes, answers and refuses.

use crate::stations::Taken;
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use vocdb::interop::hj212::DeframerCounts;

/// Why a frame was refused. It is not answered, so that its sender keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is no good frame.
    Fault,
    /// The configuration does not have its station.
    UnknownStation,
    /// Its password is wrong.
    Password,
    /// It contradicts the other packets of its message.
    Packet,
    /// Its content cannot be stored.
    Content,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The sender closed it, or the network broke.
    Closed,
    /// It had no good frame in time.
    NoFrame,
    /// One frame took too long.
    SlowFrame,
    /// No frame came for too long.
    Idle,
    /// Too many bytes outside good frames.
    Garbage,
    /// The sender does not read its answers.
    Unread,
    /// The gateway stops.
    Stopped,
}

impl End {
    /// The reason in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed by the sender",
            Self::NoFrame => "no good frame in time",
            Self::SlowFrame => "a frame took too long",
            Self::Idle => "no frame for too long",
            Self::Garbage => "too many bytes outside good frames",
            Self::Unread => "answers are not read",
            Self::Stopped => "the gateway stops",
        }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters since the gateway was started.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub $name: AtomicU64,)* }

        /// The counters at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            /// The counters now.
            #[must_use]
            pub fn counts(&self) -> Counts {
                Counts { $($name: self.$name.load(Relaxed),)* }
            }
        }

        impl fmt::Display for Counts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let all = [$((stringify!($name), self.$name),)*];
                let mut gap = "";
                for (name, count) in all.into_iter().filter(|(_, count)| *count > 0) {
                    write!(f, "{gap}{name}={count}")?;
                    gap = " ";
                }
                if gap.is_empty() { f.write_str("nothing received") } else { Ok(()) }
            }
        }
    };
}

counters! {
    /// Connections that were accepted.
    connections,
    /// Connections that were refused because all places were taken.
    connections_refused,
    /// Connections without a good frame that were closed to make room.
    connections_evicted,
    /// Times at which the system could not accept a connection.
    accept_errors,
    /// Connections that ended because no good frame came in time.
    ended_no_frame,
    /// Connections that ended because one frame took too long.
    ended_slow_frame,
    /// Connections that ended because no frame came for too long.
    ended_idle,
    /// Connections that ended because of too many bytes outside good frames.
    ended_garbage,
    /// Connections that ended because the sender did not read its answers.
    ended_unread,
    /// Bytes that were received.
    bytes,
    /// Bytes outside good frames.
    bytes_skipped,
    /// Good frames of HJ 212.
    frames,
    /// Deviations from the standard that were accepted.
    deviations,
    /// Messages with current readings.
    messages_current,
    /// Messages with readings of the past.
    messages_history,
    /// Packets of split messages, the last of each excepted.
    packets,
    /// Messages that are acknowledged and not stored, as the configuration says.
    acknowledged_only,
    /// Messages without readings: heartbeats, notices, answers.
    messages_other,
    /// Faulty frames.
    refused_fault,
    /// Frames of stations that the configuration does not have.
    refused_unknown_station,
    /// Frames with a wrong password.
    refused_password,
    /// Packets that contradict the others of their message.
    refused_packet,
    /// Frames whose content cannot be stored.
    refused_content,
    /// Messages that the store rejected or could not write; not answered.
    not_stored,
    /// Messages that were stored, whether their sender wanted an answer or not.
    stored,
    /// Answers to data (9014) that were sent.
    acknowledged,
    /// Other answers (9013) that were sent.
    answered,
    /// Split messages that were given up because packets are missing.
    incomplete,
    /// Errors of the store, the archive and the file of packets.
    write_errors,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl Counters {
    pub(crate) fn refuse(&self, refusal: Refusal) {
        count(match refusal {
            Refusal::Fault => &self.refused_fault,
            Refusal::UnknownStation => &self.refused_unknown_station,
            Refusal::Password => &self.refused_password,
            Refusal::Packet => &self.refused_packet,
            Refusal::Content => &self.refused_content,
        });
    }

    pub(crate) fn take(&self, taken: &Taken) {
        count(match taken {
            Taken::Readings { is_history: false, .. } => &self.messages_current,
            Taken::Readings { is_history: true, .. } => &self.messages_history,
            Taken::Packet => &self.packets,
            Taken::AcknowledgedOnly => &self.acknowledged_only,
            Taken::Other => &self.messages_other,
        });
    }

    pub(crate) fn end(&self, end: End) {
        match end {
            End::Closed | End::Stopped => {}
            End::NoFrame => count(&self.ended_no_frame),
            End::SlowFrame => count(&self.ended_slow_frame),
            End::Idle => count(&self.ended_idle),
            End::Garbage => count(&self.ended_garbage),
            End::Unread => count(&self.ended_unread),
        }
    }

    /// Adds what a deframer met between two moments.
    pub(crate) fn deframed(&self, before: &DeframerCounts, now: &DeframerCounts) {
        self.bytes_skipped.fetch_add(now.skipped_bytes - before.skipped_bytes, Relaxed);
        self.frames.fetch_add(now.frames - before.frames, Relaxed);
        let forgiven = |counts: &DeframerCounts| counts.forgiven.iter().map(|(_, count)| count).sum::<u64>();
        self.deviations.fetch_add(forgiven(now).saturating_sub(forgiven(before)), Relaxed);
    }
}
