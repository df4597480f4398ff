//! Rows of one time stamp, spread over its interval.

use super::routes::Feed;
use super::rows::{Cell, Rows};
use crate::interop::csv::CsvReport;
use crate::interop::csv::parts::EqualRun;
use crate::model::{Batch, FrameRef, InstrumentId, Sample, Timestamp};

/// Holds a row back until all rows of its time stamp are known.
pub(super) fn hold(run: &mut EqualRun, line: u64, (time, place): (Timestamp, u64), feeds: &[Feed], samples: &[Sample]) {
    let series = feeds.first().map_or(0, |feed| feed.series);
    let instrument = InstrumentId::new(u32::try_from(series).unwrap_or(u32::MAX));
    run.hold(line, place, |held| {
        held.push_samples(instrument, time, samples.iter().copied());
        0
    });
}

/// Hands out the rows that were held back for their equal times.
pub(super) fn release(
    run: &mut EqualRun,
    next: Option<Timestamp>,
    (feeds, time_name): (&[Feed], &str),
    rows: &mut Rows,
    report: &mut CsvReport,
) {
    let (mut ready, mut lines) = (Batch::new(), Vec::new());
    run.release(next, time_name, (&mut ready, &mut lines), report);
    for (FrameRef { time, values, marks, .. }, line) in ready.frames().zip(lines) {
        for (feed, (value, mark)) in feeds.iter().zip(values.iter().zip(marks)) {
            rows.push_cell(Cell { channel: feed.channel, value: *value, mark: *mark });
        }
        rows.end_row(line, feeds.first().map_or(0, |feed| feed.series), time);
        report.note_frame(marks, feeds.len());
    }
}
