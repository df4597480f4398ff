//! The rows of a small table, by the meaning of its columns.

use super::error::SheetError;

/// Characters of a cell that an error repeats.
const SHOWN_CHARS_MAX: usize = 60;

/// A column that a table may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its meaning in one word.
    pub(crate) name: &'static str,
    /// Names that it may have in a header, in small letters.
    spellings: &'static [&'static str],
}

impl Column {
    pub(crate) const fn new(name: &'static str, spellings: &'static [&'static str]) -> Self {
        Self { name, spellings }
    }
}

/// A table: its rows, and the columns that it has beside the expected ones.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) rows: Vec<Row>,
    pub(crate) ignored_columns: Vec<String>,
}

/// A row of a table.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
    /// Cells of the expected columns that are there and not empty: meaning, name in the header, text.
    cells: Vec<(&'static str, String, String)>,
}

impl Sheet {
    /// Reads a table that may have the `expected` columns and must have the `required` ones.
    pub(crate) fn parse(text: &str, expected: &[Column], required: &[Column]) -> Result<Self, SheetError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut lines = Lines { text, counted: 0, line: 1 };
        let headers = reader.headers().map_err(|error| syntax(&error, &mut lines))?.clone();
        if headers.iter().all(str::is_empty) {
            return Err(SheetError::NoHeader);
        }
        let (places, ignored_columns) = places(&headers, expected)?;
        if let Some(missing) = required.iter().find(|column| places.iter().all(|(known, ..)| known != &column.name)) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            return Err(SheetError::NoColumn { wanted: missing.name, found });
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| syntax(&error, &mut lines))?;
            let cell = |(name, header, place): &(&'static str, String, usize)| {
                let text = record.get(*place).filter(|text| !text.is_empty())?;
                Some((*name, header.clone(), text.to_owned()))
            };
            let line = lines.at(record.position());
            rows.push(Row { line, cells: places.iter().filter_map(cell).collect() });
        }
        Ok(Self { rows, ignored_columns })
    }
}

/// Columns by meaning: meaning, name in the header, place.
type Places = Vec<(&'static str, String, usize)>;

fn places(headers: &csv::StringRecord, expected: &[Column]) -> Result<(Places, Vec<String>), SheetError> {
    let (mut places, mut ignored): (Places, Vec<String>) = (Vec::new(), Vec::new());
    for (place, header) in headers.iter().enumerate() {
        let lower = header.to_lowercase();
        let Some(column) = expected.iter().find(|column| column.spellings.contains(&lower.as_str())) else {
            ignored.push(header.to_owned());
            continue;
        };
        if let Some((meaning, first, _)) = places.iter().find(|(known, ..)| *known == column.name) {
            let (first, second) = (first.clone(), header.to_owned());
            return Err(SheetError::TwoColumns { meaning, first, second });
        }
        places.push((column.name, header.to_owned(), place));
    }
    Ok((places, ignored))
}

/// Numbers of lines, for records in order. The reader's own numbers do not count empty lines before a record, nor the second half of a CR LF.
struct Lines<'a> {
    text: &'a str,
    /// Bytes whose line ends are counted.
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// Line of the first byte of a record, from 1.
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let begin = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.counted);
        let is_end = |byte: u8| matches!(byte, b'\r' | b'\n');
        let rest = self.text.as_bytes().iter().copied().enumerate().skip(self.counted);
        let mut last = None;
        for (place, byte) in rest {
            if place >= begin && !is_end(byte) {
                break;
            }
            let is_second_half = byte == b'\n' && last == Some(b'\r');
            self.line += u64::from(is_end(byte) && !is_second_half);
            (self.counted, last) = (place + 1, Some(byte));
        }
        self.line
    }
}

fn syntax(error: &csv::Error, lines: &mut Lines<'_>) -> SheetError {
    let line = lines.at(error.position());
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields, and the header has {expected_len}; check for missing or unquoted commas")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => "it is not CSV".to_owned(),
    };
    SheetError::Syntax { line, reason }
}

impl Row {
    /// Text of a column, unless it is empty or missing.
    pub(crate) fn text(&self, column: Column) -> Option<&str> {
        self.cell(column).map(|(_, text)| text)
    }

    /// Text of a column that must not be empty.
    pub(crate) fn required(&self, column: Column) -> Result<&str, SheetError> {
        self.text(column).ok_or(SheetError::Empty { line: self.line, column: column.name })
    }

    /// Number of a column, unless it is empty or missing.
    pub(crate) fn number(&self, column: Column) -> Result<Option<f64>, SheetError> {
        let Some((header, text)) = self.cell(column) else { return Ok(None) };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        let shown = || text.chars().take(SHOWN_CHARS_MAX).collect();
        number.map(Some).ok_or_else(|| SheetError::NoNumber {
            line: self.line,
            column: header.to_owned(),
            text: shown(),
        })
    }

    fn cell(&self, column: Column) -> Option<(&str, &str)> {
        let cell = self.cells.iter().find(|(name, ..)| *name == column.name);
        cell.map(|(_, header, text)| (header.as_str(), text.as_str()))
    }
}
