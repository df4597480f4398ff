//! Text in lines, counted and checksummed on the way out and on the way in.

use super::checksum::crc32c_append;
use std::io::{self, BufRead, Read, Write};

/// Writes lines and keeps their count and checksum.
pub(crate) struct LineWriter<'w> {
    to: &'w mut dyn Write,
    lines: u64,
    bytes: u64,
    crc: u32,
}

impl<'w> LineWriter<'w> {
    pub(crate) fn new(to: &'w mut dyn Write) -> Self {
        Self { to, lines: 0, bytes: 0, crc: 0 }
    }

    /// Writes a line, which ends with its line feed, and empties it.
    pub(crate) fn write(&mut self, line: &mut String) -> io::Result<()> {
        line.push('\n');
        self.to.write_all(line.as_bytes())?;
        self.crc = crc32c_append(self.crc, line.as_bytes());
        self.lines += 1;
        self.bytes += line.len() as u64;
        line.clear();
        Ok(())
    }

    /// Hands on what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// How many lines were written.
    pub(crate) const fn lines(&self) -> u64 {
        self.lines
    }

    /// How many bytes they have.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Their CRC-32C.
    pub(crate) const fn crc(&self) -> u32 {
        self.crc
    }
}

/// Why there is no next line.
#[derive(Debug)]
pub(crate) enum LineFault {
    /// The system refused.
    Io(io::Error),
    /// It is longer than it may be.
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// The text ends in the middle of it.
    Unfinished,
}

/// Reads lines of bounded length. Memory grows with what is there, never with what is announced.
pub(crate) struct LineReader<R> {
    from: R,
    bytes_max: usize,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
    crc: u32,
    crc_before: u32,
}

impl<R: BufRead> LineReader<R> {
    pub(crate) fn new(from: R, bytes_max: usize) -> Self {
        Self { from, bytes_max, line: Vec::new(), number: 0, bytes: 0, crc: 0, crc_before: 0 }
    }

    /// The next line without its line feed; `None` behind the last.
    pub(crate) fn read(&mut self) -> Result<Option<&str>, LineFault> {
        self.line.clear();
        let mut limited = self.from.by_ref().take(self.bytes_max as u64 + 1);
        let read = limited.read_until(b'\n', &mut self.line).map_err(LineFault::Io)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        self.crc_before = self.crc;
        self.crc = crc32c_append(self.crc, &self.line);
        if self.line.pop() != Some(b'\n') {
            return Err(if read > self.bytes_max { LineFault::TooLong } else { LineFault::Unfinished });
        }
        std::str::from_utf8(&self.line).map(Some).map_err(|_| LineFault::NotText)
    }

    /// The number of the line that was read last, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The CRC-32C of all lines before the one that was read last.
    pub(crate) const fn crc_before(&self) -> u32 {
        self.crc_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_with_the_same_count_and_checksum() {
        let mut out = Vec::new();
        let mut writer = LineWriter::new(&mut out);
        for text in ["a", "", "bc d"] {
            writer.write(&mut text.to_owned()).unwrap();
        }
        let (lines, crc) = (writer.lines(), writer.crc());
        writer.write(&mut "end".to_owned()).unwrap();
        let mut reader = LineReader::new(out.as_slice(), 5);
        let mut found = Vec::new();
        while let Some(line) = reader.read().unwrap() {
            found.push(line.to_owned());
        }
        assert_eq!(found, ["a", "", "bc d", "end"]);
        assert_eq!((reader.number(), reader.crc_before()), (lines + 1, crc));
        assert_eq!(reader.bytes(), out.len() as u64);
    }

    #[test]
    fn a_long_a_cut_and_a_garbled_line_are_told_apart() {
        let fault = |bytes: &[u8]| LineReader::new(bytes, 4).read().map(|_| ()).unwrap_err();
        assert!(matches!(fault(b"12345\n"), LineFault::TooLong));
        assert!(matches!(fault(b"123"), LineFault::Unfinished));
        assert!(matches!(fault(b"\xFF\n"), LineFault::NotText));
        assert_eq!(LineReader::new(b"123\n".as_slice(), 4).read().unwrap(), Some("123"));
    }
}
