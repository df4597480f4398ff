//! The write-ahead log: every accepted frame in order of arrival, until a segment holds it.

use super::error::{DecodeError, StoreError};
use super::io::log::{
    FRAME_HEAD_BYTES, HEADER_BYTES, LogError, LogFrame, LogKind, begin_frame, file_header, finish_frame, read_log,
};
use super::io::{LogFile, Storage};
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::base::limits::WAL_FRAME_BYTES_MAX;
use crate::model::{Batch, FrameRef, InstrumentId, Mark, Sample, Timestamp};
use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const KIND: LogKind = LogKind { name: "vocdb WAL", magic: *b"VOCDBWAL", version: 1 };

/// File name suffix.
const SUFFIX: &str = ".wal";

/// The log files of a folder with the sequence number of their first frame, in order. Whatever has another name is not the store's to touch:
/// somebody may have set it aside.
pub(super) fn files(storage: &dyn Storage, dir: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let names = storage.list(dir).map_err(StoreError::io("list", dir))?;
    let mut files: Vec<(u64, PathBuf)> =
        names.iter().filter_map(|name| Some((lsn_of_name(name)?, dir.join(name)))).collect();
    files.sort_unstable();
    Ok(files)
}

/// The sequence number of a file that is named as this crate names them.
fn lsn_of_name(name: &str) -> Option<u64> {
    let lsn = name.strip_suffix(SUFFIX)?.parse().ok()?;
    (file_name(lsn) == name).then_some(lsn)
}

pub(super) fn file_name(first_lsn: u64) -> String {
    format!("{first_lsn:020}{SUFFIX}")
}

/// The WAL file that is being written.
#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    log: Arc<dyn LogFile>,
    bytes: u64,
    buffer: Vec<u8>,
    /// Whether a failed append could not be cut off: the end of the file is unknown.
    is_poisoned: bool,
}

impl Wal {
    /// Begins a file whose first frame will have the sequence number `first_lsn`. It appears with its header or not at all: a header
    /// that a crash or a full disk left in pieces would look like damage, and a file in front of the one in use like a newer one.
    pub(super) fn create(storage: &dyn Storage, dir: &Path, first_lsn: u64) -> Result<Self, StoreError> {
        let path = dir.join(file_name(first_lsn));
        if storage.length(&path).is_ok_and(|bytes| bytes > HEADER_BYTES as u64) {
            return Err(StoreError::corrupt(&path, 0, "a file of this name is there already; set it aside"));
        }
        let header = file_header(KIND.magic, KIND.version);
        storage.publish(&path, &header).map_err(StoreError::io("begin", &path))?;
        Self::open(storage, path, HEADER_BYTES as u64)
    }

    /// Goes on with a file, of which `valid_bytes` are kept.
    pub(super) fn resume(storage: &dyn Storage, path: PathBuf, valid_bytes: u64) -> Result<Self, StoreError> {
        let wal = Self::open(storage, path, valid_bytes)?;
        wal.log.truncate(valid_bytes).map_err(StoreError::io("cut the torn tail of", &wal.path))?;
        wal.log.sync().map_err(StoreError::io("sync", &wal.path))?;
        Ok(wal)
    }

