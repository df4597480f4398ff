//! SQLite as a wide table: a row an instant, a column a channel.

use super::{Durability, Engine, Store, file_bytes};
use crate::failure::{Failure, of};
use crate::load::{HOUR_MS, Row, Shape, Tally, hour_end};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

pub(crate) struct Sqlite;

struct Open {
    /// SQLite has one writer at a time whatever one does; threads that share a connection wait here and not in busy handlers,
    /// which sleep.
    connection: Mutex<Connection>,
    channels: usize,
    insert: String,
    scan: String,
    /// Averages over a range of keys.
    averages: String,
    stations: usize,
    latest: Vec<String>,
    mean: Vec<String>,
}

/// Station and time in one integer: `station * STATION_SPAN + time_ms`. As the INTEGER PRIMARY KEY it is the key of the table's own
/// B-tree, so that rows of a station lie together in order of time and there is no second index to write. A multiple of an hour, so
/// that hours begin at the same multiples in every station's keys.
const STATION_SPAN: i64 = 10_000_000 * HOUR_MS;
/// SQLite's own default. Measured on these loads: pages of 8 KiB and 16 KiB scan 15 % and 25 % faster, and take in 4 % and 20 % less.
const PAGE_BYTES: i64 = 4_096;
/// 16,384 pages of 4 KiB: 64 MiB of log between checkpoints. The default of 4 MiB checkpoints, and syncs, sixteen times as often.
const LOG_PAGES_MAX: i64 = 16_384;
/// Page cache in KiB: 16 MiB holds the inner pages and the leaves under change of every load here.
const CACHE_KIB: i64 = 16_384;

impl Engine for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn remarks(&self) -> &'static [&'static str] {
        &[
            "WAL mode; interval durability is `synchronous = NORMAL`, which syncs at checkpoints only: up to 64 MiB of log may be lost, \
             a weaker promise than 200 ms",
            "each append durable is `synchronous = FULL`; eight threads share one connection",
            "settled is checkpointed and vacuumed",
        ]
    }

    fn open(&self, dir: &Path, shape: &Shape, durability: Durability) -> Result<Box<dyn Store>, Failure> {
        let connection = Connection::open(dir.join("readings.sqlite")).map_err(of("open SQLite"))?;
        let synchronous = match durability {
            Durability::Interval => "NORMAL",
            Durability::EachAppend => "FULL",
        };
        let names: Vec<String> = (0..shape.channels.len()).map(|channel| format!("c{channel}")).collect();
        let columns = names.iter().map(|name| format!("{name} REAL")).collect::<Vec<_>>().join(", ");
        let setup = format!(
            "PRAGMA page_size = {PAGE_BYTES};
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = {synchronous};
             PRAGMA wal_autocheckpoint = {LOG_PAGES_MAX};
             PRAGMA cache_size = -{CACHE_KIB};
             CREATE TABLE IF NOT EXISTS readings (key INTEGER PRIMARY KEY, {columns});"
        );
        connection.execute_batch(&setup).map_err(of("set SQLite up"))?;
        // A statement for every channel would push one another out of the default cache of 16.
        connection.set_prepared_statement_cache_capacity(4 * names.len() + 16);
        let marks = vec!["?"; names.len() + 1].join(", ");
        let averages = names.iter().map(|name| format!("avg({name})")).collect::<Vec<_>>().join(", ");
        let last = |name: &String| {
            format!(
                "SELECT key, {name} FROM readings WHERE key BETWEEN ? AND ? AND {name} IS NOT NULL ORDER BY key DESC LIMIT 1"
            )
        };
        let mean = |name: &String| format!("SELECT avg({name}) FROM readings WHERE key BETWEEN ? AND ?");
        Ok(Box::new(Open {
            connection: Mutex::new(connection),
            channels: names.len(),
            insert: format!("INSERT INTO readings VALUES ({marks})"),
            scan: format!("SELECT {} FROM readings", names.join(", ")),
            averages: format!("SELECT {averages} FROM readings WHERE key BETWEEN ? AND ?"),
            stations: shape.stations,
            latest: names.iter().map(last).collect(),
            mean: names.iter().map(mean).collect(),
        }))
    }

    fn settle(&self, dir: &Path, _: &Shape) -> Result<(), Failure> {
        let connection = Connection::open(dir.join("readings.sqlite")).map_err(of("open SQLite"))?;
        let settle = "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
        connection.execute_batch(settle).map_err(of("settle SQLite"))?;
        connection.close().map_err(|(_, cause)| Failure::new("close SQLite", cause))
    }

    fn reading_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|_| true)
    }

    fn log_bytes(&self, dir: &Path) -> Result<u64, Failure> {
        file_bytes(dir, &|path| path.to_string_lossy().ends_with("-wal"))
    }
}

