//! The rows of one frame of the write-ahead log, as bytes.

use super::super::error::DecodeError;
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::model::{Batch, FrameRef, InstrumentId, Mark, Quality, Sample, Timestamp};

/// How many rows a frame holds, if it can be read.
pub(in super::super) fn rows_of(payload: &[u8]) -> Option<u64> {
    decode_payload(payload).ok().map(|(_, batch)| batch.len() as u64)
}

pub(super) fn decode_payload(payload: &[u8]) -> Result<(u64, Batch), DecodeError> {
    let mut reader = ByteReader::new(payload);
    let synced_lsn = reader.varint()?;
    let rows = payload.get(reader.offset()..).unwrap_or_default();
    Ok((synced_lsn, decode_batch(rows)?))
}

const ALL_PRESENT: u8 = 0;
const MARKED: u8 = 1;

pub(super) fn encode_batch(batch: &Batch, out: &mut Vec<u8>) {
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
