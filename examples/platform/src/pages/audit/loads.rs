//! The rule sets that were loaded, from an export of the ledger.

use crate::failure::Failure;
use crate::platform::Platform;
use serde::Deserialize;
use std::io::{Result, Write};
use vocdb::{ExportScope, Timestamp};

/// Mark of a line about a rule set, near its beginning.
const MARK: &[u8] = b"\"kind\":\"rule_set_loaded\"";
/// Bytes of a line within which the mark stands.
const HEAD_BYTES: usize = 80;

/// A rule set that was loaded.
#[derive(Debug, Deserialize)]
pub(super) struct Load {
    /// Author.
    #[serde(default)]
    pub(super) by: String,
    /// Reason.
    #[serde(default)]
    pub(super) reason: String,
    /// Host time.
    pub(super) at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Line {
    body: Load,
}

/// Keeps the lines about rule sets, one line of the export in memory at a time.
#[derive(Debug, Default)]
struct Filter {
    line: Vec<u8>,
    found: Vec<Load>,
}

impl Write for Filter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                continue;
            }
            let head = self.line.get(..HEAD_BYTES).unwrap_or(&self.line);
            if head.windows(MARK.len()).any(|window| window == MARK) {
                self.found.push(serde_json::from_slice::<Line>(&self.line)?.body);
            }
            self.line.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// All rule sets that were loaded, oldest first.
pub(super) fn loads(platform: &Platform) -> std::result::Result<Vec<Load>, Failure> {
    let mut filter = Filter::default();
    platform.db.export_ledger(ExportScope::History, &mut filter)?;
    Ok(filter.found)
}
