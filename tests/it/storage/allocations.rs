//! What appending allocates: nothing for each value.

use crate::support::oracle::instrument;
use allocation_counter::measure;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
use vocdb::{Batch, Config, Database, DuplicatePolicy, Durability, Frame, InstrumentId, Station, TimeRange, Timestamp};

const NOW_MS: i64 = 1_700_000_000_000;
const ROWS_PER_BATCH: i64 = 10;
const BATCHES: i64 = 400;

fn batch(number: i64, channels: usize) -> Batch {
    let frame = |row: i64| {
        let values: Vec<_> = (0..channels).map(|channel| Some((row % 97) as f64 / 100.0 + channel as f64)).collect();
        Frame::new(InstrumentId::new(1), Timestamp::from_ms(NOW_MS - 10_000_000 + row * 1_000), &values)
    };
    (number * ROWS_PER_BATCH..(number + 1) * ROWS_PER_BATCH).map(frame).collect()
}

/// How many allocations it takes to append the batches, and to read them again, with rows of so many channels.
fn allocations(channels: usize) -> (i64, i64) {
    let dir = crate::support::scratch::dir();
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let config = Config { durability: Durability::Buffered, clock, ..Config::default() };
    let db = Database::open(dir.path(), config).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let gc = instrument("gc", channels, DuplicatePolicy::KeepLast);
    let id = db.register_instrument(station, gc).unwrap();
    let batches: Vec<Batch> = (0..BATCHES).map(|number| batch(number, channels)).collect();
    let appending = measure(|| {
        for batch in &batches {
            assert_eq!(db.append(batch).unwrap().accepted, ROWS_PER_BATCH as u64);
        }
    });
    db.seal().unwrap();
    let (mut read, places) = (0, (0..channels).collect::<Vec<_>>());
    let reading = measure(|| {
        for chunk in db.readings().scan(id, &places, TimeRange::ALL).unwrap() {
            read += chunk.unwrap().columns.iter().map(|column| column.samples().count()).sum::<usize>();
        }
    });
    assert_eq!(read as i64, BATCHES * ROWS_PER_BATCH * channels as i64);
    (appending.count_total as i64, reading.count_total as i64)
}

#[test]
fn values_are_appended_and_read_without_an_allocation_for_each() {
    let [(appending_few, reading_few), (appending_many, reading_many)] = [2, 36].map(allocations);
    let (rows, more_values) = (BATCHES * ROWS_PER_BATCH, BATCHES * ROWS_PER_BATCH * 34);
    let (appending, reading) = (appending_many - appending_few, reading_many - reading_few);
    println!(
        "{appending_few} allocations for {rows} rows of 2 channels; {appending} and {reading} for {more_values} values more"
    );
    // Rows of a batch have what they need in common: three for each would be many.
    assert!(appending_few < 3 * rows, "{appending_few} allocations for {rows} rows");
    // Each 4,000 values of one channel grow and are read as a few blocks.
    assert!(appending < more_values / 100, "{appending} allocations for {more_values} values");
    assert!(reading < more_values / 100, "{reading} allocations for {more_values} values");
}

/// A CSV file that exists only while it is read: a row every second, made as it is asked for.
struct Rows {
    next: i64,
    end: i64,
    line: Vec<u8>,
}

impl std::io::Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::io::Write;
        if self.line.is_empty() && self.next < self.end {
            let (row, ms) = (self.next, NOW_MS - 100_000_000 + self.next * 1_000);
            writeln!(self.line, "{ms},{}.{},{}", row % 97, row % 7, row % 13)?;
            self.next += 1;
        }
        let length = self.line.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

/// Bytes that an import of so many rows holds at most at once, with a head that is sealed after each 4,000 rows.
fn import_peak(rows: i64) -> u64 {
    let dir = crate::support::scratch::dir();
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let db =
        Database::open(dir.path(), Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let gc = instrument("gc", 2, DuplicatePolicy::KeepLast);
    let id = db.register_instrument(station, gc.clone()).unwrap();
    let names: Vec<&str> = gc.channels().iter().map(|channel| channel.name()).collect();
    let unit = gc.channels()[0].unit();
    let target = CsvTarget::new(id, &gc).column("a", names[0], unit).column("b", names[1], gc.channels()[1].unit());
    let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochMilliseconds)).map(target);
    let file = Rows { next: 0, end: rows, line: b"t,a,b\n".to_vec() };
    let used = measure(|| {
        let mut reader = CsvReader::from_reader(file, "made.csv", spec).unwrap();
        let (mut batch, mut stored, mut unsealed) = (Batch::new(), 0, 0);
        while reader.read_batch(1_000, &mut batch).unwrap() > 0 {
            stored += db.append_history(&batch).unwrap().accepted;
            unsealed += batch.len();
            if unsealed >= 4_000 {
                unsealed = 0;
                db.seal().unwrap();
            }
        }
        assert_eq!(stored, rows as u64);
    });
    used.bytes_max
}

#[test]
fn an_import_of_twice_the_rows_holds_no_more_memory() {
    let [once, twice] = [20_000, 40_000].map(import_peak);
    println!("{once} bytes at most for 20,000 rows, {twice} for 40,000");
    assert!(twice < once + once / 10, "{once} bytes at most for 20,000 rows, {twice} for 40,000");
}
