//! What can be wrong with a small table.

use crate::base::escape::Line;

/// A CSV file that is not the table that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// A line that is no line of CSV, or has more or fewer fields than the header.
    #[error("line {line}: {reason}")]
    Syntax {
        /// Line of the file.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file without a header.
    #[error("the file has no header: write the names of the columns on the first line")]
    NoHeader,
    /// A file without a column that it must have.
    #[error("the header has no column `{wanted}`; its columns are: {}", Line(found))]
    NoColumn {
        /// Name of the column.
        wanted: &'static str,
        /// Names of all columns.
        found: String,
    },
    /// Two columns with the same meaning.
    #[error("columns `{}` and `{}` both give the {meaning}: remove one of them", Line(first), Line(second))]
    TwoColumns {
        /// Meaning of both.
        meaning: &'static str,
        /// Name of the first.
        first: String,
        /// Name of the second.
        second: String,
    },
    /// An empty cell where a text must be.
    #[error("line {line}: column `{column}` is empty")]
    Empty {
        /// Line of the file.
        line: u64,
        /// Name of the column.
        column: &'static str,
    },
    /// A cell that is no finite number.
    #[error(
        "line {line}: `{}` in column `{}` is no number: write one such as 31.25, with a point",
        Line(text),
        Line(column)
    )]
    NoNumber {
        /// Line of the file.
        line: u64,
        /// Name of the column.
        column: String,
        /// Text of the cell, cut at 60 characters.
        text: String,
    },
}
