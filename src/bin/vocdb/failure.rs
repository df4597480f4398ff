//! Errors that end a command.

use crate::zoned::localized;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use vocdb::base::escape::{self, Line, Lines};

/// Why a file cannot be read, and what to do.
pub(crate) fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "the file does not exist; check the path".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; give a file".to_owned(),
        io::ErrorKind::PermissionDenied => "access is denied; check the permissions of the file".to_owned(),
        _ => format!("{error}; check the path"),
    }
}

/// The reason why a command ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An operation failed: what failed, and what to do.
    Says(String),
    /// The reader of the output closed the pipe, as `head` does.
    PipeClosed,
}

impl Failure {
    /// Wraps an error of the library.
    pub(crate) fn from_error(error: impl Display) -> Self {
        Self::Says(error.to_string())
    }

    /// Wraps an error of reading a file that the user named.
    pub(crate) fn from_read(path: &Path, error: &io::Error) -> Self {
        Self::Says(format!("cannot read {}: {}", Line(path.display()), unread(error)))
    }

    /// Wraps an error of writing to standard output.
    pub(crate) fn from_output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        Self::Says(format!("cannot write to standard output: {error}"))
    }

    /// Prints the error to standard error, as text or as one JSON object, and returns the exit code.
    pub(crate) fn report(&self, is_json: bool) -> ExitCode {
        match self {
            Self::PipeClosed => ExitCode::SUCCESS,
            Self::Says(text) => {
                // If standard error is closed too, only the exit code is left.
                let object = || escape::json(&serde_json::json!({ "error": text }).to_string());
                let line = if is_json { object() } else { format!("error: {}", Lines(localized(text))) };
                let _ = writeln!(io::stderr().lock(), "{line}");
                ExitCode::FAILURE
            }
        }
    }
}
