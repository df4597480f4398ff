//! Text in other encodings as UTF-8, as it is read.

use std::io::{self, Read};

/// Bytes decoded at once.
const CHUNK_BYTES: usize = 16 << 10;
const UTF_16_LE_MARK: [u8; 2] = [0xFF, 0xFE];
const UTF_16_BE_MARK: [u8; 2] = [0xFE, 0xFF];
/// Characters of Windows-1252 from 0x80 to 0x9F; the bytes that it leaves undefined are control characters.
const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}',
    '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}',
    '\u{17E}', '\u{178}',
];

/// Character encoding of a file. A byte order mark of UTF-8 or UTF-16 overrides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows-1252, which contains Latin-1 (ISO 8859-1).
    Windows1252,
    /// GB 18030, which contains GBK and GB 2312.
    #[cfg(feature = "profiles")]
    Gbk,
}

impl Encoding {
    /// The encoding that the first bytes of a file show; `None` without a byte order mark of UTF-16.
    pub(super) fn of_mark(start: &[u8]) -> Option<Self> {
        if start.starts_with(&UTF_16_LE_MARK) {
            return Some(Self::Utf16Le);
        }
        start.starts_with(&UTF_16_BE_MARK).then_some(Self::Utf16Be)
    }
}

/// Gives the bytes of a source as UTF-8.
#[derive(Debug)]
pub(super) struct Decoder<R> {
    inner: R,
    encoding: Encoding,
    /// Bytes read that do not make a character yet.
    raw: Vec<u8>,
    /// Decoded text, and how much of it was handed out.
    text: String,
    at: usize,
    #[cfg(feature = "profiles")]
    gb18030: Option<encoding_rs::Decoder>,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(inner: R, encoding: Encoding) -> Self {
        Self {
            inner,
            encoding,
            raw: Vec::new(),
            text: String::new(),
            at: 0,
            #[cfg(feature = "profiles")]
            gb18030: Some(encoding_rs::GB18030.new_decoder_without_bom_handling()),
        }
    }

    /// Decodes the next bytes; false at the end of the source.
    fn refill(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.at = 0;
        while self.text.is_empty() {
            let read = self.inner.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.raw)?;
            match self.encoding {
                Encoding::Windows1252 => self.text.extend(self.raw.drain(..).map(windows_1252)),
                Encoding::Utf16Le => self.decode_utf_16(u16::from_le_bytes, read == 0),
                #[cfg(feature = "profiles")]
                Encoding::Gbk => self.decode_gb18030(read == 0),
                _ => self.decode_utf_16(u16::from_be_bytes, read == 0),
            }
            if read == 0 {
                break;
            }
        }
        Ok(!self.text.is_empty())
    }

    /// Half a character stays in the decoder; bytes that are none become replacement characters.
    #[cfg(feature = "profiles")]
    fn decode_gb18030(&mut self, is_end: bool) {
        // A decoder that has been given the end is finished.
        if let Some(mut decoder) = self.gb18030.take() {
            self.text.reserve(decoder.max_utf8_buffer_length(self.raw.len()).unwrap_or_default());
            let _ = decoder.decode_to_string(&self.raw, &mut self.text, is_end);
            self.gb18030 = (!is_end).then_some(decoder);
        }
        self.raw.clear();
    }

    /// Half a character stays for the next bytes; at the end of the source it is one that cannot be read.
    fn decode_utf_16(&mut self, unit: fn([u8; 2]) -> u16, is_end: bool) {
        let (pairs, rest) = self.raw.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let mut kept = rest.to_vec();
        if !is_end && units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) {
            units.pop();
            kept = pairs.last().into_iter().flatten().chain(rest).copied().collect();
        }
        let read = char::decode_utf16(units);
        self.text.extend(read.map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)));
        if is_end && !kept.is_empty() {
            kept.clear();
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        self.raw = kept;
    }
}

fn windows_1252(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|at| WINDOWS_1252.get(usize::from(at)));
    special.copied().unwrap_or(char::from(byte))
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.encoding == Encoding::Utf8 {
            return self.inner.read(out);
        }
        if self.at >= self.text.len() && !self.refill()? {
            return Ok(0);
        }
        let mut ready = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = ready.read(out)?;
        self.at = self.at.saturating_add(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding, chunk: usize) -> String {
        let mut decoder = Decoder::new(bytes, encoding);
        let (mut text, mut out) = (Vec::new(), vec![0; chunk]);
        loop {
            let count = decoder.read(&mut out).unwrap();
            if count == 0 {
                return String::from_utf8(text).unwrap();
            }
            text.extend_from_slice(&out[..count]);
        }
    }

    #[test]
    fn utf_16_of_either_order_gives_every_character() {
        // Long enough for several chunks, so that pairs are cut between them.
        let text = "Zeit;µg/m³;苯;🌫\r\n".repeat(3_000);
        let units: Vec<u16> = std::iter::once(u16::from(b'x')).chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for chunk in [1, 7, 4_096] {
            assert_eq!(decoded(&little, Encoding::Utf16Le, chunk), format!("x{text}"));
            assert_eq!(decoded(&big, Encoding::Utf16Be, chunk), format!("x{text}"));
        }
    }

    #[test]
    fn half_a_character_is_marked_and_nothing_is_lost_around_it() {
        assert_eq!(decoded(&[b'a', 0, 0x3D, 0xD8, b'b', 0, b'c'], Encoding::Utf16Le, 9), "a\u{FFFD}b\u{FFFD}");
    }

    #[cfg(feature = "profiles")]
    #[test]
    fn gb_18030_gives_every_character_and_marks_bytes_that_are_none() {
        let text = "时间,苯 µg/m³,🌫\n".repeat(3_000);
        let (bytes, ..) = encoding_rs::GB18030.encode(&text);
        for chunk in [1, 7, 4_096] {
            assert_eq!(decoded(&bytes, Encoding::Gbk, chunk), text);
        }
        assert_eq!(decoded(b"a\xFFb\xB1", Encoding::Gbk, 9), "a\u{FFFD}b\u{FFFD}");
    }

    #[test]
    fn every_byte_is_a_character_of_windows_1252() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = decoded(&bytes, Encoding::Windows1252, 5);
        assert_eq!(text.chars().count(), 256);
        assert_eq!(decoded(b"\xB5g/m\xB3 \x80", Encoding::Windows1252, 2), "µg/m³ €");
    }
}
