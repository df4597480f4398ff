//! Where a frame begins and ends, and whether its checksum is right.
//!
//! Framing goes by the declared length. Other marks (`##`, line ends) count only where the length is wrong: encrypted content may hold
//! any of them. Each search ends where the bytes that it gives up end, so that hostile bytes cost no more than good ones.

use super::super::deviation::{Deviation, Deviations, Mode};
use super::super::fault::{Excerpt, FaultKind};
use super::super::segment::{Edition, Flag, content_range};
use super::checksum::{checksum, modbus_checksum};
use super::cipher::ContentKey;
use super::printed::{has_printed, unprint};
use std::ops::Range;

/// What begins a frame.
pub(in super::super) const START: &[u8] = b"##";
/// What ends a frame.
pub(in super::super) const LINE_END: &[u8] = b"\r\n";
/// What begins the content of `CP`.
const CONTENT: &[u8] = b"CP=&&";
/// Bytes before the content within which encryption is recognised: the fields take fewer.
const FIELDS_BYTES_MAX: usize = 512;
/// Bytes of the longest name of a field.
const NAME_BYTES_MAX: usize = 4;
/// Bytes of `##` and the length.
const HEAD_BYTES: usize = 6;
/// Digits of the checksum.
const CHECKSUM_BYTES: usize = 4;
/// Bytes of the longest frame: four digits of length, checksum and CR LF around the segment.
const FRAME_BYTES_MAX: usize = HEAD_BYTES + 9_999 + CHECKSUM_BYTES + LINE_END.len();
/// CR LF where it is printed.
const PRINTED_LINE_END: &[u8] = b"{0x0D}{0x0A}";
/// Bytes of the longest frame of which every byte is printed as `{0x..}`.
const PRINTED_BYTES_MAX: usize = HEAD_BYTES + (9_999 + CHECKSUM_BYTES + LINE_END.len()) * 6;

/// Bytes that may have to be held before a frame is decided.
pub(super) const fn window_bytes_max(mode: Mode) -> usize {
    match mode {
        Mode::Strict => FRAME_BYTES_MAX,
        Mode::Tolerant => PRINTED_BYTES_MAX,
    }
}

/// What the bytes begin with.
#[derive(Debug)]
pub(super) enum Found {
    /// More bytes decide.
    More,
    /// So many bytes belong to no frame.
    Noise(usize),
    /// A frame with the right checksum.
    Frame(Located),
    /// A frame that cannot be used, and how many bytes it takes.
    Fault(FaultKind, usize),
}

/// A frame in its bytes.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) source: Source,
    /// Bytes of the frame with its line end.
    pub(super) bytes: usize,
    pub(super) deviations: Deviations,
}

/// Where the plain segment lies.
#[derive(Debug)]
pub(super) enum Source {
    Received(Range<usize>),
    Unprinted(usize),
    Decrypted,
}

/// Bytes of which a frame is to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether no more bytes can come: the stream has ended, or the window is full.
    pub(super) is_final: bool,
}

/// Finds frames and judges their checksums.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) mode: Mode,
    pub(super) key: Option<ContentKey>,
    pub(super) decrypted: Vec<u8>,
    pub(super) unprinted: Vec<u8>,
    /// Bytes behind the head of a frame at the start of the window that are known to have no line feed, so that none is searched twice.
    plain_bytes: usize,
}

/// A segment whose checksum is right.
struct Checked {
    is_decrypted: bool,
    deviations: Deviations,
}

impl Envelope {
    pub(super) const fn new(mode: Mode, key: Option<ContentKey>) -> Self {
        Self { mode, key, decrypted: Vec::new(), unprinted: Vec::new(), plain_bytes: 0 }
    }

    const fn is_strict(&self) -> bool {
        matches!(self.mode, Mode::Strict)
    }

    /// The window begins so many bytes later.
    pub(super) const fn pass(&mut self, bytes: usize) {
        self.plain_bytes = self.plain_bytes.saturating_sub(bytes);
    }

