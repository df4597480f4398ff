//! What can be wrong with a mapping file, or with a file that it does not fit.

use crate::base::escape::Line;
use crate::interop::csv::CsvError;
use std::fmt;

/// Problems of one mapping file that are listed.
pub(super) const PROBLEMS_MAX: usize = 100;

/// One mistake in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the mapping file, counted from 1.
    pub line: usize,
    /// Character in the line, counted from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub text: String,
}

/// A mapping file that cannot be used, or that does not fit the file to read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// The mapping file has mistakes; all of them are listed.
    #[error("{}", Listed(name, problems))]
    Invalid {
        /// Path or name of the mapping file.
        name: String,
        /// The mistakes, in the order of the file.
        problems: Vec<Problem>,
    },
    /// Mapping file and file to read do not fit together.
    #[error("`{}` does not fit the mapping: {reason}", Line(name))]
    Unfit {
        /// File to read.
        name: String,
        /// What does not fit, and what to do.
        reason: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Csv(#[from] CsvError),
}

/// Problems, one on each line.
struct Listed<'a>(&'a str, &'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Problem { line, column, text }) in self.1.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}:{column}: {}", Line(self.0), Line(text))?;
        }
        Ok(())
    }
}