    fn open(storage: &dyn Storage, path: PathBuf, bytes: u64) -> Result<Self, StoreError> {
        let log: Arc<dyn LogFile> = storage.open_log(&path).map_err(StoreError::io("open", &path))?.into();
        Ok(Self { path, log, bytes, buffer: Vec::new(), is_poisoned: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, for whoever syncs it.
    pub(super) fn log(&self) -> Arc<dyn LogFile> {
        Arc::clone(&self.log)
    }

    /// Whether nothing may be appended until the store is opened again.
    pub(super) const fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a batch as one frame; `synced_lsn` says up to where the log is known to be durable. On failure the file is cut back to what it was, so that writing can go on later.
    pub(super) fn append(&mut self, first_lsn: u64, synced_lsn: u64, batch: &Batch) -> Result<(), StoreError> {
        self.buffer.clear();
        begin_frame(&mut self.buffer);
        put_varint(&mut self.buffer, synced_lsn);
        encode_batch(batch, &mut self.buffer);
        let payload_bytes = self.buffer.len() - FRAME_HEAD_BYTES;
        if payload_bytes > WAL_FRAME_BYTES_MAX {
            return Err(StoreError::BatchTooLarge {
                frames: batch.len(),
                bytes: payload_bytes,
                frames_max: crate::base::limits::FRAMES_PER_BATCH_MAX,
                bytes_max: WAL_FRAME_BYTES_MAX,
            });
        }
        finish_frame(&mut self.buffer, first_lsn);
        if let Err(error) = self.log.append(&self.buffer) {
            self.is_poisoned = self.log.truncate(self.bytes).is_err();
            return Err(StoreError::io("append to", &self.path)(error));
        }
        self.bytes += self.buffer.len() as u64;
        Ok(())
    }
}

/// One WAL file, read back.
pub(super) struct WalContent {
    /// Batches with the sequence number of their first frame.
    pub(super) batches: Vec<(u64, Batch)>,
    /// What it spans.
    pub(super) span: WalSpan,
}

/// Reads a WAL file whole and decodes it.
pub(super) fn read(storage: &dyn Storage, path: &Path) -> Result<WalContent, StoreError> {
    let frames = WalFrames::read(storage, path)?;
    let mut span = WalSpan { lsns: None, valid_bytes: frames.valid_bytes, torn_bytes: frames.torn_bytes };
    let batches = frames.collect::<Result<Vec<_>, _>>()?;
    batches.iter().for_each(|(first_lsn, batch)| span.take(*first_lsn, batch));
    Ok(WalContent { batches, span })
}

/// What a WAL file spans.
#[derive(Debug, Clone, Copy)]
pub(super) struct WalSpan {
    /// The sequence numbers of its first frame and behind its last; `None` without frames.
    pub(super) lsns: Option<(u64, u64)>,
    pub(super) valid_bytes: u64,
    pub(super) torn_bytes: u64,
}

impl WalSpan {
    fn take(&mut self, first_lsn: u64, batch: &Batch) {
        let begin = self.lsns.map_or(first_lsn, |(begin, _)| begin.min(first_lsn));
        self.lsns = Some((begin, first_lsn + batch.len() as u64));
    }

    /// The sequence number behind its last frame, in a file whose name says that it begins with `begin`.
    pub(super) fn end(&self, begin: u64) -> u64 {
        self.lsns.map_or(begin, |(_, behind)| behind)
    }

    /// The frames that are missing between the file before it, which ends at `end`, and its own: no crash takes a file away that is durable
    /// before the next one has a frame. Frames that segments hold are not missing.
    pub(super) fn gap_before(&self, begin: u64, end: Option<u64>, sealed_lsn: u64) -> Option<(u64, u64)> {
        let first_missing = end?.max(sealed_lsn + 1);
        (self.lsns.is_some() && first_missing < begin).then(|| (first_missing, begin - 1))
    }
}

/// The bytes of a WAL file, which give one batch after the other with the sequence number of its first frame: decoded they would take
/// as much again.
#[derive(Debug)]
pub(super) struct WalFrames {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Of each frame that is still to be decoded, the sequence number and where its payload stands.
    payloads: std::vec::IntoIter<(u64, Range<usize>)>,
    pub(super) valid_bytes: u64,
    pub(super) torn_bytes: u64,
}

impl WalFrames {
    /// Reads a WAL file whole; its size is bounded by [`WAL_BYTES_MAX`](crate::base::limits::WAL_BYTES_MAX) and one batch.
    ///
    /// Frames behind a bad one are what a crash may leave of appends that no sync covered. If one of them says that the bad one had been
    /// synced, that is damage.
    pub(super) fn read(storage: &dyn Storage, path: &Path) -> Result<Self, StoreError> {
        let bytes = storage.read(path).map_err(StoreError::io("read", path))?;
        let content = read_log(&bytes, KIND).map_err(|source| StoreError::Log { path: path.to_owned(), source })?;
        let mut behind_last = None;
        if let Some(last) = content.frames.last() {
            let (_, batch) = decode_payload(last.payload).map_err(|e| StoreError::corrupt(path, last.offset, e))?;
            behind_last = Some(last.sequence + batch.len() as u64);
        }
        let missing_lsn = behind_last.or_else(|| first_lsn_of(path)).unwrap_or_default();
        let proves_loss = |frame: &&LogFrame<'_>| {
            decode_payload(frame.payload).is_ok_and(|(synced_lsn, _)| synced_lsn >= missing_lsn)
        };
        if let Some(witness) = content.stranded.iter().find(proves_loss) {
            let source = LogError::Damaged { offset: content.valid_bytes, next_offset: witness.offset };
            return Err(StoreError::Log { path: path.to_owned(), source });
        }
        let payload = |frame: &LogFrame<'_>| {
            let begin = frame.offset + FRAME_HEAD_BYTES;
            (frame.sequence, begin..begin + frame.payload.len())
        };
        let payloads: Vec<(u64, Range<usize>)> = content.frames.iter().map(payload).collect();
        let (valid_bytes, torn_bytes) = (content.valid_bytes as u64, content.torn_bytes as u64);
        Ok(Self { path: path.to_owned(), bytes, payloads: payloads.into_iter(), valid_bytes, torn_bytes })
    }
}

impl WalFrames {
    /// Goes through all of it and keeps nothing.
    pub(super) fn span(self) -> Result<WalSpan, StoreError> {
        let mut span = WalSpan { lsns: None, valid_bytes: self.valid_bytes, torn_bytes: self.torn_bytes };
        for batch in self {
            let (first_lsn, batch) = batch?;
            span.take(first_lsn, &batch);
        }
        Ok(span)
    }
}

impl Iterator for WalFrames {
    type Item = Result<(u64, Batch), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (first_lsn, payload) = self.payloads.next()?;
        let offset = payload.start - FRAME_HEAD_BYTES;
        let decoded = decode_payload(self.bytes.get(payload).unwrap_or_default());
        Some(decoded.map(|(_, batch)| (first_lsn, batch)).map_err(|e| StoreError::corrupt(&self.path, offset, e)))
    }
}

