//! Figures about a store, for whoever watches it.

use super::core::{Database, Inner};
use crate::alarm::event::RulesState;
use crate::base::observe::{IS_METERED, Level, level};
use crate::error::Error;
use crate::model::{Registry, Timestamp};
use crate::store::read::{InstrumentFigures, MemoryFigures, Reader, SegmentFigures};
use crate::store::{Counters, FileBytes};
use serde::Serialize;

/// Figures about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Frames and values by what became of them, since opening.
    pub counters: Counters,
    /// Bytes on disk by kind of file.
    pub bytes: FileBytes,
    /// Sealed segments, settled and not.
    pub segments: SegmentFigures,
    /// Segments that opening has set aside because they do not check.
    pub segments_quarantined: u64,
    /// Bytes in memory.
    pub memory: MemoryFigures,
    /// Log sequence number of the newest frame.
    pub last_lsn: u64,
    /// Log sequence number up to which frames would survive a power failure.
    pub durable_lsn: u64,
    /// Log sequence number of the newest frame that the rules have seen.
    pub rules_lsn: u64,
    /// State of the rules in force; none without a rule set.
    pub rules_state: Option<RulesState>,
    /// Frames that suspended rules have still to evaluate: those stored meanwhile, and after a crash those since the checkpoint before.
    pub rules_unseen: u64,
    /// Stations and rules of whose scopes they are that the rules cannot be bound to.
    pub rules_uncovered: usize,
    /// Records in the ledger.
    pub ledger_records: u64,
    /// Alarms that are open.
    pub alarms_open: usize,
    /// Notifications that are not delivered yet.
    pub outbox: usize,
    /// Stored readings by station, in order of registration.
    pub stations: Vec<StationStats>,
}

/// The stored readings of a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationStats {
    /// Its name.
    pub station: String,
    /// Milliseconds since 1970 of its newest row.
    pub newest_ms: Option<i64>,
    /// Milliseconds between that time and the host's clock.
    pub lag_ms: Option<i64>,
    /// Instruments of the station, in order of registration.
    pub instruments: Vec<InstrumentStats>,
}

/// The stored readings of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstrumentStats {
    /// Its name.
    pub instrument: String,
    /// Milliseconds since 1970 of its newest row.
    pub newest_ms: Option<i64>,
    /// Rows, values and bytes.
    #[serde(flatten)]
    pub stored: InstrumentFigures,
}

impl Database {
    /// Figures. Cheap enough to ask for every few seconds, but for the first time after opening: every page is then read and checked to count
    /// its values, at the speed of the disk.
    ///
    /// # Errors
    /// [`Error::Store`] where files cannot be measured.
    pub fn stats(&self) -> Result<Stats, Error> {
        let inner = self.inner.lock();
        let reader = inner.store.reader();
        let bytes = FileBytes { ledger: inner.ledger.bytes(), ..inner.store.file_bytes()? };
        let (registry, now) = (inner.registry.clone(), inner.now());
        let mut stats = Stats {
            counters: *inner.store.counters(),
            bytes,
            segments: SegmentFigures::default(),
            segments_quarantined: self.report.quarantined.len() as u64,
            memory: MemoryFigures::default(),
            last_lsn: inner.store.last_lsn(),
            durable_lsn: self.sync.synced_lsn(),
            rules_lsn: inner.position_lsn,
            rules_state: inner.state_of_rules(),
            rules_unseen: inner.unseen.as_ref().map_or(0, |unseen| unseen.frames()),
            rules_uncovered: inner.rules_state().map_or(0, |change| change.uncovered.len()),
            ledger_records: inner.ledger.records(),
            alarms_open: inner.machine.alarms().count(),
            outbox: inner.dispatcher.count(),
            stations: Vec::new(),
        };
        drop(inner);
        let stored = StoredStats::of((&reader, &registry), now, (bytes, stats.ledger_records));
        (stats.segments, stats.memory, stats.stations) = (stored.segments, stored.memory, stored.stations);
        stats.publish();
        Ok(stats)
    }
}

impl Stats {
    /// Tells whoever watches, of what [`Inner::publish_levels`] does not tell.
    fn publish(&self) {
        level(Level::Segments, self.segments.count);
        level(Level::SegmentsQuarantined, self.segments_quarantined);
        level(Level::SegmentBytes, self.bytes.segments);
        level(Level::WalBytes, self.bytes.wal);
        level(Level::CatalogBytes, self.bytes.catalog);
        level(Level::LedgerBytes, self.bytes.ledger);
        let lag_ms = self.stations.iter().filter_map(|station| station.lag_ms).max();
        lag_ms.into_iter().for_each(|lag_ms| level(Level::StationLag, lag_ms.max(0).unsigned_abs() / 1_000));
    }
}

impl Inner {
    /// Tells whoever watches what is known without a look at files.
    pub(super) fn publish_levels(&self) {
        if !IS_METERED {
            return;
        }
        let last_lsn = self.store.last_lsn();
        level(Level::AlarmsOpen, self.machine.alarms().count() as u64);
        level(Level::Outbox, self.dispatcher.count() as u64);
        level(Level::RulesLag, last_lsn.saturating_sub(self.position_lsn));
        level(Level::DurableLag, last_lsn.saturating_sub(self.store.sync().synced_lsn()));
        level(Level::LedgerRecords, self.ledger.records());
    }
}

/// The contents of a store as seen by a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredStats {
    /// Bytes on disk by kind of file.
    pub bytes: FileBytes,
    /// Sealed segments, settled and not.
    pub segments: SegmentFigures,
    /// Bytes in memory.
    pub memory: MemoryFigures,
    /// Records in the ledger.
    pub ledger_records: u64,
    /// Stored readings by station, in order of registration.
    pub stations: Vec<StationStats>,
}

impl StoredStats {
    pub(super) fn of(
        (reader, registry): (&Reader, &Registry),
        now: Timestamp,
        (bytes, ledger_records): (FileBytes, u64),
    ) -> Self {
        let figures = reader.figures();
        let mut stations = Vec::new();
        for (id, station) in registry.stations() {
            let of_station = || registry.instruments().filter(move |(_, at, _)| *at == id);
            let newest = reader.newest_of(of_station().map(|(id, ..)| id));
            let instruments = of_station().map(|(id, _, instrument)| InstrumentStats {
                instrument: instrument.name().to_owned(),
                newest_ms: reader.newest(id).map(Timestamp::as_ms),
                stored: figures.instruments.get(&id).copied().unwrap_or_default(),
            });
            stations.push(StationStats {
                station: station.name().to_owned(),
                newest_ms: newest.map(Timestamp::as_ms),
                lag_ms: newest.map(|newest| now.since_ms(newest)),
                instruments: instruments.collect(),
            });
        }
        Self { bytes, segments: figures.segments, memory: figures.memory, ledger_records, stations }
    }
}
