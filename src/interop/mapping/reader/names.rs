//! The line of the names of the columns.

use crate::interop::csv::parts::{NextRecord, RecordSource, trim};
use csv::ByteRecord;
use std::io::{self, Read};

/// Lines in which the names of the columns are looked for.
const HEADER_RECORDS_MAX: usize = 1_000;

/// The record of names: the first, or the first that begins with a text.
pub(super) fn find_names<R: Read>(
    records: &mut RecordSource<R>,
    record: &mut ByteRecord,
    start: Option<&str>,
) -> io::Result<NextRecord> {
    for _ in 0..HEADER_RECORDS_MAX {
        let next = records.next(record)?;
        let begins =
            |start: &str| record.get(0).is_some_and(|first| trim(first).eq_ignore_ascii_case(start.as_bytes()));
        if next == NextRecord::End || start.is_none_or(begins) {
            return Ok(next);
        }
    }
    Ok(NextRecord::End)
}

/// Whether no field of a record holds anything, as in the last lines of some spreadsheets.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    record.iter().all(|field| trim(field).is_empty())
}
