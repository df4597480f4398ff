//! What a store holds, to be held against what it held before.

use super::Outcome;
use vocdb::{AlarmEvent, Database, Sample, TimeRange, Timestamp};

/// Everything that a store holds: all readings to the bit, and everything that has happened to alarms.
#[derive(Debug)]
pub(crate) struct Snapshot {
    readings: Vec<(String, Vec<(Timestamp, Sample)>)>,
    events: Vec<AlarmEvent>,
    rows: usize,
}

impl Snapshot {
    pub(crate) fn take(db: &Database) -> Outcome<Self> {
        let mut readings = Vec::new();
        let mut rows = 0;
        for (id, _, instrument) in db.registry().instruments() {
            let channels: Vec<usize> = (0..instrument.channels().len()).collect();
            let stored = db.readings().rows(id, &channels, TimeRange::ALL)?;
            rows += stored.len();
            for channel in channels {
                readings.push((format!("{id} channel {channel}"), stored.samples(channel).collect()));
            }
        }
        Ok(Self { readings, events: db.events()?, rows })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn values(&self) -> usize {
        let present = |(_, samples): &(String, Vec<(Timestamp, Sample)>)| {
            samples.iter().filter(|(_, sample)| sample.value.is_some()).count()
        };
        self.readings.iter().map(present).sum()
    }

    /// The first thing in which two snapshots differ.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let bits = |(time, sample): &(Timestamp, Sample)| (*time, sample.value.map(f64::to_bits), sample.quality);
        for ((name, before), (_, after)) in self.readings.iter().zip(&other.readings) {
            if !before.iter().map(bits).eq(after.iter().map(bits)) {
                return Some(format!("{name}-differs"));
            }
        }
        let of_alarms = |event: &&AlarmEvent| !matches!(event, AlarmEvent::Delivery(_));
        let same_events = self.events.iter().filter(of_alarms).eq(other.events.iter().filter(of_alarms));
        (!same_events || self.readings.len() != other.readings.len()).then(|| "alarms-differ".to_owned())
    }
}