impl Open {
    fn connection(&self) -> Result<MutexGuard<'_, Connection>, Failure> {
        self.connection.lock().map_err(|_| Failure::says("a thread failed while it wrote to SQLite"))
    }

    /// Sums up what a query gives, column by column, NULLs left out.
    fn sum(
        &self,
        connection: &Connection,
        sql: &str,
        parameters: impl rusqlite::Params,
        tally: &mut Tally,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            for column in 0..self.channels {
                match row.get_ref(column)? {
                    ValueRef::Real(value) => tally.add(value),
                    ValueRef::Null => {}
                    other => return Err(rusqlite::Error::InvalidColumnType(column, "REAL".into(), other.data_type())),
                }
            }
        }
        Ok(())
    }

    /// The first and the last key of a station.
    fn span(&self, connection: &Connection, station: usize) -> rusqlite::Result<Option<(i64, i64)>> {
        let sql =
            "SELECT (SELECT min(key) FROM readings WHERE key >= ?1), (SELECT max(key) FROM readings WHERE key < ?2)";
        let keys = [key(station, 0), key(station, STATION_SPAN)];
        let (first, last): (Option<i64>, Option<i64>) =
            connection.prepare_cached(sql)?.query_row(keys, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last).filter(|(first, last)| first <= last))
    }

    /// An hour is a range of keys. `GROUP BY` over the hour of the key sorts the whole table first, and takes twice as long.
    fn sum_of_means(&self, connection: &Connection) -> rusqlite::Result<Tally> {
        let mut tally = Tally::default();
        for station in 0..self.stations {
            let Some((first, last)) = self.span(connection, station)? else { continue };
            let mut end = hour_end(first);
            while end < last + HOUR_MS {
                self.sum(connection, &self.averages, [end - HOUR_MS + 1, end], &mut tally)?;
                end += HOUR_MS;
            }
        }
        Ok(tally)
    }

    fn insert(&self, connection: &Connection, rows: &[Row<'_>]) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(&self.insert)?;
        for row in rows {
            statement.raw_bind_parameter(1, key(row.station, row.time_ms))?;
            for (place, value) in (2..).zip(row.values) {
                statement.raw_bind_parameter(place, value)?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }
}

fn key(station: usize, time_ms: i64) -> i64 {
    i64::try_from(station).unwrap_or_default() * STATION_SPAN + time_ms
}

impl Store for Open {
    fn append(&self, rows: &[Row<'_>]) -> Result<(), Failure> {
        let mut connection = self.connection()?;
        let written = connection.transaction().and_then(|transaction| {
            self.insert(&transaction, rows)?;
            transaction.commit()
        });
        written.map_err(of("append to SQLite"))
    }

    /// Reading the columns one by one is a tenth faster here than `SELECT total(c0), ...`, which runs SQLite's own compensated sum.
    fn scan(&self) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        self.sum(&*self.connection()?, &self.scan, [], &mut tally).map_err(of("scan SQLite"))?;
        Ok(tally)
    }

    fn hourly_means(&self) -> Result<Tally, Failure> {
        self.sum_of_means(&*self.connection()?).map_err(of("ask SQLite for means"))
    }

    fn latest(&self, station: usize, channel: usize, _: i64) -> Result<Option<(i64, f64)>, Failure> {
        let sql = self.latest.get(channel).ok_or_else(|| Failure::says("no such channel"))?;
        let connection = self.connection()?;
        let ask = || {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([key(station, 0), key(station, STATION_SPAN - 1)])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some((row.get::<_, i64>(0)? % STATION_SPAN, row.get(1)?)))
        };
        ask().map_err(|cause: rusqlite::Error| Failure::new("ask SQLite for the latest", cause))
    }

    fn mean(&self, station: usize, channel: usize, from_ms: i64, to_ms: i64) -> Result<Option<f64>, Failure> {
        let sql = self.mean.get(channel).ok_or_else(|| Failure::says("no such channel"))?;
        let connection = self.connection()?;
        let mut statement = connection.prepare_cached(sql).map_err(of("ask SQLite for a mean"))?;
        let mean = statement.query_row([key(station, from_ms + 1), key(station, to_ms)], |row| row.get(0));
        mean.map_err(of("ask SQLite for a mean"))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        let connection = self.connection.into_inner().map_err(|_| Failure::says("a thread failed"))?;
        connection.flush_prepared_statement_cache();
        connection.close().map_err(|(_, cause)| Failure::new("close SQLite", cause))
    }
}
