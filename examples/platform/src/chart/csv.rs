//! Tables as CSV files (RFC 4180).

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

/// A table of text.
pub(crate) struct Csv {
    text: String,
}

impl Csv {
    /// A table with a header.
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut csv = Self { text: String::new() };
        csv.row(header);
        csv
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, fields: &[impl AsRef<str>]) {
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.field(field.as_ref());
        }
        self.text.push_str("\r\n");
    }

    fn field(&mut self, field: &str) {
        // Spreadsheets run a text that begins like a formula. A number is none.
        let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
        if !is_formula && !field.contains(['"', ',', '\n', '\r']) {
            self.text.push_str(field);
            return;
        }
        self.text.push('"');
        if is_formula {
            self.text.push('\'');
        }
        self.text.push_str(&field.replace('"', "\"\""));
        self.text.push('"');
    }

    /// The table as a file of a name.
    pub(crate) fn file(self, name: &str) -> Response {
        let mut response = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], self.text).into_response();
        let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", file_name(name)));
        if let Ok(value) = disposition {
            response.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        response
    }
}

/// A text as a part of a file's name: letters, digits, points and lines of ASCII only.
fn file_name(text: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || char == '.' { char } else { '-' };
    let name: String = text.chars().map(plain).take(80).collect();
    name.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_formulas_are_text() {
        let mut csv = Csv::new(&["a", "b,c"]);
        csv.row(&["-1.5", "=1+1"]);
        csv.row(&["say \"hi\"", "@x"]);
        assert_eq!(csv.text, "a,\"b,c\"\r\n-1.5,\"'=1+1\"\r\n\"say \"\"hi\"\"\",\"'@x\"\r\n");
        assert_eq!(file_name("../park/S1\r\nx: y"), "park-S1--x--y");
    }
}
