//! Why a command ended early.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use vocdb::base::escape::{self, Lines};

/// What ends a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something cannot be done: what, and what to do.
    Says(String),
    /// Whoever read the output has closed it. That is how `head` says that it has enough.
    PipeClosed,
}

impl Failure {
    /// Any error of the library: its text says where and what to do.
    pub(crate) fn from_error(error: impl Display) -> Self {
        Self::Says(error.to_string())
    }

    /// Standard output cannot be written.
    pub(crate) fn from_output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        Self::Says(format!("cannot write to standard output: {error}"))
    }

    /// Says it on standard error, in words or as one JSON object; gives the exit code.
    pub(crate) fn tell(&self, is_json: bool) -> ExitCode {
        match self {
            Self::PipeClosed => ExitCode::SUCCESS,
            Self::Says(text) => {
                // Where standard error is closed too, the exit code is all there is left to say.
                let object = || escape::json(&serde_json::json!({ "error": text }).to_string());
                let line = if is_json { object() } else { format!("error: {}", Lines(text)) };
                let _ = writeln!(io::stderr().lock(), "{line}");
                ExitCode::FAILURE
            }
        }
    }
}
