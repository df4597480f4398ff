//! The rows of all files in order of time, sorted on disk in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;
use vocdb::Timestamp;
use vocdb::interop::mapping::{Cell, Row};
use vocdb::model::Mark;

/// Bytes kept in memory; further bytes go to an unnamed file in the folder for temporary files.
const MEMORY_BYTES: usize = 8 << 20;
/// Bytes of the rows that are sorted at once.
const RUN_BYTES: usize = 24 << 20;
/// Sorted runs that are merged at once; more are merged into one first.
const RUNS_MAX: usize = 128;
/// Bytes of a run that are read at once.
const BLOCK_BYTES: usize = 64 << 10;
/// Bytes of a record before its cells: its length, the time, series, file and line.
const HEAD_BYTES: usize = 4 + 8 + 4 + 4 + 8;
/// Bytes of one cell: channel, mark and value.
const CELL_BYTES: usize = 2 + 1 + 8;

/// What orders rows: time, series, file and line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Milliseconds since 1970.
    time_ms: i64,
    pub(super) series: u32,
    pub(super) file: u32,
    pub(super) line: u64,
}

impl Key {
    pub(super) const fn time(self) -> Timestamp {
        Timestamp::from_ms(self.time_ms)
    }
}

/// Rows that are sorted by [`Key`].
pub(super) struct Sorter {
    file: SpooledTempFile,
    runs: Vec<Run>,
    /// Records of the run that is being made, and where each begins.
    records: Vec<u8>,
    order: Vec<(Key, usize)>,
    run_bytes: usize,
}

/// A sorted part of the file.
#[derive(Debug, Clone, Copy)]
struct Run {
    begin: u64,
    end: u64,
}

impl Sorter {
    pub(super) fn new() -> Self {
        Self::with_runs_of(RUN_BYTES)
    }

    fn with_runs_of(run_bytes: usize) -> Self {
        let file = SpooledTempFile::new(MEMORY_BYTES);
        Self { file, runs: Vec::new(), records: Vec::new(), order: Vec::new(), run_bytes }
    }

    pub(super) fn push(&mut self, file: u32, row: Row<'_>) -> io::Result<()> {
        let series = u32::try_from(row.series).unwrap_or(u32::MAX);
        let key = Key { time_ms: row.time.as_ms(), series, file, line: row.line };
        self.order.push((key, self.records.len()));
        encode(&mut self.records, key, row.cells);
        if self.records.len() >= self.run_bytes { self.flush() } else { Ok(()) }
    }

