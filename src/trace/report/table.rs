//! Tables with headers that turn into cards on a phone.

use std::fmt::{Display, Write};

/// Rows of one table that the page shows, and the bytes after which no further row is added.
const ROWS_MAX: usize = 400;
const BYTES_MAX: usize = 100_000;

/// A table under construction. Cells are HTML: text from outside must be escaped before.
pub(super) struct Table {
    caption: String,
    headers: Vec<String>,
    rows: String,
    count: usize,
    shown: usize,
}

impl Table {
    pub(super) fn new<T: Display>(caption: impl Display, headers: impl IntoIterator<Item = T>) -> Self {
        let headers = headers.into_iter().map(|header| header.to_string()).collect();
        Self { caption: caption.to_string(), headers, rows: String::new(), count: 0, shown: 0 }
    }

    /// Adds a row; the first cell is its header.
    pub(super) fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.count += 1;
        if self.shown == ROWS_MAX || self.rows.len() > BYTES_MAX {
            return;
        }
        self.shown += 1;
        self.rows.push_str("<tr>");
        for (place, (header, cell)) in self.headers.iter().zip(cells).enumerate() {
            let _ = match place {
                0 => write!(self.rows, r#"<th scope="row" data-label="{header}"><span>{cell}</span></th>"#),
                _ => write!(self.rows, r#"<td data-label="{header}"><span>{cell}</span></td>"#),
            };
        }
        self.rows.push_str("</tr>\n");
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Writes the table, with a note if rows were left out.
    pub(super) fn finish(self, out: &mut String) {
        let _ = write!(out, "<table>\n<caption>{}</caption>\n<thead><tr>", self.caption);
        for header in &self.headers {
            let _ = write!(out, r#"<th scope="col">{header}</th>"#);
        }
        let _ = write!(out, "</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n", self.rows);
        let (shown, more) = (self.shown, self.count.saturating_sub(self.shown));
        if more > 0 {
            let _ = writeln!(
                out,
                r#"<p class="note">The table ends after {shown} rows; {more} more are in the store.</p>"#
            );
        }
    }
}
