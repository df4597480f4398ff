//! Segments in place of other segments: merged by compaction, cut by deletion and retention.
//!
//! A segment that replaces others spans their sequence numbers and has a higher generation in its name. The order is: publish the new file,
//! record the change, let go of the old files. Whichever files a crash leaves, the record says which of them stand.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::read::{Chunk, Scan};
use super::super::segment::{self, RawColumn, RowSource, Segment, SegmentWriter};
use super::seal::Sealed;
use crate::base::checksum::sha256;
use crate::base::limits::{ROWS_PER_CHUNK_MAX, SEGMENT_BYTES_MAX};
use crate::codec::Effort;
use crate::model::{Instrument, InstrumentId, Mark, TimeRange, Timestamp};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Unsettled segments in a row that are worth merging.
const UNSETTLED_MIN: usize = 8;

/// Readings that are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) instrument: InstrumentId,
    /// Of these channels only; of all, rows and all, where there are none.
    pub(crate) channels: Vec<usize>,
    pub(crate) range: TimeRange,
    /// Of frames up to this one: what came later stays.
    pub(crate) until_lsn: u64,
}

impl Cut {
    /// Whether the sample of a channel at a time goes.
    fn takes(&self, instrument: InstrumentId, channel: usize, time: Timestamp) -> bool {
        let is_of_channels = self.channels.is_empty() || self.channels.contains(&channel);
        self.instrument == instrument && is_of_channels && self.range.contains(time)
    }
}

/// Segments that are to become one.
#[derive(Debug)]
pub(crate) struct Rewrite {
    inputs: Vec<Arc<Segment>>,
    cuts: Vec<Cut>,
}

/// The file that replaces others, published but not yet in use; without one, nothing is left of them.
#[derive(Debug)]
pub(crate) struct Rewritten {
    inputs: Vec<Arc<Segment>>,
    output: Option<(Arc<Segment>, Sealed)>,
    cuts: Vec<Cut>,
    cut: CutCounts,
}

/// What cuts have taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CutCounts {
    /// Whole rows.
    pub(crate) rows: u64,
    /// Present values, in these rows and in others.
    pub(crate) values: u64,
}

impl Rewritten {
    /// Names of the segments that go.
    pub(crate) fn removed(&self) -> Vec<String> {
        self.inputs.iter().map(|segment| segment.file_name()).collect()
    }

    /// Bytes of the segments that go.
    pub(crate) fn bytes_before(&self) -> u64 {
        self.inputs.iter().map(|segment| segment.summary().file_bytes).sum()
    }

    /// What the cuts have taken away.
    pub(crate) const fn cut(&self) -> CutCounts {
        self.cut
    }

    /// The segment that comes.
    pub(crate) fn added(&self) -> Option<&Sealed> {
        self.output.as_ref().map(|(_, sealed)| sealed)
    }
}

impl Store {
    /// Which neighbouring segments to merge: all that are not settled or small, or only long rows of unsettled ones.
    pub(crate) fn plan_compaction(&self, everything: bool) -> Vec<Rewrite> {
        let mut plans = Vec::new();
        let mut group: Vec<Arc<Segment>> = Vec::new();
        let mut bytes = 0;
        for segment in self.segments() {
            let of_segment = segment.summary().file_bytes;
            let is_closed = bytes + of_segment > SEGMENT_BYTES_MAX
                || (!everything && segment.summary().is_settled)
                || self.is_apart(&group, &segment);
            if is_closed && !group.is_empty() {
                plans.extend(worth_merging(std::mem::take(&mut group), everything));
                bytes = 0;
            }
            bytes += of_segment;
            group.push(segment);
        }
        plans.extend(worth_merging(group, everything));
        plans
    }

    /// Whether a segment that is missing has its place between these and another: merged, they would be older and newer than it at once.
    fn is_apart(&self, group: &[Arc<Segment>], next: &Segment) -> bool {
        let Some(first_lsn) = group.iter().map(|segment| segment.summary().first_lsn).min() else { return false };
        let last_lsn = next.summary().last_lsn;
        self.absent_lsns.iter().any(|(first, last)| *first <= last_lsn && first_lsn <= *last)
    }

