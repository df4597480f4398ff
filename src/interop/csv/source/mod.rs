//! Records of bounded length with their lines. The `csv` crate parses; it has no bound of its own, so its source stops it.

mod decode;

pub use decode::Encoding;

use crate::base::limits::CSV_RECORD_BYTES_MAX;
use csv::ByteRecord;
use decode::Decoder;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

/// Bytes that are read from the source at once, and again by the parser.
const BUFFER_BYTES: usize = 64 << 10;
const RECORD_BYTES_MAX: u64 = CSV_RECORD_BYTES_MAX as u64;
/// Bytes at the beginning of a file that show what it is.
const START_BYTES: u64 = 8;
/// Bytes at the end of a file that are compared with those of its last field.
const OPEN_TAIL_BYTES: usize = 16;
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// The source of the parser's bytes. It refuses to go on where the record would be longer than allowed.
#[derive(Debug)]
struct BoundedSource<R> {
    inner: BufReader<Decoder<Chain<Cursor<Vec<u8>>, R>>>,
    /// Bytes taken from the inner reader, skipped ones included.
    taken: u64,
    /// Bytes given to the parser.
    delivered: u64,
    /// How many bytes the parser may have been given before its record must end.
    delivered_max: u64,
    refused: bool,
    /// Whether the parser was given the end of the file.
    at_end: bool,
    /// The bytes given to the parser last.
    last: Vec<u8>,
    is_toa5: bool,
}

impl<R: Read> BoundedSource<R> {
    /// Passes over a byte order mark, which overrides the encoding.
    fn new(mut read: R, encoding: Encoding) -> io::Result<Self> {
        let mut start = Vec::new();
        read.by_ref().take(START_BYTES).read_to_end(&mut start)?;
        let (mark_bytes, encoding) = match Encoding::of_mark(&start) {
            Some(marked) => (2, marked),
            None if start.starts_with(&BYTE_ORDER_MARK) => (BYTE_ORDER_MARK.len(), Encoding::Utf8),
            None => (0, encoding),
        };
        start.drain(..mark_bytes);
        let is_toa5 = start.strip_prefix(b"\"").unwrap_or(&start).starts_with(b"TOA5");
        let taken = mark_bytes as u64;
        let inner = BufReader::with_capacity(BUFFER_BYTES, Decoder::new(Cursor::new(start).chain(read), encoding));
        let (delivered, delivered_max, last) = (0, 0, Vec::new());
        Ok(Self { inner, taken, delivered, delivered_max, refused: false, at_end: false, last, is_toa5 })
    }

    fn available(&mut self) -> io::Result<&[u8]> {
        while let Err(error) = self.inner.fill_buf() {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.taken = self.taken.saturating_add(count as u64);
    }

    /// Passes over the rest of a line and its end; false where the source ends first.
    fn skip_line(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.available()?;
            if bytes.is_empty() {
                return Ok(false);
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                let count = bytes.len();
                self.consume(count);
                continue;
            };
            let by_return = bytes.get(end) == Some(&b'\r');
            self.consume(end.saturating_add(1));
            if by_return && self.available()?.first() == Some(&b'\n') {
                self.consume(1);
            }
            return Ok(true);
        }
    }

    /// Whether the file ended inside the last field of a record: the field then ends as the file does, without a closing quote.
    fn ends_within(&self, record: &ByteRecord) -> bool {
        let field = record.iter().next_back().unwrap_or_default();
        let same = field.iter().rev().zip(self.last.iter().rev()).take(OPEN_TAIL_BYTES);
        self.at_end && field.len() > 1 && same.clone().count() > 1 && same.clone().all(|(left, right)| left == right)
    }

    /// The byte before a position that lies in what was given last.
    fn byte_before(&self, position: u64) -> Option<u8> {
        let back = usize::try_from(self.delivered.checked_sub(position)?).ok()?.checked_add(1)?;
        self.last.get(self.last.len().checked_sub(back)?).copied()
    }
}

impl<R: Read> Read for BoundedSource<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.delivered_max.saturating_sub(self.delivered)).unwrap_or(usize::MAX);
        if room == 0 {
            self.refused = true;
            return Err(io::Error::other("the record is too long"));
        }
        let mut last = std::mem::take(&mut self.last);
        let bytes = self.available()?;
        let count = bytes.len().min(out.len()).min(room);
        let bytes = bytes.get(..count).unwrap_or_default();
        if let Some(part) = out.get_mut(..count) {
            part.copy_from_slice(bytes);
        }
        if !bytes.is_empty() {
            last.clear();
            last.extend_from_slice(bytes);
        }
        (self.last, self.at_end) = (last, count == 0);
        self.consume(count);
        self.delivered = self.delivered.saturating_add(count as u64);
        Ok(count)
    }
}

/// What comes next in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::interop) enum NextRecord {
    /// A record that begins on this line.
    Read { line: u64 },
    /// A record that begins on this line and was passed over, because it is too long.
    TooLong { line: u64 },
    /// A record that begins on this line and has a quote that is still open at the end of the file.
    Open { line: u64 },
    /// Nothing.
    End,
}