    /// What the bytes begin with.
    pub(super) fn find(&mut self, window: Window<'_>) -> Found {
        let Window { bytes, is_final } = window;
        match position(bytes, START) {
            Some(0) if bytes.get(START.len()) == Some(&b'#') => return Found::Noise(1),
            Some(0) => {}
            Some(noise) => return Found::Noise(noise),
            None => {
                let kept = usize::from(!is_final && bytes.last() == Some(&b'#'));
                let noise = bytes.len() - kept;
                return if noise == 0 { Found::More } else { Found::Noise(noise) };
            }
        }
        let Some(digits) = bytes.get(START.len()..HEAD_BYTES) else {
            let missing = FRAME_BYTES_MAX - 9_999 - bytes.len();
            return if is_final { Found::Fault(FaultKind::Truncated { missing }, bytes.len()) } else { Found::More };
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return match self.mode {
                Mode::Strict => Found::Fault(FaultKind::LengthDigits { found: Excerpt::of(digits) }, START.len()),
                Mode::Tolerant => Found::Noise(START.len()),
            };
        }
        let declared = digits.iter().fold(0, |length, digit| length * 10 + u16::from(digit - b'0'));
        self.find_declared(window, declared)
    }

    fn find_declared(&mut self, window: Window<'_>, declared: u16) -> Found {
        let Window { bytes, is_final } = window;
        let end = HEAD_BYTES + usize::from(declared);
        let behind = end + CHECKSUM_BYTES;
        let inner = bytes.get(HEAD_BYTES..behind.min(bytes.len())).unwrap_or_default();
        // Plain segments have no line feed, so that one reveals a wrong length at once. Encrypted ones may have any byte.
        if self.has_feed(inner) && !may_be_encrypted(inner) {
            return self.find_by_line(window, declared);
        }
        let tail = bytes.get(behind..).unwrap_or_default();
        if !is_final && (bytes.len() < behind || tail.is_empty() || tail == b"\r") {
            return Found::More;
        }
        if bytes.len() < behind {
            let missing = behind + LINE_END.len() - bytes.len();
            return Found::Fault(FaultKind::Truncated { missing }, next_start(bytes));
        }
        let (line_bytes, mut deviations) = line_end(tail);
        let (segment, written) = (HEAD_BYTES..end, bytes.get(end..behind).unwrap_or_default());
        // A frame that was cut off, with the next ones behind it: no checksum can be right.
        let is_cut_off = || has_start(inner) && !may_be_encrypted(inner);
        if (!deviations.is_empty() || !begins_with_field(inner)) && is_cut_off() {
            return self.find_by_line(window, declared);
        }
        let is_loose = line_bytes == 0 && !tail.is_empty();
        match self.check(bytes.get(segment.clone()).unwrap_or_default(), written) {
            Ok(Checked { deviations: more, .. }) if is_loose && more.contains(Deviation::NoChecksum) => {
                self.find_by_line(window, declared)
            }
            Ok(_) if self.is_strict() && !deviations.is_empty() => {
                Found::Fault(FaultKind::LineEnd, behind + line_bytes)
            }
            Ok(Checked { is_decrypted, deviations: more }) => {
                deviations = deviations.join(more);
                let source = if is_decrypted { Source::Decrypted } else { Source::Received(segment) };
                Found::Frame(Located { source, bytes: behind + line_bytes, deviations })
            }
            Err(_) if !self.is_strict() && has_printed(inner) => self.find_printed(window, declared),
            Err(_) if is_cut_off() => self.find_by_line(window, declared),
            Err(kind) if deviations.is_empty() => Found::Fault(kind, behind + line_bytes),
            Err(_) if may_be_encrypted(inner) => {
                let kind = FaultKind::Length { declared, found: None };
                let next = position(bytes.get(HEAD_BYTES..).unwrap_or_default(), b"\r\n##");
                let skipped = next.map_or_else(|| next_start(bytes), |next| HEAD_BYTES + next + LINE_END.len());
                Found::Fault(kind, skipped)
            }
            Err(_) => self.find_by_line(window, declared),
        }
    }

    fn has_feed(&mut self, inner: &[u8]) -> bool {
        let has_feed = inner.get(self.plain_bytes..).is_some_and(|rest| rest.contains(&b'\n'));
        if !has_feed {
            self.plain_bytes = self.plain_bytes.max(inner.len());
        }
        has_feed
    }

