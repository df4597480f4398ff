//! Text becomes records and rows, line by line: everything that can be said of a line alone, and of the order of lines, is checked here.

use super::error::{DumpError, DumpProblem};
use super::text::{hex, sample};
use crate::base::limits::DUMP_LINE_BYTES_MAX;
use crate::base::lines::LineReader;
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, Sample, Timestamp};
use std::io::BufRead;

/// What a line brings. The samples of a row stand in [`DumpReader::samples`].
pub(super) enum Item {
    Record(Record),
    /// A row; rows of an instrument come in order of time, and once.
    Row(InstrumentId, Timestamp),
    /// A frame that the rules have not seen.
    Arrival(InstrumentId, Timestamp),
}

/// Which lines may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Records,
    Rows { instrument: InstrumentId, newest: Option<Timestamp> },
    Arrivals,
}

/// A dump as it is read.
pub(super) struct DumpReader<R> {
    lines: LineReader<R>,
    section: Section,
    samples: Vec<Sample>,
}

const HEADER: &str = "vocdb dump ";
const FORMAT: &str = "1";
const FORM_OF_RECORD: &str = "a record is `record KIND VERSION HEXADECIMAL-DIGITS`";
const FORM_OF_ROW: &str =
    "a row is a time in milliseconds and a sample for each channel: `0.42`, `0.42/3` with a flag, `-` for none";
const FORM_OF_END: &str = "the last line is `end LINES CRC32C`";

impl<R: BufRead> DumpReader<R> {
    /// Reads the first line.
    pub(super) fn new(from: R) -> Result<Self, DumpError> {
        let mut lines = LineReader::new(from, DUMP_LINE_BYTES_MAX);
        let problem = match lines.read() {
            Ok(Some(line)) => match line.strip_prefix(HEADER) {
                Some(FORMAT) => None,
                Some(other) => Some(DumpProblem::Format(other.chars().take(20).collect())),
                None => Some(DumpProblem::NotADump),
            },
            Ok(None) => Some(DumpProblem::NotADump),
            Err(fault) => Some(fault.into()),
        };
        match problem {
            None => Ok(Self { lines, section: Section::Records, samples: Vec::new() }),
            Some(problem) => Err(DumpError { line: 1, problem }),
        }
    }

    /// The next record or row; `None` behind a last line that checks.
    pub(super) fn read(&mut self) -> Result<Option<Item>, DumpError> {
        self.item().map_err(|problem| self.wrong(problem))
    }

    /// The samples of the last row.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Lines read so far.
    pub(super) const fn number(&self) -> u64 {
        self.lines.number()
    }

    /// Bytes read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// Something that is wrong with the line that was read last.
    pub(super) const fn wrong(&self, problem: DumpProblem) -> DumpError {
        DumpError { line: self.lines.number(), problem }
    }

    fn item(&mut self) -> Result<Option<Item>, DumpProblem> {
        loop {
            let Some(line) = self.lines.read()? else { return Err(DumpProblem::Torn) };
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                _ if line.starts_with('#') => {}
                "record" if self.section == Section::Records => return Ok(Some(Item::Record(record(rest)?))),
                "record" => return Err(DumpProblem::Line("a record behind a row: records come first")),
                "rows" => self.section = rows(self.section, rest)?,
                "arrivals" if rest.is_empty() && self.section < Section::Arrivals => self.section = Section::Arrivals,
                "end" => {
                    let said = rest.to_owned();
                    return self.end(said);
                }
                _ => return row(&mut self.section, &mut self.samples, line).map(Some),
            }
        }
    }

    fn end(&mut self, said: String) -> Result<Option<Item>, DumpProblem> {
        let (lines, crc) = (self.lines.number() - 1, self.lines.crc_before());
        let is_whole = |(count, sum): (&str, &str)| {
            Some(count.parse::<u64>().ok()? == lines && u32::from_str_radix(sum, 16).ok()? == crc)
        };
        match said.split_once(' ').and_then(is_whole) {
            Some(true) => {}
            Some(false) => return Err(DumpProblem::Checksum { said, found: format!("{lines} {crc:08x}") }),
            None => return Err(DumpProblem::Line(FORM_OF_END)),
        }
        match self.lines.read()? {
            None => Ok(None),
            Some(_) => Err(DumpProblem::Behind),
        }
    }
}

fn record(text: &str) -> Result<Record, DumpProblem> {
    let mut fields = text.splitn(3, ' ');
    let (Some(name), Some(version), Some(digits)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(DumpProblem::Line(FORM_OF_RECORD));
    };
    let kind = Kind::from_name(name).ok_or(DumpProblem::Line("this release does not know such a record"))?;
    let (Ok(version), Some(body)) = (version.parse(), hex(digits)) else {
        return Err(DumpProblem::Line(FORM_OF_RECORD));
    };
    Record::from_bytes(kind, version, body).map_err(|error| DumpProblem::Record(error.to_string()))
}

fn rows(section: Section, number: &str) -> Result<Section, DumpProblem> {
    let number = number.parse().map_err(|_| DumpProblem::Line("rows are announced by `rows INSTRUMENT-NUMBER`"))?;
    let begun = Section::Rows { instrument: InstrumentId::new(number), newest: None };
    let is_next = match section {
        Section::Records => true,
        Section::Rows { instrument, .. } => instrument.number() < number,
        Section::Arrivals => false,
    };
    if is_next { Ok(begun) } else { Err(DumpProblem::Line("instruments come once, by number, and before arrivals")) }
}

fn row(section: &mut Section, samples: &mut Vec<Sample>, line: &str) -> Result<Item, DumpProblem> {
    let malformed = DumpProblem::Line(FORM_OF_ROW);
    let mut fields = line.split(' ');
    let mut number = || fields.next().and_then(|field| field.parse::<i64>().ok());
    let item = match section {
        Section::Records => {
            return Err(DumpProblem::Line(
                "this is neither a record nor `rows`, `arrivals`, `end` or a comment with `#`",
            ));
        }
        Section::Rows { instrument, newest } => {
            let Some(time) = number().map(Timestamp::from_ms) else { return Err(malformed) };
            if newest.replace(time).is_some_and(|newest| time <= newest) {
                return Err(DumpProblem::Line("rows of an instrument come in order of time"));
            }
            Item::Row(*instrument, time)
        }
        Section::Arrivals => {
            let instrument = number().and_then(|number| u32::try_from(number).ok());
            let (Some(instrument), Some(time)) = (instrument, number()) else {
                return Err(DumpProblem::Line("an arrival is the number of an instrument, and a row"));
            };
            Item::Arrival(InstrumentId::new(instrument), Timestamp::from_ms(time))
        }
    };
    samples.clear();
    for field in fields {
        samples.push(sample(field).ok_or(DumpProblem::Line(FORM_OF_ROW))?);
    }
    Ok(item)
}
