//! The rows of one frame of the write-ahead log, as bytes.

use super::error::DecodeError;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::model::{Batch, FrameRef, InstrumentId, Mark, Quality, Sample, Timestamp};

/// What one frame of the log holds.
pub(crate) enum Entry {
    /// Rows that were accepted together, each with a sequence number, and where they come from.
    Batch(Batch, Origin),
    /// A commit of the ledger, which may not be in the ledger's file yet. It has the sequence number of the row before it.
    Commit(LedgerCommit),
}

/// Where the rows of a batch come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Host time at which they arrived, where that is known.
    pub(crate) arrived: Option<Timestamp>,
    /// The person who changed stored rows; `None` for rows of an instrument.
    pub(crate) author: Option<Author>,
}

/// A person who changes stored rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    /// Name of the person.
    pub(crate) by: String,
    /// Why the rows change.
    pub(crate) reason: String,
}

/// A commit of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerCommit {
    /// The number of its frame there.
    pub(crate) number: u64,
    /// That frame's payload.
    pub(crate) payload: Vec<u8>,
}

impl Entry {
    /// The sequence number of its first row, or of the next one, in a frame of this sequence.
    pub(crate) const fn begin(&self, sequence: u64) -> u64 {
        match self {
            Self::Batch(..) => sequence,
            Self::Commit(_) => sequence.saturating_add(1),
        }
    }

    /// How many rows it holds.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Batch(batch, _) => batch.len() as u64,
            Self::Commit(_) => 0,
        }
    }
}

/// What a frame holds, if it can be read.
pub(crate) fn entry_of(payload: &[u8]) -> Option<Entry> {
    decode_payload(payload).ok().map(|(_, entry)| entry)
}

/// How much of the log was durable when a frame was written (frames of the same file), and
/// what it holds.
pub(super) fn decode_payload(payload: &[u8]) -> Result<(u64, Entry), DecodeError> {
    let mut reader = ByteReader::new(payload);
    let synced = reader.varint()?;
    let rows = payload.get(reader.offset()..).unwrap_or_default();
    if rows.first() != Some(&0) || rows.len() == 1 {
        return Ok((synced, Entry::Batch(decode_batch(rows)?, Origin::default())));
    }
    reader.varint()?;
    let number = reader.varint()?;
    if number == 0 {
        let marks = reader.u8()?;
        if marks & !(IS_HISTORY | HAS_ARRIVAL | HAS_AUTHOR) != 0 {
            return Err(DecodeError::Content(format!("{marks:#04x} marks no batch")));
        }
        let after_ms = if marks & HAS_ARRIVAL == 0 { None } else { Some(reader.zigzag()?) };
        let author = if marks & HAS_AUTHOR == 0 { None } else { Some(decode_author(&mut reader)?) };
        let batch = decode_batch(reader.take(reader.remaining())?)?.with_history(marks & IS_HISTORY != 0);
        let arrived = after_ms.map(|after_ms| Timestamp::from_ms(first_ms(&batch).wrapping_add(after_ms)));
        return Ok((synced, Entry::Batch(batch, Origin { arrived, author })));
    }
    let payload = reader.take(reader.remaining())?.to_vec();
    Ok((synced, Entry::Commit(LedgerCommit { number, payload })))
}

/// Marks of a batch that was appended as history,
const IS_HISTORY: u8 = 1;
/// of one whose arrival is known,
const HAS_ARRIVAL: u8 = 2;
/// and of one that a person changed by hand.
const HAS_AUTHOR: u8 = 4;