/// Frames of the write-ahead log that are not in the head yet.
#[derive(Debug, Default)]
pub(super) struct Replay {
    files: VecDeque<PathBuf>,
    current: Option<WalFrames>,
    /// What is left of a batch of which only the first frames were asked for.
    pub(super) rest: Option<(u64, Batch)>,
    /// The first frame of the last batch: a file that was given another name, and that a crash has left under both, is read once.
    last_lsn: Option<u64>,
    /// Whether a file holds frames that a segment holds, and others: what ends this way begins in the middle of replaying.
    pub(super) is_partly_sealed: bool,
}

impl Replay {
    /// Of files that hold frames no segment holds, in order.
    pub(super) fn of(files: Vec<PathBuf>, is_partly_sealed: bool) -> Self {
        Self { files: files.into(), is_partly_sealed, ..Self::default() }
    }

    /// Whether there is no such frame.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The next batch, or what was put back of one.
    pub(super) fn next(&mut self, storage: &dyn Storage) -> Result<Option<(u64, Batch)>, StoreError> {
        if let Some(rest) = self.rest.take() {
            return Ok(Some(rest));
        }
        loop {
            if let Some(batch) = self.current.as_mut().and_then(Iterator::next) {
                let (first_lsn, batch) = batch?;
                if self.last_lsn.is_some_and(|last_lsn| first_lsn <= last_lsn) {
                    continue;
                }
                self.last_lsn = Some(first_lsn);
                return Ok(Some((first_lsn, batch)));
            }
            // Its bytes go before those of the next one come.
            self.current = None;
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            self.current = Some(WalFrames::read(storage, &path)?);
        }
    }
}

/// The sequence number that a file's name says its first frame has.
fn first_lsn_of(path: &Path) -> Option<u64> {
    lsn_of_name(path.file_name()?.to_str()?)
}

/// The header of a log file.
pub(super) fn header() -> Vec<u8> {
    file_header(KIND.magic, KIND.version).to_vec()
}

/// How many rows a frame holds, if it can be read.
pub(super) fn rows_of(payload: &[u8]) -> Option<u64> {
    decode_payload(payload).ok().map(|(_, batch)| batch.len() as u64)
}

fn decode_payload(payload: &[u8]) -> Result<(u64, Batch), DecodeError> {
    let mut reader = ByteReader::new(payload);
    let synced_lsn = reader.varint()?;
    let rows = payload.get(reader.offset()..).unwrap_or_default();
    Ok((synced_lsn, decode_batch(rows)?))
}

