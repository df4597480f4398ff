//! From sorted rows to the bytes of a segment: built in memory, published whole.

use super::super::error::DecodeError;
use super::footer::{BlockEntry, ColumnEntry, Footer, InstrumentEntry};
use super::{END_MAGIC, MAGIC, SegmentSummary, VERSION};
use crate::base::checksum::crc32c;
use crate::base::limits::ROWS_PER_BLOCK;
use crate::codec::{encode_marks, encode_times, encode_values};
use crate::model::{Instrument, InstrumentId, Mark, Timestamp};

/// The sorted rows of one instrument, row by row.
pub(crate) struct SegmentColumns<'a> {
    pub(crate) id: InstrumentId,
    pub(crate) station: &'a str,
    pub(crate) instrument: &'a Instrument,
    pub(crate) times: &'a [Timestamp],
    /// `times.len() * channels` values.
    pub(crate) values: Vec<&'a [f64]>,
    pub(crate) marks: Vec<&'a [Mark]>,
}

/// The file's bytes and its summary.
pub(crate) fn build(
    lsns: std::ops::RangeInclusive<u64>,
    columns: &[SegmentColumns<'_>],
) -> Result<(Vec<u8>, SegmentSummary), DecodeError> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_le_bytes());
    let mut instruments = Vec::with_capacity(columns.len());
    for one in columns.iter().filter(|one| !one.times.is_empty()) {
        let mut blocks = Vec::new();
        let mut begin = 0;
        while begin < one.times.len() {
            let end = (begin + ROWS_PER_BLOCK).min(one.times.len());
            blocks.push(encode_block(one, begin..end, &mut out));
            begin = end;
        }
        let (station, instrument) = (one.station.to_owned(), one.instrument.clone());
        instruments.push(InstrumentEntry { id: one.id, station, instrument, blocks });
    }
    let footer = Footer { first_lsn: *lsns.start(), last_lsn: *lsns.end(), instruments };
    let bytes = footer.encode()?;
    out.extend_from_slice(&bytes);
    let length = u32::try_from(bytes.len()).map_err(|_| DecodeError::Content("a footer over 4 GiB".to_owned()))?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32c(&bytes).to_le_bytes());
    out.extend_from_slice(&END_MAGIC);
    let summary = footer.summary(out.len() as u64);
    Ok((out, summary))
}

fn encode_block(one: &SegmentColumns<'_>, rows: std::ops::Range<usize>, out: &mut Vec<u8>) -> BlockEntry {
    let offset = out.len();
    let times: Vec<i64> = one.times.get(rows.clone()).unwrap_or_default().iter().map(|time| time.as_ms()).collect();
    let mut columns = Vec::with_capacity(1 + 2 * one.instrument.channels().len());
    let mut column = |encode: &dyn Fn(&mut Vec<u8>)| {
        let begin = out.len();
        encode(out);
        let bytes = out.get(begin..).unwrap_or_default();
        columns.push(ColumnEntry { bytes: bytes.len(), crc: crc32c(bytes) });
    };
    column(&|out| encode_times(&times, out));
    for channel in 0..one.instrument.channels().len() {
        let (marks, values) = column_of(one, rows.clone(), channel);
        column(&|out| encode_marks(&marks, out));
        column(&|out| encode_values(&values, out));
    }
    let time_at = |row: Option<&i64>| Timestamp::from_ms(row.copied().unwrap_or_default());
    BlockEntry { first: time_at(times.first()), last: time_at(times.last()), rows: rows.len(), offset, columns }
}

/// One channel's marks and its present values.
fn column_of(one: &SegmentColumns<'_>, rows: std::ops::Range<usize>, channel: usize) -> (Vec<u8>, Vec<f64>) {
    let mut marks = Vec::with_capacity(rows.len());
    let mut values = Vec::with_capacity(rows.len());
    for row in rows {
        let mark = one.marks.get(row).and_then(|marks| marks.get(channel)).copied().unwrap_or_default();
        marks.push(mark.byte());
        if mark.is_present() {
            values.extend(one.values.get(row).and_then(|values| values.get(channel)));
        }
    }
    (marks, values)
}
