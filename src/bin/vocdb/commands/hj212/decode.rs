//! `vocdb hj212 decode`: one verdict a frame.

use super::lines::Lines;
use super::view::{Decoded, Faulty, Summary};
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use vocdb::base::escape::counted;
use vocdb::interop::hj212::{ContentKey, Decoder, Deframer, Mode};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Decode the frames of a file, and print one verdict for each
///
/// The file is a capture of a connection or a log that contains frames, of any length. Each frame is printed with its line and byte: what it is,
/// or what is wrong with it and what to do. A summary follows. The exit code is 1 if a frame is faulty or the
/// file has no frame.
///
/// By default, frames must conform to HJ 212-2017. With --tolerant, deviations that are known from the field are accepted and counted,
/// among them the checksum of Modbus and a wrong checksum `0000`. Any other wrong checksum is a fault. A measured value that is not a number
/// is printed and counted; the frame is good, and the value is stored as missing.
///
/// Support for HJ 212-2025 (Flag 8 to 11, RF, encryption) is based on secondary sources.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// File of frames; `-` is standard input
    file: PathBuf,
    /// Accept known deviations from the standard, and count them
    #[arg(long)]
    tolerant: bool,
    /// Key of 32 hexadecimal digits for encrypted frames of 2025 (SM4)
    #[arg(long, value_name = "HEX", value_parser = key)]
    key: Option<ContentKey>,
}

fn key(text: &str) -> Result<ContentKey, String> {
    ContentKey::from_hex(text).ok_or_else(|| "write 32 hexadecimal digits".to_owned())
}

/// A run over a file.
struct Run<'a> {
    output: &'a mut Output,
    deframer: Deframer,
    lines: Lines,
    faults_by_kind: BTreeMap<&'static str, u64>,
    bad_numbers: u64,
}

impl Decode {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let mode = if self.tolerant { Mode::Tolerant } else { Mode::Strict };
        let mut decoder = Decoder::new(mode);
        if let Some(key) = &self.key {
            decoder = decoder.with_key(key.clone());
        }
        let fail = |error: io::Error| Failure::from_read(&self.file, &error);
        let mut source: Box<dyn Read> = match self.file.as_path() {
            path if path == Path::new("-") => Box::new(io::stdin()),
            path => Box::new(File::open(path).map_err(fail)?),
        };
        let (deframer, lines) = (Deframer::new(decoder), Lines::new());
        let mut run = Run { output, deframer, lines, faults_by_kind: BTreeMap::new(), bad_numbers: 0 };
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(fail(error)),
            };
            run.take(chunk.get(..read).unwrap_or_default())?;
        }
        run.deframer.end();
        run.print()?;
        run.finish()
    }
}

impl Run<'_> {
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let taken = self.deframer.push(bytes);
            let (piece, rest) = bytes.split_at_checked(taken).unwrap_or((bytes, &[]));
            self.lines.note(piece);
            self.print()?;
            bytes = rest;
        }
        Ok(())
    }

    /// Prints the frames that are complete.
    fn print(&mut self) -> Result<(), Failure> {
        let Self { output, deframer, lines, faults_by_kind, bad_numbers } = self;
        while let Some(result) = deframer.next_frame() {
            match result {
                Ok(frame) => {
                    let line = lines.of(frame.offset, frame.raw.len() as u64);
                    let decoded = Decoded::new(&frame, line);
                    *bad_numbers += decoded.bad_numbers();
                    output.either(&decoded, || decoded.text())?;
                }
                Err(fault) => {
                    *faults_by_kind.entry(fault.kind.name()).or_default() += 1;
                    let faulty = Faulty::new(&fault, lines.of(fault.offset, fault.bytes));
                    output.either(&faulty, || faulty.text())?;
                }
            }
        }
        lines.pass(deframer.counts().bytes - deframer.held_bytes() as u64);
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        let counts = *self.deframer.counts();
        let summary = Summary::new(&counts, self.bad_numbers, self.faults_by_kind);
        self.output.either(&summary, || summary.text())?;
        self.output.flush()?;
        match (counts.faults, counts.frames) {
            (0, 0) => {
                Err(Failure::Says("the file has no frame of HJ 212: none of its bytes begins one (`##`)".to_owned()))
            }
            (0, _) => Ok(()),
            (faults, _) => Err(Failure::Says(format!("the file has {}", counted(faults, "fault")))),
        }
    }
}
