//! HJ 212: frames of the field and of the standard, damaged ones, streams, messages, and readings.

mod allocations;
mod ciphers;
mod damaged;
mod messages;
mod packets;
mod readings;
mod round_trips;
mod streams;
mod tolerated;
mod verdicts;

use std::path::Path;
use vocdb::interop::hj212::{Decoder, Deframer, Fault, Frame, Mode, checksum};

/// A row of `frames.tsv`: the verdict of its collector, and the frame with its line end.
pub(crate) struct Row {
    pub(crate) verdict: String,
    pub(crate) frame: Vec<u8>,
}

pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/hj212").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The frames of the fixture in their order.
pub(crate) fn rows() -> Vec<Row> {
    let text = fixture("frames.tsv");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Row { verdict: cells[2].to_owned(), frame: format!("{}\r\n", cells[3]).into_bytes() }
    };
    text.lines().skip(1).map(row).collect()
}

/// The frames that the strict mode accepts.
pub(crate) fn good_frames() -> Vec<Vec<u8>> {
    let is_good = |frame: &Vec<u8>| Decoder::new(Mode::Strict).decode(frame).is_ok();
    let good: Vec<Vec<u8>> = rows().into_iter().map(|row| row.frame).filter(is_good).collect();
    assert!(good.len() > 55, "{}", good.len());
    good
}

/// A frame with the right length and checksum around a segment.
pub(crate) fn framed(segment: &str) -> Vec<u8> {
    format!("##{:04}{segment}{:04X}\r\n", segment.len(), checksum(segment.as_bytes())).into_bytes()
}

/// What a frame gives: its text and what was forgiven, or the name of the fault.
pub(crate) fn outcome(mode: Mode, bytes: &[u8]) -> Result<(String, String), Fault> {
    let mut decoder = Decoder::new(mode);
    let frame = decoder.decode(bytes)?;
    Ok((frame.segment.text().to_owned(), frame.forgiven.to_string()))
}

/// Pushes bytes into a deframer and shows what it finds.
pub(crate) fn feed(deframer: &mut Deframer, bytes: &[u8], see: &mut impl FnMut(Result<Frame<'_>, Fault>)) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = deframer.push(rest);
        rest = &rest[taken..];
        let mut found = 0;
        while let Some(result) = deframer.next_frame() {
            found += 1;
            see(result);
        }
        assert!(taken + found > 0, "no room though nothing is to be had");
    }
}
