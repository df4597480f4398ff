//! The place where location and ranking enter a report: [`Report::source`] and [`Report::ranked`].

use crate::failure::Failure;
use vocdb::ReadOnly;
use vocdb::trace::report::Report;

/// Fills in the location of the source and the ranking of the sites. Both are in the metres of the map: the frame is
/// `LocalFrame::new` of its [`reference`](vocdb::trace::report::ReportMap::reference).
pub(super) fn locate(_db: &ReadOnly, _channel: Option<&str>, report: &mut Report) -> Result<(), Failure> {
    report
        .missing
        .push("location of the source and ranking of sites: they are not computed for this report".to_owned());
    Ok(())
}
