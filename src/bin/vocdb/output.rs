//! Standard output, locked once and buffered.

use crate::failure::Failure;
use crate::zoned::localized;
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use vocdb::base::escape::{self, Lines};

/// The destination of results.
pub(crate) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    is_json: bool,
}

impl Output {
    pub(crate) fn new(is_json: bool) -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), is_json }
    }

    /// Whether JSON was requested.
    pub(crate) const fn is_json(&self) -> bool {
        self.is_json
    }

    /// The underlying writer.
    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Prints one JSON object on one line, or the text, as requested.
    pub(crate) fn either<T: Serialize>(&mut self, object: &T, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.is_json {
            return self.object(object);
        }
        self.text(&text())
    }

    /// Prints text of whole lines, with its times in the zone of `--zone`. Unescaped control characters never reach a terminal.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        write!(self.out, "{}", Lines(localized(text))).map_err(Failure::from_output)
    }

    /// Prints one JSON object on one line.
    pub(crate) fn object<T: Serialize>(&mut self, object: &T) -> Result<(), Failure> {
        let line = escape::json(&serde_json::to_string(object).map_err(Failure::from_error)?);
        writeln!(self.out, "{line}").map_err(Failure::from_output)
    }

    /// Flushes the buffer.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::from_output)
    }
}

/// Whether output has colours: only on a terminal, and never with `NO_COLOR` or `TERM=dumb`.
pub(crate) fn is_styled() -> bool {
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    io::stdout().is_terminal() && allows_colours(&set("NO_COLOR"), &set("TERM"))
}

fn allows_colours(no_color: &str, term: &str) -> bool {
    no_color.is_empty() && term != "dumb"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_a_dumb_terminal_turn_colours_off() {
        assert!(allows_colours("", "xterm-256color"));
        assert!(allows_colours("", ""));
        assert!(!allows_colours("1", "xterm-256color"));
        assert!(!allows_colours("", "dumb"));
    }
}
