//! tsink: a series a channel of a station, named by the channel and labelled with the station.

use super::{Durability, Engine, SYNC_INTERVAL, Store, file_bytes};
use crate::failure::{Failure, of};
use crate::load::{HOUR_MS, Row, Shape, Tally, hour_end};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tsink::{
    Aggregation, DataPoint, Label, QueryOptions, Storage, StorageBuilder, TimestampPrecision, TsinkError, WalSyncMode,
};

pub(crate) struct Tsink;

struct Open {
    storage: Arc<dyn Storage>,
    channels: Vec<String>,
    labels: Vec<Vec<Label>>,
    interval_ms: i64,
    /// Rows for each station that are filled anew for every batch: names and labels are not allocated per value.
    rows: Vec<Mutex<Vec<tsink::Row>>>,
}

/// Rows in a partition: an hour at 1 Hz, tsink's default, and as many rows where they come less often. Its tuning guide says to widen
/// partitions for slow data; with an hour each, hourly data would lie in chunks of one point.
const ROWS_PER_PARTITION: i64 = 3_600;
/// Its tuning guide advises more than the default of 4 KiB for many small writes.
const LOG_BUFFER_BYTES: usize = 64 << 10;
/// Intervals to look back for the newest sample before all of time is searched.
const LOOK_BACK_INTERVALS: i64 = 60;

impl Engine for Tsink {
    fn name(&self) -> &'static str {
        "tsink"
    }

    fn remarks(&self) -> &'static [&'static str] {
        &[
            "interval durability is `WalSyncMode::Periodic(200 ms)`, each append durable is `PerAppend`; each append is one `insert_rows`",
            "it has no missing values: such samples are left out, and a reader cannot tell them from rows that never came",
            "it has no call for the newest value: the last 60 intervals are read, though it must be told what time it is",
            "settled is closed: closing flushes everything and drains its compaction; there is no call to compact",
        ]
    }

    fn open(&self, dir: &Path, shape: &Shape, durability: Durability) -> Result<Box<dyn Store>, Failure> {
        let sync = match durability {
            Durability::Interval => WalSyncMode::Periodic(SYNC_INTERVAL),
            Durability::EachAppend => WalSyncMode::PerAppend,
        };
        let partition_ms = (shape.interval_ms * ROWS_PER_PARTITION).unsigned_abs();
        let storage = StorageBuilder::new()
            .with_data_path(dir)
            .with_timestamp_precision(TimestampPrecision::Milliseconds)
            .with_partition_duration(Duration::from_millis(partition_ms))
            .with_wal_buffer_size(LOG_BUFFER_BYTES)
            .with_wal_sync_mode(sync)
            .build()
            .map_err(of("open tsink"))?;
        let label = |station| vec![Label::new("station", format!("district-{station:02}"))];
        Ok(Box::new(Open {
            storage,
            channels: shape.channels.clone(),
            labels: (0..shape.stations).map(label).collect(),
            interval_ms: shape.interval_ms,
            rows: (0..shape.stations).map(|_| Mutex::default()).collect(),
        }))
    }

    fn settle(&self, dir: &Path, shape: &Shape) -> Result<(), Failure> {
        self.open(dir, shape, Durability::Interval)?.close()
    }

    fn reading_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|_| true)
    }

    fn log_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.starts_with("wal"))
    }
}

impl Open {
    fn series(&self, station: usize, channel: usize) -> Result<(&str, &[Label]), Failure> {
        match (self.channels.get(channel), self.labels.get(station)) {
            (Some(channel), Some(labels)) => Ok((channel, labels)),
            _ => Err(Failure::says("no such station or channel")),
        }
    }

    fn points(&self, station: usize, channel: usize, from_ms: i64, to_ms: i64) -> Result<Vec<DataPoint>, Failure> {
        let (channel, labels) = self.series(station, channel)?;
        found(self.storage.select(channel, labels, from_ms, to_ms))
    }

