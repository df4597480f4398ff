//! vocdb itself. Every call of its interface that the benches make stands in this file.

use super::{Durability, Engine, SYNC_INTERVAL, Store, file_bytes};
use crate::failure::{Failure, of};
use crate::load::{HOUR_MS, Row, Shape, Tally};
use std::path::Path;
use vocdb::query::{Readings, Window, WindowFunction, WindowQuery};
use vocdb::store::read::Column;
use vocdb::{
    Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Station, TimeRange, Timestamp, Unit,
};

pub(crate) struct Vocdb;

struct Open {
    db: Database,
    readings: Readings,
    instruments: Vec<InstrumentId>,
    channels: Vec<usize>,
    interval: Interval,
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
        let db = Database::open(dir, Config { durability, ..Config::default() }).map_err(of("open vocdb"))?;
        let interval = Interval::from_ms(shape.interval_ms).map_err(of("make an interval"))?;
        let mut instruments = Vec::new();
        for station in 0..shape.stations {
            instruments.push(register(&db, station, shape, interval)?);
        }
        let channels = (0..shape.channels.len()).collect();
        Ok(Box::new(Open { readings: db.readings(), db, instruments, channels, interval }))
    }

    fn settle(&self, dir: &Path, shape: &Shape) -> Result<(), Failure> {
        self.open(dir, shape, Durability::Interval)?.close()
    }

    fn reading_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.starts_with("segments") || path.starts_with("wal"))
    }

    fn log_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.starts_with("wal"))
    }
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

    fn window(&self, station: usize, channel: usize, ends: TimeRange, window: Window) -> Result<Tally, Failure> {
        let query = WindowQuery {
            instrument: self.instrument(station)?,
            channel,
            interval: self.interval,
            ends,
            window,
            function: WindowFunction::Mean,
        };
        let mut tally = Tally::default();
        let answers = self.readings.window(&query).map_err(of("ask vocdb for windows"))?;
        answers.iter().filter_map(|answer| answer.value).for_each(|mean| tally.add(mean));
        Ok(tally)
    }
}

fn add(tally: &mut Tally, column: &Column) {
    if column.marks.iter().all(|mark| mark.is_present()) {
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
            let scan = self.readings.scan(*instrument, &self.channels, TimeRange::ALL).map_err(of("scan vocdb"))?;
            for chunk in scan {
                chunk.map_err(of("scan vocdb"))?.columns.iter().for_each(|column| add(&mut tally, column));
            }
        }
        Ok(tally)
    }

    fn hourly_means(&self) -> Result<Tally, Failure> {
        let hour = Interval::from_ms(HOUR_MS).map_err(of("make an hour"))?;
        let window = Window { width: hour, step: hour, coverage_min: 0.0 };
        let mut tally = Tally::default();
        for station in 0..self.instruments.len() {
            for channel in &self.channels {
                let of_channel = self.window(station, *channel, TimeRange::ALL, window)?;
                tally.count += of_channel.count;
                tally.sum += of_channel.sum;
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
        let width = Interval::from_ms(to_ms - from_ms).map_err(of("make a window"))?;
        let window = Window { width, step: self.interval, coverage_min: 0.0 };
        let end = TimeRange::new(Timestamp::from_ms(to_ms), Timestamp::from_ms(to_ms + 1));
        let tally = self.window(station, channel, end, window)?;
        Ok((tally.count > 0).then_some(tally.sum))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.db.close().map_err(of("close vocdb"))
    }
}