/// Rows, and before them their marks with the host time of their arrival and the person who changed them, where there are any. These stand
/// where a commit of number 0 would: commits are numbered from 1.
pub(super) fn encode_rows(batch: &Batch, origin: &Origin, out: &mut Vec<u8>) {
    let Origin { arrived, author } = origin;
    let mark = |is_set: bool, mark: u8| if is_set { mark } else { 0 };
    let marks = mark(batch.is_history(), IS_HISTORY)
        | mark(arrived.is_some(), HAS_ARRIVAL)
        | mark(author.is_some(), HAS_AUTHOR);
    if marks != 0 {
        out.extend_from_slice(&[0, 0, marks]);
    }
    if let Some(arrived) = arrived {
        put_zigzag(out, arrived.as_ms().wrapping_sub(first_ms(batch)));
    }
    for text in author.iter().flat_map(|author| [&author.by, &author.reason]) {
        put_varint(out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }
    encode_batch(batch, out);
}

fn decode_author(reader: &mut ByteReader<'_>) -> Result<Author, DecodeError> {
    let mut text = || {
        let bytes = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        let text = std::str::from_utf8(reader.take(bytes)?);
        text.map(str::to_owned).map_err(|_| DecodeError::Content("the author of a change is not UTF-8".to_owned()))
    };
    Ok(Author { by: text()?, reason: text()? })
}

/// The time of the first row: rows mostly arrive soon after it, which makes the difference short.
fn first_ms(batch: &Batch) -> i64 {
    batch.frame(0).map_or(0, |frame| frame.time.as_ms())
}

/// A commit stands where a batch would say that it has no rows: none is ever written that has none.
pub(super) fn encode_commit(number: u64, payload: &[u8], out: &mut Vec<u8>) {
    put_varint(out, 0);
    put_varint(out, number);
    out.extend_from_slice(payload);
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
    let plain = Mark::new(true, Quality::Normal);
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
        let byte = marks
            .map_or(Mark::new(true, Quality::Normal).byte(), |marks| marks.get(index).copied().unwrap_or_default());
        let mark = Mark::from_byte(byte).ok_or_else(|| DecodeError::Content(format!("{byte:#04x} is no mark")))?;
        let value = if mark.is_present() { reader.f64()? } else { 0.0 };
        samples.push(mark.sample(value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> impl Strategy<Value = Sample> {
        (prop::option::of(-1e6_f64..1e6), 0_u8..10)
            .prop_map(|(value, code)| Sample { value, quality: Quality::from_code(code).unwrap() })
    }

    proptest! {
        #[test]
        fn any_batch_comes_back(
            rows in prop::collection::vec((0_u32..9, any::<i64>(), prop::collection::vec(sample(), 0..12)), 1..40),
            synced in any::<u64>(), is_history in any::<bool>(), arrived in any::<Option<i64>>(),
            author in any::<Option<(String, String)>>()
        ) {
            let mut batch = Batch::new();
            for (instrument, time, samples) in rows {
                batch.push_samples(InstrumentId::new(instrument), Timestamp::from_ms(time), samples);
            }
            let batch = batch.with_history(is_history);
            let author = author.map(|(by, reason)| Author { by, reason });
            let origin = Origin { arrived: arrived.map(Timestamp::from_ms), author };
            let mut payload = Vec::new();
            put_varint(&mut payload, synced);
            encode_rows(&batch, &origin, &mut payload);
            let (found, Entry::Batch(read, found_origin)) = decode_payload(&payload).unwrap() else { panic!("no batch") };
            prop_assert_eq!((found, read, found_origin), (synced, batch, origin));
        }

        #[test]
        fn any_commit_comes_back(number in 1..=u64::MAX, synced in any::<u64>(), payload in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            put_varint(&mut out, synced);
            encode_commit(number, &payload, &mut out);
            let (found, entry) = decode_payload(&out).unwrap();
            let Entry::Commit(commit) = entry else { panic!("no commit") };
            prop_assert_eq!((found, commit), (synced, LedgerCommit { number, payload }));
        }

        #[test]
        fn any_payload_gives_a_batch_or_an_error(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(batch) = decode_batch(&payload) {
                prop_assert!(batch.len() <= payload.len());
            }
        }
    }
}