const ALL_PRESENT: u8 = 0;
const MARKED: u8 = 1;

fn encode_batch(batch: &Batch, out: &mut Vec<u8>) {
    put_varint(out, batch.len() as u64);
    let mut before = Timestamp::default();
    for frame in batch.frames() {
        put_varint(out, u64::from(frame.instrument.number()));
        put_zigzag(out, frame.time.as_ms().wrapping_sub(before.as_ms()));
        before = frame.time;
        encode_samples(frame, out);
    }
}

fn encode_samples(frame: FrameRef<'_>, out: &mut Vec<u8>) {
    let plain = Mark::new(true, crate::model::Quality::Normal);
    put_varint(out, frame.values.len() as u64);
    if frame.marks.iter().all(|mark| *mark == plain) {
        out.push(ALL_PRESENT);
        let begin = out.len();
        out.resize(begin + size_of_val(frame.values), 0);
        let (places, _) = out.get_mut(begin..).unwrap_or_default().as_chunks_mut::<8>();
        for (place, value) in places.iter_mut().zip(frame.values) {
            *place = value.to_le_bytes();
        }
        return;
    }
    out.push(MARKED);
    out.extend(frame.marks.iter().map(|mark| mark.byte()));
    let present = frame.values.iter().zip(frame.marks).filter(|(_, mark)| mark.is_present());
    present.for_each(|(value, _)| out.extend_from_slice(&value.to_le_bytes()));
}

fn decode_batch(payload: &[u8]) -> Result<Batch, DecodeError> {
    let mut reader = ByteReader::new(payload);
    let rows = reader.varint()?;
    let mut batch = Batch::new();
    let mut samples = Vec::new();
    let mut time = Timestamp::default();
    for _ in 0..rows {
        let number = u32::try_from(reader.varint()?)
            .map_err(|_| DecodeError::Content("an instrument's number is over 32 bits".to_owned()))?;
        time = Timestamp::from_ms(time.as_ms().wrapping_add(reader.zigzag()?));
        samples.clear();
        decode_samples(&mut reader, &mut samples)?;
        batch.push_samples(InstrumentId::new(number), time, samples.iter().copied());
    }
    match reader.remaining() {
        0 => Ok(batch),
        rest => Err(DecodeError::Content(format!("{rest} bytes behind the last row"))),
    }
}

fn decode_samples(reader: &mut ByteReader<'_>, samples: &mut Vec<Sample>) -> Result<(), DecodeError> {
    let count = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    let mode = reader.u8()?;
    let marks = match mode {
        ALL_PRESENT if count <= reader.remaining() => None,
        MARKED => Some(reader.take(count)?),
        _ => return Err(DecodeError::Content(format!("row mode {mode} with {count} values"))),
    };
    for index in 0..count {
        let byte = marks.map_or(Mark::new(true, crate::model::Quality::Normal).byte(), |marks| {
            marks.get(index).copied().unwrap_or_default()
        });
        let mark = Mark::from_byte(byte).ok_or_else(|| DecodeError::Content(format!("{byte:#04x} is no mark")))?;
        let value = if mark.is_present() { reader.f64()? } else { 0.0 };
        samples.push(mark.sample(value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quality;
    use proptest::prelude::*;

    fn sample() -> impl Strategy<Value = Sample> {
        (prop::option::of(-1e6_f64..1e6), 0_u8..10)
            .prop_map(|(value, code)| Sample { value, quality: Quality::from_code(code).unwrap() })
    }

    proptest! {
        #[test]
        fn any_batch_comes_back(rows in prop::collection::vec((0_u32..9, any::<i64>(), prop::collection::vec(sample(), 0..12)), 0..40)) {
            let mut batch = Batch::new();
            for (instrument, time, samples) in rows {
                batch.push_samples(InstrumentId::new(instrument), Timestamp::from_ms(time), samples);
            }
            let mut payload = Vec::new();
            encode_batch(&batch, &mut payload);
            prop_assert_eq!(decode_batch(&payload).unwrap(), batch);
        }

        #[test]
        fn any_payload_gives_a_batch_or_an_error(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(batch) = decode_batch(&payload) {
                prop_assert!(batch.len() <= payload.len());
            }
        }
    }
}
