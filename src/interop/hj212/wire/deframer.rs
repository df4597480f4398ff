//! Frames of a stream that arrives in pieces.

use super::super::deviation::{Deviation, DeviationCounts, Deviations, Mode};
use super::super::fault::{Fault, FaultKind};
use super::decoder::{Decoder, Frame, open};
use super::envelope::{Envelope, Found, Window, window_bytes_max};

/// What a [`Deframer`] has met so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeframerCounts {
    /// Bytes that were taken.
    pub bytes: u64,
    /// Frames that were decoded.
    pub frames: u64,
    /// Faults that were reported.
    pub faults: u64,
    /// Bytes that belong to no decoded frame: garbage, text between frames, faulty frames.
    pub skipped_bytes: u64,
    /// What was forgiven.
    pub forgiven: DeviationCounts,
}

/// Cuts a stream into frames. It holds the bytes of one frame at most (10 KB; 60 KB in the tolerant mode), whatever arrives.
///
/// The result does not depend on the pieces in which the bytes arrive.
///
/// ```
/// use vocdb::interop::hj212::{Decoder, Deframer, Mode};
/// let mut deframer = Deframer::new(Decoder::new(Mode::Strict));
/// let frame = b"##0087QN=20261123030001001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&A501\r\n";
/// let stream = [b"garbage", &frame[..], &frame[..]].concat();
/// let mut found = vec![];
/// for mut piece in stream.chunks(50) {
///     while !piece.is_empty() {
///         piece = &piece[deframer.push(piece)..];
///         while let Some(result) = deframer.next_frame() {
///             found.push(result.map(|frame| frame.segment.command()).map_err(|fault| fault.to_string()));
///         }
///     }
/// }
/// let noise = "byte 0: bytes that belong to no frame; remove them or decode in the tolerant mode";
/// assert_eq!(found, [Err(noise.to_owned()), Ok(9014), Ok(9014)]);
/// assert_eq!(deframer.counts().skipped_bytes, 7);
/// ```
#[derive(Debug, Clone)]
pub struct Deframer {
    envelope: Envelope,
    buffer: Vec<u8>,
    /// Bytes at the start of the buffer that are done with.
    used: usize,
    /// Bytes before the last ones that are done with and were not reported yet.
    noise: u64,
    /// Whether bytes that belong to no frame are a consequence of the last fault.
    is_after_fault: bool,
    has_ended: bool,
    counts: DeframerCounts,
}

impl Deframer {
    /// A deframer that decodes with the mode and key of a decoder.
    #[must_use]
    pub fn new(decoder: Decoder) -> Self {
        let (buffer, counts) = (Vec::new(), DeframerCounts::default());
        let envelope = decoder.into_envelope();
        Self { envelope, buffer, used: 0, noise: 0, is_after_fault: false, has_ended: false, counts }
    }

    /// Takes bytes as they arrive, as many as there is room for, and returns how many. After [`Deframer::next_frame`] has returned `None`
    /// there is room for one byte at least.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        self.buffer.drain(..self.used);
        self.used = 0;
        let room = window_bytes_max(self.envelope.mode).saturating_sub(self.buffer.len());
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.buffer.extend_from_slice(taken);
        self.counts.bytes += taken.len() as u64;
        taken.len()
    }

    /// The stream has ended: what is left is decided by [`Deframer::next_frame`].
    pub const fn end(&mut self) {
        self.has_ended = true;
    }

    /// What was met so far.
    #[must_use]
    pub const fn counts(&self) -> &DeframerCounts {
        &self.counts
    }

    /// Bytes that are held and belong to a frame that is not complete.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.buffer.len() - self.used
    }

    /// Decodes the next frame; `None` where more bytes are needed, and at the end.
    ///
    /// # Errors
    /// A [`Fault`] for each faulty frame, and in the strict mode for each run of bytes between frames. The next call continues behind it.
    pub fn next_frame(&mut self) -> Option<Result<Frame<'_>, Fault>> {
        let (offset, located) = loop {
            let rest = self.buffer.get(self.used..).unwrap_or_default();
            let is_full = self.buffer.len() >= window_bytes_max(self.envelope.mode) && self.used == 0;
            if rest.is_empty() {
                return self.noise_before(self.at()).filter(|_| self.has_ended).map(|fault| self.report(fault));
            }
            let offset = self.at();
            match self.envelope.find(Window { bytes: rest, is_final: self.has_ended || is_full }) {
                Found::More => return None,
                Found::Noise(bytes) => self.skip_noise(bytes),
                Found::Frame(located) => match self.noise_before(offset) {
                    Some(fault) => return Some(self.report(fault)),
                    None => break (offset, located),
                },
                Found::Fault(kind, bytes) => {
                    if let Some(fault) = self.noise_before(offset) {
                        return Some(self.report(fault));
                    }
                    self.pass(bytes);
                    return Some(self.report(Fault { offset, bytes: bytes as u64, kind }));
                }
            }
        };
        let mut around = Deviations::NONE;
        if self.noise > 0 {
            around.insert(Deviation::TextAround);
        }
        (self.noise, self.is_after_fault) = (0, false);
        let from = self.used;
        self.pass(located.bytes);
        let bytes = self.buffer.get(from..).unwrap_or_default();
        let opened = open(&self.envelope, bytes, (offset, located, around));
        match &opened {
            Ok(frame) => {
                self.counts.frames += 1;
                self.counts.forgiven.add(frame.forgiven);
            }
            Err(fault) => {
                self.counts.faults += 1;
                self.counts.skipped_bytes += fault.bytes;
            }
        }
        Some(opened)
    }

    /// Place of the next byte in the stream.
    const fn at(&self) -> u64 {
        self.counts.bytes - self.held_bytes() as u64
    }

    fn pass(&mut self, bytes: usize) {
        self.used += bytes;
        self.envelope.pass(bytes);
    }

    fn skip_noise(&mut self, bytes: usize) {
        self.pass(bytes);
        self.counts.skipped_bytes += bytes as u64;
        if !self.is_after_fault {
            self.noise += bytes as u64;
        }
    }

    /// The fault of the bytes that belong to no frame before a place, where the strict mode reports them.
    fn noise_before(&self, offset: u64) -> Option<Fault> {
        let is_reported = self.noise > 0 && self.envelope.mode == Mode::Strict;
        is_reported.then(|| Fault { offset: offset - self.noise, bytes: self.noise, kind: FaultKind::Noise })
    }

    fn report<'a>(&mut self, fault: Fault) -> Result<Frame<'a>, Fault> {
        let is_noise = fault.kind == FaultKind::Noise;
        self.noise = 0;
        self.is_after_fault = !is_noise;
        self.counts.faults += 1;
        if !is_noise {
            self.counts.skipped_bytes += fault.bytes;
        }
        Err(fault)
    }
}