    /// Which segments hold rows that are to go: each is rewritten by itself.
    pub(crate) fn plan_cuts(&self, cuts: &[Cut]) -> Vec<Rewrite> {
        let concerns = |segment: &Segment, cut: &&Cut| {
            let meets = |(first, last)| cut.range.meets(first, last);
            segment.summary().last_lsn <= cut.until_lsn && segment.span(cut.instrument).is_some_and(meets)
        };
        let of_segment = |segment: Arc<Segment>| {
            let cuts: Vec<Cut> = cuts.iter().filter(|cut| concerns(&segment, cut)).cloned().collect();
            (!cuts.is_empty()).then_some(Rewrite { inputs: vec![segment], cuts })
        };
        self.segments().into_iter().filter_map(of_segment).collect()
    }

    /// Where rewritten segments go.
    pub(crate) fn rewrite_target(&self) -> RewriteTarget {
        RewriteTarget { dir: self.layout().segments.clone(), storage: Arc::clone(self.storage()) }
    }

    /// Puts a rewritten segment in use. Its inputs go when their last reader has gone.
    pub(crate) fn install(&mut self, rewritten: Rewritten) {
        let Rewritten { inputs, output, cuts, .. } = rewritten;
        let is_input = |segment: &Arc<Segment>| inputs.iter().any(|input| Arc::ptr_eq(input, segment));
        let mut segments: Vec<Arc<Segment>> =
            self.segments().into_iter().filter(|segment| !is_input(segment)).collect();
        if let Some((segment, sealed)) = output {
            self.remember_segment(&sealed.file_name, &sealed.summary);
            segments.push(segment);
        }
        segment::sort_by_arrival(&mut segments);
        let is_cut = |instrument, channel, time| cuts.iter().any(|cut| cut.takes(instrument, channel, time));
        self.replace_segments(segments, &is_cut);
        inputs.iter().for_each(|segment| segment.doom());
    }

    /// Gives a published file up again, because it could not be recorded.
    pub(crate) fn discard(&self, rewritten: &Rewritten) {
        if let Some((segment, _)) = &rewritten.output {
            segment.doom();
        }
    }
}

fn worth_merging(inputs: Vec<Arc<Segment>>, everything: bool) -> Option<Rewrite> {
    let unsettled = inputs.iter().filter(|segment| !segment.summary().is_settled).count();
    let is_worth_it = if everything { unsettled > 0 || inputs.len() > 1 } else { unsettled >= UNSETTLED_MIN };
    is_worth_it.then_some(Rewrite { inputs, cuts: Vec::new() })
}

impl Rewrite {
    /// Reads the inputs and publishes what becomes of them. Takes no lock: readers and the writer go on meanwhile.
    pub(crate) fn run(self, store: &RewriteTarget) -> Result<Rewritten, StoreError> {
        self.inputs.iter().try_for_each(|segment| segment.check_recorded())?;
        let first_lsn = self.inputs.iter().map(|segment| segment.summary().first_lsn).min().unwrap_or(1);
        let last_lsn = self.inputs.iter().map(|segment| segment.summary().last_lsn).max().unwrap_or(1);
        let generation =
            self.inputs.iter().map(|segment| segment::generation(&segment.file_name())).max().unwrap_or(0) + 1;
        let file_name = format!("{first_lsn:020}-{last_lsn:020}.{generation}{}", segment::SUFFIX);
        let path = store.dir.join(&file_name);
        let mut writer = SegmentWriter::new(Effort::Thorough);
        let (mut rows, mut cut) = (0, CutCounts::default());
        for (id, (station, instrument)) in self.instruments()? {
            let channels: Vec<usize> = (0..instrument.channels().len()).collect();
            writer.begin(id, &station, instrument);
            let mut scan = Scan::of_segments(&self.inputs, id, &channels, TimeRange::ALL)?;
            let mut gathered = Gathered::default();
            while let Some(chunk) = scan.next_rows()? {
                gathered.push(chunk, self.cuts.iter().filter(|cut| cut.instrument == id));
                if gathered.chunk.times.len() >= ROWS_PER_CHUNK_MAX {
                    rows += gathered.flush(&mut writer);
                }
            }
            rows += gathered.flush(&mut writer);
            cut.rows += gathered.cut.rows;
            cut.values += gathered.cut.values;
        }
        if rows == 0 {
            return Ok(Rewritten { inputs: self.inputs, output: None, cuts: self.cuts, cut });
        }
        let built = writer.finish(first_lsn..=last_lsn);
        let (bytes, summary) = built.map_err(|error| StoreError::corrupt(&path, 0, error))?;
        store.storage.publish(&path, &bytes).map_err(StoreError::io("write", &path))?;
        let sealed = Sealed { file_name, sha256: sha256(&bytes), summary: summary.clone() };
        let segment = Arc::new(Segment::new(path, summary, Arc::clone(&store.storage)));
        segment.note_recorded(sealed.sha256);
        Ok(Rewritten { inputs: self.inputs, output: Some((segment, sealed)), cuts: self.cuts, cut })
    }

