//! How to read a CSV file: its time column, its header, its marks, its rows, and what they feed.

use super::error::CsvError;
use super::source::Encoding;
use super::target::CsvTarget;
use super::time::{StampReader, TimeColumn};
use crate::model::{Interval, Quality};
use std::collections::BTreeSet;

/// What happens to rows that follow one another with the same time stamp, as in files whose stamps have no seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EqualTimes {
    /// Every row is a frame with its own stamp, wherever in the file it is. Where rows of one stamp disagree, the
    /// [`DuplicatePolicy`](crate::DuplicatePolicy) of the instrument decides.
    #[default]
    Keep,
    /// The k-th of them, counted from 0, gets the stamp plus k times the interval. Rows rejected for their values keep their place
    /// in the count; rows whose time cannot be read, or with a wrong number of fields, have none.
    ///
    /// A row that would so reach or pass the next stamp (or, in a file that goes back in time, the stamp before) is rejected as
    /// [`RejectReason::RunTooLong`](super::RejectReason::RunTooLong): the order of rows never changes. So is every row after the
    /// first 10,000 of one stamp.
    Spread(Interval),
}

/// What happens to a row with a mapped field that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadField {
    /// The field is a missing value, counted and listed in the report; the other fields of the row are kept. A row of which no mapped
    /// field gives a value is rejected.
    #[default]
    Missing,
    /// The row is rejected for all targets.
    RejectRow,
}

/// How to read a CSV file. Start from its time column, then say what is unusual about it and what to read.
///
/// Header names and fields are compared and read without the space around them. Fields may be quoted as in RFC 4180. A byte order
/// mark is passed over.
///
/// ```
/// use vocdb::interop::csv::{CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
/// use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
/// let spod = Instrument::new("spod", Interval::seconds(10)?, vec![Channel::quantity("total VOC", Unit::Ppb)?])?;
/// let time = TimeColumn::new("UTC Date Time", TimeFormat::Pattern("%-m/%-d/%Y %-H:%M".into())).zone("UTC");
/// let spec = CsvSpec::new(time)
///     .skip_lines(2)
///     .missing("-200")
///     .equal_times(EqualTimes::Spread(Interval::seconds(10)?))
///     .map(CsvTarget::new(InstrumentId::new(1), &spod).column("pid1_PPB_Calc", "total VOC", Unit::Ppb));
/// spec.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CsvSpec {
    pub(super) time: TimeColumn,
    pub(super) delimiter: u8,
    pub(super) decimal_comma: bool,
    pub(super) missing: Vec<String>,
    pub(super) skip_lines: u64,
    pub(super) skip_rows: Option<u64>,
    pub(super) has_header: bool,
    pub(super) encoding: Encoding,
    pub(super) filters: Vec<(String, String)>,
    pub(super) flags: Vec<(String, Quality)>,
    pub(super) marks: Vec<(String, Quality)>,
    pub(super) bad_fields: BadField,
    pub(super) equal_times: EqualTimes,
    pub(super) skip_empty_frames: bool,
    pub(super) wrap_directions: bool,
    pub(super) targets: Vec<CsvTarget>,
}

impl CsvSpec {
    /// A file with this time column, comma-separated, with decimal points, whose first line is its header.
    #[must_use]
    pub fn new(time: TimeColumn) -> Self {
        Self {
            time,
            delimiter: b',',
            decimal_comma: false,
            missing: Vec::new(),
            skip_lines: 0,
            skip_rows: None,
            has_header: true,
            encoding: Encoding::Utf8,
            filters: Vec::new(),
            flags: Vec::new(),
            marks: Vec::new(),
            bad_fields: BadField::Missing,
            equal_times: EqualTimes::Keep,
            skip_empty_frames: false,
            wrap_directions: false,
            targets: Vec::new(),
        }
    }

    /// A text that marks a missing value, besides the empty field; call it once for each. Compared letter by letter with the
    /// field: `-200` does not cover `-200.0`.
    #[must_use]
    pub fn missing(mut self, mark: impl Into<String>) -> Self {
        self.missing.push(mark.into().trim_ascii().to_owned());
        self
    }

    /// The byte between two fields; a comma by default.
    #[must_use]
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Whether numbers have a decimal comma. A number with a point is then rejected, not taken for thousands.
    #[must_use]
    pub const fn decimal_comma(mut self, decimal_comma: bool) -> Self {
        self.decimal_comma = decimal_comma;
        self
    }

    /// Number of lines before the header; none by default.
    #[must_use]
    pub const fn skip_lines(mut self, lines: u64) -> Self {
        self.skip_lines = lines;
        self
    }

