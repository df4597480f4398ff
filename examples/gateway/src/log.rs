//! Log lines on standard error, each with its time.

use std::io::Write;
use vocdb::Timestamp;

/// Writes one line. A log that cannot be written must not stop the gateway.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{} {text}", Timestamp::now());
}