/// The records of a file, after the lines that are to be skipped.
#[derive(Debug)]
pub(in crate::interop) struct RecordSource<R> {
    /// Absent only while it is being rebuilt, or after an error did so.
    parser: Option<csv::Reader<BoundedSource<R>>>,
    delimiter: u8,
    /// Lines before the first one that the parser sees.
    lines_before: u64,
    /// Whether the parser is between a carriage return and its line feed.
    after_return: bool,
    bytes_read: u64,
    is_toa5: bool,
}

impl<R: Read> RecordSource<R> {
    /// Passes over a byte order mark and `skip_lines` lines; where the file is shorter, there are no records.
    pub(in crate::interop) fn new(read: R, encoding: Encoding, (delimiter, skip_lines): (u8, u64)) -> io::Result<Self> {
        let mut source = BoundedSource::new(read, encoding)?;
        let is_toa5 = source.is_toa5;
        let mut lines_before = 0;
        while lines_before < skip_lines && source.skip_line()? {
            lines_before = lines_before.saturating_add(1);
        }
        let bytes_read = source.taken;
        let parser = Some(parser(source, delimiter));
        Ok(Self { parser, delimiter, lines_before, after_return: false, bytes_read, is_toa5 })
    }

    pub(super) const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Whether the first line is that of a Campbell TOA5 file, in which units and processing follow the header.
    pub(super) const fn is_toa5(&self) -> bool {
        self.is_toa5
    }

    pub(in crate::interop) fn next(&mut self, record: &mut ByteRecord) -> io::Result<NextRecord> {
        let Some(parser) = self.parser.as_mut() else { return Ok(NextRecord::End) };
        let begin = parser.position().byte();
        let first_line = parser.position().line().saturating_add(u64::from(self.after_return));
        parser.get_mut().delivered_max = begin.saturating_add(RECORD_BYTES_MAX).saturating_add(1);
        let outcome = parser.read_byte_record(record);
        self.bytes_read = parser.get_ref().taken;
        match outcome {
            Ok(false) => Ok(NextRecord::End),
            Ok(true) => {
                let (end, line_after) = (parser.position().byte(), parser.position().line());
                let last_byte = parser.get_ref().byte_before(end);
                self.after_return = last_byte == Some(b'\r');
                // Counted back from the end of the record, since blank lines may stand before its beginning.
                let inside = match record.as_slice() {
                    text if text.contains(&b'\n') => text.iter().filter(|byte| **byte == b'\n').count() as u64,
                    _ => 0,
                };
                // A record that the end of the file ends has no line end of its own, though a quoted one may come last.
                let ended_by_feed = last_byte == Some(b'\n') && !parser.get_ref().at_end;
                let within = inside.saturating_add(u64::from(ended_by_feed));
                let line = self.lines_before.saturating_add(line_after.saturating_sub(within).max(1));
                let is_long = end.saturating_sub(begin) > RECORD_BYTES_MAX;
                Ok(match is_long {
                    true => NextRecord::TooLong { line },
                    false if inside > 0 && parser.get_ref().ends_within(record) => NextRecord::Open { line },
                    false => NextRecord::Read { line },
                })
            }
            Err(_) if parser.get_ref().refused => {
                let line = self.lines_before.saturating_add(first_line);
                self.skip_record()?;
                Ok(NextRecord::TooLong { line })
            }
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            }),
        }
    }

    /// Passes over the rest of the line in which the parser was stopped, and starts anew after it.
    fn skip_record(&mut self) -> io::Result<()> {
        let Some(stopped) = self.parser.take() else { return Ok(()) };
        let lines_seen = stopped.position().line().saturating_sub(1);
        let mut source = stopped.into_inner();
        let at_line_start = source.last.last() == Some(&b'\n');
        let skipped = !at_line_start && source.skip_line()?;
        self.lines_before = self.lines_before.saturating_add(lines_seen).saturating_add(u64::from(skipped));
        self.after_return = false;
        self.bytes_read = source.taken;
        source.refused = false;
        source.delivered = 0;
        source.last.clear();
        self.parser = Some(parser(source, self.delimiter));
        Ok(())
    }
}