    /// Number of rows between the header and the first row of values, as those for units. None by default, except in Campbell TOA5
    /// files, which have two; those files need `skip_lines(1)`.
    #[must_use]
    pub const fn skip_rows(mut self, rows: u64) -> Self {
        self.skip_rows = Some(rows);
        self
    }

    /// Reads a file that has no header; its columns are named by their places: `#1`, `#2`. With a header, a column that has no other
    /// name, or a name that another has too, is called by its place as well.
    #[must_use]
    pub const fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Character encoding of the file; UTF-8 by default. A byte order mark overrides it.
    #[must_use]
    pub const fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Reads only rows whose field in a column is `text`; other rows are counted and left out. Repeat it for further texts of the
    /// column, or for further columns. `*` accepts any text.
    ///
    /// A file that holds several series, one below the other, is refused without it: one whose column `parameter`, `station` or of a
    /// similar name changes from row to row.
    #[must_use]
    pub fn only(mut self, column: impl Into<String>, text: impl Into<String>) -> Self {
        self.filters.push((column.into(), text.into().trim_ascii().to_owned()));
        self
    }

    /// A text of the flag columns and the quality flag that it means.
    #[must_use]
    pub fn flag(mut self, text: impl Into<String>, quality: Quality) -> Self {
        self.flags.push((text.into().trim_ascii().to_owned(), quality));
        self
    }

    /// A mark before or behind the numbers of value fields, or alone in one, and the quality flag that it means. `<` (below
    /// detection) and `>` (over range) are read without it.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<String>, quality: Quality) -> Self {
        self.marks.push((mark.into().trim_ascii().to_owned(), quality));
        self.marks.retain(|(mark, _)| !mark.is_empty());
        self
    }

    /// What happens to a row with a field that cannot be read; by default the field is a missing value.
    #[must_use]
    pub const fn bad_fields(mut self, bad_fields: BadField) -> Self {
        self.bad_fields = bad_fields;
        self
    }

    /// What happens to rows that follow one another with the same time stamp; each is a frame by default.
    #[must_use]
    pub const fn equal_times(mut self, equal_times: EqualTimes) -> Self {
        self.equal_times = equal_times;
        self
    }

    /// Whether a frame is left out when all fields mapped to its instrument are missing. By default it is kept, so that the grid has no gap.
    #[must_use]
    pub const fn skip_empty_frames(mut self, skip: bool) -> Self {
        self.skip_empty_frames = skip;
        self
    }

    /// Whether directions up to a turn outside 0 to 360 degrees are read as the same directions within: -10 as 350, 361 as 1. By default
    /// they are not, and such a field is rejected.
    #[must_use]
    pub const fn wrap_directions(mut self, wrap: bool) -> Self {
        self.wrap_directions = wrap;
        self
    }

    /// Adds a target. One row gives one frame for each target, in the order in which they were added.
    #[must_use]
    pub fn map(mut self, target: CsvTarget) -> Self {
        self.targets.push(target);
        self
    }

    /// Checks all that can be checked without the file; opening one does so too.
    ///
    /// # Errors
    /// [`CsvError::Delimiter`], [`CsvError::Zone`], [`CsvError::Pattern`], [`CsvError::NothingMapped`],
    /// [`CsvError::InstrumentTwice`], [`CsvError::UnknownChannel`], [`CsvError::Inconvertible`] and [`CsvError::ChannelTwice`].
    pub fn check(&self) -> Result<(), CsvError> {
        check_delimiter(self.delimiter)?;
        StampReader::new(&self.time, false)?;
        if self.targets.is_empty() {
            return Err(CsvError::NothingMapped { target: "any instrument".to_owned() });
        }
        let mut seen = BTreeSet::new();
        for target in &self.targets {
            if !seen.insert(target.instrument()) {
                return Err(CsvError::InstrumentTwice { instrument: target.instrument() });
            }
            target.feeds()?;
        }
        Ok(())
    }
}

/// Refuses a delimiter that may occur in fields.
pub(in crate::interop) fn check_delimiter(delimiter: u8) -> Result<(), CsvError> {
    let in_numbers = delimiter.is_ascii_alphanumeric() || b"\"\r\n+-. ".contains(&delimiter);
    if in_numbers || !delimiter.is_ascii() {
        return Err(CsvError::Delimiter { delimiter: char::from(delimiter) });
    }
    Ok(())
}

/// Refuses a pattern of times that cannot be used, and a zone that is not known.
#[cfg(feature = "profiles")]
pub(in crate::interop) fn check_time(format: &super::TimeFormat, zone: Option<&str>) -> Result<(), CsvError> {
    let column = TimeColumn::new("", format.clone());
    StampReader::new(&zone.into_iter().fold(column, TimeColumn::zone), false).map(|_| ())
}