    /// A frame whose declared length is wrong: it ends with the line, or where the next frame begins.
    fn find_by_line(&mut self, window: Window<'_>, declared: u16) -> Found {
        let bytes = window.bytes;
        let rest = bytes.get(HEAD_BYTES..).unwrap_or_default();
        let (end, behind) = match next_mark(rest) {
            Some((start, b'#')) => (HEAD_BYTES + start, HEAD_BYTES + start),
            Some((feed, _)) => {
                let end = HEAD_BYTES + feed;
                let has_return = bytes.get(end.saturating_sub(1)) == Some(&b'\r');
                (end - usize::from(has_return), end + 1)
            }
            None if !window.is_final => return Found::More,
            None => (bytes.len(), bytes.len()),
        };
        let end = end.saturating_sub(CHECKSUM_BYTES).max(HEAD_BYTES);
        let segment = bytes.get(HEAD_BYTES..end).unwrap_or_default();
        let written = bytes.get(end..end + CHECKSUM_BYTES).unwrap_or_default();
        let found = is_hex(written).then_some(segment.len());
        let fault = Found::Fault(FaultKind::Length { declared, found }, behind);
        if self.is_strict() {
            return fault;
        }
        match self.check(segment, written) {
            Ok(Checked { is_decrypted, mut deviations }) if !deviations.contains(Deviation::NoChecksum) => {
                deviations.insert(Deviation::WrongLength);
                if behind - end != CHECKSUM_BYTES + LINE_END.len() {
                    deviations.insert(Deviation::LineEnd);
                }
                let source = if is_decrypted { Source::Decrypted } else { Source::Received(HEAD_BYTES..end) };
                Found::Frame(Located { source, bytes: behind, deviations })
            }
            _ => fault,
        }
    }

    /// A frame of which some bytes are printed. Line feeds are printed too, so that one ends it.
    fn find_printed(&mut self, window: Window<'_>, declared: u16) -> Found {
        let rest = window.bytes.get(HEAD_BYTES..).unwrap_or_default();
        let feed = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..feed.unwrap_or(rest.len())).unwrap_or_default();
        let wanted = usize::from(declared) + CHECKSUM_BYTES;
        let mut unprinted = std::mem::take(&mut self.unprinted);
        unprinted.clear();
        let read = unprint(line, wanted, &mut unprinted);
        let tail = rest.get(read..).unwrap_or_default();
        let is_cut = unprinted.len() < wanted || (feed.is_none() && tail.len() < PRINTED_LINE_END.len());
        let (segment, written) = unprinted.split_at_checked(usize::from(declared)).unwrap_or_default();
        let checked = self.check(segment, written);
        self.unprinted = unprinted;
        if is_cut && feed.is_none() && !window.is_final {
            return Found::More;
        }
        let behind = HEAD_BYTES + feed.map_or(rest.len(), |feed| feed + 1);
        match checked {
            Ok(Checked { is_decrypted, mut deviations }) => {
                deviations.insert(Deviation::PrintedBytes);
                let is_printed =
                    tail.get(..PRINTED_LINE_END.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(PRINTED_LINE_END));
                let (line_bytes, more) =
                    if is_printed { (PRINTED_LINE_END.len(), Deviations::NONE) } else { line_end(tail) };
                let source = if is_decrypted { Source::Decrypted } else { Source::Unprinted(usize::from(declared)) };
                let deviations = deviations.join(more);
                Found::Frame(Located { source, bytes: HEAD_BYTES + read + line_bytes, deviations })
            }
            Err(kind) => Found::Fault(kind, behind),
        }
    }

    /// Compares the checksum, after decryption where the frame is encrypted: it is the one of the plain segment.
    fn check(&mut self, segment: &[u8], written: &[u8]) -> Result<Checked, FaultKind> {
        let found = read_hex(written).ok_or(FaultKind::ChecksumDigits { found: Excerpt::of(written) })?;
        let mut deviations = Deviations::NONE;
        if written.iter().any(u8::is_ascii_lowercase) {
            deviations.insert(Deviation::ChecksumCase);
        }
        let is_encrypted = self.decrypt(segment);
        let computed = checksum(if is_encrypted { &self.decrypted } else { segment });
        if computed == found {
            return Ok(Checked { is_decrypted: is_encrypted, deviations });
        }
        if is_encrypted && checksum(segment) == found {
            deviations.insert(Deviation::Unencrypted);
        } else if !is_encrypted && modbus_checksum(segment) == found {
            if self.is_strict() {
                return Err(FaultKind::ModbusChecksum { found, computed });
            }
            deviations.insert(Deviation::ModbusChecksum);
        } else if !is_encrypted && found == 0 && segment.ends_with(b"&&") && !self.is_strict() {
            deviations.insert(Deviation::NoChecksum);
        } else {
            return Err(FaultKind::Checksum { found, computed });
        }
        Ok(Checked { is_decrypted: false, deviations })
    }

    /// Decrypts a segment that should be encrypted; returns whether it should be.
    fn decrypt(&mut self, segment: &[u8]) -> bool {
        let Some(key) = &self.key else { return false };
        let Some(content) = content_range(segment) else { return false };
        if !is_covered(segment.get(..content.start).unwrap_or_default()) || !ContentKey::has_blocks(content.len()) {
            return false;
        }
        self.decrypted.clear();
        self.decrypted.extend_from_slice(segment);
        key.decrypt(self.decrypted.get_mut(content).unwrap_or_default());
        true
    }
}

