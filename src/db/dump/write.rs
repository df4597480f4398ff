//! A store becomes text, row by row.

use super::text::{put_hex, put_sample, put_samples};
use super::{DumpProgress, DumpReport, DumpScope};
use crate::base::lines::LineWriter;
use crate::db::alarm_log::read_ledger;
use crate::db::core::Database;
use crate::db::export::body_of;
use crate::db::readings::{ReadOnly, lineage_of, registry_of};
use crate::db::records::{
    Checkpoint, Corrected, FlagsSet, FramesUnseen, InstrumentChanged, InstrumentRegistered, ReadingsDeleted,
    StationChanged, StationRegistered,
};
use crate::error::Error;
use crate::io::Storage;
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, Registry, StationId, TimeRange};
use crate::store::{Lineage, Snapshot, StoreError, snapshot_until};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Attempts to read the files of a store while its writer seals or replaces segments.
const ATTEMPTS: usize = 64;

impl Database {
    /// Writes the store as text (see [`DumpScope`]), line by line: `guide::operations` says what a dump holds, and what only a backup holds.
    /// The store is held only to be looked at; appending goes on while rows are written, and what is appended then is not in the dump.
    /// `progress` is told how far it has come. Memory is bounded: a block of each segment of one instrument at a time, and the ledger.
    ///
    /// ```
    /// use vocdb::{Config, Database, DumpScope, Station};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path().join("store"), Config::default())?;
    /// db.register_station(Station::new("park/S1")?)?;
    /// let mut dump = Vec::new();
    /// db.dump(&DumpScope::WHOLE, &mut dump, |_| {})?;
    ///
    /// let restored = Database::restore(dump.as_slice(), dir.path().join("restored"), |_| {})?;
    /// assert!(restored.lines > 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownStation`]; [`Error::Store`] and [`Error::Ledger`] where files cannot be read; [`Error::Io`] where `to` cannot be
    /// written.
    pub fn dump(
        &self,
        scope: &DumpScope,
        to: &mut dyn Write,
        progress: impl FnMut(DumpProgress),
    ) -> Result<DumpReport, Error> {
        let content = {
            let mut inner = self.inner.lock();
            // With the conditions under way in the ledger, every frame is one that the rules have seen.
            inner.commit_position()?;
            Content::read(&inner.config.storage, inner.store.root(), scope)?
        };
        content.write(to, progress)
    }
}

impl ReadOnly {
    /// As [`Database::dump`], beside the process that writes, of the files as they are now. Neither lock nor catalog is needed, and nothing
    /// is changed.
    ///
    /// # Errors
    /// As [`Database::dump`].
    pub fn dump(
        &self,
        scope: &DumpScope,
        to: &mut dyn Write,
        progress: impl FnMut(DumpProgress),
    ) -> Result<DumpReport, Error> {
        let storage: Arc<dyn Storage> = Arc::new(crate::io::FsStorage);
        Content::read(&storage, self.path(), scope)?.write(to, progress)
    }
}

/// What is to be written, as it was at one moment.
struct Content {
    records: Vec<Record>,
    /// Conditions under way and other state of the rules, for the frames that the reader shows; and which of these suspended rules have not
    /// evaluated.
    checkpoint: Vec<Record>,
    registry: Registry,
    instruments: Vec<InstrumentId>,
    range: TimeRange,
    snapshot: Snapshot,
    lineage: Lineage,
}

impl Content {
    fn read(storage: &Arc<dyn Storage>, dir: &Path, scope: &DumpScope) -> Result<Self, Error> {
        for _ in 0..ATTEMPTS {
            let records = read_ledger(&**storage, dir)?.records;
            let checkpoint = Checkpoint::newest(&records)?.filter(|_| scope.is_whole());
            let until_lsn = match &checkpoint {
                Some(checkpoint) => checkpoint.lsn,
                None if scope.is_whole() => 0,
                None => u64::MAX,
            };
            let lineage = lineage_of(&records)?;
            let snapshot = snapshot_until(storage, dir, until_lsn, &lineage)?;
            // A segment that was sealed meanwhile holds frames behind the checkpoint.
            if lineage_of(&read_ledger(&**storage, dir)?.records)? == lineage {
                return Self::of(records, checkpoint, (snapshot, lineage), scope);
            }
        }
        Err(StoreError::Unsettled { path: dir.to_owned(), attempts: ATTEMPTS }.into())
    }

