//! Files that hold several series, one below the other, which one instrument cannot take.

use super::error::{CsvError, cut};
use super::field::trim;
use csv::ByteRecord;

/// Names of columns that say what was measured, or where; compared in lower case, without what is no letter or digit.
const KEY_NAMES: &[&str] = &[
    "parameter",
    "parametername",
    "parametercode",
    "param",
    "pollutant",
    "pollutantname",
    "species",
    "analyte",
    "compound",
    "substance",
    "component",
    "variable",
    "measurand",
    "station",
    "stationid",
    "stationname",
    "stationcode",
    "site",
    "siteid",
    "sitename",
    "sitecode",
    "location",
    "locationid",
    "locationname",
    "contaminante",
    "magnitud",
    "estacion",
    "destacion",
    "schadstoff",
    "polluant",
];

/// A column that must not change from row to row.
#[derive(Debug)]
struct KeyColumn {
    column: usize,
    name: String,
    /// The first text in it, and its line.
    first: Option<(Vec<u8>, u64)>,
}

/// The columns of a file that say what its rows are of.
#[derive(Debug)]
pub(super) struct Series {
    file: String,
    keys: Vec<KeyColumn>,
}

impl Series {
    /// All key columns but those that are used otherwise.
    pub(super) fn new(file: &str, names: &[String], is_used: impl Fn(usize) -> bool) -> Self {
        let keys = names.iter().enumerate().filter(|(column, name)| is_key(name) && !is_used(*column));
        let keys = keys.map(|(column, name)| KeyColumn { column, name: name.clone(), first: None }).collect();
        Self { file: file.to_owned(), keys }
    }

    /// Refuses a row of another series than the rows before.
    pub(super) fn check(&mut self, record: &ByteRecord, line: u64) -> Result<(), CsvError> {
        for key in &mut self.keys {
            let text = trim(record.get(key.column).unwrap_or_default());
            match &key.first {
                _ if text.is_empty() => {}
                None => key.first = Some((text.to_vec(), line)),
                Some((first, _)) if first == text => {}
                Some((first, first_line)) => {
                    let shown = |text: &[u8]| cut(&String::from_utf8_lossy(text));
                    return Err(CsvError::SeveralSeries {
                        name: self.file.clone(),
                        column: key.name.clone(),
                        first: (*first_line, shown(first)),
                        second: (line, shown(text)),
                    });
                }
            }
        }
        Ok(())
    }
}

fn is_key(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    KEY_NAMES.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_says_what_was_measured_may_not_change() {
        let names = ["t", "Parameter Name", "v", "Site ID"].map(str::to_owned);
        let rows = |rows: &[[&str; 4]], used: usize| {
            let mut series = Series::new("long.csv", &names, |column| column == used);
            let mut lines = 2..;
            rows.iter().try_for_each(|row| series.check(&ByteRecord::from(row.to_vec()), lines.next().unwrap()))
        };
        let mixed = [["0", "o3", "1", " A"], ["1", "", "1", "A "], ["2", "pm10", "1", "A"]];
        let error = rows(&mixed, 0).unwrap_err();
        let CsvError::SeveralSeries { column, first, second, .. } = &error else { panic!("{error}") };
        assert_eq!(
            (column.as_str(), first, second),
            ("Parameter Name", &(2, "o3".to_owned()), &(4, "pm10".to_owned()))
        );
        assert!(rows(&mixed, 1).is_ok(), "the column is used otherwise");
        assert!(rows(&mixed[..2], 0).is_ok());
        let sites = [["0", "o3", "1", "A"], ["1", "o3", "1", "B"]];
        assert!(matches!(rows(&sites, 1), Err(CsvError::SeveralSeries { .. })));
    }
}