/// Whether the fields before `CP` are those of a frame whose content should be encrypted.
fn is_covered(head: &[u8]) -> bool {
    let flag = field(head, b"Flag=").and_then(|number| Flag::from_number(u8::try_from(number).ok()?));
    let is_of_2025 = flag.is_some_and(|flag| flag.edition() == Edition::Of2025);
    is_of_2025 && field(head, b"CN=").is_some_and(ContentKey::covers)
}

/// Whether the start of a segment allows that any bytes follow.
fn may_be_encrypted(inner: &[u8]) -> bool {
    let head = inner.get(..FIELDS_BYTES_MAX.min(inner.len())).unwrap_or_default();
    // Fields have no `#`.
    let head = head.split(|byte| *byte == b'#').next().unwrap_or_default();
    position(head, CONTENT).is_some_and(|at| is_covered(head.get(..at).unwrap_or_default()))
}

/// Whether a segment begins like `QN=`.
fn begins_with_field(inner: &[u8]) -> bool {
    inner.iter().take(NAME_BYTES_MAX + 1).any(|byte| *byte == b'=')
}

fn has_start(inner: &[u8]) -> bool {
    inner.contains(&b'#') && position(inner, START).is_some()
}

/// The first line feed or start of a frame: where it is, and its byte.
fn next_mark(rest: &[u8]) -> Option<(usize, u8)> {
    let behind = rest.iter().skip(1).map(Some).chain([None]);
    let mut pairs = rest.iter().zip(behind).enumerate();
    let (at, (byte, _)) =
        pairs.find(|(_, (byte, next))| **byte == b'\n' || (**byte == b'#' && *next == Some(&b'#')))?;
    Some((at, *byte))
}

/// The number of a field before `CP`.
fn field(head: &[u8], name: &[u8]) -> Option<u16> {
    let mut fields = head.split(|byte| *byte == b';');
    let value = fields.find_map(|field| field.strip_prefix(name))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Bytes of the line end at the start of a text, and what is wrong with it.
fn line_end(tail: &[u8]) -> (usize, Deviations) {
    if tail.starts_with(LINE_END) {
        return (LINE_END.len(), Deviations::NONE);
    }
    let mut deviations = Deviations::NONE;
    deviations.insert(Deviation::LineEnd);
    (usize::from(tail.first() == Some(&b'\n')), deviations)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Where the next frame begins behind the start of this one; all bytes where none does.
fn next_start(bytes: &[u8]) -> usize {
    let behind = bytes.get(START.len()..).unwrap_or_default();
    position(behind, START).map_or(bytes.len(), |next| START.len() + next)
}

fn is_hex(written: &[u8]) -> bool {
    read_hex(written).is_some()
}

fn read_hex(written: &[u8]) -> Option<u16> {
    let is_hex = written.len() == CHECKSUM_BYTES && written.iter().all(u8::is_ascii_hexdigit);
    u16::from_str_radix(std::str::from_utf8(written).ok().filter(|_| is_hex)?, 16).ok()
}