    fn of(
        records: Vec<Record>,
        checkpoint: Option<Checkpoint<'static>>,
        (snapshot, lineage): (Snapshot, Lineage),
        scope: &DumpScope,
    ) -> Result<Self, Error> {
        let registry = registry_of(&records)?;
        let unseen = newest_unseen(&records)?.filter(|_| scope.is_whole());
        let stations = stations_of(&registry, &scope.stations)?;
        let of_scope = |(id, station, _)| stations.contains(&station).then_some(id);
        let instruments: Vec<InstrumentId> = registry.instruments().filter_map(of_scope).collect();
        let part = Part { stations, instruments: instruments.iter().copied().collect(), range: scope.range };
        let mut kept = Vec::new();
        for (index, record) in (0..).zip(records) {
            if if scope.is_whole() { is_dumped(record.kind()) } else { part.holds(&record, index)? } {
                kept.push(unplaced_deletion(record, index)?);
            }
        }
        // The sequence numbers of another store mean nothing.
        let unplaced = |checkpoint| Checkpoint { lsn: 0, ..checkpoint }.records();
        let mut checkpoint = checkpoint.map(unplaced).transpose()?.unwrap_or_default();
        let unseen = unseen.map(|unseen| Record::new(Kind::FramesUnseen, &FramesUnseen { noted_lsn: 0, ..unseen }));
        checkpoint.extend(unseen.transpose()?);
        Ok(Self { records: kept, checkpoint, registry, instruments, range: scope.range, snapshot, lineage })
    }

    fn write(self, to: &mut dyn Write, mut progress: impl FnMut(DumpProgress)) -> Result<DumpReport, Error> {
        self.snapshot.check_recorded(&self.lineage)?;
        let segments_left_out = self.snapshot.unsound.iter().map(|file| file.path.clone()).collect();
        let mut report = DumpReport { segments_left_out, ..DumpReport::default() };
        let (mut out, mut line) = (LineWriter::new(to), String::from("vocdb dump 1"));
        out.write(&mut line).map_err(unwritten)?;
        for record in self.records.iter().chain(&self.checkpoint) {
            write_record(&mut out, record, report.records)?;
            report.records += 1;
        }
        let mut at = DumpProgress { instruments_total: self.instruments.len() as u64, ..DumpProgress::default() };
        for id in &self.instruments {
            self.write_rows(&mut out, *id, &mut at, &mut progress)?;
            at.instruments += 1;
            progress(at);
        }
        if !self.snapshot.behind.is_empty() {
            line.push_str("arrivals");
            out.write(&mut line).map_err(unwritten)?;
        }
        for frame in self.snapshot.behind.frames() {
            let _ = write!(line, "{} {}", frame.instrument.number(), frame.time.as_ms());
            put_samples(&mut line, frame);
            out.write(&mut line).map_err(unwritten)?;
            report.arrivals += 1;
        }
        let _ = write!(line, "end {} {:08x}", out.lines(), out.crc());
        out.write(&mut line).and_then(|()| out.flush()).map_err(unwritten)?;
        (report.rows, report.bytes) = (at.rows, out.bytes());
        Ok(report)
    }

