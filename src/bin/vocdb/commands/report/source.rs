//! The place where location and ranking enter a report: [`Report::source`] and [`Report::ranked`].

use crate::failure::Failure;
use vocdb::ReadOnly;
use vocdb::trace::report::Report;

/// Fills in the location of the source and the ranking of the sites. Both must be in the metres of the frame of [`Report::map`].
#[expect(clippy::unnecessary_wraps, reason = "locating reads the store, which can fail")]
pub(super) fn locate(_db: &ReadOnly, _channel: Option<&str>, report: &mut Report) -> Result<(), Failure> {
    report
        .missing
        .push("location of the source and ranking of sites: they are not computed for this report".to_owned());
    Ok(())
}
