//! The columns of a file by name or place.

use super::error::{CsvError, list, nearest_column};
use super::field::trim;
use super::report::{Refusal, RejectReason};
use super::time::TimeColumn;
use csv::ByteRecord;

/// Names of the columns.
#[derive(Debug)]
pub(in crate::interop) struct Header {
    file: String,
    names: Vec<String>,
    is_utf_8: bool,
}

impl Header {
    /// The names in the header, or in a file without one `#1`, `#2` and so on.
    pub(in crate::interop) fn new(file: &str, record: &ByteRecord, has_header: bool) -> Self {
        let is_utf_8 = record.iter().all(|field| std::str::from_utf8(field).is_ok() && !trim(field).contains(&0));
        let named = |field: &[u8]| String::from_utf8_lossy(trim(field)).into_owned();
        let names = match has_header {
            true => record.iter().map(named).collect(),
            false => (1..=record.len()).map(|place| format!("#{place}")).collect(),
        };
        Self { file: file.to_owned(), names, is_utf_8: is_utf_8 || !has_header }
    }

    /// How many columns there are.
    pub(in crate::interop) const fn len(&self) -> usize {
        self.names.len()
    }

    pub(in crate::interop) fn names(&self) -> &[String] {
        &self.names
    }

    /// Refuses a row that is not as wide as the header.
    pub(in crate::interop) fn check_width(&self, record: &ByteRecord) -> Result<(), Refusal> {
        if record.len() == self.len() {
            return Ok(());
        }
        let text = format!("{} fields where the header has {}", record.len(), self.len());
        Err(Refusal { column: None, text, reason: RejectReason::WrongFieldCount })
    }

    /// Place of a column, by its name or as `#1`, `#2` and so on.
    pub(in crate::interop) fn find(&self, column: &str) -> Result<usize, CsvError> {
        let column = column.trim_ascii();
        let mut places = self.names.iter().enumerate().filter(|(_, found)| *found == column).map(|(at, _)| at);
        match (places.next(), places.next()) {
            (Some(first), None) => Ok(first),
            (Some(first), Some(second)) => Err(CsvError::RepeatedColumn {
                name: self.file.clone(),
                column: column.to_owned(),
                first: first.saturating_add(1),
                second: second.saturating_add(1),
            }),
            (None, _) => self.by_place(column).ok_or_else(|| self.missing(column)),
        }
    }

    /// Places of the columns that make up the time.
    pub(super) fn find_times(&self, time: &TimeColumn) -> Result<Vec<usize>, CsvError> {
        if let ([joined], true) = (time.names.as_slice(), time.is_joined)
            && !self.names.iter().any(|name| name == joined.trim_ascii())
        {
            let parts: Vec<&str> = joined.split('+').collect();
            if let Some(places) = self.split(&parts) {
                return Ok(places);
            }
            return parts.into_iter().map(|part| self.find(part)).collect();
        }
        time.names.iter().map(|name| self.find(name)).collect()
    }

    /// Joins parts of a text that was split at its plus signs until each is a column, the longest first.
    fn split(&self, parts: &[&str]) -> Option<Vec<usize>> {
        if parts.is_empty() {
            return Some(Vec::new());
        }
        (1..=parts.len()).rev().find_map(|count| {
            let (first, rest) = parts.split_at_checked(count)?;
            let place = self.find(&first.join("+")).ok()?;
            let mut places = self.split(rest)?;
            places.insert(0, place);
            Some(places)
        })
    }

    fn by_place(&self, column: &str) -> Option<usize> {
        let place = column.strip_prefix('#')?.parse::<usize>().ok()?;
        place.checked_sub(1).filter(|at| *at < self.names.len())
    }

    fn missing(&self, column: &str) -> CsvError {
        let (name, column) = (self.file.clone(), column.to_owned());
        if !self.is_utf_8 {
            return CsvError::HeaderNotUtf8 { name, column };
        }
        let names = || self.names.iter().map(String::as_str);
        // One name that contains a delimiter is a line that was not split: it is no column that somebody means.
        let is_unsplit = matches!(self.names.as_slice(), [only] if only.contains([',', ';', '\t', '|']));
        let nearest = if is_unsplit { String::new() } else { nearest_column(&column, names()) };
        CsvError::MissingColumn { name, nearest, column, header: list(names()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::TimeFormat;
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header::new("test.csv", &ByteRecord::from(names.to_vec()), true)
    }

    #[test]
    fn a_whole_name_with_plus_signs_comes_before_its_parts() {
        let places = |names: &[&str], time: &str| {
            header(names).find_times(&TimeColumn::joined(time, TimeFormat::Rfc3339)).map_err(|error| error.to_string())
        };
        assert_eq!(places(&["t(UTC+8)", "a"], "t(UTC+8)"), Ok(vec![0]));
        assert_eq!(places(&["b", "t(UTC+8)", "a"], "t(UTC+8)+a"), Ok(vec![1, 2]));
        assert_eq!(places(&["Time", "Date"], "Date + Time"), Ok(vec![1, 0]));
        assert_eq!(places(&["Date", "Time", "Date+Time"], "Date+Time"), Ok(vec![2]));
        assert_eq!(places(&["Time", "Date"], "#2+#1"), Ok(vec![1, 0]));
        assert!(places(&["Time", "Date"], "Date+Tome").unwrap_err().contains("no column `Tome`"));
    }

    #[test]
    fn a_column_is_called_by_its_place_where_no_name_is_the_same() {
        let header = header(&["t", "status", "status", "#1"]);
        assert_eq!(header.find("#3").unwrap(), 2);
        assert_eq!(header.find("#1").unwrap(), 3, "a name comes first");
        assert!(matches!(header.find("status"), Err(CsvError::RepeatedColumn { first: 2, second: 3, .. })));
        for none in ["#0", "#5", "#", "#x"] {
            assert!(matches!(header.find(none), Err(CsvError::MissingColumn { .. })), "{none}");
        }
        let without = Header::new("test.csv", &ByteRecord::from(vec!["0", "1.5"]), false);
        assert_eq!(without.find("#2").unwrap(), 1);
    }
}