    /// Passes every row to a function, in order. It may be called again.
    pub(super) fn each<E: From<io::Error>>(
        &mut self,
        mut take: impl FnMut(Key, &[Cell]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.flush()?;
        let runs = self.runs.clone();
        self.merge(&runs, |key, cells, _| take(key, cells))
    }

    /// Writes the run that is being made, in order.
    fn flush(&mut self) -> io::Result<()> {
        if self.order.is_empty() {
            return Ok(());
        }
        // Rows of a file are mostly in order, which this sort makes use of.
        self.order.sort();
        let begin = self.file.seek(SeekFrom::End(0))?;
        let mut sorted = Vec::with_capacity(BLOCK_BYTES + HEAD_BYTES);
        for (_, at) in &self.order {
            let record = self.records.get(*at..).and_then(record_of).ok_or_else(invalid)?;
            sorted.extend_from_slice(record);
            if sorted.len() >= BLOCK_BYTES {
                self.file.write_all(&sorted)?;
                sorted.clear();
            }
        }
        self.file.write_all(&sorted)?;
        let end = self.file.stream_position()?;
        self.runs.push(Run { begin, end });
        self.records.clear();
        self.order.clear();
        if self.runs.len() >= RUNS_MAX { self.compact() } else { Ok(()) }
    }

    /// Merges all runs into one, in a file of its own.
    fn compact(&mut self) -> io::Result<()> {
        let (runs, mut file) = (std::mem::take(&mut self.runs), SpooledTempFile::new(MEMORY_BYTES));
        let mut bytes = Vec::with_capacity(BLOCK_BYTES + HEAD_BYTES);
        self.merge::<io::Error>(&runs, |_, _, record| {
            bytes.extend_from_slice(record);
            if bytes.len() >= BLOCK_BYTES {
                file.write_all(&bytes)?;
                bytes.clear();
            }
            Ok(())
        })?;
        file.write_all(&bytes)?;
        let end = file.stream_position()?;
        (self.file, self.runs) = (file, vec![Run { begin: 0, end }]);
        Ok(())
    }

    fn merge<E: From<io::Error>>(
        &mut self,
        runs: &[Run],
        mut take: impl FnMut(Key, &[Cell], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut readers: Vec<RunReader> = runs.iter().map(|run| RunReader::new(*run)).collect();
        let mut heap = BinaryHeap::new();
        for (place, reader) in readers.iter_mut().enumerate() {
            heap.extend(reader.key(&mut self.file)?.map(|key| Reverse((key, place))));
        }
        let mut cells = Vec::new();
        while let Some(Reverse((key, place))) = heap.pop() {
            let Some(reader) = readers.get_mut(place) else { continue };
            let record = reader.record().ok_or_else(invalid)?;
            decode(record, &mut cells).ok_or_else(invalid)?;
            take(key, &cells, record)?;
            reader.at += record.len();
            heap.extend(reader.key(&mut self.file)?.map(|key| Reverse((key, place))));
        }
        Ok(())
    }
}

/// Reads one run, block by block.
struct RunReader {
    /// What is not read yet.
    run: Run,
    bytes: Vec<u8>,
    at: usize,
}

impl RunReader {
    const fn new(run: Run) -> Self {
        Self { run, bytes: Vec::new(), at: 0 }
    }

    /// The record that is next, if it is in memory whole.
    fn record(&self) -> Option<&[u8]> {
        self.bytes.get(self.at..).and_then(record_of)
    }

    /// The key of the record that is next; none at the end of the run.
    fn key(&mut self, file: &mut SpooledTempFile) -> io::Result<Option<Key>> {
        while self.record().is_none() {
            if self.run.begin >= self.run.end {
                return if self.at >= self.bytes.len() { Ok(None) } else { Err(invalid()) };
            }
            self.bytes.drain(..self.at.min(self.bytes.len()));
            self.at = 0;
            file.seek(SeekFrom::Start(self.run.begin))?;
            let wanted = (self.run.end - self.run.begin).min(BLOCK_BYTES as u64);
            let before = self.bytes.len();
            Read::by_ref(file).take(wanted).read_to_end(&mut self.bytes)?;
            if self.bytes.len() == before {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.run.begin += (self.bytes.len() - before) as u64;
        }
        Ok(self.record().and_then(key_of))
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn encode(bytes: &mut Vec<u8>, key: Key, cells: &[Cell]) {
    let length = u32::try_from(HEAD_BYTES + cells.len() * CELL_BYTES).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&key.time_ms.to_le_bytes());
    bytes.extend_from_slice(&key.series.to_le_bytes());
    bytes.extend_from_slice(&key.file.to_le_bytes());
    bytes.extend_from_slice(&key.line.to_le_bytes());
    for Cell { channel, value, mark } in cells {
        // An instrument has at most 512 channels.
        bytes.extend_from_slice(&u16::try_from(*channel).unwrap_or(u16::MAX).to_le_bytes());
        bytes.push(mark.byte());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
}

/// The record with which bytes begin.
fn record_of(bytes: &[u8]) -> Option<&[u8]> {
    let (length, _) = bytes.split_first_chunk()?;
    bytes.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn key_of(record: &[u8]) -> Option<Key> {
    let (_, rest) = record.split_first_chunk::<4>()?;
    let (time, rest) = rest.split_first_chunk()?;
    let (series, rest) = rest.split_first_chunk()?;
    let (file, rest) = rest.split_first_chunk()?;
    let (line, _) = rest.split_first_chunk()?;
    Some(Key {
        time_ms: i64::from_le_bytes(*time),
        series: u32::from_le_bytes(*series),
        file: u32::from_le_bytes(*file),
        line: u64::from_le_bytes(*line),
    })
}

fn decode(record: &[u8], cells: &mut Vec<Cell>) -> Option<()> {
    cells.clear();
    for cell in record.get(HEAD_BYTES..)?.as_chunks::<CELL_BYTES>().0 {
        let (channel, rest) = cell.split_first_chunk()?;
        let ([mark], rest) = rest.split_first_chunk()?;
        let (value, _) = rest.split_first_chunk()?;
        let mark = Mark::from_byte(*mark)?;
        cells.push(Cell { channel: u16::from_le_bytes(*channel).into(), value: f64::from_le_bytes(*value), mark });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocdb::Quality;

    /// The numbers of a linear congruential generator.
    fn numbers(count: usize) -> Vec<u64> {
        let next =
            |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        std::iter::successors(Some(7_u64), next).take(count).map(|state| state >> 33).collect()
    }

    #[test]
    fn rows_come_back_in_order_of_time_whatever_the_number_of_runs() {
        let mark = Mark::new(true, Quality::Suspect);
        // Runs of one record, so that they are merged into one on the way, and one run of all.
        for (count, run_bytes) in [(0, 1), (1, 1), (RUNS_MAX * 3 + 5, 1), (20_000, 4_096), (20_000, RUN_BYTES)] {
            let mut sorter = Sorter::with_runs_of(run_bytes);
            let rows: Vec<(i64, usize, u64)> = (1..)
                .zip(numbers(count))
                .map(|(line, number)| {
                    (i64::try_from(number % 997).unwrap() - 500, usize::try_from(number % 5).unwrap(), line)
                })
                .collect();
            for (time_ms, series, line) in &rows {
                let cells: Vec<Cell> =
                    (0..*series).map(|channel| Cell { channel, value: *line as f64, mark }).collect();
                let row = Row { line: *line, series: *series, time: Timestamp::from_ms(*time_ms), cells: &cells };
                sorter.push(3, row).unwrap();
            }
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            for _ in 0..2 {
                let mut found = Vec::new();
                sorter
                    .each(|key, cells| {
                        assert_eq!((key.file, cells.len()), (3, key.series as usize));
                        assert!(cells.iter().all(|cell| cell.value == key.line as f64 && cell.mark == mark));
                        found.push((key.time_ms, key.series as usize, key.line));
                        Ok::<(), io::Error>(())
                    })
                    .unwrap();
                assert_eq!(found, sorted, "{count} rows, runs of {run_bytes} bytes");
            }
        }
    }
}