    /// The first time of a series.
    fn first(&self, station: usize, channel: usize) -> Result<Option<i64>, Failure> {
        let (channel, labels) = self.series(station, channel)?;
        let options = QueryOptions::new(0, i64::MAX).with_labels(labels.to_vec()).with_pagination(0, Some(1));
        Ok(found(self.storage.select_with_options(channel, options))?.first().map(|point| point.timestamp))
    }
}

/// A series without points is an error to tsink, and an empty answer here.
fn found(answer: tsink::Result<Vec<DataPoint>>) -> Result<Vec<DataPoint>, Failure> {
    match answer {
        Err(TsinkError::NoDataPoints { .. }) => Ok(Vec::new()),
        other => other.map_err(of("ask tsink")),
    }
}

fn value(point: &DataPoint) -> Result<f64, Failure> {
    point.value_as_f64().ok_or_else(|| Failure::says("tsink gave something other than a float"))
}

impl Store for Open {
    fn append(&self, rows: &[Row<'_>]) -> Result<(), Failure> {
        let Some(station) = rows.first().map(|row| row.station) else { return Ok(()) };
        let (_, labels) = self.series(station, 0)?;
        let kept = self.rows.get(station).ok_or_else(|| Failure::says("no such station"))?;
        let mut kept = kept.lock().map_err(|_| Failure::says("a thread failed while it wrote to tsink"))?;
        let mut used = 0;
        for row in rows {
            for (channel, value) in self.channels.iter().zip(row.values) {
                let Some(value) = value else { continue };
                let point = DataPoint::new(row.time_ms, *value);
                match kept.get_mut(used).filter(|kept| kept.metric() == channel) {
                    Some(kept) => kept.set_data_point(point),
                    None => {
                        kept.truncate(used);
                        kept.push(tsink::Row::with_labels(channel, labels.to_vec(), point));
                    }
                }
                used += 1;
            }
        }
        self.storage.insert_rows(kept.get(..used).unwrap_or_default()).map_err(of("append to tsink"))
    }

    fn scan(&self) -> Result<Tally, Failure> {
        let (mut tally, mut points) = (Tally::default(), Vec::new());
        for station in 0..self.labels.len() {
            for channel in 0..self.channels.len() {
                let (channel, labels) = self.series(station, channel)?;
                match self.storage.select_into(channel, labels, 0, i64::MAX, &mut points) {
                    Err(TsinkError::NoDataPoints { .. }) => continue,
                    other => other.map_err(of("scan tsink"))?,
                }
                for point in &points {
                    tally.add(value(point)?);
                }
            }
        }
        Ok(tally)
    }

    fn hourly_means(&self) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        for station in 0..self.labels.len() {
            for channel in 0..self.channels.len() {
                let Some(first) = self.first(station, channel)? else { continue };
                let (channel, labels) = self.series(station, channel)?;
                // Its buckets begin at the start of the question and include their beginning: one millisecond later, they include
                // their end instead.
                let options = QueryOptions::new(hour_end(first) - HOUR_MS + 1, i64::MAX)
                    .with_labels(labels.to_vec())
                    .with_downsample(HOUR_MS, Aggregation::Avg);
                for point in found(self.storage.select_with_options(channel, options))? {
                    tally.add(value(&point)?);
                }
            }
        }
        Ok(tally)
    }

    fn latest(&self, station: usize, channel: usize, now_ms: i64) -> Result<Option<(i64, f64)>, Failure> {
        let from_ms = now_ms - LOOK_BACK_INTERVALS * self.interval_ms;
        let mut points = self.points(station, channel, from_ms, now_ms + 1)?;
        if points.is_empty() {
            points = self.points(station, channel, 0, i64::MAX)?;
        }
        points.last().map(|point| Ok((point.timestamp, value(point)?))).transpose()
    }

    fn mean(&self, station: usize, channel: usize, from_ms: i64, to_ms: i64) -> Result<Option<f64>, Failure> {
        let (channel, labels) = self.series(station, channel)?;
        let options =
            QueryOptions::new(from_ms + 1, to_ms + 1).with_labels(labels.to_vec()).with_aggregation(Aggregation::Avg);
        let points = found(self.storage.select_with_options(channel, options))?;
        points.first().map(value).transpose()
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.storage.close().map_err(of("close tsink"))
    }
}