    /// The instruments of all inputs, as the newest input describes them.
    fn instruments(&self) -> Result<BTreeMap<InstrumentId, (String, Arc<Instrument>)>, StoreError> {
        let mut instruments = BTreeMap::new();
        for segment in &self.inputs {
            for entry in segment.open()?.instruments() {
                instruments.insert(entry.id, (entry.station.clone(), Arc::clone(&entry.instrument)));
            }
        }
        Ok(instruments)
    }
}

/// Where rewritten segments go.
#[derive(Debug, Clone)]
pub(crate) struct RewriteTarget {
    dir: PathBuf,
    storage: Arc<dyn crate::io::Storage>,
}

/// Rows on their way into a new segment.
#[derive(Default)]
struct Gathered {
    chunk: Chunk,
    cut: CutCounts,
}

impl Gathered {
    /// Adds what is left of some rows after the cuts.
    fn push<'a>(&mut self, chunk: &Chunk, cuts: impl Iterator<Item = &'a Cut>) {
        let begin = self.chunk.times.len();
        self.chunk.columns.resize_with(chunk.columns.len(), Default::default);
        let mut kept = vec![true; chunk.times.len()];
        let mut hidden: Vec<(usize, Range<usize>)> = Vec::new();
        for cut in cuts {
            let from = chunk.times.partition_point(|time| *time < cut.range.from);
            let to = chunk.times.partition_point(|time| *time < cut.range.to).max(from);
            if cut.channels.is_empty() {
                kept.get_mut(from..to).unwrap_or_default().fill(false);
            } else {
                hidden.extend(cut.channels.iter().map(|channel| (*channel, from..to)));
            }
        }
        let is_kept = |row: &usize| kept.get(*row).copied().unwrap_or(false);
        let (rows, gone): (Vec<usize>, Vec<usize>) = (0..chunk.times.len()).partition(is_kept);
        let marks_gone = chunk.columns.iter().flat_map(|from| gone.iter().filter_map(|row| from.marks.get(*row)));
        self.cut.values += marks_gone.filter(|mark| mark.is_present()).count() as u64;
        self.cut.rows += gone.len() as u64;
        self.chunk.times.extend(rows.iter().filter_map(|row| chunk.times.get(*row)));
        for (channel, (to, from)) in self.chunk.columns.iter_mut().zip(&chunk.columns).enumerate() {
            to.values.extend(rows.iter().filter_map(|row| from.values.get(*row)));
            to.marks.extend(rows.iter().filter_map(|row| from.marks.get(*row)));
            let hides = |row: usize| hidden.iter().any(|(of, range)| *of == channel && range.contains(&row));
            let marks = to.marks.get_mut(begin..).unwrap_or_default().iter_mut();
            for (mark, _) in marks.zip(&rows).filter(|(_, row)| hides(**row)) {
                self.cut.values += u64::from(mark.is_present());
                *mark = Mark::default();
            }
        }
    }

    fn flush(&mut self, writer: &mut SegmentWriter) -> usize {
        let rows = self.chunk.times.len();
        writer.push(self);
        self.chunk = Chunk::default();
        rows
    }
}

impl RowSource for Gathered {
    fn times(&self) -> Cow<'_, [Timestamp]> {
        Cow::Borrowed(&self.chunk.times)
    }

    fn columns(&self, channels: Range<usize>, rows: Range<usize>, out: &mut [RawColumn]) {
        for (column, out) in self.chunk.columns.get(channels).unwrap_or_default().iter().zip(out) {
            out.values.extend_from_slice(column.values.get(rows.clone()).unwrap_or_default());
            out.marks.extend(column.marks.get(rows.clone()).unwrap_or_default().iter().map(|mark| mark.byte()));
        }
    }
}