    fn write_rows(
        &self,
        out: &mut LineWriter<'_>,
        id: InstrumentId,
        at: &mut DumpProgress,
        progress: &mut impl FnMut(DumpProgress),
    ) -> Result<(), Error> {
        let Some((station, instrument)) = self.registry.instrument(id) else { return Ok(()) };
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let mut scan = self.snapshot.reader.scan(id, &channels, self.range)?;
        let station = self.registry.station(station).map_or("", |station| station.name());
        let names: Vec<&str> = instrument.channels().iter().map(|channel| channel.name()).collect();
        let mut line = format!("# {station}, {}: {}", instrument.name(), names.join("; "));
        let mut is_first = true;
        while let Some(chunk) = scan.next_rows()? {
            if std::mem::take(&mut is_first) {
                out.write(&mut line).map_err(unwritten)?;
                let _ = write!(line, "rows {}", id.number());
                out.write(&mut line).map_err(unwritten)?;
            }
            for (row, time) in chunk.times.iter().enumerate() {
                let _ = write!(line, "{}", time.as_ms());
                chunk.columns.iter().for_each(|column| put_sample(&mut line, column.sample(row)));
                out.write(&mut line).map_err(unwritten)?;
            }
            at.rows += chunk.times.len() as u64;
            progress(*at);
        }
        Ok(())
    }
}

/// What a dump of a part holds of the ledger.
struct Part {
    stations: BTreeSet<StationId>,
    instruments: BTreeSet<InstrumentId>,
    range: TimeRange,
}

impl Part {
    fn holds(&self, record: &Record, index: u64) -> Result<bool, Error> {
        Ok(match record.kind() {
            Kind::FlagsSet => self.instruments.contains(&record.body::<FlagsSet>(index)?.instrument),
            Kind::StationChanged => self.stations.contains(&record.body::<StationChanged>(index)?.id),
            Kind::StationRegistered => self.stations.contains(&record.body::<StationRegistered>(index)?.id),
            Kind::InstrumentRegistered => self.stations.contains(&record.body::<InstrumentRegistered>(index)?.station),
            Kind::InstrumentChanged => self.instruments.contains(&record.body::<InstrumentChanged>(index)?.id),
            Kind::Correction => {
                let Corrected { instrument, time, .. } = record.body::<Corrected>(index)?;
                self.instruments.contains(&instrument) && self.range.contains(time)
            }
            _ => false,
        })
    }
}

/// Whether a whole dump holds a kind of records: all but those about files of the old store. The newest checkpoint comes apart.
const fn is_dumped(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::SegmentSealed | Kind::SegmentsReplaced | Kind::Checkpoint | Kind::FramesUnseen | Kind::FramesLost
    )
}

/// A deletion without the sequence number up to which it reaches: those of another store mean nothing.
fn unplaced_deletion(record: Record, index: u64) -> Result<Record, Error> {
    if record.kind() != Kind::ReadingsDeleted {
        return Ok(record);
    }
    let body = ReadingsDeleted { until_lsn: None, ..record.body::<ReadingsDeleted>(index)? };
    Ok(Record::new(Kind::ReadingsDeleted, &body)?)
}

/// Frames that suspended rules have not evaluated: the record behind the newest checkpoint, if there is one.
fn newest_unseen(records: &[Record]) -> Result<Option<FramesUnseen>, Error> {
    let newest = records.iter().rposition(|record| record.kind() == Kind::Checkpoint);
    let behind = newest.and_then(|index| Some((index + 1, records.get(index + 1)?)));
    let found = behind.filter(|(_, record)| record.kind() == Kind::FramesUnseen);
    Ok(found.map(|(index, record)| record.body(index as u64)).transpose()?)
}

fn stations_of(registry: &Registry, names: &[String]) -> Result<BTreeSet<StationId>, Error> {
    if names.is_empty() {
        return Ok(registry.stations().map(|(id, _)| id).collect());
    }
    let known = || registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
    let id_of = |name: &String| {
        let found = registry.station_named(name);
        found.ok_or_else(|| Error::UnknownStation { name: name.clone(), known: known() })
    };
    names.iter().map(id_of).collect()
}

/// A record in words, then as it is stored.
fn write_record(out: &mut LineWriter<'_>, record: &Record, index: u64) -> Result<(), Error> {
    let mut line = format!("# {}", body_of(record, index)?);
    out.write(&mut line).map_err(unwritten)?;
    let (version, body) = record.bytes();
    let _ = write!(line, "record {} {version} ", record.kind().name());
    put_hex(&mut line, body);
    out.write(&mut line).map_err(unwritten)
}

fn unwritten(source: io::Error) -> Error {
    Error::Io { action: "write the dump", source }
}
