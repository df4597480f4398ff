//! One frame at a time.

use super::super::deviation::{Deviation, Deviations, Mode};
use super::super::fault::{Fault, FaultKind};
use super::super::segment::Segment;
use super::cipher::ContentKey;
use super::envelope::{Envelope, Found, Located, Source, Window};

/// A decoded frame. Borrows the bytes that it was decoded from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// Place of the first byte, counted from the start of the stream or text.
    pub offset: u64,
    /// The bytes as they were received, from `##` to the line end: what a gateway keeps as evidence.
    pub raw: &'a [u8],
    /// The fields and items, decrypted.
    pub segment: Segment<'a>,
    /// What the tolerant mode has forgiven; always empty in the strict mode.
    pub forgiven: Deviations,
}

/// Decodes single frames, and keeps its memory from one to the next: at most 80 KiB.
///
/// ```
/// use vocdb::interop::hj212::{Decoder, Deviation, Mode};
/// let text = b"2016-08-01 08:58 recv ##0094QN=20160801085857223;ST=91;CN=9011;PW=123456;MN=010000A8900016F000169DC0;\
///              Flag=4;CP=&&QnRtn=1&&1b00";
/// let mut decoder = Decoder::new(Mode::Tolerant);
/// let frame = decoder.decode(text)?;
/// assert_eq!((frame.offset, frame.segment.command(), frame.segment.parameter("QnRtn")), (22, 9011, Some("1")));
/// assert_eq!(frame.forgiven.to_string(), "text-around, line-end, checksum-case");
/// let fault = Decoder::new(Mode::Strict).decode(text).unwrap_err();
/// assert_eq!(fault.kind.name(), "noise");
/// # Ok::<(), vocdb::interop::hj212::Fault>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    envelope: Envelope,
}

impl Decoder {
    /// A decoder without a key.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { envelope: Envelope::new(mode, None) }
    }

    /// The same decoder, which decrypts frames of 2025 whose commands are encrypted ([`ContentKey::covers`]).
    #[must_use]
    pub fn with_key(self, key: ContentKey) -> Self {
        Self { envelope: Envelope::new(self.envelope.mode, Some(key)) }
    }

    pub(super) fn into_envelope(self) -> Envelope {
        self.envelope
    }

    /// Decodes the one frame that the bytes hold.
    ///
    /// # Errors
    /// A [`Fault`] says what is wrong and where. Text around the frame is one in the strict mode.
    pub fn decode<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Frame<'a>, Fault> {
        let mut before = 0;
        self.envelope.pass(usize::MAX);
        let located = loop {
            let rest = bytes.get(before..).unwrap_or_default();
            match self.envelope.find(Window { bytes: rest, is_final: true }) {
                Found::Frame(located) => break located,
                Found::Fault(kind, bytes) => return Err(fault(before, bytes, kind)),
                Found::Noise(noise) if before + noise < bytes.len() && self.envelope.mode == Mode::Tolerant => {
                    before += noise;
                    self.envelope.pass(noise);
                }
                Found::Noise(noise) => return Err(fault(0, before + noise, FaultKind::Noise)),
                Found::More => return Err(fault(0, bytes.len(), FaultKind::Noise)),
            }
        };
        let behind = before + located.bytes;
        let mut around = Deviations::NONE;
        if before > 0 || behind < bytes.len() {
            if self.envelope.mode == Mode::Strict {
                return Err(fault(behind, bytes.len() - behind, FaultKind::Noise));
            }
            around.insert(Deviation::TextAround);
        }
        open(&self.envelope, bytes.get(before..).unwrap_or_default(), (before as u64, located, around))
    }
}

/// Reads the segment of a frame that was found at the start of the bytes.
pub(super) fn open<'a>(
    envelope: &'a Envelope,
    bytes: &'a [u8],
    (offset, located, around): (u64, Located, Deviations),
) -> Result<Frame<'a>, Fault> {
    let length = located.bytes as u64;
    let fault = |kind| Fault { offset, bytes: length, kind };
    let plain = match located.source {
        Source::Received(range) => bytes.get(range).unwrap_or_default(),
        Source::Unprinted(end) => envelope.unprinted.get(..end).unwrap_or_default(),
        Source::Decrypted => &envelope.decrypted,
    };
    let text = std::str::from_utf8(plain);
    let text = text.map_err(|error| fault(FaultKind::NotText { at: error.valid_up_to() }))?;
    let (segment, found) = Segment::read(text).map_err(fault)?;
    let forgiven = located.deviations.join(found).join(around);
    if envelope.mode == Mode::Strict && !forgiven.is_empty() {
        return Err(fault(FaultKind::Deviates { deviations: forgiven }));
    }
    Ok(Frame { offset, raw: bytes.get(..located.bytes).unwrap_or_default(), segment, forgiven })
}

fn fault(offset: usize, bytes: usize, kind: FaultKind) -> Fault {
    Fault { offset: offset as u64, bytes: bytes as u64, kind }
}
