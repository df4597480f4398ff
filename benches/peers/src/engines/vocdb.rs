//! vocdb itself. Every call of its interface that the benches make stands in this file.

use super::{Durability, Engine, SYNC_INTERVAL, Store, file_bytes};
use crate::failure::{Failure, of};
use crate::load::{HOUR_MS, Row, Shape, Tally};
use std::path::Path;
use vocdb::query::{Aggregate, Readings};
use vocdb::store::read::Column;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, Instrument, InstrumentId, Interval, Station, TimeRange, Timestamp,
    Unit,
};

pub(crate) struct Vocdb;

struct Open {
    db: Database,
    readings: Readings,
    instruments: Vec<InstrumentId>,
    channels: Vec<usize>,
}

impl Engine for Vocdb {
    fn name(&self) -> &'static str {
        "vocdb"
    }

    fn remarks(&self) -> &'static [&'static str] {
        &["interval durability syncs every 200 ms", "ledger and catalog hold no readings and are not counted in sizes"]
    }

    fn open(&self, dir: &Path, shape: &Shape, durability: Durability) -> Result<Box<dyn Store>, Failure> {
        let durability = match durability {
            Durability::Interval => vocdb::Durability::Interval(SYNC_INTERVAL),
            Durability::EachAppend => vocdb::Durability::Always,
        };
        open(dir, shape, Config { durability, ..Config::default() })
    }

    fn open_for_log(&self, dir: &Path, shape: &Shape, log_bytes: u64) -> Result<Box<dyn Store>, Failure> {
        // Rows take an eighth more in memory than in the log. With the default of 16 MiB they are sealed long before.
        let head_bytes_max = usize::try_from(log_bytes.saturating_mul(2)).unwrap_or(usize::MAX);
        let durability = vocdb::Durability::Interval(SYNC_INTERVAL);
        open(dir, shape, Config { durability, head_bytes_max, ..Config::default() })
    }

    fn settle(&self, dir: &Path, shape: &Shape) -> Result<(), Failure> {
        let db = Database::open(dir, Config::default()).map_err(of("open vocdb"))?;
        debug_assert_eq!(db.registry().stations().count(), shape.stations);
        db.compact(Compaction::Everything).map_err(of("compact vocdb"))?;
        db.close().map_err(of("close vocdb"))
    }

    fn reading_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.starts_with("segments") || path.starts_with("wal"))
    }

    fn log_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.starts_with("wal"))
    }
}

fn open(dir: &Path, shape: &Shape, config: Config) -> Result<Box<dyn Store>, Failure> {
    let db = Database::open(dir, config).map_err(of("open vocdb"))?;
    let interval = Interval::from_ms(shape.interval_ms).map_err(of("make an interval"))?;
    let mut instruments = Vec::new();
    for station in 0..shape.stations {
        instruments.push(register(&db, station, shape, interval)?);
    }
    let channels = (0..shape.channels.len()).collect();
    Ok(Box::new(Open { readings: db.readings(), db, instruments, channels }))
}

fn register(db: &Database, station: usize, shape: &Shape, interval: Interval) -> Result<InstrumentId, Failure> {
    let channels: Result<Vec<Channel>, _> =
        shape.channels.iter().map(|name| Channel::quantity(name, Unit::Ppb)).collect();
    let instrument = Instrument::new("gc", interval, channels.map_err(of("name a channel"))?);
    let station = Station::new(format!("district/{station:02}")).map_err(of("name a station"))?;
    let station = db.register_station(station).map_err(of("register a station"))?;
    let instrument = instrument.map_err(of("make an instrument"))?;
    db.register_instrument(station, instrument).map_err(of("register an instrument"))
}

thread_local! {
    /// A batch for each thread that appends, as a receiver of frames would keep one.
    static BATCH: std::cell::RefCell<Batch> = std::cell::RefCell::new(Batch::new());
}

impl Open {
    fn instrument(&self, station: usize) -> Result<InstrumentId, Failure> {
        self.instruments.get(station).copied().ok_or_else(|| Failure::says("no such station"))
    }
}

fn add(tally: &mut Tally, column: &Column) {
    if column.is_complete() {
        tally.add_slice(&column.values);
    } else {
        column.samples().filter_map(|sample| sample.value).for_each(|value| tally.add(value));
    }
}

impl Store for Open {
    fn append(&self, rows: &[Row<'_>]) -> Result<(), Failure> {
        BATCH.with_borrow_mut(|batch| {
            batch.clear();
            for row in rows {
                batch.push_values(self.instrument(row.station)?, Timestamp::from_ms(row.time_ms), row.values);
            }
            let receipt = self.db.append(batch).map_err(of("append to vocdb"))?;
            match receipt.rejections.first() {
                Some(rejection) => Err(Failure::new("append to vocdb", &rejection.reason)),
                None => Ok(()),
            }
        })
    }

    fn scan(&self) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        for instrument in &self.instruments {
            let scan = self.readings.scan(*instrument, &self.channels, TimeRange::ALL);
            let mut scan = scan.map_err(of("scan vocdb"))?;
            while scan.visit(|_, _, column| add(&mut tally, column)).map_err(of("scan vocdb"))? {}
        }
        Ok(tally)
    }

    fn hourly_means(&self) -> Result<Tally, Failure> {
        let hour = Interval::from_ms(HOUR_MS).map_err(of("make an hour"))?;
        let mut tally = Tally::default();
        for instrument in &self.instruments {
            let hours = self.readings.rollups(*instrument, &self.channels, hour, TimeRange::ALL);
            for rollup in hours.map_err(of("ask vocdb for hours"))? {
                rollup.channels.iter().filter_map(Aggregate::mean).for_each(|mean| tally.add(mean));
            }
        }
        Ok(tally)
    }

    fn latest(&self, station: usize, channel: usize, _: i64) -> Result<Option<(i64, f64)>, Failure> {
        let latest =
            self.readings.latest(self.instrument(station)?, channel).map_err(of("ask vocdb for the latest"))?;
        Ok(latest.and_then(|(time, sample)| Some((time.as_ms(), sample.value?))))
    }

    fn mean(&self, station: usize, channel: usize, from_ms: i64, to_ms: i64) -> Result<Option<f64>, Failure> {
        let range = TimeRange::new(Timestamp::from_ms(from_ms + 1), Timestamp::from_ms(to_ms + 1));
        let aggregate = self.readings.aggregate(self.instrument(station)?, &[channel], range);
        let aggregate = aggregate.map_err(of("ask vocdb for a mean"))?;
        Ok(aggregate.channels.first().and_then(Aggregate::mean))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.db.close().map_err(of("close vocdb"))
    }
}