fn parser<R: Read>(source: BoundedSource<R>, delimiter: u8) -> csv::Reader<BoundedSource<R>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], skip_lines: u64) -> Vec<(u64, Vec<u8>)> {
        let mut source = RecordSource::new(text, Encoding::Utf8, (b',', skip_lines)).unwrap();
        let (mut record, mut found) = (ByteRecord::new(), Vec::new());
        loop {
            match source.next(&mut record).unwrap() {
                NextRecord::End => break,
                NextRecord::Read { line } => found.push((line, record.get(0).unwrap().to_vec())),
                NextRecord::TooLong { line } => found.push((line, b"too long".to_vec())),
                NextRecord::Open { line } => found.push((line, b"open".to_vec())),
            }
        }
        assert_eq!(source.bytes_read(), text.len() as u64);
        found
    }

    fn names(found: &[(u64, Vec<u8>)]) -> Vec<(u64, &str)> {
        found.iter().map(|(line, name)| (*line, std::str::from_utf8(name).unwrap())).collect()
    }

    #[test]
    fn lines_are_those_of_the_file_with_blank_lines_and_quoted_line_feeds() {
        let text = "a,1\n\n\nb,\"x\ny\"\nc,1\n\nd,1";
        assert_eq!(names(&lines(text.as_bytes(), 0)), [(1, "a"), (4, "b"), (6, "c"), (8, "d")]);
        let text = text.replace('\n', "\r\n");
        assert_eq!(names(&lines(text.as_bytes(), 0)), [(1, "a"), (4, "b"), (6, "c"), (8, "d")]);
    }

    #[test]
    fn a_byte_order_mark_and_lines_before_the_header_are_passed_over() {
        for text in ["\u{feff}x,\"\ny\nheader,\nrow,", "\u{feff}x,\"\r\ny\r\nheader,\r\nrow,", "x\r\r\nheader\nrow"] {
            assert_eq!(names(&lines(text.as_bytes(), 2)), [(3, "header"), (4, "row")], "{text:?}");
        }
        assert_eq!(names(&lines("\u{feff}header".as_bytes(), 0)), [(1, "header")]);
        assert!(lines(b"one line", 1).is_empty());
        assert!(lines(b"", 0).is_empty());
    }

    #[test]
    fn a_record_of_the_greatest_length_is_read_and_one_byte_more_is_not() {
        for (end, expected) in [(CSV_RECORD_BYTES_MAX - 1, "x"), (CSV_RECORD_BYTES_MAX, "too long")] {
            let text = format!("x{}\nlast", " ".repeat(end - 1));
            let found = lines(text.as_bytes(), 0);
            assert_eq!(found.len(), 2);
            assert_eq!(found[0].1.trim_ascii(), expected.as_bytes());
            assert_eq!(names(&found)[1], (2, "last"));
        }
    }

    #[test]
    fn after_a_record_that_is_too_long_lines_are_counted_on() {
        for end in ["\n", "\r\n"] {
            let long = "x".repeat(3 << 20);
            let quoted = format!("\"{}\"", format!("y{end}").repeat(1 << 20));
            let text = format!("a{end}{long}{end}b{end}{quoted}{end}");
            let found = lines(text.as_bytes(), 0);
            assert_eq!(names(&found[..4]), [(1, "a"), (2, "too long"), (3, "b"), (4, "too long")]);
            let last = found.last().unwrap();
            assert_eq!(last.0, 4 + (1 << 20), "the closing quote is on the last line");
        }
    }

    #[test]
    fn a_record_cut_off_right_after_a_line_feed_does_not_take_the_next_line_with_it() {
        let text = format!("\"{}\nb\nc", "x".repeat(CSV_RECORD_BYTES_MAX - 1));
        assert_eq!(names(&lines(text.as_bytes(), 0)), [(1, "too long"), (2, "b"), (3, "c")]);
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_is_no_record_and_a_closed_one_is() {
        for end in ["", "\n", "\r\n"] {
            let open = format!("a,1\nb,\"open\nc,2\nd,3{end}");
            assert_eq!(names(&lines(open.as_bytes(), 0)), [(1, "a"), (2, "open")], "{open:?}");
            for last in ["x\ny", "x\n", "\n", "x\"\"\ny", "x\n\"\""] {
                let closed = format!("a,1\nb,\"{last}\"{end}");
                assert_eq!(names(&lines(closed.as_bytes(), 0)), [(1, "a"), (2, "b")], "{closed:?}");
            }
        }
    }

    #[test]
    fn a_file_without_line_ends_is_never_held_whole() {
        let endless = io::repeat(b'x').take(48 << 20);
        let mut source = RecordSource::new(endless, Encoding::Utf8, (b',', 0)).unwrap();
        let mut record = ByteRecord::new();
        let parser = source.parser.as_mut().unwrap();
        parser.get_mut().delivered_max = RECORD_BYTES_MAX + 1;
        assert!(parser.read_byte_record(&mut record).is_err());
        assert_eq!(parser.get_ref().delivered, RECORD_BYTES_MAX + 1);
        source.skip_record().unwrap();
        assert_eq!(source.bytes_read(), 48 << 20);
        assert_eq!(source.next(&mut record).unwrap(), NextRecord::End);
    }

    #[test]
    fn an_interrupted_read_is_tried_again() {
        struct Interrupted(bool);
        impl Read for Interrupted {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.0 = !self.0;
                out[0] = b'x';
                if self.0 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(1) }
            }
        }
        let mut source = RecordSource::new(Interrupted(false).take(5), Encoding::Utf8, (b',', 0)).unwrap();
        let mut record = ByteRecord::new();
        assert_eq!(source.next(&mut record).unwrap(), NextRecord::Read { line: 1 });
        assert_eq!(record.as_slice(), b"xxxxx");
    }
}
